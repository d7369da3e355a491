import {
  CreateAutoScalingGroupCommand,
  type CreateAutoScalingGroupCommandInput,
  CreateOrUpdateTagsCommand,
  DeleteAutoScalingGroupCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeScalingActivitiesCommand,
  SetDesiredCapacityCommand,
  TerminateInstanceInAutoScalingGroupCommand,
  UpdateAutoScalingGroupCommand,
  type AutoScalingGroup,
} from '@aws-sdk/client-auto-scaling';
import { DescribeInstancesCommand, type Instance, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { beforeEach, describe, expect, it } from 'vitest';

import { troubleLaunches } from '../../../src/simulator/ec2/launch-troubles.ts';
import {
  complaint,
  must,
  type Network,
  network,
  profile,
  refusal,
  type Stage,
  stage,
  template,
} from '../stage.ts';

const name = 'es-ecs-search-0';

let on: Stage;
let net: Network;
let templateId: string;

async function create(more: Partial<CreateAutoScalingGroupCommandInput> = {}): Promise<void> {
  await on.clients.autoScaling.send(
    new CreateAutoScalingGroupCommand({
      AutoScalingGroupName: name,
      MinSize: 0,
      MaxSize: 1,
      DesiredCapacity: 1,
      LaunchTemplate: { LaunchTemplateId: templateId, Version: '1' },
      VPCZoneIdentifier: must(net.privateSubnetIds[0]),
      NewInstancesProtectedFromScaleIn: true,
      Tags: [
        { Key: 'es-ecs-node', Value: 'search-0', PropagateAtLaunch: true },
        { Key: 'es-ecs-cluster', Value: 'search', PropagateAtLaunch: true },
        { Key: 'es-ecs-resource', Value: 'hosts/group/search-0', PropagateAtLaunch: false },
      ],
      ...more,
    }),
  );
}

async function group(): Promise<AutoScalingGroup | undefined> {
  const { AutoScalingGroups } = await on.clients.autoScaling.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] }),
  );
  return AutoScalingGroups?.[0];
}

async function instance(id: string | undefined): Promise<Instance> {
  const { Reservations } = await on.clients.ec2.send(
    new DescribeInstancesCommand({ InstanceIds: [must(id)] }),
  );
  return must(Reservations?.[0]?.Instances?.[0]);
}

async function activities(): Promise<readonly string[]> {
  const { Activities = [] } = await on.clients.autoScaling.send(
    new DescribeScalingActivitiesCommand({ AutoScalingGroupName: name }),
  );
  return Activities.map((one) => `${one.StatusCode ?? ''}: ${one.StatusMessage ?? one.Description ?? ''}`);
}

beforeEach(async () => {
  on = stage();
  net = await network(on);
  await profile(on);
  templateId = await template(on);
});

