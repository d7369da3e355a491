import { describe, expect, it } from 'vitest';

import { oneByOne } from '../../src/engine/lane.ts';
import { applyPlan } from '../../src/engine/apply.ts';
import { applyDestroy, planDestroy } from '../../src/engine/destroy.ts';
import type { Doubt } from '../../src/engine/doubt.ts';
import { createGraph } from '../../src/engine/graph.ts';
import { isInSync, makePlan } from '../../src/engine/plan.ts';
import type { AnyResource, Change } from '../../src/engine/resource.ts';
import type { Run } from '../../src/engine/run.ts';
import { EsEcsError } from '../../src/errors.ts';
import { Shop, type Thing, thing } from './things.ts';

/** Runs with another memory may have made anything, until the first millisecond. */
const ofStrangers: Doubt = { rememberedUntilMs: 1, anythingUntilMs: 1 };

async function apply(shop: Shop, resources: readonly AnyResource[], options: Partial<Run> = {}) {
  return applyPlan(await makePlan(createGraph(resources), shop.memory), shop.run(options));
}

async function failure(work: Promise<unknown>): Promise<EsEcsError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof EsEcsError)) throw new Error(`expected an EsEcsError, got ${String(error)}`);
  return error;
}

describe('makePlan', () => {
  it('fails with the error of a look, and leaves no other promise behind that nobody waits for', async () => {
    const shop = new Shop();
    const strays: unknown[] = [];
    const onStray = (error: unknown): void => void strays.push(error);
    process.on('unhandledRejection', onStray);
    const a: AnyResource = {
      ...thing(shop, { address: 's/a' }),
      find: () => Promise.reject(new Error('not now')),
    };
    const gate: AnyResource = { ...thing(shop, { address: 's/gate', needs: { a } }), gate: true };
    await expect(makePlan(createGraph([a, gate]), shop.memory)).rejects.toThrow('not now');
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', onStray);
    expect(strays).toEqual([]);
  });
});

