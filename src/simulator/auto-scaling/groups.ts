import type {
  Activity,
  AutoScalingGroup,
  CreateAutoScalingGroupCommandInput,
  DeleteAutoScalingGroupCommandInput,
  DescribeAutoScalingGroupsCommandInput,
  DescribeAutoScalingGroupsCommandOutput,
  DescribeAutoScalingInstancesCommandInput,
  DescribeAutoScalingInstancesCommandOutput,
  DescribeScalingActivitiesCommandInput,
  DescribeScalingActivitiesCommandOutput,
  Filter,
  Instance,
  LaunchTemplateSpecification,
  ResumeProcessesCommandInput,
  SetDesiredCapacityCommandInput,
  SetInstanceProtectionCommandInput,
  SuspendProcessesCommandInput,
  TerminateInstanceInAutoScalingGroupCommandInput,
  TerminateInstanceInAutoScalingGroupCommandOutput,
  UpdateAutoScalingGroupCommandInput,
} from '@aws-sdk/client-auto-scaling';

import { linkedRoleArn, servicePrincipals } from '../../aws/partitions.ts';
import { SimulatedFailure } from '../core/failure.ts';
import { page } from '../core/operation.ts';
import type { World } from '../core/world.ts';
import type { Answer } from '../ec2/common.ts';
import { checkLaunch } from '../ec2/launch.ts';
import { requireTemplate, requireVersion } from '../ec2/launch-templates.ts';
import { requireSubnet, subnets } from '../ec2/tables.ts';
import { requireServiceLinkedRole } from '../iam/service-linked-roles.ts';
import { groupRequest, takeOut } from './reconcile.ts';
import {
  activities,
  type ActivityRow,
  type GroupRow,
  groups,
  type GroupTag,
  type MemberRow,
  reconcileSoon,
  requireGroup,
  validationError,
} from './rows.ts';
import { toGroupTag, toTagDescription } from './tags.ts';

function toMember(member: MemberRow): Instance {
  return {
    InstanceId: member.instanceId,
    AvailabilityZone: member.zone,
    InstanceType: member.type,
    LifecycleState: member.lifecycle,
    HealthStatus: member.isHealthy ? 'Healthy' : 'Unhealthy',
    ProtectedFromScaleIn: member.isProtected,
    LaunchTemplate: {
      LaunchTemplateId: member.template.id,
      LaunchTemplateName: member.template.name,
      Version: member.template.version,
    },
  };
}

function zonesOfGroup(world: World, row: GroupRow): string[] {
  return [...new Set(row.subnetIds.flatMap((id) => world.rows(subnets).get(id)?.zone ?? []))];
}

function toGroup(world: World, row: GroupRow): AutoScalingGroup {
  return {
    AutoScalingGroupName: row.name,
    AutoScalingGroupARN: row.arn,
    LaunchTemplate: {
      LaunchTemplateId: row.template.id,
      LaunchTemplateName: row.template.name,
      Version: row.template.version,
    },
    MinSize: row.minSize,
    MaxSize: row.maxSize,
    DesiredCapacity: row.desired,
    DefaultCooldown: row.cooldownSeconds,
    AvailabilityZones: zonesOfGroup(world, row),
    LoadBalancerNames: [],
    TargetGroupARNs: [],
    HealthCheckType: row.healthCheckType,
    HealthCheckGracePeriod: row.gracePeriodSeconds,
    Instances: row.members.map((member) => toMember(member)),
    CreatedTime: new Date(row.createdAtMs),
    SuspendedProcesses: row.suspended.map((ProcessName) => ({
      ProcessName,
      SuspensionReason: 'User suspended',
    })),
    VPCZoneIdentifier: row.subnetIds.join(','),
    EnabledMetrics: [],
    ...(row.isDeleting ? { Status: 'Delete in progress' } : {}),
    Tags: row.tags.map((tag) => toTagDescription(row.name, tag)),
    TerminationPolicies: [...row.terminationPolicies],
    NewInstancesProtectedFromScaleIn: row.protectsNew,
    ServiceLinkedRoleARN: linkedRoleArn('autoScaling', world),
    TrafficSources: [],
  };
}

