import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeRepositoriesCommand,
  type ECRClient,
  GetLifecyclePolicyCommand,
  ListTagsForResourceCommand,
  PutImageScanningConfigurationCommand,
  PutImageTagMutabilityCommand,
  PutLifecyclePolicyCommand,
  type Repository as SdkRepository,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-ecr';

import type { Clients } from '../../aws/clients.ts';
import type { Collection, Depth } from '../../aws/inventory.ts';
import { samePolicy } from '../../aws/policy.ts';
import { diffTags, fromCapitalTags, type Tags, type TagWriter, toCapitalTags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { Change, Resource } from '../../engine/resource.ts';
import { invariant } from '../../errors.ts';
import { ownTags, type StepContext } from '../context.ts';
import { keptKey } from '../encryption/key.ts';
import { repositoryName } from '../names.ts';
import { brief } from '../waits.ts';

export interface RepositoryDesired {
  readonly repositoryName: string;
  readonly scansOnPush: boolean;
  readonly tagMutability: string;
  /** JSON. */
  readonly lifecyclePolicy: string;
  /** Of the customer key; undefined: a key of AWS's own, without KMS. */
  readonly keyArn: string | undefined;
  readonly tags: Tags;
}

export interface Repository {
  readonly repositoryName: string;
  readonly repositoryArn: string;
  /** Without a tag. */
  readonly repositoryUri: string;
  readonly scansOnPush: boolean;
  readonly tagMutability: string;
  readonly lifecyclePolicy: string | undefined;
  readonly keyArn: string | undefined;
  readonly tags: Tags;
}

const missing = ['RepositoryNotFoundException'];

/** Images that are kept; those before are of versions that nobody goes back to. */
const keptImages = 10;

/** "Expire" is the one action there is; the newest by push stay. */
const lifecyclePolicy = {
  rules: [
    {
      rulePriority: 1,
      description: `keep the last ${String(keptImages)} images`,
      selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: keptImages },
      action: { type: 'expire' },
    },
  ],
} as const;

const repositories: Collection<Repository> = {
  name: 'ECR repositories',
  byIds: async (clients, names, depth) => {
    const found = await Promise.all(names.map((name) => read(clients, name, depth)));
    return found.filter((repository) => repository !== undefined);
  },
  chunk: 20,
  id: (repository) => repository.repositoryName,
  tags: (repository) => repository.tags,
};

/**
 * Where the nodes' image is kept. Tags are immutable: a tag is the hash of what is in the image, so the same tag for another
 * image would be a lie. Its name is unique in the registry, so a repeated create makes no second one. Storage costs by the GiB; `destroy` takes the images along, which can be built again.
 */
export function repository(context: StepContext): Resource<RepositoryDesired, Repository> {
  const address = 'image/repository';
  const name = repositoryName(context.config);
  const { ecr } = context.clients;
  return {
    address,
    needs: {},
    waits: { ...brief, for: 'the repository' },
    provenByAnswers: true,
    // The lifecycle policy of a repository that was made a moment ago.
    createRetries: { names: missing, limitMs: 60_000 },
    desired: () => ({
      repositoryName: name,
      scansOnPush: true,
      tagMutability: 'IMMUTABLE',
      lifecyclePolicy: JSON.stringify(lifecyclePolicy),
      keyArn: context.facts.key?.arn,
      tags: ownTags(context, address),
    }),
    find: (sight) => context.inventory.find(repositories, address, { ...sight, name }),
    id: (observed) => observed.repositoryName,
    phase: () => 'ready',
    diff: (desired, observed) => [
      ...settingChanges(ecr, desired, observed),
      ...lifecycleChange(ecr, desired, observed),
      ...diffTags(desired.tags, observed.tags, {
        ...repositoryTags(ecr, observed.repositoryArn),
        former: context.formerTags,
      }),
    ],
    kept: (_desired, { keyArn }) =>
      keptKey(
        context.facts.key,
        keyArn,
        `ECR cannot give a repository another; aws ecr delete-repository --force --repository-name ${name}  and es-ecs up  make it anew, with its images`,
      ),
    create: async (desired) => {
      const { repository: made } = await ecr.send(
        new CreateRepositoryCommand({
          repositoryName: desired.repositoryName,
          imageTagMutability: 'IMMUTABLE',
          imageScanningConfiguration: { scanOnPush: desired.scansOnPush },
          encryptionConfiguration:
            desired.keyArn === undefined
              ? { encryptionType: 'AES256' }
              : { encryptionType: 'KMS', kmsKey: desired.keyArn },
          tags: toCapitalTags(desired.tags),
        }),
      );
      invariant(made?.repositoryName, 'CreateRepository answers with a name');
      return {
        id: made.repositoryName,
        observed: toRepository(made, { lifecyclePolicy: undefined, tags: desired.tags }),
      };
    },
    once: { by: 'name', refusals: ['RepositoryAlreadyExistsException'] },
    goneWhenAnswered: true,
    destroy: async (observed) => {
      await unless(
        missing,
        ecr.send(new DeleteRepositoryCommand({ repositoryName: observed.repositoryName, force: true })),
      );
    },
  };
}

