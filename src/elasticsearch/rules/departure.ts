import { allocationOf } from '../cluster-settings.ts';
import type { ClusterNode } from '../client.ts';
import { demotedNode, excludedByOthers, leavingNodes } from '../departure-marks.ts';
import { rollingNode } from '../roll-marks.ts';
import { freeBytesFor } from '../watermarks.ts';
import { isIn, type Situation } from './situation.ts';
import { shardsOn } from './stopping.ts';

/** A node that the cluster is to go on with. */
export interface RemainingNode {
  readonly name: string;
  /** As the config gives them: it may be about to get them. */
  readonly roles: readonly string[];
}

/** Nodes that are to leave the cluster for good, together, and those that are to stay. */
export interface Departure {
  readonly leaving: readonly string[];
  readonly remaining: readonly RemainingNode[];
}

/** Why nodes must not leave. */
export interface DepartureRefusal {
  readonly rule: string;
  /** As a person reads it, without a full stop. */
  readonly because: string;
}

interface Rule {
  readonly name: string;
  readonly refuses: (situation: Situation, departure: Departure) => string | undefined;
}

/**
 * What must hold before nodes begin to leave: what no waiting mends is said before anything is written. From "Add and remove nodes in
 * your cluster" and "Disk-based shard allocation settings" of the Elasticsearch reference.
 */
const rules: readonly Rule[] = [
  { name: 'cluster_is_not_red', refuses: red },
  { name: 'allocation_is_not_disabled_by_others', refuses: disabledAllocation },
  { name: 'exclusions_take_effect', refuses: hiddenExclusion },
  { name: 'no_vote_was_taken_by_others', refuses: foreignExclusions },
  { name: 'no_role_is_orphaned', refuses: orphanedRole },
  { name: 'every_copy_has_a_node', refuses: tooManyReplicas },
  { name: 'disks_hold_the_data', refuses: tooLittleRoom },
];

/** The first rule that says no; undefined: the nodes may begin to leave. */
export function departureRefusal(situation: Situation, departure: Departure): DepartureRefusal | undefined {
  for (const { name, refuses } of rules) {
    const because = refuses(situation, departure);
    if (because !== undefined) return { rule: name, because };
  }
  return undefined;
}

function red({ health, shards }: Situation): string | undefined {
  if (health.status !== 'red') return undefined;
  const missing = shards.filter((copy) => copy.isPrimary && copy.state === 'unassigned');
  const names = [...new Set(missing.map((copy) => copy.index))].slice(0, 3).join(', ');
  return `the cluster is red${names === '' ? '' : `: primary shards of ${names} are missing`}`;
}

function disabledAllocation({ settings }: Situation): string | undefined {
  const { enable } = allocationOf(settings);
  if (enable === 'all' || rollingNode(settings) !== undefined) return undefined;
  return `somebody has set cluster.routing.allocation.enable to ${enable}, and no shard could move`;
}

function hiddenExclusion({ settings }: Situation): string | undefined {
  if (!allocationOf(settings).isTransient.excludedNames) return undefined;
  return 'somebody has set cluster.routing.allocation.exclude._name as a transient setting, which hides what would be set here';
}

function foreignExclusions({ settings, voting }: Situation): string | undefined {
  const demoted = demotedNode(settings);
  const own = [...leavingNodes(settings), ...(demoted === undefined ? [] : [demoted])];
  const foreign = voting.exclusions.filter(
    ({ name }) => own.length === 0 || (name !== undefined && !own.includes(name)),
  );
  if (foreign.length === 0) return undefined;
  const names = foreign.map(({ id, name }) => name ?? id).join(', ');
  return `somebody has taken the vote of ${names}; DELETE /_cluster/voting_config_exclusions?wait_for_removal=false gives it back`;
}

