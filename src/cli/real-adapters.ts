import { createSecretMaker } from '../certificates/secret-maker.ts';
import type { Config } from '../config/config.ts';
import { createImageBuilder } from '../docker/image-builder.ts';
import { runProgram } from '../docker/run.ts';
import type { Clock } from '../engine/clock.ts';
import { createKeyStore } from '../ssh/key-store.ts';
import type { Adapters } from '../steps/adapters.ts';
import { ownVersion } from './main.ts';

export interface RealAdapterOptions {
  readonly config: Config;
  readonly keyFile: string;
  readonly clock: Clock;
}

/** The real ways to build images, keep keys and make secrets. */
export function createRealAdapters(options: RealAdapterOptions): Adapters {
  const { config, clock } = options;
  return {
    images: createImageBuilder({ config, run: runProgram, version: ownVersion() }),
    keys: createKeyStore({ file: options.keyFile, comment: `es-ecs ${config.name}` }),
    secrets: createSecretMaker(() => clock.now()),
    // There is no way in to Elasticsearch on a real account yet: ECS's word, every task healthy, is the last gate.
    cluster: { connect: () => Promise.resolve(undefined) },
  };
}
