import { CreateServiceCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';

import { topology } from '../../../src/elasticsearch/topology.ts';
import { type NodeService, service, type ServiceDesired } from '../../../src/steps/service/service.ts';
import { type Stub, createBench, facts, standIn } from '../support/bench.ts';

function setUp(): {
  readonly stub: Stub;
  readonly resource: ReturnType<typeof service>;
  readonly desired: ServiceDesired;
} {
  const bench = createBench();
  const [, node] = topology(bench.context.config, facts.zones);
  if (node === undefined) throw new Error('there is a second node');
  const need = standIn('needed') as never;
  const resource = service(bench.context, node, { cluster: need, definition: need, host: need });
  const desired = resource.desired({
    cluster: { clusterName: 'es-ecs-search' },
    definition: { taskDefinitionArn: 'arn:task-definition/es-ecs-search:1' },
  } as never) as ServiceDesired;
  return { stub: bench.stub('ecs'), resource, desired };
}

function observed(over: Partial<NodeService> = {}): NodeService {
  const { desired } = setUp();
  return {
    key: 'es-ecs-search/search-1',
    serviceName: 'search-1',
    serviceArn: 'arn:service',
    clusterName: 'es-ecs-search',
    status: 'ACTIVE',
    taskDefinitionArn: desired.taskDefinitionArn,
    desiredCount: 1,
    runningCount: 1,
    leastHealthyPercent: 0,
    mostPercent: 100,
    circuitBreaker: { isEnabled: true, rollsBack: false },
    placement: [`memberOf ${desired.placement}`],
    zoneRebalancing: 'DISABLED',
    propagateTags: 'SERVICE',
    deployments: [{ status: 'PRIMARY', rollout: 'COMPLETED', reason: undefined }],
    events: [],
    tags: desired.tags,
    isRecovering: false,
    ...over,
  };
}

describe("a node's service", () => {
  it('is made to run one task, on its own host, never two at once and never elsewhere', async () => {
    const { stub, resource, desired } = setUp();
    stub.answer(CreateServiceCommand, { service: { serviceName: 'search-1' } });
    await resource.create?.(desired, 'token');
    expect(stub.sent(CreateServiceCommand)[0]).toEqual({
      cluster: 'es-ecs-search',
      serviceName: 'search-1',
      taskDefinition: 'arn:task-definition/es-ecs-search:1',
      desiredCount: 1,
      launchType: 'EC2',
      schedulingStrategy: 'REPLICA',
      deploymentConfiguration: {
        minimumHealthyPercent: 0,
        maximumPercent: 100,
        deploymentCircuitBreaker: { enable: true, rollback: false },
      },
      placementConstraints: [{ type: 'memberOf', expression: 'attribute:es-ecs-node == search-1' }],
      availabilityZoneRebalancing: 'DISABLED',
      propagateTags: 'SERVICE',
      tags: [
        { key: 'es-ecs-cluster', value: 'search' },
        { key: 'es-ecs-resource', value: 'service/service/search-1' },
        { key: 'Name', value: 'search-service-search-1' },
        { key: 'es-ecs-node', value: 'search-1' },
      ],
      clientToken: 'token',
    });
  });

  it('is in sync with what it was made as', () => {
    const { resource, desired } = setUp();
    expect(resource.diff(desired, observed())).toEqual([]);
  });

  it.each([
    ['desiredCount', { desiredCount: 0 }],
    ['minimumHealthyPercent', { leastHealthyPercent: 100 }],
    ['maximumPercent', { mostPercent: 200 }],
    ['circuitBreaker', { circuitBreaker: { isEnabled: true, rollsBack: true } }],
    ['placementConstraints', { placement: [] }],
    ['availabilityZoneRebalancing', { zoneRebalancing: 'ENABLED' }],
    ['propagateTags', { propagateTags: 'NONE' }],
  ])('has %s put right without a restart', async (path, over) => {
    const { stub, resource, desired } = setUp();
    stub.answer(UpdateServiceCommand, {});
    const changes = resource.diff(desired, observed(over));
    expect(changes).toMatchObject([{ path, impact: 'in-place' }]);
    await changes[0]?.apply?.();
    const [call] = stub.sent(UpdateServiceCommand);
    expect(call).not.toHaveProperty('taskDefinition');
    expect(call).toMatchObject({ desiredCount: 1, availabilityZoneRebalancing: 'DISABLED' });
  });

  it('restarts for a new task definition, and when ECS gave its deployment up', () => {
    const { resource, desired } = setUp();
    const older = observed({ taskDefinitionArn: 'arn:task-definition/es-ecs-search:0' });
    expect(resource.diff(desired, older)).toMatchObject([
      { path: 'taskDefinition', before: 'es-ecs-search:0', after: 'es-ecs-search:1', impact: 'rolling' },
    ]);
    const failed = observed({
      deployments: [{ status: 'PRIMARY', rollout: 'FAILED', reason: 'tasks failed' }],
    });
    expect(resource.diff(desired, failed)).toMatchObject([
      { path: 'deployment', impact: 'rolling', because: 'tasks failed' },
    ]);
  });

  it.each([
    ['ready', {}],
    ['pending', { isRecovering: true }],
    ['failed', { status: 'DRAINING' }],
    ['gone', { status: 'INACTIVE' }],
  ])('is %s', (phase, over) => {
    expect(setUp().resource.phase(observed(over))).toBe(phase);
  });
});
