import {
  CreateLaunchTemplateVersionCommand,
  ModifyLaunchTemplateCommand,
  type ResponseLaunchTemplateData,
} from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';

import {
  type LaunchTemplate,
  launchTemplate,
  type LaunchTemplateDesired,
} from '../../../src/steps/hosts/launch-template.ts';
import { type Stub, createBench, standIn } from '../support/bench.ts';

async function setUp(more = ''): Promise<{
  readonly stub: Stub;
  readonly resource: ReturnType<typeof launchTemplate>;
  readonly desired: LaunchTemplateDesired;
}> {
  const bench = createBench(more);
  const [group] = bench.context.config.nodeGroups;
  if (group === undefined) throw new Error('there is a node group');
  const need = standIn('needed') as never;
  const resource = launchTemplate(bench.context, group, {
    profile: need,
    securityGroup: need,
    keyPair: need,
  });
  const inputs = { profile: { profileName: 'profile' }, securityGroup: { groupId: 'sg-1' } };
  return { stub: bench.stub('ec2'), resource, desired: await resource.desired(inputs as never) };
}

/** As EC2 gives it back: with what it fills in, and in its own order. */
async function contents(over: ResponseLaunchTemplateData = {}): Promise<ResponseLaunchTemplateData> {
  const { desired } = await setUp();
  return {
    ...desired.contents,
    MetadataOptions: {
      ...desired.contents.MetadataOptions,
      State: 'pending',
      HttpProtocolIpv6: 'disabled',
    },
    EbsOptimized: false,
    ...over,
  };
}

async function observed(over: Partial<LaunchTemplate> = {}): Promise<LaunchTemplate> {
  const { desired } = await setUp();
  return {
    launchTemplateId: 'lt-1',
    name: desired.name,
    defaultVersion: 1,
    latestVersion: 1,
    versions: [{ number: over.defaultVersion ?? 1, contents: await contents() }],
    tags: desired.tags,
    ...over,
  };
}

describe('the launch template', () => {
  it('makes hosts without a public address, with version 2 of the metadata service, encrypted disks and their key', async () => {
    const { desired } = await setUp();
    expect(desired.name).toBe('es-ecs-search');
    expect(desired.contents).toMatchObject({
      ImageId: 'ami-0a',
      InstanceType: 'm7g.large',
      KeyName: 'es-ecs-search',
      IamInstanceProfile: { Name: 'profile' },
      NetworkInterfaces: [{ AssociatePublicIpAddress: false, Groups: ['sg-1'] }],
      MetadataOptions: {
        HttpTokens: 'required',
        HttpPutResponseHopLimit: 2,
        InstanceMetadataTags: 'enabled',
      },
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { Encrypted: true, VolumeType: 'gp3' } }],
    });
    const userData = Buffer.from(desired.contents.UserData ?? '', 'base64').toString('utf8');
    expect(userData).toContain('volume_address_prefix=hosts/volume/');
    expect(userData).toContain('ecs_cluster=es-ecs-search');
    expect(Buffer.byteLength(userData)).toBeLessThanOrEqual(16_384);
  });

  it('is in sync with what EC2 makes of it', async () => {
    const { resource, desired } = await setUp();
    expect(resource.diff(desired, await observed())).toEqual([]);
    expect(resource.predict?.(desired, await observed())).toMatchObject({ defaultVersion: 1 });
  });

  it('takes another image and type in one new version, which becomes the default', async () => {
    const { stub, resource, desired } = await setUp('instanceType: m7i.large\n');
    stub.answer(CreateLaunchTemplateVersionCommand, { LaunchTemplateVersion: { VersionNumber: 8 } });
    stub.answer(ModifyLaunchTemplateCommand, {});
    const seen = await observed({ latestVersion: 7, defaultVersion: 7 });
    const changes = resource.diff(desired, seen);
    expect(changes.map(({ path, before, after }) => [path, before, after])).toEqual([
      ['ImageId', 'ami-0a', 'ami-0b'],
      ['InstanceType', 'm7g.large', 'm7i.large'],
    ]);
    expect(resource.predict?.(desired, seen)).toMatchObject({ defaultVersion: 8 });
    const applies = new Set(changes.map((change) => change.apply));
    expect(applies.size).toBe(1);
    for (const apply of applies) await apply?.();
    expect(stub.sent(ModifyLaunchTemplateCommand)[0]).toEqual({
      LaunchTemplateId: 'lt-1',
      DefaultVersion: '8',
    });
  });

  it('sees what somebody added by hand, and shows user data by its hash', async () => {
    const { resource, desired } = await setUp();
    const wrong = await contents({ UserData: 'eHh4', DisableApiTermination: true });
    const changes = resource.diff(desired, await observed({ versions: [{ number: 1, contents: wrong }] }));
    expect(changes.map(({ path, before }) => [path, before])).toEqual([
      ['DisableApiTermination', 'true'],
      ['UserData', expect.stringMatching(/^sha256:[0-9a-f]{12}$/)],
    ]);
  });

  it('only moves the default back when some version has what is desired', async () => {
    const { stub, resource, desired } = await setUp();
    stub.answer(ModifyLaunchTemplateCommand, {});
    const versions = [
      { number: 1, contents: await contents() },
      { number: 2, contents: await contents({ InstanceType: 'm7g.16xlarge' }) },
    ];
    const seen = await observed({ latestVersion: 2, defaultVersion: 2, versions });
    const changes = resource.diff(desired, seen);
    expect(changes).toMatchObject([{ path: 'defaultVersion', before: '2', after: '1' }]);
    expect(resource.predict?.(desired, seen)).toMatchObject({ defaultVersion: 1 });
    await changes[0]?.apply?.();
    expect(stub.sent(CreateLaunchTemplateVersionCommand)).toHaveLength(0);
  });
});

describe('a launch template that is listed before it can be named', () => {
  it('is waited for, and not given another version meanwhile', async () => {
    const { stub, resource, desired } = await setUp();
    const unknown = await observed({ versions: [] });
    expect(resource.phase(unknown)).toBe('pending');
    expect(resource.predict?.(desired, unknown)).toEqual(unknown);
    for (const { apply } of resource.diff(desired, unknown)) await apply?.();
    expect(resource.diff(desired, unknown)).toHaveLength(1);
    expect(stub.count).toBe(0);
  });
});
