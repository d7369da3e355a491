import { SimulatedFailure } from '../core/failure.ts';
import type { EventRule, World } from '../core/world.ts';
import { groupTag, type InstanceRow, instances } from '../ec2/instance-rows.ts';
import { terminate } from '../ec2/instance-states.ts';
import { launch, type LaunchRequest, withTemplate } from '../ec2/launch.ts';
import { requireTemplate, requireVersion } from '../ec2/launch-templates.ts';
import { scalingRole } from '../kms/use.ts';
import { requireSubnet } from '../ec2/tables.ts';
import {
  activities,
  type ActivityRow,
  beginActivity,
  endActivity,
  type GroupRow,
  groups,
  type MemberRow,
} from './rows.ts';

/** Between attempts to launch, at most. */
const longestRetryMs = 300_000;

/** Six weeks (DescribeScalingActivities). */
const activitiesToldMs = 42 * 24 * 3_600_000;

/** What groups do by themselves. */
export const groupRules: Readonly<Record<string, EventRule>> = {
  'auto-scaling/reconcile': (world, name) => {
    const row = world.rows(groups).get(name);
    if (row === undefined) return;
    for (const member of [...row.members]) look(world, row, member);
    if (row.isDeleting) emptyOut(world, row);
    else keepCount(world, row);
  },
  /** EC2's status checks have failed for long enough. */
  'auto-scaling/failed-checks': (world, instanceId) => {
    const row = world.rows(groups).get(world.rows(instances).get(instanceId)?.tags[groupTag] ?? '');
    const member = row?.members.find((one) => one.instanceId === instanceId);
    if (row === undefined || member?.lifecycle !== 'InService') return;
    if (row.suspended.includes('ReplaceUnhealthy')) return;
    member.isHealthy = false;
    takeOut(world, row, { member, cause: checksCause });
    keepCount(world, row);
  },
  'auto-scaling/delete': (world, name) => {
    world.rows(groups).delete(name);
    for (const activity of world.rows(activities).values()) {
      if (activity.groupName === name) activity.isOfDeleted = true;
      if (world.nowMs - activity.startedAtMs > activitiesToldMs) world.rows(activities).delete(activity.id);
    }
  },
};

/** Compares a member with what EC2 says of its instance. */
function look(world: World, row: GroupRow, member: MemberRow): void {
  const instance = world.rows(instances).get(member.instanceId);
  if (instance?.state === 'terminated' && member.lifecycle === 'Pending') {
    const message = `Instance became unhealthy while waiting for instance to be in InService state. Termination Reason: ${instance.stateReason?.Message ?? ''}`;
    endActivity(world, member.activityId, { status: 'Cancelled', message });
    row.members = row.members.filter((one) => one !== member);
    return;
  }
  if (instance === undefined || instance.state === 'terminated') {
    if (member.lifecycle !== 'Terminating') takeOut(world, row, { member, cause: lostCause });
    endActivity(world, member.activityId, { status: 'Successful' });
    row.members = row.members.filter((one) => one !== member);
    return;
  }
  if (member.lifecycle === 'Terminating') return;
  if (instance.state === 'running' && member.lifecycle === 'Pending') {
    member.lifecycle = 'InService';
    endActivity(world, member.activityId, { status: 'Successful' });
  }
  const isLost = ['shutting-down', 'stopping', 'stopped'].includes(instance.state);
  if (isLost && !row.suspended.includes('ReplaceUnhealthy')) {
    member.isHealthy = false;
    takeOut(world, row, { member, cause: lostCause });
  }
}

const lostCause =
  'an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped.';

const checksCause =
  'an instance was taken out of service in response to a EC2 instance status checks failure.';

/** Begins a member's end: the activity, the state, and the instance itself. */
export function takeOut(
  world: World,
  row: GroupRow,
  { member, cause }: { readonly member: MemberRow; readonly cause: string },
): ActivityRow {
  endActivity(world, member.activityId, { status: 'Successful' });
  const activity = beginActivity(world, row, {
    description: `Terminating EC2 instance: ${member.instanceId}`,
    cause,
    subnetId: member.subnetId,
    zone: member.zone,
  });
  member.activityId = activity.id;
  member.lifecycle = 'Terminating';
  const instance = world.rows(instances).get(member.instanceId);
  // Auto Scaling ends also what is protected from the API's own TerminateInstances.
  if (instance !== undefined) terminate(world, Object.assign(instance, { disableApiTermination: false }));
  return activity;
}

function emptyOut(world: World, row: GroupRow): void {
  for (const member of row.members) {
    if (member.lifecycle === 'Terminating') continue;
    takeOut(world, row, { member, cause: 'a user request force deleted the AutoScalingGroup.' });
  }
  if (row.members.length > 0) return;
  world.unschedule('auto-scaling/delete', row.name);
  world.schedule('auto-scaling/delete', world.vary(world.delays.groupDelete), row.name);
}

