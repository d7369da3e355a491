import type { World } from '../core/world.ts';
import { type Board, boardOf, copiesOf, wantedReplicas } from './deciders.ts';
import { isAwaited } from './allocation.ts';
import { isDiskThere } from './disks.ts';
import {
  type HealthChangeRow,
  type IndexRow,
  type NodeIdentity,
  type SimulatedClusterRow,
  simulatedClusters,
} from './rows.ts';

/** The shards of an index, or of all, as the elected master counts them. */
export interface ShardCount {
  readonly status: 'green' | 'yellow' | 'red';
  readonly active: number;
  readonly activePrimaries: number;
  readonly initializing: number;
  readonly relocating: number;
  readonly unassigned: number;
  readonly delayed: number;
}

/** Changes of health that are kept. */
const changesKept = 1_000;

/** How one index is. */
export function countIndex(board: Board, index: IndexRow): ShardCount {
  const wanted = 1 + wantedReplicas(index, board);
  const counts = Array.from({ length: index.shards }, (_, shard) =>
    countShard(board, { index, shard }, wanted),
  );
  return sum(counts);
}

/** How all of them are together. */
export function countAll(board: Board): ShardCount {
  return sum(board.cluster.indices.map((index) => countIndex(board, index)));
}

function countShard(
  board: Board,
  shard: { readonly index: IndexRow; readonly shard: number },
  wanted: number,
): ShardCount {
  const copies = copiesOf(board.cluster, shard);
  const resting = copies.filter((copy) => copy.movesFrom === undefined);
  const active = resting.filter((copy) => copy.state === 'started');
  const initializing = resting.filter((copy) => copy.state === 'initializing');
  const hasPrimary = active.some((copy) => copy.isPrimary);
  // The primary of a new index is awaited, which is yellow (ClusterShardHealth, `getInactivePrimaryHealth`).
  const isNew = initializing.some((copy) => copy.isNew);
  const unassigned = Math.max(0, wanted - active.length - initializing.length);
  const awaited = resting.filter((copy) => isAwaited(board, shard, copy));
  return {
    status: !hasPrimary && !isNew ? 'red' : active.length < wanted ? 'yellow' : 'green',
    active: active.length,
    activePrimaries: hasPrimary ? 1 : 0,
    initializing: initializing.length,
    relocating: copies.length - resting.length,
    unassigned,
    delayed: Math.min(unassigned, awaited.length),
  };
}

const ranks = ['green', 'yellow', 'red'] as const;

function sum(counts: readonly ShardCount[]): ShardCount {
  const total = (pick: (count: ShardCount) => number): number =>
    counts.reduce((so, count) => so + pick(count), 0);
  return {
    status: ranks.findLast((rank) => counts.some((count) => count.status === rank)) ?? 'green',
    active: total((one) => one.active),
    activePrimaries: total((one) => one.activePrimaries),
    initializing: total((one) => one.initializing),
    relocating: total((one) => one.relocating),
    unassigned: total((one) => one.unassigned),
    delayed: total((one) => one.delayed),
  };
}

/** Notes how the cluster is now, where that is another state than before. */
export function noteHealth(world: World, cluster: SimulatedClusterRow, nodes: readonly NodeIdentity[]): void {
  const status =
    cluster.masterDiskId === undefined ? 'none' : countAll(boardOf(world, cluster, nodes)).status;
  const last = cluster.history.at(-1);
  if (last?.status === status && last.nodes === nodes.length) return;
  cluster.history.push({ atMs: world.nowMs, status, nodes: nodes.length });
  if (cluster.history.length > changesKept) cluster.history.shift();
}

/**
 * For tests: what became of a cluster, whoever looked. A cluster without an elected master is `none`; the first entries are
 * those of its making.
 */
export function healthHistory(world: World, clusterName: string): readonly HealthChangeRow[] {
  return clustersOf(world, clusterName).flatMap((cluster) => cluster.history);
}

/**
 * For tests: shards, as `index[0]`, of which no complete copy exists any more, on whatever disk. Nothing brings these back;
 * a shard whose only copy is on a disk that lies idle is not among them.
 */
export function lostShards(world: World, clusterName: string): readonly string[] {
  return clustersOf(world, clusterName).flatMap((cluster) =>
    cluster.indices.flatMap((index) =>
      Array.from({ length: index.shards }, (_, shard) => ({ index, shard }))
        .filter((shard) => {
          const copies = copiesOf(cluster, shard);
          return (
            copies.length > 0 && !copies.some((copy) => copy.isInSync && isDiskThere(world, copy.diskId))
          );
        })
        .map(({ shard }) => `${index.name}[${shard}]`),
    ),
  );
}

function clustersOf(world: World, clusterName: string): SimulatedClusterRow[] {
  return [...world.rows(simulatedClusters).values()].filter((row) => row.clusterName === clusterName);
}
