import type {
  CreateRepositoryCommandInput,
  CreateRepositoryCommandOutput,
  DeleteLifecyclePolicyCommandInput,
  DeleteLifecyclePolicyCommandOutput,
  DeleteRepositoryCommandInput,
  DeleteRepositoryCommandOutput,
  DeleteRepositoryPolicyCommandInput,
  DeleteRepositoryPolicyCommandOutput,
  DescribeRepositoriesCommandInput,
  DescribeRepositoriesCommandOutput,
  EncryptionConfiguration,
  GetAuthorizationTokenCommandOutput,
  GetLifecyclePolicyCommandInput,
  GetLifecyclePolicyCommandOutput,
  GetRepositoryPolicyCommandInput,
  GetRepositoryPolicyCommandOutput,
  ImageScanningConfiguration,
  ImageTagMutability,
  ListTagsForResourceCommandInput,
  ListTagsForResourceCommandOutput,
  PutImageScanningConfigurationCommandInput,
  PutImageScanningConfigurationCommandOutput,
  PutImageTagMutabilityCommandInput,
  PutImageTagMutabilityCommandOutput,
  PutLifecyclePolicyCommandInput,
  PutLifecyclePolicyCommandOutput,
  Repository,
  SetRepositoryPolicyCommandInput,
  SetRepositoryPolicyCommandOutput,
  Tag,
  TagResourceCommandInput,
  UntagResourceCommandInput,
} from '@aws-sdk/client-ecr';

import { registryHost } from '../../aws/partitions.ts';
import { findKey } from '../kms/keys.ts';
import { mayUse, theCaller } from '../kms/use.ts';
import { SimulatedFailure } from '../core/failure.ts';
import { page } from '../core/operation.ts';
import { table, type World } from '../core/world.ts';

type Answer<Output> = Omit<Output, '$metadata'>;

export interface ImageRow {
  readonly digest: string;
  readonly manifest: string;
  readonly mediaType: string;
  readonly pushedAtMs: number;
  readonly sizeBytes: number;
  tags: string[];
  /** `x86_64` or `arm64`; undefined where nobody said, and then it runs anywhere. */
  readonly architecture: string | undefined;
  /** What the simulated Elasticsearch in it calls itself. */
  readonly elasticsearchVersion: string | undefined;
  /** Where its discovery looks for other nodes; undefined where nobody said, and then it finds them. */
  readonly discoveryEndpoint?: string | undefined;
}

export interface RepositoryRow {
  readonly name: string;
  readonly arn: string;
  readonly uri: string;
  readonly createdAtMs: number;
  readonly encryption: EncryptionConfiguration;
  tagMutability: ImageTagMutability;
  scanning: ImageScanningConfiguration;
  tags: Record<string, string>;
  lifecyclePolicy: string | undefined;
  policy: string | undefined;
  images: ImageRow[];
}

/** By name. */
export const repositories = table<RepositoryRow>('ecr/repositories');

/** This account's registry. */
export function ownRegistry({ accountId, region }: World): string {
  return registryHost(accountId, region);
}

/** @throws SimulatedFailure RepositoryNotFoundException */
export function requireRepository(world: World, name: string | undefined): RepositoryRow {
  const row = world.rows(repositories).get(name ?? '');
  if (row === undefined) throw repositoryNotFound(world, name);
  return row;
}

/** The repository for a write that may meet a part of ECR that has not heard of it yet. */
function requireKnownRepository(world: World, name: string | undefined): RepositoryRow {
  const row = requireRepository(world, name);
  if (row.createdAtMs + world.delays.visibleById > world.nowMs) throw repositoryNotFound(world, name);
  return row;
}

function repositoryNotFound(world: World, name = ''): SimulatedFailure {
  return new SimulatedFailure(
    'RepositoryNotFoundException',
    `The repository with name '${name}' does not exist in the registry with id '${world.accountId}'`,
  );
}

