import { countIndex } from '../history.ts';
import type { IndexRow } from '../rows.ts';
import { newIndex } from '../seeds.ts';
import { isOlder } from '../start-troubles.ts';
import { indicesOf } from './targets.ts';
import { isIndexSetting } from '../../../config/known-settings.ts';
import { fromTemplates, fullNames } from './templates.ts';
import { type Asked, nested, ok, recordOf, refused, type Route } from './asked.ts';

/** What a document takes, where nobody says. */
export const documentBytes = 1024;

const delayedTimeoutKey = 'index.unassigned.node_left.delayed_timeout';

/** Indices of users: made, changed, written to, counted and deleted. */
export const indexRoutes: Route = (asked) => {
  const [name = '', what, setting] = asked.words;
  const { method, cluster } = asked;
  if (name.startsWith('_') && name !== '_all') return undefined;
  if (what === '_settings' && method === 'GET') return ok(settingsOf(asked, name, setting));
  if (what === '_settings' && method === 'PUT') return change(asked, name);
  if (what === undefined && method === 'PUT') return create(asked, name);
  if (what === undefined && method === 'DELETE' && (name === '_all' || name.includes('*')))
    return refused(400, 'illegal_argument_exception', 'Wildcard expressions or all indices are not allowed');
  const index = cluster.indices.find((one) => one.name === name);
  if (index === undefined) return refused(404, 'index_not_found_exception', `no such index [${name}]`);
  if (what === undefined && method === 'DELETE') return remove(asked, index);
  if (what === undefined && method === 'HEAD') return ok(undefined);
  if (what === undefined && method === 'GET')
    return ok({ [name]: { settings: nested(flatSettings(index, asked)) } });
  if (what === '_close' && method === 'POST') return open(index, true);
  if (what === '_open' && method === 'POST') return open(index, false);
  if (what === '_doc' && method === 'POST') return write(asked, index);
  if (what === '_count' && method === 'GET') return count(asked, index);
  return undefined;
};

function named({ cluster, query }: Asked, name: string): readonly IndexRow[] {
  return indicesOf(cluster.indices, name, query);
}

/** As Elasticsearch gives them. */
export function flatSettings(
  index: IndexRow,
  { nodes }: Pick<Asked, 'nodes'>,
): Readonly<Record<string, string>> {
  const oldest = nodes.map(({ version }) => version).reduce((a, b) => (isOlder(b, a) ? b : a), '9.9.9');
  return {
    'index.number_of_shards': String(index.shards),
    'index.number_of_replicas': String(index.replicas),
    ...(index.autoExpand === undefined ? {} : { 'index.auto_expand_replicas': index.autoExpand }),
    'index.version.created': versionId(index.createdVersion ?? oldest),
    ...(index.isReadOnly === true ? { 'index.blocks.write': 'true' } : {}),
    ...index.settings,
    ...(index.hasDelay === true ? { [delayedTimeoutKey]: timeText(index.delayedTimeoutMs) } : {}),
  };
}

/** The number by which versions of indices go; those of 8.x and later are not exactly these. */
function versionId(version: string): string {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  return String(major * 1_000_000 + minor * 10_000 + patch * 100 + 99);
}

/** Those that carry none of the settings asked for are left out, as Elasticsearch does. */
function settingsOf(asked: Asked, name: string, setting: string | undefined): object {
  const wanted = setting?.split(',');
  const isFlat = asked.query.get('flat_settings') === 'true';
  const entries = named(asked, name).flatMap((index) => {
    const all = Object.entries(flatSettings(index, asked));
    const some = Object.fromEntries(all.filter(([key]) => wanted === undefined || wanted.includes(key)));
    return Object.keys(some).length === 0
      ? []
      : [[index.name, { settings: isFlat ? some : nested(some) }] as const];
  });
  return Object.fromEntries(entries);
}

interface GivenSettings {
  readonly shards: number | undefined;
  readonly replicas: number | undefined;
  /** Null: taken back. */
  readonly autoExpand: string | null | undefined;
  readonly delayedTimeoutMs: number | null | undefined;
  /** All others, by their full names; null: taken back. */
  readonly others: Readonly<Record<string, string | null>>;
}

/** Those that have a place of their own in the row. */
const rowKeys = [
  'index.number_of_shards',
  'index.number_of_replicas',
  'index.auto_expand_replicas',
  delayedTimeoutKey,
];

