import { createHash } from 'node:crypto';

import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DeleteRepositoryPolicyCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  GetAuthorizationTokenCommand,
  GetLifecyclePolicyCommand,
  GetRepositoryPolicyCommand,
  ListImagesCommand,
  ListTagsForResourceCommand,
  PutImageCommand,
  PutImageScanningConfigurationCommand,
  PutImageTagMutabilityCommand,
  PutLifecyclePolicyCommand,
  SetRepositoryPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-ecr';
import { describe, expect, it } from 'vitest';

import { simulatedImageBuilder } from '../../../src/simulator/ecr/image-builder.ts';
import { type Stage, stage } from '../ecs/support.ts';

const repositoryName = 'es-ecs/search';

async function ready(changes: object = {}): Promise<Stage> {
  const on = stage();
  await on.clients.ecr.send(new CreateRepositoryCommand({ repositoryName, ...changes }));
  return on;
}

describe('ECR repositories', () => {
  it('are made once, described, and deleted only when empty or by force', async () => {
    const { ecr } = (await ready({ tags: [{ Key: 'a', Value: 'b' }] })).clients;
    await expect(ecr.send(new CreateRepositoryCommand({ repositoryName }))).rejects.toMatchObject({
      name: 'RepositoryAlreadyExistsException',
    });
    const described = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] }));
    expect(described.repositories?.[0]?.repositoryUri).toBe(
      '123456789012.dkr.ecr.eu-west-1.amazonaws.com/es-ecs/search',
    );
    await ecr.send(new PutImageCommand({ repositoryName, imageManifest: '{"a":1}', imageTag: 'v1' }));
    await expect(ecr.send(new DeleteRepositoryCommand({ repositoryName }))).rejects.toMatchObject({
      name: 'RepositoryNotEmptyException',
    });
    await ecr.send(new DeleteRepositoryCommand({ repositoryName, force: true }));
    await expect(
      ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] })),
    ).rejects.toMatchObject({ name: 'RepositoryNotFoundException' });
  });

  it('keep their settings, policies and tags', async () => {
    const { ecr } = (await ready()).clients;
    await ecr.send(
      new PutImageScanningConfigurationCommand({
        repositoryName,
        imageScanningConfiguration: { scanOnPush: true },
      }),
    );
    await ecr.send(new PutImageTagMutabilityCommand({ repositoryName, imageTagMutability: 'IMMUTABLE' }));
    const { repositories = [] } = await ecr.send(new DescribeRepositoriesCommand({}));
    expect(repositories[0]).toMatchObject({
      imageTagMutability: 'IMMUTABLE',
      imageScanningConfiguration: { scanOnPush: true },
    });
    await expect(ecr.send(new GetLifecyclePolicyCommand({ repositoryName }))).rejects.toMatchObject({
      name: 'LifecyclePolicyNotFoundException',
    });
    // The API reference has at least 100 characters.
    const tooShort = { repositoryName, lifecyclePolicyText: '{ "rules": [] }' };
    await expect(ecr.send(new PutLifecyclePolicyCommand(tooShort))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
    const rule = {
      rulePriority: 1,
      selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 5 },
      action: { type: 'expire' },
    };
    const lifecyclePolicyText = JSON.stringify({ rules: [rule] }, undefined, 2);
    await ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText }));
    const policy = await ecr.send(new GetLifecyclePolicyCommand({ repositoryName }));
    expect(policy.lifecyclePolicyText).toBe(JSON.stringify({ rules: [rule] }));
    await expect(ecr.send(new GetRepositoryPolicyCommand({ repositoryName }))).rejects.toMatchObject({
      name: 'RepositoryPolicyNotFoundException',
    });
    await ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: '{}' }));
    await ecr.send(new DeleteRepositoryPolicyCommand({ repositoryName }));
    const resourceArn = repositories[0]?.repositoryArn ?? '';
    await ecr.send(
      new TagResourceCommand({
        resourceArn,
        tags: [
          { Key: 'a', Value: '1' },
          { Key: 'b', Value: '2' },
        ],
      }),
    );
    await ecr.send(new UntagResourceCommand({ resourceArn, tagKeys: ['a'] }));
    const { tags } = await ecr.send(new ListTagsForResourceCommand({ resourceArn }));
    expect(tags).toEqual([{ Key: 'b', Value: '2' }]);
  });

  it('give a login for the registry', async () => {
    const { authorizationData } = await stage().clients.ecr.send(new GetAuthorizationTokenCommand({}));
    const token = Buffer.from(authorizationData?.[0]?.authorizationToken ?? '', 'base64').toString();
    expect(token).toMatch(/^AWS:.+/);
  });
});