export function invalidEcrParameter(message: string): SimulatedFailure {
  return new SimulatedFailure('InvalidParameterException', message);
}

function repositoryByArn(world: World, arn: string | undefined): RepositoryRow {
  const name = /^arn:[^:]+:ecr:[^:]+:\d+:repository\/(.+)$/.exec(arn ?? '')?.[1];
  if (name === undefined) throw invalidEcrParameter(`Invalid parameter at 'resourceArn': ${arn ?? ''}`);
  return requireRepository(world, name);
}

function fromTags(tags: readonly Tag[] | undefined): Record<string, string> {
  return Object.fromEntries((tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? '']));
}

function toRepository(world: World, row: RepositoryRow): Repository {
  return {
    repositoryArn: row.arn,
    registryId: world.accountId,
    repositoryName: row.name,
    repositoryUri: row.uri,
    createdAt: new Date(row.createdAtMs),
    imageTagMutability: row.tagMutability,
    imageScanningConfiguration: row.scanning,
    encryptionConfiguration: row.encryption,
  };
}

/** ECR keeps a policy as compact JSON and refuses what is none. */
function compactJson(text: string | undefined): string {
  try {
    return JSON.stringify(JSON.parse(text ?? ''));
  } catch {
    throw invalidEcrParameter(
      "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid JSON'",
    );
  }
}

/** ECR API reference, PutLifecyclePolicy, lifecyclePolicyText. */
const lifecycleLength = { min: 100, max: 30_720 } as const;

/** A lifecycle policy is a list of rules ("Lifecycle policy properties in Amazon ECR"); what they say is not judged here. */
function lifecycleJson(text = ''): string {
  if (text.length < lifecycleLength.min || text.length > lifecycleLength.max) {
    throw invalidEcrParameter(
      `Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Member must have length between ${lifecycleLength.min} and ${lifecycleLength.max}, inclusive'`,
    );
  }
  const compact = compactJson(text);
  const policy: unknown = JSON.parse(compact);
  const hasRules =
    typeof policy === 'object' && policy !== null && 'rules' in policy && Array.isArray(policy.rules);
  if (hasRules) return compact;
  throw invalidEcrParameter(
    "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure'",
  );
}

const namePattern = /^(?=.{2,256}$)[a-z0-9]+([._-][a-z0-9]+)*(\/[a-z0-9]+([._-][a-z0-9]+)*)*$/;

/**
 * ECR makes two grants on a key in the name of whoever makes the repository ("Encryption at rest", Required IAM permissions).
 *
 * @throws SimulatedFailure KmsException
 */
function checkKey(world: World, encryption: EncryptionConfiguration | undefined): void {
  if (encryption?.encryptionType !== 'KMS') return;
  const key = findKey(world, encryption.kmsKey ?? 'alias/aws/ecr');
  const failed = (why: string): SimulatedFailure =>
    new SimulatedFailure('KmsException', `The operation failed due to a KMS exception: ${why}`);
  if (key === undefined) throw failed('NotFoundException');
  if (key.manager === 'AWS') return;
  if (key.state !== 'Enabled') throw failed('KMSInvalidStateException');
  if (key.spec !== 'SYMMETRIC_DEFAULT') throw failed('InvalidKeyUsageException');
  const uses = ['kms:CreateGrant', 'kms:DescribeKey'].map((action) => ({ action, via: 'ecr' }));
  if (!mayUse(world, key, { user: theCaller(world), uses })) throw failed('AccessDeniedException');
}

/** With the repository its grants go, in the name of whoever deletes it (aws/containers-roadmap issue 1152). */
function checkRetirement(world: World, { encryption }: RepositoryRow): void {
  const key = findKey(world, encryption.kmsKey ?? 'alias/aws/ecr');
  if (encryption.encryptionType !== 'KMS' || key === undefined || key.manager === 'AWS') return;
  const uses = [{ action: 'kms:RetireGrant', via: 'ecr' }];
  if (mayUse(world, key, { user: theCaller(world), uses })) return;
  throw new SimulatedFailure(
    'KmsException',
    'The operation failed due to a KMS exception: AccessDeniedException',
  );
}

