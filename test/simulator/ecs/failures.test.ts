import {
  CreateClusterCommand,
  DescribeTasksCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  type Task,
} from '@aws-sdk/client-ecs';
import { CreateLogGroupCommand, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateRepositoryCommand } from '@aws-sdk/client-ecr';
import { describe, expect, it } from 'vitest';

import { simulatedImageBuilder } from '../../../src/simulator/ecr/image-builder.ts';
import { crashProgram } from '../../../src/simulator/elasticsearch/runtime.ts';
import {
  describeService,
  host,
  pass,
  secretAndRole,
  service,
  type Stage,
  stage,
  taskDefinition,
  tasksOf,
} from './support.ts';

const cluster = 'es-ecs-search';
const registry = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';

async function oneHost(on: Stage): Promise<void> {
  await on.clients.ecs.send(new CreateClusterCommand({ clusterName: cluster }));
  host(on, 'search-0');
}

/** Registers, runs once, waits, and gives the task as it ended up. */
async function ran(on: Stage, definition: ReturnType<typeof taskDefinition>): Promise<Task> {
  await on.clients.ecs.send(new RegisterTaskDefinitionCommand(definition));
  const started = await on.clients.ecs.send(
    new RunTaskCommand({ cluster, taskDefinition: definition.family ?? '' }),
  );
  expect(started.failures).toEqual([]);
  const taskArn = started.tasks?.[0]?.taskArn ?? '';
  await pass(on, 120);
  const answer = await on.clients.ecs.send(new DescribeTasksCommand({ cluster, tasks: [taskArn] }));
  const [task] = answer.tasks ?? [];
  if (task === undefined) throw new Error('no task');
  return task;
}

