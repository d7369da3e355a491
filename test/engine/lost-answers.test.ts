import { describe, expect, it } from 'vitest';

import { applyPlan, type Outcome } from '../../src/engine/apply.ts';
import { applyDestroy, planDestroy } from '../../src/engine/destroy.ts';
import { createGraph } from '../../src/engine/graph.ts';
import { makePlan } from '../../src/engine/plan.ts';
import type { AnyResource, Change, Resource } from '../../src/engine/resource.ts';
import type { LostAnswer, Run } from '../../src/engine/run.ts';
import { Shop, thing, type Thing } from './things.ts';

/** An error that comes after an answer that was lost. */
class Lost extends Error {
  readonly lost: LostAnswer;

  constructor(name: string, lost: LostAnswer = 'repeated') {
    super(name);
    this.name = name;
    this.lost = lost;
  }
}

const options: Partial<Run> = {
  lostAnswer: (error) => (error instanceof Lost ? error.lost : undefined),
};

async function apply(shop: Shop, resources: readonly AnyResource[]): Promise<Outcome> {
  return applyPlan(await makePlan(createGraph(resources), shop.memory), shop.run(options));
}

async function destroy(shop: Shop, resources: readonly AnyResource[]): Promise<Outcome> {
  const graph = createGraph(resources);
  const plan = await planDestroy(graph, { id: (address) => shop.memory.id(address), deleteData: true });
  return applyDestroy(plan, graph, shop.run(options));
}

/** A thing whose calls end with these errors, one after the other, whether or not they did what they were to do. */
function doubtful(
  shop: Shop,
  call: 'create' | 'destroy',
  errors: { readonly error: Error; readonly isDone: boolean }[],
): Resource {
  const plain = thing(shop, { address: 's/a' });
  const failing =
    (make: (...words: never[]) => Promise<unknown>) =>
    async (...words: never[]): Promise<unknown> => {
      const next = errors.shift();
      if (next?.isDone !== false) await make(...words);
      else shop.writes.push(`${call} in vain`);
      if (next !== undefined) throw next.error;
      const made = shop.things.get('s/a');
      return { id: made?.id ?? '' };
    };
  const before = plain[call] as unknown as (...words: never[]) => Promise<unknown>;
  return { ...plain, [call]: failing(before) };
}

describe('a create whose answer was lost', () => {
  it('goes on with what it has made, whatever the repeat was answered with', async () => {
    const shop = new Shop();
    const error = new Lost('Exists');
    const made = await apply(shop, [doubtful(shop, 'create', [{ error, isDone: true }])]);
    expect(made.created).toBe(1);
    expect(shop.writes).toEqual(['create s/a']);
    expect(shop.ids.get('s/a')).toBe('thing-1');
    expect(shop.intents.size).toBe(0);
  });

  it('that was not sent again is, once it must be visible and is not', async () => {
    const shop = new Shop();
    const error = new Lost('Broken', 'sent-once');
    await apply(shop, [doubtful(shop, 'create', [{ error, isDone: false }])]);
    expect(shop.writes).toEqual(['create in vain', 'create s/a']);
    expect(shop.clock.now()).toBeGreaterThanOrEqual(60_000);
  });

  it('ends with the refusal of the repeat, where nothing was made', async () => {
    const shop = new Shop();
    const error = new Lost('Quota');
    await expect(apply(shop, [doubtful(shop, 'create', [{ error, isDone: false }])])).rejects.toThrow(
      'Quota',
    );
    expect(shop.writes).toEqual(['create in vain']);
    // Nobody knows, and the next run looks.
    expect([...shop.intents.keys()]).toEqual(['s/a']);
  });

  it('is sent again where the repeat was refused for a while only', async () => {
    const shop = new Shop();
    const resource = doubtful(shop, 'create', [{ error: new Lost('NotYet'), isDone: false }]);
    await apply(shop, [{ ...resource, createRetries: { names: ['NotYet'], limitMs: 60_000 } }]);
    expect(shop.writes).toEqual(['create in vain', 'create s/a']);
  });

  it('is not sent for ever', async () => {
    const shop = new Shop();
    const errors = Array.from({ length: 9 }, () => ({
      error: new Lost('Broken', 'sent-once'),
      isDone: false,
    }));
    await expect(apply(shop, [doubtful(shop, 'create', errors)])).rejects.toThrow('Broken');
    expect(shop.writes).toHaveLength(3);
  });
});

describe('a destroy whose answer was lost', () => {
  it('is over where the thing is gone', async () => {
    const shop = new Shop();
    await apply(shop, [thing(shop, { address: 's/a' })]);
    await destroy(shop, [doubtful(shop, 'destroy', [{ error: new Lost('Missing'), isDone: true }])]);
    expect(shop.writes).toEqual(['create s/a', 'destroy s/a']);
    expect(shop.ids.size).toBe(0);
  });

  it('is ordered again where it is not, a few times', async () => {
    const shop = new Shop();
    await apply(shop, [thing(shop, { address: 's/a' })]);
    const inVain = { error: new Lost('Broken'), isDone: false };
    await destroy(shop, [doubtful(shop, 'destroy', [inVain])]);
    expect(shop.writes).toEqual(['create s/a', 'destroy in vain', 'destroy s/a']);
    await apply(shop, [thing(shop, { address: 's/a' })]);
    const resource = doubtful(shop, 'destroy', [inVain, inVain, inVain]);
    await expect(destroy(shop, [resource])).rejects.toThrow('Broken');
  });
});

