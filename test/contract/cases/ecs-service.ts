import {
  CreateClusterCommand,
  CreateServiceCommand,
  DeleteClusterCommand,
  DeleteServiceCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ListServicesCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import type { CreateServiceCommandInput } from '@aws-sdk/client-ecs';

import type { Clients } from '../../../src/aws/clients.ts';
import { given, outcome, tagsOf } from '../case.ts';
import type { ContractCase, Scratch } from '../case.ts';
import { makeInstance } from '../fixtures.ts';

/** A cluster and a service to be in it. */
async function stand(clients: Clients, scratch: Scratch): Promise<CreateServiceCommandInput> {
  const { ecs } = clients;
  const cluster = scratch.name('cluster');
  await ecs.send(new CreateClusterCommand({ clusterName: cluster }));
  return {
    cluster,
    serviceName: scratch.name('search'),
    taskDefinition: await define(clients, scratch.name('family')),
    desiredCount: 1,
    launchType: 'EC2',
    schedulingStrategy: 'REPLICA',
    deploymentConfiguration: {
      minimumHealthyPercent: 0,
      maximumPercent: 100,
      deploymentCircuitBreaker: { enable: true, rollback: false },
    },
    placementConstraints: [{ type: 'memberOf', expression: 'attribute:es-ecs-node == search-0' }],
    availabilityZoneRebalancing: 'DISABLED',
    propagateTags: 'SERVICE',
    tags: [{ key: 'es-ecs-cluster', value: 'search' }],
  };
}

async function define({ ecs }: Clients, family: string, memory = 256): Promise<string> {
  const { taskDefinition } = await ecs.send(
    new RegisterTaskDefinitionCommand({
      family,
      networkMode: 'host',
      requiresCompatibilities: ['EC2'],
      containerDefinitions: [
        { name: 'elasticsearch', image: 'elasticsearch:9.4.6', essential: true, memory },
      ],
    }),
  );
  return given(taskDefinition?.taskDefinitionArn);
}

async function look({ ecs }: Clients, { cluster, serviceName }: CreateServiceCommandInput) {
  const services = [serviceName ?? ''];
  return (await ecs.send(new DescribeServicesCommand({ cluster, services, include: ['TAGS'] })))
    .services?.[0];
}

function remove({ ecs }: Clients, { cluster, serviceName }: CreateServiceCommandInput) {
  return ecs.send(new DeleteServiceCommand({ cluster, service: serviceName, force: true }));
}

export const ecsServiceCases: readonly ContractCase[] = [
  {
    name: 'service: listed by its cluster',
    calls: ['ECS:ListServices'],
    // ListServices: "Returns a list of services", by ARN; ClusterNotFoundException.
    expected: { 'in its cluster': true, 'in no cluster': 'ClusterNotFoundException' },
    run: async (clients, scratch) => {
      const { ecs } = clients;
      const wanted = await stand(clients, scratch);
      const { service } = await ecs.send(new CreateServiceCommand(wanted));
      const { serviceArns = [] } = await ecs.send(new ListServicesCommand({ cluster: wanted.cluster }));
      return {
        'in its cluster': serviceArns.length === 1 && serviceArns[0] === service?.serviceArn,
        'in no cluster': await outcome(
          ecs.send(new ListServicesCommand({ cluster: scratch.name('nobody') })),
        ),
      };
    },
  },
  {
    name: 'service: create, look at it',
    calls: ['ECS:CreateService', 'ECS:DescribeServices'],
    expected: {
      'name, ARN, status': [true, true, 'ACTIVE'],
      'task definition': true,
      'wanted and running': [1, 0],
      percentages: [0, 100],
      'circuit breaker': { enable: true, rollback: false },
      placement: [{ type: 'memberOf', expression: 'attribute:es-ecs-node == search-0' }],
      'zone rebalancing': 'DISABLED',
      'propagated tags': 'SERVICE',
      tags: { 'es-ecs-cluster': 'search' },
      deployments: [['PRIMARY', 'IN_PROGRESS']],
    },
    run: async (clients, scratch) => {
      const request = await stand(clients, scratch);
      await clients.ecs.send(new CreateServiceCommand(request));
      const seen = await look(clients, request);
      const breaker = seen?.deploymentConfiguration?.deploymentCircuitBreaker;
      const path = `${request.cluster ?? ''}/${request.serviceName ?? ''}`;
      return {
        'name, ARN, status': [
          seen?.serviceName === request.serviceName,
          seen?.serviceArn === `arn:aws:ecs:eu-west-1:123456789012:service/${path}`,
          seen?.status,
        ],
        'task definition': seen?.taskDefinition === request.taskDefinition,
        'wanted and running': [seen?.desiredCount, seen?.runningCount],
        percentages: [
          seen?.deploymentConfiguration?.minimumHealthyPercent,
          seen?.deploymentConfiguration?.maximumPercent,
        ],
        'circuit breaker': { enable: breaker?.enable, rollback: breaker?.rollback },
        placement: seen?.placementConstraints,
        'zone rebalancing': seen?.availabilityZoneRebalancing,
        'propagated tags': seen?.propagateTags,
        tags: tagsOf(seen?.tags),
        deployments: seen?.deployments?.map((one) => [one.status, one.rolloutState]),
      };
    },
  },
  {
    name: 'service: what cannot be made',
    calls: ['ECS:CreateService', 'ECS:DescribeServices'],
    expected: {
      'another of its name': 'InvalidParameterException',
      'in an unknown cluster': 'ClusterNotFoundException',
      'of an unknown task definition': 'ClientException',
      'described in an unknown cluster': 'ClusterNotFoundException',
      'described, unknown': [[], ['MISSING']],
    },
    run: async (clients, scratch) => {
      const { ecs } = clients;
      const request = await stand(clients, scratch);
      const make = (change: Partial<CreateServiceCommandInput>) =>
        outcome(ecs.send(new CreateServiceCommand({ ...request, ...change })));
      await make({});
      const nobody = scratch.name('nobody');
      const describe = (cluster: string | undefined) =>
        ecs.send(new DescribeServicesCommand({ cluster, services: [nobody] }));
      const missing = await describe(request.cluster);
      return {
        'another of its name': await make({ desiredCount: 2 }),
        'in an unknown cluster': await make({ cluster: nobody }),
        'of an unknown task definition': await make({ serviceName: nobody, taskDefinition: nobody }),
        'described in an unknown cluster': await outcome(describe(nobody)),
        'described, unknown': [missing.services, missing.failures?.map((failure) => failure.reason)],
      };
    },
  },
  {
    name: 'service: a client token makes one',
    calls: ['ECS:CreateService'],
    // CreateService, clientToken: "An identifier that you provide to ensure the idempotency of the request."
    expected: { again: 'done', 'with other parameters': 'InvalidParameterException' },
    run: async (clients, scratch) => {
      const request = { ...(await stand(clients, scratch)), clientToken: scratch.name('token') };
      const make = (change: Partial<CreateServiceCommandInput> = {}) =>
        outcome(clients.ecs.send(new CreateServiceCommand({ ...request, ...change })));
      await make();
      return { again: await make(), 'with other parameters': await make({ desiredCount: 2 }) };
    },
  },
  {
    name: 'service: another task definition',
    calls: ['ECS:UpdateService'],
    expected: {
      updating: 'done',
      'then it runs': true,
      'its primary deployment is of': true,
      'other percentages': [50, 150],
      'in an unknown cluster': 'ClusterNotFoundException',
      'an unknown service': 'ServiceNotFoundException',
      'an unknown task definition': 'ClientException',
    },
    run: async (clients, scratch) => {
      const { ecs } = clients;
      const request = await stand(clients, scratch);
      await ecs.send(new CreateServiceCommand(request));
      const family = given(request.taskDefinition?.split('/')[1]?.split(':')[0]);
      const taskDefinition = await define(clients, family, 512);
      const own = { cluster: request.cluster, service: request.serviceName, taskDefinition };
      const update = (change: object = {}) =>
        outcome(ecs.send(new UpdateServiceCommand({ ...own, ...change })));
      const updating = await update();
      const seen = await look(clients, request);
      await update({ deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 150 } });
      const configured = (await look(clients, request))?.deploymentConfiguration;
      const nobody = scratch.name('nobody');
      return {
        updating,
        'then it runs': seen?.taskDefinition === taskDefinition,
        'its primary deployment is of':
          seen?.deployments?.find((one) => one.status === 'PRIMARY')?.taskDefinition === taskDefinition,
        'other percentages': [configured?.minimumHealthyPercent, configured?.maximumPercent],
        'in an unknown cluster': await update({ cluster: nobody }),
        'an unknown service': await update({ service: nobody }),
        'an unknown task definition': await update({ taskDefinition: nobody }),
      };
    },
  },
  {
    name: 'service: tags',
    calls: ['ECS:TagResource', 'ECS:UntagResource', 'ECS:DescribeServices'],
    expected: { 'with another': { 'es-ecs-cluster': 'search', team: 'new' }, 'without one': { team: 'new' } },
    run: async (clients, scratch) => {
      const { ecs } = clients;
      const request = await stand(clients, scratch);
      const made = await ecs.send(new CreateServiceCommand(request));
      const resourceArn = given(made.service?.serviceArn);
      const tags = async () => tagsOf((await look(clients, request))?.tags);
      await ecs.send(new TagResourceCommand({ resourceArn, tags: [{ key: 'team', value: 'new' }] }));
      const more = await tags();
      await ecs.send(new UntagResourceCommand({ resourceArn, tagKeys: ['es-ecs-cluster'] }));
      return { 'with another': more, 'without one': await tags() };
    },
  },
  {
    name: 'service: deleting',
    calls: ['ECS:DeleteService', 'ECS:DescribeServices', 'ECS:DeleteCluster'],
    // DeleteService: "the service status moves from ACTIVE to DRAINING … INACTIVE".
    expected: {
      'the cluster before': 'ClusterContainsServicesException',
      'without force, wanted 1': 'InvalidParameterException',
      'with force': 'done',
      'in the end': 'gone',
      'the cluster then': 'done',
      'in an unknown cluster': 'ClusterNotFoundException',
    },
    run: async (clients, scratch) => {
      const { ecs } = clients;
      const request = await stand(clients, scratch);
      await ecs.send(new CreateServiceCommand(request));
      const { cluster, serviceName } = request;
      const removeCluster = () => outcome(ecs.send(new DeleteClusterCommand({ cluster })));
      const before = await removeCluster();
      const gently = await outcome(ecs.send(new DeleteServiceCommand({ cluster, service: serviceName })));
      const forced = await outcome(remove(clients, request));
      const state = await scratch.until(
        async () => (await look(clients, request))?.status ?? 'INACTIVE',
        (status) => status === 'INACTIVE',
      );
      return {
        'the cluster before': before,
        'without force, wanted 1': gently,
        'with force': forced,
        'in the end': state === 'INACTIVE' ? 'gone' : state,
        'the cluster then': await removeCluster(),
        'in an unknown cluster': await outcome(
          remove(clients, { ...request, cluster: scratch.name('nobody') }),
        ),
      };
    },
  },
  {
    name: 'service: deleted ones',
    calls: ['ECS:DeleteService', 'ECS:UpdateService', 'ECS:CreateService'],
    expected: {
      'deleting an unknown one': 'ServiceNotFoundException',
      'updating a deleted one': 'ServiceNotActiveException',
      'making one of its name': 'done',
    },
    run: async (clients, scratch) => {
      const { ecs } = clients;
      const request = await stand(clients, scratch);
      await ecs.send(new CreateServiceCommand(request));
      await remove(clients, request);
      await scratch.until(
        async () => (await look(clients, request))?.status ?? 'INACTIVE',
        (status) => status === 'INACTIVE',
      );
      const { cluster, serviceName } = request;
      return {
        'deleting an unknown one': await outcome(
          remove(clients, { ...request, serviceName: scratch.name('nobody') }),
        ),
        'updating a deleted one': await outcome(
          ecs.send(new UpdateServiceCommand({ cluster, service: serviceName, desiredCount: 1 })),
        ),
        'making one of its name': await outcome(ecs.send(new CreateServiceCommand(request))),
      };
    },
  },
  {
    name: 'service: its task runs on the host that has the attribute',
    calls: ['ECS:ListTasks', 'ECS:DescribeTasks', 'ECS:DescribeServices'],
    expected: {
      tasks: 1,
      task: ['RUNNING', true, true],
      'on the host': true,
      'of stopped ones': [],
      'the deployment': [['PRIMARY', 'COMPLETED']],
      'running count': 1,
    },
    run: async (clients, scratch) => {
      const { ecs } = clients;
      const request = await stand(clients, scratch);
      const { cluster = '', serviceName = '' } = request;
      const instanceId = await makeInstance(clients);
      const attribute = { name: 'es-ecs-node', value: 'search-0' };
      await scratch.registerHost({ cluster, instanceId, attribute });
      await ecs.send(new CreateServiceCommand(request));
      const list = async (desiredStatus: 'RUNNING' | 'STOPPED') =>
        (await ecs.send(new ListTasksCommand({ cluster, serviceName, desiredStatus }))).taskArns ?? [];
      const tasks = await scratch.until(
        () => list('RUNNING'),
        (arns) => arns.length > 0,
      );
      const task = await scratch.until(
        async () =>
          tasks.length === 0
            ? undefined
            : (await ecs.send(new DescribeTasksCommand({ cluster, tasks }))).tasks?.[0],
        (one) => one?.lastStatus === 'RUNNING',
      );
      const seen = await scratch.until(
        () => look(clients, request),
        (one) => one?.deployments?.[0]?.rolloutState === 'COMPLETED',
      );
      return {
        tasks: tasks.length,
        task: [
          task?.lastStatus,
          task?.group === `service:${serviceName}`,
          task?.taskDefinitionArn === request.taskDefinition,
        ],
        'on the host': task?.containerInstanceArn?.includes(`container-instance/${cluster}/`) ?? false,
        'of stopped ones': await list('STOPPED'),
        'the deployment': seen?.deployments?.map((one) => [one.status, one.rolloutState]),
        'running count': seen?.runningCount,
      };
    },
  },
];
