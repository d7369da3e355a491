import type {
  Attribute,
  ContainerInstance,
  DeregisterContainerInstanceCommandInput,
  DeregisterContainerInstanceCommandOutput,
  DescribeContainerInstancesCommandInput,
  DescribeContainerInstancesCommandOutput,
  Failure,
  ListContainerInstancesCommandInput,
  ListContainerInstancesCommandOutput,
  Resource,
  UpdateContainerInstancesStateCommandInput,
  UpdateContainerInstancesStateCommandOutput,
} from '@aws-sdk/client-ecs';

import { page } from '../core/operation.ts';
import { indexBy, table, type World } from '../core/world.ts';
import { clusterNameOf, clusters, requireCluster } from './clusters.ts';
import {
  type Answer,
  atMost,
  clientFailure,
  dateOf,
  ecsArn,
  ecsEvents,
  ecsId,
  type EcsTags,
  invalidParameter,
  shortName,
  toEcsTags,
} from './common.ts';
import { type InstanceFacts, matchesExpression, parseExpression } from './expression.ts';
import { holdsPlace, type TaskRow, tasksByInstance } from './tasks-table.ts';

/** A host as ECS knows it. */
export interface ContainerInstanceRow {
  readonly arn: string;
  readonly clusterName: string;
  /** EC2's id. */
  readonly instanceId: string;
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  agentConnected: boolean;
  /** A value of '' stands for an attribute without one. */
  attributes: Record<string, string>;
  readonly memoryMiB: number;
  readonly cpuUnits: number;
  readonly registeredAtMs: number;
  tags: EcsTags;
  version: number;
}

export const containerInstances = table<ContainerInstanceRow>('ecs/container-instances');

/** By EC2's id of the host. */
const byHost = indexBy(containerInstances, (row) => [row.instanceId]);

/** By cluster and an attribute with its value; see `attributeKey`. */
export const instancesByAttribute = indexBy(containerInstances, (row) =>
  Object.entries(row.attributes).map(([name, value]) => attributeKey(row.clusterName, name, value)),
);

/** The key of `instancesByAttribute`. */
export function attributeKey(clusterName: string, name: string, value: string): string {
  return JSON.stringify([clusterName, name, value]);
}

/** What a host's agent says of itself when it registers. */
export interface HostRegistration {
  /** ECS cluster as in the agent's ECS_CLUSTER. */
  readonly cluster: string;
  readonly instanceId: string;
  /** ECS_INSTANCE_ATTRIBUTES and the agent's own, such as `ecs.availability-zone` and `ecs.cpu-architecture`. */
  readonly attributes: Readonly<Record<string, string>>;
  /** The instance type's nominal memory; less is registered. */
  readonly memoryMiB: number;
  readonly cpuUnits: number;
}

/** From an agent's registration or a stopped task until the scheduler looks for places again. */
export const schedulerReactionMs = 4_000;

/** From an instance's end until ECS has taken it off its list. */
const hostGoneMs = 10_000;

/** SSH, Docker and the agent: never free for tasks ("Amazon ECS container agent configuration"). */
export const reservedPorts: readonly number[] = [22, 2375, 2376, 51_678, 51_679, 51_680];

/** The kernel keeps some: an m4.large registers 7985 of its 8192 MiB (Batch user guide, "Memory management"). */
function registeredMemoryMiB(nominalMiB: number): number {
  return Math.floor(nominalMiB * 0.975 - 64);
}

/**
 * A host's agent registers itself, as it does when user data has written its configuration. The same host again gives the
 * same container instance, its attributes untouched: the agent's are taken at the first registration only.
 *
 * @returns undefined when the cluster does not exist; the agent gives up and its service unit tries again.
 */
export function registerHost(world: World, host: HostRegistration): ContainerInstanceRow | undefined {
  const clusterName = clusterNameOf(host.cluster);
  if (world.rows(clusters).get(clusterName)?.status !== 'ACTIVE') return undefined;
  const known = instanceOnHost(world, host.instanceId);
  if (known !== undefined) {
    agentConnection(world, host.instanceId, true);
    return known;
  }
  const row: ContainerInstanceRow = {
    arn: ecsArn(world, `container-instance/${clusterName}/${ecsId(world)}`),
    clusterName,
    instanceId: host.instanceId,
    status: 'ACTIVE',
    agentConnected: true,
    attributes: { 'ecs.os-type': 'linux', ...host.attributes },
    memoryMiB: registeredMemoryMiB(host.memoryMiB),
    cpuUnits: host.cpuUnits,
    registeredAtMs: world.nowMs,
    tags: {},
    version: 1,
  };
  world.rows(containerInstances).set(row.arn, row);
  announceCapacity(world, clusterName);
  return row;
}

