import { describe, expect, it } from 'vitest';

import type { ReplicaVerdict } from '../../../src/elasticsearch/client.ts';
import { findHomeless, homelessReasons } from '../../../src/elasticsearch/rules/homeless.ts';
import { refusalOf } from '../../../src/elasticsearch/rules/restart.ts';
import { isSettled, type Situation } from '../../../src/elasticsearch/rules/situation.ts';
import { copy, node, situation } from './situations.ts';

const missing = copy('logs', '', { state: 'unassigned', node: undefined });

/** The index of `situation`, a replica of which is on no node. */
function yellow(over: Partial<Situation> = {}): Situation {
  const { health, indices } = situation();
  return situation({
    health: { ...health, status: 'yellow', unassigned: 1 },
    shards: [copy('logs', 'n-0', { isPrimary: true }), copy('logs', 'n-1'), copy('logs', 'n-2'), missing],
    indices: indices.map((index) => ({ ...index, replicas: 3 })),
    ...over,
  });
}

async function reasons(seen: Situation, verdict: ReplicaVerdict | undefined): Promise<readonly string[]> {
  return homelessReasons(await findHomeless({ explainReplica: () => Promise.resolve(verdict) }, seen));
}

const no = (...refusals: readonly (readonly string[])[]): ReplicaVerdict => ({ isRefused: true, refusals });

describe('a replica that no node can take', () => {
  it('is one of more than there are nodes, of one data node, of a tier of one, or of a zone of its own', async () => {
    expect(
      await reasons(yellow(), no(['same_shard'], ['same_shard'], ['same_shard', 'disk_threshold'])),
    ).toEqual(['the index logs wants 3 replicas beside each primary, and there are 3 data nodes']);
    const { indices } = situation();
    expect(await reasons(yellow({ indices }), no(['same_shard']))).toEqual([
      'the index logs wants 1 replica beside each primary, and there is one data node',
    ]);
    const warm = yellow({
      indices: indices.map((index) => ({ ...index, tierPreference: 'data_frozen,data_warm,data_hot' })),
      nodes: [node('n-0', { roles: ['data_warm'] }), node('n-1', { roles: ['data_hot'] })],
    });
    expect(await reasons(warm, no(['same_shard'], ['data_tier']))).toEqual([
      'the index logs wants 1 replica beside each primary, and one node has the tier data_warm that it is kept on',
    ]);
    expect(await reasons(warm, no(['same_shard'], ['awareness', 'data_tier'], ['awareness']))).toEqual([
      'the index logs wants 1 replica beside each primary, and no other zone has a node that may hold one',
    ]);
  });

  it.each([
    ['one node says no only for now', no(['same_shard'], ['same_shard'], ['disk_threshold', 'throttling'])],
    ['somebody holds it', no(['same_shard'], ['same_shard'], ['enable', 'filter'])],
    ['two versions run', no(['same_shard'], ['node_version'])],
    ['it is awaited', { isRefused: false, refusals: [['same_shard']] }],
    ['no node holds data', no()],
    ['it has gone meanwhile', undefined],
  ])('is none where %s', async (_why, verdict) => {
    expect(await reasons(yellow(), verdict)).toEqual([]);
  });

  it('is asked for once for all that have their copies on the same nodes, and not while anything is on its way', async () => {
    const asked: string[] = [];
    const explainReplica = (index: string, shard: number): Promise<ReplicaVerdict> => {
      asked.push(`${index} ${shard}`);
      return Promise.resolve(no(['same_shard'], ['same_shard'], ['same_shard']));
    };
    const other = yellow().shards.map((one) => ({ ...one, shard: 1 }));
    const two = yellow({ shards: [...yellow().shards, ...other] });
    expect(await findHomeless({ explainReplica }, two)).toHaveLength(2);
    expect(asked).toEqual(['logs 0']);
    for (const field of ['initializing', 'relocating'])
      await findHomeless({ explainReplica }, yellow({ health: { ...yellow().health, [field]: 1 } }));
    await findHomeless({ explainReplica }, yellow({ health: { ...yellow().health, status: 'red' } }));
    expect(asked).toHaveLength(1);
  });

  it('may be counted as delayed, where a node that is back took another of them than it had', async () => {
    const delayed = yellow({ health: { ...yellow().health, delayedUnassigned: 1 } });
    const verdict = no(['same_shard'], ['same_shard'], ['same_shard', 'enable']);
    const explainReplica = (): Promise<ReplicaVerdict> => Promise.resolve(verdict);
    const found = await findHomeless({ explainReplica }, delayed);
    expect(found).toHaveLength(1);
    expect(isSettled({ ...delayed, homeless: found })).toBe(true);
    expect(isSettled(delayed)).toBe(false);
  });

  const candidate = { name: 'n-1', others: ['n-0', 'n-2'], version: undefined };
  const because = 'the index logs wants 3 replicas beside each primary, and there are 3 data nodes';
  const homeless = [{ index: 'logs', shard: 0, because }];

  it('keeps no node from its restart, as long as that has no last copy', () => {
    expect(isSettled(yellow())).toBe(false);
    expect(refusalOf(yellow(), candidate)?.rule).toBe('cluster_is_settled');
    expect(isSettled(yellow({ homeless }))).toBe(true);
    expect(refusalOf(yellow({ homeless }), candidate)).toBeUndefined();
    // Another one is missing besides.
    const more = [...yellow().shards, copy('books', '', { state: 'unassigned', node: undefined })];
    expect(isSettled(yellow({ homeless, shards: more }))).toBe(false);
    const alone = yellow({ homeless, shards: [copy('logs', 'n-1', { isPrimary: true }), missing] });
    expect(refusalOf(alone, candidate)).toEqual({
      rule: 'every_shard_can_have_a_copy_elsewhere',
      patienceMs: 0,
      because: `n-1 has the only copy of shard 0 of logs, and it would be red: ${because}; another node of its group gives it one`,
    });
  });
});
