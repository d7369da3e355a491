import type { World } from '../core/world.ts';
import { type AllocationRules, diskUse, isAbove, rulesOf } from './disks.ts';
import type { IndexRow, NodeIdentity, ShardCopyRow, SimulatedClusterRow } from './rows.ts';
import { isOlder } from './start-troubles.ts';
import { matchesName } from './wildcards.ts';

/** Recoveries that a node takes part in at a time (`cluster.routing.allocation.node_concurrent_recoveries`). */
const recoveriesAtATime = 2;

/** What the elected master has before it while it assigns shards to nodes. */
export interface Board {
  readonly world: World;
  readonly cluster: SimulatedClusterRow;
  /** The nodes in the cluster that hold shards. */
  readonly nodes: readonly NodeIdentity[];
  /** The same by their disks. */
  readonly byDisk: ReadonlyMap<string, NodeIdentity>;
  readonly zones: number;
  readonly rules: AllocationRules;
  /** How many of the nodes are not to give up their shards. */
  readonly keeping: number;
}

/** One shard of an index. */
export interface Shard {
  readonly index: IndexRow;
  readonly shard: number;
}

/** Whether a node holds shards. */
function holdsData(node: NodeIdentity): boolean {
  return node.roles.some((role) => role === 'data' || role.startsWith('data_'));
}

/** The board as the cluster is now. */
export function boardOf(world: World, cluster: SimulatedClusterRow, nodes: readonly NodeIdentity[]): Board {
  const dataNodes = nodes.filter(holdsData);
  const rules = rulesOf(cluster);
  return {
    world,
    cluster,
    nodes: dataNodes,
    byDisk: new Map(dataNodes.map((node) => [node.diskId, node])),
    zones: new Set(dataNodes.map((node) => node.zone)).size,
    rules,
    keeping: dataNodes.filter((node) => !isExcluded({ rules }, node)).length,
  };
}

/** How many replicas each shard of an index is to have; nodes that give up their shards do not count for it. */
export function wantedReplicas(index: IndexRow, board: Board): number {
  const bounds = /^(\d+)-(\d+|all)$/.exec(index.autoExpand ?? '');
  if (bounds === null) return index.replicas;
  const possible = board.keeping - 1;
  const most = bounds[2] === 'all' ? possible : Math.min(possible, Number(bounds[2]));
  return Math.max(0, Number(bounds[1]), most);
}

/** All copies of a shard, those on their way too. */
export function copiesOf(cluster: SimulatedClusterRow, { index, shard }: Shard): ShardCopyRow[] {
  return cluster.copies.filter((copy) => copy.index === index.name && copy.shard === shard);
}

/** Whether a node is to give up its shards ("Cluster-level shard allocation filtering"; `exclude` alone is played). */
export function isExcluded({ rules }: Pick<Board, 'rules'>, node: NodeIdentity): boolean {
  return (
    rules.excludedNames.some((name) => matchesName(name, node.name)) ||
    rules.excludedZones.some((zone) => node.zone !== undefined && matchesName(zone, node.zone))
  );
}

/** A copy that is to be put somewhere. */
export interface Placement {
  readonly shard: Shard;
  readonly kind: 'new-primary' | 'primary' | 'replica';
  /** The copy that it takes over from. */
  readonly source?: ShardCopyRow;
  /** The copy that lies there already, from before its node went. */
  readonly existing?: ShardCopyRow;
}

type Decider = (board: Board, node: NodeIdentity, placement: Placement) => boolean;

/** Elasticsearch's deciders that are played, by their own names. */
const deciders: Readonly<Record<string, Decider>> = {
  enable: (board, _node, placement) => isEnabled(board, placement),
  filter: (board, node, { shard }) => !isExcluded(board, node) && passesFilters(shard.index, node),
  same_shard: isOnlyCopyThere,
  data_tier: (board, node, { shard }) => isOfItsTier(board, node, shard.index),
  shards_limit: isWithinLimit,
  node_version: isVersionKept,
  awareness: isInItsZone,
  disk_threshold: hasRoom,
};