function toActivity(row: ActivityRow): Activity {
  const { endedAtMs, message } = row;
  return {
    ActivityId: row.id,
    AutoScalingGroupName: row.groupName,
    Description: row.description,
    Cause: row.cause,
    StartTime: new Date(row.startedAtMs),
    ...(endedAtMs === undefined ? {} : { EndTime: new Date(endedAtMs) }),
    StatusCode: row.status,
    ...(message === undefined ? {} : { StatusMessage: message }),
    Progress: endedAtMs === undefined ? 50 : 100,
    Details: row.details,
    ...(row.isOfDeleted === true ? { AutoScalingGroupState: 'Deleted' } : {}),
  };
}

/** A filter's values are alternatives; `tag:KEY`, `tag-key` and `tag-value` are all there are. */
function matches(row: GroupRow, { Name: name = '', Values: values = [] }: Filter): boolean {
  const read = ({ key, value }: GroupTag): string | undefined => {
    if (name === 'tag-key') return key;
    if (name === 'tag-value') return value;
    if (name.startsWith('tag:')) return name === `tag:${key}` ? value : undefined;
    throw validationError(
      `Filter type ${name} is not correct. Allowed Filter types are: [tag-key tag-value tag:<key>]`,
    );
  };
  return row.tags.some((tag) => values.includes(read(tag) ?? ''));
}

function subnetsOf(world: World, identifier: string | undefined): readonly string[] {
  const ids = (identifier ?? '')
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '');
  if (ids.length === 0) throw validationError('At least one Availability Zone or VPC Subnet is required.');
  for (const id of ids) inItsWords(() => requireSubnet(world, id));
  return ids;
}

/** EC2's refusals come back as Auto Scaling's own. */
function inItsWords<Result>(ask: () => Result, before = ''): Result {
  try {
    return ask();
  } catch (error) {
    if (error instanceof SimulatedFailure) throw validationError(`${before}${error.message}`);
    throw error;
  }
}

function templateOf(world: World, asked: LaunchTemplateSpecification | undefined): GroupRow['template'] {
  if (asked === undefined) {
    throw validationError(
      'Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.',
    );
  }
  return inItsWords(() => {
    const row = requireTemplate(world, asked);
    requireVersion(row, asked.Version);
    return { id: row.id, name: row.name, version: asked.Version ?? '$Default' };
  }, badTemplate);
}

const badTemplate = 'You must use a valid fully-formed launch template. ';

/**
 * Auto Scaling tries the template with a dry run when it is handed in. What depends on the zone and what the tags of the
 * group do wrong shows only at the launch, in the scaling activities.
 */
function tryTemplate(world: World, row: Pick<GroupRow, 'name' | 'subnetIds' | 'template'>): void {
  const request = inItsWords(
    () => groupRequest(world, { ...row, tags: [] }, row.subnetIds[0] ?? ''),
    badTemplate,
  );
  try {
    checkLaunch(world, request);
  } catch (error) {
    if (!(error instanceof SimulatedFailure)) throw error;
    if (error.code !== 'Unsupported') throw validationError(`${badTemplate}${error.message}`);
  }
}

function checkSizes({ minSize, maxSize, desired }: Pick<GroupRow, 'desired' | 'maxSize' | 'minSize'>): void {
  if (minSize > maxSize)
    throw validationError(`Max bound, ${maxSize}, must be greater than or equal to min bound, ${minSize}`);
  if (desired < minSize || desired > maxSize) {
    throw validationError(
      `Desired capacity:${desired} must be between the specified min size:${minSize} and max size:${maxSize}`,
    );
  }
}

