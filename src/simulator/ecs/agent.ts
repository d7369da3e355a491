import type { ContainerDefinition } from '@aws-sdk/client-ecs';

import type { World } from '../core/world.ts';
import { instances } from '../ec2/instance-rows.ts';
import { findImage, parseImageReference } from '../ecr/images.ts';
import { parseUserData } from '../hosts/user-data.ts';
import { appendLog, logGroups } from '../logs/log-groups.ts';
import { ecsEvents } from './common.ts';
import { containerInstances, schedulerReactionMs } from './container-instances.ts';
import { forgetImages, imageOnHost, keepImage } from './kept-images.ts';
import { readSecrets } from './secret-values.ts';
import { type TaskDefinitionRow, taskDefinitions } from './task-definitions.ts';
import { type ContainerLaunch, taskRuntimeOf } from './task-runtime.ts';
import { type TaskRow, tasks } from './tasks-table.ts';

/** ECS's default between SIGTERM and SIGKILL, ECS_CONTAINER_STOP_TIMEOUT. */
const defaultStopTimeoutSeconds = 30;

/** Stopped tasks are shown for an hour at least ("DescribeTasks", ECS API reference). */
const stoppedTasksKeptMs = 3_600_000;

/** Why the agent could not start a task. */
class StartFailure extends Error {}

/** The agent has the task's image and secrets: its containers start, or the task stops and says why. */
export function launchTask(world: World, taskArn: string): void {
  const task = world.rows(tasks).get(taskArn);
  if (task?.lastStatus !== 'PENDING') return;
  if (task.desiredStatus === 'STOPPED') {
    endTask(world, task);
    return;
  }
  const definition = world.rows(taskDefinitions).get(task.taskDefinitionArn);
  const instance = world.rows(containerInstances).get(task.containerInstanceArn);
  if (definition === undefined || instance?.agentConnected !== true) return;
  task.pullStoppedAtMs = world.nowMs;
  try {
    const architecture = instance.attributes['ecs.cpu-architecture'];
    const containers = (definition.definition.containerDefinitions ?? []).map((container) =>
      prepare(world, { task, definition, container }),
    );
    const misfit = containers.find(
      (one) => !runsOn(world, one, { architecture, instanceId: task.instanceId }),
    );
    if (misfit !== undefined) {
      failToExecute(world, task, misfit);
      return;
    }
    taskRuntimeOf(world).start(world, {
      taskArn,
      clusterName: task.clusterName,
      group: task.group,
      taskDefinition: definition.definition,
      containers,
      host: {
        instanceId: task.instanceId,
        containerInstanceArn: instance.arn,
        attributes: instance.attributes,
      },
    });
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error;
    failToStart(world, task, error.message);
  }
}

interface Preparation {
  readonly task: TaskRow;
  readonly definition: TaskDefinitionRow;
  readonly container: ContainerDefinition;
}

function prepare(world: World, preparation: Preparation): ContainerLaunch {
  const { task, definition, container } = preparation;
  const roleArn = definition.definition.executionRoleArn;
  const secrets = readSecrets(world, { roleArn, secrets: container.secrets ?? [] });
  if ('failure' in secrets) throw new StartFailure(secrets.failure);
  const imageDigest = pull(world, container.image ?? '', task.instanceId);
  const row = task.containers.find((one) => one.name === container.name);
  if (row !== undefined) row.imageDigest = imageDigest;
  checkLogs(world, container);
  return { definition: container, secrets: secrets.values, imageDigest };
}

/** An image of this account's ECR must be there; one from elsewhere is taken to be. */
function pull(world: World, image: string, instanceId: string): string | undefined {
  const reference = parseImageReference(world, image);
  if (reference === undefined) return undefined;
  const kept = imageOnHost(world, { instanceId, image });
  if (kept !== undefined && keepsImages(world, instanceId)) return kept.digest;
  const found = findImage(world, reference);
  if (found === 'no-repository') {
    throw new StartFailure(
      `CannotPullContainerError: The task can't pull the image '${image}' from Amazon ECR using the task execution role. Verify that the repository exists: name unknown: The repository with name '${reference.repository}' does not exist in the registry with id '${world.accountId}'`,
    );
  }
  if (found === undefined) {
    throw new StartFailure(
      `CannotPullContainerError: failed to resolve reference "${image}": ${image}: not found`,
    );
  }
  keepImage(world, { instanceId, image }, found);
  return found.digest;
}

