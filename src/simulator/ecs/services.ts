import type {
  CreateServiceCommandInput,
  CreateServiceCommandOutput,
  DeleteServiceCommandInput,
  DeleteServiceCommandOutput,
  Deployment,
  DeploymentConfiguration,
  DescribeServicesCommandInput,
  DescribeServicesCommandOutput,
  ListServicesCommandInput,
  ListServicesCommandOutput,
  PlacementConstraint,
  Service,
  UpdateServiceCommandInput,
  UpdateServiceCommandOutput,
} from '@aws-sdk/client-ecs';

import { linkedRoleArn, servicePrincipals } from '../../aws/partitions.ts';
import { SimulatedFailure } from '../core/failure.ts';
import { page } from '../core/operation.ts';
import type { World } from '../core/world.ts';
import { requireServiceLinkedRole } from '../iam/service-linked-roles.ts';
import { type ClusterRow, requireCluster } from './clusters.ts';
import {
  type Answer,
  atMost,
  clientFailure,
  dateOf,
  ecsArn,
  ecsEvents,
  fromTags,
  invalidParameter,
  shortName,
  toEcsTags,
  roleNotAssumable,
} from './common.ts';
import { schedulerReactionMs } from './container-instances.ts';
import { parseExpression } from './expression.ts';
import { deploy } from './scheduler.ts';
import { type DeploymentRow, type ServiceRow, services } from './services-table.ts';
import { findTaskDefinition, type TaskDefinitionRow } from './task-definitions.ts';
import { type TaskRow, tasks } from './tasks-table.ts';

function findService(
  world: World,
  clusterName: string,
  nameOrArn: string | undefined,
): ServiceRow | undefined {
  return world.rows(services).get(ecsArn(world, `service/${clusterName}/${shortName(nameOrArn ?? '')}`));
}

function requireActive(world: World, clusterName: string, nameOrArn: string | undefined): ServiceRow {
  const row = findService(world, clusterName, nameOrArn);
  if (row === undefined) throw new SimulatedFailure('ServiceNotFoundException', 'Service not found.');
  if (row.status !== 'ACTIVE') {
    throw new SimulatedFailure('ServiceNotActiveException', 'Service was not ACTIVE.');
  }
  return row;
}

function requireDefinition(world: World, name: string | undefined): TaskDefinitionRow {
  const row = findTaskDefinition(world, name);
  if (row === undefined) throw clientFailure('TaskDefinition not found.');
  if (row.status !== 'ACTIVE') throw clientFailure('TaskDefinition is inactive');
  return row;
}

function checkConstraints(constraints: readonly PlacementConstraint[] = []): void {
  atMost('Placement constraints', constraints, 10);
  for (const { type, expression } of constraints) {
    if (type === 'memberOf') parseExpression(expression ?? '');
    else if (type !== 'distinctInstance') {
      throw invalidParameter(`Invalid placement constraint type: ${String(type)}`);
    } else if (expression !== undefined) {
      throw invalidParameter('distinctInstance placement constraint does not support an expression.');
    }
  }
}

/** The defaults of a replica service ("DeploymentConfiguration", ECS API reference). */
function withDefaults(
  asked: DeploymentConfiguration | undefined,
  known: DeploymentConfiguration = {},
): DeploymentConfiguration {
  const maximumPercent = asked?.maximumPercent ?? known.maximumPercent ?? 200;
  const minimumHealthyPercent = asked?.minimumHealthyPercent ?? known.minimumHealthyPercent ?? 100;
  if (minimumHealthyPercent >= 100 && maximumPercent <= 100) {
    throw invalidParameter(
      'Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.',
    );
  }
  return {
    deploymentCircuitBreaker: { enable: false, rollback: false },
    strategy: 'ROLLING',
    bakeTimeInMinutes: 0,
    ...known,
    ...asked,
    maximumPercent,
    minimumHealthyPercent,
  };
}

function checkRebalancing(rebalancing: string | undefined, configuration: DeploymentConfiguration): void {
  if (rebalancing === 'ENABLED' && (configuration.maximumPercent ?? 200) <= 100) {
    throw invalidParameter(
      'Availability Zone rebalancing cannot be enabled for a service whose maximumPercent is 100 or less.',
    );
  }
}

function toDeployment(service: ServiceRow, row: DeploymentRow, live: readonly TaskRow[]): Deployment {
  const own = live.filter((task) => task.startedBy === row.id);
  return {
    id: row.id,
    status: row.status,
    taskDefinition: row.taskDefinitionArn,
    desiredCount: row.status === 'PRIMARY' ? service.desiredCount : 0,
    pendingCount: own.filter((task) => task.lastStatus === 'PENDING').length,
    runningCount: own.filter((task) => task.lastStatus === 'RUNNING').length,
    failedTasks: row.failedTasks,
    createdAt: dateOf(row.createdAtMs),
    updatedAt: dateOf(row.updatedAtMs),
    launchType: service.launchType,
    rolloutState: row.rolloutState,
    rolloutStateReason: row.rolloutStateReason,
  };
}

