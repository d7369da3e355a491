import {
  type Activity,
  type AutoScalingGroup as SdkGroup,
  CreateAutoScalingGroupCommand,
  DeleteAutoScalingGroupCommand,
  DescribeScalingActivitiesCommand,
  paginateDescribeAutoScalingGroups,
  ResumeProcessesCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';

import type { Clients } from '../../aws/clients.ts';
import { collectPages } from '../../aws/ec2.ts';
import type { Collection } from '../../aws/inventory.ts';
import { clusterTag, diffTags, fromCapitalTags, nodeTag, type Tags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import { volumeMonthlyDollars } from '../../costs/prices.ts';
import type { Node } from '../../elasticsearch/topology.ts';
import type { Change, Phase, Resource } from '../../engine/resource.ts';
import { ownTags, type StepContext } from '../context.ts';
import { groupName } from '../names.ts';
import type { EcsCluster } from './cluster.ts';
import { groupTags, toGroupTags } from './group-tags.ts';
import { retries } from '../waits.ts';
import { explainInstance, instancesOf, type NodeInstances, type RunningHost } from './instances.ts';
import type { HostOrigin, LaunchTemplate } from './launch-template.ts';
import { volumeAddressPrefix } from './launch-template-data.ts';
import { isFailedLaunch, LaunchWatch, sinceLastLaunch, wordsOf } from './launches.ts';
import { hostChanges } from './running-host.ts';
import { type Part, readPartsAhead, type Retagging } from '../parts.ts';
import { hostParts, hostTagChanges } from './host-tags.ts';
import { volumes } from './volume.ts';

export interface GroupDesired {
  readonly groupName: string;
  readonly launchTemplateId: string;
  readonly launchTemplateVersion: number;
  readonly subnetId: string;
  /** The security groups of its host. */
  readonly hostGroupIds: readonly string[];
  readonly tags: Tags;
}

/** The group's one instance, as the group sees it. */
export interface GroupInstance {
  readonly instanceId: string;
  /** `Pending`, `InService`, `Terminating`, … */
  readonly lifecycle: string;
  readonly isHealthy: boolean;
  /** What it was made from, as its group tells. */
  readonly launchTemplateId: string | undefined;
  readonly launchTemplateVersion: number | undefined;
  readonly instanceType: string | undefined;
}

export interface Group extends Omit<GroupDesired, 'hostGroupIds'> {
  /** Set while the group is being deleted. */
  readonly status: string | undefined;
  readonly size: { readonly least: number; readonly most: number; readonly desired: number };
  readonly healthCheckType: string;
  readonly suspended: readonly string[];
  /** Without those on their way out. */
  readonly instances: readonly GroupInstance[];
  /** The same as EC2 sees them; none while it does not show them yet. */
  readonly hosts: readonly RunningHost[];
  /** True when the group is gone and an instance of its node is not yet. */
  readonly lingers: boolean;
  /** What hosts in service carry tags on: themselves, their root disks and network interfaces. */
  readonly parts: readonly Part[];
  /** Of a group that lingers: instances that nobody has told to end, as they were no longer the group's. */
  readonly left: readonly string[];
}

/** What a node's group needs of others. */
export type GroupNeeds = {
  readonly volume: Resource;
  readonly launchTemplate: Resource<unknown, LaunchTemplate>;
  readonly subnet: Resource<unknown, { readonly subnetId: string }>;
  readonly securityGroup: Resource<unknown, { readonly groupId: string }>;
  readonly cluster: Resource<unknown, EcsCluster>;
  /** The way out of the subnet: a host that boots without it never registers. */
  readonly egress?: Resource;
  readonly endpoint?: Resource;
};

const minute = 60_000;

/** Exactly one: Auto Scaling's part is to start another when this one dies. */
const one = { least: 1, most: 1, desired: 1 } as const;

/**
 * By what a group tells a dead host from a living one: EC2's own checks, and whether its volumes can be reached and pass their checks of input
 * and output. A list in one text ("HealthCheckType", CreateAutoScalingGroup; EC2 is always one of it), here in alphabetical order.
 */
const healthChecks = 'EBS,EC2';

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
 * A host of an older launch template version goes on as it is: its node's service has it replaced when its turn comes.
 */
export function group(
  context: StepContext,
  node: Node,
  needs: GroupNeeds,
): Resource<GroupDesired, Group, GroupNeeds> {
  const address = `hosts/group/${node.name}`;
  const name = groupName(node.name);
  const { autoScaling } = context.clients;
  const launches = new LaunchWatch(context, {
    address,
    groupName: name,
    zone: node.zone,
    instanceType: instanceTypeOf(context, node),
  });
  const retagging: Retagging = { hasBegun: false };
  const isWhole = context.inventory.depth === 'whole';
  return {
    address,
    needs,
    waits: { for: 'the host', usualMs: 30_000, everyMs: 5_000, limitMs: 20 * minute },
    desired: ({ launchTemplate, subnet, securityGroup }) => ({
      groupName: name,
      launchTemplateId: launchTemplate.launchTemplateId,
      launchTemplateVersion: launchTemplate.defaultVersion,
      subnetId: subnet.subnetId,
      hostGroupIds: [securityGroup.groupId],
      tags: desiredTags(context, address, node),
    }),
    find: async (sight) => {
      // Side by side: of a group that is gone its instances are asked for anyway.
      if (!sight.fresh) readPartsAhead(context);
      const early = sight.fresh || !isWhole ? undefined : instancesOf(context, node.name, false);
      early?.catch(() => undefined);
      const found = await context.inventory.find(groups, address, { ...sight, name });
      if (found === undefined) return lingering(context, node, sight.fresh);
      if (sight.fresh) await launches.look(found);
      // While a host is waited for there is nothing to see of it.
      if (!isWhole || (early === undefined && phaseOf(found) !== 'ready')) return found;
      const seen = withHosts(found, await (early ?? instancesOf(context, node.name, true)));
      const isAsked = !sight.fresh || retagging.hasBegun;
      return { ...seen, parts: await hostParts(context, seen.hosts, { fresh: sight.fresh, isAsked }) };
    },
    all: () => context.inventory.kin(groups),
    id: (observed) => observed.groupName,
    phase: phaseOf,
    // It cannot launch from a template that is gone, and needs none to be told of another.
    mendsPending: true,
    diff: (desired, observed) => [
      ...settingChanges({ context, launches }, desired, observed),
      ...resumption(context.clients, observed),
      ...observed.hosts.flatMap((host) =>
        hostChanges(context.clients.ec2, host, { groupIds: desired.hostGroupIds }),
      ),
      ...diffTags(desired.tags, observed.tags, {
        ...groupTags(autoScaling, name),
        former: context.formerTags,
      }),
      // A group hands its tags on to hosts that it makes, and a launch template those of their parts; to others nobody does.
      ...hostTagChanges(context, desired, { parts: observed.parts, retagging }),
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
    once: { by: 'name' },
    // A new instance profile is refused as a validation error until EC2 has heard of it.
    createRetries: [
      { names: ['ValidationError', 'ScalingActivityInProgressFault'], limitMs: 2 * minute },
      retries.autoScalingRoleNotReady,
    ],
    destroy: async (observed) => {
      if (observed.lingers) {
        await endInstances(context.clients, observed.left);
        return;
      }
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
    // A group of a dead run may come into sight only after its host: it was never gone.
    isAnother: (destroyed, seen) => destroyed.lingers && !seen.lingers && seen.status === undefined,
    explain: (observed) => explain(context.clients, name, observed),
  };
}

/**
 * The group of a node that the config no longer has: it goes once the node's service has ended. The data volume stays, and goes on
 * costing.
 */
export function formerGroup(context: StepContext, node: Node, needs: GroupNeeds): Resource {
  const former = { ...group(context, node, needs) };
  delete former.create;
  return { ...former, unwanted: true, review: async () => ({ because: await hostGoes(context, node) }) };
}

async function hostGoes(context: StepContext, node: Node): Promise<string> {
  const address = `${volumeAddressPrefix}${node.name}`;
  const kept = await context.inventory.find(volumes, address, { id: undefined, fresh: false });
  if (kept === undefined) return 'the host goes';
  const cost = `${kept.sizeGiB} GiB, about $${Math.round(volumeMonthlyDollars(kept))} a month`;
  const command = `aws ec2 delete-volume --region ${context.config.region} --volume-id ${kept.volumeId}`;
  return `the host goes; its data volume stays (${cost}), and is deleted by: ${command}`;
}

function desiredTags(context: StepContext, address: string, node: Node): Tags {
  return { ...ownTags(context, address), [nodeTag]: node.name, Name: node.name };
}

function phaseOf(observed: Group): Phase {
  // On its way out: what is wanted again is made anew once it is gone.
  if (observed.lingers || observed.status !== undefined) return 'failed';
  return observed.instances.some(isInService) ? 'ready' : 'pending';
}

/**
 * Whether an instance was made from another launch template, or from a version of it that makes others, than it should be. One whose
 * origin is not told is left alone.
 */
export function isOfAnother(
  instance: Pick<GroupInstance, 'launchTemplateId' | 'launchTemplateVersion'>,
  wanted: HostOrigin,
): boolean {
  const { launchTemplateId, launchTemplateVersion } = instance;
  if (launchTemplateVersion === undefined) return false;
  return (
    !wanted.versionsAlike.includes(launchTemplateVersion) ||
    (launchTemplateId !== undefined && launchTemplateId !== wanted.launchTemplateId)
  );
}

export function isInService(instance: GroupInstance): boolean {
  return instance.lifecycle === 'InService' && instance.isHealthy;
}

function instanceTypeOf({ config }: StepContext, node: Node): string {
  return config.nodeGroups.find((one) => one.name === node.group)?.instanceType ?? 'instance';
}

/** What is not the group's any more is no host. */
function withHosts(found: Group, seen: NodeInstances | undefined): Group {
  const own = new Set(found.instances.map(({ instanceId }) => instanceId));
  return { ...found, hosts: (seen?.hosts ?? []).filter(({ instanceId }) => own.has(instanceId)) };
}

/** A deleted group leaves its instance behind for a while, which still holds the volume, the subnet and the security group. */
async function lingering(context: StepContext, node: Node, fresh: boolean): Promise<Group | undefined> {
  const left = await instancesOf(context, node.name, fresh);
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
      launchTemplateId: undefined,
      launchTemplateVersion: undefined,
      instanceType: undefined,
    })),
    hosts: [],
    lingers: true,
    left: left.living,
    parts: [],
  };
}