function keepsImages(world: World, instanceId: string): boolean {
  return parseUserData(world.rows(instances).get(instanceId)?.userData)?.keepsImages === true;
}

/**
 * Docker makes the log stream before the container starts; in non-blocking mode it does so behind its back, and the
 * container starts without.
 */
function checkLogs(world: World, container: ContainerDefinition): void {
  const group = logGroupOf(container);
  if (group === undefined || world.rows(logGroups).has(group)) return;
  const options = container.logConfiguration?.options ?? {};
  if (options['mode'] === 'non-blocking' || options['awslogs-create-group'] === 'true') return;
  throw new StartFailure(
    'CannotStartContainerError: Error response from daemon: failed to initialize logging driver: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.',
  );
}

function logGroupOf(container: ContainerDefinition): string | undefined {
  const { logConfiguration } = container;
  return logConfiguration?.logDriver === 'awslogs' ? logConfiguration.options?.['awslogs-group'] : undefined;
}

/** Writes a line as a task's container does; nowhere, if its log group is not there. */
export function writeTaskLog(world: World, taskArn: string, message: string): void {
  const task = world.rows(tasks).get(taskArn);
  const definition = world.rows(taskDefinitions).get(task?.taskDefinitionArn ?? '');
  const [container] = definition?.definition.containerDefinitions ?? [];
  const group = container === undefined ? undefined : logGroupOf(container);
  if (task === undefined || container === undefined || group === undefined) return;
  const prefix = container.logConfiguration?.options?.['awslogs-stream-prefix'];
  const stream = [...(prefix === undefined ? [] : [prefix]), container.name ?? '', task.id].join('/');
  appendLog(world, { group, stream, message });
}

function runsOn(
  world: World,
  launch: ContainerLaunch,
  host: { readonly architecture: string | undefined; readonly instanceId: string },
): boolean {
  const { architecture, instanceId } = host;
  const image = imageOnHost(world, { instanceId, image: launch.definition.image ?? '' });
  if (image === undefined) return true;
  return (
    architecture === undefined || image.architecture === undefined || image.architecture === architecture
  );
}

/** Docker starts an image of the wrong architecture with a warning; the kernel then refuses its first program. */
function failToExecute(world: World, task: TaskRow, launch: ContainerLaunch): void {
  const [program = '/usr/local/bin/es-ecs-entrypoint'] = launch.definition.entryPoint ?? [];
  writeTaskLog(world, task.arn, `exec ${program}: exec format error`);
  task.startedAtMs = world.nowMs;
  task.stopCode = 'EssentialContainerExited';
  task.stoppedReason = 'Essential container in task exited';
  const row = task.containers.find((one) => one.name === launch.definition.name);
  if (row !== undefined) row.exitCode = 255;
  endTask(world, task);
}

function failToStart(world: World, task: TaskRow, reason: string): void {
  task.stopCode = 'TaskFailedToStart';
  task.stoppedReason = reason.startsWith('CannotStartContainerError') ? 'Task failed to start' : reason;
  for (const container of task.containers) container.reason = reason;
  endTask(world, task);
}

/** The runtime has news of a task; ECS hears of it only while the host's agent is connected. */
export function observeTask(world: World, taskArn: string): void {
  const task = world.rows(tasks).get(taskArn);
  if (task === undefined || task.lastStatus === 'STOPPED') return;
  if (world.rows(containerInstances).get(task.containerInstanceArn)?.agentConnected !== true) return;
  const observed = taskRuntimeOf(world).observe(world, taskArn);
  if (observed === undefined) return;
  task.version += 1;
  if (observed.status === 'stopped') {
    const [essential] = task.containers;
    if (essential !== undefined) {
      essential.exitCode = observed.exitCode;
      essential.reason = observed.reason;
    }
    const hadStarted = task.startedAtMs !== undefined;
    task.stopCode ??= hadStarted ? 'EssentialContainerExited' : 'TaskFailedToStart';
    task.stoppedReason ??= hadStarted ? 'Essential container in task exited' : 'Task failed to start';
    endTask(world, task);
    return;
  }
  if (observed.status === 'running' && task.lastStatus === 'PENDING') {
    task.lastStatus = 'RUNNING';
    task.startedAtMs = world.nowMs;
  }
  task.health = hasHealthCheck(world, task) ? observed.health : 'UNKNOWN';
  if (task.health === 'UNHEALTHY' && task.serviceArn !== undefined && task.desiredStatus === 'RUNNING') {
    requestStop(world, task, {
      code: 'ServiceSchedulerInitiated',
      reason: 'Task failed container health checks',
    });
  }
  wakeService(world, task);
}

