import { DescribeImagesCommand } from '@aws-sdk/client-ec2';
import {
  DeleteParameterCommand,
  GetParameterCommand,
  GetParametersCommand,
  PutParameterCommand,
} from '@aws-sdk/client-ssm';
import { beforeEach, describe, expect, it } from 'vitest';

import { releaseImages } from '../../../src/simulator/ec2/images.ts';
import { imageId, imageParameter, must, refusal, type Stage, stage } from '../stage.ts';

let on: Stage;

beforeEach(() => {
  on = stage();
});

describe('public parameters', () => {
  it.each([
    ['/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id', 'x86_64'],
    [imageParameter, 'arm64'],
    ['/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64', 'x86_64'],
    ['/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64', 'arm64'],
  ])('%s names an image', async (name, architecture) => {
    const id = await imageId(on, name);
    const { Images } = await on.clients.ec2.send(new DescribeImagesCommand({ ImageIds: [id] }));
    expect(Images).toMatchObject([
      { Architecture: architecture, State: 'available', ImageOwnerAlias: 'amazon' },
    ]);
  });

  it('move on with a release, and the old image stays', async () => {
    const before = await imageId(on);
    releaseImages(on.account.world);
    const after = await imageId(on);
    expect(after).not.toBe(before);
    const { Images } = await on.clients.ec2.send(new DescribeImagesCommand({ ImageIds: [before, after] }));
    expect(Images).toHaveLength(2);
  });

  it('cannot be written', async () => {
    const put = new PutParameterCommand({ Name: '/aws/service/mine', Type: 'String', Value: 'x' });
    expect(await refusal(on.clients.ssm.send(put))).toBe('AccessDeniedException');
  });
});

describe('own parameters', () => {
  const Name = '/es-ecs/search/lock';
  const put = (Overwrite: boolean): Promise<{ readonly Version?: number | undefined }> =>
    on.clients.ssm.send(new PutParameterCommand({ Name, Type: 'String', Value: 'me', Overwrite }));

  it('are made by one of many', async () => {
    const outcomes = await Promise.all([1, 2, 3].map(() => refusal(put(false))));
    expect(outcomes.filter((one) => one === undefined)).toHaveLength(1);
    expect(outcomes.filter((one) => one === 'ParameterAlreadyExists')).toHaveLength(2);
  });

  it('count their versions, and go', async () => {
    await put(false);
    expect((await put(true)).Version).toBe(2);
    const { Parameter } = await on.clients.ssm.send(new GetParameterCommand({ Name }));
    expect(must(Parameter)).toMatchObject({ Value: 'me', Version: 2 });
    await on.clients.ssm.send(new DeleteParameterCommand({ Name }));
    expect(await refusal(on.clients.ssm.send(new GetParameterCommand({ Name })))).toBe('ParameterNotFound');
    const end = new DeleteParameterCommand({ Name });
    expect(await refusal(on.clients.ssm.send(end))).toBe('ParameterNotFound');
    const many = await on.clients.ssm.send(new GetParametersCommand({ Names: [Name, imageParameter] }));
    expect(many.InvalidParameters).toEqual([Name]);
    expect(many.Parameters).toHaveLength(1);
  });
});
