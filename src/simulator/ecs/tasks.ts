import type {
  DescribeTasksCommandInput,
  DescribeTasksCommandOutput,
  Failure,
  ListTasksCommandInput,
  ListTasksCommandOutput,
  RunTaskCommandInput,
  RunTaskCommandOutput,
  StopTaskCommandInput,
  StopTaskCommandOutput,
  Task,
} from '@aws-sdk/client-ecs';

import { SimulatedFailure } from '../core/failure.ts';
import { page } from '../core/operation.ts';
import type { World } from '../core/world.ts';
import { hasHealthCheck, requestStop } from './agent.ts';
import { requireCluster } from './clusters.ts';
import {
  type Answer,
  atMost,
  clientFailure,
  dateOf,
  ecsArn,
  ecsEvents,
  ecsId,
  type EcsTags,
  fromTags,
  invalidParameter,
  shortName,
  toEcsTags,
} from './common.ts';
import { type ContainerInstanceRow, containerInstances } from './container-instances.ts';
import { needsOf, place } from './placement.ts';
import { services } from './services-table.ts';
import { findTaskDefinition, type TaskDefinitionRow } from './task-definitions.ts';
import { type TaskRow, tasks } from './tasks-table.ts';

/** The share of `taskStart` that passes before the containers begin to start: the image pull. */
export const pullShare = 0.75;

export interface NewTask {
  readonly definition: TaskDefinitionRow;
  readonly instance: ContainerInstanceRow;
  readonly group: string;
  readonly startedBy: string | undefined;
  readonly serviceArn: string | undefined;
  readonly tags: EcsTags;
}

/** Puts a task on a host; its agent begins to work on it. */
export function startTask(world: World, wanted: NewTask): TaskRow {
  const { definition, instance } = wanted;
  const id = ecsId(world);
  const row: TaskRow = {
    arn: ecsArn(world, `task/${instance.clusterName}/${id}`),
    id,
    clusterName: instance.clusterName,
    taskDefinitionArn: definition.arn,
    containerInstanceArn: instance.arn,
    instanceId: instance.instanceId,
    group: wanted.group,
    startedBy: wanted.startedBy,
    serviceArn: wanted.serviceArn,
    createdAtMs: world.nowMs,
    ...needsOf(definition),
    containers: (definition.definition.containerDefinitions ?? []).map((container) => ({
      name: container.name ?? '',
      image: container.image ?? '',
      imageDigest: undefined,
      exitCode: undefined,
      reason: undefined,
    })),
    lastStatus: 'PENDING',
    desiredStatus: 'RUNNING',
    health: 'UNKNOWN',
    pullStartedAtMs: world.nowMs,
    pullStoppedAtMs: undefined,
    startedAtMs: undefined,
    stoppingAtMs: undefined,
    stoppedAtMs: undefined,
    stopCode: undefined,
    stoppedReason: undefined,
    isOrphan: false,
    isCounted: false,
    tags: wanted.tags,
    version: 1,
  };
  world.rows(tasks).set(row.arn, row);
  world.schedule(ecsEvents.launch, world.vary(world.delays.taskStart * pullShare), row.arn);
  return row;
}

function toTask(world: World, row: TaskRow, include: readonly string[] = []): Task {
  const healthStatus = hasHealthCheck(world, row) ? row.health : 'UNKNOWN';
  return {
    taskArn: row.arn,
    clusterArn: ecsArn(world, `cluster/${row.clusterName}`),
    taskDefinitionArn: row.taskDefinitionArn,
    containerInstanceArn: row.containerInstanceArn,
    launchType: 'EC2',
    group: row.group,
    startedBy: row.startedBy,
    lastStatus: row.lastStatus,
    desiredStatus: row.desiredStatus,
    healthStatus,
    availabilityZone: zoneOf(world, row),
    connectivity: 'CONNECTED',
    cpu: String(row.cpuUnits),
    memory: String(row.memoryMiB),
    version: row.version,
    createdAt: dateOf(row.createdAtMs),
    pullStartedAt: dateOf(row.pullStartedAtMs),
    pullStoppedAt: dateOf(row.pullStoppedAtMs),
    startedAt: dateOf(row.startedAtMs),
    stoppingAt: dateOf(row.stoppingAtMs),
    stoppedAt: dateOf(row.stoppedAtMs),
    stopCode: row.stopCode,
    stoppedReason: row.stoppedReason,
    attachments: [],
    attributes: [],
    overrides: { containerOverrides: row.containers.map(({ name }) => ({ name })) },
    containers: row.containers.map((container) => ({
      containerArn: ecsArn(world, `container/${row.clusterName}/${row.id}/${container.name}`),
      taskArn: row.arn,
      name: container.name,
      image: container.image,
      imageDigest: container.imageDigest,
      lastStatus: row.lastStatus === 'STOPPING' ? 'RUNNING' : row.lastStatus,
      exitCode: container.exitCode,
      reason: container.reason,
      healthStatus,
      networkBindings: [],
      networkInterfaces: [],
    })),
    tags: include.includes('TAGS') ? toEcsTags(row.tags) : [],
  };
}

