import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { runScript, startScript } from './part.ts';

/** OpenSearch with its plugin discovery-ec2, ready to be started. */
export interface OpenSearch {
  /** In what it is not the image that es-ecs builds. */
  readonly differences: readonly string[];
  /**
   * Starts a node, and returns when it listens for other nodes, which is before it has found any.
   *
   * @throws Error when it ends before
   */
  start(node: NodeOrder): Promise<OpenSearchNode>;
}

export interface NodeOrder {
  /** With its `config`, `data`, `logs` and `tmp`; handed over to the user that it runs as. */
  readonly folder: string;
  /** Where it listens. */
  readonly address: string;
  /** All of its variables. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface OpenSearchNode {
  /** With SIGKILL; its files stay. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Puts server, plugin and JDK into a folder, downloading them first where they are not there yet (about 20 seconds, once).
 *
 * @throws PartUnavailable where they cannot be had; give this to `startPart`.
 */
export async function unpackOpenSearch(folder: string): Promise<OpenSearch> {
  await runScript('opensearch.sh', ['unpack', folder]);
  const differences = await runScript('opensearch.sh', ['differences']);
  return {
    differences: differences.split('\n'),
    start: async ({ folder: files, address, environment }) => {
      const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}\n`);
      await writeFile(path.join(files, 'environment'), variables.join(''));
      const script = await startScript('opensearch.sh', [folder, files, address]);
      return {
        kill: async () => {
          process.kill(Number(script.where), 'SIGKILL');
          await script.stop();
        },
        stop: () => script.stop(),
      };
    },
  };
}

/** All that a node has said, over all its starts. */
export function consoleOf(folder: string): Promise<string> {
  return readFile(path.join(folder, 'logs', 'console.log'), 'utf8');
}
