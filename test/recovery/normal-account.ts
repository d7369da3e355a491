import { resourceTag } from '../../src/aws/tags.ts';
import type { WorldSnapshot } from '../../src/simulator/core/world.ts';

/** What is history and not the account: what services remember of calls, of what has ended, and their counters. */
const history = new Set([
  'auto-scaling/activities',
  'core/client-tokens',
  'ec2/launch-troubles',
  'ecs/task-definition-revisions',
]);

type Row = Readonly<Record<string, unknown>>;

/** A row of the account that is still there. */
export interface Thing {
  readonly table: string;
  readonly id: string;
  readonly row: Row;
}

/**
 * The account as one line for each thing in it, sorted: ids are replaced by what the thing is for, so that two accounts that
 * hold the same give the same lines. Times, chance and what has ended are left out.
 */
export function normalAccount(snapshot: WorldSnapshot): readonly string[] {
  const things = living(snapshot);
  const rename = renamer(things);
  const runs = things.some(({ table }) => table === 'elasticsearch/programs');
  const lines = things
    // What a cluster published last before its end says in which order its nodes went.
    .filter(({ table }) => runs || table !== 'elasticsearch/clusters')
    .map((thing) => `${thing.table} ${describe(thing, rename)}`);
  // Revisions of the same contents are as good as one.
  const isRevision = (line: string): boolean => line.startsWith('ecs/task-definitions ');
  const others = lines.filter((line) => !isRevision(line));
  return [...others, ...new Set(lines.filter(isRevision))].sort();
}

/** Everything that exists; AWS shows what has ended a while longer. */
export function living(snapshot: WorldSnapshot): readonly Thing[] {
  const things = Object.entries(snapshot.tables)
    .filter(([table]) => !history.has(table))
    .flatMap(([table, rows]) => rows.map(([id, row]): Thing => ({ table, id, row: row as Row })))
    .filter(({ row }) => !hasEnded(row));
  const instances = new Set(things.filter(({ table }) => table === 'ec2/instances').map(({ id }) => id));
  return things.filter(({ table, id }) => table !== 'hosts/ready' || instances.has(id));
}

const ends = ['terminated', 'INACTIVE', 'STOPPED', 'stopped', 'DELETE_IN_PROGRESS'];

function hasEnded(row: Row): boolean {
  const words = [row['state'], row['status'], row['lastStatus']];
  if (words.some((word) => typeof word === 'string' && ends.includes(word))) return true;
  return typeof row['deletedAtMs'] === 'number';
}

type Rename = (text: string) => string;

function describe({ table, id, row }: Thing, rename: Rename): string {
  // Of the lock only that it is there: it is a log of runs.
  if (table === 'ssm/parameters') return id;
  const attachment = row['attachment'] as Row | undefined;
  // These get their tags as they start; what was in the config by then depends on when that was.
  const isPassing = table === 'ecs/tasks' || attachment?.['isRoot'] === true;
  return JSON.stringify(plain(isPassing ? { ...row, tags: {} } : row, rename));
}

/** Without what chance and time decide. */
function plain(value: unknown, rename: Rename): unknown {
  if (typeof value === 'string') return rename(value);
  if (Array.isArray(value)) return value.map((one) => plain(one, rename));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !/Ms$/.test(key) && !passing.has(key))
      .map(([key, inner]): [string, unknown] => [key, plainField(key, inner, rename)])
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}

/** Fields that say how something came to be, or what only happened in it. */
const passing = new Set([
  'activityId',
  'boots',
  'clientToken',
  'console',
  'copies',
  'deployments',
  'ephemeralId',
  'events',
  'history',
  'initialMasters',
  'masterDiskId',
  'modifications',
  'nodeId',
  'request',
  'startedBy',
  'streams',
  'version',
  'votingConfiguration',
]);

/**
 * Data volumes with the node that lives on each, by the name it gave itself when it first ran there: an emptied volume, or another
 * one in its place, has another line.
 */
