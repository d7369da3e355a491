import {
  DeleteClusterCommand,
  DeleteServiceCommand,
  DescribeClustersCommand,
  DescribeContainerInstancesCommand,
  ListContainerInstancesCommand,
  RegisterTaskDefinitionCommand,
  StopTaskCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { CreateLogGroupCommand, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { describe, expect, it } from 'vitest';

import { createVirtualClock } from '../../../src/engine/clock.ts';
import { createSimulatedAccount } from '../../../src/simulator/account.ts';
import { hostGone } from '../../../src/simulator/ecs/container-instances.ts';
import { simulatedClusterView } from '../../../src/simulator/elasticsearch/cluster-view.ts';
import { calmStarts, troubleStarts } from '../../../src/simulator/elasticsearch/start-troubles.ts';
import {
  describeService,
  host,
  pass,
  type Stage,
  stage,
  taskDefinition,
  tasksOf,
  threeNodes,
} from './support.ts';

const cluster = 'es-ecs-search';

async function grown(): Promise<Stage> {
  const on = stage();
  await threeNodes(on);
  await pass(on, 120);
  return on;
}

async function healthUntil(on: Stage, wanted: string, seconds: number): Promise<string[]> {
  const view = simulatedClusterView(on.account.world, 'search');
  const seen: string[] = [];
  for (let second = 0; second < seconds; second += 1) {
    const status = await view.health().then(
      (health) => `${health.status} ${health.nodes}`,
      () => 'no answer',
    );
    if (seen.at(-1) !== status) seen.push(status);
    if (status === wanted) break;
    await pass(on, 1);
  }
  return seen;
}

describe('a cluster on the simulated ECS', () => {
  it('comes up: tasks RUNNING and HEALTHY, one Elasticsearch cluster, green', async () => {
    const on = stage();
    await threeNodes(on);
    expect((await tasksOf(on, 'search-0'))[0]?.lastStatus ?? 'none').toMatch(/none|PENDING/);
    await expect(simulatedClusterView(on.account.world, 'search').health()).rejects.toThrow(
      'no node of search answers',
    );
    await pass(on, 55);
    expect((await tasksOf(on, 'search-0'))[0]?.lastStatus).toBe('RUNNING');
    const seen = await healthUntil(on, 'green 3', 60);
    expect(seen[0]).toBe('no answer');
    expect(seen.at(-1)).toBe('green 3');
    await pass(on, 30);
    const [task] = await tasksOf(on, 'search-1');
    expect(task).toMatchObject({ lastStatus: 'RUNNING', healthStatus: 'HEALTHY', group: 'service:search-1' });
    const view = simulatedClusterView(on.account.world, 'search');
    expect(await view.clusterUuid()).toMatch(/^[\w-]{22}$/);
    expect((await view.nodes()).map(({ name, zone, version }) => [name, zone, version])).toEqual([
      ['search-0', 'eu-west-1a', '9.4.6'],
      ['search-1', 'eu-west-1b', '9.4.6'],
      ['search-2', 'eu-west-1c', '9.4.6'],
    ]);
    expect((await view.nodes()).filter((node) => node.isMaster)).toHaveLength(1);
    const found = await describeService(on, 'search-1');
    expect(found.deployments).toMatchObject([
      { status: 'PRIMARY', rolloutState: 'COMPLETED', runningCount: 1 },
    ]);
    expect(found.events?.map((event) => event.message)).toEqual([
      '(service search-1) has reached a steady state.',
      expect.stringContaining('deployment completed.'),
      expect.stringMatching(/^\(service search-1\) has started 1 tasks: \(task [0-9a-f]{32}\)\.$/),
    ]);
  });

  it('replaces a stopped task: yellow while it is away, then green, with the same UUID', async () => {
    const on = await grown();
    const view = simulatedClusterView(on.account.world, 'search');
    const uuid = await view.clusterUuid();
    const [task] = await tasksOf(on, 'search-0');
    await on.clients.ecs.send(new StopTaskCommand({ cluster, task: task?.taskArn ?? '' }));
    await pass(on, 3);
    const seen = await healthUntil(on, 'green 3', 180);
    expect(seen[0]).toBe('yellow 2');
    expect(seen.at(-1)).toBe('green 3');
    expect(await view.clusterUuid()).toBe(uuid);
    const [stopped] = await tasksOf(on, 'search-0', 'STOPPED');
    expect(stopped).toMatchObject({
      lastStatus: 'STOPPED',
      stopCode: 'UserInitiated',
      containers: [{ exitCode: 143 }],
    });
    const [replacement] = await tasksOf(on, 'search-0');
    expect(replacement?.taskArn).not.toBe(task?.taskArn);
  });

  it('loses a host: its task stops with the reason, and the node comes back on a new host with its volume', async () => {
    const on = await grown();
    const uuid = await simulatedClusterView(on.account.world, 'search').clusterUuid();
    hostGone(on.account.world, 'i-search-2');
    await pass(on, 30);
    const [stopped] = await tasksOf(on, 'search-2', 'STOPPED');
    expect(stopped?.stoppedReason).toBe('Host EC2 (instance i-search-2) terminated.');
    expect(await tasksOf(on, 'search-2')).toEqual([]);
    expect((await describeService(on, 'search-2')).events?.[0]?.message).toContain(
      'was unable to place a task because no container instance met all of its requirements.',
    );
    host(on, 'search-2');
    await pass(on, 150);
    const view = simulatedClusterView(on.account.world, 'search');
    expect(await view.health()).toMatchObject({ status: 'green', nodes: 3, unassigned: 0 });
    expect(await view.clusterUuid()).toBe(uuid);
  });

  it('has no answer without a quorum, and never a second cluster', async () => {
    const on = await grown();
    const view = simulatedClusterView(on.account.world, 'search');
    const uuid = await view.clusterUuid();
    hostGone(on.account.world, 'i-search-1');
    hostGone(on.account.world, 'i-search-2');
    await pass(on, 30);
    await expect(view.health()).rejects.toThrow('has no elected master');
    await expect(view.clusterUuid()).rejects.toMatchObject({ code: 'CLUSTER_NO_MASTER' });
    host(on, 'search-1');
    await pass(on, 150);
    expect(await view.clusterUuid()).toBe(uuid);
    expect((await view.nodes()).map((node) => node.name)).toEqual(['search-0', 'search-1']);
  });

  it('with min 0 and max 100 stops the old task before it starts the new one', async () => {
    const on = await grown();
    await on.clients.ecs.send(new RegisterTaskDefinitionCommand(taskDefinition()));
    await on.clients.ecs.send(
      new UpdateServiceCommand({ cluster, service: 'search-0', taskDefinition: 'es-ecs-search:2' }),
    );
    await pass(on, 150);
    const [old] = await tasksOf(on, 'search-0', 'STOPPED');
    const [replacement] = await tasksOf(on, 'search-0');
    expect(old?.stoppedReason).toMatch(/^Scaling activity initiated by \(deployment ecs-svc\/\d+\)$/);
    expect(replacement?.createdAt?.getTime()).toBeGreaterThanOrEqual(old?.stoppedAt?.getTime() ?? Infinity);
    const found = await describeService(on, 'search-0');
    expect(found.deployments).toHaveLength(1);
    expect(found.deployments?.[0]?.taskDefinition).toMatch(/es-ecs-search:2$/);
    expect(found.deployments?.[0]?.rolloutState).toBe('COMPLETED');
  });

  it('has a node that does not start any more, whose log says why, until its trouble is over', async () => {
    const on = await grown();
    const { world } = on.account;
    troubleStarts(world, { node: 'search-1' });
    const [task] = await tasksOf(on, 'search-1');
    await on.clients.ecs.send(new StopTaskCommand({ cluster, task: task?.taskArn ?? '' }));
    await pass(on, 120);
    const stopped = await tasksOf(on, 'search-1', 'STOPPED');
    const refused = stopped.filter((one) => one.containers?.[0]?.exitCode === 1);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({ stopCode: 'EssentialContainerExited' });
    const view = simulatedClusterView(world, 'search');
    expect(await view.health()).toMatchObject({ nodes: 2 });
    calmStarts(world, 'search-1');
    await pass(on, 900);
    expect(await view.health()).toMatchObject({ status: 'green', nodes: 3 });
  });

  it('has trouble with one task definition, and none with another', async () => {
    const on = await grown();
    troubleStarts(on.account.world, { node: 'search-1', taskDefinition: 'es-ecs-search:2' });
    const change = async (revision: number): Promise<void> => {
      await on.clients.ecs.send(
        new UpdateServiceCommand({
          cluster,
          service: 'search-1',
          taskDefinition: `es-ecs-search:${revision}`,
        }),
      );
    };
    await on.clients.ecs.send(new RegisterTaskDefinitionCommand(taskDefinition()));
    await change(2);
    await pass(on, 200);
    const view = simulatedClusterView(on.account.world, 'search');
    expect(await view.health()).toMatchObject({ nodes: 2 });
    await change(1);
    await pass(on, 900);
    expect(await view.health()).toMatchObject({ status: 'green', nodes: 3 });
  });

  it('does not go back to an older version: the node says so, and ends', async () => {
    const on = await grown();
    const older = 'docker.elastic.co/elasticsearch/elasticsearch:9.4.3';
    const awslogs = { logDriver: 'awslogs' as const, options: { 'awslogs-group': '/es-ecs/search' } };
    await on.clients.logs.send(new CreateLogGroupCommand({ logGroupName: '/es-ecs/search' }));
    await on.clients.ecs.send(
      new RegisterTaskDefinitionCommand(taskDefinition({}, { image: older, logConfiguration: awslogs })),
    );
    await on.clients.ecs.send(
      new UpdateServiceCommand({ cluster, service: 'search-2', taskDefinition: 'es-ecs-search:2' }),
    );
    await pass(on, 120);
    const stopped = await tasksOf(on, 'search-2', 'STOPPED');
    expect(stopped.map((task) => task.containers?.[0]?.exitCode)).toContain(1);
    const log = await on.clients.logs.send(new FilterLogEventsCommand({ logGroupName: '/es-ecs/search' }));
    expect(log.events?.map((event) => event.message)).toContainEqual(
      expect.stringContaining('cannot downgrade a node from version [9.4.6] to version [9.4.3]'),
    );
  });

  it('lives on in its file', async () => {
    const on = stage();
    await threeNodes(on);
    await pass(on, 20);
    const snapshot = JSON.parse(JSON.stringify(on.account.snapshot())) as ReturnType<
      typeof on.account.snapshot
    >;
    const clock = createVirtualClock({ startMs: snapshot.nowMs });
    const again = { ...on, clock, account: createSimulatedAccount({ clock, snapshot }) };
    await pass(again, 120);
    expect(await simulatedClusterView(again.account.world, 'search').health()).toMatchObject({
      status: 'green',
      nodes: 3,
    });
  });

  it('is deleted in one order only: services, hosts, cluster', async () => {
    const on = await grown();
    const { ecs } = on.clients;
    const deleteCluster = (): Promise<unknown> => ecs.send(new DeleteClusterCommand({ cluster }));
    await expect(deleteCluster()).rejects.toMatchObject({
      name: 'ClusterContainsContainerInstancesException',
    });
    await expect(ecs.send(new DeleteServiceCommand({ cluster, service: 'search-0' }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
    for (const name of ['search-0', 'search-1', 'search-2']) hostGone(on.account.world, `i-${name}`);
    await pass(on, 15);
    await expect(deleteCluster()).rejects.toMatchObject({ name: 'ClusterContainsServicesException' });
    for (const service of ['search-0', 'search-1', 'search-2']) {
      const answer = await ecs.send(new DeleteServiceCommand({ cluster, service, force: true }));
      expect(answer.service?.status).toBe('DRAINING');
    }
    await expect(deleteCluster()).rejects.toMatchObject({ name: 'ClusterContainsServicesException' });
    await pass(on, 30);
    expect((await describeService(on, 'search-0')).status).toBe('INACTIVE');
    await deleteCluster();
    const described = await ecs.send(new DescribeClustersCommand({ clusters: [cluster] }));
    expect(described.clusters?.[0]?.status).toBe('INACTIVE');
    await expect(ecs.send(new ListContainerInstancesCommand({ cluster }))).rejects.toMatchObject({
      name: 'ClusterNotFoundException',
    });
  });

  it('registers less memory than the instance type has, and takes off what tasks hold', async () => {
    const on = await grown();
    const listed = await on.clients.ecs.send(new ListContainerInstancesCommand({ cluster }));
    const answer = await on.clients.ecs.send(
      new DescribeContainerInstancesCommand({ cluster, containerInstances: listed.containerInstanceArns }),
    );
    const [one] = answer.containerInstances ?? [];
    const memory = (list: 'registeredResources' | 'remainingResources'): number =>
      one?.[list]?.find((resource) => resource.name === 'MEMORY')?.integerValue ?? 0;
    expect(memory('registeredResources')).toBeLessThan(8192);
    expect(memory('registeredResources') - memory('remainingResources')).toBe(6144);
    expect(one?.remainingResources?.find((resource) => resource.name === 'PORTS')?.stringSetValue).toContain(
      '9300',
    );
  });
});
