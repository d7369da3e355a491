import type { Board } from './deciders.ts';
import type { ShardCopyRow } from './rows.ts';

/** What a node takes in a second (`indices.recovery.max_bytes_per_sec`, 40mb unless the node is a large one). */
const bytesPerSecond = 40 * 1024 ** 2;

/** How long shards take to start, in milliseconds. */
export const recoveryMs = {
  /** Of a new index. */
  empty: 1_000,
  /** What lies there, and of a replica what it has missed. */
  fromDisk: 2_000,
  /** From another node, byte by byte. */
  copied: (bytes: number): number => 5_000 + (bytes / bytesPerSecond) * 1_000,
} as const;

/** Copies on nodes that went away, came back, or have finished their recovery. */
export function takeNoteOfNodes(board: Board): void {
  const { world, cluster, byDisk } = board;
  const dropped = new Set<ShardCopyRow>();
  for (const copy of cluster.copies) {
    if (!byDisk.has(copy.diskId)) leave(board, copy, dropped);
    else if (copy.movesFrom !== undefined) arrive(board, copy, dropped);
    else if (copy.state === 'initializing' && copy.sinceMs <= world.nowMs) {
      copy.state = 'started';
      copy.isInSync = true;
      copy.isNew = false;
    }
  }
  if (dropped.size > 0) cluster.copies = cluster.copies.filter((copy) => !dropped.has(copy));
}

function leave({ world }: Board, copy: ShardCopyRow, dropped: Set<ShardCopyRow>): void {
  if (copy.movesFrom !== undefined) dropped.add(copy);
  if (copy.state === 'away') return;
  copy.state = 'away';
  copy.isNew = false;
  copy.sinceMs = world.nowMs;
}

/** A copy that was on its way takes over, and the one that it comes from is no more; without that one it is lost itself. */
function arrive({ world, cluster, byDisk }: Board, copy: ShardCopyRow, dropped: Set<ShardCopyRow>): void {
  const source = cluster.copies.find(
    (one) => one.index === copy.index && one.shard === copy.shard && one.diskId === copy.movesFrom,
  );
  if (source === undefined || source.state !== 'started' || !byDisk.has(source.diskId)) {
    dropped.add(copy);
    return;
  }
  if (copy.sinceMs > world.nowMs) return;
  copy.isPrimary = source.isPrimary;
  copy.isInSync = true;
  copy.state = 'started';
  copy.movesFrom = undefined;
  dropped.add(source);
}