describe('applyPlan', () => {
  it('creates everything after what it needs, remembers ids, and has nothing to do the second time', async () => {
    const shop = new Shop();
    const a = thing(shop, { address: 's/a', takesMs: 5_000 });
    const b = thing(shop, { address: 's/b', needs: { a } });
    const c = thing(shop, { address: 's/c', needs: { b } });
    const outcome = await apply(shop, [a, b, c]);
    expect(outcome.created).toBe(3);
    expect(shop.writes).toEqual(['create s/a', 'create s/b', 'create s/c']);
    expect([...shop.ids.keys()]).toEqual(['s/a', 's/b', 's/c']);
    expect(shop.intents.size).toBe(0);
    const again = await makePlan(createGraph([a, b, c]), shop.memory);
    expect(isInSync(again)).toBe(true);
    await applyPlan(again, shop.run());
    expect(shop.writes).toHaveLength(3);
  });

  it.each([
    ['not looked at once something that the run made stands on it', true, 0],
    ['looked at in the end where what was to stand on it failed', false, 1],
  ])('what is proven by what stands on it is %s', async (_what, succeeds, looks) => {
    const shop = new Shop();
    const plain = thing(shop, { address: 's/base' });
    let fresh = 0;
    const base: AnyResource = {
      ...plain,
      provenByWhatStandsOnIt: true,
      create: async (desired, token) => {
        const made = await plain.create?.(desired as { size: number; colour: string }, token);
        return { id: made?.id ?? '', observed: shop.things.get('s/base') };
      },
      find: (sight) => {
        if (sight.fresh) fresh += 1;
        return plain.find(sight);
      },
    };
    const createFails = succeeds ? [] : ['Refused'];
    const upon = thing(shop, { address: 's/upon', needs: { base }, createFails });
    await apply(shop, [base, upon]).catch(() => undefined);
    expect(fresh).toBe(looks);
    expect([...shop.unseen]).not.toContain('s/base');
  });

  it('makes anew what a dead run had made and somebody has deleted since, though AWS remembers the token', async () => {
    const shop = new Shop();
    const plain = thing(shop, { address: 's/a' });
    const byToken = new Map<string, { readonly id: string }>();
    const a = {
      ...plain,
      create: async (desired: { readonly size: number; readonly colour: string }, token: string) => {
        const made = byToken.get(token) ?? (await plain.create?.(desired, token)) ?? { id: '' };
        byToken.set(token, made);
        return made;
      },
    };
    await a.create({ size: 1, colour: 'red' }, await shop.memory.intend('s/a'));
    shop.things.delete('s/a');
    await apply(shop, [a]);
    expect(shop.writes).toEqual(['create s/a', 'create s/a']);
    expect(shop.ids.get('s/a')).toBe('thing-2');
    expect(shop.intents.size).toBe(0);
  });

  it('looks once more before it makes what was planned while not all could be seen, though the time for that is over', async () => {
    const shop = new Shop();
    const a = thing(shop, { address: 's/a' });
    const plan = await makePlan(createGraph([a]), shop.memory);
    // What the dead run has made comes into sight between the plan and its carrying out.
    await apply(shop, [a]);
    shop.ids.clear();
    shop.writes.length = 0;
    await applyPlan(plan, shop.run({ doubt: () => ofStrangers }));
    expect(shop.writes).toEqual([]);
    expect(shop.ids.get('s/a')).toBe('thing-1');
    // Without a dead run before it nobody looks twice.
    shop.ids.clear();
    await applyPlan(plan, shop.run());
    expect(shop.writes).toEqual(['create s/a']);
  });

  it('replaces what comes into sight late and is not what is wanted, or has failed', async () => {
    const shop = new Shop();
    const wanted = thing(shop, { address: 's/a', colour: 'blue', goesMs: 4_000 });
    const plan = await makePlan(createGraph([wanted]), shop.memory);
    await apply(shop, [thing(shop, { address: 's/a', colour: 'red' })]);
    const late = { doubt: () => ofStrangers };
    const ofLate = async (): Promise<readonly string[]> => {
      shop.ids.clear();
      shop.writes.length = 0;
      await applyPlan(plan, shop.run(late));
      return shop.writes;
    };
    expect(await ofLate()).toEqual(['destroy s/a', 'create s/a']);
    expect(shop.things.get('s/a')).toMatchObject({ colour: 'blue', id: 'thing-2' });
    const made = shop.things.get('s/a');
    if (made !== undefined) made.failed = true;
    expect(await ofLate()).toEqual(['destroy s/a', 'create s/a']);
    expect(shop.things.get('s/a')).toMatchObject({ failed: false, id: 'thing-3' });
    expect(await ofLate()).toEqual([]);
  });

  it('works on independent things at the same time', async () => {
    const shop = new Shop();
    const many = Array.from({ length: 20 }, (_, index) =>
      thing(shop, { address: `s/${String(index)}`, takesMs: 100_000 }),
    );
    const outcome = await apply(shop, many);
    expect(outcome.elapsedMs).toBeLessThan(105_000);
  });

  it('keeps the strict order with a concurrency of 1', async () => {
    const shop = new Shop();
    const a = thing(shop, { address: 'one/a', takesMs: 3_000 });
    const b = thing(shop, { address: 'one/b', needs: { a } });
    const free = thing(shop, { address: 'two/free' });
    await apply(shop, [a, b, free], { concurrency: 1 });
    expect(shop.writes).toEqual(['create one/a', 'create one/b', 'create two/free']);
  });

  it('mends what has drifted and brings back what was deleted, also with an empty memory', async () => {
    const shop = new Shop();
    const a = thing(shop, { address: 's/a', size: 2 });
    const b = thing(shop, { address: 's/b', needs: { a } });
    await apply(shop, [a, b]);
    const first = shop.things.get('s/a');
    if (first !== undefined) first.size = 1;
    shop.things.delete('s/b');
    shop.ids.clear();
    const plan = await makePlan(createGraph([a, b]), shop.memory);
    expect(plan.summary).toMatchObject({ create: 1, change: 1 });
    const outcome = await applyPlan(plan, shop.run());
    expect(outcome).toMatchObject({ created: 1, changed: 1 });
    expect(shop.things.get('s/a')?.size).toBe(2);
    expect(shop.ids.get('s/a')).toBe('thing-1');
  });

  it('refuses before the first write, whatever else there is to do', async () => {
    const shop = new Shop();
    await apply(shop, [thing(shop, { address: 's/a', size: 5 })]);
    shop.writes.length = 0;
    const error = await failure(
      apply(shop, [thing(shop, { address: 's/new' }), thing(shop, { address: 's/a', size: 3 })]),
    );
    expect(error.code).toBe('REFUSED');
    expect(error.message).toBe('size 5 → 3 is refused: it cannot shrink');
    expect(shop.writes).toEqual([]);
  });

  it('asks for what creating needs before the first write', async () => {
    const shop = new Shop();
    const preflight = (): Promise<void> => Promise.reject(new EsEcsError('NO_IMAGE_BUILDER', 'no docker'));
    const error = await failure(
      apply(shop, [thing(shop, { address: 's/a' }), thing(shop, { address: 's/b', preflight })]),
    );
    expect(error.code).toBe('NO_IMAGE_BUILDER');
    expect(shop.writes).toEqual([]);
  });

  it('replaces: the old one is gone before the new one is made', async () => {
    const shop = new Shop();
    await apply(shop, [thing(shop, { address: 's/a', goesMs: 4_000 })]);
    const outcome = await apply(shop, [thing(shop, { address: 's/a', colour: 'blue', goesMs: 4_000 })]);
    expect(outcome.replaced).toBe(1);
    expect(shop.things.get('s/a')).toMatchObject({ colour: 'blue', id: 'thing-2' });
  });

  it('waits no longer for one to go once another of its name is there, and goes on with that', async () => {
    const shop = new Shop();
    await apply(shop, [thing(shop, { address: 's/a' })]);
    const plain = thing(shop, { address: 's/a' });
    const a = {
      ...plain,
      destroy: async (observed: Thing) => {
        await plain.destroy?.(observed);
        shop.things.set('s/a', { ...observed, id: 'thing-9', failed: false });
      },
      isAnother: (destroyed: Thing, seen: Thing) => destroyed.id !== seen.id,
    };
    const one = shop.things.get('s/a');
    if (one !== undefined) one.failed = true;
    shop.writes.length = 0;
    await apply(shop, [a], { doubt: () => ofStrangers });
    expect(shop.writes).toEqual(['destroy s/a']);
    expect(shop.ids.get('s/a')).toBe('thing-9');
    expect(shop.clock.now()).toBeLessThan(10_000);
  });

  it('says NOT_CONVERGED when a difference is left', async () => {
    const shop = new Shop();
    await apply(shop, [thing(shop, { address: 's/a' })]);
    const error = await failure(
      apply(shop, [thing(shop, { address: 's/a', size: 2, ignoresChanges: true })]),
    );
    expect(error.code).toBe('NOT_CONVERGED');
    expect(error.message).toContain('size is 1, not 2');
  });

  it('waits for a change that takes a while to show, and does not make it twice', async () => {
    const shop = new Shop();
    const made: string[] = [];
    let label = 'old';
    let sizeShownAtMs = Infinity;
    const slow: AnyResource = {
      ...thing(shop, { address: 's/a' }),
      find: async () => {
        await shop.clock.sleep(10);
        return { size: shop.clock.now() < sizeShownAtMs ? 1 : 2, label };
      },
      id: () => 'thing-1',
      phase: () => 'ready',
      diff: (_, observed): readonly Change[] => {
        const { size, label: seen } = observed as { size: number; label: string };
        const change = (path: string, before: string, after: string, apply: () => void): Change => ({
          path,
          before,
          after,
          impact: 'in-place',
          apply: () => {
            made.push(path);
            apply();
            return Promise.resolve();
          },
        });
        return [
          ...(size === 2
            ? []
            : [change('size', '1', '2', () => (sizeShownAtMs = shop.clock.now() + 10_000))]),
          ...(seen === 'new' ? [] : [change('label', 'old', 'new', () => (label = 'new'))]),
        ];
      },
    };
    await apply(shop, [slow]);
    expect(made).toEqual(['size', 'label']);
  });

  it('makes the part right that has taken the place of one that was made right, without waiting for that to show', async () => {
    const shop = new Shop();
    const parts = [{ id: 'disk-1', label: 'old' }];
    const host: AnyResource = {
      ...thing(shop, { address: 's/host' }),
      find: async () => {
        await shop.clock.sleep(10);
        return parts.map((part) => ({ ...part }));
      },
      id: () => 'host',
      phase: () => 'ready',
      diff: (_, observed) =>
        (observed as typeof parts)
          .filter(({ label }) => label !== 'new')
          .map(({ id, label }) => ({
            path: 'disk.label',
            of: id,
            before: label,
            after: 'new',
            impact: 'in-place',
            apply: async () => {
              shop.writes.push(`label ${id}`);
              await shop.clock.sleep(10);
              for (const part of parts) if (part.id === id) part.label = 'new';
              if (id === 'disk-1') parts.splice(0, 1, { id: 'disk-2', label: 'old' });
            },
            becomes: () => [{ id, label: 'new' }],
          })),
    };
    await apply(shop, [host]);
    expect(shop.writes).toEqual(['label disk-1', 'label disk-2']);
    expect(parts).toEqual([{ id: 'disk-2', label: 'new' }]);
    expect(shop.clock.now()).toBeLessThan(1_000);
  });

  it('retries the exact names it was given, and no other', async () => {
    const shop = new Shop();
    const createRetries = { names: ['NotYet'], limitMs: 60_000 };
    await apply(shop, [thing(shop, { address: 's/a', createFails: ['NotYet', 'NotYet'], createRetries })]);
    expect(shop.writes).toHaveLength(3);
    const error = await failure(
      apply(shop, [thing(shop, { address: 's/b', createFails: ['Never'], createRetries })]),
    );
    expect(error).toMatchObject({ code: 'AWS', message: 'Never', address: 's/b' });
    expect([...shop.intents.keys()]).toEqual(['s/b']);
  });

  it('ends what does not depend on a failure, and skips what does', async () => {
    const shop = new Shop();
    const bad = thing(shop, { address: 's/bad', createFails: ['Boom'] });
    const after = thing(shop, { address: 's/after', needs: { bad } });
    const slow = thing(shop, { address: 's/slow', takesMs: 50_000 });
    const last = thing(shop, { address: 's/last', needs: { slow } });
    const error = await failure(apply(shop, [bad, after, slow, last]));
    expect(error.message).toBe('Boom');
    expect([...shop.things.keys()]).toEqual(['s/slow', 's/last']);
    expect(shop.events).toContainEqual(
      expect.objectContaining({ type: 'resource-skipped', address: 's/after' }),
    );
  });

  it('reports a failed thing with its reason, and replaces it the next time', async () => {
    const shop = new Shop();
    const a = thing(shop, { address: 's/a', takesMs: 60_000 });
    setImmediate(() => undefined);
    const failing = apply(shop, [a]);
    void shop.clock.sleep(1_000).then(() => {
      const one = shop.things.get('s/a');
      if (one !== undefined) one.failed = true;
    });
    const error = await failure(failing);
    expect(error).toMatchObject({ code: 'RESOURCE_FAILED', message: 'failed: the shop was closed' });
    const plan = await makePlan(createGraph([a]), shop.memory);
    expect(plan.entries[0]).toMatchObject({ action: 'replace', because: 'the shop was closed' });
    await applyPlan(plan, shop.run());
    expect(shop.things.get('s/a')).toMatchObject({ failed: false, id: 'thing-2' });
  });

  it('makes rolling changes of a lane one at a time, and stops the lane at a failure', async () => {
    const shop = new Shop();
    const inTurn = oneByOne('nodes');
    const nodes = (size: number) =>
      ['s/0', 's/1', 's/2'].map((address) => thing(shop, { address, lane: inTurn, takesMs: 60_000, size }));
    await apply(shop, nodes(1));
    shop.writes.length = 0;
    const outcome = await apply(shop, nodes(2));
    expect(outcome.changed).toBe(3);
    expect(outcome.elapsedMs).toBeGreaterThan(180_000);
    shop.writes.length = 0;
    const rolling = apply(shop, nodes(3));
    void shop.clock.sleep(20_000).then(() => {
      const one = shop.things.get('s/0');
      if (one !== undefined) one.failed = true;
    });
    const error = await failure(rolling);
    expect(error.code).toBe('RESOURCE_FAILED');
    expect(shop.writes).toEqual(['grow s/0']);
  });

  it('stops at Ctrl-C: the call in flight is recorded, nothing new begins, the next run goes on', async () => {
    const shop = new Shop();
    const a = thing(shop, { address: 's/a', takesMs: 60_000 });
    const b = thing(shop, { address: 's/b', needs: { a } });
    const running = apply(shop, [a, b]);
    void shop.clock.sleep(30_000).then(() => {
      shop.controller.abort();
    });
    const error = await failure(running);
    expect(error.code).toBe('INTERRUPTED');
    expect(shop.ids.get('s/a')).toBe('thing-1');
    const signal = new AbortController().signal;
    await apply(shop, [a, b], { signal });
    expect(shop.writes).toEqual(['create s/a', 'create s/b']);
  });

  it('destroys what is unwanted after everything wanted was applied', async () => {
    const shop = new Shop();
    await apply(shop, [thing(shop, { address: 's/old' })]);
    const outcome = await apply(shop, [
      thing(shop, { address: 's/old', unwanted: true }),
      thing(shop, { address: 's/new', takesMs: 5_000 }),
    ]);
    expect(outcome.destroyed).toBe(1);
    expect(shop.writes.slice(1)).toEqual(['create s/new', 'destroy s/old']);
    expect(shop.ids.has('s/old')).toBe(false);
  });
});

