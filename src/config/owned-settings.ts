/** A setting, or everything under a prefix that ends in '.' or '_', that the config may not set. */
interface OwnedSetting {
  readonly setting: string;
  readonly because: string;
}

const identity = 'es-ecs gives every node its own name, zone and roles, and finds its data again by them';
const bootstrap =
  'es-ecs lets a cluster be founded once only; set again, it can found a second one beside it';
const addresses = 'hosts are reached, and let in, by the addresses and ports that es-ecs sets';
const paths = 'the data volume is mounted there; elsewhere, data would be lost with the container';
const security = 'security with TLS is always on, with the certificates that es-ecs makes';
const operation = 'es-ecs moves it while it restarts or removes nodes, and puts it back';

/**
 * Settings of Elasticsearch that es-ecs sets itself. Each is refused, as it would break the cluster, its
 * security or the promise that a node keeps its data.
 */
export const ownedSettings: readonly OwnedSetting[] = [
  { setting: 'cluster.name', because: 'it is the name at the top of the file' },
  { setting: 'cluster.initial_master_nodes', because: bootstrap },
  { setting: 'cluster.initial_state_timeout', because: bootstrap },
  { setting: 'cluster.metadata.es_ecs_', because: 'es-ecs notes there what it has set' },
  { setting: 'cluster.routing.allocation.enable', because: operation },
  { setting: 'cluster.routing.allocation.exclude.', because: operation },
  { setting: 'cluster.routing.allocation.include.', because: operation },
  { setting: 'cluster.routing.allocation.require.', because: operation },
  { setting: 'cluster.routing.allocation.awareness.', because: 'es-ecs spreads copies over zones' },
  { setting: 'node.name', because: identity },
  { setting: 'node.roles', because: 'roles are set for each group under nodes' },
  {
    setting: 'node.master',
    because: 'Elasticsearch 8 knows only roles; set them for each group under nodes',
  },
  { setting: 'node.data', because: 'Elasticsearch 8 knows only roles; set them for each group under nodes' },
  {
    setting: 'node.ingest',
    because: 'Elasticsearch 8 knows only roles; set them for each group under nodes',
  },
  { setting: 'node.attr.zone', because: identity },
  { setting: 'node.attr.aws_availability_zone', because: identity },
  { setting: 'node.max_local_storage_nodes', because: 'Elasticsearch 8 has it no more' },
  { setting: 'cloud.node.', because: identity },
  { setting: 'discovery.', because: 'nodes find each other by the tags that es-ecs writes' },
  { setting: 'network.', because: addresses },
  { setting: 'http.port', because: addresses },
  { setting: 'http.host', because: addresses },
  { setting: 'http.bind_host', because: addresses },
  { setting: 'http.publish_host', because: addresses },
  { setting: 'http.publish_port', because: addresses },
  { setting: 'transport.port', because: addresses },
  { setting: 'transport.host', because: addresses },
  { setting: 'transport.bind_host', because: addresses },
  { setting: 'transport.publish_host', because: addresses },
  { setting: 'transport.publish_port', because: addresses },
  { setting: 'transport.profiles.', because: addresses },
  { setting: 'remote_cluster.', because: 'its port is not opened by es-ecs' },
  { setting: 'path.', because: paths },
  { setting: 'bootstrap.', because: 'es-ecs locks the heap in memory and raises the limits that it needs' },
  { setting: 'xpack.security.enabled', because: security },
  {
    setting: 'xpack.security.authc.anonymous.',
    because: 'whoever reaches a node would be let in without a password',
  },
  { setting: 'xpack.security.autoconfiguration.', because: security },
  { setting: 'xpack.security.enrollment.', because: security },
  { setting: 'xpack.security.http.ssl.', because: security },
  { setting: 'xpack.security.transport.ssl.', because: security },
];

/**
 * Settings of which only a value is refused: with it es-ecs could not speak to its own cluster, or a node would not start.
 */
interface RefusedValue {
  readonly setting: string;
  readonly value: string | undefined;
  /** From this major version on. */
  readonly since: number;
  readonly because: string;
}

const refusedValues: readonly RefusedValue[] = [
  {
    setting: 'xpack.security.authc.reserved_realm.enabled',
    value: 'false',
    since: 8,
    because: 'without it there is no user elastic, by whom es-ecs and you get in',
  },
  {
    // Removed in 9.0 ("Breaking changes", 9.0): an unknown setting, with which no node starts (seen of 9.4.3).
    setting: 'cluster.routing.allocation.disk.watermark.enable_for_single_data_node',
    value: undefined,
    since: 9,
    because:
      'Elasticsearch 9 does not know it any more and does not start with it; leave it out, as it is always so',
  },
];

/** Why the config may not set this to that value with a version of that major; undefined when it may. */
export function whyRefused(setting: string, value: unknown, major: number): string | undefined {
  return refusedValues.find(
    (one) =>
      one.setting === setting &&
      major >= one.since &&
      (one.value === undefined || one.value === String(value).toLowerCase()),
  )?.because;
}

/** Words by which Elasticsearch marks a setting that may stand in the keystore only. */
const secret = /(^|[._])(secure_\w+|access_key|secret_key|session_token|password)$/;

/** Why the config may not set this; undefined when it may. */
export function whyOwned(setting: string): string | undefined {
  const owned = ownedSettings.find(({ setting: name }) =>
    /[._]$/.test(name) ? setting.startsWith(name) : setting === name,
  );
  if (owned !== undefined) return `not yours to set: ${owned.because}`;
  if (secret.test(setting))
    return 'secrets do not belong into this file, and Elasticsearch reads them from its keystore only';
  return undefined;
}
