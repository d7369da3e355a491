import {
  CreateClusterCommand,
  DeleteTaskDefinitionsCommand,
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ListTaskDefinitionFamiliesCommand,
  ListTaskDefinitionsCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-ecs';
import type { RegisterTaskDefinitionCommandInput } from '@aws-sdk/client-ecs';

import type { Clients } from '../../../src/aws/clients.ts';
import { given, outcome, tagsOf } from '../case.ts';
import type { ContractCase } from '../case.ts';

/** As a node runs. */
const contents: Omit<RegisterTaskDefinitionCommandInput, 'family'> = {
  networkMode: 'host',
  requiresCompatibilities: ['EC2'],
  executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
  taskRoleArn: 'arn:aws:iam::123456789012:role/task',
  volumes: [{ name: 'data', host: { sourcePath: '/var/lib/elasticsearch' } }],
  containerDefinitions: [
    {
      name: 'elasticsearch',
      image: 'elasticsearch:9.4.6',
      essential: true,
      memory: 1024,
      user: '1000:0',
      portMappings: [{ containerPort: 9200, hostPort: 9200, protocol: 'tcp' }],
      environment: [{ name: 'AWS_REGION', value: 'eu-west-1' }],
      secrets: [
        {
          name: 'PASSWORD',
          valueFrom: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:p-abcdef:key::',
        },
      ],
      mountPoints: [{ sourceVolume: 'data', containerPath: '/data', readOnly: false }],
      ulimits: [{ name: 'nofile', softLimit: 65535, hardLimit: 65535 }],
      stopTimeout: 120,
      healthCheck: { command: ['CMD', 'health'], interval: 10, timeout: 5, retries: 3, startPeriod: 60 },
      logConfiguration: {
        logDriver: 'awslogs',
        options: { 'awslogs-group': '/es-ecs/search', 'awslogs-region': 'eu-west-1' },
      },
    },
  ],
};

function register({ ecs }: Clients, family: string, change: object = {}) {
  const tags = [{ key: 'es-ecs-cluster', value: 'search' }];
  return ecs.send(new RegisterTaskDefinitionCommand({ family, ...contents, ...change, tags }));
}

function look({ ecs }: Clients, taskDefinition: string) {
  return ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition, include: ['TAGS'] }));
}

async function list({ ecs }: Clients, familyPrefix: string, status: 'ACTIVE' | 'INACTIVE') {
  const answer = await ecs.send(new ListTaskDefinitionsCommand({ familyPrefix, status }));
  return answer.taskDefinitionArns?.map((one) => one.split(':').at(-1));
}