describe('what holds data', () => {
  it('is never destroyed only because the config no longer asks for it', async () => {
    const shop = new Shop();
    await apply(shop, [thing(shop, { address: 's/data', holdsData: true })]);
    const outcome = await apply(shop, [thing(shop, { address: 's/data', holdsData: true, unwanted: true })]);
    expect(outcome.destroyed).toBe(0);
    expect(shop.things.get('s/data')?.goneAtMs).toBeUndefined();
  });
});

describe('applyDestroy', () => {
  it('destroys in reverse, in parallel where it can, and is a no-op the second time', async () => {
    const shop = new Shop();
    const a = thing(shop, { address: 's/a', goesMs: 2_000 });
    const b = thing(shop, { address: 's/b', needs: { a }, goesMs: 30_000 });
    const c = thing(shop, { address: 's/c', needs: { a }, goesMs: 30_000 });
    const graph = createGraph([a, b, c]);
    await apply(shop, [a, b, c]);
    shop.writes.length = 0;
    const destroy = async () => {
      const plan = await planDestroy(graph, { id: (address) => shop.ids.get(address), deleteData: false });
      return applyDestroy(plan, graph, shop.run());
    };
    const outcome = await destroy();
    expect(outcome.destroyed).toBe(3);
    expect(shop.writes).toEqual(['destroy s/c', 'destroy s/b', 'destroy s/a']);
    expect(outcome.elapsedMs).toBeLessThan(40_000);
    expect(shop.ids.size).toBe(0);
    expect((await destroy()).destroyed).toBe(0);
  });

  it('keeps what holds data unless told otherwise', async () => {
    const shop = new Shop();
    const data = thing(shop, { address: 's/data', holdsData: true });
    const user = thing(shop, { address: 's/user', needs: { data } });
    const graph = createGraph([data, user]);
    await apply(shop, [data, user]);
    const id = (address: string): string | undefined => shop.ids.get(address);
    const kept = await planDestroy(graph, { id, deleteData: false });
    await applyDestroy(kept, graph, shop.run());
    expect(kept.kept.map((one) => one.id)).toEqual(['thing-1']);
    expect(shop.things.get('s/data')?.goneAtMs).toBeUndefined();
    await applyDestroy(await planDestroy(graph, { id, deleteData: true }), graph, shop.run());
    expect(shop.things.get('s/data')?.goneAtMs).toBeDefined();
  });

  it('keeps what goes with data as long as there is any, and no longer', async () => {
    const shop = new Shop();
    const data = thing(shop, { address: 's/data', holdsData: true });
    const key = thing(shop, { address: 's/key', keptWithData: true });
    const other = thing(shop, { address: 's/other' });
    await apply(shop, [data, key, other]);
    const id = (address: string): string | undefined => shop.ids.get(address);
    const kept = async (
      resources: readonly AnyResource[],
      rules: { readonly deleteData: boolean; readonly dataStays?: () => Promise<boolean> },
    ): Promise<readonly string[]> =>
      (await planDestroy(createGraph(resources), { id, ...rules })).kept.map((one) => one.resource.address);
    expect(await kept([data, key, other], { deleteData: false })).toEqual(['s/key', 's/data']);
    expect(await kept([data, key, other], { deleteData: true })).toEqual([]);
    expect(await kept([key, other], { deleteData: false })).toEqual([]);
    // Somebody took the tag of the volume away: no destroy takes it, and what opens it must not go.
    const dataStays = (): Promise<boolean> => Promise.resolve(true);
    expect(await kept([key, other], { deleteData: false, dataStays })).toEqual(['s/key']);
    expect(await kept([key, other], { deleteData: true, dataStays })).toEqual([]);
  });
});
