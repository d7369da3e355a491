import {
  CreateClusterCommand,
  CreateServiceCommand,
  DeleteServiceCommand,
  DeleteTaskDefinitionsCommand,
  DeregisterContainerInstanceCommand,
  DeregisterTaskDefinitionCommand,
  DescribeClustersCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  ListAttributesCommand,
  ListContainerInstancesCommand,
  ListTagsForResourceCommand,
  ListTaskDefinitionsCommand,
  PutAttributesCommand,
  RegisterTaskDefinitionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateClusterSettingsCommand,
  UpdateContainerInstancesStateCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';

import { registerHost } from '../../../src/simulator/ecs/container-instances.ts';
import { matchesExpression, parseExpression } from '../../../src/simulator/ecs/expression.ts';
import {
  describeService,
  host,
  pass,
  service,
  stage,
  taskDefinition,
  tasksOf,
  threeNodes,
} from './support.ts';

const cluster = 'es-ecs-search';

describe('ECS clusters', () => {
  it('are made once by name, with tags and settings on request only', async () => {
    const { ecs } = stage().clients;
    const create = new CreateClusterCommand({
      clusterName: cluster,
      tags: [{ key: 'a', value: 'b' }],
      settings: [{ name: 'containerInsights', value: 'enabled' }],
    });
    const first = await ecs.send(create);
    const again = await ecs.send(new CreateClusterCommand({ clusterName: cluster }));
    expect(again.cluster?.clusterArn).toBe(first.cluster?.clusterArn);
    const plain = await ecs.send(new DescribeClustersCommand({ clusters: [cluster, 'none'] }));
    expect(plain.clusters?.[0]).toMatchObject({ tags: [], settings: [] });
    expect(plain.failures).toMatchObject([{ reason: 'MISSING' }]);
    await ecs.send(
      new UpdateClusterSettingsCommand({
        cluster,
        settings: [{ name: 'containerInsights', value: 'disabled' }],
      }),
    );
    const whole = await ecs.send(
      new DescribeClustersCommand({ clusters: [cluster], include: ['TAGS', 'SETTINGS'] }),
    );
    expect(whole.clusters?.[0]).toMatchObject({
      tags: [{ key: 'a', value: 'b' }],
      settings: [{ name: 'containerInsights', value: 'disabled' }],
    });
  });

  it('carry tags that come and go', async () => {
    const { ecs } = stage().clients;
    const { cluster: made } = await ecs.send(new CreateClusterCommand({ clusterName: cluster }));
    const resourceArn = made?.clusterArn ?? '';
    await ecs.send(
      new TagResourceCommand({
        resourceArn,
        tags: [
          { key: 'a', value: '1' },
          { key: 'b', value: '2' },
        ],
      }),
    );
    await ecs.send(new UntagResourceCommand({ resourceArn, tagKeys: ['a'] }));
    const { tags } = await ecs.send(new ListTagsForResourceCommand({ resourceArn }));
    expect(tags).toEqual([{ key: 'b', value: '2' }]);
    await expect(
      ecs.send(new ListTagsForResourceCommand({ resourceArn: `${resourceArn}x` })),
    ).rejects.toMatchObject({ name: 'ClusterNotFoundException' });
  });
});

describe('container instances', () => {
  it('do not register with a cluster that is not there, and take attributes at the first registration only', async () => {
    const on = stage();
    const registration = { cluster, instanceId: 'i-1', memoryMiB: 8192, cpuUnits: 2048 };
    expect(registerHost(on.account.world, { ...registration, attributes: {} })).toBeUndefined();
    await on.clients.ecs.send(new CreateClusterCommand({ clusterName: cluster }));
    const first = registerHost(on.account.world, { ...registration, attributes: { node: 'a' } });
    const again = registerHost(on.account.world, { ...registration, attributes: { node: 'b' } });
    expect(again?.arn).toBe(first?.arn);
    expect(again?.attributes['node']).toBe('a');
  });

  it('take custom attributes, but none of the agent’s', async () => {
    const on = stage();
    await on.clients.ecs.send(new CreateClusterCommand({ clusterName: cluster }));
    host(on, 'search-0');
    const { ecs } = on.clients;
    const listed = await ecs.send(new ListContainerInstancesCommand({ cluster }));
    const targetId = listed.containerInstanceArns?.[0] ?? '';
    await ecs.send(
      new PutAttributesCommand({ cluster, attributes: [{ name: 'rack', value: '7', targetId }] }),
    );
    const found = await ecs.send(
      new ListAttributesCommand({ cluster, targetType: 'container-instance', attributeName: 'rack' }),
    );
    expect(found.attributes).toEqual([{ name: 'rack', value: '7', targetId }]);
    await expect(
      ecs.send(new PutAttributesCommand({ cluster, attributes: [{ name: 'ecs.os-type', targetId }] })),
    ).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await expect(
      ecs.send(new PutAttributesCommand({ cluster, attributes: [{ name: 'a', targetId: 'none' }] })),
    ).rejects.toMatchObject({ name: 'TargetNotFoundException' });
  });

  it('drain: service tasks stop and find no place; then the instance can be deregistered', async () => {
    const on = stage();
    await threeNodes(on);
    await pass(on, 90);
    const { ecs } = on.clients;
    const listed = await ecs.send(
      new ListContainerInstancesCommand({ cluster, filter: 'attribute:es-ecs-node == search-0' }),
    );
    const [containerInstance = ''] = listed.containerInstanceArns ?? [];
    const deregister = new DeregisterContainerInstanceCommand({ cluster, containerInstance });
    await expect(ecs.send(deregister)).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await ecs.send(
      new UpdateContainerInstancesStateCommand({
        cluster,
        containerInstances: [containerInstance],
        status: 'DRAINING',
      }),
    );
    await pass(on, 40);
    expect(await tasksOf(on, 'search-0')).toEqual([]);
    expect(await tasksOf(on, 'search-1')).toHaveLength(1);
    expect((await ecs.send(deregister)).containerInstance?.status).toBe('INACTIVE');
  });
});

describe('task definitions', () => {
  it('count revisions, fill in defaults, and are found by family until deregistered', async () => {
    const { ecs } = stage().clients;
    await ecs.send(new RegisterTaskDefinitionCommand(taskDefinition({ tags: [{ key: 'a', value: 'b' }] })));
    const second = await ecs.send(new RegisterTaskDefinitionCommand(taskDefinition()));
    expect(second.taskDefinition?.revision).toBe(2);
    const described = await ecs.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: 'es-ecs-search:1', include: ['TAGS'] }),
    );
    expect(described.tags).toEqual([{ key: 'a', value: 'b' }]);
    expect(described.taskDefinition?.containerDefinitions?.[0]).toMatchObject({
      essential: true,
      cpu: 0,
      mountPoints: [],
      portMappings: [{ containerPort: 9200, hostPort: 9200, protocol: 'tcp' }, { containerPort: 9300 }],
      healthCheck: { interval: 30, timeout: 5, retries: 3 },
    });
    await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: 'es-ecs-search:2' }));
    const listed = await ecs.send(new ListTaskDefinitionsCommand({ familyPrefix: 'es-ecs-search' }));
    expect(listed.taskDefinitionArns).toEqual([expect.stringMatching(/:1$/)]);
    const latest = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'es-ecs-search' }));
    expect(latest.taskDefinition?.revision).toBe(1);
    const prefix = await ecs.send(new ListTaskDefinitionsCommand({ familyPrefix: 'es-ecs' }));
    expect(prefix.taskDefinitionArns).toEqual([]);
  });

  it('are deleted only when INACTIVE, and a number is never given twice', async () => {
    const on = stage();
    const { ecs } = on.clients;
    await ecs.send(new RegisterTaskDefinitionCommand(taskDefinition()));
    const remove = new DeleteTaskDefinitionsCommand({ taskDefinitions: ['es-ecs-search:1'] });
    expect((await ecs.send(remove)).failures).toHaveLength(1);
    await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: 'es-ecs-search:1' }));
    expect((await ecs.send(remove)).taskDefinitions).toMatchObject([{ status: 'DELETE_IN_PROGRESS' }]);
    await pass(on, 120);
    await expect(
      ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'es-ecs-search:1' })),
    ).rejects.toMatchObject({ name: 'ClientException' });
    const next = await ecs.send(new RegisterTaskDefinitionCommand(taskDefinition()));
    expect(next.taskDefinition?.revision).toBe(2);
  });

  it.each([
    ['no container', taskDefinition({ containerDefinitions: [] }), 'Container list cannot be empty'],
    [
      'no memory',
      taskDefinition({}, { memory: undefined }),
      "At least one of 'memory' or 'memoryReservation'",
    ],
    [
      'ports that differ on the host network',
      taskDefinition({}, { portMappings: [{ containerPort: 9200, hostPort: 9201 }] }),
      'must match',
    ],
    ['an unknown volume', taskDefinition({}, { mountPoints: [{ sourceVolume: 'v' }] }), 'Unknown volume'],
    [
      'secrets without a role',
      taskDefinition({}, { secrets: [{ name: 'A', valueFrom: 'b' }] }),
      'executionRoleArn',
    ],
    [
      'a start period beyond 300 seconds',
      taskDefinition({}, { healthCheck: { command: ['CMD', 'a'], startPeriod: 301 } }),
      'startPeriod',
    ],
  ])('are refused with %s', async (_name, definition, words) => {
    const { ecs } = stage().clients;
    const refused = ecs.send(new RegisterTaskDefinitionCommand(definition));
    await expect(refused).rejects.toMatchObject({ name: 'ClientException' });
    await expect(refused).rejects.toThrow(words);
  });
});

