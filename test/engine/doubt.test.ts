import { describe, expect, it } from 'vitest';

import { applyPlan } from '../../src/engine/apply.ts';
import { applyDestroy, planDestroy } from '../../src/engine/destroy.ts';
import { type Doubt, noDoubt } from '../../src/engine/doubt.ts';
import { createGraph } from '../../src/engine/graph.ts';
import { makePlan } from '../../src/engine/plan.ts';
import type { Created, Once, Resource } from '../../src/engine/resource.ts';
import { Shop, type Thing, thing } from './things.ts';

type Made = Resource<{ readonly size: number; readonly colour: string }, Thing>;

const untilMs = 30_000;
const ofMemory: Doubt = { rememberedUntilMs: untilMs, anythingUntilMs: 0 };
const ofAnything: Doubt = { rememberedUntilMs: untilMs, anythingUntilMs: untilMs };
const byName: Once = { by: 'name', refusals: ['Taken'] };
const byToken: Once = { by: 'token', refusals: ['Mismatch'] };

/** A thing that shows only from some time on, if it was made before. */
function hiddenUntil(shop: Shop, showsAtMs: number, once: Once | undefined): Made {
  const plain = thing(shop, { address: 's/a' });
  return {
    ...plain,
    ...(once === undefined ? {} : { once }),
    find: async (sight) => {
      const seen = await plain.find(sight);
      return shop.clock.now() < showsAtMs ? undefined : seen;
    },
  };
}

interface Scene {
  readonly doubt: Doubt;
  readonly once?: Once;
  readonly isIntended?: boolean;
  /** Its id was saved, and there is no longer, or not yet, a thing of that id. */
  readonly isRemembered?: boolean;
}

/** How long it takes until a thing is made that was not there, while it might have been. */
async function madeAtMs({ doubt, once, isIntended = false, isRemembered = false }: Scene): Promise<number> {
  const shop = new Shop();
  const a = hiddenUntil(shop, 0, once);
  const plan = await makePlan(createGraph([a]), shop.memory);
  if (isIntended) await shop.memory.intend('s/a');
  if (isRemembered) await shop.memory.remember('s/a', 'thing-0');
  let atMs = 0;
  const noting: Made = {
    ...a,
    create: (desired, token) => {
      atMs = shop.clock.now();
      return a.create?.(desired, token) ?? Promise.reject(new Error('it has none'));
    },
  };
  const entries = plan.entries.map((entry) => ({ ...entry, resource: noting }));
  await applyPlan({ ...plan, entries }, shop.run({ doubt: () => doubt }));
  expect(shop.writes).toEqual(['create s/a']);
  return atMs;
}

describe('a create, after a run that died', () => {
  it.each<[string, Scene]>([
    ['nothing is in doubt', { doubt: noDoubt, isIntended: true }],
    ['no intent was saved for it', { doubt: ofMemory }],
    ['its token is the same', { doubt: ofMemory, once: byToken, isIntended: true }],
    ['there can be one of its name', { doubt: ofMemory, once: byName, isIntended: true }],
    ['nothing is in doubt, and its id is known', { doubt: noDoubt, isRemembered: true }],
    [
      'there can be one of its name, whose id is known',
      { doubt: ofMemory, once: byName, isRemembered: true },
    ],
    ['there can be one of its name, whoever made it', { doubt: ofAnything, once: byName }],
  ])('is sent at once where %s', async (_why, scene) => {
    expect(await madeAtMs(scene)).toBeLessThan(1_000);
  });

  it.each<[string, Scene]>([
    ['it would make a second thing, and an intent was saved for it', { doubt: ofMemory, isIntended: true }],
    ['its id was saved', { doubt: ofMemory, isRemembered: true }],
    [
      'its id was saved, and with that its token was spent',
      { doubt: ofMemory, once: byToken, isRemembered: true },
    ],
    ['it would make a second thing, and nobody knows what was made', { doubt: ofAnything }],
    ['the token of what a run with another memory made is not known', { doubt: ofAnything, once: byToken }],
  ])('waits until all can be seen where %s', async (_why, scene) => {
    const atMs = await madeAtMs(scene);
    expect(atMs).toBeGreaterThanOrEqual(untilMs);
    expect(atMs).toBeLessThan(untilMs + 6_000);
  });
});

