import { describe, expect, it } from 'vitest';

import { definitionContents } from '../../../src/steps/task/definition-contents.ts';
import { createBench } from '../support/bench.ts';

const inputs = {
  image: 'registry/search@sha256:4f',
  logGroup: '/es-ecs/search',
  certificatesIssue: undefined,
  certificatesUntil: '2029-01-01',
  certificates: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:es-ecs/search/certificates-AbCdEf',
  password: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:es-ecs/search/password-AbCdEf',
  executionRole: 'arn:execution',
  taskRole: 'arn:task',
};

function contents(more = ''): ReturnType<typeof definitionContents> {
  const { context } = createBench(more);
  const [group] = context.config.nodeGroups;
  if (group === undefined) throw new Error('there is a node group');
  return definitionContents(context, group, inputs);
}

describe('the task definition', () => {
  it('gives one container its host: network, disk, memory and limits', () => {
    const definition = contents();
    expect(definition).toMatchObject({
      family: 'es-ecs-search',
      networkMode: 'host',
      requiresCompatibilities: ['EC2'],
      executionRoleArn: 'arn:execution',
      taskRoleArn: 'arn:task',
      volumes: [
        { name: 'data', host: { sourcePath: '/var/lib/es-ecs/data' } },
        { name: 'node', host: { sourcePath: '/etc/es-ecs' } },
      ],
    });
    expect(definition.containerDefinitions).toHaveLength(1);
    expect(definition.containerDefinitions?.[0]).toMatchObject({
      name: 'elasticsearch',
      image: 'registry/search@sha256:4f',
      essential: true,
      memory: 7168,
      user: '1000:0',
      stopTimeout: 120,
      ulimits: [
        { name: 'nofile', softLimit: 65_535, hardLimit: 65_535 },
        { name: 'memlock', softLimit: -1, hardLimit: -1 },
      ],
      mountPoints: [
        { sourceVolume: 'data', containerPath: '/usr/share/elasticsearch/data', readOnly: false },
        { sourceVolume: 'node', containerPath: '/etc/es-ecs', readOnly: true },
      ],
      logConfiguration: {
        logDriver: 'awslogs',
        options: { mode: 'non-blocking', 'awslogs-group': '/es-ecs/search' },
      },
    });
  });

  it('takes secrets by their keys and shows none', () => {
    const [container] = contents().containerDefinitions ?? [];
    expect(container?.secrets).toEqual([
      { name: 'ES_ECS_CA_CERTIFICATE', valueFrom: `${inputs.certificates}:caCertificate::` },
      { name: 'ES_ECS_NODE_CERTIFICATE', valueFrom: `${inputs.certificates}:nodeCertificate::` },
      { name: 'ES_ECS_NODE_KEY', valueFrom: `${inputs.certificates}:nodeKey::` },
      { name: 'ES_ECS_ELASTIC_PASSWORD', valueFrom: `${inputs.password}:password::` },
    ]);
    const environment = container?.environment ?? [];
    expect(environment.filter(({ name }) => /PASSWORD|KEY|CERT/.test(name ?? ''))).toEqual([]);
  });

  it('is checked by what is local to the node', () => {
    const [container] = contents().containerDefinitions ?? [];
    expect(container?.healthCheck?.command).toEqual(['CMD', '/usr/local/bin/es-ecs-health']);
    // ECS's limits: 5 to 300, 2 to 60, 1 to 10, 0 to 300 (API reference, HealthCheck).
    expect(container?.healthCheck?.interval).toBeGreaterThanOrEqual(5);
    expect(container?.healthCheck?.retries).toBeLessThanOrEqual(10);
    expect(container?.healthCheck?.startPeriod).toBeLessThanOrEqual(300);
  });

  it('follows the heap that the config asks for', () => {
    const { context } = createBench();
    const [group] = context.config.nodeGroups;
    if (group === undefined) throw new Error('there is a node group');
    const config = { ...context.config, elasticsearch: { ...context.config.elasticsearch, heapMiB: 2048 } };
    const [container] = definitionContents({ ...context, config }, group, inputs).containerDefinitions ?? [];
    expect(container?.environment).toContainEqual({ name: 'ES_ECS_HEAP_MIB', value: '2048' });
  });
});