function createGroup(world: World, input: CreateAutoScalingGroupCommandInput): GroupRow {
  const name = input.AutoScalingGroupName ?? '';
  if (world.rows(groups).has(name)) {
    throw new SimulatedFailure(
      'AlreadyExistsFault',
      `AutoScalingGroup by this name already exists - A group with the name ${name} already exists`,
    );
  }
  if (world.rows(groups).size >= world.quotas.groups) {
    throw new SimulatedFailure(
      'LimitExceededFault',
      `AutoScalingGroup limit exceeded: the limit is ${world.quotas.groups}`,
    );
  }
  const minSize = input.MinSize ?? 0;
  const row: GroupRow = {
    name,
    arn: `arn:${world.partition}:autoscaling:${world.region}:${world.accountId}:autoScalingGroup:${world.id('asg')}:autoScalingGroupName/${name}`,
    createdAtMs: world.nowMs,
    visibleAtMs: world.nowMs + world.vary(world.delays.visible),
    template: templateOf(world, input.LaunchTemplate),
    minSize,
    maxSize: input.MaxSize ?? 0,
    desired: input.DesiredCapacity ?? minSize,
    subnetIds: subnetsOf(world, input.VPCZoneIdentifier),
    tags: (input.Tags ?? []).map(toGroupTag),
    protectsNew: input.NewInstancesProtectedFromScaleIn ?? false,
    healthCheckType: healthChecks(input.HealthCheckType) ?? 'EC2',
    gracePeriodSeconds: input.HealthCheckGracePeriod ?? 0,
    cooldownSeconds: input.DefaultCooldown ?? 300,
    terminationPolicies: input.TerminationPolicies ?? ['Default'],
    suspended: [],
    isDeleting: false,
    members: [],
    retryAtMs: 0,
    failures: 0,
  };
  checkSizes(row);
  tryTemplate(world, row);
  world.rows(groups).set(name, row);
  return row;
}

function requireLiving(world: World, name: string | undefined): GroupRow {
  const row = requireGroup(world, name);
  if (!row.isDeleting) return row;
  throw new SimulatedFailure(
    'ScalingActivityInProgressFault',
    `You cannot update AutoScalingGroup ${row.name} while it is being deleted.`,
  );
}

function updateGroup(world: World, input: UpdateAutoScalingGroupCommandInput): void {
  const row = requireLiving(world, input.AutoScalingGroupName);
  const minSize = input.MinSize ?? row.minSize;
  const maxSize = input.MaxSize ?? row.maxSize;
  // Left out, the desired capacity follows the new bounds ("UpdateAutoScalingGroup").
  const desired = input.DesiredCapacity ?? Math.min(maxSize, Math.max(minSize, row.desired));
  checkSizes({ minSize, maxSize, desired });
  const template =
    input.LaunchTemplate === undefined ? row.template : templateOf(world, input.LaunchTemplate);
  const subnetIds =
    input.VPCZoneIdentifier === undefined ? row.subnetIds : subnetsOf(world, input.VPCZoneIdentifier);
  if (template !== row.template || subnetIds !== row.subnetIds) {
    tryTemplate(world, { name: row.name, template, subnetIds });
  }
  Object.assign(row, {
    minSize,
    maxSize,
    desired,
    template,
    subnetIds,
    protectsNew: input.NewInstancesProtectedFromScaleIn ?? row.protectsNew,
    healthCheckType: healthChecks(input.HealthCheckType) ?? row.healthCheckType,
    gracePeriodSeconds: input.HealthCheckGracePeriod ?? row.gracePeriodSeconds,
    cooldownSeconds: input.DefaultCooldown ?? row.cooldownSeconds,
    terminationPolicies: input.TerminationPolicies ?? row.terminationPolicies,
  } satisfies Partial<GroupRow>);
  reconcileSoon(world, row.name);
}

