import { invariant } from '../errors.ts';
import { containerPaths, httpPort, transportPort } from './container.ts';
import { isDynamicSetting } from './dynamic-settings.ts';
import { isAtLeast, parseVersion } from './versions.ts';

/** What elasticsearch.yml is made from: the part of the config that concerns it. */
export interface SettingsConfig {
  readonly name: string;
  /** EC2's own endpoint in the region, such as `ec2.eu-west-1.amazonaws.com`: which it is, depends on the region's partition. */
  readonly ec2Host: string;
  readonly elasticsearch: { readonly version: string; readonly settings: Settings };
  readonly bastion: { readonly enabled: boolean };
  readonly access: { readonly endpoint: string | undefined };
}

/** What of it the user has written. */
type UserConfig = Omit<SettingsConfig, 'ec2Host'>;

type SettingValue = string | number | boolean | readonly (string | number | boolean)[];

/** elasticsearch.yml, flat: setting by setting. */
export type Settings = Readonly<Record<string, SettingValue>>;

/** The node attribute that carries the zone. */
const zoneAttribute = 'zone';

/** The tags that discovery filters instances by; without a colon, which the plugin does not accept. */
const discoveryTags = { cluster: 'es-ecs-cluster', node: 'es-ecs-node' } as const;

/**
 * Settings for indices as they are made: how long the shards of a node that went away wait for it before they are
 * copied. A replaced host is back in minutes, with its data; the default of one minute would copy terabytes.
 * An index setting, which Elasticsearch refuses to start with in elasticsearch.yml: it goes into an index template.
 */
export const newIndexSettings = { 'index.unassigned.node_left.delayed_timeout': '10m' } as const;

/**
 * elasticsearch.yml as it is baked into the image: the same on all nodes. A node's own name, address, zone, roles and
 * right to bootstrap are added by the entrypoint, from what the host says.
 *
 * The user's static settings come first and cannot override es-ecs's own, which `refusedSetting` keeps out of the config. The
 * dynamic ones are not here, so that a change of them makes no new image: `settingsByApi`.
 */
export function settings(config: SettingsConfig): Settings {
  return {
    ...settingsOfUser(config),
    'cluster.name': config.name,
    'path.data': containerPaths.data,
    'path.logs': containerPaths.logs,
    'bootstrap.memory_lock': true,
    'http.port': httpPort,
    'transport.port': transportPort,
    ...discovery(config),
    'cluster.routing.allocation.awareness.attributes': zoneAttribute,
    ...security(),
  };
}

/** The user's settings that stand in elasticsearch.yml. */
export function settingsOfUser(config: UserConfig): Settings {
  return ofUser(config, (name) => !goesByApi(config, name));
}

/**
 * The user's settings that a running cluster is given by API. None where the config leaves no way in: then they are all
 * in elasticsearch.yml. Whether this machine has the key to the bastion makes no difference, as the image must not depend on it.
 */
export function settingsByApi(config: UserConfig): Settings {
  return ofUser(config, (name) => goesByApi(config, name));
}

function goesByApi({ bastion, access }: UserConfig, name: string): boolean {
  return (bastion.enabled || access.endpoint !== undefined) && isDynamicSetting(name);
}

function ofUser({ elasticsearch }: UserConfig, isMeant: (name: string) => boolean): Settings {
  return Object.fromEntries(Object.entries(elasticsearch.settings).filter(([name]) => isMeant(name)));
}

function discovery(config: SettingsConfig): Settings {
  return {
    'discovery.seed_providers': 'ec2',
    // Left out, Elasticsearch also looks at the loopback's ports 9300 to 9305.
    'discovery.seed_hosts': [],
    'discovery.ec2.host_type': 'private_ip',
    'discovery.ec2.endpoint': discoveryEndpoint(config.elasticsearch.version, config.ec2Host),
    [`discovery.ec2.tag.${discoveryTags.cluster}`]: config.name,
    // The bastion carries the cluster's tag too. EC2's filters take wildcards, and only hosts have a node's tag.
    [`discovery.ec2.tag.${discoveryTags.node}`]: `${config.name}-*`,
  };
}

/**
 * The EC2 endpoint in the form that the plugin of that version takes. Up to 8.18 and in 9.0 it is a host name, and the
 * signing region is read from it; from 8.19 and 9.1 on the plugin makes a URI of it as it stands, so the scheme must
 * be there, and the region comes from AWS_REGION.
 */
