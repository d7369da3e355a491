import { createHash } from 'node:crypto';

import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeRepositoriesCommand,
  GetAuthorizationTokenCommand,
  GetLifecyclePolicyCommand,
  ListTagsForResourceCommand,
  PutImageCommand,
  PutImageScanningConfigurationCommand,
  PutImageTagMutabilityCommand,
  PutLifecyclePolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-ecr';

import type { Clients } from '../../../src/aws/clients.ts';
import { given, outcome, tagsOf } from '../case.ts';
import type { ContractCase } from '../case.ts';

const lifecycle = JSON.stringify({
  rules: [
    {
      rulePriority: 1,
      description: 'the last ten',
      selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 10 },
      action: { type: 'expire' },
    },
  ],
});
const mediaType = 'application/vnd.docker.distribution.manifest.v2+json';

function manifest(digit: string): string {
  const digest = `sha256:${digit.repeat(64)}`;
  return JSON.stringify({
    schemaVersion: 2,
    mediaType,
    config: { mediaType: 'application/vnd.docker.container.image.v1+json', size: 10, digest },
    layers: [{ mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip', size: 10, digest }],
  });
}

function make({ ecr }: Clients, repositoryName: string) {
  return ecr.send(
    new CreateRepositoryCommand({
      repositoryName,
      imageTagMutability: 'IMMUTABLE',
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfiguration: { encryptionType: 'AES256' },
      tags: [{ Key: 'es-ecs-cluster', Value: 'search' }],
    }),
  );
}

async function look({ ecr }: Clients, name: string) {
  return (await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [name] }))).repositories?.[0];
}

function put({ ecr }: Clients, repositoryName: string, image: { imageTag: string; digit: string }) {
  const imageManifest = manifest(image.digit);
  return ecr.send(
    new PutImageCommand({
      repositoryName,
      imageManifest,
      imageManifestMediaType: mediaType,
      imageTag: image.imageTag,
    }),
  );
}

