/**
 * Where the host, the task definition and the image meet: paths, variable names and ports. The templates use the same
 * words; a test compares the two.
 */

/** On the host. */
export const hostPaths = {
  /** The mounted data volume. */
  volume: '/var/lib/es-ecs',
  /** Bind-mounted into the container as its data path. */
  data: '/var/lib/es-ecs/data',
  /** Written by user data; bind-mounted read-only. A directory, as Docker makes a missing file into one. */
  node: '/etc/es-ecs',
} as const;

/** In the container. */
export const containerPaths = {
  home: '/usr/share/elasticsearch',
  data: '/usr/share/elasticsearch/data',
  logs: '/usr/share/elasticsearch/logs',
  config: '/usr/share/elasticsearch/config',
  node: '/etc/es-ecs',
  entrypoint: '/usr/local/bin/es-ecs-entrypoint',
  healthCheck: '/usr/local/bin/es-ecs-health',
} as const;

/** The user that the image runs as. */
export const containerUser = '1000:0';

export const httpPort = 9200;
export const transportPort = 9300;

/** Environment variables that carry secrets, for the task definition's `secrets`; the entrypoint takes them out again. */
export const secretVariables = {
  caCertificate: 'ES_ECS_CA_CERTIFICATE',
  nodeCertificate: 'ES_ECS_NODE_CERTIFICATE',
  nodeKey: 'ES_ECS_NODE_KEY',
  password: 'ES_ECS_ELASTIC_PASSWORD',
} as const;

/** The environment variable of a node's roles. */
export const rolesVariable = 'ES_ECS_ROLES';

/** The environment variable of the user's own options of the JVM. */
export const jvmOptionsVariable = 'ES_ECS_JVM_OPTIONS';

/** For the task definition's `healthCheck`: local to the node, and no secret on its command line. */
export const healthCheck = {
  command: ['CMD', containerPaths.healthCheck],
  intervalSeconds: 15,
  timeoutSeconds: 10,
  retries: 4,
  /** The longest that ECS takes: a node with much data takes long to open it, and ECS must not kill it meanwhile. */
  startPeriodSeconds: 300,
} as const;

/** Seconds between SIGTERM and SIGKILL: Elasticsearch closes its shards in it. */
export const stopTimeoutSeconds = 120;

/**
 * For the task definition's `ulimits`; see the reference, "Bootstrap checks". No nproc: Docker sets no limit there,
 * and one would count whatever else runs as uid 1000 on the host.
 */
export const ulimits = [
  { name: 'nofile', softLimit: 65_535, hardLimit: 65_535 },
  { name: 'memlock', softLimit: -1, hardLimit: -1 },
] as const;

/**
 * The environment of the task definition: nothing in it is secret, and nothing in it is one node's own.
 * Elasticsearch reads no roles from the environment, so the entrypoint writes them into elasticsearch.yml.
 */
export function containerEnvironment(node: {
  readonly region: string;
  readonly roles: readonly string[];
  readonly heapMiB: number;
  /** The user's own, in their order. */
  readonly jvmOptions?: readonly string[];
}): Readonly<Record<string, string>> {
  return {
    // The EC2 discovery plugin passes no region to its client since 8.19 and 9.1, which then takes this one.
    AWS_REGION: node.region,
    ES_ECS_HEAP_MIB: String(node.heapMiB),
    [rolesVariable]: node.roles.join(','),
    // One a line; none holds a blank. Left out where there is none, so that nothing restarts for nothing.
    ...(node.jvmOptions === undefined || node.jvmOptions.length === 0
      ? {}
      : { [jvmOptionsVariable]: node.jvmOptions.join('\n') }),
  };
}

/** The roles that an environment of that kind gives; undefined: it is of another kind. */
export function rolesIn(
  environment: readonly { readonly name?: string | undefined; readonly value?: string | undefined }[],
): readonly string[] | undefined {
  const roles = environment.find(({ name }) => name === rolesVariable)?.value;
  return roles?.split(',').filter((role) => role !== '');
}