export function discoveryEndpoint(version: string, ec2Host: string): string {
  const parsed = parseVersion(version);
  invariant(parsed !== undefined, `${version} is not a version`);
  const takesUri = parsed.major === 8 ? isAtLeast(parsed, 8, 19) : isAtLeast(parsed, 9, 1);
  return takesUri ? `https://${ec2Host}` : ec2Host;
}

/**
 * Security is configured here in full. Elasticsearch's auto-configuration is not only off: it does not count a seed
 * provider among the signs that a node belongs to a cluster, and would make a certificate authority of its own.
 */
function security(): Settings {
  return {
    'xpack.security.enabled': true,
    'xpack.security.autoconfiguration.enabled': false,
    'xpack.security.enrollment.enabled': false,
    ...tls('transport'),
    ...tls('http'),
  };
}

/** Certificates rather than host names are checked: hosts come and go with their addresses, the CA is the cluster's own. */
function tls(layer: 'transport' | 'http'): Settings {
  const prefix = `xpack.security.${layer}.ssl`;
  return {
    [`${prefix}.enabled`]: true,
    ...(layer === 'transport' ? { [`${prefix}.verification_mode`]: 'certificate' } : {}),
    ...(layer === 'transport' ? { [`${prefix}.client_authentication`]: 'required' } : {}),
    [`${prefix}.certificate`]: 'certs/node.crt',
    [`${prefix}.key`]: 'certs/node.key',
    [`${prefix}.certificate_authorities`]: ['certs/ca.crt'],
  };
}

interface OwnedSetting {
  /** Exact, or a prefix where it ends in a dot. */
  readonly key: string;
  readonly because: string;
}

/** Settings that a config must not carry; the first that matches answers. */
const ownedSettings: readonly OwnedSetting[] = [
  { key: 'cluster.name', because: "it is the config's name" },
  {
    key: 'cluster.initial_master_nodes',
    because:
      'it would let a node with an empty disk found a second cluster; es-ecs grants it once, for the first start',
  },
  { key: 'node.name', because: 'es-ecs names the nodes, as each belongs to a volume' },
  { key: 'node.roles', because: 'roles belong in the node group: nodes: [{ roles: … }]' },
  { key: `node.attr.${zoneAttribute}`, because: 'it comes from the host' },
  { key: 'discovery.', because: 'nodes find each other by the tags that es-ecs writes' },
  { key: 'network.', because: "a node's address comes from its host" },
  { key: 'http.host', because: "a node's address comes from its host" },
  { key: 'http.bind_host', because: "a node's address comes from its host" },
  { key: 'http.publish_host', because: "a node's address comes from its host" },
  { key: 'http.port', because: 'the security groups and the health check know port 9200' },
  { key: 'transport.host', because: "a node's address comes from its host" },
  { key: 'transport.bind_host', because: "a node's address comes from its host" },
  { key: 'transport.publish_host', because: "a node's address comes from its host" },
  { key: 'transport.port', because: 'the security groups know port 9300' },
  { key: 'path.data', because: 'it is the data volume' },
  { key: 'path.logs', because: 'logs go to CloudWatch' },
  {
    key: 'bootstrap.memory_lock',
    because: 'a heap that is swapped out brings the cluster down; it is always on',
  },
  {
    key: 'cluster.routing.allocation.awareness.attributes',
    because: 'copies of a shard are kept in different zones by it',
  },
  { key: 'xpack.security.enabled', because: 'the cluster is always secured' },
  { key: 'xpack.security.autoconfiguration.', because: 'certificates come from es-ecs' },
  { key: 'xpack.security.enrollment.', because: 'certificates come from es-ecs' },
  { key: 'xpack.security.transport.', because: 'certificates come from es-ecs' },
  { key: 'xpack.security.http.ssl.', because: 'certificates come from es-ecs' },
  {
    key: 'index.',
    because:
      'Elasticsearch does not start with index settings in elasticsearch.yml; they belong in an index template',
  },
];

/** Why a config must not carry a setting, or undefined where it may. */
export function refusedSetting(key: string): string | undefined {
  return ownedSettings.find((owned) =>
    owned.key.endsWith('.')
      ? key.startsWith(owned.key)
      : key === owned.key || key.startsWith(`${owned.key}.`),
  )?.because;
}
