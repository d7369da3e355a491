import {
  CreateAutoScalingGroupCommand,
  CreateOrUpdateTagsCommand,
  DeleteAutoScalingGroupCommand,
  DeleteTagsCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeScalingActivitiesCommand,
  ResumeProcessesCommand,
  SuspendProcessesCommand,
  TerminateInstanceInAutoScalingGroupCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import type { CreateAutoScalingGroupCommandInput } from '@aws-sdk/client-auto-scaling';
import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DescribeInstancesCommand,
} from '@aws-sdk/client-ec2';

import type { Clients } from '../../../src/aws/clients.ts';
import { given, outcome, tagsOf } from '../case.ts';
import type { ContractCase, Scratch } from '../case.ts';
import { hostImage, makeSubnet, makeVpc, unknown } from '../fixtures.ts';

interface Stand {
  readonly name: string;
  readonly templateId: string;
  readonly request: CreateAutoScalingGroupCommandInput;
}

/** All that a group of one stands on; the group itself is not made yet. */
async function stand(clients: Clients, scratch: Scratch): Promise<Stand> {
  const subnet = await makeSubnet(clients, await makeVpc(clients));
  const ImageId = await hostImage(clients);
  const { LaunchTemplate } = await clients.ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: scratch.name('template'),
      LaunchTemplateData: { ImageId, InstanceType: 't3.micro' },
    }),
  );
  const templateId = given(LaunchTemplate?.LaunchTemplateId);
  const name = scratch.name('group');
  return {
    name,
    templateId,
    request: {
      AutoScalingGroupName: name,
      LaunchTemplate: { LaunchTemplateId: templateId, Version: '1' },
      MinSize: 1,
      MaxSize: 1,
      DesiredCapacity: 1,
      VPCZoneIdentifier: subnet,
      HealthCheckType: 'EC2',
      Tags: [
        {
          ResourceId: name,
          ResourceType: 'auto-scaling-group',
          Key: 'es-ecs-cluster',
          Value: name,
          PropagateAtLaunch: true,
        },
      ],
    },
  };
}

async function look({ autoScaling }: Clients, name: string) {
  const answer = await autoScaling.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] }),
  );
  return answer.AutoScalingGroups?.[0];
}

/** Makes the group and waits for its instance. */
async function grow(clients: Clients, scratch: Scratch) {
  const where = await stand(clients, scratch);
  await clients.autoScaling.send(new CreateAutoScalingGroupCommand(where.request));
  const seen = await scratch.until(
    () => look(clients, where.name),
    (one) => one?.Instances?.[0]?.LifecycleState === 'InService',
  );
  return { ...where, instanceId: given(seen?.Instances?.[0]?.InstanceId) };
}

