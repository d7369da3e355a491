import type { World } from '../core/world.ts';
import { hasHealthCheck, requestStop } from './agent.ts';
import { ecsEvents, type EcsTags } from './common.ts';
import { containerInstances } from './container-instances.ts';
import { place } from './placement.ts';
import { addEvent, type DeploymentRow, type ServiceRow, services } from './services-table.ts';
import { taskDefinitions } from './task-definitions.ts';
import { startTask } from './tasks.ts';
import { type TaskRow, tasksByService } from './tasks-table.ts';

/** Between attempts to place a task that fits nowhere: twice as long each time, from the first to the last. */
const missRetryMs = { first: 10_000, last: 300_000 } as const;

/** ECS slows down for tasks that keep failing; to 15 minutes at most ("Amazon ECS service throttle logic"). */
const failureRetryMs = { first: 10_000, last: 900_000 } as const;

/** The circuit breaker's threshold: half the desired count, between these ("How the deployment circuit breaker works"). */
const breakerThreshold = { least: 3, most: 200 } as const;

const troubleshooting =
  'For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.';

/** A service's tasks as its scheduler sees them. */
interface View {
  readonly primary: DeploymentRow;
  /** Whatever has not stopped. */
  readonly live: readonly TaskRow[];
  /** Of the newest deployment, and not on a host that is draining. */
  readonly current: readonly TaskRow[];
  /** To be replaced. */
  readonly outdated: readonly TaskRow[];
}

/** Brings a service's tasks one step nearer to what is wanted, and says in its events what was done. */
export function reconcileService(world: World, serviceArn: string): void {
  const service = world.rows(services).get(serviceArn);
  if (service === undefined || service.status === 'INACTIVE') return;
  countEnded(world, service);
  const view = viewOf(world, service);
  if (view === undefined) return;
  if (service.status === 'DRAINING') {
    stop(world, service, view.live);
    if (view.live.length === 0)
      world.schedule(ecsEvents.drained, world.vary(world.delays.serviceDrain), serviceArn);
    return;
  }
  retire(world, service, view);
  scaleDown(world, service, view);
  start(world, service, view);
  conclude(world, service, view);
}

/** The last task of a deleted service has stopped. */
export function serviceDrained(world: World, serviceArn: string): void {
  const service = world.rows(services).get(serviceArn);
  if (service?.status === 'DRAINING') service.status = 'INACTIVE';
}

/** The hosts of a cluster have changed: services that lack a task, or have one on a draining host, look again. */
export function capacityChanged(world: World, clusterName: string): void {
  for (const service of world.rows(services).values()) {
    if (service.clusterName !== clusterName || service.status === 'INACTIVE') continue;
    service.misses = 0;
    reconcileService(world, service.arn);
  }
}

function viewOf(world: World, service: ServiceRow): View | undefined {
  const [primary] = service.deployments;
  if (primary === undefined) return undefined;
  const live = world.rowsBy(tasksByService, service.arn).filter((task) => task.lastStatus !== 'STOPPED');
  const wanted = live.filter((task) => task.desiredStatus === 'RUNNING');
  const isCurrent = (task: TaskRow): boolean =>
    task.startedBy === primary.id &&
    world.rows(containerInstances).get(task.containerInstanceArn)?.status === 'ACTIVE';
  return {
    primary,
    live,
    current: wanted.filter(isCurrent),
    outdated: wanted.filter((task) => !isCurrent(task)),
  };
}

function isHealthy(world: World, task: TaskRow): boolean {
  return task.lastStatus === 'RUNNING' && (task.health === 'HEALTHY' || !hasHealthCheck(world, task));
}

/** Stops tasks of older deployments as far as the minimum healthy percent (rounded up) allows. */
function retire(world: World, service: ServiceRow, view: View): void {
  const least = Math.ceil(
    (service.desiredCount * (service.deploymentConfiguration.minimumHealthyPercent ?? 100)) / 100,
  );
  const healthy = [...view.current, ...view.outdated].filter((task) => isHealthy(world, task)).length;
  const unhealthyOnes = view.outdated.filter((task) => !isHealthy(world, task));
  const healthyOnes = view.outdated.filter((task) => isHealthy(world, task));
  stop(world, service, [...unhealthyOnes, ...healthyOnes.slice(0, Math.max(0, healthy - least))]);
}