/** The host's agent has lost its connection, or has it again: a stopped, rebooting or unreachable instance. */
export function agentConnection(world: World, instanceId: string, isConnected: boolean): void {
  const row = instanceOnHost(world, instanceId);
  if (row === undefined) return;
  row.agentConnected = isConnected;
  row.version += 1;
  if (!isConnected) return;
  for (const task of tasksOn(world, row.arn)) world.schedule(ecsEvents.observe, 0, task.arn);
  announceCapacity(world, row.clusterName);
}

/** The instance was terminated: what ran on it ends at once, and ECS takes it off its list a little later. */
export function hostGone(world: World, instanceId: string): void {
  agentConnection(world, instanceId, false);
  world.schedule(ecsEvents.hostDead, 0, instanceId);
  world.schedule(ecsEvents.hostGone, hostGoneMs, instanceId);
}

/** The registered container instance on a host. */
function instanceOnHost(world: World, instanceId: string): ContainerInstanceRow | undefined {
  return world.rowsBy(byHost, instanceId).find((row) => row.status !== 'INACTIVE');
}

/** One look at the whole cluster at a time, however many hosts register meanwhile. */
export function announceCapacity(world: World, clusterName: string): void {
  const cluster = world.rows(clusters).get(clusterName);
  if (cluster === undefined || (cluster.looksAtMs ?? 0) > world.nowMs) return;
  const afterMs = world.vary(schedulerReactionMs);
  cluster.looksAtMs = world.nowMs + afterMs;
  world.schedule(ecsEvents.capacity, afterMs, clusterName);
}

/** The registered instances of a cluster. */
export function instancesOf(world: World, clusterName: string): ContainerInstanceRow[] {
  return [...world.rows(containerInstances).values()].filter(
    (row) => row.clusterName === clusterName && row.status !== 'INACTIVE',
  );
}

/** Tasks that take up memory and ports of an instance, in the order of their making. */
export function tasksOn(world: World, instanceArn: string): TaskRow[] {
  return world.rowsBy(tasksByInstance, instanceArn).filter(holdsPlace);
}

/** By ARN or id, within a cluster. */
export function findInstance(
  world: World,
  clusterName: string,
  arnOrId: string | undefined,
): ContainerInstanceRow | undefined {
  const id = shortName(arnOrId ?? '');
  const row = world.rows(containerInstances).get(ecsArn(world, `container-instance/${clusterName}/${id}`));
  return row === undefined || row.status === 'INACTIVE' ? undefined : row;
}

/** What a placement expression sees of an instance. */
export function factsOf(world: World, row: ContainerInstanceRow): InstanceFacts {
  return {
    attributes: row.attributes,
    fields: {
      agentConnected: String(row.agentConnected),
      ec2InstanceId: row.instanceId,
      // Getters, as most expressions ask for attributes only and there may be many tasks.
      get runningTasksCount() {
        return String(tasksOn(world, row.arn).length);
      },
    },
    get groups() {
      return tasksOn(world, row.arn).map((task) => task.group);
    },
  };
}

function resources(memoryMiB: number, cpuUnits: number, ports: readonly number[]): Resource[] {
  return [
    { name: 'CPU', type: 'INTEGER', integerValue: cpuUnits },
    { name: 'MEMORY', type: 'INTEGER', integerValue: memoryMiB },
    { name: 'PORTS', type: 'STRINGSET', stringSetValue: ports.map(String) },
    { name: 'PORTS_UDP', type: 'STRINGSET', stringSetValue: [] },
  ];
}

function toAttributes(row: ContainerInstanceRow): Attribute[] {
  return Object.entries(row.attributes).map(([name, value]) => ({
    name,
    ...(value === '' ? {} : { value }),
  }));
}

function toContainerInstance(
  world: World,
  row: ContainerInstanceRow,
  include: readonly string[] = [],
): ContainerInstance {
  const here = tasksOn(world, row.arn);
  const takenMiB = here.reduce((sum, task) => sum + task.memoryMiB, 0);
  const takenCpu = here.reduce((sum, task) => sum + task.cpuUnits, 0);
  return {
    containerInstanceArn: row.arn,
    ec2InstanceId: row.instanceId,
    version: row.version,
    versionInfo: { agentVersion: '1.98.0', agentHash: '4ebf0126', dockerVersion: 'DockerVersion: 25.0.8' },
    status: row.status,
    agentConnected: row.agentConnected,
    runningTasksCount: here.filter((task) => task.lastStatus === 'RUNNING').length,
    pendingTasksCount: here.filter((task) => task.lastStatus === 'PENDING').length,
    registeredAt: dateOf(row.registeredAtMs),
    registeredResources: resources(row.memoryMiB, row.cpuUnits, reservedPorts),
    remainingResources: resources(row.memoryMiB - takenMiB, row.cpuUnits - takenCpu, [
      ...reservedPorts,
      ...here.flatMap((task) => task.hostPorts),
    ]),
    attributes: toAttributes(row),
    attachments: [],
    ...(include.includes('TAGS') ? { tags: toEcsTags(row.tags) } : {}),
  };
}