describe('a task that cannot start', () => {
  it('says that its image is not in ECR, and that its repository is not', async () => {
    const on = stage();
    await oneHost(on);
    const withImage = taskDefinition({}, { image: `${registry}/es-ecs/search:v1` });
    const first = await ran(on, withImage);
    expect(first).toMatchObject({ lastStatus: 'STOPPED', stopCode: 'TaskFailedToStart' });
    expect(first.stoppedReason).toMatch(/^CannotPullContainerError: .*repository with name 'es-ecs\/search'/);
    await on.clients.ecr.send(new CreateRepositoryCommand({ repositoryName: 'es-ecs/search' }));
    expect((await ran(on, withImage)).stoppedReason).toMatch(/^CannotPullContainerError: .*not found$/);
  });

  it('says that a secret is missing or not readable', async () => {
    const on = stage();
    await oneHost(on);
    const { secretArn, roleArn } = await secretAndRole(on);
    const withSecret = (arn: string): ReturnType<typeof taskDefinition> =>
      taskDefinition({ executionRoleArn: roleArn }, { secrets: [{ name: 'P', valueFrom: arn }] });
    expect((await ran(on, withSecret(`${secretArn}:password::`))).lastStatus).toBe('RUNNING');
    host(on, 'search-1');
    const wrongKey = await ran(on, withSecret(`${secretArn}:pass::`));
    expect(wrongKey.stoppedReason).toMatch(/^ResourceInitializationError: .*did not contain json key pass$/);
    const missing = await ran(on, withSecret(`${secretArn}x`));
    expect(missing.stoppedReason).toMatch(/^ResourceInitializationError: .*ResourceNotFoundException/);
  });

  it('says that the execution role may not read the secret', async () => {
    const on = stage();
    await oneHost(on);
    const { secretArn, roleArn } = await secretAndRole(on, 'ecr:GetAuthorizationToken');
    const task = await ran(
      on,
      taskDefinition({ executionRoleArn: roleArn }, { secrets: [{ name: 'P', valueFrom: secretArn }] }),
    );
    expect(task.stoppedReason).toMatch(/^ResourceInitializationError: .*AccessDeniedException/);
  });

  it('ends with an exec format error on a host of another architecture', async () => {
    const on = stage();
    await oneHost(on);
    await on.clients.logs.send(new CreateLogGroupCommand({ logGroupName: '/es-ecs/search' }));
    await on.clients.ecr.send(new CreateRepositoryCommand({ repositoryName: 'es-ecs/search' }));
    const before = on.clock.now();
    await simulatedImageBuilder(on.account).buildAndPush({
      repositoryUri: `${registry}/es-ecs/search`,
      tag: 'v1',
      architecture: 'arm64',
      elasticsearchVersion: '9.4.6',
    });
    expect(on.clock.now() - before).toBeGreaterThan(25_000);
    const task = await ran(
      on,
      taskDefinition(
        {},
        {
          image: `${registry}/es-ecs/search:v1`,
          logConfiguration: {
            logDriver: 'awslogs',
            options: { 'awslogs-group': '/es-ecs/search', 'awslogs-stream-prefix': 'node' },
          },
        },
      ),
    );
    expect(task).toMatchObject({ stopCode: 'EssentialContainerExited', containers: [{ exitCode: 255 }] });
    const events = await on.clients.logs.send(new FilterLogEventsCommand({ logGroupName: '/es-ecs/search' }));
    expect(events.events?.map((event) => event.message)).toEqual([
      'exec /usr/local/bin/es-ecs-entrypoint: exec format error',
    ]);
  });

  it('needs its log group, unless it logs without blocking', async () => {
    const on = stage();
    await oneHost(on);
    const logging = (options: Record<string, string>): ReturnType<typeof taskDefinition> =>
      taskDefinition(
        {},
        { logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': '/none', ...options } } },
      );
    expect((await ran(on, logging({}))).containers?.[0]?.reason).toMatch(
      /^CannotStartContainerError: .*log group/,
    );
    expect((await ran(on, logging({ mode: 'non-blocking' }))).lastStatus).toBe('RUNNING');
  });
});

describe('a service whose tasks fail', () => {
  it('tries again ever more slowly, says so, and breaks the circuit', async () => {
    const on = stage();
    await oneHost(on);
    await on.clients.ecs.send(
      new RegisterTaskDefinitionCommand(taskDefinition({}, { image: `${registry}/nowhere:v1` })),
    );
    await service(on, 'search-0', {
      deploymentConfiguration: {
        minimumHealthyPercent: 0,
        maximumPercent: 100,
        deploymentCircuitBreaker: { enable: true, rollback: false },
      },
    });
    await pass(on, 600);
    const found = await describeService(on, 'search-0');
    expect(found.deployments?.[0]).toMatchObject({ rolloutState: 'FAILED', failedTasks: 3 });
    expect(found.events?.[0]?.message).toContain('deployment failed: tasks failed to start.');
    expect(found.events?.[1]?.message).toContain('is unable to consistently start tasks successfully.');
    expect(await tasksOf(on, 'search-0')).toEqual([]);
    expect(await tasksOf(on, 'search-0', 'STOPPED')).toHaveLength(3);
  });

  it('replaces a task whose program dies, and says how it died', async () => {
    const on = stage();
    await oneHost(on);
    await on.clients.ecs.send(new RegisterTaskDefinitionCommand(taskDefinition()));
    await service(on, 'search-0');
    await pass(on, 120);
    const [task] = await tasksOf(on, 'search-0');
    crashProgram(on.account.world, task?.taskArn ?? '', 137);
    await pass(on, 90);
    const [dead] = await tasksOf(on, 'search-0', 'STOPPED');
    expect(dead).toMatchObject({
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'Essential container in task exited',
      containers: [{ exitCode: 137 }],
    });
    expect((await tasksOf(on, 'search-0'))[0]?.lastStatus).toBe('RUNNING');
  });
});

describe('a task that fits nowhere', () => {
  const reasonFor = async (on: Stage): Promise<string> =>
    (await describeService(on, 'search-0')).events?.[0]?.message ?? '';

  it('names what is missing: hosts, the attribute, memory, the port', async () => {
    const on = stage();
    const { ecs } = on.clients;
    await ecs.send(new CreateClusterCommand({ clusterName: cluster }));
    await ecs.send(new RegisterTaskDefinitionCommand(taskDefinition()));
    await service(on, 'search-0');
    await pass(on, 10);
    expect(await reasonFor(on)).toContain('Reason: No Container Instances were found in your cluster.');
    host(on, 'search-1');
    await pass(on, 10);
    expect(await reasonFor(on)).toMatch(
      /closest matching container-instance [0-9a-f]{32} encountered error "MemberOf/,
    );
    await ecs.send(new RegisterTaskDefinitionCommand(taskDefinition({ family: 'port' }, { memory: 128 })));
    host(on, 'search-0');
    await ecs.send(new RunTaskCommand({ cluster, taskDefinition: 'port', count: 2 }));
    await pass(on, 10);
    expect(await reasonFor(on)).toContain('is already using a port required by your task.');
  });

  it('is refused by RunTask with ECS’s short word', async () => {
    const on = stage();
    await oneHost(on);
    await on.clients.ecs.send(new RegisterTaskDefinitionCommand(taskDefinition({}, { memory: 8192 })));
    const answer = await on.clients.ecs.send(
      new RunTaskCommand({ cluster, taskDefinition: 'es-ecs-search' }),
    );
    expect(answer.failures?.[0]?.reason).toBe('RESOURCE:MEMORY');
  });
});