function scaleDown(world: World, service: ServiceRow, view: View): void {
  const surplus = view.current.length - service.desiredCount;
  if (surplus <= 0) return;
  const byHealth = view.current.toSorted(
    (one, other) => Number(isHealthy(world, one)) - Number(isHealthy(world, other)),
  );
  stop(world, service, byHealth.slice(0, surplus));
}

function stop(world: World, service: ServiceRow, those: readonly TaskRow[]): void {
  const stopping = those.filter((task) => task.desiredStatus === 'RUNNING');
  if (stopping.length === 0) return;
  for (const task of stopping) {
    requestStop(world, task, {
      code: 'ServiceSchedulerInitiated',
      reason: `Scaling activity initiated by (deployment ${task.startedBy ?? ''})`,
    });
  }
  const names = stopping.map((task) => `(task ${task.id})`).join(' ');
  addEvent(world, service, `has stopped ${stopping.length} running tasks: ${names}.`);
  service.isSteady = false;
}

/** Starts what is missing, within the maximum percent (rounded down), which also counts what is still stopping. */
function start(world: World, service: ServiceRow, view: View): void {
  const most = Math.floor(
    (service.desiredCount * (service.deploymentConfiguration.maximumPercent ?? 200)) / 100,
  );
  const missing = Math.min(
    service.desiredCount - view.current.length,
    Math.max(most, service.desiredCount === 0 ? 0 : 1) - view.live.length,
  );
  if (missing <= 0 || view.primary.rolloutState === 'FAILED') return;
  service.isSteady = false;
  if (service.startAfterMs > world.nowMs) {
    world.schedule(ecsEvents.reconcile, service.startAfterMs - world.nowMs, service.arn);
    return;
  }
  const definition = world.rows(taskDefinitions).get(view.primary.taskDefinitionArn);
  if (definition === undefined) return;
  const group = `service:${service.name}`;
  const started: TaskRow[] = [];
  for (let count = 0; count < missing; count += 1) {
    const placement = place(world, {
      clusterName: service.clusterName,
      definition,
      group,
      constraints: service.placementConstraints,
    });
    if (placement.instance === undefined) {
      miss(world, service, placement.because);
      break;
    }
    const task = startTask(world, {
      definition,
      instance: placement.instance,
      group,
      startedBy: view.primary.id,
      serviceArn: service.arn,
      tags: tagsForTask(service, definition.tags),
    });
    started.push(task);
  }
  if (started.length === 0) return;
  service.misses = 0;
  const names = started.map((task) => `(task ${task.id})`).join(' ');
  addEvent(world, service, `has started ${started.length} tasks: ${names}.`);
}

function miss(world: World, service: ServiceRow, because: string): void {
  service.misses += 1;
  addEvent(
    world,
    service,
    `was unable to place a task because no container instance met all of its requirements. ${because} ${troubleshooting}`,
  );
  const waitMs = Math.min(missRetryMs.first * 2 ** (service.misses - 1), missRetryMs.last);
  service.startAfterMs = 0;
  // One retry stands at a time, so that a cluster without hosts does not fill the account with them.
  world.unschedule(ecsEvents.reconcile, service.arn);
  world.schedule(ecsEvents.reconcile, waitMs, service.arn);
}

function tagsForTask(service: ServiceRow, definitionTags: EcsTags): EcsTags {
  return {
    ...(service.propagateTags === 'SERVICE' ? service.tags : {}),
    ...(service.propagateTags === 'TASK_DEFINITION' ? definitionTags : {}),
    ...(service.enableEcsManagedTags
      ? { 'aws:ecs:clusterName': service.clusterName, 'aws:ecs:serviceName': service.name }
      : {}),
  };
}

