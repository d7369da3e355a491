import { describe, expect, it } from 'vitest';

import { type Departure, departureRefusal } from '../../../src/elasticsearch/rules/departure.ts';
import type { Situation } from '../../../src/elasticsearch/rules/situation.ts';
import { copy, node, situation } from './situations.ts';

const gib = 1024 ** 3;
const roles = ['master', 'data', 'ingest'];
const departure: Departure = {
  leaving: ['n-2'],
  remaining: [
    { name: 'n-0', roles },
    { name: 'n-1', roles },
  ],
};
const [logs] = situation().indices;
if (logs === undefined) throw new Error('there is an index');
const persistent = (settings: Readonly<Record<string, string>>): Partial<Situation> => ({
  settings: { persistent: settings, transient: {} },
});

describe('departureRefusal', () => {
  it('lets a node leave a green cluster that does well without it', () => {
    expect(departureRefusal(situation(), departure)).toBeUndefined();
  });

  it('lets a node leave that has the frozen tier beside others, and so no cache for what is mounted', () => {
    const nodes = [node('n-0'), node('n-2', { roles: ['data', 'data_frozen'] })];
    const held = situation({ nodes, shards: [copy('logs', 'n-2', { isPrimary: true })] });
    expect(departureRefusal(held, departure)).toBeUndefined();
  });

  it.each<[string, string, Partial<Situation>, Partial<Departure>]>([
    [
      'cluster_is_not_red',
      'the cluster is red: primary shards of logs are missing',
      {
        health: { ...situation().health, status: 'red' },
        shards: [copy('logs', 'n-0', { isPrimary: true, state: 'unassigned', node: undefined })],
      },
      {},
    ],
    [
      'allocation_is_not_disabled_by_others',
      'somebody has set cluster.routing.allocation.enable to primaries, and no shard could move',
      persistent({ 'cluster.routing.allocation.enable': 'primaries' }),
      {},
    ],
    [
      'exclusions_take_effect',
      'as a transient setting, which hides what would be set here',
      { settings: { persistent: {}, transient: { 'cluster.routing.allocation.exclude._name': 'x' } } },
      {},
    ],
    [
      'no_vote_was_taken_by_others',
      'somebody has taken the vote of n-1; DELETE /_cluster/voting_config_exclusions?wait_for_removal=false',
      { voting: { voters: situation().voting.voters, exclusions: [{ id: 'id-n-1', name: 'n-1' }] } },
      {},
    ],
    [
      'no_role_is_orphaned',
      'no node with the role master would be left without n-2',
      {},
      { remaining: [{ name: 'n-0', roles: ['data', 'ingest'] }] },
    ],
    [
      'no_role_is_orphaned',
      'no node with the role ingest would be left without n-2',
      {},
      { remaining: [{ name: 'n-0', roles: ['data', 'master'] }] },
    ],
    [
      'no_role_is_orphaned',
      'no node with the role data_frozen would be left without n-2, which hold 1 shard',
      {
        nodes: [node('n-0'), node('n-2', { roles: ['data_frozen'] })],
        shards: [copy('mounted', 'n-2', { isPrimary: true })],
      },
      {},
    ],
    [
      'no_role_is_orphaned',
      'no node with the role data_cold would be left without n-2, which hold 1 shard',
      {
        nodes: [node('n-0'), node('n-2', { roles: ['data_cold'] })],
        shards: [copy('old', 'n-2', { isPrimary: true })],
      },
      { remaining: [{ name: 'n-0', roles: ['master', 'ingest', 'data_hot', 'data_content'] }] },
    ],
    [
      'every_copy_has_a_node',
      'the index logs wants 2 replicas beside each primary, and 2 data nodes would be left',
      { indices: [{ ...logs, replicas: 2 }] },
      {},
    ],
    [
      'every_copy_has_a_node',
      'the index logs wants 3 replicas beside each primary',
      { indices: [{ ...logs, replicas: 3, autoExpandReplicas: '3-5' }] },
      {},
    ],
    [
      'disks_hold_the_data',
      '150 GiB would have to move from n-2, and the other 2 data nodes can take 120 GiB below the low watermark 85%',
      {
        shards: [
          copy('logs', 'n-2', { bytes: 100 * gib }),
          copy('logs', 'n-2', { shard: 1, bytes: 50 * gib }),
        ],
      },
      {},
    ],
    [
      'disks_hold_the_data',
      'shard 0 of logs has 70 GiB, and no other data node has room for more than 60 GiB',
      { shards: [copy('logs', 'n-2', { bytes: 70 * gib })] },
      {},
    ],
    [
      'disks_hold_the_data',
      'the other 1 data node can take 60 GiB',
      {
        shards: [copy('logs', 'n-2', { bytes: 70 * gib })],
        ...persistent({ 'cluster.routing.allocation.exclude._name': 'n-1' }),
      },
      {},
    ],
  ])('%s: %s', (rule, sentence, over, who) => {
    const refusal = departureRefusal(situation(over), { ...departure, ...who });
    expect(refusal?.because).toContain(sentence);
    expect(refusal?.rule).toBe(rule);
  });

  it('says nothing of room while one of those that stay is away: it is asked again when that is back', () => {
    const over = { nodes: [node('n-0'), node('n-2')], shards: [copy('logs', 'n-2', { bytes: 150 * gib })] };
    expect(departureRefusal(situation(over), departure)).toBeUndefined();
  });

  it('takes a drain of ours that was cut off for ours, and a held allocation of a roll too', () => {
    const over = {
      ...persistent({
        'cluster.metadata.es_ecs_leave': 'n-2',
        'cluster.metadata.es_ecs_roll': 'n-1',
        'cluster.routing.allocation.enable': 'primaries',
        'cluster.routing.allocation.exclude._name': 'n-2',
      }),
      voting: { voters: situation().voting.voters, exclusions: [{ id: 'id-n-2', name: 'n-2' }] },
    };
    expect(departureRefusal(situation(over), departure)).toBeUndefined();
  });

  it('lets the last node of a tier go that holds nothing, and a replica count that follows the nodes', () => {
    const over = {
      nodes: [node('n-0'), node('n-1'), node('n-2', { roles: ['data_frozen'] })],
      indices: [{ ...logs, replicas: 2, autoExpandReplicas: '0-all' }],
    };
    expect(departureRefusal(situation(over), departure)).toBeUndefined();
  });

  it('asks nothing of the disks where their watermarks are switched off', () => {
    const watermarks = { ...situation().watermarks, isEnabled: false };
    const shards = [copy('logs', 'n-2', { bytes: 70 * gib })];
    expect(departureRefusal(situation({ watermarks, shards }), departure)).toBeUndefined();
  });
});
