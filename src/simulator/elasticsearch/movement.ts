import {
  type Board,
  bestHome,
  isExcluded,
  mayHold,
  mayStay,
  type Placement,
  type Shard,
  shardsByDisk,
} from './deciders.ts';
import { diskUse, isAbove } from './disks.ts';
import { recoveryMs } from './recovery.ts';
import type { NodeIdentity, ShardCopyRow } from './rows.ts';

/** Shards that are moved at a time only to even things out (`cluster.routing.allocation.cluster_concurrent_rebalance`). */
const rebalancesAtATime = 2;

/** Shards leave nodes where they may not stay; then those that may are evened out. */
export function moveShards(board: Board): void {
  const { nodes } = board;
  const indices = new Map(board.cluster.indices.map((index) => [index.name, index]));
  const shardOf = (copy: ShardCopyRow): Shard | undefined => {
    const index = indices.get(copy.index);
    return index === undefined ? undefined : { index, shard: copy.shard };
  };
  for (const node of nodes) {
    for (const copy of restingOn(board, node)) {
      const shard = shardOf(copy);
      if (shard !== undefined && !mayStay(board, node, shard.index)) moveAway(board, shard, copy);
    }
  }
  // Of a node that holds nothing, nothing can be moved.
  const holding = new Set(board.cluster.copies.map((copy) => copy.diskId));
  for (const node of nodes) if (holding.has(node.diskId)) relieve(board, node, shardOf);
  rebalance(board, shardOf);
}

/** The started copies on a node that are not about to be taken over by another. */
function restingOn({ cluster }: Board, node: NodeIdentity): ShardCopyRow[] {
  const leaving = cluster.copies.filter((copy) => copy.movesFrom === node.diskId);
  return cluster.copies.filter(
    (copy) =>
      copy.diskId === node.diskId &&
      copy.state === 'started' &&
      !leaving.some((one) => one.index === copy.index && one.shard === copy.shard),
  );
}

function placementOf(shard: Shard, source: ShardCopyRow): Placement {
  return { shard, kind: source.isPrimary ? 'primary' : 'replica', source };
}

function moveAway(board: Board, shard: Shard | undefined, copy: ShardCopyRow): boolean {
  const home = shard === undefined ? undefined : bestHome(board, placementOf(shard, copy));
  if (shard === undefined || home === undefined) return false;
  move(board, { shard, copy, home });
  return true;
}

function move(
  { world, cluster }: Board,
  { shard, copy, home }: { readonly shard: Shard; readonly copy: ShardCopyRow; readonly home: NodeIdentity },
): void {
  cluster.copies.push({
    index: copy.index,
    shard: copy.shard,
    diskId: home.diskId,
    isPrimary: false,
    isInSync: false,
    state: 'initializing',
    isNew: false,
    sinceMs: world.nowMs + world.vary(recoveryMs.copied(shard.index.bytes)),
    movesFrom: copy.diskId,
  });
}

/** Above the high watermark, shards leave one after the other until those that are on their way make room enough. */
function relieve(board: Board, node: NodeIdentity, shardOf: (copy: ShardCopyRow) => Shard | undefined): void {
  const { world, cluster, rules } = board;
  const { isEnabled, high } = rules.watermarks;
  if (!isEnabled || isExcluded(board, node)) return;
  const use = diskUse(world, cluster, node.diskId);
  let usedBytes = use.usedBytes;
  if (!isAbove(high, use)) return;
  for (const copy of cluster.copies) {
    if (copy.movesFrom === node.diskId) usedBytes -= shardOf(copy)?.index.bytes ?? 0;
  }
  for (const copy of restingOn(board, node)) {
    if (!isAbove(high, { ...use, usedBytes })) return;
    if (moveAway(board, shardOf(copy), copy)) usedBytes -= shardOf(copy)?.index.bytes ?? 0;
  }
}

/** From the fullest node to the emptiest one, by the number of shards, while they are two apart or more. */
function rebalance(board: Board, shardOf: (copy: ShardCopyRow) => Shard | undefined): void {
  const { cluster, rules } = board;
  if (!rules.rebalances || rules.enable !== 'all') return;
  // What is missing comes first.
  if (cluster.copies.some((copy) => copy.state !== 'started' && copy.movesFrom === undefined)) return;
  const nodes = board.nodes.filter((node) => !isExcluded(board, node));
  let moving = cluster.copies.filter((copy) => copy.movesFrom !== undefined).length;
  while (moving < rebalancesAtATime && moveOne(board, nodes, shardOf)) moving += 1;
}

function moveOne(
  board: Board,
  nodes: readonly NodeIdentity[],
  shardOf: (copy: ShardCopyRow) => Shard | undefined,
): boolean {
  const counts = shardsByDisk(board.cluster);
  const count = (node: NodeIdentity): number => counts.get(node.diskId) ?? 0;
  const all = nodes.map(count);
  if (all.length === 0 || Math.max(...all) - Math.min(...all) < 2) return false;
  const sorted = nodes.toSorted((one, other) => count(one) - count(other));
  for (const from of sorted.toReversed()) {
    const targets = sorted.filter((node) => count(from) - count(node) >= 2);
    if (targets.length === 0) return false;
    for (const copy of restingOn(board, from)) {
      const shard = shardOf(copy);
      const home = shard && targets.find((node) => mayHold(board, node, placementOf(shard, copy)));
      if (shard === undefined || home === undefined) continue;
      move(board, { shard, copy, home });
      return true;
    }
  }
  return false;
}