export const ecsTaskCases: readonly ContractCase[] = [
  {
    name: 'task definition: what it says is what it was given',
    calls: ['ECS:RegisterTaskDefinition', 'ECS:DescribeTaskDefinition'],
    expected: {
      'revision and status': [1, 'ACTIVE'],
      ARN: true,
      tags: { 'es-ecs-cluster': 'search' },
      network: 'host',
      compatibilities: ['EC2'],
      roles: [contents.executionRoleArn, contents.taskRoleArn],
      volumes: contents.volumes,
      container: contents.containerDefinitions?.[0],
    },
    run: async (clients, scratch) => {
      const family = scratch.name('family');
      await register(clients, family);
      const { taskDefinition: seen, tags } = await look(clients, family);
      const container = seen?.containerDefinitions?.[0];
      // AWS adds fields of its own: only those that were given are held against what was given.
      const fields = Object.keys(contents.containerDefinitions?.[0] ?? {});
      return {
        'revision and status': [seen?.revision, seen?.status],
        ARN: seen?.taskDefinitionArn === `arn:aws:ecs:eu-west-1:123456789012:task-definition/${family}:1`,
        tags: tagsOf(tags),
        network: seen?.networkMode,
        compatibilities: seen?.requiresCompatibilities,
        roles: [seen?.executionRoleArn, seen?.taskRoleArn],
        volumes: seen?.volumes,
        container: Object.fromEntries(
          Object.entries(container ?? {}).filter(([field]) => fields.includes(field)),
        ),
      };
    },
  },
  {
    name: 'task definition: revisions come and go',
    calls: [
      'ECS:RegisterTaskDefinition',
      'ECS:DescribeTaskDefinition',
      'ECS:ListTaskDefinitions',
      'ECS:DeregisterTaskDefinition',
    ],
    // DescribeTaskDefinition: "You can specify a family and revision …, or you can simply specify a family to
    // find the latest ACTIVE revision in that family."
    expected: {
      'the family means': 2,
      active: ['1', '2'],
      inactive: [],
      deregistering: 'INACTIVE',
      'the family then means': 1,
      'active then': ['1'],
      'inactive then': ['2'],
      'the next revision is': 3,
    },
    run: async (clients, scratch) => {
      const { ecs } = clients;
      const family = scratch.name('family');
      await register(clients, family);
      await register(clients, family);
      const revision = async () => (await look(clients, family)).taskDefinition?.revision;
      const deregister = async () => {
        const taskDefinition = `${family}:2`;
        return (await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition }))).taskDefinition
          ?.status;
      };
      const first = {
        'the family means': await revision(),
        active: await list(clients, family, 'ACTIVE'),
        inactive: await list(clients, family, 'INACTIVE'),
      };
      return {
        ...first,
        deregistering: await deregister(),
        'the family then means': await revision(),
        'active then': await list(clients, family, 'ACTIVE'),
        'inactive then': await list(clients, family, 'INACTIVE'),
        'the next revision is': (await register(clients, family)).taskDefinition?.revision,
      };
    },
  },
  {
    name: 'task definition: unknown ones',
    calls: ['ECS:DescribeTaskDefinition', 'ECS:DeregisterTaskDefinition', 'ECS:ListTaskDefinitions'],
    expected: {
      'an unknown family': 'ClientException',
      'an unknown revision': 'ClientException',
      'deregistering an unknown one': 'ClientException',
      'listing an unknown family': [],
    },
    run: async (clients, scratch) => {
      const nobody = scratch.name('nobody');
      const family = scratch.name('family');
      await register(clients, family);
      return {
        'an unknown family': await outcome(look(clients, nobody)),
        'an unknown revision': await outcome(look(clients, `${family}:7`)),
        'deregistering an unknown one': await outcome(
          clients.ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: `${nobody}:1` })),
        ),
        'listing an unknown family': await list(clients, nobody, 'ACTIVE'),
      };
    },
  },
  {
    name: 'task definition: families, listed by the beginning of their name',
    calls: ['ECS:ListTaskDefinitionFamilies'],
    // ListTaskDefinitionFamilies, familyPrefix: "all task definition families that begin with"; status ACTIVE: with a revision.
    expected: { listed: ['search', 'search-masters'], 'of nobody': [] },
    run: async (clients, scratch) => {
      const { ecs } = clients;
      const prefix = scratch.name('family');
      await register(clients, `${prefix}-search`);
      await register(clients, `${prefix}-search-masters`);
      const list = async (familyPrefix: string) => {
        const { families = [] } = await ecs.send(
          new ListTaskDefinitionFamiliesCommand({ familyPrefix, status: 'ACTIVE' }),
        );
        return families.map((family) => family.slice(prefix.length + 1)).sort();
      };
      return { listed: await list(`${prefix}-search`), 'of nobody': await list(`${prefix}-other`) };
    },
  },
  {
    name: 'task definition: deleting',
    calls: ['ECS:DeleteTaskDefinitions'],
    // DeleteTaskDefinitions: "You must deregister a task definition revision before you delete it"; it goes
    // over to DELETE_IN_PROGRESS.
    expected: {
      'an active one': [[], 1],
      'an inactive one': [['DELETE_IN_PROGRESS'], 0],
      'then inactive are': [],
    },
    run: async (clients, scratch) => {
      const { ecs } = clients;
      const family = scratch.name('family');
      await register(clients, family);
      const remove = async () => {
        const answer = await ecs.send(new DeleteTaskDefinitionsCommand({ taskDefinitions: [`${family}:1`] }));
        return [answer.taskDefinitions?.map((one) => one.status), answer.failures?.length];
      };
      const active = await remove();
      await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: `${family}:1` }));
      return {
        'an active one': active,
        'an inactive one': await remove(),
        'then inactive are': await list(clients, family, 'INACTIVE'),
      };
    },
  },
  {
    name: 'task definition: tags',
    calls: ['ECS:TagResource', 'ECS:UntagResource', 'ECS:DescribeTaskDefinition'],
    expected: { 'with another': { 'es-ecs-cluster': 'search', team: 'new' }, 'without one': { team: 'new' } },
    run: async (clients, scratch) => {
      const { ecs } = clients;
      const made = await register(clients, scratch.name('family'));
      const resourceArn = given(made.taskDefinition?.taskDefinitionArn);
      const tags = async () => tagsOf((await look(clients, resourceArn)).tags);
      await ecs.send(new TagResourceCommand({ resourceArn, tags: [{ key: 'team', value: 'new' }] }));
      const more = await tags();
      await ecs.send(new UntagResourceCommand({ resourceArn, tagKeys: ['es-ecs-cluster'] }));
      return { 'with another': more, 'without one': await tags() };
    },
  },
  {
    name: 'task definition: what cannot be registered',
    calls: ['ECS:RegisterTaskDefinition'],
    // RegisterTaskDefinition: "If using containers in a task with the … host network mode …, the hostPort …
    // must either be left blank or set to the same value as the containerPort"; a container needs memory
    // somewhere.
    expected: { 'without memory': 'ClientException', 'without containers': 'ClientException' },
    run: async (clients, scratch) => {
      const family = scratch.name('family');
      return {
        'without memory': await outcome(
          register(clients, family, {
            containerDefinitions: [{ name: 'one', image: 'one', essential: true }],
          }),
        ),
        'without containers': await outcome(register(clients, family, { containerDefinitions: [] })),
      };
    },
  },
  {
    name: 'task: unknown ones',
    calls: ['ECS:ListTasks', 'ECS:DescribeTasks'],
    expected: {
      'in an empty cluster': [],
      'listed in an unknown cluster': 'ClusterNotFoundException',
      'described in an unknown cluster': 'ClusterNotFoundException',
      'described, unknown': [[], ['MISSING']],
      'of an unknown service': 'ServiceNotFoundException',
    },
    run: async ({ ecs }, scratch) => {
      const cluster = scratch.name('cluster');
      await ecs.send(new CreateClusterCommand({ clusterName: cluster }));
      const nobody = scratch.name('nobody');
      const task = (name: string) =>
        `arn:aws:ecs:eu-west-1:123456789012:task/${name}/0123456789abcdef0123456789abcdef`;
      const describe = (name: string) =>
        ecs.send(new DescribeTasksCommand({ cluster: name, tasks: [task(name)] }));
      const missing = await describe(cluster);
      return {
        'in an empty cluster': (await ecs.send(new ListTasksCommand({ cluster }))).taskArns,
        'listed in an unknown cluster': await outcome(ecs.send(new ListTasksCommand({ cluster: nobody }))),
        'described in an unknown cluster': await outcome(describe(nobody)),
        'described, unknown': [missing.tasks, missing.failures?.map((failure) => failure.reason)],
        'of an unknown service': await outcome(
          ecs.send(new ListTasksCommand({ cluster, serviceName: nobody, desiredStatus: 'STOPPED' })),
        ),
      };
    },
  },
];
