import { allocationOf } from '../cluster-settings.ts';
import { rollingNode } from '../roll-marks.ts';
import { parseVersion, upgradePath } from '../versions.ts';
import { freeBytesFor } from '../watermarks.ts';
import { dataNodes, isDataRole, isIn, isSettled, type Situation } from './situation.ts';
import { shardsOn } from './stopping.ts';

/** A node that is to be restarted. */
export interface Candidate {
  readonly name: string;
  /** All other nodes that the cluster is to have. */
  readonly others: readonly string[];
  /** The version that it comes back with; undefined: the one that it has. */
  readonly version: string | undefined;
  /** The roles that it comes back with; undefined: those that it has. */
  readonly roles?: readonly string[];
}

/** Why a node must not be restarted now. */
export interface Refusal {
  readonly rule: string;
  /** As a person reads it, without a full stop. */
  readonly because: string;
  /** How long it may last before the roll is given up; 0: it does not go away by itself. */
  readonly patienceMs: number;
}

interface Rule {
  readonly name: string;
  readonly patienceMs: number;
  readonly refuses: (situation: Situation, candidate: Candidate) => string | undefined;
}

const minute = 60_000;

/**
 * What must hold before a node is restarted, each with the accident that it prevents in its sentence. Taken from Elastic's
 * guide to rolling upgrades and from the predicates of its operator for Kubernetes.
 */
const always: readonly Rule[] = [
  { name: 'version_path_is_legal', patienceMs: 0, refuses: illegalVersion },
  { name: 'allocation_is_not_disabled_by_others', patienceMs: 0, refuses: disabledAllocation },
];

/** For a node that is in the cluster. One that is away can only be helped by its restart. */
const whileIn: readonly Rule[] = [
  { name: 'data_keeps_its_role', patienceMs: 0, refuses: dataWithoutRole },
  // Right after a start, a cluster can be red for a moment: its state is not recovered yet.
  { name: 'cluster_is_not_red', patienceMs: 2 * minute, refuses: red },
  { name: 'every_index_has_a_replica', patienceMs: 0, refuses: replicaless },
  { name: 'every_expanding_index_has_a_replica', patienceMs: 5 * minute, refuses: unexpanded },
  { name: 'all_other_nodes_are_in', patienceMs: 15 * minute, refuses: othersAway },
  { name: 'masters_keep_their_majority', patienceMs: 15 * minute, refuses: noMajority },
  { name: 'disks_are_below_their_watermark', patienceMs: 5 * minute, refuses: fullDisk },
  { name: 'no_snapshot_is_running', patienceMs: 60 * minute, refuses: snapshotRuns },
  { name: 'every_shard_can_have_a_copy_elsewhere', patienceMs: 0, refuses: onlyCopyForEver },
  { name: 'every_shard_has_a_copy_elsewhere', patienceMs: 120 * minute, refuses: lastCopy },
  { name: 'cluster_is_settled', patienceMs: 120 * minute, refuses: unsettled },
];

/** The first rule that says no; undefined: the node may be restarted. */
export function refusalOf(situation: Situation, candidate: Candidate): Refusal | undefined {
  const rules = isIn(situation, candidate.name) ? [...always, ...whileIn] : always;
  for (const { name, patienceMs, refuses } of rules) {
    const because = refuses(situation, candidate);
    if (because !== undefined) return { rule: name, because, patienceMs };
  }
  return undefined;
}

/**
 * A node whose roles hold no data does not start on a disk with shards (NodeEnvironment: "node does not have the data role but has shard
 * data", exit code 1, seen of 9.4.3).
 */
function dataWithoutRole(situation: Situation, { name, roles }: Candidate): string | undefined {
  if (roles === undefined || roles.some(isDataRole)) return undefined;
  const held = shardsOn(situation, name).length;
  if (held === 0) return undefined;
  const change = { persistent: { 'cluster.routing.allocation.exclude._name': name } };
  return `${name} holds ${held} ${held === 1 ? 'shard' : 'shards'} and is to lose its roles for data: it would not start again; PUT /_cluster/settings ${JSON.stringify(change)} moves them to nodes that keep such a role`;
}

function illegalVersion({ nodes }: Situation, { version }: Candidate): string | undefined {
  const to = version === undefined ? undefined : parseVersion(version);
  if (to === undefined) return undefined;
  for (const node of nodes) {
    const from = parseVersion(node.version);
    const path = from === undefined ? undefined : upgradePath(from, to);
    if (path?.kind === 'refused') return `${node.name}: ${path.because}`;
  }
  return undefined;
}

function disabledAllocation({ settings }: Situation): string | undefined {
  const { enable } = allocationOf(settings);
  if (enable === 'all' || rollingNode(settings) !== undefined) return undefined;
  return `somebody has set cluster.routing.allocation.enable to ${enable}, and shards would stay unassigned`;
}

function red({ health, shards }: Situation): string | undefined {
  if (health.status !== 'red') return undefined;
  const missing = shards.filter((copy) => copy.isPrimary && copy.state === 'unassigned');
  const names = [...new Set(missing.map((copy) => copy.index))].slice(0, 3).join(', ');
  return `the cluster is red${names === '' ? '' : `: primary shards of ${names} are missing`}`;
}