const registryOperations = {
  CreateRepository(world: World, input: CreateRepositoryCommandInput): Answer<CreateRepositoryCommandOutput> {
    const name = input.repositoryName ?? '';
    if (!namePattern.test(name)) {
      throw invalidEcrParameter(
        `Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression': ${name}`,
      );
    }
    if (world.rows(repositories).has(name)) {
      throw new SimulatedFailure(
        'RepositoryAlreadyExistsException',
        `The repository with name '${name}' already exists in the registry with id '${world.accountId}'`,
      );
    }
    checkKey(world, input.encryptionConfiguration);
    const row: RepositoryRow = {
      name,
      arn: `arn:${world.partition}:ecr:${world.region}:${world.accountId}:repository/${name}`,
      uri: `${ownRegistry(world)}/${name}`,
      createdAtMs: world.nowMs,
      encryption: input.encryptionConfiguration ?? { encryptionType: 'AES256' },
      tagMutability: input.imageTagMutability ?? 'MUTABLE',
      scanning: input.imageScanningConfiguration ?? { scanOnPush: false },
      tags: fromTags(input.tags),
      lifecyclePolicy: undefined,
      policy: undefined,
      images: [],
    };
    world.rows(repositories).set(name, row);
    return { repository: toRepository(world, row) };
  },

  DescribeRepositories(
    world: World,
    input: DescribeRepositoriesCommandInput,
  ): Answer<DescribeRepositoriesCommandOutput> {
    const found = input.repositoryNames?.map((name) => requireRepository(world, name)) ?? [
      ...world.rows(repositories).values(),
    ];
    const { items, nextToken } = page(found, input.nextToken, input.maxResults, 100);
    return { repositories: items.map((row) => toRepository(world, row)), nextToken };
  },

  DeleteRepository(world: World, input: DeleteRepositoryCommandInput): Answer<DeleteRepositoryCommandOutput> {
    const row = requireRepository(world, input.repositoryName);
    if (row.images.length > 0 && input.force !== true) {
      throw new SimulatedFailure(
        'RepositoryNotEmptyException',
        `The repository with name '${row.name}' in registry with id '${world.accountId}' cannot be deleted because it still contains images`,
      );
    }
    checkRetirement(world, row);
    world.rows(repositories).delete(row.name);
    return { repository: toRepository(world, row) };
  },

  GetAuthorizationToken(world: World): Answer<GetAuthorizationTokenCommandOutput> {
    return {
      authorizationData: [
        {
          authorizationToken: Buffer.from(`AWS:simulated-${world.next()}`).toString('base64'),
          expiresAt: new Date(world.nowMs + 12 * 3_600_000),
          proxyEndpoint: `https://${ownRegistry(world)}`,
        },
      ],
    };
  },

  PutImageScanningConfiguration(
    world: World,
    input: PutImageScanningConfigurationCommandInput,
  ): Answer<PutImageScanningConfigurationCommandOutput> {
    const row = requireRepository(world, input.repositoryName);
    row.scanning = input.imageScanningConfiguration ?? { scanOnPush: false };
    return {
      registryId: world.accountId,
      repositoryName: row.name,
      imageScanningConfiguration: row.scanning,
    };
  },

  PutImageTagMutability(
    world: World,
    input: PutImageTagMutabilityCommandInput,
  ): Answer<PutImageTagMutabilityCommandOutput> {
    const row = requireRepository(world, input.repositoryName);
    row.tagMutability = input.imageTagMutability ?? 'MUTABLE';
    return { registryId: world.accountId, repositoryName: row.name, imageTagMutability: row.tagMutability };
  },

  TagResource(world: World, input: TagResourceCommandInput): object {
    const row = repositoryByArn(world, input.resourceArn);
    row.tags = { ...row.tags, ...fromTags(input.tags) };
    return {};
  },

  UntagResource(world: World, input: UntagResourceCommandInput): object {
    const row = repositoryByArn(world, input.resourceArn);
    row.tags = Object.fromEntries(
      Object.entries(row.tags).filter(([key]) => !(input.tagKeys ?? []).includes(key)),
    );
    return {};
  },

  ListTagsForResource(
    world: World,
    input: ListTagsForResourceCommandInput,
  ): Answer<ListTagsForResourceCommandOutput> {
    const row = repositoryByArn(world, input.resourceArn);
    return { tags: Object.entries(row.tags).map(([Key, Value]) => ({ Key, Value })) };
  },
} as const;

