import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { createKeyStore } from '../../../src/ssh/key-store.ts';
import { type Docker, startDocker } from './docker.ts';
import { type ElasticsearchBase, loadElasticsearchBase } from './elasticsearch.ts';
import { freePort, startPart } from './part.ts';
import { type Sshd, startSshd } from './sshd.ts';

/** What a real cluster behind a real bastion is made of. */
export interface RealParts {
  readonly docker: Docker;
  readonly registryPassword: string;
  readonly bastion: Sshd;
  /** One for each version that was asked for. */
  readonly bases: readonly ElasticsearchBase[];
  /** Of the test's own, with the key to the bastion where `up --simulate` looks for it; a config in it finds that. */
  readonly folder: string;
  /** Ends all of them, and removes the folder. */
  stop(): Promise<void>;
}

const registryPassword = 'the-token-of-the-registry';

/**
 * Starts them; undefined, and loudly said, where this machine cannot have one.
 *
 * @param versions of Elasticsearch; undefined stands for the newest that can be had.
 */
export async function startRealParts(
  name: string,
  versions: readonly (string | undefined)[],
): Promise<RealParts | undefined> {
  const folder = await mkdtemp(path.join(os.tmpdir(), `es-ecs-${name}-`));
  // The pair that `up` would make; the bastion must know it before.
  const file = path.join(folder, '.es-ecs', 'simulated', 'state.key');
  const { publicKey } = await createKeyStore({ file, comment: 'es-ecs search' }).ensure();
  const port = await freePort();
  const bastion = await startPart('a bastion (sshd)', () => startSshd({ port, publicKey }));
  const docker =
    bastion && (await startPart('a Docker engine with a registry', () => startDocker(registryPassword)));
  const bases =
    docker &&
    (await startPart(
      `images with ${String(versions.length)} versions of the real Elasticsearch`,
      async () => {
        const loaded: ElasticsearchBase[] = [];
        for (const version of versions) loaded.push(await loadElasticsearchBase(docker, version));
        return loaded;
      },
    ));
  const stop = async (): Promise<void> => {
    await docker?.stop();
    await bastion?.stop();
    await rm(folder, { recursive: true, force: true });
  };
  if (bastion === undefined || docker === undefined || bases === undefined) {
    await stop();
    return undefined;
  }
  return { docker, registryPassword, bastion, bases, folder, stop };
}