/** Whether a node may take a copy: all of them have to say yes. */
export function mayHold(board: Board, node: NodeIdentity, placement: Placement): boolean {
  return (
    Object.values(deciders).every((decides) => decides(board, node, placement)) &&
    !isBusy(board, node, placement)
  );
}

/** The names of those that say no. */
export function refusalsOf(board: Board, node: NodeIdentity, placement: Placement): readonly string[] {
  return Object.entries(deciders)
    .filter(([, decides]) => !decides(board, node, placement))
    .map(([name]) => name);
}

/** Whether a copy may stay where it is: it moves away from a node that its index does not want, or that is to be empty. */
export function mayStay(board: Board, node: NodeIdentity, index: IndexRow): boolean {
  return !isExcluded(board, node) && passesFilters(index, node) && isOfItsTier(board, node, index);
}

/** "Index-level shard allocation filtering": what a node is called by each attribute. */
function attributeOf(node: NodeIdentity, name: string): string | undefined {
  if (name === '_name') return node.name;
  return name === 'zone' ? node.zone : undefined;
}

function matchesAny(node: NodeIdentity, attribute: string, values: string): boolean {
  const own = attributeOf(node, attribute);
  return own !== undefined && values.split(',').some((value) => matchesName(value.trim(), own));
}

function passesFilters(index: IndexRow, node: NodeIdentity): boolean {
  const included: boolean[] = [];
  for (const [key, value] of Object.entries(index.settings ?? {})) {
    const [, kind, attribute] =
      /^index\.routing\.allocation\.(require|include|exclude)\.(.+)$/.exec(key) ?? [];
    if (kind === undefined || attribute === undefined || key === tierKey || value === '') continue;
    const isMatch = matchesAny(node, attribute, value);
    if (kind === 'include') included.push(isMatch);
    else if (isMatch === (kind === 'exclude')) return false;
  }
  return included.length === 0 || included.includes(true);
}

/** The tiers that an index wants, the first with a node counts. */
export const tierKey = 'index.routing.allocation.include._tier_preference';

/** What each index gets that says nothing of it (`DataTier.DATA_CONTENT`). */
export const usualTier = 'data_content';

/** DataTierAllocationDecider: `data` is every tier; without a node of any of them there is no place. */
function isOfItsTier({ nodes }: Board, node: NodeIdentity, index: IndexRow): boolean {
  const wanted = (index.settings?.[tierKey] ?? usualTier).split(',').filter((tier) => tier !== '');
  if (wanted.length === 0) return true;
  const has = ({ roles }: NodeIdentity, tier: string): boolean =>
    roles.includes('data') || roles.includes(tier);
  const tier = wanted.find((one) => nodes.some((other) => has(other, one)));
  return tier !== undefined && has(node, tier);
}

/** `index.routing.allocation.total_shards_per_node`. */
function isWithinLimit({ cluster }: Board, node: NodeIdentity, { shard, existing }: Placement): boolean {
  const limit = Number(shard.index.settings?.['index.routing.allocation.total_shards_per_node'] ?? -1);
  if (limit <= 0) return true;
  const there = cluster.copies.filter(
    (copy) =>
      copy.index === shard.index.name &&
      copy.diskId === node.diskId &&
      copy !== existing &&
      copy.state !== 'away',
  );
  return there.length < limit;
}

function isEnabled({ rules }: Board, { kind }: Placement): boolean {
  if (rules.enable === 'all') return true;
  if (rules.enable === 'none') return false;
  return kind === 'new-primary' || (kind === 'primary' && rules.enable === 'primaries');
}

function isOnlyCopyThere({ cluster }: Board, node: NodeIdentity, { shard, existing }: Placement): boolean {
  return !copiesOf(cluster, shard).some((copy) => copy.diskId === node.diskId && copy !== existing);
}

