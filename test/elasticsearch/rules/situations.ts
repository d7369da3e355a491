import type { ClusterNode, ShardCopy } from '../../../src/elasticsearch/client.ts';
import type { Situation } from '../../../src/elasticsearch/rules/situation.ts';

const gib = 1024 ** 3;

/** A node with every role, a quarter of its disk used. */
export function node(name: string, over: Partial<ClusterNode> = {}): ClusterNode {
  return {
    name,
    id: `id-${name}`,
    ephemeralId: `start-${name}`,
    zone: 'eu-west-1a',
    roles: ['master', 'data', 'ingest'],
    version: '8.16.1',
    isMaster: false,
    uptimeMs: 1_000,
    diskTotalBytes: 100 * gib,
    diskAvailableBytes: 75 * gib,
    diskUsedPercent: 25,
    heapMaxBytes: gib,
    heapUsedPercent: 30,
    ...over,
  };
}

/** A started copy. */
export function copy(index: string, on: string, over: Partial<ShardCopy> = {}): ShardCopy {
  return {
    index,
    shard: 0,
    isPrimary: false,
    state: 'started',
    node: on,
    relocatingTo: undefined,
    bytes: 1_000,
    unassignedReason: undefined,
    ...over,
  };
}

/** Three nodes, green, one index with a replica on the first two; and what a test has otherwise. */
export function situation(over: Partial<Situation> = {}): Situation {
  const nodes = [node('n-0', { isMaster: true }), node('n-1'), node('n-2')];
  return {
    health: {
      status: 'green',
      nodes: 3,
      dataNodes: 3,
      shards: 2,
      initializing: 0,
      relocating: 0,
      unassigned: 0,
      delayedUnassigned: 0,
    },
    nodes,
    shards: [copy('logs', 'n-0', { isPrimary: true }), copy('logs', 'n-1')],
    indices: [
      {
        name: 'logs',
        health: 'green',
        isOpen: true,
        shards: 1,
        replicas: 1,
        autoExpandReplicas: undefined,
        documents: 10,
        bytes: 2_000,
      },
    ],
    voting: { voters: nodes.map(({ id, name }) => ({ id, name })), exclusions: [] },
    watermarks: {
      isEnabled: true,
      low: { value: '85%', maxHeadroom: '200GB' },
      high: { value: '90%', maxHeadroom: '150GB' },
      floodStage: { value: '95%', maxHeadroom: '100GB' },
    },
    snapshots: [],
    settings: { persistent: {}, transient: {} },
    homeless: [],
    ...over,
  };
}