function keepCount(world: World, row: GroupRow): void {
  const living = row.members.filter((member) => member.lifecycle !== 'Terminating');
  if (living.length > row.desired) shrink(world, row, living);
  if (row.suspended.includes('Launch') || world.nowMs < row.retryAtMs) return;
  for (let missing = row.desired - living.length; missing > 0; missing -= 1) {
    if (!grow(world, row)) return;
  }
}

/** Oldest first, and never one that is protected from scale-in. */
function shrink(world: World, row: GroupRow, living: readonly MemberRow[]): void {
  if (row.suspended.includes('Terminate')) return;
  const candidates = living.filter((member) => !member.isProtected);
  for (const member of candidates.slice(0, living.length - row.desired)) {
    takeOut(world, row, {
      member,
      cause: `an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from ${living.length} to ${row.desired}.`,
    });
  }
}

/** @returns whether an instance could be launched. */
function grow(world: World, row: GroupRow): boolean {
  const subnetId = emptiestSubnet(row);
  const words = {
    description: 'Launching a new EC2 instance',
    cause: `an instance was started in response to a difference between desired and actual capacity, increasing the capacity to ${row.desired}.`,
    subnetId,
  };
  try {
    const { instance, version } = launchOne(world, row, subnetId);
    const activity = beginActivity(world, row, {
      ...words,
      description: `${words.description}: ${instance.id}`,
      zone: instance.zone,
    });
    row.members.push(newMember(row, instance, { subnetId, version, activityId: activity.id }));
    row.failures = 0;
    row.retryAtMs = 0;
    return true;
  } catch (error) {
    if (!(error instanceof SimulatedFailure)) throw error;
    const message = `${error.message} Launching EC2 instance failed.`;
    const activity = beginActivity(world, row, {
      ...words,
      description: `${words.description}.  Status Reason: ${message}`,
      zone: '',
    });
    endActivity(world, activity.id, { status: 'Failed', message });
    tryLater(world, row);
    return false;
  }
}

/** Each failure doubles the time until the next attempt. */
function tryLater(world: World, row: GroupRow): void {
  row.failures += 1;
  const afterMs = Math.min(longestRetryMs, world.delays.scalingActivity * 2 ** row.failures);
  row.retryAtMs = world.nowMs + afterMs;
  world.schedule('auto-scaling/reconcile', afterMs, row.name);
}

function newMember(
  row: GroupRow,
  instance: InstanceRow,
  made: Pick<MemberRow, 'activityId' | 'subnetId'> & { readonly version: string },
): MemberRow {
  return {
    instanceId: instance.id,
    zone: instance.zone,
    subnetId: made.subnetId,
    type: instance.type,
    template: { ...row.template, version: made.version },
    activityId: made.activityId,
    lifecycle: 'Pending',
    isHealthy: true,
    isProtected: row.protectsNew,
  };
}

function emptiestSubnet(row: GroupRow): string {
  const count = (subnetId: string): number =>
    row.members.filter((member) => member.subnetId === subnetId && member.lifecycle !== 'Terminating').length;
  return [...row.subnetIds].sort((a, b) => count(a) - count(b))[0] ?? '';
}

function launchOne(
  world: World,
  row: GroupRow,
  subnetId: string,
): { readonly instance: InstanceRow; readonly version: string } {
  requireSubnet(world, subnetId);
  const version = String(
    requireVersion(requireTemplate(world, { LaunchTemplateId: row.template.id }), row.template.version)
      .number,
  );
  const [instance] = launch(world, groupRequest(world, row, subnetId), {
    count: 1,
    user: scalingRole(world),
  });
  if (instance === undefined) throw new SimulatedFailure('InternalError', 'An internal error has occurred');
  return { instance, version };
}

/**
 * What a group asks of EC2: its template, with the subnet and the tags of its own. A network interface in the template
 * gets the subnet, as RunInstances takes it only there then.
 */
export function groupRequest(
  world: World,
  row: Pick<GroupRow, 'name' | 'tags' | 'template'>,
  subnetId: string,
): LaunchRequest {
  const LaunchTemplate = { LaunchTemplateId: row.template.id, Version: row.template.version };
  const described = withTemplate(world, { LaunchTemplate }).NetworkInterfaces;
  const own = row.tags.filter((tag) => tag.propagates).map((tag) => ({ Key: tag.key, Value: tag.value }));
  return {
    LaunchTemplate,
    ...(described === undefined
      ? { SubnetId: subnetId }
      : { NetworkInterfaces: described.map((one) => ({ ...one, SubnetId: subnetId })) }),
    TagSpecifications: [{ ResourceType: 'instance', Tags: [...own, { Key: groupTag, Value: row.name }] }],
  };
}