const policyOperations = {
  PutLifecyclePolicy(
    world: World,
    input: PutLifecyclePolicyCommandInput,
  ): Answer<PutLifecyclePolicyCommandOutput> {
    const row = requireKnownRepository(world, input.repositoryName);
    row.lifecyclePolicy = lifecycleJson(input.lifecyclePolicyText);
    return {
      registryId: world.accountId,
      repositoryName: row.name,
      lifecyclePolicyText: row.lifecyclePolicy,
    };
  },

  GetLifecyclePolicy(
    world: World,
    input: GetLifecyclePolicyCommandInput,
  ): Answer<GetLifecyclePolicyCommandOutput> {
    const row = requireRepository(world, input.repositoryName);
    return {
      registryId: world.accountId,
      repositoryName: row.name,
      lifecyclePolicyText: present(world, row, 'lifecyclePolicy'),
      lastEvaluatedAt: new Date(world.nowMs),
    };
  },

  DeleteLifecyclePolicy(
    world: World,
    input: DeleteLifecyclePolicyCommandInput,
  ): Answer<DeleteLifecyclePolicyCommandOutput> {
    const row = requireRepository(world, input.repositoryName);
    const lifecyclePolicyText = present(world, row, 'lifecyclePolicy');
    row.lifecyclePolicy = undefined;
    return { registryId: world.accountId, repositoryName: row.name, lifecyclePolicyText };
  },

  SetRepositoryPolicy(
    world: World,
    input: SetRepositoryPolicyCommandInput,
  ): Answer<SetRepositoryPolicyCommandOutput> {
    const row = requireRepository(world, input.repositoryName);
    row.policy = compactJson(input.policyText);
    return { registryId: world.accountId, repositoryName: row.name, policyText: row.policy };
  },

  GetRepositoryPolicy(
    world: World,
    input: GetRepositoryPolicyCommandInput,
  ): Answer<GetRepositoryPolicyCommandOutput> {
    const row = requireRepository(world, input.repositoryName);
    return {
      registryId: world.accountId,
      repositoryName: row.name,
      policyText: present(world, row, 'policy'),
    };
  },

  DeleteRepositoryPolicy(
    world: World,
    input: DeleteRepositoryPolicyCommandInput,
  ): Answer<DeleteRepositoryPolicyCommandOutput> {
    const row = requireRepository(world, input.repositoryName);
    const policyText = present(world, row, 'policy');
    row.policy = undefined;
    return { registryId: world.accountId, repositoryName: row.name, policyText };
  },
} as const;

/** @throws SimulatedFailure LifecyclePolicyNotFoundException, RepositoryPolicyNotFoundException */
function present(world: World, row: RepositoryRow, which: 'policy' | 'lifecyclePolicy'): string {
  const text = row[which];
  if (text !== undefined) return text;
  const [code, words] =
    which === 'policy'
      ? ['RepositoryPolicyNotFoundException', 'Repository policy']
      : ['LifecyclePolicyNotFoundException', 'Lifecycle policy'];
  throw new SimulatedFailure(
    code,
    `${words} does not exist for the repository with name '${row.name}' in the registry with id '${world.accountId}'`,
  );
}

/** Repositories of a private registry, as the ECR API reference describes them. */
export const repositoryOperations = { ...registryOperations, ...policyOperations } as const;
