import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { Config } from '../../../src/config/config.ts';
import { httpPort } from '../../../src/elasticsearch/container.ts';
import type { Settings } from '../../../src/elasticsearch/settings.ts';
import { renderElasticsearchYml } from '../../../src/templates/elasticsearch-yml.ts';
import { awsEnvironment } from './moto.ts';
import { type NodeHost, prepareNode } from './node-settings.ts';
import { translate, type Translation, translations } from './opensearch-differences.ts';
import { consoleOf, type OpenSearch, type OpenSearchNode } from './opensearch.ts';

/** A node of OpenSearch that was given what the product has for Elasticsearch. */
export interface Node {
  readonly host: NodeHost;
  /** What the product has for it. */
  readonly product: Settings;
  /** What became of some of it. */
  readonly made: readonly Translation[];
  /** Starts it, on the disk that it had. */
  start(): Promise<void>;
  /** Starts it with every setting that it should not know, which it refuses. @returns what it refused, sorted */
  startUntranslated(): Promise<readonly string[]>;
  kill(): Promise<void>;
  stop(): Promise<void>;
  /** The status with which it answers for the health of its cluster. @throws Error when it does not answer */
  health(): Promise<number>;
  /** What it knows of its cluster. @throws Error when it does not answer, or knows none */
  view(): Promise<ClusterView>;
  /** The settings that it says it runs with. @throws Error when it does not answer */
  settings(): Promise<Readonly<Record<string, unknown>>>;
  /** All that it has said, over all its starts. */
  console(): Promise<string>;
}

/** A cluster as one of its nodes sees it. */
export interface ClusterView {
  readonly uuid: string;
  readonly name: string;
  /** The name of the elected node. */
  readonly elected: string;
  /** By name, where each node listens for others. */
  readonly members: Readonly<Record<string, string>>;
}

export interface NodeOptions {
  readonly openSearch: OpenSearch;
  /** The node's own, to be made. */
  readonly folder: string;
  readonly config: Config;
  readonly host: NodeHost;
  /** The EC2 API. */
  readonly endpoint: string;
}

/** Lets the product's own files and entrypoint prepare a node, and translates what OpenSearch must be given otherwise. */
export async function createNode(options: NodeOptions): Promise<Node> {
  const { openSearch, folder, config, host, endpoint } = options;
  const { settings: product, environment: own } = await prepareNode(folder, config, host);
  const made = translations(product, { endpoint, folder });
  const environment = { ...credentials(), ...own };
  let running: OpenSearchNode | undefined;
  const start = async (settings: Settings): Promise<void> => {
    await writeFile(path.join(folder, 'config', 'opensearch.yml'), renderElasticsearchYml(settings));
    running = await openSearch.start({ folder, address: host.address, environment });
  };
  return {
    host,
    product,
    made,
    start: () => start(translate(product, made)),
    startUntranslated: async () => {
      const known = made.filter(({ instead }) => instead !== undefined);
      const outcome = await start(translate(product, known)).catch((error: unknown) => error);
      if (outcome === undefined) return [];
      const refused = [...(await consoleOf(folder)).matchAll(/unknown setting \[([^\]]+)\]/g)];
      return [...new Set(refused.map(([, setting = '']) => setting))].toSorted();
    },
    kill: async () => {
      await running?.kill();
      running = undefined;
    },
    stop: async () => {
      await running?.stop();
      running = undefined;
    },
    health: async () => (await ask(host.address, '/_cluster/health?timeout=1s')).status,
    view: () => viewFrom(host.address),
    settings: async () => {
      const { body } = await ask(host.address, '/_nodes/_local/settings?flat_settings');
      // The documented form of this answer, of one node.
      const { nodes } = body as { nodes: Record<string, { settings: Record<string, unknown> }> };
      return Object.values(nodes)[0]?.settings ?? {};
    },
    console: () => consoleOf(folder),
  };
}

/** Asks a node over HTTP. */
async function ask(
  address: string,
  question: string,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const signal = AbortSignal.timeout(20_000);
  const answer = await fetch(`http://${address}:${httpPort}${question}`, { signal });
  return { status: answer.status, body: await answer.json() };
}

async function viewFrom(address: string): Promise<ClusterView> {
  const { status, body } = await ask(address, '/_cluster/state/nodes,cluster_manager_node?local');
  if (status !== 200) throw new Error(`${address} knows no cluster: ${JSON.stringify(body)}`);
  // The documented form of this answer.
  const state = body as {
    cluster_uuid: string;
    cluster_name: string;
    cluster_manager_node: string;
    nodes: Record<string, { name: string; transport_address: string }>;
  };
  return {
    uuid: state.cluster_uuid,
    name: state.cluster_name,
    elected: state.nodes[state.cluster_manager_node]?.name ?? 'nobody',
    members: Object.fromEntries(Object.values(state.nodes).map((one) => [one.name, one.transport_address])),
  };
}

/**
 * In the place of the task role. A variable for the endpoint would do the work of the setting, and the region is for
 * the task definition to say.
 */
function credentials(): Readonly<Record<string, string>> {
  const productsOwn = ['AWS_ENDPOINT_URL', 'AWS_REGION'];
  return Object.fromEntries(
    Object.entries(awsEnvironment('')).filter(([name]) => !productsOwn.includes(name)),
  );
}
