import { ec2Host } from '../../aws/partitions.ts';
import { bootstrapTagKey, initialMastersOf } from '../../elasticsearch/bootstrap.ts';
import { secretVariables } from '../../elasticsearch/container.ts';
import type { World } from '../core/world.ts';
import { writeTaskLog } from '../ecs/agent.ts';
import { shortName } from '../ecs/common.ts';
import { imageOnHost } from '../ecs/kept-images.ts';
import { taskChanged, type TaskLaunch, type TaskRuntime } from '../ecs/task-runtime.ts';
import { pullShare } from '../ecs/tasks.ts';
import { hosts } from '../hosts/boot.ts';
import { settleMs, settleSoon } from './coordination.ts';
import { idFor, openDisk } from './disks.ts';
import { elasticsearchEvents, type NodeIdentity, type ProgramRow, programs } from './rows.ts';
import { diskTrouble, downgradeTrouble, roleTrouble, startTrouble } from './start-troubles.ts';

/** From a running container to an answering transport port. */
const nodeStartMs = 15_000;

/** What an image that nobody told a version of is taken for. */
const unknownVersion = '9.4.6';

/** From a running container until Elasticsearch has found out that it cannot start. */
const refusalMs = 6_000;

/** Where the environment says nothing of it. */
const usualHeapMiB = 1024;

const exitCodes = { refused: 1, terminated: 143, killed: 137 } as const;

/** The environment as the entrypoint reads it; a task without it is no Elasticsearch of es-ecs. */
function environmentOf(launch: TaskLaunch): Readonly<Record<string, string>> {
  const [container] = launch.containers;
  return Object.fromEntries(
    (container?.definition.environment ?? []).map(({ name, value }) => [name ?? '', value ?? '']),
  );
}

interface Contents {
  readonly version: string;
  readonly isLost?: true;
}

/** What an image says that the simulated Elasticsearch acts on. */
function contentsOf(world: World, launch: TaskLaunch): Contents {
  const image = launch.containers[0]?.definition.image ?? '';
  const known = imageOnHost(world, { instanceId: launch.host.instanceId, image });
  const version =
    known?.elasticsearchVersion ?? /\d+\.\d+\.\d+/.exec(shortName(image))?.[0] ?? unknownVersion;
  const endpoint = known?.discoveryEndpoint;
  const findsEc2 = endpoint === undefined || endpoint.replace('https://', '') === ec2Host(world.region);
  return findsEc2 ? { version } : { version, isLost: true };
}

function identityOf(world: World, launch: TaskLaunch): NodeIdentity | undefined {
  const { ES_ECS_ROLES: roles, ES_ECS_HEAP_MIB: heapMiB } = environmentOf(launch);
  if (roles === undefined) return undefined;
  const { attributes, instanceId } = launch.host;
  const secrets = launch.containers[0]?.secrets ?? {};
  // What user data has found out; a host that was only registered, as in tests of ECS alone, says it by its attributes.
  const host = world.rows(hosts).get(instanceId);
  return {
    name: host?.node ?? attributes['es-ecs-node'] ?? instanceId,
    clusterName: launch.clusterName.replace(/^es-ecs-/, ''),
    zone: host?.zone ?? attributes['ecs.availability-zone'],
    roles: roles.split(','),
    ...contentsOf(world, launch),
    diskId: host?.volumeId ?? attributes['es-ecs-volume'] ?? instanceId,
    initialMasters: initialMastersOf(host?.initialMasters ?? attributes[bootstrapTagKey] ?? ''),
    heapMiB: Number(heapMiB ?? usualHeapMiB),
    ephemeralId: idFor(launch.taskArn),
    bootstrapPassword: secrets[secretVariables.password],
    tls: { trusted: secrets[secretVariables.caCertificate], shown: secrets[secretVariables.nodeCertificate] },
  };
}

function leave(world: World, row: ProgramRow): void {
  if (!row.isUp || row.node === undefined) return;
  row.isUp = false;
  settleSoon(world, row.node.clusterName, world.vary(settleMs.left));
}

function end(world: World, row: ProgramRow, exitCode: number): void {
  if (row.status === 'stopped') return;
  leave(world, row);
  row.status = 'stopped';
  row.health = 'UNKNOWN';
  row.exitCode = exitCode;
  taskChanged(world, row.taskArn);
}