describe('a create that is refused, as the thing is there and cannot be seen', () => {
  /** The thing of the dead run is there, and whatever is made is refused as long as it is. */
  async function refused(once: Once, doubt: Doubt, showsAtMs: number): Promise<Shop> {
    const shop = new Shop();
    const a = hiddenUntil(shop, showsAtMs, once);
    const plan = await makePlan(createGraph([{ ...a, find: () => Promise.resolve(undefined) }]), shop.memory);
    await shop.memory.intend('s/a');
    await a.create?.({ size: 1, colour: 'red' }, '');
    shop.writes.length = 0;
    const name = once.refusals?.[0] ?? '';
    const taken: Made = {
      ...a,
      create: (): Promise<Created<Thing>> => Promise.reject(Object.assign(new Error(name), { name })),
    };
    const entries = plan.entries.map((entry) => ({ ...entry, resource: taken }));
    await applyPlan({ ...plan, entries }, shop.run({ doubt: () => doubt }));
    return shop;
  }

  it.each([byName, byToken])('is gone on with once it shows: $by', async (once) => {
    const shop = await refused(once, ofMemory, 12_000);
    expect(shop.writes).toEqual([]);
    expect(shop.ids.get('s/a')).toBe('thing-1');
    expect(shop.intents.size).toBe(0);
  });

  it.each([['it does not show in time, as it is not ours', ofMemory, Infinity]])(
    'fails with that refusal where %s',
    async (_why, doubt, showsAtMs) => {
      await expect(refused(byName, doubt, showsAtMs)).rejects.toMatchObject({
        code: 'AWS',
        message: 'Taken',
      });
    },
  );

  it('goes on with what is there though nothing was in doubt: lists lag', async () => {
    await expect(refused(byName, noDoubt, 0)).resolves.toBeDefined();
  });

  it('is sent with a new token where what the old one stands for is gone', async () => {
    const shop = new Shop();
    const a = hiddenUntil(shop, 0, byToken);
    const old = await shop.memory.intend('s/a');
    const plan = await makePlan(createGraph([a]), shop.memory);
    const tokens: string[] = [];
    const once: Made = {
      ...a,
      create: (desired, token) => {
        tokens.push(token);
        if (token === old) return Promise.reject(Object.assign(new Error('Mismatch'), { name: 'Mismatch' }));
        return a.create?.(desired, token) ?? Promise.reject(new Error('it has none'));
      },
    };
    const entries = plan.entries.map((entry) => ({ ...entry, resource: once }));
    await applyPlan({ ...plan, entries }, shop.run());
    expect(tokens).toHaveLength(2);
    expect(shop.ids.get('s/a')).toBe('thing-1');
  });
});

describe('an end that is answered as if the thing were gone', () => {
  /** A thing that is listed, and unknown by its id until some time. */
  async function ordersOf(doubt: Doubt, knownAtMs: number): Promise<readonly string[]> {
    const shop = new Shop();
    const plain = thing(shop, { address: 's/a' });
    const listed: Made = {
      ...plain,
      goneWhenAnswered: true,
      destroy: async (observed) => {
        if (shop.clock.now() >= knownAtMs) await plain.destroy?.(observed);
        else shop.writes.push('unknown s/a');
      },
    };
    const graph = createGraph([listed]);
    await applyPlan(await makePlan(graph, shop.memory), shop.run());
    shop.writes.length = 0;
    const plan = await planDestroy(graph, { id: (address) => shop.memory.id(address), deleteData: true });
    await applyDestroy(plan, graph, shop.run({ doubt: () => doubt }));
    return shop.writes;
  }

  it('is ordered again for as long as lists show what a run that died may have made', async () => {
    expect(await ordersOf(ofMemory, 8_000)).toEqual([...Array<string>(3).fill('unknown s/a'), 'destroy s/a']);
  });

  it('is believed where nothing is in doubt, and ordered once where it goes', async () => {
    expect(await ordersOf(noDoubt, 8_000)).toEqual(['unknown s/a']);
    expect(await ordersOf(ofMemory, 0)).toEqual(['destroy s/a']);
  });
});
