import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  GetAuthorizationTokenCommand,
} from '@aws-sdk/client-ecr';

import type { Clients } from '../../aws/clients.ts';
import type { Collection } from '../../aws/inventory.ts';
import { clusterTag, type Tags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import { imageTag } from '../../docker/image-builder.ts';
import type { Address, Resource } from '../../engine/resource.ts';
import { EsEcsError } from '../../errors.ts';
import type { ImageOrder } from '../adapters.ts';
import type { StepContext } from '../context.ts';
import type { Architecture } from '../facts.ts';
import { repositoryName } from '../names.ts';
import { brief } from '../waits.ts';
import type { Repository } from './repository.ts';

export interface ImageDesired {
  readonly repositoryUri: string;
  /** The hash of all that the image is made of. */
  readonly tag: string;
}

export interface Image {
  /** `<repository>:<tag>`. */
  readonly key: string;
  /** `sha256:…` */
  readonly digest: string;
  readonly tags: Tags;
}

const missing = ['RepositoryNotFoundException', 'ImageNotFoundException'];

export type ImageNeeds = { readonly repository: Resource<unknown, Repository> };

/**
 * Images by their tag. BatchGetImage leaves out what does not exist, where DescribeImages refuses the whole batch. An image has
 * no tags of the account's kind: what is in the cluster's repository is the cluster's.
 */
const images: Collection<Image> = {
  name: 'images',
  byIds: (clients, keys) => read(clients, keys),
  chunk: 100,
  id: (image) => image.key,
  tags: (image) => image.tags,
};

/** What an image is for. */
export interface ImageOptions {
  readonly address: Address;
  readonly architecture: Architecture;
}

/**
 * The nodes' image for one kind of processor: built here, pushed, and found again by the hash of its contents, so that the same
 * config never builds twice. It is run by its digest, which is its id. It goes with its repository. A push that is repeated finds its
 * tag taken by the same contents: tags are immutable. The digest is ECR's word for the tag after the push, and nobody else's.
 */
export function image(
  context: StepContext,
  options: ImageOptions,
  needs: ImageNeeds,
): Resource<ImageDesired, Image, ImageNeeds> {
  const { address, architecture } = options;
  const { config, adapters, clients } = context;
  const tag = (): string => imageTag({ config, architecture });
  const look = (fresh: boolean): Promise<Image | undefined> => {
    // By the tag and never by the remembered digest, which may be that of the image before.
    const name = `${repositoryName(config)}:${tag()}`;
    return context.inventory.find(images, address, { id: undefined, fresh, name });
  };
  return {
    address,
    needs,
    waits: { ...brief, for: 'the image' },
    desired: ({ repository }) => ({ repositoryUri: repository.repositoryUri, tag: tag() }),
    find: ({ fresh }) => look(fresh),
    id: (observed) => observed.digest,
    phase: () => 'ready',
    diff: () => [],
    preflight: () => adapters.images.check(),
    // With its repository, which takes the images of older configs along.
    goneWhenAnswered: true,
    destroy: async (observed) => {
      const colon = observed.key.lastIndexOf(':');
      await unless(
        missing,
        clients.ecr.send(
          new BatchDeleteImageCommand({
            repositoryName: observed.key.slice(0, colon),
            imageIds: [{ imageTag: observed.key.slice(colon + 1) }],
          }),
        ),
      );
    },
    create: async (desired) => {
      const login = await logIn(clients);
      const { repositoryUri } = desired;
      const elasticsearchVersion = config.elasticsearch.version;
      const failure = await failureOf(
        adapters.images.buildAndPush({
          repositoryUri,
          tag: desired.tag,
          architecture,
          elasticsearchVersion,
          login,
        }),
      );
      // Whose push it was is all one: under the tag is what it says, pushed by another run meanwhile, or by ours though its end
      // was not seen.
      const pushed = await look(true);
      if (pushed !== undefined) return { id: pushed.digest };
      throw failure ?? unknownToRegistry(`${repositoryUri}:${desired.tag}`);
    },
  };
}

/**
 * What a build or a push failed with, undefined where it did not.
 *
 * @throws whatever is no failure of theirs: an interruption
 */
async function failureOf(work: Promise<void>): Promise<EsEcsError | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof EsEcsError && error.code === 'IMAGE_BUILD') return error;
    throw error;
  }
}

function unknownToRegistry(reference: string): EsEcsError {
  return new EsEcsError('IMAGE_BUILD', `${reference} was pushed, and ECR has no image of that tag`, {
    hint: 'es-ecs up  looks again, and pushes again where it must',
  });
}

/** @throws EsEcsError IMAGE_BUILD when ECR gives a token that is none */
async function logIn({ ecr }: Clients): Promise<ImageOrder['login']> {
  const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
  const [data] = authorizationData ?? [];
  const decoded = Buffer.from(data?.authorizationToken ?? '', 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon < 0 || data?.proxyEndpoint === undefined) {
    throw new EsEcsError('IMAGE_BUILD', 'ECR gives no usable authorization token', {
      hint: 'aws ecr get-login-password  shows whether these credentials get one',
    });
  }
  return {
    registry: data.proxyEndpoint.replace(/^https?:\/\//, ''),
    user: decoded.slice(0, colon),
    password: decoded.slice(colon + 1),
  };
}

async function read({ ecr }: Clients, keys: readonly string[]): Promise<readonly Image[]> {
  const colon = keys[0]?.lastIndexOf(':') ?? 0;
  const repository = keys[0]?.slice(0, colon) ?? '';
  const answer = await unless(
    missing,
    ecr.send(
      new BatchGetImageCommand({
        repositoryName: repository,
        imageIds: keys.map((key) => ({ imageTag: key.slice(colon + 1) })),
      }),
    ),
  );
  return (answer?.images ?? []).map((found) => ({
    key: `${repository}:${found.imageId?.imageTag ?? ''}`,
    digest: found.imageId?.imageDigest ?? '',
    tags: { [clusterTag]: repository.replace(/^es-ecs\//, '') },
  }));
}
