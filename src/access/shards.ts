import { z } from 'zod';

import type { ClusterIndex, RunningSnapshot, ShardCopy } from '../elasticsearch/client.ts';
import { askFor, catNumber, catText, pathOf } from './answers.ts';
import { masterTimeout } from './limits.ts';
import type { ClusterServer } from './server.ts';

const shardRows = z.array(
  z.object({
    index: z.string(),
    shard: z.coerce.number(),
    prirep: z.string(),
    state: z
      .string()
      .toLowerCase()
      .pipe(z.enum(['started', 'initializing', 'relocating', 'unassigned'])),
    node: catText,
    store: catNumber,
    'unassigned.reason': catText,
  }),
);

/** Every copy of every shard, hidden and system indices included. */
export async function askShards(server: ClusterServer): Promise<readonly ShardCopy[]> {
  const path = pathOf('/_cat/shards', {
    format: 'json',
    bytes: 'b',
    h: 'index,shard,prirep,state,node,store,unassigned.reason',
    master_timeout: masterTimeout,
  });
  const rows = await askFor(server, shardRows, { method: 'GET', path, master: 'beside it' });
  return rows.map((row): ShardCopy => {
    // `search-0 -> 10.0.1.6 kX7bb… search-1` while it moves.
    const [node, to] = (row.node ?? '').split(' -> ');
    return {
      index: row.index,
      shard: row.shard,
      isPrimary: row.prirep === 'p',
      state: row.state,
      node: node === '' ? undefined : node,
      relocatingTo: to?.split(' ').at(-1),
      bytes: row.store,
      unassignedReason: row['unassigned.reason'],
    };
  });
}

const indexRows = z.array(
  z.object({
    index: z.string(),
    health: catText.pipe(z.enum(['green', 'yellow', 'red']).optional()),
    status: z.string(),
    pri: catNumber,
    rep: catNumber,
    'docs.count': catNumber,
    'store.size': catNumber,
  }),
);

const autoExpandKey = 'index.auto_expand_replicas';

const settingsAnswer = z.record(
  z.string(),
  z.object({ settings: z.object({ [autoExpandKey]: z.string().optional() }) }),
);

const stateAnswer = z.object({
  metadata: z
    .object({
      indices: z.record(
        z.string(),
        z.object({ settings: z.object({ index: z.object({ auto_expand_replicas: z.string() }) }) }),
      ),
    })
    .optional(),
});

/** Without this, hidden indices and those of the system are left out. */
const allOfThem = { expand_wildcards: 'all', master_timeout: masterTimeout };

/** Indices of users, backing indices of data streams among them. */
const ofUsers = '*,-.*,.ds-*';

/** All others, and with them those of the system: few, and small. */
const ofSystem = '.*,-.ds-*';

/** Every index, closed and hidden ones included. */
export async function askIndices(server: ClusterServer): Promise<readonly ClusterIndex[]> {
  const rowsPath = pathOf('/_cat/indices', {
    format: 'json',
    bytes: 'b',
    h: 'index,health,status,pri,rep,docs.count,store.size',
    ...allOfThem,
  });
  const [rows, autoExpands] = await Promise.all([
    askFor(server, indexRows, { method: 'GET', path: rowsPath, master: 'beside it' }),
    askAutoExpands(server),
  ]);
  return rows
    .map((row): ClusterIndex => {
      const autoExpand = autoExpands.get(row.index);
      return {
        name: row.index,
        health: row.health,
        isOpen: row.status === 'open',
        shards: row.pri ?? 0,
        replicas: row.rep ?? 0,
        autoExpandReplicas: autoExpand === 'false' ? undefined : autoExpand,
        documents: row['docs.count'],
        bytes: row['store.size'],
      };
    })
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/**
 * Whose replicas follow the number of nodes, and how. The settings API logs a warning on every node that is asked for indices of the
 * system (`open_system_index_access`, 9.4.3), and the cluster's state does not; but that renders the mappings of all that is asked for,
 * which is too much for every index of a user.
 */
async function askAutoExpands(server: ClusterServer): Promise<ReadonlyMap<string, string | undefined>> {
  const settingsPath = pathOf(`/${ofUsers}/_settings/${autoExpandKey}`, {
    flat_settings: 'true',
    ...allOfThem,
  });
  const statePath = pathOf(`/_cluster/state/master_node,metadata/${ofSystem}`, {
    filter_path: `master_node,metadata.indices.*.settings.${autoExpandKey}`,
    ...allOfThem,
  });
  const [settings, state] = await Promise.all([
    askFor(server, settingsAnswer, { method: 'GET', path: settingsPath, master: 'beside it' }),
    askFor(server, stateAnswer, { method: 'GET', path: statePath, master: 'in the answer' }),
  ]);
  return new Map([
    ...Object.entries(settings).map(([name, one]) => [name, one.settings[autoExpandKey]] as const),
    ...Object.entries(state.metadata?.indices ?? {}).map(
      ([name, one]) => [name, one.settings.index.auto_expand_replicas] as const,
    ),
  ]);
}

const snapshotsAnswer = z.object({
  snapshots: z.array(z.object({ repository: z.string(), snapshot: z.string() })),
});

/** Of all repositories, those that are being taken now ("Get snapshot status API", without a repository). */
export async function askSnapshots(server: ClusterServer): Promise<readonly RunningSnapshot[]> {
  const path = pathOf('/_snapshot/_status', { master_timeout: masterTimeout });
  return (await askFor(server, snapshotsAnswer, { method: 'GET', path })).snapshots;
}