function zoneOf(world: World, row: TaskRow): string | undefined {
  return world.rows(containerInstances).get(row.containerInstanceArn)?.attributes['ecs.availability-zone'];
}

/** By ARN or id, within a cluster. */
function findTask(world: World, clusterName: string, arnOrId: string): TaskRow | undefined {
  const row = world.rows(tasks).get(ecsArn(world, `task/${clusterName}/${shortName(arnOrId)}`));
  return row;
}

/** @throws SimulatedFailure ServiceNotFoundException, also for tasks of a service that nobody knows */
function listed(world: World, input: ListTasksCommandInput): TaskRow[] {
  const cluster = requireCluster(world, input.cluster);
  if (input.serviceName !== undefined) {
    const arn = ecsArn(world, `service/${cluster.name}/${shortName(input.serviceName)}`);
    if (!world.rows(services).has(arn)) {
      throw new SimulatedFailure('ServiceNotFoundException', 'Service not found.');
    }
  }
  const desired = input.desiredStatus ?? 'RUNNING';
  return [...world.rows(tasks).values()].filter(
    (row) =>
      row.clusterName === cluster.name &&
      row.desiredStatus === desired &&
      (input.serviceName === undefined || row.group === `service:${shortName(input.serviceName)}`) &&
      (input.startedBy === undefined || row.startedBy === input.startedBy) &&
      (input.family === undefined || shortName(row.taskDefinitionArn).startsWith(`${input.family}:`)) &&
      (input.containerInstance === undefined ||
        shortName(row.containerInstanceArn) === shortName(input.containerInstance)),
  );
}

/** Tasks, as the ECS API reference describes them. */
export const taskOperations = {
  /** Without a desired status, those that are to run; stopped ones only when asked for. */
  ListTasks(world: World, input: ListTasksCommandInput): Answer<ListTasksCommandOutput> {
    const { items, nextToken } = page(listed(world, input), input.nextToken, input.maxResults, 100);
    return { taskArns: items.map((row) => row.arn), nextToken };
  },

  DescribeTasks(world: World, input: DescribeTasksCommandInput): Answer<DescribeTasksCommandOutput> {
    const cluster = requireCluster(world, input.cluster);
    const asked = input.tasks ?? [];
    if (asked.length === 0) throw invalidParameter('Tasks cannot be empty.');
    atMost('Tasks', asked, 100);
    const found: Task[] = [];
    const failures: Failure[] = [];
    for (const one of asked) {
      const row = findTask(world, cluster.name, one);
      if (row === undefined) {
        failures.push({ arn: ecsArn(world, `task/${cluster.name}/${shortName(one)}`), reason: 'MISSING' });
      } else found.push(toTask(world, row, input.include));
    }
    return { tasks: found, failures };
  },

  StopTask(world: World, input: StopTaskCommandInput): Answer<StopTaskCommandOutput> {
    const cluster = requireCluster(world, input.cluster);
    const row = findTask(world, cluster.name, input.task ?? '');
    if (row === undefined) throw invalidParameter('The referenced task was not found.');
    requestStop(world, row, { code: 'UserInitiated', reason: input.reason ?? 'Task stopped by user' });
    return { task: toTask(world, row) };
  },

  RunTask(world: World, input: RunTaskCommandInput): Answer<RunTaskCommandOutput> {
    const cluster = requireCluster(world, input.cluster);
    const definition = findTaskDefinition(world, input.taskDefinition);
    if (definition === undefined) throw clientFailure('TaskDefinition not found.');
    if (definition.status !== 'ACTIVE') throw clientFailure('TaskDefinition is inactive');
    const group = input.group ?? `family:${definition.family}`;
    const started: TaskRow[] = [];
    const failures: Failure[] = [];
    for (let count = 0; count < (input.count ?? 1); count += 1) {
      const placement = place(world, {
        clusterName: cluster.name,
        definition,
        group,
        constraints: input.placementConstraints ?? [],
      });
      const { instance } = placement;
      if (instance === undefined) {
        failures.push({ arn: cluster.arn, reason: runTaskReason(placement.because) });
        continue;
      }
      started.push(
        startTask(world, {
          definition,
          instance,
          group,
          startedBy: input.startedBy,
          serviceArn: undefined,
          tags: fromTags(input.tags),
        }),
      );
    }
    return { tasks: started.map((row) => toTask(world, row, ['TAGS'])), failures };
  },
} as const;

/** RunTask's words for what a service event says in a sentence ("API failure reasons"). */
function runTaskReason(because: string): string {
  if (because.includes('memory')) return 'RESOURCE:MEMORY';
  if (because.includes('CPU')) return 'RESOURCE:CPU';
  if (because.includes('port')) return 'RESOURCE:PORTS';
  if (because.includes('MemberOf') || because.includes('Distinct'))
    return 'MemberOf placement constraint unsatisfied.';
  if (because.includes('disconnected')) return 'AGENT';
  return because.includes('attribute') ? 'ATTRIBUTE' : 'No Container Instances were found in your cluster.';
}