/** A host without its group would run for ever, and hold the volume and the subnet. */
async function endInstances({ ec2 }: Clients, InstanceIds: readonly string[]): Promise<void> {
  if (InstanceIds.length === 0) return;
  const command = new TerminateInstancesCommand({ InstanceIds: [...InstanceIds] });
  await unless(['InvalidInstanceID.NotFound'], ec2.send(command));
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
    HealthCheckType: healthChecks,
  };
}

/** One UpdateAutoScalingGroup for all. */
function settingChanges(
  { context, launches }: { readonly context: StepContext; readonly launches: LaunchWatch },
  desired: GroupDesired,
  observed: Group,
): readonly Change[] {
  const fields: readonly (readonly [string, string, string])[] = [
    ['launchTemplate', observed.launchTemplateId, desired.launchTemplateId],
    ['launchTemplateVersion', String(observed.launchTemplateVersion), String(desired.launchTemplateVersion)],
    ['subnet', observed.subnetId, desired.subnetId],
    ['minSize', String(observed.size.least), String(one.least)],
    ['maxSize', String(observed.size.most), String(one.most)],
    ['desiredCapacity', String(observed.size.desired), String(one.desired)],
    ['healthCheckType', observed.healthCheckType, healthChecks],
  ];
  const apply = async (): Promise<void> => {
    await context.clients.autoScaling.send(
      new UpdateAutoScalingGroupCommand({
        AutoScalingGroupName: desired.groupName,
        ...settings(desired),
      }),
    );
    launches.forget();
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

/** Why there is no host yet, or why there still is one. */
async function explain(
  clients: Clients,
  name: string,
  observed: Group | undefined,
): Promise<string | undefined> {
  if (observed?.lingers === true) {
    const [instance] = observed.instances;
    const left = instance === undefined ? undefined : await explainInstance(clients, instance.instanceId);
    return `the group is gone; ${left ?? 'its instance is on its way out'}`;
  }
  const activity = await explainActivities(clients, name);
  return observed?.status === undefined ? activity : `it is being deleted; ${activity}`;
}

/**
 * What a group does or fails to do. The last activity that failed says why no instance comes: capacity, a quota, a launch
 * template that EC2 refuses.
 */
export async function explainActivities({ autoScaling }: Clients, name: string): Promise<string> {
  const answer = await unless(
    ['ValidationError'],
    autoScaling.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName: name, MaxRecords: 10 })),
  );
  const activities: readonly Activity[] = answer?.Activities ?? [];
  const [last] = activities;
  if (last === undefined) return 'its group has not begun yet';
  const failed = sinceLastLaunch(activities).filter(isFailedLaunch);
  const words = wordsOf(failed[0] ?? last);
  return failed.length < 2 ? words : `${words} (${String(failed.length)} times in a row)`;
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
    healthCheckType: sortedChecks(found.HealthCheckType ?? 'EC2'),
    suspended: (found.SuspendedProcesses ?? []).map((suspended) => suspended.ProcessName ?? '').sort(),
    instances: (found.Instances ?? [])
      .filter((instance) => !(instance.LifecycleState ?? '').startsWith('Terminat'))
      .map((instance) => ({
        instanceId: instance.InstanceId ?? '',
        lifecycle: instance.LifecycleState ?? 'Pending',
        isHealthy: instance.HealthStatus !== 'Unhealthy',
        launchTemplateId: instance.LaunchTemplate?.LaunchTemplateId,
        launchTemplateVersion: versionOf(instance.LaunchTemplate?.Version),
        instanceType: instance.InstanceType,
      })),
    hosts: [],
    lingers: false,
    left: [],
    parts: [],
  };
}

/** AWS says nothing of an order. */
function sortedChecks(text: string): string {
  return text
    .split(',')
    .map((check) => check.trim())
    .sort()
    .join(',');
}

function versionOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