function toService(world: World, row: ServiceRow, include: readonly string[] = []): Service {
  const live = [...world.rows(tasks).values()].filter(
    (task) => task.serviceArn === row.arn && task.lastStatus !== 'STOPPED',
  );
  return {
    serviceArn: row.arn,
    serviceName: row.name,
    clusterArn: ecsArn(world, `cluster/${row.clusterName}`),
    status: row.status,
    desiredCount: row.desiredCount,
    runningCount: live.filter((task) => task.lastStatus === 'RUNNING').length,
    pendingCount: live.filter((task) => task.lastStatus === 'PENDING').length,
    launchType: row.launchType,
    taskDefinition: row.taskDefinitionArn,
    deploymentConfiguration: row.deploymentConfiguration,
    deployments: row.deployments.map((one) => toDeployment(row, one, live)),
    events: row.events.map(({ id, atMs, message }) => ({ id, message, createdAt: new Date(atMs) })),
    createdAt: dateOf(row.createdAtMs),
    createdBy: `arn:${world.partition}:iam::${world.accountId}:user/simulated`,
    roleArn: linkedRoleArn('ecs', world),
    loadBalancers: [],
    serviceRegistries: [],
    placementConstraints: row.placementConstraints,
    placementStrategy: row.placementStrategy,
    healthCheckGracePeriodSeconds: row.healthCheckGracePeriodSeconds,
    schedulingStrategy: 'REPLICA',
    deploymentController: row.deploymentController,
    enableECSManagedTags: row.enableEcsManagedTags,
    enableExecuteCommand: row.enableExecuteCommand,
    propagateTags: row.propagateTags,
    availabilityZoneRebalancing: row.availabilityZoneRebalancing,
    ...(include.includes('TAGS') ? { tags: toEcsTags(row.tags) } : {}),
  };
}

function wake(world: World, row: ServiceRow): void {
  world.schedule(ecsEvents.reconcile, world.vary(schedulerReactionMs), row.arn);
}

/**
 * A service of that name that is there already: the answer to the same call again, or an error.
 *
 * @throws SimulatedFailure InvalidParameterException
 */
function existing(
  world: World,
  cluster: ClusterRow,
  input: CreateServiceCommandInput,
): ServiceRow | undefined {
  const row = findService(world, cluster.name, input.serviceName);
  if (row === undefined || row.status === 'INACTIVE') return undefined;
  if (row.status === 'DRAINING') throw invalidParameter('Unable to Start a service that is still Draining.');
  const isSame = input.clientToken !== undefined && row.clientToken === input.clientToken;
  if (!isSame || row.request !== JSON.stringify(input)) {
    throw invalidParameter('Creation of service was not idempotent.');
  }
  return row;
}

function checkCreate(input: CreateServiceCommandInput): void {
  if (!/^[a-zA-Z0-9_-]{1,255}$/.test(input.serviceName ?? '')) {
    throw invalidParameter(
      'Invalid service name. Only letters, digits, hyphens and underscores are allowed.',
    );
  }
  if (input.schedulingStrategy === 'DAEMON' || (input.loadBalancers ?? []).length > 0) {
    throw new SimulatedFailure(
      'UnsupportedFeatureException',
      'The simulated account plays replica services without load balancers only.',
    );
  }
  if (input.desiredCount === undefined || input.desiredCount < 0) {
    throw invalidParameter('Invalid desiredCount: it is required for replica services.');
  }
  if ((input.clientToken ?? '').length > 36) throw invalidParameter('clientToken longer than 36.');
  checkConstraints(input.placementConstraints);
}

