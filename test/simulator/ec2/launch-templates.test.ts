import {
  CreateLaunchTemplateCommand,
  type CreateLaunchTemplateCommandInput,
  CreateLaunchTemplateVersionCommand,
  DeleteLaunchTemplateCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  ModifyLaunchTemplateCommand,
} from '@aws-sdk/client-ec2';
import { beforeEach, expect, it } from 'vitest';

import { must, refusal, type Stage, stage } from '../stage.ts';

let ec2: Stage['clients']['ec2'];

beforeEach(() => {
  ({ ec2 } = stage().clients);
});

async function create(more: Partial<CreateLaunchTemplateCommandInput> = {}): Promise<string> {
  const { LaunchTemplate } = await ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: 'es-ecs-search',
      LaunchTemplateData: { InstanceType: 'm7g.large', MetadataOptions: { HttpTokens: 'required' } },
      ...more,
    }),
  );
  return must(LaunchTemplate?.LaunchTemplateId);
}

async function versions(LaunchTemplateId: string, asked: readonly string[]): Promise<readonly unknown[]> {
  const { LaunchTemplateVersions = [] } = await ec2.send(
    new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId, Versions: [...asked] }),
  );
  return LaunchTemplateVersions.map((one) => [one.VersionNumber, one.LaunchTemplateData?.InstanceType]);
}

it('keeps its versions, a default and a latest one', async () => {
  const id = await create();
  await ec2.send(
    new CreateLaunchTemplateVersionCommand({
      LaunchTemplateId: id,
      SourceVersion: '1',
      LaunchTemplateData: { InstanceType: 'm7g.xlarge' },
    }),
  );
  expect(await versions(id, ['$Latest'])).toEqual([[2, 'm7g.xlarge']]);
  expect(await versions(id, ['$Default'])).toEqual([[1, 'm7g.large']]);
  await ec2.send(new ModifyLaunchTemplateCommand({ LaunchTemplateId: id, DefaultVersion: '2' }));
  expect(await versions(id, ['$Default', '1'])).toEqual([
    [2, 'm7g.xlarge'],
    [1, 'm7g.large'],
  ]);
  expect(await refusal(versions(id, ['3']))).toBe('InvalidLaunchTemplateId.VersionNotFound');
});

it('has one name, and is made once for a client token', async () => {
  const id = await create({ ClientToken: 'one' });
  expect(await create({ ClientToken: 'one' })).toBe(id);
  expect(await refusal(create({ ClientToken: 'two' }))).toBe(
    'InvalidLaunchTemplateName.AlreadyExistsException',
  );
  expect(await refusal(create({ LaunchTemplateName: 'a b' }))).toBe(
    'InvalidLaunchTemplateName.MalformedException',
  );
});

it('says what is not there', async () => {
  const id = await create();
  const byName = new DescribeLaunchTemplatesCommand({ LaunchTemplateNames: ['nobody'] });
  expect(await refusal(ec2.send(byName))).toBe('InvalidLaunchTemplateName.NotFoundException');
  await ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId: id }));
  const byId = new DescribeLaunchTemplatesCommand({ LaunchTemplateIds: [id] });
  expect(await refusal(ec2.send(byId))).toBe('InvalidLaunchTemplateId.NotFound');
});

it('takes user data up to its limit', async () => {
  const UserData = Buffer.alloc(17_000, 'x').toString('base64');
  expect(await refusal(create({ LaunchTemplateData: { UserData } }))).toBe('InvalidParameterValue');
});