function orphanedRole(situation: Situation, departure: Departure): string | undefined {
  const leaving = leavingIn(situation, departure);
  const has = (role: string): boolean => departure.remaining.some((node) => coversRole(node.roles, role));
  for (const role of new Set(leaving.flatMap((node) => node.roles))) {
    if (has(role)) continue;
    const owners = leaving.filter((node) => node.roles.includes(role)).map((node) => node.name);
    if (role === 'master' || role === 'ingest')
      return `no node with the role ${role} would be left without ${owners.join(', ')}`;
    // What is mounted from snapshots stands on nodes of that tier alone: others have no cache for it unless told so.
    if (role === 'data_frozen' && !leaving.some(isFrozenOnly)) continue;
    const held = owners.flatMap((name) => shardsOn(situation, name));
    if (isData(role) && held.length > 0)
      return `no node with the role ${role} would be left without ${owners.join(', ')}, which hold ${count(held.length, 'shard')}`;
  }
  return undefined;
}

/** Only such a node has a cache by default ("Searchable snapshots", `xpack.searchable.snapshot.shared_cache.size`). */
function isFrozenOnly({ roles }: ClusterNode): boolean {
  return roles.filter(isData).join() === 'data_frozen';
}

/** Whether roles hold what another role does: `data` is every tier at once. */
export function coversRole(roles: readonly string[], role: string): boolean {
  if (roles.includes(role)) return true;
  return role.startsWith('data_') && role !== 'data_frozen'
    ? roles.includes('data')
    : role === 'data' && roles.some(isData);
}

function tooManyReplicas(situation: Situation, { remaining }: Departure): string | undefined {
  const left = remaining.filter(({ roles }) => roles.some(isData)).length;
  for (const { name, replicas, autoExpandReplicas } of situation.indices) {
    const least = autoExpandReplicas === undefined ? replicas : Number(autoExpandReplicas.split('-')[0]);
    if (least < left) continue;
    return `the index ${name} wants ${count(least, 'replica')} beside each primary, and ${count(left, 'data node')} would be left; PUT /${name}/_settings {"index.number_of_replicas": ${Math.max(0, left - 1)}} wants fewer`;
  }
  return undefined;
}

/** The room that is left below the low watermark: above it, no shard is allocated to a node. */
function roomOn({ watermarks }: Situation, { diskTotalBytes, diskAvailableBytes }: ClusterNode): number {
  if (diskTotalBytes === undefined || diskAvailableBytes === undefined) return 0;
  const kept = watermarks.isEnabled ? (freeBytesFor(watermarks.low, diskTotalBytes) ?? 0) : 0;
  return Math.max(0, diskAvailableBytes - kept);
}

function tooLittleRoom(situation: Situation, departure: Departure): string | undefined {
  const copies = departure.leaving.flatMap((name) => situation.shards.filter((copy) => copy.node === name));
  const bytes = copies.reduce((sum, copy) => sum + (copy.bytes ?? 0), 0);
  if (bytes === 0) return undefined;
  const closed = excludedByOthers(situation.settings);
  const wanted = new Set(
    departure.remaining
      .filter(({ name, roles }) => roles.some(isData) && !departure.leaving.includes(name))
      .map(({ name }) => name)
      .filter((name) => !closed.includes(name)),
  );
  const homes = situation.nodes.filter(({ name }) => wanted.has(name));
  // What room a node has that is away for a while nobody knows: this is asked again once all are there, before anything is written.
  if (departure.remaining.some(({ name, roles }) => roles.some(isData) && !isIn(situation, name)))
    return undefined;
  const rooms = homes.map((node) => roomOn(situation, node));
  const room = rooms.reduce((sum, one) => sum + one, 0);
  const low = `the low watermark ${situation.watermarks.low.value}`;
  if (bytes > room)
    return `${sizeWords(bytes)} would have to move from ${departure.leaving.join(', ')}, and the other ${count(homes.length, 'data node')} can take ${sizeWords(room)} below ${low}`;
  const most = Math.max(0, ...rooms);
  const large = copies.find((copy) => (copy.bytes ?? 0) > most);
  if (large === undefined) return undefined;
  return `shard ${large.shard} of ${large.index} has ${sizeWords(large.bytes ?? 0)}, and no other data node has room for more than ${sizeWords(most)} below ${low}`;
}

function leavingIn({ nodes }: Situation, { leaving }: Departure): readonly ClusterNode[] {
  return nodes.filter(({ name }) => leaving.includes(name));
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function isData(role: string): boolean {
  return role === 'data' || role.startsWith('data_');
}

const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

function sizeWords(bytes: number): string {
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  const value = bytes / 1024 ** power;
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${units[power] ?? ''}`;
}