function deleteGroup(world: World, input: DeleteAutoScalingGroupCommandInput): void {
  const row = requireGroup(world, input.AutoScalingGroupName);
  if (row.isDeleting) return;
  if (input.ForceDelete !== true) {
    if (row.members.some((member) => member.lifecycle !== 'Terminating')) {
      throw new SimulatedFailure(
        'ResourceInUseFault',
        'You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.',
      );
    }
    const isBusy = row.members.length > 0 || row.desired > 0;
    if (isBusy) {
      throw new SimulatedFailure(
        'ScalingActivityInProgressFault',
        'You cannot delete an AutoScalingGroup while there are scaling activities in progress for that group.',
      );
    }
  }
  row.isDeleting = true;
  row.minSize = 0;
  row.desired = 0;
  reconcileSoon(world, row.name);
}

function requireMember(row: GroupRow, instanceId: string | undefined): MemberRow {
  const member = row.members.find((one) => one.instanceId === instanceId);
  if (member === undefined) {
    throw validationError(
      `Instance Id not found - No managed instance found for instance ID ${instanceId ?? ''}`,
    );
  }
  return member;
}

function groupWith(world: World, instanceId: string | undefined): GroupRow {
  const row = [...world.rows(groups).values()].find((one) =>
    one.members.some((member) => member.instanceId === instanceId),
  );
  if (row === undefined) {
    throw validationError(
      `Instance Id not found - No managed instance found for instance ID ${instanceId ?? ''}`,
    );
  }
  return row;
}

/** "The default value is 50 and the maximum value is 100" (DescribeAutoScalingGroups); fewer here where nothing is said. */
function groupPage<Item>(
  found: readonly Item[],
  input: { readonly NextToken?: string | undefined; readonly MaxRecords?: number | undefined },
): ReturnType<typeof page<Item>> {
  const { NextToken, MaxRecords } = input;
  return page(found, NextToken, MaxRecords, MaxRecords === undefined ? undefined : 100);
}

const knownChecks = ['EC2', 'EBS', 'ELB', 'VPC_LATTICE'];

/** EC2 is always one of the list, and comes first. @throws SimulatedFailure ValidationError */
function healthChecks(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const asked = text.split(',');
  const unknown = asked.find((check) => !knownChecks.includes(check));
  if (unknown !== undefined)
    throw new SimulatedFailure('ValidationError', `${unknown} is not a valid health check type`);
  return knownChecks.filter((check) => check === 'EC2' || asked.includes(check)).join(',');
}

function roleNotReady(): SimulatedFailure {
  return new SimulatedFailure(
    'ServiceLinkedRoleFailure',
    'The service-linked role is not yet ready for use.',
    500,
  );
}