/** Plays the tasks of es-ecs as Elasticsearch in virtual time; any other task just runs. */
export const elasticsearchRuntime: TaskRuntime = {
  start(world, launch) {
    const node = identityOf(world, launch);
    const row: ProgramRow = {
      taskArn: launch.taskArn,
      instanceId: launch.host.instanceId,
      status: 'starting',
      health: 'UNKNOWN',
      exitCode: undefined,
      reason: undefined,
      node,
      isUp: false,
      isTerminating: false,
      startedAtMs: undefined,
      trouble: startTrouble(world, node, launch),
    };
    forgetEnded(world);
    world.rows(programs).set(row.taskArn, row);
    const startMs = world.vary(world.delays.taskStart * (1 - pullShare));
    world.schedule(elasticsearchEvents.running, startMs, row.taskArn);
  },

  stop(world, taskArn, timeoutSeconds) {
    const row = world.rows(programs).get(taskArn);
    if (row === undefined || row.status === 'stopped') return;
    if (timeoutSeconds === 0) {
      end(world, row, exitCodes.killed);
      return;
    }
    // A node leaves its cluster as soon as it has the signal, and then closes its shards.
    row.isTerminating = true;
    leave(world, row);
    const neededMs = world.vary(world.delays.taskStop);
    const timeoutMs = timeoutSeconds * 1000;
    if (neededMs <= timeoutMs) world.schedule(elasticsearchEvents.terminated, neededMs, taskArn);
    else world.schedule(elasticsearchEvents.killed, timeoutMs, taskArn);
  },

  observe(world, taskArn) {
    const row = world.rows(programs).get(taskArn);
    if (row === undefined) return undefined;
    return {
      status: row.status,
      health: row.health,
      ...(row.exitCode === undefined ? {} : { exitCode: row.exitCode }),
      ...(row.reason === undefined ? {} : { reason: row.reason }),
    };
  },
};

/** Ended programs are kept for their tasks only, and those are looked at within the second. */
function forgetEnded(world: World): void {
  const rows = world.rows(programs);
  const ended = [...rows].filter(([, row]) => row.status === 'stopped');
  for (const [taskArn] of ended.slice(0, -100)) rows.delete(taskArn);
}

/** The container runs. */
export function programRunning(world: World, taskArn: string): void {
  const row = world.rows(programs).get(taskArn);
  if (row?.status !== 'starting') return;
  row.status = 'running';
  row.startedAtMs = world.nowMs;
  world.schedule(elasticsearchEvents.healthy, world.vary(world.delays.taskHealthy), taskArn);
  if (row.node !== undefined) {
    if (troubleOf(world, row) !== undefined) world.schedule(elasticsearchEvents.refused, refusalMs, taskArn);
    else world.schedule(elasticsearchEvents.up, world.vary(nodeStartMs), taskArn);
    writeTaskLog(world, taskArn, `[INFO ][o.e.n.Node] [${row.node.name}] version[${row.node.version}]`);
  }
  taskChanged(world, taskArn);
}

function troubleOf(world: World, { node, trouble }: ProgramRow): string | undefined {
  return node === undefined
    ? undefined
    : (trouble ?? diskTrouble(world, node) ?? downgradeTrouble(world, node) ?? roleTrouble(world, node));
}

/** Elasticsearch says why it cannot start, and ends. */
export function programRefused(world: World, taskArn: string): void {
  const row = world.rows(programs).get(taskArn);
  if (row?.status !== 'running' || row.node === undefined) return;
  const reason = troubleOf(world, row) ?? '';
  writeTaskLog(
    world,
    taskArn,
    `[ERROR][o.e.b.Elasticsearch] [${row.node.name}] fatal exception while booting Elasticsearch ${reason}`,
  );
  writeTaskLog(world, taskArn, 'ERROR: Elasticsearch did not exit normally - check the logs');
  end(world, row, exitCodes.refused);
}

/** The node answers; the first time, its disk learns whose it is. */
export function nodeUp(world: World, taskArn: string): void {
  const row = world.rows(programs).get(taskArn);
  if (row?.status !== 'running' || row.node === undefined || row.isTerminating) return;
  const { node } = row;
  openDisk(world, node);
  row.isUp = true;
  writeTaskLog(world, taskArn, `[INFO ][o.e.n.Node] [${node.name}] started`);
  if (node.isLost === true) {
    const line = `[WARN ][o.e.d.e.AwsEc2SeedHostsProvider] [${node.name}] exception while retrieving instance list from AWS API: java.net.UnknownHostException`;
    writeTaskLog(world, taskArn, line);
  }
  settleSoon(world, node.clusterName, world.vary(settleMs.joined));
}

/** The health check, which is local to the node, has passed. */
export function programHealthy(world: World, taskArn: string): void {
  const row = world.rows(programs).get(taskArn);
  if (row?.status !== 'running') return;
  row.health = 'HEALTHY';
  taskChanged(world, taskArn);
}

/** The program has closed its shards and ended by itself. */
export function programTerminated(world: World, taskArn: string): void {
  const row = world.rows(programs).get(taskArn);
  if (row !== undefined) end(world, row, exitCodes.terminated);
}

/** The program did not end in time. */
export function programKilled(world: World, taskArn: string): void {
  const row = world.rows(programs).get(taskArn);
  if (row !== undefined) end(world, row, exitCodes.killed);
}

/** For tests and rehearsals: the program of a task dies of itself, as of an out-of-memory error. */
export function crashProgram(world: World, taskArn: string, exitCode: number): void {
  const row = world.rows(programs).get(taskArn);
  if (row !== undefined) end(world, row, exitCode);
}
