import { describe, expect, it } from 'vitest';

import { applyPlan } from '../../src/engine/apply.ts';
import { createGraph } from '../../src/engine/graph.ts';
import { type Lane, oneByOne } from '../../src/engine/lane.ts';
import { makePlan } from '../../src/engine/plan.ts';
import type { AnyResource } from '../../src/engine/resource.ts';
import type { Run } from '../../src/engine/run.ts';
import { EsEcsError } from '../../src/errors.ts';
import { Shop, thing } from './things.ts';

async function apply(shop: Shop, resources: readonly AnyResource[], options: Partial<Run> = {}) {
  return applyPlan(await makePlan(createGraph(resources), shop.memory), shop.run(options));
}

/** A lane that does the turns from the last to the first, and remembers which it was given together. */
function backwards(batches: string[][]): Lane {
  return {
    name: 'backwards',
    roll: async (turns) => {
      batches.push(turns.map((turn) => turn.address));
      for (const turn of [...turns].reverse()) await turn.work();
    },
  };
}

const three = ['s/0', 's/1', 's/2'];

async function shopOf(resources: (shop: Shop) => readonly AnyResource[]): Promise<Shop> {
  const shop = new Shop();
  await apply(shop, resources(shop));
  shop.writes.length = 0;
  return shop;
}

describe('a lane', () => {
  it.each([Infinity, 1])(
    'is handed all its turns at once and decides on their order, with a concurrency of %d',
    async (concurrency) => {
      const batches: string[][] = [];
      const lane = backwards(batches);
      const nodes = (shop: Shop, size: number) =>
        three.map((address) => thing(shop, { address, lane, takesMs: 60_000, size }));
      const shop = await shopOf((one) => nodes(one, 1));
      const outcome = await apply(shop, nodes(shop, 2), { concurrency });
      expect(batches).toEqual([three]);
      expect(shop.writes).toEqual(['grow s/2', 'grow s/1', 'grow s/0']);
      expect(outcome.changed).toBe(3);
      expect(outcome.elapsedMs).toBeGreaterThan(180_000);
    },
  );

  it('does not wait for one whose need has failed', async () => {
    const batches: string[][] = [];
    const lane = backwards(batches);
    const build = (shop: Shop, size: number) => {
      const broken = thing(shop, {
        address: 's/broken',
        colour: size === 1 ? 'red' : 'blue',
        ...(size === 1 ? {} : { createFails: ['Refused'] }),
      });
      return [
        broken,
        thing(shop, { address: 's/0', lane, size, needs: { broken } }),
        thing(shop, { address: 's/1', lane, size }),
        thing(shop, { address: 's/2', lane, size }),
      ];
    };
    const shop = await shopOf((one) => build(one, 1));
    await expect(apply(shop, build(shop, 2))).rejects.toMatchObject({ address: 's/broken' });
    expect(batches).toEqual([['s/1', 's/2']]);
    expect(shop.writes.filter((write) => write.startsWith('grow'))).toEqual(['grow s/2', 'grow s/1']);
  });

  it('gives what comes later its turn only once what depends on nothing else is through', async () => {
    const lane = oneByOne('nodes');
    const build = (shop: Shop, size: number) => {
      const nodes = three.map((address) => thing(shop, { address, lane, size, takesMs: 10_000 }));
      const [zero, one, two] = nodes;
      if (zero === undefined || one === undefined || two === undefined) throw new Error('three were made');
      return [...nodes, thing(shop, { address: 't/after', size, needs: { zero, one, two } })];
    };
    const shop = await shopOf((one) => build(one, 1));
    await apply(shop, build(shop, 2), { concurrency: 1 });
    expect(shop.writes).toEqual(['grow s/0', 'grow s/1', 'grow s/2', 'grow t/after']);
  });

  it('is not begun after Ctrl-C, and nothing hangs', async () => {
    const batches: string[][] = [];
    const lane = backwards(batches);
    const build = (shop: Shop, size: number) => {
      const slow = thing(shop, {
        address: 's/slow',
        size,
        takesMs: 60_000,
        colour: size === 1 ? 'red' : 'blue',
      });
      return [
        slow,
        thing(shop, { address: 's/0', lane, size }),
        thing(shop, { address: 's/1', lane, size, needs: { slow } }),
      ];
    };
    const shop = await shopOf((one) => build(one, 1));
    const running = apply(shop, build(shop, 2));
    void shop.clock.sleep(5_000).then(() => {
      shop.controller.abort();
    });
    await expect(running).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(batches).toEqual([]);
    expect(shop.writes.filter((write) => write.startsWith('grow'))).toEqual([]);
  });

  it('that ends at one is the failure of that one alone; the others are passed over', async () => {
    const failing: Lane = {
      name: 'failing',
      roll: async ([first]) => {
        await first?.work();
      },
    };
    const refusing: Lane = {
      name: 'refusing',
      roll: () => Promise.reject(new EsEcsError('NOT_SAFE', 'the shop is full', { address: 's/0' })),
    };
    for (const lane of [failing, refusing]) {
      const nodes = (shop: Shop, size: number) =>
        three.map((address) =>
          thing(shop, { address, lane, size, ...(size === 2 ? { ignoresChanges: true } : {}) }),
        );
      const shop = await shopOf((one) => nodes(one, 1));
      const said: string[] = [];
      const emit: Run['emit'] = (event) => {
        if (event.type === 'resource-failed') said.push(`${event.address} failed`);
        if (event.type === 'resource-skipped') said.push(`${event.address} skipped, ${event.because}`);
      };
      await expect(apply(shop, nodes(shop, 2), { emit })).rejects.toMatchObject({ address: 's/0' });
      expect(said.sort()).toEqual(['s/0 failed', 's/1 skipped, s/0', 's/2 skipped, s/0']);
    }
  });

  it('is over with its last word and not with its last turn: nothing else goes on before, and its failure is told', async () => {
    for (const fails of [false, true]) {
      const build = (shop: Shop, size: number) => {
        const lane: Lane = {
          name: 'tidy',
          roll: async (turns) => {
            for (const turn of turns) await turn.work();
            await shop.clock.sleep(60_000);
            if (fails) throw new EsEcsError('WAIT_TIMEOUT', 'the shop is not tidy', { address: 's/1' });
            shop.writes.push('tidy');
          },
        };
        const [zero, one] = three.map((address) => thing(shop, { address, lane, size }));
        if (zero === undefined || one === undefined) throw new Error('three were made');
        return [zero, one, thing(shop, { address: 't/after', size, needs: { one } })];
      };
      const shop = await shopOf((one) => build(one, 1));
      const running = apply(shop, build(shop, 2));
      if (fails) await expect(running).rejects.toMatchObject({ code: 'WAIT_TIMEOUT', address: 's/1' });
      else expect((await running).elapsedMs).toBeGreaterThanOrEqual(60_000);
      const after = fails ? [] : ['tidy', 'grow t/after'];
      expect(shop.writes).toEqual(['grow s/0', 'grow s/1', ...after]);
    }
  });

  it('that refuses makes nothing, and says why for the first', async () => {
    const lane: Lane = {
      name: 'careful',
      roll: () => Promise.reject(new EsEcsError('NOT_SAFE', 'the shop is full', { address: 's/0' })),
    };
    const nodes = (shop: Shop, size: number) => three.map((address) => thing(shop, { address, lane, size }));
    const shop = await shopOf((one) => nodes(one, 1));
    await expect(apply(shop, nodes(shop, 2))).rejects.toMatchObject({
      code: 'NOT_SAFE',
      message: 'the shop is full',
    });
    expect(shop.writes).toEqual([]);
  });
});
