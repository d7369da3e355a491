import type { Clock } from '../../engine/clock.ts';
import type { World } from '../core/world.ts';
import { pushImage } from './images.ts';
import { requireRepository } from './repositories.ts';

/** What is to be built; the product's order carries more, which a simulated build does not need. */
export interface SimulatedImageOrder {
  readonly repositoryUri: string;
  readonly tag: string;
  readonly architecture: string;
  readonly elasticsearchVersion: string;
}

/** Builds in virtual time and pushes into the simulated ECR; fits the product's `ImageBuilder`. */
export interface SimulatedImageBuilder {
  check(): Promise<void>;
  buildAndPush(order: SimulatedImageOrder): Promise<void>;
}

/** A build and a push over a usual line, with the base image there. */
const buildMs = 30_000;

/** An image builder for an account; the same order gives the same image. */
export function simulatedImageBuilder(account: {
  readonly world: World;
  readonly clock: Clock;
}): SimulatedImageBuilder {
  const { world, clock } = account;
  return {
    check: () => Promise.resolve(),
    async buildAndPush(order) {
      await clock.sleep(world.vary(buildMs));
      world.catchUp();
      const name = order.repositoryUri.slice(order.repositoryUri.indexOf('/') + 1);
      const manifest = JSON.stringify({
        schemaVersion: 2,
        mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
        annotations: {
          tag: order.tag,
          architecture: order.architecture,
          elasticsearch: order.elasticsearchVersion,
        },
      });
      const repository = requireRepository(world, name);
      const known = repository.images.find(
        (one) => one.manifest === manifest && one.tags.includes(order.tag),
      );
      // A registry takes the same push again without a word; only PutImage minds.
      if (known === undefined) pushImage(world, repository, { ...order, manifest });
    },
  };
}
