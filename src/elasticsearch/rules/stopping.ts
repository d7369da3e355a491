import type { ShardCopy } from '../client.ts';
import { isIn, isSettled, type Situation } from './situation.ts';

/** A node that has given up its shards and is about to stop for ever. */
export interface Stopping {
  readonly name: string;
  /** The names of those that stay. */
  readonly remaining: readonly string[];
}

interface Rule {
  readonly name: string;
  readonly refuses: (situation: Situation, stopping: Stopping) => string | undefined;
}

/** What must hold at the moment when a leaving node stops; all of it may come by waiting. */
const rules: readonly Rule[] = [
  { name: 'others_are_in', refuses: othersAway },
  { name: 'node_holds_no_shard', refuses: holdsShards },
  { name: 'masters_keep_their_majority', refuses: noMajority },
  { name: 'cluster_is_settled', refuses: unsettled },
];

/**
 * Why a leaving node must not stop yet; undefined: it may. One that is not in the cluster may, as nothing changes by it.
 */
export function stopRefusal(situation: Situation, stopping: Stopping): string | undefined {
  if (!isIn(situation, stopping.name)) return undefined;
  for (const { refuses } of rules) {
    const because = refuses(situation, stopping);
    if (because !== undefined) return because;
  }
  return undefined;
}

/** Below so many voters a cluster shrinks its votes only on demand ("Voting configurations"). */
const fewestVoters = 3;

/**
 * The ids of voters that are not in the cluster and never will be again: nodes that are to leave and are away, and those of a cluster
 * that has come back with fewer nodes than it was destroyed with. Where three master-eligible nodes are left or more, such votes go by
 * themselves; below that they stay, and the last that could go would leave no majority.
 *
 * None while one of those that stay is away: that vote must not be taken for one of these.
 */
export function absentVotes(situation: Situation, remaining: readonly string[]): readonly string[] {
  if (othersAway(situation, { remaining }) !== undefined) return [];
  if (lastingMasters(situation, remaining) >= fewestVoters) return [];
  const { nodes, voting } = situation;
  return voting.voters.map(({ id }) => id).filter((id) => !nodes.some((node) => node.id === id));
}

function lastingMasters({ nodes }: Situation, remaining: readonly string[]): number {
  return nodes.filter((one) => one.roles.includes('master') && remaining.includes(one.name)).length;
}

/**
 * Whether a node's vote has to be taken before it stops: where fewer than three master-eligible nodes are left, as votes then do
 * not shrink by themselves; where the others are no majority without that; and of the elected master, so that it hands over first.
 */
export function needsVoteTaken(situation: Situation, stopping: Stopping): boolean {
  const { name, remaining } = stopping;
  const node = situation.nodes.find((one) => one.name === name);
  if (node === undefined || !node.roles.includes('master')) return false;
  const isBelow = lastingMasters(situation, remaining) < fewestVoters;
  return node.isMaster || isBelow || noMajority(situation, stopping) !== undefined;
}

/** The copies of shards on a node, those that are on their way from it or to it included. */
export function shardsOn({ shards }: Pick<Situation, 'shards'>, name: string): readonly ShardCopy[] {
  return shards.filter(
    (copy) => (copy.node === name && copy.state !== 'unassigned') || copy.relocatingTo === name,
  );
}

/** Which of the nodes that stay are away, as a sentence; undefined: none. */
export function othersAway(
  situation: Situation,
  { remaining }: Pick<Stopping, 'remaining'>,
): string | undefined {
  const away = remaining.filter((name) => !isIn(situation, name));
  if (away.length === 0) return undefined;
  return `${away.join(', ')} ${away.length === 1 ? 'is' : 'are'} not in the cluster`;
}

function holdsShards(situation: Situation, { name }: Stopping): string | undefined {
  const held = shardsOn(situation, name).length;
  return held === 0 ? undefined : `${name} still holds ${held} ${held === 1 ? 'shard' : 'shards'}`;
}

function noMajority({ nodes, voting }: Situation, { name }: Stopping): string | undefined {
  const own = nodes.find((node) => node.name === name);
  const present = voting.voters.filter(({ id }) => id !== own?.id && nodes.some((node) => node.id === id));
  if (present.length * 2 > voting.voters.length) return undefined;
  return `without ${name} only ${present.length} of ${voting.voters.length} voters would be left, and no master could be elected`;
}

function unsettled(situation: Situation): string | undefined {
  if (isSettled(situation)) return undefined;
  const { status, initializing, relocating, unassigned } = situation.health;
  return `the cluster is ${status}: ${unassigned} shards unassigned, ${initializing} being copied, ${relocating} moving`;
}
