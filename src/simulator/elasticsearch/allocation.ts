import type { World } from '../core/world.ts';
import {
  bestHome,
  type Board,
  boardOf,
  copiesOf,
  mayHold,
  type Placement,
  refusalsOf,
  type Shard,
  wantedReplicas,
} from './deciders.ts';
import { moveShards } from './movement.ts';
import { recoveryMs, takeNoteOfNodes } from './recovery.ts';
import type { NodeIdentity, ShardCopyRow, SimulatedClusterRow } from './rows.ts';
import { isOlder } from './start-troubles.ts';

/**
 * The elected master assigns shards to nodes.
 *
 * @param nodes those in the cluster.
 * @returns when to look again: a recovery ends or a wait is over.
 */
export function allocate(
  world: World,
  cluster: SimulatedClusterRow,
  nodes: readonly NodeIdentity[],
): number | undefined {
  const board = boardOf(world, cluster, nodes);
  takeNoteOfNodes(board);
  for (const index of cluster.indices) {
    for (let shard = 0; shard < index.shards; shard += 1) assign(board, { index, shard });
  }
  moveShards(board);
  const delays = new Map(cluster.indices.map((index) => [index.name, index.delayedTimeoutMs]));
  const pending = cluster.copies.flatMap((copy) => {
    if (copy.state === 'initializing') return [copy.sinceMs];
    const endsMs = copy.sinceMs + (delays.get(copy.index) ?? 0);
    return copy.state === 'away' && !copy.isPrimary && endsMs > world.nowMs ? [endsMs] : [];
  });
  return pending.length === 0 ? undefined : Math.min(...pending);
}

/** Whether a replica's node may still come back before it is copied elsewhere. */
export function isAwaited(board: Board, shard: Shard, copy: ShardCopyRow): boolean {
  return (
    copy.state === 'away' &&
    !copy.isPrimary &&
    !board.byDisk.has(copy.diskId) &&
    copy.sinceMs + shard.index.delayedTimeoutMs > board.world.nowMs
  );
}

/** Its node is back with it and has others to bring up first: what lies there is waited for (ReplicaShardAllocator, throttled). */
function hasItsTurnYet(board: Board, shard: Shard, copy: ShardCopyRow): boolean {
  const node = copy.state === 'away' ? board.byDisk.get(copy.diskId) : undefined;
  return (
    node !== undefined && refusalsOf(board, node, { shard, kind: 'replica', existing: copy }).length === 0
  );
}

/** The copies that are where they belong or on no node, without those that are on their way to take over. */
function settledCopies(board: Board, shard: Shard): ShardCopyRow[] {
  return copiesOf(board.cluster, shard).filter((copy) => copy.movesFrom === undefined);
}

function assign(board: Board, shard: Shard): void {
  const { cluster } = board;
  const primary = findPrimary(board, shard);
  if (primary === undefined) return;
  // The others miss every write from now on that this one takes.
  for (const copy of settledCopies(board, shard)) {
    if (copy === primary || copy.state === 'started') continue;
    copy.isInSync = false;
    const node = copy.state === 'away' ? board.byDisk.get(copy.diskId) : undefined;
    if (node !== undefined && mayHold(board, node, { shard, kind: 'replica', existing: copy }))
      begin(board.world, copy, recoveryMs.fromDisk);
  }
  const wanted = wantedReplicas(shard.index, board);
  const replicas = settledCopies(board, shard).filter((copy) => copy !== primary);
  const expected = replicas.filter(
    (copy) => copy.state !== 'away' || isAwaited(board, shard, copy) || hasItsTurnYet(board, shard, copy),
  );
  for (let count = expected.length; count < wanted; count += 1)
    addCopy(board, { shard, kind: 'replica' }, recoveryMs.copied(shard.index.bytes));
  const active = settledCopies(board, shard).filter((copy) => copy !== primary && copy.state !== 'away');
  const surplus = new Set<ShardCopyRow>([
    ...active.toSorted((a, b) => Number(b.state === 'started') - Number(a.state === 'started')).slice(wanted),
    ...(active.length >= wanted ? replicas.filter((copy) => copy.state === 'away') : []),
  ]);
  if (surplus.size > 0) cluster.copies = cluster.copies.filter((copy) => !surplus.has(copy));
}

function begin(world: World, copy: ShardCopyRow, usualMs: number): void {
  copy.state = 'initializing';
  copy.sinceMs = world.nowMs + world.vary(usualMs);
}

/** The primary if it has started: promoted, brought back or newly made where that is possible. */
function findPrimary(board: Board, shard: Shard): ShardCopyRow | undefined {
  const copies = settledCopies(board, shard);
  if (copies.length === 0) {
    addCopy(board, { shard, kind: 'new-primary' }, recoveryMs.empty);
    return undefined;
  }
  const primary = copies.find((copy) => copy.isPrimary);
  if (primary !== undefined && primary.state !== 'away') {
    return primary.state === 'started' ? primary : undefined;
  }
  const heir = newestOf(
    board,
    copies.filter((copy) => copy.state === 'started' && copy.isInSync),
  );
  if (heir !== undefined) {
    if (primary !== undefined) primary.isPrimary = false;
    heir.isPrimary = true;
    return heir;
  }
  const returned = copies.find((copy) => {
    const node = copy.isInSync ? board.byDisk.get(copy.diskId) : undefined;
    return node !== undefined && mayHold(board, node, { shard, kind: 'primary', existing: copy });
  });
  if (returned !== undefined) {
    if (primary !== undefined) primary.isPrimary = false;
    returned.isPrimary = true;
    begin(board.world, returned, recoveryMs.fromDisk);
  }
  return undefined;
}

/** On the newest version, so that the others can be copied from it (RoutingNodes, `activeReplicaWithHighestVersion`). */
function newestOf({ byDisk }: Board, copies: readonly ShardCopyRow[]): ShardCopyRow | undefined {
  const versionOf = (copy: ShardCopyRow): string => byDisk.get(copy.diskId)?.version ?? '';
  let best: ShardCopyRow | undefined;
  for (const copy of copies) {
    if (best === undefined || isOlder(versionOf(best), versionOf(copy))) best = copy;
  }
  return best;
}

function addCopy(board: Board, placement: Placement, usualMs: number): void {
  const home = bestHome(board, placement);
  if (home === undefined) return;
  const { world, cluster } = board;
  const isPrimary = placement.kind === 'new-primary';
  cluster.copies.push({
    index: placement.shard.index.name,
    shard: placement.shard.shard,
    diskId: home.diskId,
    isPrimary,
    // An empty primary holds everything that was acknowledged so far: nothing.
    isInSync: isPrimary,
    state: 'initializing',
    isNew: isPrimary,
    sinceMs: world.nowMs + world.vary(usualMs),
    movesFrom: undefined,
  });
}
