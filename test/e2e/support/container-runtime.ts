import { chmod, chown, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { execa } from 'execa';

import { hostPaths } from '../../../src/elasticsearch/container.ts';
import type { World } from '../../../src/simulator/core/world.ts';
import {
  taskChanged,
  type TaskLaunch,
  type TaskObservation,
  type TaskRuntime,
} from '../../../src/simulator/ecs/task-runtime.ts';
import { writeTaskLog } from '../../../src/simulator/ecs/agent.ts';
import type { RegisteredContainer } from '../../../src/simulator/ecs/registered.ts';
import { type HostRow, hosts } from '../../../src/simulator/hosts/boot.ts';
import { type ContainerOrder, type DockerEngine, dockerEngine } from './docker-engine.ts';

/** The label by which the engine's events are told apart. */
const taskLabel = 'es-ecs-task';

/** Where the seed provider that stands in for EC2's reads the addresses of all hosts. */
const seedFile = '/usr/share/elasticsearch/config/unicast_hosts.txt';

/** Lines of a container's log that the account gets to see. */
const loggedLines = 100;

const mib = 1024 * 1024;
const second = 1_000_000_000;

/** A container and how it is doing. */
export interface RealTask {
  readonly taskArn: string;
  /** Of the node that its host is for. */
  readonly node: string;
  readonly address: string;
  /** The engine's name for it. */
  readonly container: string;
  readonly launch: TaskLaunch;
  /** What the engine was told; its `Env` holds the secrets. */
  readonly order: ContainerOrder;
  readonly startedMs: number;
  observation: TaskObservation;
  /** From the start until its health check passed for the first time. */
  healthyAfterMs: number | undefined;
  stopAskedMs: number | undefined;
  /** From SIGTERM to its end. */
  stoppedAfterMs: number | undefined;
}

/** What the machine refuses of a task definition's limits. */
export interface Refusal {
  readonly name: string;
  readonly wanted: number;
  readonly given: number;
}

/** The tasks of the simulated account as real containers on this machine, each host with a loopback address of its own. */
export interface ContainerRuntime extends TaskRuntime {
  readonly engine: DockerEngine;
  /** Everything that was ever started, in order. */
  readonly tasks: readonly RealTask[];
  readonly refused: readonly Refusal[];
  /** Whether a container starts or stops just now. */
  isBusy(): boolean;
  /** The running task of a node. */
  running(node: string): RealTask;
  /** Removes all containers. */
  close(): Promise<void>;
}

export interface ContainerRuntimeOptions {
  readonly dockerHost: string;
  /** Hosts' file systems and data volumes are made in it. */
  readonly folder: string;
  /** The name by which the engine knows an image of the account's registry. */
  readonly imageName: (reference: string) => string;
  /** The first three numbers of the hosts' addresses: suites that run side by side have their own. Left out: 127.0.0. */
  readonly net?: string;
  /** Called when something has begun that takes real time. */
  readonly onBusy: () => void;
}

/**
 * The last number of a node's name is its place: search-0 is at 127.0.0.1. Groups stand sixteen apart, in an order that only their
 * names decide; two that fall together could not listen.
 */
export function addressOf(node: string, net = '127.0.0'): string {
  const [, group = '', place] = /^[^-]+(?:-(.+))?-(\d+)$/.exec(node) ?? [];
  const letters = Buffer.from(group).reduce((sum, letter) => sum + letter, 0);
  const first = group === '' ? 1 : 17 + 16 * (letters % 14);
  return `${net}.${first + Number(place)}`;
}

/** Starts containers as the ECS agent does, from nothing but what the account was told. */
export async function createContainerRuntime(options: ContainerRuntimeOptions): Promise<ContainerRuntime> {
  const engine = dockerEngine(options.dockerHost);
  const limits = await machineLimits();
  const tasks: RealTask[] = [];
  const refused = new Map<string, Refusal>();
  const worlds = new Map<string, World>();
  const find = (taskArn: string): RealTask | undefined => tasks.find((one) => one.taskArn === taskArn);
  const seeds = path.join(options.folder, 'seeds');
  await writeFile(seeds, '');

  const change = (task: RealTask, observation: TaskObservation): void => {
    task.observation = observation;
    const world = worlds.get(task.taskArn);
    if (world !== undefined) taskChanged(world, task.taskArn);
  };

  const stopWatching = await engine.watch(({ action, labels }) => {
    const task = find(labels[taskLabel] ?? '');
    if (task === undefined || task.observation.status === 'stopped') return;
    if (action === 'start') change(task, { status: 'running', health: 'UNKNOWN' });
    if (action === 'health_status: healthy') {
      task.healthyAfterMs ??= performance.now() - task.startedMs;
      change(task, { status: 'running', health: 'HEALTHY' });
    }
    if (action === 'health_status: unhealthy') change(task, { status: 'running', health: 'UNHEALTHY' });
    if (action === 'die') {
      if (task.stopAskedMs !== undefined) task.stoppedAfterMs = performance.now() - task.stopAskedMs;
      void end(task, Number(labels['exitCode']));
    }
  });

  /** The log driver sends line by line; here it is what the engine kept, once the container has ended. */
  const end = async (task: RealTask, exitCode: number): Promise<void> => {
    const log = await engine.log(task.container).catch(() => '');
    const world = worlds.get(task.taskArn);
    for (const line of log.trimEnd().split('\n').slice(-loggedLines)) {
      if (world !== undefined) writeTaskLog(world, task.taskArn, line);
    }
    change(task, { status: 'stopped', health: 'UNKNOWN', exitCode });
  };

  const begin = async (world: World, task: RealTask, host: HostRow): Promise<void> => {
    try {
      await prepareHost(options.folder, { ...host, address: task.address });
      await writeSeeds(world, seeds, options.net);
      await engine.start(task.container, task.order);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      change(task, { status: 'stopped', health: 'UNKNOWN', reason: `CannotStartContainerError: ${reason}` });
    }
  };

  return {
    engine,
    tasks,
    get refused() {
      return [...refused.values()];
    },
    start: (world, launch) => {
      const host = world.rows(hosts).get(launch.host.instanceId);
      const [container] = launch.containers;
      if (host?.node === undefined || container === undefined)
        throw new Error('the task has no host of a node');
      const { definition } = container;
      const ulimits = (definition.ulimits ?? []).map((limit) => {
        const wanted = limit.hardLimit ?? 0;
        const given = limits(limit.name ?? '', wanted);
        if (given !== wanted) refused.set(limit.name ?? '', { name: limit.name ?? '', wanted, given });
        return { Name: limit.name, Soft: given === wanted ? limit.softLimit : given, Hard: given };
      });
      const order: ContainerOrder = {
        ...asEngineSaysIt(definition),
        Image: options.imageName(definition.image ?? ''),
        Env: [
          ...(definition.environment ?? []).map(({ name, value }) => `${name ?? ''}=${value ?? ''}`),
          ...Object.entries(container.secrets).map(([name, value]) => `${name}=${value}`),
        ],
        Labels: { [taskLabel]: launch.taskArn },
        HostConfig: {
          NetworkMode: launch.taskDefinition.networkMode,
          Memory: (definition.memory ?? 0) * mib,
          Ulimits: ulimits,
          Binds: [
            ...binds(launch, definition, path.join(options.folder, host.instanceId)),
            `${seeds}:${seedFile}:ro`,
          ],
        },
      };
      const task: RealTask = {
        taskArn: launch.taskArn,
        node: host.node,
        address: addressOf(host.node, options.net),
        container: `es-ecs-${host.node}-${tasks.length}`,
        launch,
        order,
        startedMs: performance.now(),
        observation: { status: 'starting', health: 'UNKNOWN' },
        healthyAfterMs: undefined,
        stopAskedMs: undefined,
        stoppedAfterMs: undefined,
      };
      tasks.push(task);
      worlds.set(task.taskArn, world);
      options.onBusy();
      void begin(world, task, host);
    },
    stop: (_world, taskArn, timeoutSeconds) => {
      const task = find(taskArn);
      if (task === undefined || task.observation.status === 'stopped') return;
      task.stopAskedMs = performance.now();
      options.onBusy();
      void engine.stop(task.container, timeoutSeconds).catch(() => undefined);
    },
    observe: (_world, taskArn) => find(taskArn)?.observation,
    isBusy: () =>
      tasks.some(
        ({ observation, stopAskedMs }) =>
          observation.status === 'starting' ||
          (observation.status === 'running' &&
            (observation.health !== 'HEALTHY' || stopAskedMs !== undefined)),
      ),
    running: (node) => {
      const task = tasks.findLast((one) => one.node === node);
      if (task?.observation.status !== 'running') throw new Error(`${node} has no running task`);
      return task;
    },
    close: async () => {
      stopWatching();
      await Promise.all(tasks.map((task) => engine.remove(task.container).catch(() => undefined)));
    },
  };
}

/** What of a container definition the engine takes as it is. */
function asEngineSaysIt(definition: RegisteredContainer): Readonly<Record<string, unknown>> {
  const { healthCheck } = definition;
  return {
    User: definition.user,
    StopTimeout: definition.stopTimeout,
    ...(definition.entryPoint === undefined ? {} : { Entrypoint: definition.entryPoint }),
    ...(definition.command === undefined ? {} : { Cmd: definition.command }),
    ...(healthCheck === undefined
      ? {}
      : {
          Healthcheck: {
            Test: healthCheck.command,
            Interval: (healthCheck.interval ?? 30) * second,
            Timeout: (healthCheck.timeout ?? 5) * second,
            Retries: healthCheck.retries ?? 3,
            StartPeriod: (healthCheck.startPeriod ?? 0) * second,
          },
        }),
  };
}

/** The task's bind mounts, from the root of its host's file system. */
function binds(launch: TaskLaunch, definition: RegisteredContainer, root: string): readonly string[] {
  const volumes = launch.taskDefinition.volumes ?? [];
  return (definition.mountPoints ?? []).map(({ sourceVolume, containerPath, readOnly }) => {
    const source = volumes.find((volume) => volume.name === sourceVolume)?.host?.sourcePath;
    if (source === undefined) throw new Error(`the task definition has no volume ${sourceVolume ?? ''}`);
    return `${root}${source}:${containerPath ?? ''}${readOnly === true ? ':ro' : ''}`;
  });
}

/** What user data knows of a host. */
export type PreparedHost = Pick<HostRow, 'instanceId' | 'node' | 'zone' | 'volumeId' | 'initialMasters'> & {
  readonly address: string;
};

/** Leaves a host as its user data would: the volume mounted, its data folder the server's own, and node.env. */
export async function prepareHost(folder: string, host: PreparedHost): Promise<void> {
  const root = path.join(folder, host.instanceId);
  const volume = path.join(folder, host.volumeId ?? `${host.instanceId}-disk`);
  const data = path.join(volume, path.relative(hostPaths.volume, hostPaths.data));
  await mkdir(data, { recursive: true });
  await chown(data, 1000, 0);
  await chmod(data, 0o770);
  await mkdir(path.dirname(root + hostPaths.volume), { recursive: true });
  await symlink(volume, root + hostPaths.volume).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  });
  await mkdir(root + hostPaths.node, { recursive: true });
  await writeFile(
    path.join(root + hostPaths.node, 'node.env'),
    `ES_ECS_NODE=${host.node ?? ''}\nES_ECS_ZONE=${host.zone}\nES_ECS_ADDRESS=${host.address}\nES_ECS_INITIAL_MASTERS=${host.initialMasters}\n`,
  );
}

/** What EC2 discovery would find: every host of the account that is there now. Written in place, as it is mounted. */
async function writeSeeds(world: World, file: string, net: string | undefined): Promise<void> {
  const nodes = [...world.rows(hosts).values()].flatMap(({ node }) => (node === undefined ? [] : [node]));
  await writeFile(file, nodes.map((node) => `${addressOf(node, net)}:9300\n`).join(''));
}

/** The highest limits that can be given to a container here: more than the machine's own only where it can be raised. */
async function machineLimits(): Promise<(name: string, wanted: number) => number> {
  const known = new Map<string, number>();
  for (const [name, flag, more, unit] of [
    ['nofile', '-n', '65535', 1],
    ['memlock', '-l', 'unlimited', 1024],
  ] as const) {
    const raised = await execa('bash', ['-c', `ulimit ${flag} ${more}`], { reject: false });
    const { stdout } = await execa('bash', ['-c', `ulimit -H ${flag}`]);
    if (raised.failed && stdout !== 'unlimited') known.set(name, Number(stdout) * unit);
  }
  return (name, wanted) => {
    const most = known.get(name);
    if (most === undefined) return wanted;
    return wanted === -1 ? most : Math.min(most, wanted);
  };
}
