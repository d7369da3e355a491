import type { Client } from '@elastic/elasticsearch';

import type { ClusterHealth, ClusterNode } from '../elasticsearch/client.ts';
import { EsEcsError } from '../errors.ts';
import { masterTimeout } from './limits.ts';

/** What a cluster that has not formed says instead of its UUID. */
const noUuid = '_na_';

/** `GET _cluster/health`, answered by the elected master; never `local=true`, which goes on saying what once was. */
export async function askHealth(client: Client): Promise<ClusterHealth> {
  // A health that did not come in time has status 408, and is an answer by its form.
  const health = await client.cluster.health({ master_timeout: masterTimeout }, { ignore: [408] });
  if (health.timed_out) {
    throw new EsEcsError('CLUSTER_UNREACHABLE', 'the elected master does not answer in time', {
      hint: 'es-ecs status  shows which tasks run',
    });
  }
  return {
    // Older servers write it in capitals as well.
    status: health.status.toLowerCase() as ClusterHealth['status'],
    nodes: health.number_of_nodes,
    shards: health.active_shards,
    unassigned: health.unassigned_shards,
  };
}

/** From the elected master's own state: a node that only knows itself says nothing here. */
export async function askUuid(client: Client): Promise<string | undefined> {
  const state = await readState(client, 'cluster_uuid');
  return state.cluster_uuid === undefined || state.cluster_uuid === noUuid ? undefined : state.cluster_uuid;
}

/** What is read of `GET _cluster/state`, whose form the client does not know. */
interface ClusterStateAnswer {
  readonly cluster_uuid?: string;
  readonly master_node?: string;
  readonly nodes?: Readonly<Record<string, NodeAnswer>>;
}

interface NodeAnswer {
  readonly name: string;
  readonly attributes?: { readonly zone?: string };
  readonly roles?: readonly string[];
}

async function readState(client: Client, parts: string): Promise<ClusterStateAnswer> {
  const state = await client.cluster.state({
    metric: ['master_node', 'nodes'],
    filter_path: parts,
    master_timeout: masterTimeout,
  });
  return state as ClusterStateAnswer;
}

/** Who is in the cluster is the elected master's word; version, disk and heap are each node's own. */
export async function askNodes(client: Client): Promise<readonly ClusterNode[]> {
  const [state, rows] = await Promise.all([
    readState(client, 'master_node,nodes.*.name,nodes.*.attributes.zone,nodes.*.roles'),
    client.cat.nodes({
      format: 'json',
      full_id: true,
      h: ['id', 'version', 'disk.used_percent', 'heap.percent'],
      master_timeout: masterTimeout,
    }),
  ]);
  return Object.entries(state.nodes ?? {})
    .map(([id, node]): ClusterNode => {
      const row = rows.find((one) => one.id === id);
      return {
        name: node.name,
        zone: node.attributes?.zone,
        roles: node.roles ?? [],
        version: row?.version ?? '',
        isMaster: id === state.master_node,
        diskUsedPercent: percent(row?.['disk.used_percent']),
        heapUsedPercent: percent(row?.['heap.percent']),
      };
    })
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** `41.02`; nothing where a node did not say in time. */
function percent(text: string | number | null | undefined): number | undefined {
  if (text === undefined || text === null) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}