export const ecrCases: readonly ContractCase[] = [
  {
    name: 'repository: create, look at it, delete it',
    calls: ['ECR:CreateRepository', 'ECR:DescribeRepositories', 'ECR:DeleteRepository'],
    expected: {
      'name, ARN, URI': [true, true, true],
      settings: [true, 'IMMUTABLE', 'AES256'],
      'another of its name': 'RepositoryAlreadyExistsException',
      deleting: 'done',
      'deleting again': 'RepositoryNotFoundException',
      'looking at it': 'RepositoryNotFoundException',
    },
    run: async (clients, scratch) => {
      const name = `es-ecs/${scratch.name('repository')}`;
      await make(clients, name);
      const seen = await look(clients, name);
      const again = await outcome(make(clients, name));
      const remove = () =>
        outcome(clients.ecr.send(new DeleteRepositoryCommand({ repositoryName: name, force: true })));
      return {
        'name, ARN, URI': [
          seen?.repositoryName === name,
          seen?.repositoryArn === `arn:aws:ecr:eu-west-1:123456789012:repository/${name}`,
          seen?.repositoryUri === `123456789012.dkr.ecr.eu-west-1.amazonaws.com/${name}`,
        ],
        settings: [
          seen?.imageScanningConfiguration?.scanOnPush,
          seen?.imageTagMutability,
          seen?.encryptionConfiguration?.encryptionType,
        ],
        'another of its name': again,
        deleting: await remove(),
        'deleting again': await remove(),
        'looking at it': await outcome(look(clients, name)),
      };
    },
  },
  {
    name: 'repository: other settings',
    calls: ['ECR:PutImageScanningConfiguration', 'ECR:PutImageTagMutability'],
    expected: {
      'without scans': false,
      'with mutable tags': 'MUTABLE',
      'scans of an unknown one': 'RepositoryNotFoundException',
      'tags of an unknown one': 'RepositoryNotFoundException',
    },
    run: async (clients, scratch) => {
      const { ecr } = clients;
      const name = scratch.name('repository');
      await make(clients, name);
      const scan = (repositoryName: string) =>
        ecr.send(
          new PutImageScanningConfigurationCommand({
            repositoryName,
            imageScanningConfiguration: { scanOnPush: false },
          }),
        );
      const mutable = (repositoryName: string) =>
        ecr.send(new PutImageTagMutabilityCommand({ repositoryName, imageTagMutability: 'MUTABLE' }));
      await scan(name);
      await mutable(name);
      const seen = await look(clients, name);
      const nobody = scratch.name('nobody');
      return {
        'without scans': seen?.imageScanningConfiguration?.scanOnPush,
        'with mutable tags': seen?.imageTagMutability,
        'scans of an unknown one': await outcome(scan(nobody)),
        'tags of an unknown one': await outcome(mutable(nobody)),
      };
    },
  },
  {
    name: 'repository: lifecycle policy',
    calls: ['ECR:PutLifecyclePolicy', 'ECR:GetLifecyclePolicy'],
    expected: {
      'before there is one': 'LifecyclePolicyNotFoundException',
      'then it is': JSON.parse(lifecycle),
      'one that is none': 'InvalidParameterException',
      'put on an unknown repository': 'RepositoryNotFoundException',
      'of an unknown repository': 'RepositoryNotFoundException',
    },
    run: async (clients, scratch) => {
      const { ecr } = clients;
      const name = scratch.name('repository');
      await make(clients, name);
      const get = (repositoryName: string) => ecr.send(new GetLifecyclePolicyCommand({ repositoryName }));
      const set = (repositoryName: string, lifecyclePolicyText = lifecycle) =>
        outcome(ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText })));
      const before = await outcome(get(name));
      await set(name);
      const nobody = scratch.name('nobody');
      return {
        'before there is one': before,
        'then it is': JSON.parse((await get(name)).lifecyclePolicyText ?? '{}') as unknown,
        'one that is none': await set(name, '{"rules":"all"}'),
        'put on an unknown repository': await set(nobody),
        'of an unknown repository': await outcome(get(nobody)),
      };
    },
  },
  {
    name: 'repository: tags',
    calls: ['ECR:TagResource', 'ECR:UntagResource', 'ECR:ListTagsForResource'],
    expected: {
      'at first': { 'es-ecs-cluster': 'search' },
      'with another': { 'es-ecs-cluster': 'search', team: 'new' },
      'without one': { team: 'new' },
      'of an unknown one': 'RepositoryNotFoundException',
    },
    run: async (clients, scratch) => {
      const { ecr } = clients;
      const name = scratch.name('repository');
      await make(clients, name);
      const resourceArn = given((await look(clients, name))?.repositoryArn);
      const tags = async (one = resourceArn) =>
        tagsOf((await ecr.send(new ListTagsForResourceCommand({ resourceArn: one }))).tags);
      const first = await tags();
      await ecr.send(new TagResourceCommand({ resourceArn, tags: [{ Key: 'team', Value: 'new' }] }));
      const more = await tags();
      await ecr.send(new UntagResourceCommand({ resourceArn, tagKeys: ['es-ecs-cluster'] }));
      return {
        'at first': first,
        'with another': more,
        'without one': await tags(),
        'of an unknown one': await outcome(tags(resourceArn.replace(name, scratch.name('nobody')))),
      };
    },
  },
  {
    name: 'image: by its tag, and gone again',
    calls: ['ECR:BatchGetImage', 'ECR:BatchDeleteImage', 'ECR:DeleteRepository'],
    expected: {
      'before there is one': [[], ['ImageNotFound']],
      found: [['one', true]],
      'found besides an unknown one': [['one'], ['ImageNotFound']],
      'the same tag for another image': 'ImageTagAlreadyExistsException',
      'deleting the repository with it': 'RepositoryNotEmptyException',
      deleting: [['one'], []],
      'deleting again': [[], ['ImageNotFound']],
      'deleting the repository then': 'done',
      'of an unknown repository': 'RepositoryNotFoundException',
      'deleting from an unknown repository': 'RepositoryNotFoundException',
    },
    run: async (clients, scratch) => {
      const { ecr } = clients;
      const name = scratch.name('repository');
      await make(clients, name);
      const get = (repositoryName: string, ...tags: string[]) =>
        ecr.send(
          new BatchGetImageCommand({ repositoryName, imageIds: tags.map((imageTag) => ({ imageTag })) }),
        );
      const found = (seen: Awaited<ReturnType<typeof get>>) => [
        seen.images?.map((one) => one.imageId?.imageTag),
        seen.failures?.map((failure) => failure.failureCode),
      ];
      const before = await get(name, 'one');
      const { image } = await put(clients, name, { imageTag: 'one', digit: 'a' });
      const seen = await get(name, 'one');
      const both = await get(name, 'one', 'two');
      const retagged = await outcome(put(clients, name, { imageTag: 'one', digit: 'b' }));
      const removeRepository = () => outcome(ecr.send(new DeleteRepositoryCommand({ repositoryName: name })));
      const held = await removeRepository();
      const remove = (repositoryName: string) =>
        ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageTag: 'one' }] }));
      const removed = (answered: Awaited<ReturnType<typeof remove>>) => [
        answered.imageIds?.map((one) => one.imageTag),
        answered.failures?.map((failure) => failure.failureCode),
      ];
      const nobody = scratch.name('nobody');
      return {
        'before there is one': found(before),
        found: seen.images?.map((one) => [
          one.imageId?.imageTag,
          one.imageId?.imageDigest === image?.imageId?.imageDigest,
        ]),
        'found besides an unknown one': found(both),
        'the same tag for another image': retagged,
        'deleting the repository with it': held,
        deleting: removed(await remove(name)),
        'deleting again': removed(await remove(name)),
        'deleting the repository then': await removeRepository(),
        'of an unknown repository': await outcome(get(nobody, 'one')),
        'deleting from an unknown repository': await outcome(remove(nobody)),
      };
    },
  },
  {
    name: 'image: a digest is the hash of the manifest',
    calls: ['ECR:BatchGetImage'],
    // "Image manifest" and the OCI distribution specification: a manifest's digest is its SHA-256.
    expected: { digest: true },
    run: async (clients, scratch) => {
      const name = scratch.name('repository');
      await make(clients, name);
      await put(clients, name, { imageTag: 'one', digit: 'a' });
      const { images } = await clients.ecr.send(
        new BatchGetImageCommand({ repositoryName: name, imageIds: [{ imageTag: 'one' }] }),
      );
      const hash = createHash('sha256').update(manifest('a')).digest('hex');
      return { digest: images?.[0]?.imageId?.imageDigest === `sha256:${hash}` };
    },
  },
  {
    name: 'registry: a login',
    calls: ['ECR:GetAuthorizationToken'],
    // GetAuthorizationToken: base64 of "user:password", user AWS, valid for 12 hours.
    expected: {
      user: 'AWS',
      'has a password': true,
      'where to': 'https://123456789012.dkr.ecr.eu-west-1.amazonaws.com',
    },
    run: async ({ ecr }) => {
      const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
      const [one] = authorizationData ?? [];
      const [user, password = ''] = Buffer.from(one?.authorizationToken ?? '', 'base64')
        .toString()
        .split(':');
      return { user, 'has a password': password !== '', 'where to': one?.proxyEndpoint };
    },
  },
];
