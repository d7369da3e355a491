import { GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeScalingActivitiesCommand } from '@aws-sdk/client-auto-scaling';
import { DescribeInstancesCommand, GetConsoleOutputCommand } from '@aws-sdk/client-ec2';
import { DescribeTasksCommand, ListTasksCommand } from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';

import { explainActivities } from '../../src/steps/hosts/group.ts';
import { explainInstance } from '../../src/steps/hosts/instances.ts';
import { natGateway } from '../../src/steps/network/nat-gateway.ts';
import { s3Endpoint } from '../../src/steps/network/s3-endpoint.ts';
import { explainDraining, explainService } from '../../src/steps/service/explain.ts';
import type { Service } from '../../src/steps/service/services.ts';
import { createBench, standIn } from './support/bench.ts';

const service = {
  clusterName: 'es-ecs-search',
  serviceName: 'search-0',
  deployments: [],
  events: ['(service search-0) was unable to place a task', 'older', 'oldest'],
} as unknown as Service;

describe('why an instance is no host', () => {
  it('says its state with both of the reasons that EC2 gives', async () => {
    const bench = createBench();
    const ec2 = bench.stub('ec2');
    const instance = {
      State: { Name: 'terminated' },
      StateReason: { Code: 'Client.InternalError', Message: 'Client.InternalError: Client error on launch' },
      StateTransitionReason: 'User initiated (2026-01-01 00:00:00 GMT)',
    };
    ec2.answer(DescribeInstancesCommand, { Reservations: [{ Instances: [instance] }] });
    ec2.answer(GetConsoleOutputCommand, Object.assign(new Error('no'), { name: 'UnsupportedOperation' }));
    expect(await explainInstance(bench.clients, 'i-1')).toBe(
      'i-1 is terminated (Client.InternalError: Client error on launch; User initiated (2026-01-01 00:00:00 GMT))',
    );
  });

  it('shows the last lines of its console', async () => {
    const bench = createBench();
    const ec2 = bench.stub('ec2');
    ec2.answer(DescribeInstancesCommand, { Reservations: [{ Instances: [{ State: { Name: 'running' } }] }] });
    const lines = Array.from({ length: 20 }, (_, index) => `line ${String(index)}`).join('\r\n');
    ec2.answer(GetConsoleOutputCommand, { Output: Buffer.from(lines).toString('base64') });
    const said = await explainInstance(bench.clients, 'i-1');
    expect(said).toMatch(/^i-1 is running; the console's last lines:\nline 14\n/);
    expect(said.split('\n').at(-1)).toBe('line 19');
  });
});

describe('why a group has no host', () => {
  const failed = (StatusMessage: string) => ({ StatusCode: 'Failed', StatusMessage });
  const explain = async (Activities: object[]): Promise<string> => {
    const bench = createBench();
    bench.stub('autoScaling').answer(DescribeScalingActivitiesCommand, { Activities });
    return explainActivities(bench.clients, 'es-ecs-search-0');
  };

  it('tells the last failure, also behind the attempt that is under way, and how often', async () => {
    const activities = [
      { StatusCode: 'InProgress', Description: 'Launching' },
      failed('no capacity'),
      failed('x'),
    ];
    expect(await explain(activities)).toBe('no capacity (2 times in a row)');
  });

  const cancelled = (StatusMessage: string): object => ({
    StatusCode: 'Cancelled',
    Description: 'Launching a new EC2 instance: i-0a',
    StatusMessage: `Instance became unhealthy while waiting for instance to be in InService state. Termination Reason: ${StatusMessage}`,
  });

  it('tells the reason of the instance, though its end was a success', async () => {
    const reason = 'Client.InvalidKMSKey.InvalidState: The KMS key provided is in an incorrect state';
    const ended = { StatusCode: 'Successful', Description: 'Terminating EC2 instance: i-0a' };
    expect(await explain([ended, cancelled(reason), ended, cancelled(reason)])).toBe(
      `${reason} (2 times in a row)`,
    );
  });

  it('takes nothing that a person has ended for a failure', async () => {
    const words = 'Client.UserInitiatedShutdown: User initiated shutdown';
    expect(await explain([cancelled(words)])).not.toContain('times in a row');
  });

  it('does not tell a failure that was made good since', async () => {
    const activities = [
      { StatusCode: 'WaitingForInstanceId', Description: 'Launching a new EC2 instance' },
      { StatusCode: 'Successful', Description: 'Launching a new EC2 instance: i-0a' },
      failed('no capacity'),
    ];
    expect(await explain(activities)).toBe('Launching a new EC2 instance');
  });
});

describe('why a service has no task', () => {
  it('tells reason and exit code of the last task, two of the service events, and the last lines of its log', async () => {
    const bench = createBench();
    const ecs = bench.stub('ecs');
    ecs.answer(ListTasksCommand, { taskArns: ['a/1', 'a/2'] });
    const task = (id: string, stoppedAt: number, exitCode: number) => ({
      taskArn: `arn:task/es-ecs-search/${id}`,
      stoppedAt: new Date(stoppedAt),
      stoppedReason: 'Essential container in task exited',
      containers: [{ exitCode, reason: 'OutOfMemoryError' }],
    });
    ecs.answer(DescribeTasksCommand, { tasks: [task('1', 1_000, 1), task('2', 2_000, 137)] });
    const logs = bench.stub('logs');
    logs.answer(GetLogEventsCommand, { events: [{ message: 'java.lang.OutOfMemoryError' }] });
    expect(await explainService(bench.clients, service, '/es-ecs/search')).toBe(
      'its task stopped: Essential container in task exited, OutOfMemoryError, exit code 137; ' +
        '(service search-0) was unable to place a task; older; its last words:\njava.lang.OutOfMemoryError',
    );
    expect(logs.sent(GetLogEventsCommand)).toMatchObject([
      { logStreamName: expect.stringMatching(/\/2$/) as string },
    ]);
  });

  it('tells of a service on its way out which task still has to stop', async () => {
    const bench = createBench();
    const ecs = bench.stub('ecs');
    ecs.answer(ListTasksCommand, { taskArns: ['a/1'] });
    ecs.answer(DescribeTasksCommand, {
      tasks: [
        { taskArn: 'a/1', lastStatus: 'DEACTIVATING' },
        { taskArn: 'a/2', lastStatus: 'STOPPED' },
      ],
    });
    expect(await explainDraining(bench.clients, service)).toBe(
      'it is being deleted; its task 1 is DEACTIVATING, told to stop',
    );
  });
});

describe('why the network is not there', () => {
  const need = standIn('needed') as never;
  const { context } = createBench();

  it("tells a NAT gateway's failure code, and what AWS says of an endpoint", async () => {
    const gateway = natGateway(context, 'eu-west-1a', {
      subnet: need,
      elasticIp: need,
      internetGateway: need,
    });
    const failure = 'Gateway.NotAttached: the VPC has no internet gateway';
    const observed = { natGatewayId: 'nat-1', state: 'failed', subnetId: '', allocationId: '', tags: {} };
    expect(await gateway.explain?.({ ...observed, failure })).toBe(failure);
    expect(await gateway.explain?.({ ...observed, state: 'pending', failure: undefined })).toBe(
      'nat-1 is pending',
    );
    const endpoint = s3Endpoint(context, {});
    const seen = {
      endpointId: 'vpce-1',
      vpcId: '',
      serviceName: '',
      routeTableIds: [],
      policy: '',
      tags: {},
    };
    expect(await endpoint.explain?.({ ...seen, state: 'failed', failure: 'RouteTableLimit: too many' })).toBe(
      'RouteTableLimit: too many',
    );
  });
});