export function dataVolumes(snapshot: WorldSnapshot): readonly string[] {
  const there = new Set(living(snapshot).map(({ id }) => id));
  const rows = (snapshot.tables['elasticsearch/disks'] ?? []) as readonly (readonly [string, Row])[];
  return rows
    .filter(([id]) => there.has(id) && id.startsWith('vol-'))
    .map(([id, row]) => `data ${id} ${String(row['nodeId'])}`);
}

/** Fields whose order is that of what happened. */
const unordered = new Set(['members']);

function plainField(key: string, value: unknown, rename: Rename): unknown {
  if (key === 'text') return keysOf(value);
  // Made by chance.
  if (key === 'trusted' || key === 'shown') return typeof value;
  if (key === 'nativePassword' || key === 'bootstrapPassword') return typeof value;
  const field = plain(value, rename);
  if (!Array.isArray(field) || !unordered.has(key)) return field;
  return field.map((one) => JSON.stringify(one)).sort();
}

/** Of a secret's value only what is in it: the values come from chance. */
function keysOf(text: unknown): unknown {
  return typeof text === 'string' ? Object.keys(JSON.parse(text) as object).sort() : text;
}

/** Ids by the address on the thing, or by its kind. */
function renamer(things: readonly Thing[]): Rename {
  const names = new Map<string, string>();
  const made: [string, string][] = [];
  for (const { table, id, row } of things) {
    const address = addressOf(row);
    if (ec2Id.test(id) && address !== undefined) names.set(id, `<${table} ${address}>`);
    // Made by chance, and found in other things' tags.
    if (table === 'elasticsearch/clusters') made.push([id, `<cluster ${String(made.length)}>`]);
    if (table === 'ec2/key-pairs') {
      made.push([String(row['publicKey']), '<public key>']);
      made.push([String(row['fingerprint']).replace(/=+$/, ''), '<fingerprint>']);
    }
  }
  return (text) =>
    made
      .reduce((left, [value, name]) => left.replaceAll(value, name), text)
      .replace(ec2Ids, (id) => names.get(id) ?? `<${id.replace(/-0[0-9a-f]{16}$/, '')}>`)
      .replace(/\b[0-9a-f]{32}\b/g, '<hex>')
      .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<uuid>')
      .replace(/\b10\.\d+\.\d+\.\d+(?![\d/])/g, '<private address>')
      .replace(/\b198\.1[89]\.\d+\.\d+(?![\d/])/g, '<public address>')
      .replace(/(:secret:[\w/-]+)-\w{6}\b/g, '$1')
      .replace(/(:task-definition\/[\w-]+):\d+/g, '$1')
      .replace(/\b(AROA|AIPA)[0-9A-Z]+\b/g, '<$1>');
}

const ec2Id = /^[a-z]+(?:-[a-z]+)*-0[0-9a-f]{16}$/;
const ec2Ids = /\b[a-z]+(?:-[a-z]+)*-0[0-9a-f]{16}\b/g;

/** The address in a thing's tags, however its service keeps them. */
export function addressOf(row: Row): string | undefined {
  const { tags } = row;
  if (Array.isArray(tags)) {
    const all = tags as readonly { readonly key?: string; readonly value?: string }[];
    return all.find(({ key }) => key === resourceTag)?.value;
  }
  const value = (tags as Row | undefined)?.[resourceTag];
  return typeof value === 'string' ? value : undefined;
}

/** What is in one and not in the other, as a person compares two accounts. */
export function difference(expected: readonly string[], actual: readonly string[]): readonly string[] {
  return [
    ...without(expected, actual).map((line) => `missing  ${line}`),
    ...without(actual, expected).map((line) => `too much ${line}`),
  ];
}

function without(lines: readonly string[], others: readonly string[]): readonly string[] {
  const left = [...others];
  return lines.filter((line) => {
    const index = left.indexOf(line);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}