describe('ECR images', () => {
  it('have the sha256 of their manifest as digest, and tags that move', async () => {
    const { ecr } = (await ready()).clients;
    const put = (imageManifest: string, imageTag?: string): Promise<unknown> =>
      ecr.send(new PutImageCommand({ repositoryName, imageManifest, imageTag }));
    await put('{"a":1}', 'v1');
    await expect(put('{"a":1}', 'v1')).rejects.toMatchObject({ name: 'ImageAlreadyExistsException' });
    await put('{"a":2}', 'v1');
    const { imageDetails = [] } = await ecr.send(
      new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag: 'v1' }] }),
    );
    const digest = `sha256:${createHash('sha256').update('{"a":2}').digest('hex')}`;
    expect(imageDetails).toMatchObject([{ imageDigest: digest, imageTags: ['v1'] }]);
    const untagged = await ecr.send(
      new ListImagesCommand({ repositoryName, filter: { tagStatus: 'UNTAGGED' } }),
    );
    expect(untagged.imageIds).toHaveLength(1);
    await expect(
      ecr.send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag: 'none' }] })),
    ).rejects.toMatchObject({ name: 'ImageNotFoundException' });
  });

  it('keep their tags where these are immutable', async () => {
    const { ecr } = (await ready({ imageTagMutability: 'IMMUTABLE' })).clients;
    await ecr.send(new PutImageCommand({ repositoryName, imageManifest: '1', imageTag: 'v1' }));
    await expect(
      ecr.send(new PutImageCommand({ repositoryName, imageManifest: '2', imageTag: 'v1' })),
    ).rejects.toMatchObject({ name: 'ImageTagAlreadyExistsException' });
  });

  it('are had and deleted in batches that name what was not there', async () => {
    const { ecr } = (await ready()).clients;
    await ecr.send(new PutImageCommand({ repositoryName, imageManifest: '1', imageTag: 'v1' }));
    const imageIds = [{ imageTag: 'v1' }, { imageTag: 'v2' }];
    const got = await ecr.send(new BatchGetImageCommand({ repositoryName, imageIds }));
    expect(got.images?.[0]?.imageManifest).toBe('1');
    expect(got.failures).toMatchObject([{ failureCode: 'ImageNotFound' }]);
    const deleted = await ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds }));
    expect(deleted.imageIds).toHaveLength(1);
    expect(deleted.failures).toHaveLength(1);
    expect((await ecr.send(new ListImagesCommand({ repositoryName }))).imageIds).toEqual([]);
  });

  it('are built in virtual time, the same order to the same digest', async () => {
    const on = await ready();
    const builder = simulatedImageBuilder(on.account);
    const order = {
      repositoryUri: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/es-ecs/search',
      tag: '9.4.6-abc',
      architecture: 'arm64',
      elasticsearchVersion: '9.4.6',
    };
    await builder.check();
    await builder.buildAndPush(order);
    await builder.buildAndPush(order);
    await builder.buildAndPush({ ...order, tag: '9.4.6-def' });
    const { imageDetails } = await on.clients.ecr.send(new DescribeImagesCommand({ repositoryName }));
    expect(imageDetails?.map((image) => image.imageTags)).toEqual([['9.4.6-abc'], ['9.4.6-def']]);
    expect(new Set(imageDetails?.map((image) => image.imageDigest)).size).toBe(2);
  });
});
