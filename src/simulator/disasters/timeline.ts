import type { ActivityRow } from '../auto-scaling/rows.ts';
import type { World } from '../core/world.ts';
import type { Clock } from '../../engine/clock.ts';
import { isWell, type Look, lookAt, type NodeLook } from './look.ts';

/** Something that a person would have seen. */
export interface Moment {
  readonly atMs: number;
  /** A sentence without a full stop. */
  readonly what: string;
}

/** What went on while somebody watched. */
export interface Watched {
  readonly moments: readonly Moment[];
  /** When nothing was missing any more; undefined where something still is. */
  readonly wellAtMs: number | undefined;
}

/** How long to watch, and what of. */
export interface Watch {
  readonly world: World;
  readonly clock: Clock;
  readonly cluster: string;
  readonly forMs: number;
  /** Ends as soon as nothing has been missing for a minute. */
  readonly untilWell?: boolean;
  readonly signal?: AbortSignal;
}

/** How long all must have been well: shards go on moving for a while. */
const settledMs = 60_000;

/** Lets time go by in the account, and takes down what a person would have seen of a cluster. */
export async function watch(asked: Watch): Promise<Watched> {
  const { world, clock, cluster, forMs, signal } = asked;
  const endMs = clock.now() + forMs;
  const moments: Moment[] = [];
  const told = new Set<string>();
  let before = lookAt(world, cluster);
  let wellAtMs = isWell(before) ? clock.now() : undefined;
  for (;;) {
    const isSettled = wellAtMs !== undefined && clock.now() - wellAtMs >= settledMs;
    if (asked.untilWell === true && isSettled) break;
    const nextMs = Math.min(endMs, world.nextEventMs ?? endMs);
    await clock.sleep(nextMs - clock.now(), signal);
    world.catchUp();
    const now = lookAt(world, cluster);
    for (const what of changes(before, now, told)) moments.push({ atMs: clock.now(), what });
    wellAtMs = isWell(now) ? (wellAtMs ?? clock.now()) : undefined;
    before = now;
    if (clock.now() >= endMs) break;
  }
  return { moments, wellAtMs };
}

/** @param told what was said already and need not be said again: each attempt of many that fail alike. */
function changes(before: Look, now: Look, told: Set<string>): readonly string[] {
  const once = (sentence: string): string[] => {
    if (told.has(sentence)) return [];
    told.add(sentence);
    return [sentence];
  };
  return [
    ...[...now.activities].flatMap(([id, { node, row }]) =>
      activityWords(node, row, before.activities.get(id)?.row).flatMap((words) =>
        row.status === 'Failed' ? once(words) : [words],
      ),
    ),
    ...[...now.nodes].flatMap(([node, look]) => {
      const was = before.nodes.get(node);
      // A node that was back and goes again is another story.
      if (look.isIn) for (const one of [...told]) if (one.includes(` ${node}`)) told.delete(one);
      const failed = look.failure !== undefined && was?.failure !== look.failure;
      return [
        ...hostWords(node, was, look),
        ...taskWords(node, was, look).flatMap(once),
        ...(failed ? once(`the task of ${node} ends by itself: ${look.failure}; ECS starts another`) : []),
      ];
    }),
    ...shardWords(before, now),
  ];
}

function activityWords(node: string, row: ActivityRow, was: ActivityRow | undefined): readonly string[] {
  if (row.status === 'Failed' && was?.status !== 'Failed')
    return [`Auto Scaling cannot start a host for ${node}, and tries again: ${row.message ?? ''}`];
  if (was !== undefined) return [];
  const id = /i-[0-9a-f]+/.exec(row.description)?.[0] ?? '';
  if (row.description.startsWith('Terminating'))
    return [`Auto Scaling ends the host of ${node}, ${id}: ${causeOf(row)}`];
  return [`Auto Scaling starts another host for ${node}: ${id}`];
}

/** Without its date, and what its sentence begins with. */
function causeOf({ cause }: ActivityRow): string {
  return cause
    .replace(/^At \S+ an instance was taken out of service in response to an? /, '')
    .replace(/\.$/, '');
}

function hostWords(node: string, was: NodeLook | undefined, now: NodeLook): readonly string[] {
  const { host, volumeId } = now;
  const volume = volumeId === undefined ? '' : ` with its data volume ${volumeId}`;
  return [
    ...(host !== undefined && host !== was?.host ? [`the host of ${node} is ready${volume}`] : []),
    ...(was?.isIn === true && !now.isIn ? [`${node} is out of the cluster`] : []),
    ...(was?.isIn === false && now.isIn ? [`${node} is back in the cluster`] : []),
  ];
}

function taskWords(node: string, was: NodeLook | undefined, now: NodeLook): readonly string[] {
  if (was === undefined || was.hasTask === now.hasTask) return [];
  return [
    now.hasTask ? `ECS has started a task of ${node}` : `ECS knows that the task of ${node} has stopped`,
  ];
}

function shardWords({ shards: was }: Look, { shards: now }: Look): readonly string[] {
  const words: string[] = [];
  if (now.status !== was.status) {
    if (now.status === 'none') words.push('the cluster has no elected master: it does not answer');
    else if (now.status === 'green') words.push('the cluster is green: every shard has all its copies');
    else if (now.status === 'red') words.push('the cluster is red: some shards have no copy that serves');
    else words.push(`the cluster is yellow: every shard serves${missingWords(now)}`);
  }
  if (was.waiting > 0 && now.waiting === 0 && now.unassigned > 0) words.push('the wait for it is over');
  words.push(...recoveryWords(was, now));
  return words;
}

/** What begins to come up: from the disk where it has lain, or byte by byte from another node. */
function recoveryWords(was: Look['shards'], now: Look['shards']): readonly string[] {
  let fromDisk = 0;
  let copied = 0;
  for (const [copy, { isInitializing, isMoving }] of now.copies) {
    const before = was.copies.get(copy);
    if (!isInitializing || isMoving || before?.isInitializing === true) continue;
    if (before === undefined) copied += 1;
    else fromDisk += 1;
  }
  return [
    ...(fromDisk === 0 ? [] : [`${copiesWord(fromDisk)} from the node's own disk: nothing is copied`]),
    ...(copied === 0 ? [] : [`${copiesWord(copied)} by being copied whole from another node`]),
  ];
}

function copiesWord(count: number): string {
  return count === 1 ? 'one copy comes up' : `${count} copies come up`;
}

function missingWords({ unassigned, waiting }: Look['shards']): string {
  if (unassigned === 0) return '';
  const copies = unassigned === 1 ? 'one copy is missing' : `${unassigned} copies are missing`;
  return waiting === 0 ? `, ${copies}` : `, ${copies}, and ${waiting} of them wait for their node`;
}
