import { isDynamicSetting } from '../../../elasticsearch/dynamic-settings.ts';
import { freeBytesFor, type Watermark } from '../../../elasticsearch/watermarks.ts';
import { diskDefaults, rulesOf } from '../disks.ts';
import type { SettingRows } from '../rows.ts';
import { type Asked, flattened, nested, ok, recordOf, refused, type Route } from './asked.ts';

/** What can be changed while the cluster runs; the real list has hundreds of names. */
const dynamic =
  /^(action|cluster\.(blocks|indices|info|max_shards_per_node|metadata|no_master_block|persistent_tasks|routing)|indices\.(breaker|lifecycle|recovery)|ingest|logger|remote_cluster|search|slm|xpack)\b/;

/** What is known and is read from elasticsearch.yml alone. */
const fixed =
  /^(bootstrap|cluster\.(name|initial_master_nodes)|discovery|gateway|http|indices|network|node|path|thread_pool|transport)\b/;

/** `_cluster/settings`. */
export const settingsRoutes: Route = (asked) => {
  const { words, method } = asked;
  if (words.join('/') !== '_cluster/settings') return undefined;
  if (method === 'GET') return ok(read(asked));
  if (method === 'PUT') return put(asked);
  return undefined;
};

function read({ cluster, query }: Asked): object {
  const form = query.get('flat_settings') === 'true' ? (flat: SettingRows) => flat : nested;
  const { persistent, transient } = cluster;
  const set = { ...persistent, ...transient };
  const defaults = Object.fromEntries(
    Object.entries(diskDefaults)
      .filter(([key]) => !(key in set))
      // A default headroom does not hold for a watermark that somebody has set.
      .map(([key, value]) => [key, headroomOf(key) in set ? '-1' : value]),
  );
  return {
    persistent: form(persistent),
    transient: form(transient),
    ...(query.get('include_defaults') === 'true' ? { defaults: form(defaults) } : {}),
  };
}

/** The watermark that a setting is the headroom of. */
function headroomOf(key: string): string {
  return key.endsWith('.max_headroom') ? key.slice(0, -'.max_headroom'.length) : '';
}

/** All of it is looked at before any of it is done. */
function put({ cluster, body, query }: Asked): ReturnType<Route> {
  const { persistent, transient } = recordOf(body);
  const changes = {
    persistent: flattened(persistent),
    transient: flattened(transient),
  };
  if (Object.keys(changes.persistent).length + Object.keys(changes.transient).length === 0)
    return refused(
      400,
      'action_request_validation_exception',
      'Validation Failed: 1: no settings to update;',
    );
  for (const kind of ['persistent', 'transient'] as const) {
    for (const [key, value] of Object.entries(changes[kind])) {
      const because = value === null && key in cluster[kind] ? undefined : problemOf(kind, key, value);
      if (because !== undefined) return refused(400, 'illegal_argument_exception', because);
    }
  }
  const contradiction = watermarkProblem(cluster, changes);
  if (contradiction !== undefined) return refused(400, 'illegal_argument_exception', contradiction);
  cluster.persistent = changed(cluster.persistent, changes.persistent);
  cluster.transient = changed(cluster.transient, changes.transient);
  const form = query.get('flat_settings') === 'true' ? (flat: object) => flat : nested;
  return ok({
    acknowledged: true,
    persistent: form(withoutNulls(changes.persistent)),
    transient: form(withoutNulls(changes.transient)),
  });
}

function problemOf(kind: string, key: string, value: unknown): string | undefined {
  const isKnown = dynamic.test(key) || isDynamicSetting(key);
  if (!isKnown || key === 'logger.level') {
    return fixed.test(key) || key === 'logger.level'
      ? `${kind} setting [${key}], not dynamically updateable`
      : `${kind} setting [${key}], not recognized`;
  }
  if (key === 'cluster.routing.allocation.enable' && value !== null) {
    const known = ['all', 'primaries', 'new_primaries', 'none'];
    const text = textOf(value).toLowerCase();
    if (!known.includes(text)) return noEnum('Allocation', text);
  }
  if (key === 'cluster.routing.rebalance.enable' && value !== null) {
    const text = textOf(value).toLowerCase();
    if (!['all', 'primaries', 'replicas', 'none'].includes(text)) return noEnum('Rebalance', text);
  }
  return value === null ? undefined : formProblem(key, textOf(value));
}

function numberProblem(key: string, text: string): string | undefined {
  const least = key.startsWith('cluster.max_shards_per_node') ? 1 : 0;
  if (!/^-?\d+$/.test(text)) return `Failed to parse value [${text}] for setting [${key}]`;
  return Number(text) < least
    ? `Failed to parse value [${text}] for setting [${key}] must be >= ${least}`
    : undefined;
}

function noEnum(kind: string, text: string): string {
  const name = `org.elasticsearch.cluster.routing.allocation.decider.EnableAllocationDecider.${kind}`;
  return `No enum constant ${name}.${text.toUpperCase()}`;
}

/** That of the watermarks as they would be one is above the next. */
function watermarkProblem(cluster: Asked['cluster'], changes: Changes): string | undefined {
  const persistent = changed(cluster.persistent, changes.persistent);
  const transient = changed(cluster.transient, changes.transient);
  const { low, high, floodStage } = rulesOf({ ...cluster, persistent, transient }).watermarks;
  const whole = 1024 ** 4;
  const isAbove = (one: Watermark, other: Watermark): boolean =>
    // Shares with shares, sizes with sizes: the one kind beside the other is another refusal.
    /%$/.test(one.value) === /%$/.test(other.value) &&
    (freeBytesFor({ ...one, maxHeadroom: '-1' }, whole) ?? 0) <
      (freeBytesFor({ ...other, maxHeadroom: '-1' }, whole) ?? 0);
  if (isAbove(low, high))
    return `low disk watermark [${low.value}] more than high disk watermark [${high.value}]`;
  if (isAbove(high, floodStage))
    return `high disk watermark [${high.value}] more than flood stage disk watermark [${floodStage.value}]`;
  return undefined;
}

interface Changes {
  readonly persistent: Readonly<Record<string, unknown>>;
  readonly transient: Readonly<Record<string, unknown>>;
}

/** A few settings whose values are looked at; all others take whatever they are given. */
function formProblem(key: string, text: string): string | undefined {
  if (/^cluster\.max_shards_per_node|^search\.max_(buckets|open_scroll_context)$/.test(key))
    return numberProblem(key, text);
  if (/^search\.(allow_expensive_queries|low_level_cancellation)$/.test(key))
    return /^(true|false)$/.test(text)
      ? undefined
      : `Failed to parse value [${text}] as only [true] or [false] are allowed.`;
  if (key === 'indices.recovery.max_bytes_per_sec')
    return /^(-1|0|[\d.]+(b|kb|mb|gb|tb|pb))$/i.test(text)
      ? undefined
      : `failed to parse setting [${key}] with value [${text}] as a size in bytes: unit is missing or unrecognized`;
  return undefined;
}

/** Numbers and booleans are kept as texts. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function withoutNulls(changes: Readonly<Record<string, unknown>>): SettingRows {
  const kept: SettingRows = {};
  for (const [key, value] of Object.entries(changes)) {
    if (value !== null) kept[key] = Array.isArray(value) ? value.map(textOf) : textOf(value);
  }
  return kept;
}

function changed(before: SettingRows, changes: Readonly<Record<string, unknown>>): SettingRows {
  const kept = Object.entries(before).filter(([key]) => !(key in changes));
  return { ...Object.fromEntries(kept), ...withoutNulls(changes) };
}