/** Services, as the ECS API reference describes them. */
export const serviceOperations = {
  CreateService(world: World, input: CreateServiceCommandInput): Answer<CreateServiceCommandOutput> {
    checkCreate(input);
    requireServiceLinkedRole(world, servicePrincipals.ecs, roleNotAssumable);
    const cluster = requireCluster(world, input.cluster);
    const known = existing(world, cluster, input);
    if (known !== undefined) return { service: toService(world, known, ['TAGS']) };
    const definition = requireDefinition(world, input.taskDefinition);
    const deploymentConfiguration = withDefaults(input.deploymentConfiguration);
    checkRebalancing(input.availabilityZoneRebalancing, deploymentConfiguration);
    const name = input.serviceName ?? '';
    const row: ServiceRow = {
      arn: ecsArn(world, `service/${cluster.name}/${name}`),
      name,
      clusterName: cluster.name,
      status: 'ACTIVE',
      createdAtMs: world.nowMs,
      clientToken: input.clientToken,
      request: JSON.stringify(input),
      launchType: input.launchType ?? 'EC2',
      deploymentController: input.deploymentController ?? { type: 'ECS' },
      desiredCount: input.desiredCount ?? 0,
      taskDefinitionArn: definition.arn,
      deploymentConfiguration,
      placementConstraints: input.placementConstraints ?? [],
      placementStrategy: input.placementStrategy ?? [],
      availabilityZoneRebalancing: input.availabilityZoneRebalancing ?? 'ENABLED',
      healthCheckGracePeriodSeconds: input.healthCheckGracePeriodSeconds ?? 0,
      enableEcsManagedTags: input.enableECSManagedTags ?? false,
      enableExecuteCommand: input.enableExecuteCommand ?? false,
      propagateTags: input.propagateTags ?? 'NONE',
      tags: fromTags(input.tags),
      deployments: [],
      events: [],
      isSteady: false,
      failures: 0,
      misses: 0,
      startAfterMs: 0,
    };
    deploy(world, row);
    world.rows(services).delete(row.arn);
    world.rows(services).set(row.arn, row);
    wake(world, row);
    return { service: toService(world, row, ['TAGS']) };
  },

  /** INACTIVE ones linger and are described too. */
  DescribeServices(world: World, input: DescribeServicesCommandInput): Answer<DescribeServicesCommandOutput> {
    const cluster = requireCluster(world, input.cluster);
    const asked = input.services ?? [];
    if (asked.length === 0) throw invalidParameter('Services cannot be empty.');
    atMost('Services', asked, 10);
    const found = asked.map((one) => findService(world, cluster.name, one));
    return {
      services: found.flatMap((row) => (row === undefined ? [] : [toService(world, row, input.include)])),
      failures: asked
        .filter((_, index) => found[index] === undefined)
        .map((one) => ({
          arn: ecsArn(world, `service/${cluster.name}/${shortName(one)}`),
          reason: 'MISSING',
        })),
    };
  },

  /** Ten a page where nothing else is asked for. */
  ListServices(world: World, input: ListServicesCommandInput): Answer<ListServicesCommandOutput> {
    const cluster = requireCluster(world, input.cluster);
    const active = [...world.rows(services).values()].filter(
      (row) => row.clusterName === cluster.name && row.status !== 'INACTIVE',
    );
    const { items, nextToken } = page(active, input.nextToken, input.maxResults ?? 10, 100);
    return { serviceArns: items.map((row) => row.arn), nextToken };
  },

  /** Only a new task definition or `forceNewDeployment` begins a deployment (UpdateService, ECS API reference). */
  UpdateService(world: World, input: UpdateServiceCommandInput): Answer<UpdateServiceCommandOutput> {
    const cluster = requireCluster(world, input.cluster);
    const row = requireActive(world, cluster.name, input.service);
    const definition =
      input.taskDefinition === undefined ? undefined : requireDefinition(world, input.taskDefinition);
    checkConstraints(input.placementConstraints);
    const configuration = withDefaults(input.deploymentConfiguration, row.deploymentConfiguration);
    checkRebalancing(input.availabilityZoneRebalancing, configuration);
    row.deploymentConfiguration = configuration;
    row.desiredCount = input.desiredCount ?? row.desiredCount;
    row.placementConstraints = input.placementConstraints ?? row.placementConstraints;
    row.placementStrategy = input.placementStrategy ?? row.placementStrategy;
    row.availabilityZoneRebalancing = input.availabilityZoneRebalancing ?? row.availabilityZoneRebalancing;
    row.healthCheckGracePeriodSeconds =
      input.healthCheckGracePeriodSeconds ?? row.healthCheckGracePeriodSeconds;
    row.enableEcsManagedTags = input.enableECSManagedTags ?? row.enableEcsManagedTags;
    row.enableExecuteCommand = input.enableExecuteCommand ?? row.enableExecuteCommand;
    row.propagateTags = input.propagateTags ?? row.propagateTags;
    const isNew = definition !== undefined && definition.arn !== row.taskDefinitionArn;
    if (definition !== undefined) row.taskDefinitionArn = definition.arn;
    if (isNew || input.forceNewDeployment === true) deploy(world, row);
    wake(world, row);
    return { service: toService(world, row, ['TAGS']) };
  },

  DeleteService(world: World, input: DeleteServiceCommandInput): Answer<DeleteServiceCommandOutput> {
    const cluster = requireCluster(world, input.cluster);
    const row = findService(world, cluster.name, input.service);
    if (row === undefined || row.status === 'INACTIVE') {
      throw new SimulatedFailure('ServiceNotFoundException', 'Service not found.');
    }
    if (row.status === 'ACTIVE' && row.desiredCount > 0 && input.force !== true) {
      throw invalidParameter('The service cannot be stopped while it is scaled above 0.');
    }
    row.status = 'DRAINING';
    row.desiredCount = 0;
    wake(world, row);
    return { service: toService(world, row) };
  },
} as const;
