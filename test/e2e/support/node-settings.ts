import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { execa } from 'execa';
import { parse } from 'yaml';

import type { Config } from '../../../src/config/config.ts';
import { buildContext, writeContext } from '../../../src/docker/context.ts';
import { containerEnvironment, secretVariables } from '../../../src/elasticsearch/container.ts';
import type { Settings } from '../../../src/elasticsearch/settings.ts';

/** What user data writes down on a host for the node that it is for. */
export interface NodeHost {
  readonly node: string;
  readonly zone: string;
  readonly address: string;
  /** The value of the tag that carries the right to bootstrap; empty without it. */
  readonly initialMasters: string;
}

/** A node as the product's image leaves it to Elasticsearch. */
export interface PreparedNode {
  /** elasticsearch.yml. */
  readonly settings: Settings;
  /** The task definition's variables. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The smallest that starts; several nodes share one machine. */
const heapMiB = 256;

/**
 * Runs the image's own entrypoint over the image's own files in a folder that plays the container's home, and leaves
 * out Elasticsearch itself.
 */
export async function prepareNode(folder: string, config: Config, host: NodeHost): Promise<PreparedNode> {
  const image = path.join(folder, 'es-ecs');
  const made = ['es-ecs', 'bin', 'config/jvm.options.d', 'data', 'logs', 'tmp'];
  await Promise.all(made.map((name) => mkdir(path.join(folder, name), { recursive: true })));
  await writeContext(buildContext(config), image);
  const hostFile = path.join(folder, 'node.env');
  await writeFile(
    hostFile,
    `ES_ECS_NODE=${host.node}\nES_ECS_ZONE=${host.zone}\nES_ECS_ADDRESS=${host.address}\nES_ECS_INITIAL_MASTERS=${host.initialMasters}\n`,
  );
  // It makes a keystore of Elasticsearch's; OpenSearch makes its own.
  const keystore = '#!/bin/sh\ncat >/dev/null\n: >"$ES_ECS_HOME/config/elasticsearch.keystore"\n';
  await writeFile(path.join(folder, 'bin', 'elasticsearch-keystore'), keystore, { mode: 0o755 });
  const roles = config.nodeGroups[0]?.roles ?? [];
  const environment = containerEnvironment({ region: config.region, roles, heapMiB });
  await execa('bash', [path.join(image, 'entrypoint.sh')], {
    extendEnv: false,
    env: {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      ES_ECS_HOME: folder,
      ES_ECS_NODE_FILE: hostFile,
      ES_ECS_OFFICIAL: 'true',
      ...environment,
      ...Object.fromEntries(Object.values(secretVariables).map((name) => [name, 'of no use here'])),
    },
  });
  // The entrypoint's own words, setting by setting.
  const settings = parse(
    await readFile(path.join(folder, 'config', 'elasticsearch.yml'), 'utf8'),
  ) as Settings;
  return { settings, environment };
}
