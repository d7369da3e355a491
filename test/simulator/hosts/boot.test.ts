import {
  CreateAutoScalingGroupCommand,
  DescribeAutoScalingGroupsCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  DeleteTagsCommand,
  DeleteVolumeCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  GetConsoleOutputCommand,
  type Instance,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  type ContainerInstance,
  DescribeContainerInstancesCommand,
  ListContainerInstancesCommand,
} from '@aws-sdk/client-ecs';
import { DeleteRolePolicyCommand } from '@aws-sdk/client-iam';
import { beforeEach, describe, expect, it } from 'vitest';

import { fileSystems, hosts } from '../../../src/simulator/hosts/boot.ts';
import { parseUserData } from '../../../src/simulator/hosts/user-data.ts';
import {
  cluster,
  ecsCluster,
  hostUserData,
  imageId,
  must,
  type Network,
  network,
  profile,
  profileName,
  type Stage,
  stage,
  template,
  volume,
} from '../stage.ts';

let on: Stage;
let net: Network;

async function group(node: string, zone = 0): Promise<void> {
  await on.clients.autoScaling.send(
    new CreateAutoScalingGroupCommand({
      AutoScalingGroupName: `es-ecs-${node}`,
      MinSize: 0,
      MaxSize: 1,
      DesiredCapacity: 1,
      LaunchTemplate: { LaunchTemplateName: 'es-ecs-search', Version: '1' },
      VPCZoneIdentifier: must(net.privateSubnetIds[zone]),
      Tags: [{ Key: 'es-ecs-node', Value: node, PropagateAtLaunch: true }],
    }),
  );
}

async function members(node: string): Promise<readonly string[]> {
  const { AutoScalingGroups } = await on.clients.autoScaling.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [`es-ecs-${node}`] }),
  );
  return (AutoScalingGroups?.[0]?.Instances ?? []).map((one) => must(one.InstanceId));
}

async function registered(): Promise<readonly ContainerInstance[]> {
  const { ecs } = on.clients;
  const { containerInstanceArns = [] } = await ecs.send(
    new ListContainerInstancesCommand({ cluster: ecsCluster }),
  );
  if (containerInstanceArns.length === 0) return [];
  const { containerInstances = [] } = await ecs.send(
    new DescribeContainerInstancesCommand({ cluster: ecsCluster, containerInstances: containerInstanceArns }),
  );
  return containerInstances;
}

async function instance(id: string): Promise<Instance> {
  const { Reservations } = await on.clients.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  return must(Reservations?.[0]?.Instances?.[0]);
}

async function problemOf(id: string): Promise<string | undefined> {
  return (await instance(id)).Tags?.find((tag) => tag.Key === 'es-ecs-problem')?.Value;
}

async function consoleOf(id: string): Promise<string> {
  const { Output } = await on.clients.ec2.send(new GetConsoleOutputCommand({ InstanceId: id }));
  return Buffer.from(must(Output), 'base64').toString('utf8');
}

async function holderOf(VolumeId: string): Promise<string | undefined> {
  const { Volumes } = await on.clients.ec2.send(new DescribeVolumesCommand({ VolumeIds: [VolumeId] }));
  return Volumes?.[0]?.Attachments?.[0]?.InstanceId;
}

async function prepare(options: { readonly noWayOut?: boolean } = {}): Promise<void> {
  on = stage();
  net = await network(on, options);
  await profile(on);
  await cluster(on);
  await template(on);
}

