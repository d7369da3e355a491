import { EsEcsError } from '../../errors.ts';
import type { SimulatedAccount } from '../account.ts';
import { pushImage } from './images.ts';
import { SimulatedFailure } from '../core/failure.ts';
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

/** What a push asks for, in its order ("IAM permissions for pushing an image to an Amazon ECR private repository"). */
const pushOperations = [
  'BatchGetImage',
  'BatchCheckLayerAvailability',
  'InitiateLayerUpload',
  'UploadLayerPart',
  'CompleteLayerUpload',
  'PutImage',
];

/** Whoever pushes is held against the caller's permissions, as his token is the caller's. */
function checkPush(authorize: SimulatedAccount['authorize'], repositoryName: string): void {
  try {
    for (const operation of pushOperations)
      authorize({ service: 'ECR', operation, input: { repositoryName } });
  } catch (error) {
    if (!(error instanceof SimulatedFailure)) throw error;
    // In the words of a registry, which a program that pushes prints.
    throw new EsEcsError('IMAGE_BUILD', `the image cannot be pushed\ndenied: ${error.message}`, {
      hint: 'have the action allowed for these credentials, and run again',
    });
  }
}

/**
 * An image builder for an account; the same order gives the same image.
 *
 * @param elasticsearchYml what lies in the image, as far as the simulated Elasticsearch acts on it: where discovery looks.
 */
export function simulatedImageBuilder(
  account: Pick<SimulatedAccount, 'world' | 'clock' | 'authorize'>,
  elasticsearchYml = '',
): SimulatedImageBuilder {
  const { world, clock, authorize } = account;
  const discoveryEndpoint = /^discovery\.ec2\.endpoint: "(.+)"$/m.exec(elasticsearchYml)?.[1];
  return {
    check: () => Promise.resolve(),
    async buildAndPush(order) {
      await clock.sleep(world.vary(buildMs));
      world.catchUp();
      const name = order.repositoryUri.slice(order.repositoryUri.indexOf('/') + 1);
      checkPush(authorize, name);
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
      if (known === undefined) pushImage(world, repository, { ...order, manifest, discoveryEndpoint });
    },
  };
}
