import {
  type Activity,
  type AutoScalingGroup as SdkGroup,
  CreateAutoScalingGroupCommand,
  DeleteAutoScalingGroupCommand,
  DescribeScalingActivitiesCommand,
  paginateDescribeAutoScalingGroups,
  ResumeProcessesCommand,
  TerminateInstanceInAutoScalingGroupCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';

import type { Clients } from '../../aws/clients.ts';
import { collectPages } from '../../aws/ec2.ts';
import type { Collection } from '../../aws/inventory.ts';
import { clusterTag, diffTags, fromCapitalTags, nodeTag, type Tags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { Node } from '../../elasticsearch/topology.ts';
import type { Change, Phase, Resource } from '../../engine/resource.ts';
import { ownTags, type StepContext } from '../context.ts';
import { groupName } from '../names.ts';
import { isSteady, othersHold } from '../service/steadiness.ts';
import type { EcsCluster } from './cluster.ts';
import { groupTags, toGroupTags } from './group-tags.ts';
import { nodeInstances, nodeKey } from './instances.ts';
import type { LaunchTemplate } from './launch-template.ts';

export interface GroupDesired {
  readonly groupName: string;
  readonly launchTemplateId: string;
  readonly launchTemplateVersion: number;
  readonly subnetId: string;
  readonly tags: Tags;
}

/** The group's one instance, as the group sees it. */
export interface GroupInstance {
  readonly instanceId: string;
  /** `Pending`, `InService`, `Terminating`, … */
  readonly lifecycle: string;
  readonly isHealthy: boolean;
  readonly launchTemplateVersion: number | undefined;
  readonly instanceType: string | undefined;
}

export interface Group extends GroupDesired {
  /** Set while the group is being deleted. */
  readonly status: string | undefined;
  readonly size: { readonly least: number; readonly most: number; readonly desired: number };
  readonly healthCheckType: string;
  readonly suspended: readonly string[];
  /** Without those on their way out. */
  readonly instances: readonly GroupInstance[];
  /** True when the group is gone and an instance of its node is not yet. */
  readonly lingers: boolean;
  /** True while this very run has replaced the host and its node is not back. */
  readonly isRecovering: boolean;
}

/** What a node's group needs of others. */
export type GroupNeeds = {
  readonly volume: Resource;
  readonly launchTemplate: Resource<unknown, LaunchTemplate>;
  readonly subnet: Resource<unknown, { readonly subnetId: string }>;
  readonly cluster: Resource<unknown, EcsCluster>;
  /** The way out of the subnet: a host that boots without it never registers. */
  readonly egress?: Resource;
  readonly endpoint?: Resource;
};

const minute = 60_000;

/** Exactly one: Auto Scaling's part is to start another when this one dies. */
const one = { least: 1, most: 1, desired: 1 } as const;

/** Groups by name; the tag filter of DescribeAutoScalingGroups finds all of a cluster in one call. */
export const groups: Collection<Group> = {
  name: 'Auto Scaling groups',
  list: (clients, cluster) => read(clients, { Filters: [{ Name: `tag:${clusterTag}`, Values: [cluster] }] }),
  byIds: (clients, names) => read(clients, { AutoScalingGroupNames: [...names] }),
  // "By default, you can only specify up to 50 names" (DescribeAutoScalingGroups).
  chunk: 50,
  id: (group) => group.groupName,
  tags: (group) => group.tags,
};

/**
 * What keeps a node's host alive: an Auto Scaling group of exactly one, in the one subnet of the zone where the node's
 * data is. It takes no client token, but its name is unique in the region. It costs what its instance costs.
 *
 * A host of an older launch template version is a difference: its group replaces it, and its volume and name go on.
 */
export function group(
  context: StepContext,
  node: Node,
  needs: GroupNeeds,
): Resource<GroupDesired, Group, GroupNeeds> {
  const address = `hosts/group/${node.name}`;
  const name = groupName(node.name);
  const { autoScaling } = context.clients;
  // Hosts that this run has sent away: the node is not ready again before its successor serves it.
  const sentAway = new Set<string>();
  return {
    address,
    needs,
    lane: 'nodes',
    waits: { for: 'the host', usualMs: 30_000, everyMs: 5_000, limitMs: 20 * minute },
    desired: ({ launchTemplate, subnet }) => ({
      groupName: name,
      launchTemplateId: launchTemplate.launchTemplateId,
      launchTemplateVersion: launchTemplate.defaultVersion,
      subnetId: subnet.subnetId,
      tags: desiredTags(context, address, node),
    }),
    find: async (sight) => {
      const found = await context.inventory.find(groups, address, { ...sight, name });
      if (found === undefined) return lingering(context, node, sight.fresh);
      const isRecovering = sentAway.size > 0 && !(await isBack(context, node, { found, sentAway }));
      return { ...found, isRecovering };
    },
    id: (observed) => observed.groupName,
    phase: phaseOf,
    diff: (desired, observed) => [
      ...settingChanges(context.clients, desired, observed),
      ...resumption(context.clients, observed),
      ...diffTags(desired.tags, observed.tags, groupTags(autoScaling, name)),
      ...observed.instances
        .filter(
          ({ instanceId, launchTemplateVersion }) =>
            !sentAway.has(instanceId) &&
            launchTemplateVersion !== undefined &&
            launchTemplateVersion !== desired.launchTemplateVersion,
        )
        .map((instance) => replacement(context, node, { instance, desired, sentAway })),
    ],
    create: async (desired) => {
      await unless(
        ['AlreadyExistsFault'],
        autoScaling.send(
          new CreateAutoScalingGroupCommand({
            AutoScalingGroupName: desired.groupName,
            ...settings(desired),
            Tags: toGroupTags(desired.groupName, desired.tags),
          }),
        ),
      );
      return { id: desired.groupName };
    },
    // A new instance profile is refused as a validation error until EC2 has heard of it.
    createRetries: { names: ['ValidationError', 'ScalingActivityInProgressFault'], limitMs: 2 * minute },
    destroy: async (observed) => {
      if (observed.lingers) return;
      await unless(
        // ValidationError: "AutoScalingGroup name not found". In use: being deleted already.
        ['ValidationError', 'ResourceInUseFault'],
        autoScaling.send(
          new DeleteAutoScalingGroupCommand({ AutoScalingGroupName: observed.groupName, ForceDelete: true }),
        ),
      );
    },
    destroyRetries: { names: ['ScalingActivityInProgressFault'], limitMs: 10 * minute },
    destroyWaits: { for: 'the host to end', usualMs: 40_000, everyMs: 5_000, limitMs: 20 * minute },
    explain: (observed) => explain(context.clients, name, observed),
  };
}

/**
 * The group of a node that the config no longer has. Taking a node out means moving its shards and its vote first, which
 * `up` does not do: it is refused, and `destroy` finds the group here.
 */
export function formerGroup(context: StepContext, node: Node, needs: GroupNeeds): Resource {
  const former = { ...group(context, node, needs) };
  delete former.create;
  return {
    ...former,
    diff: () => [
      {
        path: 'node',
        before: node.name,
        after: undefined,
        impact: 'refuse',
        because: 'its shards and its vote would have to be moved to other nodes first',
      },
    ],
  };
}

function desiredTags(context: StepContext, address: string, node: Node): Tags {
  return { ...ownTags(context, address), [nodeTag]: node.name, Name: node.name };
}

function phaseOf(observed: Group): Phase {
  // On its way out: what is wanted again is made anew once it is gone.
  if (observed.lingers || observed.status !== undefined) return 'failed';
  if (observed.isRecovering) return 'pending';
  return observed.instances.some(isInService) ? 'ready' : 'pending';
}

function isInService(instance: GroupInstance): boolean {
  return instance.lifecycle === 'InService' && instance.isHealthy;
}

/** Whether the node that lost its host has another one, and its Elasticsearch runs there. */
async function isBack(
  context: StepContext,
  node: Node,
  seen: { readonly found: Group; readonly sentAway: ReadonlySet<string> },
): Promise<boolean> {
  const successor = seen.found.instances.find(
    (instance) => isInService(instance) && !seen.sentAway.has(instance.instanceId),
  );
  return successor !== undefined && isSteady(context, node.name, { instanceId: successor.instanceId });
}

/** A deleted group leaves its instance behind for a while, which still holds the volume, the subnet and the security group. */
async function lingering(context: StepContext, node: Node, fresh: boolean): Promise<Group | undefined> {
  const key = nodeKey(context.config.name, node.name);
  const left = await context.inventory.find(nodeInstances, key, { id: undefined, fresh, name: key });
  if (left === undefined) return undefined;
  return {
    groupName: groupName(node.name),
    launchTemplateId: '',
    launchTemplateVersion: 0,
    subnetId: '',
    tags: left.tags,
    status: 'deleted',
    size: { least: 0, most: 0, desired: 0 },
    healthCheckType: '',
    suspended: [],
    instances: left.instanceIds.map((instanceId) => ({
      instanceId,
      lifecycle: 'Terminating',
      isHealthy: false,
      launchTemplateVersion: undefined,
      instanceType: undefined,
    })),
    lingers: true,
    isRecovering: false,
  };
}

function settings(desired: GroupDesired): {
  readonly LaunchTemplate: { readonly LaunchTemplateId: string; readonly Version: string };
  readonly MinSize: number;
  readonly MaxSize: number;
  readonly DesiredCapacity: number;
  readonly VPCZoneIdentifier: string;
  readonly HealthCheckType: string;
} {
  return {
    LaunchTemplate: {
      LaunchTemplateId: desired.launchTemplateId,
      Version: String(desired.launchTemplateVersion),
    },
    MinSize: one.least,
    MaxSize: one.most,
    DesiredCapacity: one.desired,
    VPCZoneIdentifier: desired.subnetId,
    HealthCheckType: 'EC2',
  };
}

/** One UpdateAutoScalingGroup for all. */
function settingChanges(clients: Clients, desired: GroupDesired, observed: Group): readonly Change[] {
  const fields: readonly (readonly [string, string, string])[] = [
    ['launchTemplate', observed.launchTemplateId, desired.launchTemplateId],
    ['launchTemplateVersion', String(observed.launchTemplateVersion), String(desired.launchTemplateVersion)],
    ['subnet', observed.subnetId, desired.subnetId],
    ['minSize', String(observed.size.least), String(one.least)],
    ['maxSize', String(observed.size.most), String(one.most)],
    ['desiredCapacity', String(observed.size.desired), String(one.desired)],
    ['healthCheckType', observed.healthCheckType, 'EC2'],
  ];
  const apply = async (): Promise<void> => {
    await clients.autoScaling.send(
      new UpdateAutoScalingGroupCommand({
        AutoScalingGroupName: desired.groupName,
        ...settings(desired),
      }),
    );
  };
  return fields
    .filter(([, before, after]) => before !== after)
    .map(([path, before, after]) => ({ path, before, after, impact: 'in-place', apply }));
}

/** A group whose processes somebody suspended does not replace a dead host. */
function resumption(clients: Clients, observed: Group): readonly Change[] {
  if (observed.suspended.length === 0) return [];
  return [
    {
      path: 'suspendedProcesses',
      before: observed.suspended.join(', '),
      after: undefined,
      impact: 'in-place',
      because: 'suspended, the group would not replace a dead host',
      apply: async () => {
        await clients.autoScaling.send(
          new ResumeProcessesCommand({ AutoScalingGroupName: observed.groupName }),
        );
      },
    },
  ];
}

function replacement(
  context: StepContext,
  node: Node,
  what: {
    readonly instance: GroupInstance;
    readonly desired: GroupDesired;
    readonly sentAway: Set<string>;
  },
): Change {
  const { instance, desired, sentAway } = what;
  return {
    path: 'host',
    before: `${instance.instanceId}, version ${String(instance.launchTemplateVersion)}`,
    after: `version ${String(desired.launchTemplateVersion)}`,
    impact: 'rolling',
    because: 'the host is replaced by its group; its data volume and its name stay',
    apply: async () => {
      await othersHold(context, node.name);
      sentAway.add(instance.instanceId);
      await context.clients.autoScaling.send(
        new TerminateInstanceInAutoScalingGroupCommand({
          InstanceId: instance.instanceId,
          ShouldDecrementDesiredCapacity: false,
        }),
      );
    },
  };
}

/** The last activity that failed says why no instance comes: capacity, a quota, a launch template that EC2 refuses. */
async function explain(
  { autoScaling }: Clients,
  name: string,
  observed: Group | undefined,
): Promise<string | undefined> {
  if (observed !== undefined && phaseOf(observed) === 'failed') return 'it is being deleted';
  const answer = await unless(
    ['ValidationError'],
    autoScaling.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName: name, MaxRecords: 10 })),
  );
  const activities: readonly Activity[] = answer?.Activities ?? [];
  const failed = activities.find((activity) => activity.StatusCode === 'Failed');
  const last = failed ?? activities[0];
  return last === undefined ? 'its group has not begun yet' : (last.StatusMessage ?? last.Description);
}

