import type { Client } from '@elastic/elasticsearch';
import { z } from 'zod';

import type { ClusterHealth, ClusterNode } from '../elasticsearch/client.ts';
import { EsEcsError } from '../errors.ts';
import { masterTimeout } from './limits.ts';

/** What a cluster that has not formed says instead of its UUID. */
const noUuid = '_na_';

/** What is read of `GET _cluster/health`; older servers write the status in capitals as well. */
const healthAnswer = z.object({
  status: z
    .string()
    .toLowerCase()
    .pipe(z.enum(['green', 'yellow', 'red'])),
  timed_out: z.boolean(),
  number_of_nodes: z.number(),
  active_shards: z.number(),
  unassigned_shards: z.number(),
});

/** What is read of `GET _cluster/state`, whose form the client does not know. */
const stateAnswer = z.object({
  cluster_uuid: z.string().optional(),
  master_node: z.string().optional(),
  nodes: z
    .record(
      z.string(),
      z.object({
        name: z.string(),
        attributes: z.object({ zone: z.string().optional() }).optional(),
        roles: z.array(z.string()).optional(),
      }),
    )
    .optional(),
});

/**
 * `GET _cluster/health`, answered by the elected master; never `local=true`, which goes on saying what once was.
 *
 * @throws EsEcsError CLUSTER_UNREACHABLE
 */
export async function askHealth(client: Client): Promise<ClusterHealth> {
  // A health that did not come in time has status 408, and is an answer by its form.
  const options = { ignore: [408] };
  const health = understood(
    healthAnswer,
    await client.cluster.health({ master_timeout: masterTimeout }, options),
  );
  if (health.timed_out) {
    throw new EsEcsError('CLUSTER_UNREACHABLE', 'the elected master does not answer in time', {
      hint: 'es-ecs status  shows which tasks run',
    });
  }
  return {
    status: health.status,
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

async function readState(client: Client, parts: string): Promise<z.infer<typeof stateAnswer>> {
  const answer: unknown = await client.cluster.state({
    metric: ['master_node', 'nodes'],
    filter_path: parts,
    master_timeout: masterTimeout,
  });
  return understood(stateAnswer, answer);
}

/** @throws EsEcsError CLUSTER_UNREACHABLE, when it is not what Elasticsearch says */
function understood<Value>(form: z.ZodType<Value>, answer: unknown): Value {
  const parsed = form.safeParse(answer);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  throw new EsEcsError(
    'CLUSTER_UNREACHABLE',
    `the answer is not one of Elasticsearch: ${first?.path.join('.') ?? ''}: ${first?.message ?? ''}`,
  );
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