describe('services', () => {
  const create = (changes: object = {}): CreateServiceCommand =>
    new CreateServiceCommand({
      cluster,
      serviceName: 'a',
      taskDefinition: 'es-ecs-search',
      desiredCount: 1,
      clientToken: 'token',
      ...changes,
    });

  async function ready(): Promise<ReturnType<typeof stage>> {
    const on = stage();
    await on.clients.ecs.send(new CreateClusterCommand({ clusterName: cluster }));
    await on.clients.ecs.send(new RegisterTaskDefinitionCommand(taskDefinition()));
    return on;
  }

  it('are made once by client token; the same name otherwise is refused', async () => {
    const { ecs } = (await ready()).clients;
    const first = await ecs.send(create());
    expect((await ecs.send(create())).service?.serviceArn).toBe(first.service?.serviceArn);
    await expect(ecs.send(create({ desiredCount: 2 }))).rejects.toThrow(
      'Creation of service was not idempotent',
    );
    await expect(ecs.send(create({ clientToken: 'other' }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
  });

  it('have zone rebalancing on unless told otherwise, as ECS has it', async () => {
    const { ecs } = (await ready()).clients;
    expect((await ecs.send(create())).service?.availabilityZoneRebalancing).toBe('ENABLED');
  });

  it.each([
    ['an unknown cluster', { cluster: 'none' }, 'ClusterNotFoundException'],
    ['an unknown task definition', { taskDefinition: 'none' }, 'ClientException'],
    [
      'percentages that block every deployment',
      { deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 100 } },
      'InvalidParameterException',
    ],
    [
      'an expression that cannot be read',
      { placementConstraints: [{ type: 'memberOf', expression: 'es-ecs-node == a' }] },
      'InvalidParameterException',
    ],
  ])('are refused with %s', async (_name, changes, name) => {
    const { ecs } = (await ready()).clients;
    await expect(ecs.send(create(changes))).rejects.toMatchObject({ name });
  });

  it('fail by name when they are not there or no longer active', async () => {
    const on = await ready();
    const { ecs } = on.clients;
    const answer = await ecs.send(new DescribeServicesCommand({ cluster, services: ['none'] }));
    expect(answer.failures).toMatchObject([{ reason: 'MISSING' }]);
    await expect(ecs.send(new UpdateServiceCommand({ cluster, service: 'none' }))).rejects.toMatchObject({
      name: 'ServiceNotFoundException',
    });
    await expect(
      ecs.send(new DescribeServicesCommand({ cluster, services: Array.from({ length: 11 }, () => 'a') })),
    ).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await ecs.send(create({ desiredCount: 0 }));
    await ecs.send(new DeleteServiceCommand({ cluster, service: 'a' }));
    await expect(ecs.send(create({ desiredCount: 0 }))).rejects.toThrow('still Draining');
    await expect(ecs.send(new UpdateServiceCommand({ cluster, service: 'a' }))).rejects.toMatchObject({
      name: 'ServiceNotActiveException',
    });
    await pass(on, 15);
    expect((await ecs.send(create({ desiredCount: 0 }))).service?.status).toBe('ACTIVE');
  });

  it('begin a deployment for a new task definition or by force, and for nothing else', async () => {
    const on = await ready();
    await service(on, 'a');
    const update = async (changes: object): Promise<string | undefined> => {
      const answer = await on.clients.ecs.send(
        new UpdateServiceCommand({ cluster, service: 'a', ...changes }),
      );
      return answer.service?.deployments?.[0]?.id;
    };
    const first = (await describeService(on, 'a')).deployments?.[0]?.id;
    expect(await update({ placementConstraints: [], enableECSManagedTags: true })).toBe(first);
    expect(await update({ taskDefinition: 'es-ecs-search:1' })).toBe(first);
    const forced = await update({ forceNewDeployment: true });
    expect(forced).not.toBe(first);
    await on.clients.ecs.send(new RegisterTaskDefinitionCommand(taskDefinition()));
    expect(await update({ taskDefinition: 'es-ecs-search:2' })).not.toBe(forced);
  });
});

describe('the cluster query language', () => {
  const facts = { attributes: { 'es-ecs-node': 'search-1', rack: '' }, fields: {}, groups: ['service:a'] };
  it.each([
    ['attribute:es-ecs-node == search-1', true],
    ['attribute:es-ecs-node != search-1', false],
    ['attribute:es-ecs-node in [search-0, search-1]', true],
    ['attribute:es-ecs-node =~ search-.*', true],
    ['attribute:rack exists and !(attribute:none exists)', true],
    ['attribute:none !exists || attribute:rack == 1', true],
    ['task:group == service:b', false],
  ])('%s is %s', (text, expected) => {
    expect(matchesExpression(parseExpression(text), facts)).toBe(expected);
  });
});