/** With a single node there is nowhere to put a replica, and its restart is an outage in any case. */
function replicaless(situation: Situation, { name }: Candidate): string | undefined {
  const index = bareOn(situation, name).find((one) => !mayExpand(one));
  if (index === undefined) return undefined;
  return `the index ${index.name} has no replica and a shard of it is on ${name}: it would be red; PUT /${index.name}/_settings {"index.number_of_replicas": 1} gives it one`;
}

/** `index.auto_expand_replicas` follows the nodes that may hold a copy: one that has just come, or may again, is a moment away. */
function unexpanded(situation: Situation, { name }: Candidate): string | undefined {
  const index = bareOn(situation, name).find(mayExpand);
  if (index === undefined) return undefined;
  return `the index ${index.name} has no replica yet, and a shard of it is on ${name}: it would be red; it gets one by itself as soon as another data node may hold it`;
}

function mayExpand({ autoExpandReplicas }: Situation['indices'][number]): boolean {
  return autoExpandReplicas !== undefined && !autoExpandReplicas.endsWith('-0');
}

/** The indices without a replica, closed ones too, of which a node holds a shard, where another node could hold one. */
function bareOn(situation: Situation, name: string): Situation['indices'] {
  if (dataNodes(situation).length < 2) return [];
  return situation.indices.filter(
    (one) =>
      one.replicas === 0 &&
      situation.shards.some(
        (copy) => copy.index === one.name && copy.node === name && copy.state !== 'unassigned',
      ),
  );
}

function othersAway(situation: Situation, { others }: Candidate): string | undefined {
  const away = others.filter((other) => !isIn(situation, other));
  if (away.length === 0) return undefined;
  return `${away.join(', ')} ${away.length === 1 ? 'is' : 'are'} not in the cluster, and no two nodes may be away at once`;
}

/** Of one or two master-eligible nodes none can go without an outage; that is for the person who made so few to bear. */
function noMajority({ nodes, voting }: Situation, { name }: Candidate): string | undefined {
  const eligible = nodes.filter(({ roles }) => roles.includes('master')).length;
  if (eligible <= 2) return undefined;
  const own = nodes.find((node) => node.name === name);
  const present = voting.voters.filter(({ id }) => id !== own?.id && nodes.some((node) => node.id === id));
  if (present.length * 2 > voting.voters.length) return undefined;
  return `without ${name} only ${present.length} of ${voting.voters.length} voters would be left, and no master could be elected`;
}

function fullDisk(situation: Situation): string | undefined {
  const { watermarks } = situation;
  if (!watermarks.isEnabled) return undefined;
  const full = dataNodes(situation).find(({ diskTotalBytes, diskAvailableBytes }) => {
    if (diskTotalBytes === undefined || diskAvailableBytes === undefined) return false;
    const free = freeBytesFor(watermarks.high, diskTotalBytes);
    return free !== undefined && diskAvailableBytes < free;
  });
  if (full === undefined) return undefined;
  const used = full.diskUsedPercent === undefined ? '' : ` (${Math.round(full.diskUsedPercent)} % used)`;
  return `the disk of ${full.name} is above the high watermark ${watermarks.high.value}${used}: no shard could be recovered there`;
}

function snapshotRuns({ snapshots }: Situation): string | undefined {
  const [first] = snapshots;
  return first === undefined
    ? undefined
    : `the snapshot ${first.repository}/${first.snapshot} is being taken and would fail in part`;
}

/** No waiting gives it another: its tier has no other node. */
function onlyCopyForEver(situation: Situation, { name }: Candidate): string | undefined {
  const alone = aloneOn(situation, name);
  if (alone === undefined) return undefined;
  const why = situation.homeless.find(({ index, shard }) => index === alone.index && shard === alone.shard);
  if (why === undefined) return undefined;
  return `${name} has the only copy of shard ${alone.shard} of ${alone.index}, and it would be red: ${why.because}; another node of its group gives it one`;
}

function lastCopy(situation: Situation, { name }: Candidate): string | undefined {
  const alone = aloneOn(situation, name);
  if (alone === undefined) return undefined;
  return `${name} has the only started copy of shard ${alone.shard} of ${alone.index}`;
}

/** A shard whose only started copy is on a node, where another node holds data too. */
function aloneOn(situation: Situation, name: string): Situation['shards'][number] | undefined {
  if (dataNodes(situation).length < 2) return undefined;
  const has = situation.shards.filter((copy) => copy.state === 'started' || copy.state === 'relocating');
  return has.find(
    (copy) =>
      copy.node === name &&
      !has.some((other) => other.index === copy.index && other.shard === copy.shard && other.node !== name),
  );
}

function unsettled(situation: Situation): string | undefined {
  if (isSettled(situation)) return undefined;
  const { status, initializing, relocating, unassigned } = situation.health;
  return `the cluster is ${status}: ${unassigned} shards unassigned, ${initializing} being copied, ${relocating} moving`;
}
