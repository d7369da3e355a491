import type { ClusterConnection, WayIn } from '../access/cluster.ts';
import type { Door } from '../access/dial.ts';
import type { Clients } from '../aws/clients.ts';
import type { Inventory } from '../aws/inventory.ts';
import { createSecretMaker } from '../certificates/secret-maker.ts';
import type { Config } from '../config/config.ts';
import { createImageBuilder, type ImageBuilderOptions } from '../docker/image-builder.ts';
import { runProgram } from '../docker/run.ts';
import type { Clock } from '../engine/clock.ts';
import { EsEcsError } from '../errors.ts';
import { createKeyStore, type KeyStore } from '../ssh/key-store.ts';
import type { Adapters, ClusterAccess } from '../steps/adapters.ts';
import { endpointAddress, nodeAddresses, readCredentials, runningBastion } from '../steps/way-in.ts';
import { ownVersion } from './own-version.ts';
import { inPrivateFolder, removeLeftFolders } from './private-folder.ts';
import type { Proxies } from './proxies.ts';

export interface RealAdapterOptions {
  readonly config: Config;
  readonly clients: Clients;
  readonly inventory: Inventory;
  readonly keyFile: string;
  readonly knownHostsFile: string;
  readonly clock: Clock;
  readonly notice: (text: string) => void;
  /** Ends what is done outside AWS: a build, a push. */
  readonly signal: AbortSignal;
  /** The way out of this machine; absent or undefined is straight. */
  readonly proxies?: Proxies | undefined;
}

/**
 * The real ways to build images, keep keys, make secrets and ask Elasticsearch. What runs that were killed have left of them on this
 * machine goes, logins to the registry above all.
 */
export function createRealAdapters(options: RealAdapterOptions): Adapters {
  const { config, clock, signal } = options;
  removeLeftFolders();
  const keys = createKeyStore({ file: options.keyFile, comment: `es-ecs ${config.name}` });
  return {
    images: createImageBuilder({
      config,
      run: runProgram,
      inFolder: inPrivateFolder,
      version: ownVersion(),
      signal,
      ...buildProxies(options.proxies),
    }),
    keys,
    secrets: createSecretMaker(() => clock.now()),
    cluster: createClusterAccess({ ...options, keys }),
  };
}

/** Where a build gets the plugin from: elasticsearch-plugin asks nobody else. */
const plugins = { protocol: 'https', host: 'artifacts.elastic.co', port: 443 } as const;

/** What a build is told of the proxies, which it would not learn by itself: nothing where it needs none. */
function buildProxies(proxies: Proxies | undefined): Pick<ImageBuilderOptions, 'proxies'> {
  return proxies?.proxyFor(plugins) === undefined ? {} : { proxies: proxies.settings };
}

/** The address in the config is reached as everything else out there is; what goes through the bastion's ssh is not. */
function throughProxy(door: Door, proxies: Proxies | undefined): Door {
  const { host, port } = door;
  const isProxied = proxies?.proxyFor({ protocol: 'https', host, port }) !== undefined;
  return isProxied ? { ...door, tunnel: () => proxies.tunnel(host, port) } : door;
}

/** What the way in is found with. */
export interface ClusterAccessOptions extends Omit<RealAdapterOptions, 'keyFile' | 'signal'> {
  readonly keys: KeyStore;
}

/**
 * The way in to Elasticsearch: to `access.endpoint`, or else through the bastion to the nodes. The client is loaded when it
 * is first needed.
 */
export function createClusterAccess(options: ClusterAccessOptions): ClusterAccess {
  let connection: ClusterConnection | undefined;
  let isSaid = false;
  const close = (): void => {
    connection?.close();
    connection = undefined;
  };
  return {
    connect: async () => {
      close();
      const way = await findWayIn(options);
      if ('blocked' in way) {
        if (!isSaid) options.notice(`Elasticsearch itself is not asked: ${way.blocked.message}`);
        isSaid = true;
        return undefined;
      }
      const { connectCluster } = await import('../access/cluster.ts');
      connection = connectCluster(way, options.clock);
      return connection.control;
    },
    close,
  };
}

/**
 * The way in as it is now.
 *
 * @throws EsEcsError SSH or KEY_UNUSABLE, when there is none from here; as `findWayIn`
 */
export async function requireWayIn(options: WayInOptions): Promise<WayIn> {
  const way = await findWayIn(options);
  if ('blocked' in way) throw way.blocked;
  return way;
}

/** What the way in is looked up with. */
export type WayInOptions = Pick<
  ClusterAccessOptions,
  'config' | 'clients' | 'inventory' | 'keys' | 'knownHostsFile' | 'proxies'
>;

/**
 * The way in as it is now, or why there is none from here.
 *
 * @throws EsEcsError BASTION_UNREACHABLE, CLUSTER_UNREACHABLE, ACCESS_DENIED, NOT_FOUND
 */
export async function findWayIn(options: WayInOptions): Promise<WayIn | { readonly blocked: EsEcsError }> {
  const { config, knownHostsFile, keys } = options;
  const { endpoint } = config.access;
  if (endpoint !== undefined) {
    const credentials = await readCredentials(options);
    return {
      doors: [throughProxy(endpointAddress(endpoint), options.proxies)],
      route: undefined,
      clusterName: config.name,
      ...credentials,
    };
  }
  if (!config.bastion.enabled) {
    // Session Manager would need a plugin on this machine, and more permissions on the hosts than they have.
    return {
      blocked: new EsEcsError('SSH', 'the bastion is off, and the config has no access.endpoint', {
        hint: 'set bastion: true or access.endpoint in the config, then es-ecs up',
      }),
    };
  }
  const key = await keys.read();
  if (key === undefined) {
    return {
      blocked: new EsEcsError('KEY_UNUSABLE', "the bastion's private key is not on this machine", {
        hint: 'run this where es-ecs up was run; es-ecs up here makes a new pair and replaces the bastion',
      }),
    };
  }
  const [bastion, doors, credentials] = await Promise.all([
    runningBastion(options),
    nodeAddresses(options),
    readCredentials(options),
  ]);
  return {
    doors,
    route: { bastion, privateKeyFile: key.privateKeyFile, knownHostsFile },
    clusterName: config.name,
    ...credentials,
  };
}