describe('a host', () => {
  beforeEach(async () => {
    await prepare();
  });

  it('attaches its volume and registers with its node, not before it has booted', async () => {
    const volumeId = await volume(on, 'search-0');
    await group('search-0');
    await on.clock.sleep(40_000);
    expect(await registered()).toEqual([]);
    await on.clock.sleep(45_000);
    const [id] = await members('search-0');
    const [host] = await registered();
    expect(host).toMatchObject({ ec2InstanceId: id, agentConnected: true, status: 'ACTIVE' });
    expect(host?.attributes).toContainEqual({ name: 'es-ecs-node', value: 'search-0' });
    const memory = host?.registeredResources?.find((one) => one.name === 'MEMORY')?.integerValue;
    expect(memory).toBeGreaterThan(7000);
    expect(memory).toBeLessThan(8192);
    expect(await holderOf(volumeId)).toBe(id);
    expect(await consoleOf(must(id))).toContain(`search-0 is ready: ${volumeId}`);
    expect(on.account.world.rows(hosts).get(must(id))).toMatchObject({ node: 'search-0', volumeId });
    await on.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [must(id)] }));
    await on.clock.sleep(4_000_000);
    await members('search-0');
    expect(on.account.world.rows(hosts).get(must(id))).toBeUndefined();
  });

  it('comes back on another instance with the same volume, once the old one has let go', async () => {
    const volumeId = await volume(on, 'search-0');
    await group('search-0');
    await on.clock.sleep(90_000);
    const [first] = await members('search-0');
    await on.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [must(first)] }));
    await on.clock.sleep(5_000);
    expect((await registered()).map((one) => one.agentConnected)).toEqual([false]);
    await on.clock.sleep(120_000);
    const [second] = await members('search-0');
    expect(second).not.toBe(first);
    expect(await holderOf(volumeId)).toBe(second);
    expect(await registered()).toMatchObject([{ ec2InstanceId: second, agentConnected: true }]);
  });

  it('fails closed without its volume, and says so in a tag and on the console', async () => {
    await group('search-0');
    await on.clock.sleep(30 * 60_000);
    expect(await registered()).toEqual([]);
    const [id] = await members('search-0');
    expect(await consoleOf(must(id))).toMatch(
      /no volume carries the address hosts\/volume\/search-0, waiting\r?\n.*going on in the background/,
    );
    expect(await problemOf(must(id))).toMatch(/hosts\/volume\/search-0/);
  });

  it.each([1, 3, 5, 300])(
    'waits for a volume that is made %i minutes late, and takes its word back',
    async (minutes) => {
      await group('search-0');
      await on.clock.sleep(minutes * 60_000 + 90_000);
      expect(await registered()).toEqual([]);
      const [id] = await members('search-0');
      expect(await problemOf(must(id))).toMatch(/hosts\/volume\/search-0/);
      await volume(on, 'search-0');
      await on.clock.sleep(60_000);
      expect(await registered()).toMatchObject([{ ec2InstanceId: id }]);
      expect(await problemOf(must(id))).toBeUndefined();
    },
  );

  it('touches no volume of another, says so at once, and looks again once it is its own', async () => {
    const volumeId = await volume(on, 'search-0');
    on.account.world.rows(fileSystems).set(volumeId, { owner: 'other/search-0' });
    await group('search-0');
    await on.clock.sleep(10 * 60_000);
    const [id] = await members('search-0');
    expect(await problemOf(must(id))).toBe(
      `for a person: ${volumeId} belongs to other/search-0, not to search/search-0`,
    );
    expect((await consoleOf(must(id))).split('FAILED')).toHaveLength(2);
    on.account.world.rows(fileSystems).delete(volumeId);
    await on.clock.sleep(90_000);
    expect(await registered()).toMatchObject([{ ec2InstanceId: id }]);
  });

  it('does not take a volume of another zone', async () => {
    const volumeId = await volume(on, 'search-0', 'eu-west-1b');
    await group('search-0');
    await on.clock.sleep(5 * 60_000);
    expect(await registered()).toEqual([]);
    expect(await holderOf(volumeId)).toBeUndefined();
    const [id] = await members('search-0');
    expect(await consoleOf(must(id))).toContain('InvalidVolume.ZoneMismatch');
    await on.clients.ec2.send(new DeleteVolumeCommand({ VolumeId: volumeId }));
  });

  it('does nothing that its role does not allow', async () => {
    await volume(on, 'search-0');
    await on.clients.iam.send(new DeleteRolePolicyCommand({ RoleName: profileName, PolicyName: 'volume' }));
    await group('search-0');
    await on.clock.sleep(5 * 60_000);
    expect(await registered()).toEqual([]);
    const [id] = await members('search-0');
    expect(await consoleOf(must(id))).toContain('does not allow ec2:DescribeVolumes');
  });
});

describe('a role that is limited by tag', () => {
  it('cannot attach a volume without the tag', async () => {
    await prepare();
    const volumeId = await volume(on, 'search-0');
    await on.clients.ec2.send(
      new DeleteTagsCommand({ Resources: [volumeId], Tags: [{ Key: 'es-ecs-node' }] }),
    );
    await group('search-0');
    await on.clock.sleep(5 * 60_000);
    const [id] = await members('search-0');
    expect(await consoleOf(must(id))).toContain(`does not allow ec2:AttachVolume on ${volumeId}`);
    expect(await registered()).toEqual([]);
  });
});

describe('the way out', () => {
  it('is needed to register', async () => {
    await prepare({ noWayOut: true });
    await volume(on, 'search-0');
    await group('search-0');
    await on.clock.sleep(30 * 60_000);
    expect(await registered()).toEqual([]);
    const [id] = await members('search-0');
    expect(await consoleOf(must(id))).toMatch(/no AWS endpoint can be reached: .* has no way out, waiting/);
    expect(await problemOf(must(id))).toBeUndefined();
  });

  it('can be a public address', async () => {
    await prepare({ noWayOut: true });
    const { Instances } = await on.clients.ec2.send(
      new RunInstancesCommand({
        MinCount: 1,
        MaxCount: 1,
        ImageId: await imageId(on),
        InstanceType: 'm7g.large',
        IamInstanceProfile: { Name: profileName },
        UserData: Buffer.from(`#!/bin/bash\necho ECS_CLUSTER=${ecsCluster} >>/etc/ecs/ecs.config\n`).toString(
          'base64',
        ),
        NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: net.publicSubnetId, AssociatePublicIpAddress: true }],
      }),
    );
    await on.clock.sleep(90_000);
    expect(await registered()).toMatchObject([{ ec2InstanceId: Instances?.[0]?.InstanceId }]);
  });
});

describe('user data', () => {
  it('is read as the template has it', async () => {
    expect(parseUserData(await hostUserData())).toEqual({
      ecsCluster,
      keepsImages: true,
      makesRoom: true,
      watchesGrowth: true,
      volume: { cluster: 'search', addressPrefix: 'hosts/volume/' },
    });
  });

  it('makes no ECS host when it does not say so', () => {
    expect(parseUserData(Buffer.from('#!/bin/bash\nexit 0\n').toString('base64'))).toBeUndefined();
    expect(parseUserData(undefined)).toBeUndefined();
  });
});
