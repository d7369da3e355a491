import { describe, expect, it } from 'vitest';

import { lostTiers, roleLosses, roleRefusal } from '../../../src/elasticsearch/rules/roles.ts';
import { copy, node, situation } from './situations.ts';

const all = ['master', 'data', 'ingest'];
const named = (name: string, roles: readonly string[]): { name: string; roles: readonly string[] } => ({
  name,
  roles,
});

describe('the tiers that a node loses', () => {
  it.each<[readonly string[], readonly string[], readonly string[]]>([
    [all, ['master'], ['data_content', 'data_hot', 'data_warm', 'data_cold']],
    [all, ['data_hot', 'data_content'], ['data_warm', 'data_cold']],
    [['data_hot', 'data_content'], ['data'], []],
    [['data', 'data_frozen'], ['data'], []],
    [['data_frozen'], ['data'], ['data_frozen']],
    [['data_warm'], [], ['data_warm']],
    [['master'], ['ingest'], []],
  ])('%s, then %s: %s', (before, after, lost) => {
    expect(lostTiers(before, after)).toEqual(lost);
  });
});

describe('what nodes lose', () => {
  it('is what can do harm, of those that are in the cluster', () => {
    const wanted = [
      named('n-0', ['data']),
      named('n-1', ['master', 'data']),
      named('n-2', []),
      named('n-9', []),
    ];
    expect(roleLosses(situation(), wanted)).toEqual([
      { name: 'n-0', data: [], isDemoted: true, kept: ['data'] },
      {
        name: 'n-2',
        data: ['data_content', 'data_hot', 'data_warm', 'data_cold'],
        isDemoted: true,
        kept: [],
      },
    ]);
  });
});

describe('the shards of a node that loses a tier', () => {
  it('stay where it keeps the tier that their index is on, by what the nodes are to be', () => {
    const wanted = [
      named('n-0', ['master', 'data_hot', 'data_content']),
      named('n-1', ['data_warm']),
      named('n-2', all),
    ];
    const on = (tierPreference: string): readonly string[] => {
      const indices = situation().indices.map((index) => ({ ...index, tierPreference }));
      return roleLosses(situation({ indices }), wanted)
        .filter(({ data }) => data.length > 0)
        .map(({ name }) => name);
    };
    expect(on('data_content')).toEqual(['n-1']);
    expect(on('data_warm,data_hot')).toEqual(['n-0']);
    // The frozen tier has no node, the cold one has.
    expect(on('data_frozen,data_hot')).toEqual(['n-1']);
    expect(on('data_cold')).toEqual(['n-0', 'n-1']);
  });
});

describe('roles are not taken', () => {
  it('where nothing is lost it has no say, whatever the cluster is like', () => {
    const red = situation({ health: { ...situation().health, status: 'red' } });
    expect(roleRefusal(red, [named('n-0', all), named('n-1', all), named('n-2', all)])).toBeUndefined();
  });

  it('lets them go where others have them', () => {
    expect(
      roleRefusal(situation(), [named('n-0', all), named('n-1', all), named('n-2', ['ingest'])]),
    ).toBeUndefined();
  });

  it('from a node that is full of what nobody else has room for', () => {
    const shards = [copy('logs', 'n-2', { isPrimary: true, bytes: 80 * 1024 ** 3 })];
    const wanted = [named('n-0', all), named('n-1', all), named('n-2', ['master', 'ingest'])];
    expect(roleRefusal(situation({ shards }), wanted)).toContain(
      'and no other data node has room for more than',
    );
    // As long as it keeps its data, its size is nobody's matter.
    expect(
      roleRefusal(situation({ shards }), [...wanted.slice(0, 2), named('n-2', ['data'])]),
    ).toBeUndefined();
  });

  it('where the role would only come to nodes that lose another one by the same restart', () => {
    const nodes = [node('m-0', { roles: ['master', 'ingest'] }), node('d-0', { roles: ['data', 'ingest'] })];
    const shards = [copy('logs', 'd-0', { isPrimary: true })];
    const swapped = [named('m-0', ['data', 'ingest']), named('d-0', ['master', 'ingest'])];
    expect(roleRefusal(situation({ nodes, shards, indices: [] }), swapped)).toMatch(
      /no node with the role data would be left .*give the role to other nodes first, with an up of its own$/,
    );
  });

  it('but to one that only gains by it, or that is new', () => {
    const nodes = [node('m-0', { roles: ['master', 'ingest'] }), node('d-0', { roles: ['data', 'ingest'] })];
    const there = situation({ nodes, indices: [] });
    expect(roleRefusal(there, [named('m-0', ['ingest']), named('d-0', all)])).toBeUndefined();
    expect(
      roleRefusal(there, [
        named('m-0', ['ingest']),
        named('d-0', ['data', 'ingest']),
        named('m-1', ['master']),
      ]),
    ).toBeUndefined();
  });
});