/** A thing with a size, changed by a function of the test's. */
function sized(shop: Shop, write: (real: Thing) => Promise<void>, more: Partial<Change> = {}): Resource {
  const plain = thing(shop, { address: 's/a', size: 3 });
  return {
    ...plain,
    diff: (desired: { readonly size: number }, one: Thing) =>
      one.size === desired.size
        ? []
        : [
            {
              path: 'size',
              before: String(one.size),
              after: String(desired.size),
              impact: 'in-place',
              apply: async () => {
                const real = shop.things.get('s/a');
                if (real !== undefined) await write(real);
              },
              ...more,
            },
          ],
  } as unknown as Resource;
}

/** A shop in which the thing is there, of size 1. */
async function standing(): Promise<Shop> {
  const shop = new Shop();
  await apply(shop, [thing(shop, { address: 's/a' })]);
  return shop;
}

describe('a change whose answer was lost', () => {
  it('is done where the difference is gone', async () => {
    const shop = await standing();
    const write = async (real: Thing): Promise<void> => {
      real.size = 3;
      throw new Lost('There already');
    };
    expect((await apply(shop, [sized(shop, write)])).changed).toBe(1);
  });

  it('that did half of what it was to do is made again, from what is there', async () => {
    const shop = await standing();
    const seen: number[] = [];
    const write = async (real: Thing): Promise<void> => {
      seen.push(real.size);
      real.size += 1;
      if (real.size === 2) throw new Lost('Broken');
    };
    await apply(shop, [sized(shop, write)]);
    expect(seen).toEqual([1, 2]);
  });

  it('ends with the refusal of the repeat where nothing of it shows', async () => {
    const shop = await standing();
    const write = async (): Promise<void> => {
      throw new Lost('Refused');
    };
    await expect(apply(shop, [sized(shop, write)])).rejects.toThrow('Refused');
  });

  it('is made again where it was not sent again, or refused for a while only', async () => {
    for (const [error, more] of [
      [new Lost('Broken', 'sent-once'), {}],
      [new Lost('NotYet'), { retries: { names: ['NotYet'], limitMs: 60_000 } }],
    ] as const) {
      const shop = await standing();
      const errors: Error[] = [error];
      const write = async (real: Thing): Promise<void> => {
        const next = errors.shift();
        if (next !== undefined) throw next;
        real.size = 3;
      };
      expect((await apply(shop, [sized(shop, write, more)])).changed).toBe(1);
    }
  });
});

describe('what passes by itself', () => {
  it('a change has names of its own for it, and no other change waits for them', async () => {
    const shop = await standing();
    const refused = [1, 2].map(() => Object.assign(new Error('wait'), { name: 'NotYet' }));
    const write = async (real: Thing): Promise<void> => {
      const next = refused.shift();
      if (next !== undefined) throw next;
      real.size = 3;
    };
    const retries = { names: ['NotYet'], limitMs: 60_000 };
    expect((await apply(shop, [sized(shop, write, { retries })])).changed).toBe(1);
    const other = await standing();
    refused.push(Object.assign(new Error('wait'), { name: 'NotYet' }));
    await expect(apply(other, [sized(other, write)])).rejects.toThrow('wait');
  });

  it('of a name that a service gives to everything, only what it says of it', async () => {
    const retries = { names: ['Invalid'], saying: 'not yet', limitMs: 60_000 };
    for (const [said, isWell] of [
      ['it is not yet known', true],
      ['it is no number', false],
    ] as const) {
      const shop = await standing();
      const refused = [Object.assign(new Error(said), { name: 'Invalid' })];
      const write = async (real: Thing): Promise<void> => {
        const next = refused.shift();
        if (next !== undefined) throw next;
        real.size = 3;
      };
      const applied = apply(shop, [sized(shop, write, { retries })]);
      if (isWell) expect((await applied).changed).toBe(1);
      else await expect(applied).rejects.toThrow(said);
    }
  });

  it('a thing that failed for such a reason is made again, three times at most', async () => {
    const shop = new Shop();
    const plain = thing(shop, { address: 's/a' });
    const fails = [true];
    const passing = {
      ...plain,
      create: async (desired: never, token: string) => {
        const made = await plain.create?.(desired, token);
        const real = shop.things.get('s/a');
        if (real !== undefined) real.failed = fails.shift() ?? false;
        return made;
      },
      failsForNow: () => true,
    } as unknown as Resource;
    expect((await apply(shop, [passing])).created).toBe(1);
    expect(shop.writes).toEqual(['create s/a', 'destroy s/a', 'create s/a']);
    await destroy(shop, [passing]);
    shop.writes.length = 0;
    fails.push(true, true, true);
    await expect(apply(shop, [passing])).rejects.toThrow('the shop was closed');
    expect(shop.writes.filter((write) => write === 'create s/a')).toHaveLength(3);
  });
});