function settingChanges(ecr: ECRClient, desired: RepositoryDesired, observed: Repository): readonly Change[] {
  const { repositoryName: name } = desired;
  const change = (path: string, values: readonly [string, string], apply: () => Promise<void>): Change[] => {
    const [before, after] = values;
    return before === after ? [] : [{ path, before, after, impact: 'in-place', apply }];
  };
  return [
    ...change('scanOnPush', [String(observed.scansOnPush), String(desired.scansOnPush)], async () => {
      await ecr.send(
        new PutImageScanningConfigurationCommand({
          repositoryName: name,
          imageScanningConfiguration: { scanOnPush: desired.scansOnPush },
        }),
      );
    }),
    ...change('imageTagMutability', [observed.tagMutability, desired.tagMutability], async () => {
      await ecr.send(
        new PutImageTagMutabilityCommand({ repositoryName: name, imageTagMutability: 'IMMUTABLE' }),
      );
    }),
  ];
}

function lifecycleChange(
  ecr: ECRClient,
  desired: RepositoryDesired,
  observed: Repository,
): readonly Change[] {
  const before = observed.lifecyclePolicy;
  if (before !== undefined && samePolicy(before, desired.lifecyclePolicy)) return [];
  return [
    {
      path: 'lifecyclePolicy',
      before,
      after: desired.lifecyclePolicy,
      impact: 'in-place',
      apply: () => putLifecycle(ecr, desired),
      becomes: (before: Repository): Repository => ({ ...before, lifecyclePolicy: desired.lifecyclePolicy }),
    },
  ];
}

async function putLifecycle(ecr: ECRClient, desired: RepositoryDesired): Promise<void> {
  const { repositoryName: name, lifecyclePolicy: lifecyclePolicyText } = desired;
  await ecr.send(new PutLifecyclePolicyCommand({ repositoryName: name, lifecyclePolicyText }));
}

function repositoryTags(ecr: ECRClient, resourceArn: string): TagWriter {
  return {
    set: async (tags) => {
      await ecr.send(new TagResourceCommand({ resourceArn, tags: toCapitalTags(tags) }));
    },
    unset: async (keys) => {
      await ecr.send(new UntagResourceCommand({ resourceArn, tagKeys: [...keys] }));
    },
  };
}

async function read({ ecr }: Clients, name: string, depth: Depth): Promise<Repository | undefined> {
  const answer = await unless(
    missing,
    ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [name] })),
  );
  const found = answer?.repositories?.[0];
  if (found === undefined) return undefined;
  const repositoryArn = found.repositoryArn ?? '';
  const [lifecycle, tags] = await Promise.all([
    depth === 'there'
      ? undefined
      : unless(
          ['LifecyclePolicyNotFoundException', ...missing],
          ecr.send(new GetLifecyclePolicyCommand({ repositoryName: name })),
        ),
    unless(missing, ecr.send(new ListTagsForResourceCommand({ resourceArn: repositoryArn }))),
  ]);
  return toRepository(found, {
    lifecyclePolicy: lifecycle?.lifecyclePolicyText,
    tags: fromCapitalTags(tags?.tags),
  });
}

/** @param apart what other calls tell of it */
function toRepository(found: SdkRepository, apart: Pick<Repository, 'lifecyclePolicy' | 'tags'>): Repository {
  return {
    repositoryName: found.repositoryName ?? '',
    repositoryArn: found.repositoryArn ?? '',
    repositoryUri: found.repositoryUri ?? '',
    scansOnPush: found.imageScanningConfiguration?.scanOnPush ?? false,
    tagMutability: found.imageTagMutability ?? 'MUTABLE',
    keyArn: found.encryptionConfiguration?.kmsKey,
    ...apart,
  };
}