/** Whether ECS waits for a container health check before it counts the task as healthy. */
export function hasHealthCheck(world: World, task: TaskRow): boolean {
  const definition = world.rows(taskDefinitions).get(task.taskDefinitionArn);
  return (definition?.definition.containerDefinitions ?? []).some((one) => one.healthCheck !== undefined);
}

/** Why a task is stopped. */
export interface StopCause {
  readonly code: 'UserInitiated' | 'ServiceSchedulerInitiated';
  readonly reason: string;
}

/** Asks a task's agent to stop it. Asking twice changes nothing. */
export function requestStop(world: World, task: TaskRow, cause: StopCause): void {
  if (task.lastStatus === 'STOPPED' || task.desiredStatus === 'STOPPED') return;
  task.desiredStatus = 'STOPPED';
  task.stopCode = cause.code;
  task.stoppedReason = cause.reason;
  task.stoppingAtMs = world.nowMs;
  task.version += 1;
  const runtime = taskRuntimeOf(world);
  if (runtime.observe(world, task.arn) === undefined) {
    // Not started yet: the agent drops it when it comes to it.
    world.unschedule(ecsEvents.launch, task.arn);
    world.schedule(ecsEvents.launch, world.vary(1_000), task.arn);
    return;
  }
  task.lastStatus = 'STOPPING';
  runtime.stop(world, task.arn, stopTimeoutSeconds(world, task));
}

function stopTimeoutSeconds(world: World, task: TaskRow): number {
  const definition = world.rows(taskDefinitions).get(task.taskDefinitionArn);
  const timeouts = (definition?.definition.containerDefinitions ?? []).map(
    (container) => container.stopTimeout ?? defaultStopTimeoutSeconds,
  );
  return Math.max(0, ...timeouts);
}

/** The task has stopped, for ECS as well. */
function endTask(world: World, task: TaskRow): void {
  task.lastStatus = 'STOPPED';
  task.desiredStatus = 'STOPPED';
  task.health = 'UNKNOWN';
  task.stoppingAtMs ??= world.nowMs;
  task.stoppedAtMs = world.nowMs;
  task.version += 1;
  forgetOldTasks(world);
  wakeService(world, task);
}

function forgetOldTasks(world: World): void {
  const rows = world.rows(tasks);
  for (const [arn, task] of rows) {
    if (task.stoppedAtMs !== undefined && task.stoppedAtMs + stoppedTasksKeptMs < world.nowMs)
      rows.delete(arn);
  }
}

function wakeService(world: World, task: TaskRow): void {
  if (task.serviceArn === undefined) return;
  world.schedule(ecsEvents.reconcile, world.vary(schedulerReactionMs / 4), task.serviceArn);
}

/** The host has no power: its containers end without a signal. ECS learns nothing of it yet. */
export function hostDead(world: World, instanceId: string): void {
  for (const task of world.rows(tasks).values()) {
    if (task.instanceId !== instanceId || (task.lastStatus === 'STOPPED' && !task.isOrphan)) continue;
    taskRuntimeOf(world).stop(world, task.arn, 0);
  }
}

/** EC2 has told ECS that the instance was terminated. */
export function hostForgotten(world: World, instanceId: string): void {
  forgetImages(world, instanceId);
  for (const row of world.rows(containerInstances).values()) {
    if (row.instanceId === instanceId) row.status = 'INACTIVE';
  }
  for (const task of world.rows(tasks).values()) {
    if (task.instanceId !== instanceId || task.lastStatus === 'STOPPED') continue;
    task.stopCode = 'TerminationNotice';
    task.stoppedReason = `Host EC2 (instance ${instanceId}) terminated.`;
    endTask(world, task);
  }
}
