import type { World } from '../core/world.ts';
import { ecsEvents } from './common.ts';
import type { RegisteredContainer, RegisteredTask } from './registered.ts';

/** A container of a task, with everything it is started with. */
export interface ContainerLaunch {
  /** As registered, with ECS's defaults: image, environment, ulimits, mounts, health check, stop timeout, log options. */
  readonly definition: RegisteredContainer;
  /** The values of its `secrets`, by environment variable. Never to be written anywhere. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Of the image in the simulated ECR; undefined for an image from elsewhere. */
  readonly imageDigest: string | undefined;
}

/** A task as its host's agent starts it. */
export interface TaskLaunch {
  readonly taskArn: string;
  readonly clusterName: string;
  /** `service:<name>` or `family:<family>`. */
  readonly group: string;
  readonly taskDefinition: RegisteredTask;
  readonly containers: readonly ContainerLaunch[];
  readonly host: {
    /** EC2's id; its attached volumes, tags and addresses are in the simulated EC2. */
    readonly instanceId: string;
    readonly containerInstanceArn: string;
    readonly attributes: Readonly<Record<string, string>>;
  };
}

/** How a task is doing, as its host's agent would report it. */
export interface TaskObservation {
  readonly status: 'starting' | 'running' | 'stopped';
  /** Of the container health check; UNKNOWN before its first word, and without one. */
  readonly health: 'UNKNOWN' | 'HEALTHY' | 'UNHEALTHY';
  /** Of the essential container, once stopped. */
  readonly exitCode?: number;
  /** Why it could not be started, or ended, in Docker's or the agent's words; ECS shows it as the container's reason. */
  readonly reason?: string;
}

/**
 * What runs the tasks of the simulated account. The default plays Elasticsearch in virtual time; one that starts real
 * containers in real time is given to `createSimulatedAccount` as `runtime`.
 *
 * All methods return at once. Work goes on behind them, and every change of what `observe` would say is made known by
 * `taskChanged`. A runtime that outlives the account's file takes up its tasks again by their ARNs.
 */
export interface TaskRuntime {
  /** Begins to start a task. The image is there and the secrets have been read. */
  start(world: World, launch: TaskLaunch): void;
  /**
   * SIGTERM, and SIGKILL after the timeout.
   *
   * @param timeoutSeconds 0 when the host itself is gone.
   */
  stop(world: World, taskArn: string, timeoutSeconds: number): void;
  /** Undefined for a task that was never started here: the agent then takes it for lost. */
  observe(world: World, taskArn: string): TaskObservation | undefined;
}

/** A runtime is no part of the account's file, so it stands beside its world. */
const runtimes = new WeakMap<World, TaskRuntime>();

/** Gives a world its runtime, before anything runs. */
export function useTaskRuntime(world: World, runtime: TaskRuntime): void {
  runtimes.set(world, runtime);
}

export function taskRuntimeOf(world: World): TaskRuntime {
  const runtime = runtimes.get(world);
  if (runtime === undefined) throw new Error('this world was given no task runtime');
  return runtime;
}

/** A runtime's word that a task's observation is a new one; ECS looks as soon as the account's clock moves on. */
export function taskChanged(world: World, taskArn: string, afterMs = 0): void {
  world.schedule(ecsEvents.observe, afterMs, taskArn);
}
