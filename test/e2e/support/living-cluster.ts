import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { expect } from 'vitest';

import { type CommandLine, commandLineOn, type Ended } from './command-line.ts';
import { createRealAccount, type RealAccount } from './real-account.ts';
import type { RealParts } from './real-parts.ts';
import { say, seconds } from './words.ts';

/** What of the config the tests edit. */
export interface Edited {
  readonly version: string;
  readonly heapMiB: number;
  readonly instanceType: string;
  /** So many with every role, or groups as the config has them. */
  readonly nodes: number | readonly Group[];
  readonly settings: Readonly<Record<string, string>>;
  /** What names of settings begin with that the config takes for a plugin's. */
  readonly pluginSettings?: readonly string[];
}

/** Of nodes. */
export interface Group {
  readonly name: string;
  readonly count: number;
  readonly roles?: readonly string[];
}

/** A real cluster behind a real bastion, and the config and command line of the person who owns it. */
export interface LivingCluster {
  readonly account: RealAccount;
  readonly edited: Edited;
  /** Writes the config anew. */
  edit(change: Partial<Edited>): Promise<void>;
  readonly esEcs: CommandLine;
  /** `es-ecs up`, which must go well. */
  up(): Promise<Ended>;
  /** `es-ecs up`, which must be refused; what it said. */
  refused(): Promise<string>;
  /** The body of the first good answer to a GET that one of the nodes gives. */
  body<Body>(where: string): Promise<Body>;
  /** Green with as many nodes as the config has, and no shard on its way. */
  isGreen(): Promise<boolean>;
  /** Those that were set by API, flat. */
  settings(): Promise<Readonly<Record<string, string>>>;
  /** The elected master's name. */
  master(): Promise<string>;
  close(): Promise<void>;
}

/**
 * Makes one with nothing in it.
 *
 * @param net the first three numbers of its addresses; see `ContainerRuntimeOptions`.
 */
export async function createLivingCluster(
  parts: RealParts,
  net: string,
  first: Edited,
): Promise<LivingCluster> {
  const { docker, registryPassword, bastion, folder } = parts;
  const account = await createRealAccount({
    ...{ docker, registryPassword, net, bastion, cluster: 'search' },
    folder: path.join(folder, 'hosts'),
  });
  const configFile = path.join(folder, 'es-ecs.yaml');
  const esEcs = commandLineOn(account, configFile);
  const begunMs = performance.now();
  let edited = first;

  const body = async <Body>(where: string): Promise<Body> => {
    for (const node of nodeNames(edited.nodes)) {
      const answer = await account.ask(node, where).catch(() => undefined);
      // The test says which document it asks for.
      if (answer?.status === 200) return answer.body as Body;
    }
    throw new Error(`nobody answers ${where}`);
  };
  return {
    account,
    esEcs,
    body,
    get edited() {
      return edited;
    },
    edit: async (change) => {
      edited = { ...edited, ...change };
      await writeFile(configFile, configText(edited));
    },
    up: async () => {
      const ended = await esEcs(['up', '--yes']);
      if (ended.status !== 0) say(`${ended.stderr}\n${ended.stdout}`);
      expect(ended.status).toBe(0);
      return ended;
    },
    refused: async () => {
      const { status, stderr } = await esEcs(['up', '--yes']);
      expect(status, stderr).toBe(1);
      say(`refused: ${stderr.split('\n').find((line) => line.startsWith('✖')) ?? stderr}`);
      return stderr;
    },
    isGreen: async () => {
      const health = await body<Health>('/_cluster/health?master_timeout=2s');
      return (
        health.status === 'green' &&
        health.number_of_nodes === nodeNames(edited.nodes).length &&
        health.relocating_shards === 0 &&
        health.initializing_shards === 0
      );
    },
    settings: async () =>
      (await body<{ persistent: Record<string, string> }>('/_cluster/settings?flat_settings')).persistent,
    master: async () => (await body<{ node: string }[]>('/_cat/master?format=json'))[0]?.node ?? '',
    close: async () => {
      const differences = [...parts.bases.flatMap((base) => base.differences), ...account.differences()];
      say(`\nNot as on AWS:\n${[...new Set(differences)].map((one) => `  ${one}`).join('\n')}`);
      say(`All of it: ${seconds(performance.now() - begunMs)}`);
      account.simulation.adapters.cluster.close?.();
      await account.close();
    },
  };
}

interface Health {
  readonly status: string;
  readonly number_of_nodes: number;
  readonly relocating_shards: number;
  readonly initializing_shards: number;
}

/** The names of so many nodes, `search-0` first. */
export function namesOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `search-${String(index)}`);
}

/** The names of all nodes that a config wants. */
export function nodeNames(nodes: Edited['nodes']): readonly string[] {
  if (typeof nodes === 'number') return namesOf(nodes);
  return nodes.flatMap(({ name, count }) =>
    name === 'default'
      ? namesOf(count)
      : Array.from({ length: count }, (_, index) => `search-${name}-${String(index)}`),
  );
}

function configText({
  version,
  heapMiB,
  instanceType,
  nodes,
  settings,
  pluginSettings = [],
}: Edited): string {
  return [
    'name: search',
    'region: eu-west-1',
    `elasticsearch: ${JSON.stringify({ version, heapMiB, settings, pluginSettings })}`,
    `nodes: ${JSON.stringify(nodes)}`,
    `instanceType: ${instanceType}`,
    'bastion: { allowedCidrs: [203.0.113.7/32] }',
    '',
  ].join('\n');
}
