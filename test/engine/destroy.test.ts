import { describe, expect, it } from 'vitest';

import { applyDestroy, planDestroy } from '../../src/engine/destroy.ts';
import { createGraph } from '../../src/engine/graph.ts';
import { makePlan } from '../../src/engine/plan.ts';
import type { AnyResource, Resource } from '../../src/engine/resource.ts';
import { EsEcsError } from '../../src/errors.ts';
import { Shop, type Thing, type ThingOptions, thing } from './things.ts';

const blank: Thing = {
  id: '',
  size: 1,
  colour: 'red',
  readyAtMs: 0,
  goneAtMs: undefined,
  failed: false,
};

/** A kind of which there may be more than resources claim: things lie in the shop under `address#id`. */
function ofKind(shop: Shop, options: ThingOptions<Record<string, Resource>>): AnyResource {
  const kind = options.address.split('/').slice(0, 2).join('/');
  const own = thing(shop, options);
  const gone = (one: Thing): boolean => one.goneAtMs !== undefined && one.goneAtMs <= shop.clock.now();
  const living = (): readonly [string, Thing][] =>
    [...shop.things].filter(([key, one]) => key.startsWith(kind) && !gone(one));
  return {
    ...own,
    all: () => Promise.resolve(living().map(([key, observed]) => ({ observed, address: key.split('#')[0] }))),
    find: ({ id, fresh }: { readonly id: string | undefined; readonly fresh: boolean }) => {
      const here = living().filter(([key]) => key.split('#')[0] === options.address);
      const known = living().find(([, one]) => one.id === id)?.[1];
      if (fresh || known !== undefined) return Promise.resolve(known);
      if (here.length > 1) throw new EsEcsError('DUPLICATE', 'two of them');
      return Promise.resolve(here[0]?.[1]);
    },
    destroy: async (observed: Thing) => {
      shop.writes.push(`destroy ${observed.id}`);
      await shop.clock.sleep(10);
      observed.goneAtMs = shop.clock.now() + (options.goesMs ?? 0);
    },
  };
}

/** Puts things into the shop, by key and id. */
function put(shop: Shop, things: Readonly<Record<string, string>>): void {
  for (const [key, id] of Object.entries(things)) shop.things.set(key, { ...blank, id });
}

function network(shop: Shop): readonly AnyResource[] {
  const vpc = ofKind(shop, { address: 'n/vpc' });
  const subnet = ofKind(shop, { address: 'n/subnet/a', needs: { vpc }, goesMs: 5_000 });
  const host = ofKind(shop, { address: 'h/host/a', needs: { subnet }, goesMs: 30_000 });
  const volume = ofKind(shop, { address: 'h/volume/a', holdsData: true });
  return [vpc, subnet, host, volume];
}

const claimed = { 'n/vpc': 'vpc-1', 'n/subnet/a': 'subnet-1', 'h/host/a': 'i-1', 'h/volume/a': 'vol-1' };
const strays = {
  'n/vpc#': 'vpc-2',
  'n/subnet/gone': 'subnet-2',
  'h/host/gone': 'i-2',
  'h/volume/gone': 'vol-2',
};

function remembering(shop: Shop): (address: string) => string | undefined {
  return (address) => shop.ids.get(address);
}

describe('what no resource claims', () => {
  it('takes back the intent before it deletes: its token would bring the deleted thing to mind', async () => {
    const shop = new Shop();
    const plain = thing(shop, { address: 's/a' });
    await plain.create?.({ size: 1, colour: 'red' }, await shop.memory.intend('s/a'));
    const intents: number[] = [];
    const a: AnyResource = {
      ...plain,
      destroy: async (observed: Thing) => {
        intents.push(shop.intents.size);
        await plain.destroy?.(observed);
      },
    };
    const graph = createGraph([a]);
    const plan = await planDestroy(graph, { ...shop.memory, deleteData: false });
    await applyDestroy(plan, graph, shop.run());
    expect(intents).toEqual([0]);
  });

  it('is listed by the plan with its address and id, and what is claimed is not', async () => {
    const shop = new Shop();
    put(shop, { ...claimed, ...strays });
    shop.ids.set('n/vpc', 'vpc-1');
    const { orphans } = await makePlan(createGraph(network(shop)), shop.memory);
    expect(orphans.map((one) => one.address)).toEqual([
      'n/vpc (vpc-2)',
      'n/subnet/gone (subnet-2)',
      'h/host/gone (i-2)',
      'h/volume/gone (vol-2)',
    ]);
    expect(shop.writes).toEqual([]);
  });

  it('goes with the rest and in its order: before all that its kind stands on, after all that stands on its kind', async () => {
    const shop = new Shop();
    put(shop, { ...claimed, ...strays });
    shop.ids.set('n/vpc', 'vpc-1');
    const graph = createGraph(network(shop));
    const plan = await planDestroy(graph, { id: remembering(shop), deleteData: true });
    const outcome = await applyDestroy(plan, graph, shop.run());
    expect(outcome.destroyed).toBe(8);
    const at = (id: string): number => shop.writes.indexOf(`destroy ${id}`);
    for (const host of ['i-1', 'i-2']) {
      for (const subnet of ['subnet-1', 'subnet-2']) {
        expect(at(host)).toBeLessThan(at(subnet));
        for (const vpc of ['vpc-1', 'vpc-2']) expect(at(subnet)).toBeLessThan(at(vpc));
      }
    }
    expect(at('i-2')).toBeGreaterThanOrEqual(0);
  });

  it('stays where it holds data, unless data is to go', async () => {
    const shop = new Shop();
    put(shop, { ...claimed, ...strays });
    shop.ids.set('n/vpc', 'vpc-1');
    const graph = createGraph(network(shop));
    const plan = await planDestroy(graph, { id: remembering(shop), deleteData: false });
    expect(plan.kept.map((one) => one.id).sort()).toEqual(['vol-1', 'vol-2']);
    await applyDestroy(plan, graph, shop.run());
    expect(shop.writes.filter((write) => write.includes('vol-'))).toEqual([]);
  });

  it('is all of them, where of two of one address nobody knows which one is used', async () => {
    const shop = new Shop();
    put(shop, { 'n/vpc': 'vpc-1', 'n/vpc#': 'vpc-2' });
    const graph = createGraph(network(shop));
    await expect(makePlan(graph, shop.memory)).rejects.toMatchObject({ code: 'DUPLICATE' });
    const plan = await planDestroy(graph, { id: remembering(shop), deleteData: false });
    expect(plan.doomed.map((one) => one.resource.address)).toEqual(['n/vpc (vpc-1)', 'n/vpc (vpc-2)']);
    await applyDestroy(plan, graph, shop.run());
    expect(shop.writes.sort()).toEqual(['destroy vpc-1', 'destroy vpc-2']);
  });

  it('is done one after the other with a concurrency of 1, to the end', async () => {
    const shop = new Shop();
    put(shop, { ...claimed, ...strays });
    shop.ids.set('n/vpc', 'vpc-1');
    const graph = createGraph(network(shop));
    const plan = await planDestroy(graph, { id: remembering(shop), deleteData: true });
    const outcome = await applyDestroy(plan, graph, shop.run({ concurrency: 1 }));
    expect(outcome.destroyed).toBe(8);
  });
});
