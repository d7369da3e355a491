import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { bootstrapTagValue, initialMastersOf, tagValueLimit } from '../../src/elasticsearch/bootstrap.ts';
import {
  initialMasters,
  type Node,
  tolerableMasterLosses,
  topology,
} from '../../src/elasticsearch/topology.ts';

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

const none: ReadonlyMap<string, string> = new Map();
const places = { zones, volumeZones: none };
const standing = (nodes: readonly Node[]): ReadonlyMap<string, string> =>
  new Map(nodes.map(({ name, zone }) => [name, zone]));

describe('the topology', () => {
  it('names nodes after their group, counts within it, and hands out zones in turn', () => {
    const nodes = topology(
      { name: 'search', nodeGroups: [group(2, ['master'], 'masters'), group(3, ['data'], 'hot')] },
      places,
    );
    expect(nodes.map((node) => [node.name, node.group, node.zone, node.masterEligible])).toEqual([
      ['search-masters-0', 'masters', 'eu-west-1a', true],
      ['search-masters-1', 'masters', 'eu-west-1b', true],
      ['search-hot-0', 'hot', 'eu-west-1c', false],
      ['search-hot-1', 'hot', 'eu-west-1a', false],
      ['search-hot-2', 'hot', 'eu-west-1b', false],
    ]);
  });

  it('keeps the plain names of a plain config, whatever stands beside it', () => {
    const plain = topology({ name: 'search', nodeGroups: [group(3)] }, places);
    expect(plain.map(({ name }) => name)).toEqual(['search-0', 'search-1', 'search-2']);
    const beside = topology(
      { name: 'search', nodeGroups: [group(3, ['master'], 'masters'), group(3)] },
      places,
    );
    expect(beside.slice(3).map(({ name }) => name)).toEqual(['search-0', 'search-1', 'search-2']);
  });

  it('leaves every other node what it is and where it is, whichever count changes, and the last of the group leaves', () => {
    const counts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
    const change = fc.tuple(counts, fc.nat(), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 6 }));
    fc.assert(
      fc.property(change, ([before, which, count, zoneCount]) => {
        const some = Array.from({ length: zoneCount }, (_, index) => `zone-${index}`);
        const groups = before.map((one, index) => group(one, all, `g${index}`));
        const changed = groups.map((one, index) =>
          index === which % groups.length ? { ...one, count } : one,
        );
        const first = topology({ name: 'a', nodeGroups: groups }, { zones: some, volumeZones: none });
        const then = topology(
          { name: 'a', nodeGroups: changed },
          { zones: some, volumeZones: standing(first) },
        );
        const stays = ({ name, group: own }: Node): boolean =>
          own !== `g${which % groups.length}` || Number(name.split('-').at(-1)) < count;
        expect(then.filter(({ name }) => first.some((node) => node.name === name))).toEqual(
          first.filter(stays),
        );
      }),
    );
  });

  it('shares zones out within each group, and balances them over all', () => {
    const counts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 6 }), (each, zoneCount) => {
        const some = Array.from({ length: zoneCount }, (_, index) => `zone-${index}`);
        const nodeGroups = each.map((count, index) => group(count, ['data'], `g${index}`));
        const nodes = topology({ name: 'a', nodeGroups }, { zones: some, volumeZones: none });
        const spread = (among: readonly Node[]): number => {
          const perZone = some.map((zone) => among.filter((node) => node.zone === zone).length);
          return Math.max(...perZone) - Math.min(...perZone);
        };
        expect(spread(nodes)).toBeLessThanOrEqual(1);
        for (const { name } of nodeGroups)
          expect(spread(nodes.filter((node) => node.group === name))).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('puts masters into as many zones as there are, in whichever groups they are', () => {
    const ones = ['x', 'y', 'z'].map((name) => group(1, ['master'], name));
    const nodes = topology({ name: 's', nodeGroups: [group(1, ['data'], 'hot'), ...ones] }, places);
    const masterZones = nodes.filter((node) => node.masterEligible).map(({ zone }) => zone);
    expect(new Set(masterZones).size).toBe(3);
  });

  it('stands where the data is, and nowhere that the config does not want', () => {
    const config = { name: 's', nodeGroups: [group(3)] };
    const moved = new Map([
      ['s-0', 'eu-west-1c'],
      ['s-1', 'eu-west-1z'],
      ['s-9', 'eu-west-1b'],
    ]);
    const nodes = topology(config, { zones, volumeZones: moved });
    expect(nodes.map(({ zone }) => zone)).toEqual(['eu-west-1c', 'eu-west-1a', 'eu-west-1b']);
  });
});

describe('the initial masters', () => {
  const mastersOf = (...groups: ReturnType<typeof group>[]): readonly string[] =>
    initialMasters(topology({ name: 's', nodeGroups: groups }, places));

  it('are at most three that may become master, of different zones', () => {
    expect(mastersOf(group(1))).toEqual(['s-0']);
    expect(mastersOf(group(2))).toEqual(['s-0', 's-1']);
    expect(mastersOf(group(60))).toEqual(['s-0', 's-1', 's-2']);
    expect(mastersOf(group(2, ['data'], 'hot'), group(3, ['master'], 'm'))).toEqual([
      's-m-0',
      's-m-1',
      's-m-2',
    ]);
    expect(
      initialMasters(topology({ name: 's', nodeGroups: [group(5)] }, { zones: ['only'], volumeZones: none })),
    ).toEqual(['s-0', 's-1', 's-2']);
  });

  it('leave out a second of the same zone while there is another zone', () => {
    const nodes = topology({ name: 's', nodeGroups: [group(6)] }, places);
    expect(initialMasters(nodes)).toEqual(['s-0', 's-1', 's-2']);
    expect(initialMasters(nodes.filter(({ name }) => name !== 's-1'))).toEqual(['s-0', 's-2', 's-4']);
  });

  it('fit into a tag and come out of it again', () => {
    const names = [
      'a-24-character-name-xxxx-a-group-name-x16-100',
      'a-24-character-name-xxxx-a-group-name-x16-101',
      'a-24-character-name-xxxx-a-group-name-x16-102',
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