/** Takes note of tasks that ended by themselves since the last look. */
function countEnded(world: World, service: ServiceRow): void {
  const [primary] = service.deployments;
  if (primary === undefined) return;
  let newFailures = 0;
  for (const task of world.rowsBy(tasksByService, service.arn)) {
    if (task.startedBy !== primary.id) continue;
    if (isHealthy(world, task)) service.failures = 0;
    if (task.isCounted || !hasFailed(task)) continue;
    task.isCounted = true;
    newFailures += 1;
  }
  if (newFailures === 0) return;
  service.isSteady = false;
  service.failures += newFailures;
  if (primary.rolloutState === 'IN_PROGRESS') primary.failedTasks += newFailures;
  primary.updatedAtMs = world.nowMs;
  if (service.failures > 1) {
    const waitMs = Math.min(failureRetryMs.first * 2 ** (service.failures - 2), failureRetryMs.last);
    service.startAfterMs = world.nowMs + waitMs;
  }
  if (service.failures >= breakerThreshold.least) breakCircuit(world, service, primary);
}

/** A host that ends, a person or the scheduler that stops a task: none of these is the task's failure. */
function hasFailed(task: TaskRow): boolean {
  return (
    task.lastStatus === 'STOPPED' &&
    (task.stopCode === 'TaskFailedToStart' ||
      task.stopCode === 'EssentialContainerExited' ||
      task.stoppedReason === 'Task failed container health checks')
  );
}

function breakCircuit(world: World, service: ServiceRow, primary: DeploymentRow): void {
  addEvent(world, service, `is unable to consistently start tasks successfully. ${troubleshooting}`);
  const breaker = service.deploymentConfiguration.deploymentCircuitBreaker;
  const threshold = Math.min(
    Math.max(Math.ceil(service.desiredCount / 2), breakerThreshold.least),
    breakerThreshold.most,
  );
  if (breaker?.enable !== true || primary.rolloutState !== 'IN_PROGRESS' || primary.failedTasks < threshold)
    return;
  primary.rolloutState = 'FAILED';
  primary.rolloutStateReason = 'ECS deployment circuit breaker: tasks failed to start.';
  addEvent(world, service, `(deployment ${primary.id}) deployment failed: tasks failed to start.`);
  const former = service.deployments.find((one) => one.rolloutState === 'COMPLETED');
  if (breaker.rollback !== true || former === undefined) return;
  addEvent(world, service, `rolling back to (deployment ${former.id}).`);
  service.taskDefinitionArn = former.taskDefinitionArn;
  deploy(world, service, `ECS deployment circuit breaker: rolling back to deploymentId ${former.id}.`);
}

/** Begins a new deployment of the service's task definition; older ones step back. */
export function deploy(world: World, service: ServiceRow, reason?: string): void {
  const serial = world.next();
  const id = `ecs-svc/${String(Math.imul(serial, 2_654_435_761) >>> 0).padStart(10, '0')}${serial}`;
  for (const older of service.deployments) older.status = 'ACTIVE';
  service.deployments.unshift({
    id,
    status: 'PRIMARY',
    taskDefinitionArn: service.taskDefinitionArn,
    failedTasks: 0,
    createdAtMs: world.nowMs,
    updatedAtMs: world.nowMs,
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: reason ?? `ECS deployment ${id} in progress.`,
  });
  service.isSteady = false;
  service.failures = 0;
  service.startAfterMs = 0;
}

/** Says so when everything is as it should be. */
function conclude(world: World, service: ServiceRow, view: View): void {
  const ours = new Set(view.live.map((task) => task.startedBy));
  service.deployments = service.deployments.filter(
    (one) =>
      one === view.primary ||
      one.status === 'PRIMARY' ||
      ours.has(one.id) ||
      one.rolloutState === 'COMPLETED',
  );
  const isDone =
    view.live.length === service.desiredCount &&
    view.current.length === service.desiredCount &&
    view.current.every((task) => task.desiredStatus === 'RUNNING' && isHealthy(world, task));
  const [primary] = service.deployments;
  if (!isDone || primary !== view.primary) return;
  service.deployments = [primary];
  if (primary.rolloutState === 'IN_PROGRESS') {
    primary.rolloutState = 'COMPLETED';
    primary.rolloutStateReason = `ECS deployment ${primary.id} completed.`;
    addEvent(world, service, `(deployment ${primary.id}) deployment completed.`);
  }
  if (service.isSteady) return;
  service.isSteady = true;
  addEvent(world, service, 'has reached a steady state.');
}
