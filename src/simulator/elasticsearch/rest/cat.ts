import type { World } from '../../core/world.ts';
import { copiesOf, type Shard, wantedReplicas } from '../deciders.ts';
import { diskUse, nodeIdOf } from '../disks.ts';
import { countAll, countIndex } from '../history.ts';
import { type NodeIdentity, programs, type ShardCopyRow } from '../rows.ts';
import type { Asked, Route } from './asked.ts';
import { bytesText, catAnswer, type Row } from './table.ts';
import { indicesOf } from './targets.ts';

/** A heap that is neither full nor empty. */
const heapPercent = 30;

/** `_cat/nodes`, `shards`, `indices`, `health` and `master`. */
export const catRoutes: Route = (asked) => {
  const [cat, what] = asked.words;
  if (cat !== '_cat' || asked.method !== 'GET') return undefined;
  if (what === 'nodes') {
    const usual = ['heap.percent', 'disk.used_percent', 'version', 'node.role', 'master', 'name'];
    return catAnswer(
      asked,
      asked.nodes.toSorted(byName).map((node) => nodeRow(asked, node)),
      usual,
    );
  }
  if (what === 'shards')
    return catAnswer(asked, shardRows(asked), ['index', 'shard', 'prirep', 'state', 'docs', 'store', 'node']);
  if (what === 'indices')
    return catAnswer(asked, indexRows(asked), [
      ...['health', 'status', 'index', 'pri', 'rep', 'docs.count', 'store.size'],
    ]);
  if (what === 'health') return catAnswer(asked, [healthRow(asked)], Object.keys(healthRow(asked)));
  if (what === 'master') {
    const master = asked.nodes.find((node) => node.diskId === asked.cluster.masterDiskId);
    const row = { id: nodeIdOf(asked.world, master?.diskId ?? ''), node: master?.name ?? '' };
    return catAnswer(asked, [row], ['id', 'node']);
  }
  return undefined;
};

function byName(one: NodeIdentity, other: NodeIdentity): number {
  return one.name < other.name ? -1 : 1;
}

function nodeRow(asked: Asked, node: NodeIdentity): Row {
  const { world, cluster } = asked;
  const { totalBytes, usedBytes } = diskUse(world, cluster, node.diskId);
  return {
    id: nodeIdOf(world, node.diskId),
    name: node.name,
    version: node.version,
    uptime: String(uptimeMs(world, node)),
    master: node.diskId === cluster.masterDiskId ? '*' : '-',
    'node.role': node.roles.map((role) => role.charAt(0)).join(''),
    'disk.total': bytesText(asked, totalBytes),
    'disk.avail': bytesText(asked, Math.max(0, totalBytes - usedBytes)),
    'disk.used_percent': ((usedBytes / totalBytes) * 100).toFixed(2),
    'heap.max': bytesText(asked, node.heapMiB * 1024 ** 2),
    'heap.percent': String(heapPercent),
  };
}

function uptimeMs(world: World, node: NodeIdentity): number {
  for (const program of world.rows(programs).values()) {
    if (program.isUp && program.node?.ephemeralId === node.ephemeralId)
      return world.nowMs - (program.startedAtMs ?? world.nowMs);
  }
  return 0;
}

function shardRows(asked: Asked): readonly Row[] {
  const { board, cluster } = asked;
  return cluster.indices.flatMap((index) =>
    Array.from({ length: index.shards }, (_, shard) => ({ index, shard })).flatMap((shard) => {
      const copies = copiesOf(cluster, shard);
      const resting = copies.filter((copy) => copy.movesFrom === undefined && copy.state !== 'away');
      const assigned = resting.map((copy) => {
        const target = copies.find((one) => one.movesFrom === copy.diskId);
        return copyRow(asked, { shard, copy, target });
      });
      const away = copies.filter((copy) => copy.state === 'away');
      const wanted = 1 + wantedReplicas(index, board);
      const hasPrimary = resting.some((copy) => copy.isPrimary);
      const missing = Array.from({ length: Math.max(0, wanted - resting.length) }, (_none, at) =>
        unassignedRow(shard, at === 0 && !hasPrimary, away.length > 0),
      );
      return [...assigned, ...missing];
    }),
  );
}

interface AssignedCopy {
  readonly shard: Shard;
  readonly copy: ShardCopyRow;
  readonly target: ShardCopyRow | undefined;
}

function copyRow(asked: Asked, { shard, copy, target }: AssignedCopy): Row {
  const { world, board } = asked;
  const node = board.byDisk.get(copy.diskId)?.name ?? '';
  const to = target === undefined ? undefined : board.byDisk.get(target.diskId)?.name;
  const isStarted = copy.state === 'started';
  return {
    index: shard.index.name,
    shard: String(shard.shard),
    prirep: copy.isPrimary ? 'p' : 'r',
    state: !isStarted ? 'INITIALIZING' : target === undefined ? 'STARTED' : 'RELOCATING',
    docs: isStarted ? String(shard.index.documents) : null,
    store: isStarted ? bytesText(asked, shard.index.bytes) : null,
    node: to === undefined ? node : `${node} -> 10.0.0.1 ${nodeIdOf(world, target?.diskId ?? '')} ${to}`,
    'unassigned.reason': null,
  };
}

function unassignedRow(shard: Shard, isPrimary: boolean, hasLeft: boolean): Row {
  return {
    index: shard.index.name,
    shard: String(shard.shard),
    prirep: isPrimary ? 'p' : 'r',
    state: 'UNASSIGNED',
    docs: null,
    store: null,
    node: null,
    'unassigned.reason': hasLeft ? 'NODE_LEFT' : 'INDEX_CREATED',
  };
}

function indexRows(asked: Asked): readonly Row[] {
  const { cluster, board, query, words } = asked;
  return indicesOf(cluster.indices, words[2] ?? '_all', query).map((index) => {
    const { status, active } = countIndex(board, index);
    const isSilent = status === 'red' || index.isClosed === true;
    return {
      health: status,
      status: index.isClosed === true ? 'close' : 'open',
      index: index.name,
      pri: String(index.shards),
      rep: String(wantedReplicas(index, board)),
      'docs.count': isSilent ? null : String(index.documents),
      'store.size': index.isClosed === true ? null : bytesText(asked, active * index.bytes),
    };
  });
}

function healthRow({ board, cluster }: Asked): Row {
  const { status, active, unassigned } = countAll(board);
  return {
    cluster: cluster.clusterName,
    status,
    'node.total': String(cluster.members.length),
    'node.data': String(board.nodes.length),
    shards: String(active),
    unassign: String(unassigned),
  };
}
