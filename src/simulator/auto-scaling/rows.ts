import type { LifecycleState, ScalingActivityStatusCode } from '@aws-sdk/client-auto-scaling';

import { SimulatedFailure } from '../core/failure.ts';
import { table, type World } from '../core/world.ts';

/** An instance as its group knows it. */
export interface MemberRow {
  readonly instanceId: string;
  readonly zone: string;
  readonly subnetId: string;
  readonly type: string;
  /** What it was launched from: another one than its group's where that has changed since. */
  readonly template: GroupRow['template'];
  /** The activity that launched it, and later the one that ends it. */
  activityId: string;
  lifecycle: LifecycleState;
  isHealthy: boolean;
  isProtected: boolean;
}

export interface GroupTag {
  readonly key: string;
  readonly value: string;
  readonly propagates: boolean;
}

export interface GroupRow {
  readonly name: string;
  readonly arn: string;
  readonly createdAtMs: number;
  /** From when lists and filters show it. By name it shows at once. */
  readonly visibleAtMs: number;
  template: { readonly id: string; readonly name: string; readonly version: string };
  minSize: number;
  maxSize: number;
  desired: number;
  subnetIds: readonly string[];
  tags: readonly GroupTag[];
  protectsNew: boolean;
  healthCheckType: string;
  gracePeriodSeconds: number;
  cooldownSeconds: number;
  terminationPolicies: readonly string[];
  suspended: readonly string[];
  isDeleting: boolean;
  members: MemberRow[];
  /** After failed launches: not before then, and later each time. */
  retryAtMs: number;
  failures: number;
}

/** Auto Scaling groups by name. */
export const groups = table<GroupRow>('auto-scaling/groups');

export interface ActivityRow {
  readonly id: string;
  readonly groupName: string;
  readonly description: string;
  readonly cause: string;
  readonly startedAtMs: number;
  readonly details: string;
  status: ScalingActivityStatusCode;
  message: string | undefined;
  endedAtMs: number | undefined;
  /** Its group is gone: it is told for six weeks, to whoever asks for those of deleted groups as well. */
  isOfDeleted?: true;
}

/** Scaling activities by id, in the order of their beginning. */
export const activities = table<ActivityRow>('auto-scaling/activities');

/** Auto Scaling's one word for most that is wrong. */
export function validationError(message: string): SimulatedFailure {
  return new SimulatedFailure('ValidationError', message);
}

/** @throws SimulatedFailure ValidationError */
export function requireGroup(world: World, name: string | undefined): GroupRow {
  const row = world.rows(groups).get(name ?? '');
  if (row === undefined) {
    throw validationError(`AutoScalingGroup name not found - AutoScalingGroup '${name ?? ''}' not found`);
  }
  return row;
}

/** Has the group look at itself soon. */
export function reconcileSoon(world: World, name: string): void {
  world.schedule('auto-scaling/reconcile', world.vary(world.delays.scalingActivity), name);
}

/** Writes down the beginning of an activity. */
export function beginActivity(
  world: World,
  row: GroupRow,
  words: {
    readonly description: string;
    readonly cause: string;
    readonly subnetId: string;
    readonly zone: string;
  },
): ActivityRow {
  const activity: ActivityRow = {
    id: activityId(world),
    groupName: row.name,
    description: words.description,
    cause: `At ${new Date(world.nowMs).toISOString().replace(/\.\d+Z$/, 'Z')} ${words.cause}`,
    startedAtMs: world.nowMs,
    details: JSON.stringify({ 'Subnet ID': words.subnetId, 'Availability Zone': words.zone }),
    status: 'InProgress',
    message: undefined,
    endedAtMs: undefined,
  };
  world.rows(activities).set(activity.id, activity);
  return activity;
}

function activityId(world: World): string {
  const digits = world.next().toString(16).padStart(12, '0');
  return `a5c0e000-0000-4000-8000-${digits}`;
}

/** Writes down an activity's end; one that has ended stays as it is. */
export function endActivity(
  world: World,
  id: string,
  outcome: { readonly status: 'Successful' | 'Failed' | 'Cancelled'; readonly message?: string },
): void {
  const activity = world.rows(activities).get(id);
  if (activity?.endedAtMs !== undefined || activity === undefined) return;
  activity.status = outcome.status;
  activity.message = outcome.message;
  activity.endedAtMs = world.nowMs;
}
