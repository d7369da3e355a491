import { describe, expect, it } from 'vitest';

import { type Candidate, refusalOf } from '../../../src/elasticsearch/rules/restart.ts';
import { isSettled, type Situation } from '../../../src/elasticsearch/rules/situation.ts';
import { copy, node, situation } from './situations.ts';

const candidate: Candidate = { name: 'n-1', others: ['n-0', 'n-2'], version: '8.16.1' };
const green = situation().health;
const [logs] = situation().indices;
if (logs === undefined) throw new Error('there is an index');
const marked = { persistent: { 'cluster.metadata.es_ecs_roll': 'n-0' }, transient: {} };

describe('refusalOf', () => {
  it('allows a node of a green cluster', () => {
    expect(refusalOf(situation(), candidate)).toBeUndefined();
  });

  it.each<[string, string, Partial<Situation>, Partial<Candidate>]>([
    [
      'cluster_is_not_red',
      'the cluster is red: primary shards of logs are missing',
      {
        health: { ...green, status: 'red' },
        shards: [copy('logs', 'n-0', { isPrimary: true, state: 'unassigned', node: undefined })],
      },
      {},
    ],
    [
      'every_index_has_a_replica',
      'the index logs has no replica and a shard of it is on n-1',
      { indices: [{ ...logs, replicas: 0 }] },
      {},
    ],
    [
      'every_index_has_a_replica',
      'the index logs has no replica and a shard of it is on n-1',
      { indices: [{ ...logs, isOpen: false, replicas: 0 }] },
      {},
    ],
    [
      'every_expanding_index_has_a_replica',
      'the index logs has no replica yet, and a shard of it is on n-1',
      { indices: [{ ...logs, replicas: 0, autoExpandReplicas: '0-1' }] },
      {},
    ],
    [
      'every_index_has_a_replica',
      'the index logs has no replica and a shard of it is on n-1',
      { indices: [{ ...logs, replicas: 0, autoExpandReplicas: '0-0' }] },
      {},
    ],
    [
      'all_other_nodes_are_in',
      'n-2 is not in the cluster, and no two nodes may be away at once',
      { nodes: situation().nodes.slice(0, 2) },
      {},
    ],
    [
      'masters_keep_their_majority',
      'without n-1 only 1 of 3 voters would be left',
      {
        voting: {
          voters: [
            { id: 'id-n-0', name: 'n-0' },
            { id: 'id-n-1', name: 'n-1' },
            { id: 'id-gone', name: undefined },
          ],
          exclusions: [],
        },
      },
      {},
    ],
    [
      'disks_are_below_their_watermark',
      'the disk of n-2 is above the high watermark 90% (93 % used)',
      {
        nodes: [
          node('n-0'),
          node('n-1'),
          node('n-2', { diskAvailableBytes: 7 * 1024 ** 3, diskUsedPercent: 93 }),
        ],
      },
      {},
    ],
    [
      'no_snapshot_is_running',
      'the snapshot nightly/one is being taken',
      { snapshots: [{ repository: 'nightly', snapshot: 'one' }] },
      {},
    ],
    [
      'every_shard_has_a_copy_elsewhere',
      'n-1 has the only started copy of shard 0 of logs',
      { shards: [copy('logs', 'n-1', { isPrimary: true }), copy('logs', 'n-0', { state: 'initializing' })] },
      {},
    ],
    [
      'cluster_is_settled',
      'the cluster is yellow: 1 shards unassigned, 2 being copied, 0 moving',
      { health: { ...green, status: 'yellow', unassigned: 1, initializing: 2 } },
      {},
    ],
    [
      'data_keeps_its_role',
      'n-1 holds 1 shard and is to lose its roles for data: it would not start again',
      {},
      { roles: ['master'] },
    ],
    [
      'version_path_is_legal',
      'n-0: Elasticsearch cannot go back from 8.16.1 to 8.15.0',
      {},
      { version: '8.15.0' },
    ],
    ['version_path_is_legal', 'n-0: 8.16.1 to 9.1.0 is legal only by way of 8.19', {}, { version: '9.1.0' }],
    [
      'allocation_is_not_disabled_by_others',
      'somebody has set cluster.routing.allocation.enable to none',
      { settings: { persistent: { 'cluster.routing.allocation.enable': 'none' }, transient: {} } },
      {},
    ],
  ])('%s: %s', (rule, sentence, over, who) => {
    const refusal = refusalOf(situation(over), { ...candidate, ...who });
    expect(refusal?.rule).toBe(rule);
    expect(refusal?.because).toContain(sentence);
  });

  it('lets a node lose its roles for data once it holds none, and one of several at any time', () => {
    const shards = situation().shards.filter((one) => one.node !== 'n-1');
    const elsewhere = situation({ shards: [...shards, copy('logs', 'n-2')] });
    expect(refusalOf(elsewhere, { ...candidate, roles: ['master'] })).toBeUndefined();
    expect(refusalOf(situation(), { ...candidate, roles: ['data_hot'] })).toBeUndefined();
  });

  it('takes an allocation that a roll of ours has held for ours', () => {
    const persistent = { ...marked.persistent, 'cluster.routing.allocation.enable': 'primaries' };
    expect(refusalOf(situation({ settings: { ...marked, persistent } }), candidate)).toBeUndefined();
  });

  it('lets a node that is away restart, whatever the cluster lacks meanwhile', () => {
    const without = situation({
      health: { ...green, status: 'red', unassigned: 3 },
      nodes: situation().nodes.filter(({ name }) => name !== 'n-1'),
    });
    expect(refusalOf(without, candidate)).toBeUndefined();
    expect(refusalOf(without, { ...candidate, version: '8.1.0' })?.rule).toBe('version_path_is_legal');
  });

  it('lets the only node of a cluster restart, though everything on it is away for the time', () => {
    const one = situation({
      nodes: [node('n-1', { isMaster: true })],
      indices: [{ ...logs, replicas: 0 }],
      shards: [copy('logs', 'n-1', { isPrimary: true })],
      voting: { voters: [{ id: 'id-n-1', name: 'n-1' }], exclusions: [] },
    });
    expect(refusalOf(one, { ...candidate, others: [] })).toBeUndefined();
  });

  it('waits for what passes, and not for what does not', () => {
    const replicaless = refusalOf(situation({ indices: [{ ...logs, replicas: 0 }] }), candidate);
    expect(replicaless?.patienceMs).toBe(0);
    const snapshot = refusalOf(situation({ snapshots: [{ repository: 'a', snapshot: 'b' }] }), candidate);
    expect(snapshot?.patienceMs).toBeGreaterThan(0);
  });
});

describe('isSettled', () => {
  const yellow = { ...green, status: 'yellow', unassigned: 2 } as const;
  const mixed = [node('n-0'), node('n-1', { version: '8.19.13' }), node('n-2')];

  it('is green; or yellow with nothing under way while two versions run', () => {
    expect(isSettled(situation())).toBe(true);
    expect(isSettled(situation({ health: yellow }))).toBe(false);
    expect(isSettled(situation({ health: yellow, nodes: mixed }))).toBe(true);
  });

  it.each(['initializing', 'relocating', 'delayedUnassigned'] as const)(
    'is not while shards are %s',
    (what) => {
      expect(isSettled(situation({ health: { ...yellow, [what]: 1 }, nodes: mixed }))).toBe(false);
    },
  );

  it('is never red', () => {
    expect(isSettled(situation({ health: { ...yellow, status: 'red' }, nodes: mixed }))).toBe(false);
  });
});