function missing(world: World, clusterName: string, arnOrId: string): Failure {
  const arn = arnOrId.startsWith('arn:')
    ? arnOrId
    : ecsArn(world, `container-instance/${clusterName}/${arnOrId}`);
  return { arn, reason: 'MISSING' };
}

/** ACTIVE and DRAINING ones where no status is asked for ("ListContainerInstances"). */
function listed(world: World, input: ListContainerInstancesCommandInput): ContainerInstanceRow[] {
  const cluster = requireCluster(world, input.cluster);
  const expression = input.filter === undefined ? undefined : parseExpression(input.filter);
  return instancesOf(world, cluster.name).filter(
    (row) =>
      (input.status === undefined || row.status === input.status) &&
      (expression === undefined || matchesExpression(expression, factsOf(world, row))),
  );
}

/** Container instances, as the ECS API reference describes them. */
export const containerInstanceOperations = {
  ListContainerInstances(
    world: World,
    input: ListContainerInstancesCommandInput,
  ): Answer<ListContainerInstancesCommandOutput> {
    const { items, nextToken } = page(listed(world, input), input.nextToken, input.maxResults, 100);
    return { containerInstanceArns: items.map((row) => row.arn), nextToken };
  },

  DescribeContainerInstances(
    world: World,
    input: DescribeContainerInstancesCommandInput,
  ): Answer<DescribeContainerInstancesCommandOutput> {
    const cluster = requireCluster(world, input.cluster);
    const asked = input.containerInstances ?? [];
    if (asked.length === 0) throw invalidParameter('Container instances cannot be empty.');
    atMost('Container instances', asked, 100);
    const found: ContainerInstance[] = [];
    const failures: Failure[] = [];
    for (const one of asked) {
      const row = findInstance(world, cluster.name, one);
      if (row === undefined) failures.push(missing(world, cluster.name, one));
      else found.push(toContainerInstance(world, row, input.include));
    }
    return { containerInstances: found, failures };
  },

  UpdateContainerInstancesState(
    world: World,
    input: UpdateContainerInstancesStateCommandInput,
  ): Answer<UpdateContainerInstancesStateCommandOutput> {
    const cluster = requireCluster(world, input.cluster);
    atMost('Container instances', input.containerInstances, 10);
    const { status } = input;
    if (status !== 'ACTIVE' && status !== 'DRAINING') {
      throw invalidParameter(`Container instance status should be one of [ACTIVE,DRAINING]`);
    }
    const changed: ContainerInstance[] = [];
    const failures: Failure[] = [];
    for (const one of input.containerInstances ?? []) {
      const row = findInstance(world, cluster.name, one);
      if (row === undefined) {
        failures.push(missing(world, cluster.name, one));
        continue;
      }
      row.status = status;
      row.version += 1;
      changed.push(toContainerInstance(world, row));
    }
    announceCapacity(world, cluster.name);
    return { containerInstances: changed, failures };
  },

  DeregisterContainerInstance(
    world: World,
    input: DeregisterContainerInstanceCommandInput,
  ): Answer<DeregisterContainerInstanceCommandOutput> {
    const cluster = requireCluster(world, input.cluster);
    const row = findInstance(world, cluster.name, input.containerInstance);
    if (row === undefined) throw clientFailure('Referenced container instance does not exist.');
    const here = tasksOn(world, row.arn);
    if (here.length > 0 && input.force !== true) {
      throw invalidParameter('Found running tasks on the instance.');
    }
    const answer = toContainerInstance(world, row);
    deregister(world, row);
    return { containerInstance: { ...answer, status: 'INACTIVE' } };
  },
} as const;

/** Takes an instance off the list. Containers of its tasks run on, but ECS no longer counts them. */
function deregister(world: World, row: ContainerInstanceRow): void {
  row.status = 'INACTIVE';
  row.agentConnected = false;
  row.version += 1;
  for (const task of tasksOn(world, row.arn)) {
    task.lastStatus = 'STOPPED';
    task.desiredStatus = 'STOPPED';
    task.stoppedAtMs = world.nowMs;
    task.stoppedReason = 'Container instance was deregistered forcefully';
    task.isOrphan = true;
  }
  announceCapacity(world, row.clusterName);
}