export const autoScalingCases: readonly ContractCase[] = [
  {
    name: 'group: create, look at it, delete it',
    calls: [
      'AutoScaling:CreateAutoScalingGroup',
      'AutoScaling:DescribeAutoScalingGroups',
      'AutoScaling:DeleteAutoScalingGroup',
    ],
    expected: {
      'sizes, health check': [1, 1, 1, 'EC2'],
      'launch template': [true, '1'],
      subnet: true,
      tags: true,
      suspended: [],
      status: undefined,
      'by its tag': 1,
      'by a tag of nobody': 0,
      'another of its name': 'AlreadyExistsFault',
      'its instance': ['InService', 'Healthy', '1', 't3.micro'],
      'deleting with force': 'done',
      'in the end': 'none',
      'deleting again': 'ValidationError',
    },
    run: async (clients, scratch) => {
      const { autoScaling } = clients;
      const { name, templateId, request } = await grow(clients, scratch);
      await scratch.settle();
      const seen = await look(clients, name);
      const count = async (value: string) => {
        const Filters = [{ Name: 'tag:es-ecs-cluster', Values: [value] }];
        const answer = await autoScaling.send(new DescribeAutoScalingGroupsCommand({ Filters }));
        return answer.AutoScalingGroups?.length;
      };
      const remove = () =>
        outcome(
          autoScaling.send(
            new DeleteAutoScalingGroupCommand({ AutoScalingGroupName: name, ForceDelete: true }),
          ),
        );
      const [instance] = seen?.Instances ?? [];
      const observed = {
        'sizes, health check': [seen?.MinSize, seen?.MaxSize, seen?.DesiredCapacity, seen?.HealthCheckType],
        'launch template': [
          seen?.LaunchTemplate?.LaunchTemplateId === templateId,
          seen?.LaunchTemplate?.Version,
        ],
        subnet: seen?.VPCZoneIdentifier === request.VPCZoneIdentifier,
        tags: JSON.stringify(tagsOf(seen?.Tags)) === JSON.stringify({ 'es-ecs-cluster': name }),
        suspended: seen?.SuspendedProcesses,
        status: seen?.Status,
        'by its tag': await count(name),
        'by a tag of nobody': await count('nobody'),
        'another of its name': await outcome(autoScaling.send(new CreateAutoScalingGroupCommand(request))),
        'its instance': [
          instance?.LifecycleState,
          instance?.HealthStatus,
          instance?.LaunchTemplate?.Version,
          instance?.InstanceType,
        ],
        'deleting with force': await remove(),
      };
      const gone = await scratch.until(
        () => look(clients, name),
        (one) => one === undefined,
      );
      return { ...observed, 'in the end': gone?.Status ?? 'none', 'deleting again': await remove() };
    },
  },
  {
    name: 'group: not deleted with an instance in it, but by force',
    calls: ['AutoScaling:DeleteAutoScalingGroup'],
    // DeleteAutoScalingGroup: "If the group has instances or scaling activities in progress, you must specify
    // the option to force the deletion in order for it to succeed."
    expected: { deleting: 'ResourceInUseFault' },
    run: async (clients, scratch) => {
      const { name } = await grow(clients, scratch);
      const command = new DeleteAutoScalingGroupCommand({ AutoScalingGroupName: name });
      return { deleting: await outcome(clients.autoScaling.send(command)) };
    },
  },
  {
    name: 'group: its deletion takes time',
    calls: ['AutoScaling:DeleteAutoScalingGroup'],
    // AutoScalingGroup: "Status: The current state of the group when the DeleteAutoScalingGroup operation is
    // in progress."
    expected: { 'right after': 'Delete in progress' },
    run: async (clients, scratch) => {
      const { name } = await grow(clients, scratch);
      await clients.autoScaling.send(
        new DeleteAutoScalingGroupCommand({ AutoScalingGroupName: name, ForceDelete: true }),
      );
      return { 'right after': (await look(clients, name))?.Status };
    },
  },
  {
    name: 'group: the instance it starts',
    calls: ['AutoScaling:CreateAutoScalingGroup'],
    // "Tag Auto Scaling groups and instances": the group's name comes as a tag, and tags that propagate at
    // launch.
    expected: { 'in its subnet': true, 'with its tags': true, 'names its group': true },
    run: async (clients, scratch) => {
      const { name, request, instanceId } = await grow(clients, scratch);
      const { Reservations } = await clients.ec2.send(
        new DescribeInstancesCommand({ InstanceIds: [instanceId] }),
      );
      const instance = Reservations?.[0]?.Instances?.[0];
      const tags = tagsOf(instance?.Tags);
      return {
        'in its subnet': instance?.SubnetId === request.VPCZoneIdentifier,
        'with its tags': tags['es-ecs-cluster'] === name,
        'names its group': tags['aws:autoscaling:groupName'] === name,
      };
    },
  },
  {
    name: 'group: another launch template version, by number',
    calls: ['AutoScaling:UpdateAutoScalingGroup'],
    expected: {
      updating: 'done',
      'then it names': '2',
      'its instance is still of': '1',
      'an unknown group': 'ValidationError',
    },
    run: async (clients, scratch) => {
      const { autoScaling, ec2 } = clients;
      const { name, templateId } = await grow(clients, scratch);
      await ec2.send(
        new CreateLaunchTemplateVersionCommand({
          LaunchTemplateId: templateId,
          LaunchTemplateData: { ImageId: await hostImage(clients), InstanceType: 't3.small' },
        }),
      );
      const update = (AutoScalingGroupName: string) =>
        outcome(
          autoScaling.send(
            new UpdateAutoScalingGroupCommand({
              AutoScalingGroupName,
              LaunchTemplate: { LaunchTemplateId: templateId, Version: '2' },
            }),
          ),
        );
      const updating = await update(name);
      const seen = await look(clients, name);
      return {
        updating,
        'then it names': seen?.LaunchTemplate?.Version,
        'its instance is still of': seen?.Instances?.[0]?.LaunchTemplate?.Version,
        'an unknown group': await update(scratch.name('nobody')),
      };
    },
  },
  {
    name: 'group: an instance sent away is replaced',
    calls: ['AutoScaling:TerminateInstanceInAutoScalingGroup', 'AutoScaling:DescribeScalingActivities'],
    expected: {
      'sending away': 'done',
      'a successor': true,
      'desired capacity': 1,
      'activities name the group': true,
      'their states': ['Successful'],
      'sending an unknown one away': 'ValidationError',
    },
    run: async (clients, scratch) => {
      const { autoScaling } = clients;
      const { name, instanceId } = await grow(clients, scratch);
      const send = (InstanceId: string) =>
        outcome(
          autoScaling.send(
            new TerminateInstanceInAutoScalingGroupCommand({
              InstanceId,
              ShouldDecrementDesiredCapacity: false,
            }),
          ),
        );
      const sending = await send(instanceId);
      const isBack = (one: Awaited<ReturnType<typeof look>>) =>
        one?.Instances?.some(
          (instance) => instance.LifecycleState === 'InService' && instance.InstanceId !== instanceId,
        ) === true && one.Instances.length === 1;
      const seen = await scratch.until(() => look(clients, name), isBack);
      const { Activities = [] } = await autoScaling.send(
        new DescribeScalingActivitiesCommand({ AutoScalingGroupName: name, MaxRecords: 10 }),
      );
      return {
        'sending away': sending,
        'a successor': isBack(seen),
        'desired capacity': seen?.DesiredCapacity,
        'activities name the group': Activities.every((one) => one.AutoScalingGroupName === name),
        'their states': [...new Set(Activities.map((one) => one.StatusCode))],
        'sending an unknown one away': await send(unknown.instance),
      };
    },
  },
  {
    name: 'group: processes that somebody suspended',
    calls: ['AutoScaling:ResumeProcesses', 'AutoScaling:DescribeAutoScalingGroups'],
    expected: {
      'while suspended': ['Launch', 'Terminate'],
      resuming: 'done',
      afterwards: [],
      'of an unknown group': 'ValidationError',
    },
    run: async (clients, scratch) => {
      const { autoScaling } = clients;
      const { name } = await grow(clients, scratch);
      const ScalingProcesses = ['Launch', 'Terminate'];
      await autoScaling.send(new SuspendProcessesCommand({ AutoScalingGroupName: name, ScalingProcesses }));
      const suspended = async () =>
        (await look(clients, name))?.SuspendedProcesses?.map((one) => one.ProcessName ?? '').sort();
      const resume = (AutoScalingGroupName: string) =>
        outcome(autoScaling.send(new ResumeProcessesCommand({ AutoScalingGroupName })));
      return {
        'while suspended': await suspended(),
        resuming: await resume(name),
        afterwards: await suspended(),
        'of an unknown group': await resume(scratch.name('nobody')),
      };
    },
  },
  {
    name: 'group: tags',
    calls: ['AutoScaling:CreateOrUpdateTags', 'AutoScaling:DeleteTags'],
    expected: {
      'with another': { 'es-ecs-node': 'search-1' },
      'goes on to instances': true,
      'without it': {},
      'of an unknown group': 'ValidationError',
    },
    run: async (clients, scratch) => {
      const { autoScaling } = clients;
      const { name } = await grow(clients, scratch);
      const tag = (group: string, Value: string) =>
        autoScaling.send(
          new CreateOrUpdateTagsCommand({
            Tags: [
              {
                ResourceId: group,
                ResourceType: 'auto-scaling-group',
                Key: 'es-ecs-node',
                Value,
                PropagateAtLaunch: true,
              },
            ],
          }),
        );
      const own = async () => {
        const { 'es-ecs-cluster': _cluster, ...tags } = tagsOf((await look(clients, name))?.Tags);
        return tags;
      };
      await tag(name, 'search-0');
      await tag(name, 'search-1');
      const more = await own();
      const seen = await look(clients, name);
      await autoScaling.send(
        new DeleteTagsCommand({
          Tags: [{ ResourceId: name, ResourceType: 'auto-scaling-group', Key: 'es-ecs-node' }],
        }),
      );
      return {
        'with another': more,
        'goes on to instances': seen?.Tags?.every((one) => one.PropagateAtLaunch === true),
        'without it': await own(),
        'of an unknown group': await outcome(tag(scratch.name('nobody'), 'search-0')),
      };
    },
  },
  {
    name: 'group: what cannot be made',
    calls: ['AutoScaling:CreateAutoScalingGroup'],
    expected: {
      'of an unknown launch template': 'ValidationError',
      'of an unknown version': 'ValidationError',
      'in no subnet': 'ValidationError',
      'an unknown one is listed': undefined,
    },
    run: async (clients, scratch) => {
      const { request, templateId } = await stand(clients, scratch);
      const make = (change: Partial<CreateAutoScalingGroupCommandInput>) =>
        outcome(clients.autoScaling.send(new CreateAutoScalingGroupCommand({ ...request, ...change })));
      return {
        'of an unknown launch template': await make({
          LaunchTemplate: { LaunchTemplateId: unknown.launchTemplate, Version: '1' },
        }),
        'of an unknown version': await make({
          LaunchTemplate: { LaunchTemplateId: templateId, Version: '9' },
        }),
        'in no subnet': await make({ VPCZoneIdentifier: undefined }),
        'an unknown one is listed': await look(clients, scratch.name('nobody')),
      };
    },
  },
];