/** What a newer version has written an older one cannot read: no copy goes from a newer node to an older one. */
function isVersionKept(
  { cluster, byDisk }: Board,
  node: NodeIdentity,
  { shard, kind, source }: Placement,
): boolean {
  const from =
    source ?? (kind === 'replica' ? copiesOf(cluster, shard).find((copy) => copy.isPrimary) : undefined);
  const origin = from === undefined ? undefined : byDisk.get(from.diskId);
  return origin === undefined || !isOlder(node.version, origin.version);
}

/** Awareness by zone: as many copies in one as there are when they are shared out evenly, and no more. */
function isInItsZone(board: Board, node: NodeIdentity, { shard, source, existing }: Placement): boolean {
  const copies = 1 + wantedReplicas(shard.index, board);
  const there = copiesOf(board.cluster, shard).filter(
    (copy) =>
      copy !== source &&
      copy !== existing &&
      copy.state !== 'away' &&
      board.byDisk.get(copy.diskId)?.zone === node.zone,
  ).length;
  return there < Math.ceil(copies / Math.max(1, board.zones));
}

/** The low watermark keeps copies off; an empty primary may come up to the high one. */
function hasRoom({ world, cluster, rules }: Board, node: NodeIdentity, placement: Placement): boolean {
  const { shard, kind, existing } = placement;
  const { isEnabled: isWatched, low, high } = rules.watermarks;
  // What lies there already takes no more room, and a primary must come up somewhere.
  if (!isWatched || (existing !== undefined && kind !== 'replica')) return true;
  const use = diskUse(world, cluster, node.diskId);
  const added = kind === 'new-primary' || existing !== undefined ? 0 : shard.index.bytes;
  return !isAbove(kind === 'new-primary' ? high : low, { ...use, usedBytes: use.usedBytes + added });
}

function isBusy({ cluster }: Board, node: NodeIdentity, { kind, source }: Placement): boolean {
  if (kind === 'new-primary') return false;
  const isUnderWay = (copy: ShardCopyRow): boolean => copy.state === 'initializing';
  const incoming = cluster.copies.filter((copy) => isUnderWay(copy) && copy.diskId === node.diskId);
  if (incoming.length >= recoveriesAtATime && kind === 'replica') return true;
  if (source === undefined) return false;
  const outgoing = cluster.copies.filter((copy) => isUnderWay(copy) && copy.movesFrom === source.diskId);
  return incoming.length >= recoveriesAtATime || outgoing.length >= recoveriesAtATime;
}

/** Of the nodes that may take a copy, one in a zone without any, and of those the one with the fewest shards. */
export function bestHome(board: Board, placement: Placement): NodeIdentity | undefined {
  const { cluster, byDisk } = board;
  const others = copiesOf(cluster, placement.shard).filter((copy) => copy !== placement.source);
  const zones = new Set(others.map((copy) => byDisk.get(copy.diskId)?.zone));
  const counts = shardsByDisk(cluster);
  const load = (node: NodeIdentity): number =>
    (counts.get(node.diskId) ?? 0) + (zones.has(node.zone) ? 1_000_000 : 0);
  return board.nodes
    .toSorted((one, other) => load(one) - load(other))
    .find((node) => mayHold(board, node, placement));
}

/** How many copies each disk holds, once all that move have arrived. */
export function shardsByDisk(cluster: SimulatedClusterRow): Map<string, number> {
  const leaving = new Set(
    cluster.copies
      .filter((copy) => copy.movesFrom !== undefined)
      .map((copy) => `${copy.index} ${copy.shard} ${copy.movesFrom ?? ''}`),
  );
  const counts = new Map<string, number>();
  for (const copy of cluster.copies) {
    if (copy.state === 'away' || leaving.has(`${copy.index} ${copy.shard} ${copy.diskId}`)) continue;
    counts.set(copy.diskId, (counts.get(copy.diskId) ?? 0) + 1);
  }
  return counts;
}