describe('a group', () => {
  it('launches from its template into its subnet, with its tags', async () => {
    await create();
    expect((await group())?.Instances).toEqual([]);
    await on.clock.sleep(6_000);
    const pending = (await group())?.Instances?.[0];
    expect(pending).toMatchObject({ LifecycleState: 'Pending', ProtectedFromScaleIn: true });
    await on.clock.sleep(20_000);
    expect((await group())?.Instances).toMatchObject([
      { LifecycleState: 'InService', HealthStatus: 'Healthy' },
    ]);
    const launched = await instance(pending?.InstanceId);
    expect(launched.SubnetId).toBe(net.privateSubnetIds[0]);
    expect(launched.IamInstanceProfile?.Arn).toContain('instance-profile/es-ecs-search');
    const tags = Object.fromEntries((launched.Tags ?? []).map((tag) => [tag.Key, tag.Value]));
    expect(tags).toEqual({
      'aws:autoscaling:groupName': name,
      'aws:ec2launchtemplate:id': templateId,
      'aws:ec2launchtemplate:version': '1',
      'es-ecs-cluster': 'search',
      'es-ecs-node': 'search-0',
    });
    expect(await activities()).toEqual([
      `Successful: Launching a new EC2 instance: ${must(launched.InstanceId)}`,
    ]);
  });

  it('replaces an instance that was ended behind its back, in the same subnet', async () => {
    await create();
    await on.clock.sleep(30_000);
    const first = must((await group())?.Instances?.[0]?.InstanceId);
    await on.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [first] }));
    await on.clock.sleep(6_000);
    expect((await group())?.Instances).toMatchObject([
      { InstanceId: first, LifecycleState: 'Terminating', HealthStatus: 'Unhealthy' },
      { LifecycleState: 'Pending' },
    ]);
    await on.clock.sleep(60_000);
    const members = must((await group())?.Instances);
    expect(members).toHaveLength(1);
    expect(members[0]?.InstanceId).not.toBe(first);
    expect((await instance(members[0]?.InstanceId)).SubnetId).toBe(net.privateSubnetIds[0]);
  });

  it('tells failed launches in its activities, and tries again', async () => {
    troubleLaunches(on.account.world, { times: 2 });
    await create();
    await on.clock.sleep(6_000);
    expect((await activities())[0]).toMatch(
      /^Failed: We currently do not have sufficient m7g.large capacity/,
    );
    await on.clock.sleep(60_000);
    expect((await group())?.Instances).toHaveLength(1);
    expect((await activities()).map((line) => line.split(':')[0])).toEqual([
      'Successful',
      'Failed',
      'Failed',
    ]);
  });

  it('finds a tag key that instance metadata cannot hold only at the launch', async () => {
    await create({ Tags: [{ Key: 'cost/center', Value: '7', PropagateAtLaunch: true }] });
    await on.clock.sleep(6_000);
    expect((await activities())[0]).toMatch(/^Failed: 'cost\/center' is not a valid tag key/);
  });

  it('tries its template when it is made', async () => {
    const bad = { LaunchTemplateId: templateId, Version: '7' };
    expect(await refusal(create({ LaunchTemplate: bad }))).toBe('ValidationError');
    expect(await complaint(create({ LaunchTemplate: bad }))).toMatch(/fully-formed launch template/);
    expect(await refusal(create({ VPCZoneIdentifier: 'subnet-0123456789abcdef0' }))).toBe('ValidationError');
    expect(await refusal(create({ DesiredCapacity: 3 }))).toBe('ValidationError');
    await create();
    expect(await refusal(create())).toBe('AlreadyExistsFault');
  });

  it('does not go while it has instances, and lingers when forced', async () => {
    await create();
    await on.clock.sleep(30_000);
    const plain = new DeleteAutoScalingGroupCommand({ AutoScalingGroupName: name });
    expect(await refusal(on.clients.autoScaling.send(plain))).toBe('ResourceInUseFault');
    const id = (await group())?.Instances?.[0]?.InstanceId;
    await on.clients.autoScaling.send(
      new DeleteAutoScalingGroupCommand({ AutoScalingGroupName: name, ForceDelete: true }),
    );
    await on.clock.sleep(6_000);
    expect(await group()).toMatchObject({
      Status: 'Delete in progress',
      Instances: [{ LifecycleState: 'Terminating' }],
    });
    expect(await refusal(create())).toBe('AlreadyExistsFault');
    await on.clock.sleep(60_000);
    expect(await group()).toBeUndefined();
    expect((await instance(id)).State?.Name).toBe('terminated');
    expect(await refusal(activities())).toBe('ValidationError');
  });

  it('ends an instance on request, with or without another in its place', async () => {
    await create();
    await on.clock.sleep(30_000);
    const id = must((await group())?.Instances?.[0]?.InstanceId);
    const end = new TerminateInstanceInAutoScalingGroupCommand({
      InstanceId: id,
      ShouldDecrementDesiredCapacity: true,
    });
    const { Activity } = await on.clients.autoScaling.send(end);
    expect(Activity?.StatusCode).toBe('InProgress');
    await on.clock.sleep(60_000);
    expect(await group()).toMatchObject({ DesiredCapacity: 0, Instances: [] });
    expect(await refusal(on.clients.autoScaling.send(end))).toBe('ValidationError');
  });

  it('never takes a protected instance out by itself', async () => {
    await create();
    await on.clock.sleep(30_000);
    await on.clients.autoScaling.send(
      new SetDesiredCapacityCommand({ AutoScalingGroupName: name, DesiredCapacity: 0 }),
    );
    await on.clock.sleep(60_000);
    expect((await group())?.Instances).toMatchObject([{ LifecycleState: 'InService' }]);
    const tooMany = new SetDesiredCapacityCommand({ AutoScalingGroupName: name, DesiredCapacity: 2 });
    expect(await refusal(on.clients.autoScaling.send(tooMany))).toBe('ValidationError');
  });

  it('takes a list of health checks, of those that there are, and shows EC2 first', async () => {
    await create({ DesiredCapacity: 0, HealthCheckType: 'EBS,EC2' });
    expect((await group())?.HealthCheckType).toBe('EC2,EBS');
    const wrong = new UpdateAutoScalingGroupCommand({
      AutoScalingGroupName: name,
      HealthCheckType: 'EC2,NONE',
    });
    expect(await refusal(on.clients.autoScaling.send(wrong))).toBe('ValidationError');
  });

  it('takes new sizes and tags, and is found by tag', async () => {
    await create({ DesiredCapacity: 0 });
    await on.clients.autoScaling.send(
      new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: name, MinSize: 1 }),
    );
    await on.clients.autoScaling.send(
      new CreateOrUpdateTagsCommand({
        Tags: [
          {
            ResourceId: name,
            ResourceType: 'auto-scaling-group',
            Key: 'team',
            Value: 'blue',
            PropagateAtLaunch: false,
          },
        ],
      }),
    );
    await on.clock.sleep(2_000);
    const find = async (value: string): Promise<readonly (string | undefined)[]> => {
      const { AutoScalingGroups = [] } = await on.clients.autoScaling.send(
        new DescribeAutoScalingGroupsCommand({ Filters: [{ Name: 'tag:team', Values: [value] }] }),
      );
      return AutoScalingGroups.map((one) => one.AutoScalingGroupName);
    };
    expect(await find('blue')).toEqual([name]);
    expect(await find('red')).toEqual([]);
    expect(await group()).toMatchObject({ MinSize: 1, DesiredCapacity: 1 });
  });
});
