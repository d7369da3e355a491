import { describe, expect, it } from 'vitest';

import { applyPlan } from '../../src/engine/apply.ts';
import { applyDestroy, planDestroy } from '../../src/engine/destroy.ts';
import { createGraph } from '../../src/engine/graph.ts';
import type { Lane } from '../../src/engine/lane.ts';
import { makePlan } from '../../src/engine/plan.ts';
import type { AnyResource, Review } from '../../src/engine/resource.ts';
import { forecastMs } from '../../src/engine/timeline.ts';
import { EsEcsError } from '../../src/errors.ts';
import { Shop, thing } from './things.ts';

/** A lane that writes down what it was asked for, and lets each go in turn. */
function noted(rolls: string[][]): Lane {
  return {
    name: 'departures',
    roll: async (turns) => {
      rolls.push(turns.map(({ address }) => address));
      for (const turn of turns) await turn.work();
    },
  };
}

interface Scene {
  readonly shop: Shop;
  readonly rolls: string[][];
  readonly resources: readonly AnyResource[];
}

/** A shelf, a ground, and two nodes on it that nobody wants any more; then one thing that is wanted. */
async function scene(review: (address: string) => Review): Promise<Scene> {
  const shop = new Shop();
  const rolls: string[][] = [];
  const lane = noted(rolls);
  const ground = thing(shop, { address: 's/ground', unwanted: true });
  const node = (name: string): AnyResource => ({
    ...thing(shop, { address: `s/${name}`, unwanted: true, lane, needs: { ground }, goesMs: 5_000 }),
    review: () => Promise.resolve(review(`s/${name}`)),
  });
  const wanted = thing(shop, { address: 's/wanted' });
  const resources = [ground, node('a'), node('b'), wanted];
  for (const { address } of [ground, { address: 's/a' }, { address: 's/b' }]) {
    const id = `thing-${address}`;
    shop.things.set(address, {
      id,
      size: 1,
      colour: 'red',
      readyAtMs: 0,
      goneAtMs: undefined,
      failed: false,
    });
  }
  return { shop, rolls, resources };
}

describe('things that go with care', () => {
  it('go by their lane, all at once, after what is wanted and before what they stand on', async () => {
    const { shop, rolls, resources } = await scene(() => ({ because: 'it leaves', takesMs: 60_000 }));
    const plan = await makePlan(createGraph(resources), shop.memory);
    expect(plan.summary).toMatchObject({ create: 1, destroy: 3, refuse: 0 });
    expect(plan.entries.find(({ resource }) => resource.address === 's/a')?.because).toBe('it leaves');
    expect(forecastMs(plan, true)).toBe(60_000);
    const outcome = await applyPlan(plan, shop.run());
    expect(rolls).toEqual([['s/b', 's/a']]);
    expect(shop.writes).toEqual(['create s/wanted', 'destroy s/b', 'destroy s/a', 'destroy s/ground']);
    expect(outcome.destroyed).toBe(3);
  });

  it('stay where their review says so, and nothing at all is written', async () => {
    const because = 'it holds the last copy';
    const { shop, rolls, resources } = await scene((address) =>
      address === 's/b'
        ? { because, refused: { path: 'node', before: 'b', after: undefined, impact: 'refuse', because } }
        : { because: 'it leaves' },
    );
    const plan = await makePlan(createGraph(resources), shop.memory);
    expect(plan.summary).toMatchObject({ refuse: 1, destroy: 2 });
    await expect(applyPlan(plan, shop.run())).rejects.toMatchObject({
      code: 'REFUSED',
      message: 'node b → absent is refused: it holds the last copy',
    });
    expect(shop.writes).toEqual([]);
    expect(rolls).toEqual([]);
  });

  it('leave all that they stand on in its place when the lane gives up', async () => {
    const { shop, resources } = await scene(() => ({ because: 'it leaves' }));
    const roll = (): Promise<void> => Promise.reject(new EsEcsError('NOT_SAFE', 'no room'));
    const lane: Lane = { name: 'departures', roll };
    const full = resources.map((one) => (one.lane === undefined ? one : { ...one, lane }));
    const plan = await makePlan(createGraph(full), shop.memory);
    await expect(applyPlan(plan, shop.run())).rejects.toMatchObject({ code: 'NOT_SAFE' });
    expect(shop.writes).toEqual(['create s/wanted']);
  });

  it('are asked nothing when everything is destroyed', async () => {
    const { shop, rolls, resources } = await scene(() => {
      throw new Error('nobody asks');
    });
    const graph = createGraph(resources);
    const plan = await planDestroy(graph, { id: () => undefined, deleteData: true });
    await applyDestroy(plan, graph, shop.run());
    expect(shop.writes.sort()).toEqual(['destroy s/a', 'destroy s/b', 'destroy s/ground']);
    expect(rolls).toEqual([]);
  });

  it('are not reviewed when they are gone', async () => {
    const { shop, resources } = await scene(() => {
      throw new Error('nobody asks');
    });
    shop.things.clear();
    const plan = await makePlan(createGraph(resources), shop.memory);
    expect(plan.summary).toMatchObject({ destroy: 0, inSync: 3 });
  });
});
