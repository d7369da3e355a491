import type { HealthStatus, TaskStopCode } from '@aws-sdk/client-ecs';

import { indexBy, table } from '../core/world.ts';
import type { EcsTags } from './common.ts';

/** A container of a task, as DescribeTasks shows it. */
export interface TaskContainerRow {
  readonly name: string;
  readonly image: string;
  imageDigest: string | undefined;
  exitCode: number | undefined;
  reason: string | undefined;
}

export interface TaskRow {
  readonly arn: string;
  readonly id: string;
  readonly clusterName: string;
  readonly taskDefinitionArn: string;
  readonly containerInstanceArn: string;
  /** EC2's id of the host. */
  readonly instanceId: string;
  /** `service:<name>` or `family:<family>`. */
  readonly group: string;
  /** A service's deployment, or what RunTask's caller says. */
  readonly startedBy: string | undefined;
  readonly serviceArn: string | undefined;
  readonly createdAtMs: number;
  readonly memoryMiB: number;
  readonly cpuUnits: number;
  readonly hostPorts: readonly number[];
  readonly containers: TaskContainerRow[];
  lastStatus: 'PENDING' | 'RUNNING' | 'STOPPING' | 'STOPPED';
  desiredStatus: 'RUNNING' | 'STOPPED';
  health: HealthStatus;
  pullStartedAtMs: number | undefined;
  pullStoppedAtMs: number | undefined;
  startedAtMs: number | undefined;
  stoppingAtMs: number | undefined;
  stoppedAtMs: number | undefined;
  stopCode: TaskStopCode | undefined;
  stoppedReason: string | undefined;
  /** Its container instance was deregistered by force: its containers run on, and ECS does not know. */
  isOrphan: boolean;
  /** Its service's scheduler has taken note of its end. */
  isCounted: boolean;
  tags: EcsTags;
  version: number;
}

export const tasks = table<TaskRow>('ecs/tasks');

/** By the ARN of their service. */
export const tasksByService = indexBy(tasks, (row) => (row.serviceArn === undefined ? [] : [row.serviceArn]));

/** By the ARN of the container instance that they are on. */
export const tasksByInstance = indexBy(tasks, (row) => [row.containerInstanceArn]);

/** A task holds its memory and ports until its containers have stopped. */
export function holdsPlace(task: TaskRow): boolean {
  return task.lastStatus !== 'STOPPED';
}