async function read(
  { autoScaling }: Clients,
  request: {
    readonly Filters?: { Name: string; Values: string[] }[];
    readonly AutoScalingGroupNames?: string[];
  },
): Promise<Group[]> {
  const found = await collectPages(
    paginateDescribeAutoScalingGroups({ client: autoScaling, pageSize: 100 }, request),
    (page) => page.AutoScalingGroups,
  );
  return found.map(toGroup);
}

function toGroup(found: SdkGroup): Group {
  return {
    groupName: found.AutoScalingGroupName ?? '',
    launchTemplateId: found.LaunchTemplate?.LaunchTemplateId ?? '',
    launchTemplateVersion: Number(found.LaunchTemplate?.Version ?? 0),
    subnetId: found.VPCZoneIdentifier ?? '',
    tags: fromCapitalTags(found.Tags),
    status: found.Status,
    size: { least: found.MinSize ?? 0, most: found.MaxSize ?? 0, desired: found.DesiredCapacity ?? 0 },
    healthCheckType: found.HealthCheckType ?? 'EC2',
    suspended: (found.SuspendedProcesses ?? []).map((suspended) => suspended.ProcessName ?? '').sort(),
    instances: (found.Instances ?? [])
      .filter((instance) => !(instance.LifecycleState ?? '').startsWith('Terminat'))
      .map((instance) => ({
        instanceId: instance.InstanceId ?? '',
        lifecycle: instance.LifecycleState ?? 'Pending',
        isHealthy: instance.HealthStatus !== 'Unhealthy',
        launchTemplateVersion: versionOf(instance.LaunchTemplate?.Version),
        instanceType: instance.InstanceType,
      })),
    lingers: false,
    isRecovering: false,
  };
}

function versionOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