function given(full: Readonly<Record<string, unknown>>): GivenSettings {
  const number = (key: string): number | undefined =>
    full[key] === undefined ? undefined : Number(full[key]);
  const autoExpand = full['index.auto_expand_replicas'];
  const delay = full[delayedTimeoutKey];
  return {
    shards: number('index.number_of_shards'),
    replicas: number('index.number_of_replicas'),
    autoExpand:
      autoExpand === undefined
        ? undefined
        : typeof autoExpand === 'string' && autoExpand !== 'false'
          ? autoExpand
          : null,
    delayedTimeoutMs: delay === null ? null : milliseconds(delay),
    others: Object.fromEntries(
      Object.entries(full)
        .filter(([key]) => !rowKeys.includes(key))
        .map(([key, value]) => [key, value === null ? null : textOf(value)]),
    ),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** As every version of 8 and 9 refuses it, whether in a new index or in one that is there. */
function unknownSetting(full: Readonly<Record<string, unknown>>): ReturnType<Route> {
  const name = Object.keys(full).find((key) => !isIndexSetting(key));
  return name === undefined
    ? undefined
    : refused(
        400,
        'illegal_argument_exception',
        `unknown setting [${name}] please check that any required plugins are installed, or check the breaking changes documentation for removed settings`,
      );
}

const timeUnits: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** As it was given, as far as that can be told: `10m`. */
function timeText(ms: number): string {
  const [unit = 'ms', size = 1] =
    Object.entries(timeUnits).findLast(([, one]) => ms >= one && ms % one === 0) ?? [];
  return `${ms / size}${unit}`;
}

function milliseconds(value: unknown): number | undefined {
  const match = typeof value === 'string' ? /^(\d+)(ms|s|m|h|d)$/.exec(value) : null;
  return match === null ? undefined : Number(match[1]) * (timeUnits[match[2] ?? ''] ?? 1);
}

function create({ cluster, body, nodes }: Asked, name: string): ReturnType<Route> {
  if (cluster.indices.some((one) => one.name === name))
    return refused(400, 'resource_already_exists_exception', `index [${name}] already exists`);
  if (!/^[^A-Z_+\-\\/*?"<>| ,#:][^A-Z\\/*?"<>| ,#:]*$/.test(name))
    return refused(400, 'invalid_index_name_exception', `Invalid index name [${name}]`);
  const own = fullNames(recordOf(body)['settings']);
  const problem = unknownSetting(own);
  if (problem !== undefined) return problem;
  const isHidden = textOf(own['index.hidden'] ?? false) === 'true';
  const all = given({ ...fromTemplates(cluster, { name, isHidden }), ...own });
  const { shards = 1, replicas = 1, autoExpand, delayedTimeoutMs } = all;
  cluster.indices.push(
    newIndex(name, {
      shards,
      replicas,
      autoExpand: autoExpand ?? undefined,
      delayedTimeoutMs: delayedTimeoutMs ?? undefined,
      createdVersion: nodes[0]?.version,
      settings: withoutNulls(all.others),
    }),
  );
  return ok({ acknowledged: true, shards_acknowledged: true, index: name });
}

function withoutNulls(settings: Readonly<Record<string, string | null>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(settings).filter((entry): entry is [string, string] => entry[1] !== null),
  );
}

/** Each name and each wildcard has to match something, whatever else does (404); `ignore_unavailable` passes over names alone. */
function missingTarget({ cluster, query }: Asked, expression: string): string | undefined {
  const words = expression.split(',').filter((word) => !word.startsWith('-'));
  const isMissing = (word: string): boolean => indicesOf(cluster.indices, word, query).length === 0;
  const ignores = query.get('ignore_unavailable') === 'true';
  if (words.every(isMissing)) return words[0];
  return words.find((word) => (word.includes('*') || !ignores) && isMissing(word));
}

function change(asked: Asked, name: string): ReturnType<Route> {
  const missing = missingTarget(asked, name);
  if (missing !== undefined) return refused(404, 'index_not_found_exception', `no such index [${missing}]`);
  const body = recordOf(asked.body);
  const full = fullNames(body['settings'] ?? body);
  const problem = unknownSetting(full);
  if (problem !== undefined) return problem;
  const changes = given(full);
  if (changes.shards !== undefined)
    return refused(
      400,
      'illegal_argument_exception',
      `Can't update non dynamic settings [[index.number_of_shards]] for open indices [[${name}]]`,
    );
  const preserves = asked.query.get('preserve_existing') === 'true';
  for (const index of named(asked, name)) changeOne(index, changes, preserves);
  return ok({ acknowledged: true });
}

/** @param preserves what is set already stays ("Update index settings API", `preserve_existing`). */
function changeOne(index: IndexRow, changes: GivenSettings, preserves: boolean): void {
  if (!preserves) {
    index.replicas = changes.replicas ?? index.replicas;
    if (changes.autoExpand !== undefined) index.autoExpand = changes.autoExpand ?? undefined;
  }
  if (changes.delayedTimeoutMs !== undefined && !(preserves && index.hasDelay === true)) {
    index.delayedTimeoutMs = changes.delayedTimeoutMs ?? 60_000;
    index.hasDelay = changes.delayedTimeoutMs !== null;
  }
  const before = index.settings ?? {};
  index.settings = withoutNulls(
    preserves ? { ...changes.others, ...before } : { ...before, ...changes.others },
  );
}

function remove({ cluster }: Asked, index: IndexRow): ReturnType<Route> {
  cluster.indices = cluster.indices.filter((one) => one !== index);
  cluster.copies = cluster.copies.filter((copy) => copy.index !== index.name);
  return ok({ acknowledged: true });
}

function open(index: IndexRow, isClosed: boolean): ReturnType<Route> {
  index.isClosed = isClosed;
  const acknowledged = { acknowledged: true, shards_acknowledged: true };
  return ok(isClosed ? { ...acknowledged, indices: { [index.name]: { closed: true } } } : acknowledged);
}

function closed(): ReturnType<Route> {
  return refused(400, 'index_closed_exception', 'closed');
}

function write({ board }: Asked, index: IndexRow): ReturnType<Route> {
  if (index.isClosed === true) return closed();
  if (countIndex(board, index).activePrimaries < index.shards)
    return refused(503, 'unavailable_shards_exception', `[${index.name}] primary shard is not active`);
  index.documents += 1;
  index.bytes += documentBytes / index.shards;
  return { status: 201, body: { _index: index.name, _id: String(index.documents), result: 'created' } };
}

function count({ board }: Asked, index: IndexRow): ReturnType<Route> {
  if (index.isClosed === true) return closed();
  const { activePrimaries } = countIndex(board, index);
  if (activePrimaries === 0) return refused(503, 'search_phase_execution_exception', 'all shards failed');
  const share = Math.round((index.documents * activePrimaries) / index.shards);
  const failed = index.shards - activePrimaries;
  return ok({
    count: share,
    _shards: { total: index.shards, successful: activePrimaries, skipped: 0, failed },
  });
}