/** Auto Scaling groups, as its API reference describes them. There is no client token: the name does its work. */
export const groupOperations = {
  CreateAutoScalingGroup(world: World, input: CreateAutoScalingGroupCommandInput): object {
    requireServiceLinkedRole(world, servicePrincipals.autoScaling, roleNotReady);
    reconcileSoon(world, createGroup(world, input).name);
    return {};
  },

  /** Names that do not exist are left out of the answer, and are no error. */
  DescribeAutoScalingGroups(
    world: World,
    input: DescribeAutoScalingGroupsCommandInput,
  ): Answer<DescribeAutoScalingGroupsCommandOutput> {
    const names = input.AutoScalingGroupNames ?? [];
    const found = [...world.rows(groups).values()].filter(
      (row) =>
        (names.length === 0 ? row.visibleAtMs <= world.nowMs : names.includes(row.name)) &&
        (input.Filters ?? []).every((filter) => matches(row, filter)),
    );
    const { items, nextToken } = groupPage(found, input);
    return { AutoScalingGroups: items.map((row) => toGroup(world, row)), NextToken: nextToken };
  },

  DescribeAutoScalingInstances(
    world: World,
    input: DescribeAutoScalingInstancesCommandInput,
  ): Answer<DescribeAutoScalingInstancesCommandOutput> {
    const found = [...world.rows(groups).values()].flatMap((row) =>
      row.members
        .filter((member) => input.InstanceIds?.includes(member.instanceId) ?? true)
        .map((member) => ({ ...toMember(member), AutoScalingGroupName: row.name })),
    );
    const { items, nextToken } = groupPage(found, input);
    return {
      AutoScalingInstances: items.map((one) => ({
        ...one,
        HealthStatus: one.HealthStatus?.toUpperCase(),
      })),
      NextToken: nextToken,
    };
  },

  UpdateAutoScalingGroup(world: World, input: UpdateAutoScalingGroupCommandInput): object {
    updateGroup(world, input);
    return {};
  },

  DeleteAutoScalingGroup(world: World, input: DeleteAutoScalingGroupCommandInput): object {
    deleteGroup(world, input);
    return {};
  },

  SetDesiredCapacity(world: World, input: SetDesiredCapacityCommandInput): object {
    const row = requireLiving(world, input.AutoScalingGroupName);
    const desired = input.DesiredCapacity ?? 0;
    if (desired > row.maxSize || desired < row.minSize) {
      const [side, bound] = desired > row.maxSize ? ['above max', row.maxSize] : ['below min', row.minSize];
      throw validationError(
        `New SetDesiredCapacity value ${desired} is ${side} value ${bound} for the AutoScalingGroup.`,
      );
    }
    row.desired = desired;
    reconcileSoon(world, row.name);
    return {};
  },

  TerminateInstanceInAutoScalingGroup(
    world: World,
    input: TerminateInstanceInAutoScalingGroupCommandInput,
  ): Answer<TerminateInstanceInAutoScalingGroupCommandOutput> {
    const row = groupWith(world, input.InstanceId);
    const member = requireMember(row, input.InstanceId);
    if (input.ShouldDecrementDesiredCapacity === true) {
      if (row.desired <= row.minSize) {
        throw validationError(
          `Currently, desiredSize equals minSize (${row.minSize}). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.`,
        );
      }
      row.desired -= 1;
    }
    const activity = takeOut(world, row, {
      member,
      cause: 'an instance was taken out of service in response to a user request.',
    });
    reconcileSoon(world, row.name);
    return { Activity: toActivity(activity) };
  },

  SetInstanceProtection(world: World, input: SetInstanceProtectionCommandInput): object {
    const row = requireGroup(world, input.AutoScalingGroupName);
    const members = (input.InstanceIds ?? []).map((id) => requireMember(row, id));
    for (const member of members) member.isProtected = input.ProtectedFromScaleIn === true;
    return {};
  },

  /** Without names, all of them. */
  SuspendProcesses(world: World, input: SuspendProcessesCommandInput): object {
    const row = requireGroup(world, input.AutoScalingGroupName);
    const named = input.ScalingProcesses ?? [];
    row.suspended = [...new Set([...row.suspended, ...(named.length === 0 ? allProcesses : named)])];
    return {};
  },

  ResumeProcesses(world: World, input: ResumeProcessesCommandInput): object {
    const row = requireGroup(world, input.AutoScalingGroupName);
    const named = input.ScalingProcesses ?? [];
    row.suspended = named.length === 0 ? [] : row.suspended.filter((name) => !named.includes(name));
    reconcileSoon(world, row.name);
    return {};
  },

  /** The latest first. */
  DescribeScalingActivities(
    world: World,
    input: DescribeScalingActivitiesCommandInput,
  ): Answer<DescribeScalingActivitiesCommandOutput> {
    const { AutoScalingGroupName: name, ActivityIds: ids, IncludeDeletedGroups: isWide = false } = input;
    const told = [...world.rows(activities).values()].filter(
      (row) => (isWide || row.isOfDeleted !== true) && (name === undefined || row.groupName === name),
    );
    if (name !== undefined && told.length === 0) requireGroup(world, name);
    const found = told.filter((row) => ids?.includes(row.id) ?? true).toReversed();
    const { items, nextToken } = groupPage(found, input);
    return { Activities: items.map(toActivity), NextToken: nextToken };
  },
} as const;

const allProcesses = [
  'Launch',
  'Terminate',
  'AddToLoadBalancer',
  'AlarmNotification',
  'AZRebalance',
  'HealthCheck',
  'InstanceRefresh',
  'ReplaceUnhealthy',
  'ScheduledActions',
] as const;
