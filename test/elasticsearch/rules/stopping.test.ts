import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  absentVotes,
  needsVoteTaken,
  shardsOn,
  stopRefusal,
} from '../../../src/elasticsearch/rules/stopping.ts';
import type { Situation } from '../../../src/elasticsearch/rules/situation.ts';
import { copy, node, situation } from './situations.ts';

const stopping = { name: 'n-2', remaining: ['n-0', 'n-1'] };
const voters = (...names: readonly string[]): Situation['voting'] => ({
  voters: names.map((name) => ({ id: `id-${name}`, name })),
  exclusions: [],
});

describe('stopRefusal', () => {
  it('lets a node go that holds nothing and without which there is a majority', () => {
    expect(stopRefusal(situation(), stopping)).toBeUndefined();
  });

  it.each<[string, Partial<Situation>]>([
    ['n-1 is not in the cluster', { nodes: [node('n-0'), node('n-2')] }],
    ['n-2 still holds 1 shard', { shards: [copy('logs', 'n-2')] }],
    [
      'n-2 still holds 1 shard',
      { shards: [copy('logs', 'n-0', { state: 'relocating', relocatingTo: 'n-2' })] },
    ],
    ['without n-2 only 1 of 2 voters would be left', { voting: voters('n-1', 'n-2') }],
    [
      'the cluster is yellow: 1 shards unassigned',
      { health: { ...situation().health, status: 'yellow', unassigned: 1 } },
    ],
  ])('waits while %s', (sentence, over) => {
    expect(stopRefusal(situation(over), stopping)).toContain(sentence);
  });

  it('has nothing against the end of a node that is not in the cluster', () => {
    const over = { nodes: [node('n-0')], shards: [copy('logs', 'n-2', { state: 'unassigned' })] };
    expect(stopRefusal(situation(over), stopping)).toBeUndefined();
  });
});

describe('absentVotes', () => {
  const of = (present: readonly string[], remaining: readonly string[]): readonly string[] =>
    absentVotes(
      situation({ nodes: present.map((name) => node(name)), voting: voters('n-0', 'n-1', 'n-2') }),
      remaining,
    );

  it('are those that do not go by themselves, as fewer than three are left', () => {
    expect(of(['n-0', 'n-1'], ['n-0'])).toEqual(['id-n-2']);
    expect(of(['n-0', 'n-1'], ['n-0', 'n-1'])).toEqual(['id-n-2']);
    expect(of(['n-0', 'n-1', 'n-2'], ['n-0'])).toEqual([]);
    expect(of(['n-0', 'n-1', 'n-3'], ['n-0', 'n-1', 'n-3'])).toEqual([]);
  });

  it('are none while one that stays is away: it might be its own', () => {
    expect(of(['n-0', 'n-1'], ['n-0', 'n-2'])).toEqual([]);
  });
});

describe('needsVoteTaken', () => {
  const five = ['n-0', 'n-1', 'n-2', 'n-3', 'n-4'];
  const nodes = five.map((name) => node(name, { isMaster: name === 'n-0' }));
  const remaining = ['n-0', 'n-1', 'n-2'];
  const of = (name: string, over: Partial<Situation> = {}, left = remaining): boolean =>
    needsVoteTaken(situation({ nodes, voting: voters(...five), ...over }), { name, remaining: left });

  it('is left to Elasticsearch while three or more remain', () => {
    expect(of('n-4')).toBe(false);
  });

  it('is so below three, of the elected master, and where the others are no majority', () => {
    expect(of('n-4', {}, ['n-0', 'n-1'])).toBe(true);
    expect(of('n-0', {}, ['n-1', 'n-2', 'n-3'])).toBe(true);
    expect(of('n-4', { voting: voters('n-4', 'gone', 'n-1') })).toBe(true);
  });

  it('is never so of a node without a vote, or of one that is away', () => {
    expect(
      of('n-4', { nodes: nodes.map((one) => (one.name === 'n-4' ? { ...one, roles: ['data'] } : one)) }),
    ).toBe(false);
    expect(of('n-9', {}, ['n-0'])).toBe(false);
  });
});

describe('whatever the cluster is like', () => {
  const names = ['n-0', 'n-1', 'n-2', 'n-3'];
  const some = fc.subarray(names);
  const copies = fc.array(
    fc.record({
      shard: fc.nat(2),
      node: fc.constantFrom(...names),
      state: fc.constantFrom('started', 'initializing', 'relocating', 'unassigned'),
      isPrimary: fc.boolean(),
      relocatingTo: fc.option(fc.constantFrom(...names), { nil: undefined }),
    }),
    { maxLength: 8 },
  );

  it('a node that may stop takes neither the majority nor a copy with it', () => {
    let allowed = 0;
    fc.assert(
      fc.property(some, some, copies, fc.constantFrom(...names), (present, voting, shards, name) => {
        const seen = situation({
          nodes: present.map((one) => node(one)),
          voting: voters(...voting),
          shards: shards.map(({ node: on, ...over }) => copy('logs', on, over)),
        });
        const remaining = present.filter((one) => one !== name);
        if (!present.includes(name) || stopRefusal(seen, { name, remaining }) !== undefined) return;
        allowed += 1;
        const left = voting.filter((voter) => voter !== name && present.includes(voter));
        expect(left.length * 2).toBeGreaterThan(voting.length);
        expect(shardsOn(seen, name)).toEqual([]);
        expect(seen.shards.filter((one) => one.node === name && one.state !== 'unassigned')).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
    expect(allowed).toBeGreaterThan(10);
  });
});
