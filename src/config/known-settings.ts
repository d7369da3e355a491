import { editDistance } from './edit-distance.ts';
import { indexSettingNames, listedVersions, nodeSettingNames } from './setting-names.ts';

/**
 * Families of settings whose names are not all given: whoever writes them chooses a part. None of these has a default, so no server lists
 * them (ClusterSettings, IndexScopedSettings and the plugins' `getSettings`: group, prefix and affix settings).
 */
const nodeFamilies: readonly RegExp[] = [
  /^node\.attr\.[\w.-]+$/,
  /^logger\.[\w.-]+$/,
  /^cluster\.metadata\./,
  /^cluster\.remote\.[^.]+\.(mode|proxy_address|proxy_socket_connections|seeds|node_connections|server_name|skip_unavailable|transport\.(compress|compression_scheme|ping_schedule))$/,
  /^cluster\.routing\.allocation\.(include|exclude|require)\.[\w.-]+$/,
  /^cluster\.routing\.allocation\.awareness\.force\.[\w-]+\.values$/,
  /^transport\.profiles\.[^.]+\.[\w.-]+$/,
  /^script\.context\.[\w-]+\.(cache_max_size|cache_expire|max_compilations_rate)$/,
  /^indices\.analysis\.hunspell\.dictionary\.[\w.-]+$/,
  /^(tracing\.apm|telemetry)\.agent\.\w+$/,
  /^reindex\.ssl\.\w[\w.]*$/,
  /^xpack\.http\.[\w.]+$/,
  /^xpack\.security\.authc\.realms\.[\w-]+\.[\w-]+\.[\w.-]+$/,
  /^xpack\.security\.authc\.domains\.[\w-]+\.[\w.-]+$/,
  /^xpack\.security\.audit\.logfile\.events\.ignore_filters\.[\w-]+\.(users|realms|roles|indices|actions)$/,
  /^xpack\.security\.(transport|http|remote_cluster_(server|client))\.ssl\.\w[\w.]*$/,
];

/**
 * Beneath these nothing is judged: settings of modules that the servers which were asked for their names did not have (their trees lack
 * them), and of plugins that Elastic publishes.
 */
const unjudged: readonly string[] = [
  'azure.',
  'ccr.',
  'cloud.',
  'cluster.lifecycle.',
  'data_streams.',
  'discovery.azure.',
  'discovery.ec2.',
  'discovery.gce.',
  'esql.',
  'gcs.',
  'hdfs.',
  'indices.lifecycle.',
  'indices.rollup.',
  'ingest.geoip.',
  'ingest.user_agent.',
  'logsdb.',
  'repositories.',
  'repository.',
  's3.',
  'slm.',
  'snapshot.',
  'stack.templates.',
  'time_series.',
  'xpack.apm_data.',
  'xpack.autoscaling.',
  'xpack.ccr.',
  'xpack.enrich.',
  'enrich.',
  'xpack.eql.',
  'xpack.esql.',
  'xpack.fleet.',
  'xpack.graph.',
  'xpack.idp.',
  'xpack.inference.',
  'xpack.ml.',
  'xpack.monitoring.',
  'xpack.notification.',
  'xpack.otel_data.',
  'xpack.profiling.',
  'xpack.rollup.',
  'xpack.searchable.snapshot.',
  'xpack.sql.',
  'xpack.transform.',
  'xpack.watcher.',
  'xpack.universal_profiling.',
];

/** The minor alone: what a patch release knows its minor knows. */
interface Version {
  readonly major: number;
  readonly minor: number;
}

function versionOf(text: string): Version {
  const [major = 0, minor = 0] = text.split('.').map(Number);
  return { major, minor };
}

interface Listed {
  readonly version: Version;
  readonly node: ReadonlySet<string>;
}

let lists: readonly Listed[] | undefined;

/** Read once, and only where somebody has settings. */
function listed(): readonly Listed[] {
  lists ??= listedVersions.map((text, at) => ({
    version: versionOf(text),
    node: namesAt(nodeSettingNames, at),
  }));
  return lists;
}

function namesAt(lines: string, at: number): ReadonlySet<string> {
  const names = lines.split('\n').map((line) => line.split(' '));
  return new Set(names.filter(([, marks]) => marks?.includes(String(at)) ?? true).map(([name = '']) => name));
}

/** What is known of a setting's name. */
export type KnownSetting =
  | { readonly kind: 'known' }
  | {
      readonly kind: 'unknown';
      /** The names that are nearest to it, the nearest first; none where nothing is near. Looked for when it is asked for. */
      readonly nearest: readonly string[];
      /** That version is newer than all that were asked, or older: it may know it all the same. */
      readonly isSure: boolean;
    };

/**
 * Whether a version of Elasticsearch knows a setting of a node. Between two versions whose names are listed, what one of them knows counts
 * as known: when it came or went is not.
 */
export function knownSetting(name: string, asked: string): KnownSetting {
  const version = versionOf(asked);
  if (nodeFamilies.some((family) => family.test(name)) || unjudged.some((prefix) => name.startsWith(prefix)))
    return { kind: 'known' };
  const all = listed();
  const older = all.findLast((one) => isSameOrOlder(one.version, version)) ?? all[0];
  const newer = all.find((one) => isSameOrOlder(version, one.version)) ?? all.at(-1);
  const near = [older, newer].filter((one) => one !== undefined);
  if (near.some(({ node }) => node.has(name))) return { kind: 'known' };
  const isSure =
    all.some((one) => isSameOrOlder(one.version, version)) &&
    all.some((one) => isSameOrOlder(version, one.version));
  return {
    kind: 'unknown',
    isSure,
    get nearest() {
      return nearestOf(name, new Set(near.flatMap(({ node }) => [...node])));
    },
  };
}

function isSameOrOlder(one: Version, other: Version): boolean {
  return one.major < other.major || (one.major === other.major && one.minor <= other.minor);
}

const mostNamed = 3;

/** Within a third of its length of letters, and those of which it is a part by whole words. */
function nearestOf(name: string, names: ReadonlySet<string>): readonly string[] {
  const limit = Math.max(2, Math.floor(name.length / 5));
  const found: { readonly name: string; readonly distance: number }[] = [];
  for (const other of names) {
    const distance = editDistance(name, other, limit);
    if (distance <= limit) found.push({ name: other, distance });
    else if (other.endsWith(`.${name}`)) found.push({ name: other, distance: limit });
  }
  return found
    .toSorted((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, mostNamed)
    .map((one) => one.name);
}

const indexFamilies: readonly RegExp[] = [
  /^index\.routing\.allocation\.(include|exclude|require)\.[\w.-]+$/,
  /^index\.(analysis|similarity|lifecycle|xpack|sort|time_series|mapping|search|store|query|blocks)\./,
  /^index\.(default_pipeline|final_pipeline|number_of_routing_shards|plugins)\b/,
];

let indexNames: ReadonlySet<string> | undefined;

/** Whether any listed version knows a setting of an index. */
export function isIndexSetting(name: string): boolean {
  if (indexFamilies.some((family) => family.test(name))) return true;
  indexNames ??= new Set(indexSettingNames.split('\n').map((line) => line.split(' ')[0] ?? ''));
  return indexNames.has(name);
}
