import { z } from 'zod';

import type { ClusterIndex, RunningSnapshot, ShardCopy } from '../elasticsearch/client.ts';
import { askFor, catNumber, catText, pathOf } from './answers.ts';
import { askIndexSettings, everyIndex } from './index-settings.ts';
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
const tierKey = 'index.routing.allocation.include._tier_preference';

/** Every index, closed and hidden ones included. */
export async function askIndices(server: ClusterServer): Promise<readonly ClusterIndex[]> {
  const rowsPath = pathOf('/_cat/indices', {
    format: 'json',
    bytes: 'b',
    h: 'index,health,status,pri,rep,docs.count,store.size',
    ...everyIndex,
  });
  const [rows, settings] = await Promise.all([
    askFor(server, indexRows, { method: 'GET', path: rowsPath, master: 'beside it' }),
    askIndexSettings(server, [autoExpandKey, tierKey]),
  ]);
  return rows
    .map((row): ClusterIndex => {
      const autoExpand = settings.get(row.index)?.get(autoExpandKey);
      const tierPreference = settings.get(row.index)?.get(tierKey);
      return {
        name: row.index,
        health: row.health,
        isOpen: row.status === 'open',
        shards: row.pri ?? 0,
        replicas: row.rep ?? 0,
        autoExpandReplicas: autoExpand === 'false' ? undefined : autoExpand,
        ...(tierPreference === undefined ? {} : { tierPreference }),
        documents: row['docs.count'],
        bytes: row['store.size'],
      };
    })
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

const snapshotsAnswer = z.object({
  snapshots: z.array(z.object({ repository: z.string(), snapshot: z.string() })),
});

/** Of all repositories, those that are being taken now ("Get snapshot status API", without a repository). */
export async function askSnapshots(server: ClusterServer): Promise<readonly RunningSnapshot[]> {
  const path = pathOf('/_snapshot/_status', { master_timeout: masterTimeout });
  return (await askFor(server, snapshotsAnswer, { method: 'GET', path })).snapshots;
}
