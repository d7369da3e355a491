import { GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeTasksCommand, ListTasksCommand, type Task } from '@aws-sdk/client-ecs';

import type { Clients } from '../../aws/clients.ts';
import { unless } from '../../aws/unless.ts';
import { container } from '../task/container.ts';
import type { Service } from './services.ts';

const shownEvents = 2;
const shownLines = 8;
/** Read of the log: a Java error names its cause before some dozen lines of where in the code that was. */
const readLines = 100;
const isOfStack = /^\s+at \S|^\s*\.\.\. \d+ more|^\s*$/;

/**
 * Why a service has no healthy task: what its last stopped task died of, ECS's last words on the service, and the end of
 * the container's log.
 *
 * @param logGroup the name of the containers' log group.
 */
export async function explainService(clients: Clients, service: Service, logGroup: string): Promise<string> {
  const stopped = await lastStopped(clients, service);
  const failed = service.deployments.find((deployment) => deployment.rollout === 'FAILED');
  const parts = [
    stopped === undefined ? undefined : stoppedSentence(stopped),
    failed?.reason,
    ...service.events.slice(0, shownEvents),
    stopped === undefined ? undefined : await logTail(clients, stopped, logGroup),
  ].filter((part) => part !== undefined && part !== '');
  return parts.length === 0 ? 'ECS gives no reason yet' : parts.join('; ');
}

/** What a service that is being deleted still waits for: its tasks, and the hosts they are on. */
export async function explainDraining({ ecs }: Clients, service: Service): Promise<string> {
  const cluster = service.clusterName;
  const listed = await unless(
    ['ServiceNotFoundException', 'ServiceNotActiveException', 'ClusterNotFoundException'],
    ecs.send(new ListTasksCommand({ cluster, serviceName: service.serviceName, desiredStatus: 'STOPPED' })),
  );
  const tasks = listed?.taskArns ?? [];
  const { tasks: described = [] } =
    tasks.length === 0 ? {} : await ecs.send(new DescribeTasksCommand({ cluster, tasks }));
  const left = described
    .filter((task) => task.lastStatus !== 'STOPPED')
    .map((task) => `its task ${idOf(task)} is ${task.lastStatus ?? 'unknown'}, told to stop`);
  return `it is being deleted${left.length === 0 ? '' : `; ${left.join(', ')}`}`;
}

function idOf(task: Task): string {
  return (task.taskArn ?? '').split('/').at(-1) ?? '';
}

/** ECS shows a stopped task for an hour. */
async function lastStopped({ ecs }: Clients, service: Service): Promise<Task | undefined> {
  const cluster = service.clusterName;
  const listed = await unless(
    ['ServiceNotFoundException', 'ClusterNotFoundException'],
    ecs.send(new ListTasksCommand({ cluster, serviceName: service.serviceName, desiredStatus: 'STOPPED' })),
  );
  const tasks = listed?.taskArns ?? [];
  if (tasks.length === 0) return undefined;
  const { tasks: described } = await ecs.send(new DescribeTasksCommand({ cluster, tasks }));
  return [...(described ?? [])].sort((a, b) => stoppedAtMs(b) - stoppedAtMs(a))[0];
}

function stoppedAtMs(task: Task): number {
  return task.stoppedAt?.getTime() ?? 0;
}

function stoppedSentence(task: Task): string {
  const [one] = task.containers ?? [];
  const exit = one?.exitCode === undefined ? undefined : `exit code ${String(one.exitCode)}`;
  const why = [task.stoppedReason, one?.reason, exit].filter((part) => part !== undefined);
  return `its task stopped: ${why.join(', ')}`;
}

async function logTail({ logs }: Clients, task: Task, logGroup: string): Promise<string | undefined> {
  const id = idOf(task);
  const answer = await unless(
    ['ResourceNotFoundException'],
    logs.send(
      new GetLogEventsCommand({
        logGroupName: logGroup,
        logStreamName: `${container.logPrefix}/${container.name}/${id}`,
        limit: readLines,
        startFromHead: false,
      }),
    ),
  );
  const lines = (answer?.events ?? [])
    .map((event) => event.message ?? '')
    .filter((line) => !isOfStack.test(line))
    .slice(-shownLines);
  return lines.length === 0 ? undefined : `its last words:\n${lines.join('\n')}`;
}
