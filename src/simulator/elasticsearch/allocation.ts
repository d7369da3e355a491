import type { World } from '../core/world.ts';
import type { IndexRow, NodeIdentity, ShardCopyRow, SimulatedClusterRow } from './rows.ts';

/** How long shards take to start, in milliseconds: small ones, as a rehearsal has. */
const recoveryMs = { empty: 1_000, fromDisk: 2_000, copied: 5_000 } as const;

/** How long a replica waits for its node before it is copied elsewhere (`index.unassigned.node_left.delayed_timeout`). */
const delayedTimeoutMs = 60_000;

/** Whether a node holds shards. */
export function holdsData(node: NodeIdentity): boolean {
  return node.roles.some((role) => role === 'data' || role.startsWith('data_'));
}

/** How many replicas each shard of an index is to have. */
export function wantedReplicas(index: IndexRow, dataNodes: number): number {
  return index.replicas === '0-1' ? Math.min(1, Math.max(0, dataNodes - 1)) : index.replicas;
}

/**
 * The elected master assigns shards to nodes.
 *
 * @returns when to look again: a recovery ends or a wait is over.
 */
export function allocate(
  world: World,
  cluster: SimulatedClusterRow,
  nodes: readonly NodeIdentity[],
): number | undefined {
  const dataNodes = nodes.filter(holdsData);
  takeNoteOfNodes(world, cluster, dataNodes);
  for (const index of cluster.indices) {
    for (let shard = 0; shard < index.shards; shard += 1) {
      assign(world, cluster, { index, shard, dataNodes });
    }
  }
  const pending = cluster.copies.flatMap((copy) => {
    if (copy.state === 'initializing') return [copy.sinceMs];
    const endsMs = copy.sinceMs + delayedTimeoutMs;
    return copy.state === 'away' && !copy.isPrimary && endsMs > world.nowMs ? [endsMs] : [];
  });
  return pending.length === 0 ? undefined : Math.min(...pending);
}

/** Copies on nodes that went away, came back, or have finished their recovery. */
function takeNoteOfNodes(
  world: World,
  cluster: SimulatedClusterRow,
  dataNodes: readonly NodeIdentity[],
): void {
  const living = new Set(dataNodes.map((node) => node.diskId));
  for (const copy of cluster.copies) {
    if (!living.has(copy.diskId)) {
      if (copy.state === 'away') continue;
      copy.state = 'away';
      copy.sinceMs = world.nowMs;
    } else if (copy.state === 'initializing' && copy.sinceMs <= world.nowMs) {
      copy.state = 'started';
      copy.isInSync = true;
    }
  }
}

interface Shard {
  readonly index: IndexRow;
  readonly shard: number;
  readonly dataNodes: readonly NodeIdentity[];
}

function copiesOf(cluster: SimulatedClusterRow, shard: Shard): ShardCopyRow[] {
  return cluster.copies.filter((copy) => copy.index === shard.index.name && copy.shard === shard.shard);
}

function assign(world: World, cluster: SimulatedClusterRow, shard: Shard): void {
  const living = new Set(shard.dataNodes.map((node) => node.diskId));
  const primary = findPrimary(world, cluster, shard);
  if (primary === undefined) return;
  // The others miss every write from now on that this one takes.
  for (const copy of copiesOf(cluster, shard)) {
    if (copy === primary || copy.state === 'started') continue;
    copy.isInSync = false;
    if (copy.state === 'away' && living.has(copy.diskId)) begin(world, copy, recoveryMs.fromDisk);
  }
  const wanted = wantedReplicas(shard.index, shard.dataNodes.length);
  const replicas = copiesOf(cluster, shard).filter((copy) => copy !== primary);
  const expected = replicas.filter(
    (copy) => copy.state !== 'away' || copy.sinceMs + delayedTimeoutMs > world.nowMs,
  );
  for (let count = expected.length; count < wanted; count += 1) addReplica(world, cluster, shard);
  const active = copiesOf(cluster, shard).filter((copy) => copy !== primary && copy.state !== 'away');
  const surplus = new Set<ShardCopyRow>([
    ...active.slice(wanted),
    ...(active.length >= wanted ? replicas.filter((copy) => copy.state === 'away') : []),
  ]);
  cluster.copies = cluster.copies.filter((copy) => !surplus.has(copy));
}

function begin(world: World, copy: ShardCopyRow, usualMs: number): void {
  copy.state = 'initializing';
  copy.sinceMs = world.nowMs + world.vary(usualMs);
}

/** The primary if it has started: promoted, brought back or newly made where that is possible. */
function findPrimary(world: World, cluster: SimulatedClusterRow, shard: Shard): ShardCopyRow | undefined {
  const copies = copiesOf(cluster, shard);
  const living = new Set(shard.dataNodes.map((node) => node.diskId));
  if (copies.length === 0) {
    const home = leastLoaded(cluster, shard);
    if (home !== undefined)
      addCopy(world, cluster, { shard, home, isPrimary: true, usualMs: recoveryMs.empty });
    return undefined;
  }
  const primary = copies.find((copy) => copy.isPrimary);
  if (primary !== undefined && primary.state !== 'away') {
    return primary.state === 'started' ? primary : undefined;
  }
  const heir = copies.find((copy) => copy.state === 'started' && copy.isInSync);
  if (heir !== undefined) {
    if (primary !== undefined) primary.isPrimary = false;
    heir.isPrimary = true;
    return heir;
  }
  const returned = copies.find((copy) => copy.isInSync && living.has(copy.diskId));
  if (returned !== undefined) {
    if (primary !== undefined) primary.isPrimary = false;
    returned.isPrimary = true;
    begin(world, returned, recoveryMs.fromDisk);
  }
  return undefined;
}

/** Of the nodes without a copy of the shard, one in a zone without any, and of those the one with the fewest shards. */
function leastLoaded(cluster: SimulatedClusterRow, shard: Shard): NodeIdentity | undefined {
  const taken = copiesOf(cluster, shard);
  const holders = shard.dataNodes.filter((node) => taken.some((copy) => copy.diskId === node.diskId));
  const zones = new Set(holders.map((node) => node.zone));
  const load = (node: NodeIdentity): number =>
    cluster.copies.filter((copy) => copy.diskId === node.diskId).length +
    (zones.has(node.zone) ? 1_000_000 : 0);
  const [best] = shard.dataNodes
    .filter((node) => !holders.includes(node))
    .toSorted((one, other) => load(one) - load(other));
  return best;
}

function addReplica(world: World, cluster: SimulatedClusterRow, shard: Shard): void {
  const home = leastLoaded(cluster, shard);
  if (home !== undefined)
    addCopy(world, cluster, { shard, home, isPrimary: false, usualMs: recoveryMs.copied });
}

interface NewCopy {
  readonly shard: Shard;
  readonly home: NodeIdentity;
  readonly isPrimary: boolean;
  readonly usualMs: number;
}

function addCopy(world: World, cluster: SimulatedClusterRow, wanted: NewCopy): void {
  const copy: ShardCopyRow = {
    index: wanted.shard.index.name,
    shard: wanted.shard.shard,
    diskId: wanted.home.diskId,
    isPrimary: wanted.isPrimary,
    // An empty primary holds everything that was acknowledged so far: nothing.
    isInSync: wanted.isPrimary,
    state: 'initializing',
    sinceMs: world.nowMs + world.vary(wanted.usualMs),
  };
  cluster.copies = [...cluster.copies, copy];
}
