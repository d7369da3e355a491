import { createHash } from 'node:crypto';

import type {
  BatchDeleteImageCommandInput,
  BatchDeleteImageCommandOutput,
  BatchGetImageCommandInput,
  BatchGetImageCommandOutput,
  DescribeImagesCommandInput,
  DescribeImagesCommandOutput,
  Image,
  ImageDetail,
  ImageFailure,
  ImageIdentifier,
  ListImagesCommandInput,
  ListImagesCommandOutput,
  PutImageCommandInput,
  PutImageCommandOutput,
} from '@aws-sdk/client-ecr';

import { SimulatedFailure } from '../core/failure.ts';
import { page } from '../core/operation.ts';
import type { World } from '../core/world.ts';
import {
  type ImageRow,
  invalidEcrParameter,
  ownRegistry,
  repositories,
  type RepositoryRow,
  requireRepository,
} from './repositories.ts';

type Answer<Output> = Omit<Output, '$metadata'>;

/** An image of this account's registry, as a task definition names it. */
export interface ImageReference {
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/** Undefined for an image that another registry has. */
export function parseImageReference(world: World, image: string): ImageReference | undefined {
  const prefix = `${ownRegistry(world)}/`;
  if (!image.startsWith(prefix)) return undefined;
  const [name = '', digest] = image.slice(prefix.length).split('@');
  const [repository = '', tag] = name.split(':');
  return { repository, digest, tag: tag ?? (digest === undefined ? 'latest' : undefined) };
}

/** What stands under a reference; a digest wins over a tag. */
export function findImage(world: World, reference: ImageReference): ImageRow | 'no-repository' | undefined {
  const repository = world.rows(repositories).get(reference.repository);
  if (repository === undefined) return 'no-repository';
  return imageOf(repository, { imageDigest: reference.digest, imageTag: reference.tag });
}

function imageOf(repository: RepositoryRow, id: ImageIdentifier): ImageRow | undefined {
  const { imageDigest: digest, imageTag: tag } = id;
  return repository.images.find(
    (one) =>
      (digest === undefined || one.digest === digest) &&
      (tag === undefined || digest !== undefined || one.tags.includes(tag)),
  );
}

/** An image as it is pushed. */
export interface Push {
  readonly manifest: string;
  readonly mediaType?: string | undefined;
  readonly tag?: string | undefined;
  readonly digest?: string | undefined;
  readonly architecture?: string | undefined;
  readonly elasticsearchVersion?: string | undefined;
  readonly discoveryEndpoint?: string | undefined;
}

const defaultMediaType = 'application/vnd.docker.distribution.manifest.v2+json';

/**
 * Puts an image into a repository and moves its tag, as a push or PutImage does.
 *
 * @throws SimulatedFailure ImageAlreadyExistsException, ImageTagAlreadyExistsException, ImageDigestDoesNotMatchException
 */
export function pushImage(world: World, repository: RepositoryRow, push: Push): ImageRow {
  const digest = `sha256:${createHash('sha256').update(push.manifest).digest('hex')}`;
  if (push.digest !== undefined && push.digest !== digest) {
    throw new SimulatedFailure(
      'ImageDigestDoesNotMatchException',
      `The digest ${push.digest} is not the manifest's`,
    );
  }
  const { tag } = push;
  const known = repository.images.find((one) => one.digest === digest);
  if (known !== undefined && (tag === undefined || known.tags.includes(tag))) {
    throw new SimulatedFailure(
      'ImageAlreadyExistsException',
      `Image with digest '${digest}' and tag '${tag ?? ''}' already exists in the repository with name '${repository.name}' in registry with id '${world.accountId}'`,
    );
  }
  const holder = tag === undefined ? undefined : repository.images.find((one) => one.tags.includes(tag));
  if (holder !== undefined && repository.tagMutability.startsWith('IMMUTABLE')) {
    throw new SimulatedFailure(
      'ImageTagAlreadyExistsException',
      `The image tag '${tag ?? ''}' already exists in the '${repository.name}' repository and cannot be overwritten because the repository is immutable.`,
    );
  }
  if (holder !== undefined) holder.tags = holder.tags.filter((one) => one !== tag);
  const row: ImageRow = known ?? {
    digest,
    manifest: push.manifest,
    mediaType: push.mediaType ?? defaultMediaType,
    pushedAtMs: world.nowMs,
    sizeBytes: 650_000_000,
    tags: [],
    architecture: push.architecture,
    elasticsearchVersion: push.elasticsearchVersion,
    ...(push.discoveryEndpoint === undefined ? {} : { discoveryEndpoint: push.discoveryEndpoint }),
  };
  if (known === undefined) repository.images.push(row);
  if (tag !== undefined) row.tags.push(tag);
  return row;
}

function toDetail(world: World, repository: RepositoryRow, row: ImageRow): ImageDetail {
  return {
    registryId: world.accountId,
    repositoryName: repository.name,
    imageDigest: row.digest,
    imageTags: row.tags.length === 0 ? undefined : row.tags,
    imageSizeInBytes: row.sizeBytes,
    imagePushedAt: new Date(row.pushedAtMs),
    imageManifestMediaType: row.mediaType,
  };
}

function notFound(world: World, repository: RepositoryRow, id: ImageIdentifier): SimulatedFailure {
  return new SimulatedFailure(
    'ImageNotFoundException',
    `The image with imageId {imageDigest:'${id.imageDigest ?? 'null'}', imageTag:'${id.imageTag ?? 'null'}'} does not exist within the repository with name '${repository.name}' in the registry with id '${world.accountId}'`,
  );
}

function failureOf(imageId: ImageIdentifier): ImageFailure {
  return { imageId, failureCode: 'ImageNotFound', failureReason: 'Requested image not found' };
}

/** A tag of a mutable repository, untagged images: as the filter's `tagStatus` says. */
function passesFilter(row: ImageRow, status: string | undefined): boolean {
  if (status === 'TAGGED') return row.tags.length > 0;
  return status === 'UNTAGGED' ? row.tags.length === 0 : true;
}

/** Images, as the ECR API reference describes them. */
export const imageOperations = {
  PutImage(world: World, input: PutImageCommandInput): Answer<PutImageCommandOutput> {
    const repository = requireRepository(world, input.repositoryName);
    const manifest = input.imageManifest ?? '';
    if (manifest === '') throw invalidEcrParameter("Invalid parameter at 'imageManifest'");
    const row = pushImage(world, repository, {
      manifest,
      mediaType: input.imageManifestMediaType,
      tag: input.imageTag,
      digest: input.imageDigest,
    });
    const image: Image = {
      registryId: world.accountId,
      repositoryName: repository.name,
      imageId: { imageDigest: row.digest, imageTag: input.imageTag },
      imageManifest: row.manifest,
      imageManifestMediaType: row.mediaType,
    };
    return { image };
  },

  DescribeImages(world: World, input: DescribeImagesCommandInput): Answer<DescribeImagesCommandOutput> {
    const repository = requireRepository(world, input.repositoryName);
    const asked = input.imageIds?.map((id) => {
      const row = imageOf(repository, id);
      if (row === undefined) throw notFound(world, repository, id);
      return row;
    });
    const all = repository.images.filter((row) => passesFilter(row, input.filter?.tagStatus));
    const { items, nextToken } = page([...new Set(asked ?? all)], input.nextToken, input.maxResults, 100);
    return { imageDetails: items.map((row) => toDetail(world, repository, row)), nextToken };
  },

  ListImages(world: World, input: ListImagesCommandInput): Answer<ListImagesCommandOutput> {
    const repository = requireRepository(world, input.repositoryName);
    const ids = repository.images
      .filter((row) => passesFilter(row, input.filter?.tagStatus))
      .flatMap((row): ImageIdentifier[] =>
        row.tags.length === 0
          ? [{ imageDigest: row.digest }]
          : row.tags.map((imageTag) => ({ imageDigest: row.digest, imageTag })),
      );
    const { items, nextToken } = page(ids, input.nextToken, input.maxResults, 100);
    return { imageIds: items, nextToken };
  },

  BatchGetImage(world: World, input: BatchGetImageCommandInput): Answer<BatchGetImageCommandOutput> {
    const repository = requireRepository(world, input.repositoryName);
    const images: Image[] = [];
    const failures: ImageFailure[] = [];
    for (const id of input.imageIds ?? []) {
      const row = imageOf(repository, id);
      if (row === undefined) failures.push(failureOf(id));
      else {
        images.push({
          registryId: world.accountId,
          repositoryName: repository.name,
          imageId: { ...id, imageDigest: row.digest },
          imageManifest: row.manifest,
          imageManifestMediaType: row.mediaType,
        });
      }
    }
    return { images, failures };
  },

  /** By tag alone only the tag goes, and the image with its last one. */
  BatchDeleteImage(world: World, input: BatchDeleteImageCommandInput): Answer<BatchDeleteImageCommandOutput> {
    const repository = requireRepository(world, input.repositoryName);
    const imageIds: ImageIdentifier[] = [];
    const failures: ImageFailure[] = [];
    for (const id of input.imageIds ?? []) {
      const row = imageOf(repository, id);
      if (row === undefined) {
        failures.push(failureOf(id));
        continue;
      }
      imageIds.push({ ...id, imageDigest: row.digest });
      row.tags = id.imageDigest === undefined ? row.tags.filter((tag) => tag !== id.imageTag) : [];
      if (row.tags.length === 0) repository.images = repository.images.filter((one) => one !== row);
    }
    return { imageIds, failures };
  },
} as const;
