import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { bootstrapTagValue, initialMastersOf, tagValueLimit } from '../../src/elasticsearch/bootstrap.ts';
import { initialMasters, tolerableMasterLosses, topology } from '../../src/elasticsearch/topology.ts';

const zones = ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'];
const all = ['master', 'data', 'ingest'];
const group = (
  count: number,
  roles = all,
  name = 'default',
): { name: string; count: number; roles: string[] } => ({
  name,
  count,
  roles,
});

describe('the topology', () => {
  it('numbers nodes over all groups and hands out zones in turn', () => {
    const nodes = topology(
      { name: 'search', nodeGroups: [group(2, ['master'], 'masters'), group(3, ['data'], 'hot')] },
      zones,
    );
    expect(nodes.map((node) => [node.name, node.group, node.zone, node.masterEligible])).toEqual([
      ['search-0', 'masters', 'eu-west-1a', true],
      ['search-1', 'masters', 'eu-west-1b', true],
      ['search-2', 'hot', 'eu-west-1c', false],
      ['search-3', 'hot', 'eu-west-1a', false],
      ['search-4', 'hot', 'eu-west-1b', false],
    ]);
  });

  it('spreads evenly, and keeps every node where it was when the cluster grows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 6 }), (count, zoneCount) => {
        const some = Array.from({ length: zoneCount }, (_, index) => `zone-${index}`);
        const nodes = topology({ name: 'a', nodeGroups: [group(count)] }, some);
        const counts = some.map((zone) => nodes.filter((node) => node.zone === zone).length);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        expect(topology({ name: 'a', nodeGroups: [group(count + 1)] }, some).slice(0, count)).toEqual(nodes);
      }),
    );
  });
});

describe('the initial masters', () => {
  const mastersOf = (...groups: ReturnType<typeof group>[]): readonly string[] =>
    initialMasters(topology({ name: 's', nodeGroups: groups }, zones));

  it('are at most three that may become master, of different zones', () => {
    expect(mastersOf(group(1))).toEqual(['s-0']);
    expect(mastersOf(group(2))).toEqual(['s-0', 's-1']);
    expect(mastersOf(group(60))).toEqual(['s-0', 's-1', 's-2']);
    expect(mastersOf(group(2, ['data']), group(3, ['master']))).toEqual(['s-2', 's-3', 's-4']);
    expect(initialMasters(topology({ name: 's', nodeGroups: [group(5)] }, ['only']))).toEqual([
      's-0',
      's-1',
      's-2',
    ]);
  });

  it('leave out a second of the same zone while there is another zone', () => {
    const nodes = topology({ name: 's', nodeGroups: [group(6)] }, ['a', 'a2', 'a']);
    expect(initialMasters(nodes)).toEqual(['s-0', 's-1', 's-2']);
    expect(initialMasters(nodes.filter((node) => node.index !== 1))).toEqual(['s-0', 's-2', 's-4']);
  });

  it('fit into a tag and come out of it again', () => {
    const names = [
      'a-24-character-name-xxxx-100',
      'a-24-character-name-xxxx-101',
      'a-24-character-name-xxxx-102',
    ];
    expect(bootstrapTagValue(names).length).toBeLessThan(tagValueLimit);
    expect(bootstrapTagValue(names)).toMatch(/^[a-z0-9:-]+$/);
    expect(initialMastersOf(bootstrapTagValue(names))).toEqual(names);
    expect(initialMastersOf('')).toEqual([]);
  });
});

describe('quorum', () => {
  it('survives the loss of a minority', () => {
    expect([1, 2, 3, 4, 5, 6, 7].map(tolerableMasterLosses)).toEqual([0, 0, 1, 1, 2, 2, 3]);
  });
});
