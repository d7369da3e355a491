import { DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { CreateServiceCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';

import { topology } from '../../../src/elasticsearch/topology.ts';
import type { NodeService, ServiceDesired } from '../../../src/steps/service/node-service.ts';
import { service } from '../../../src/steps/service/service.ts';
import { type Stub, createBench, facts, standIn } from '../support/bench.ts';

function setUp(): {
  readonly bench: ReturnType<typeof createBench>;
  readonly stub: Stub;
  readonly resource: ReturnType<typeof service>;
  readonly desired: ServiceDesired;
} {
  const bench = createBench();
  const [, node] = topology(bench.context.config, facts);
  if (node === undefined) throw new Error('there is a second node');
  const need = standIn('needed') as never;
  const resource = service(bench.context, node, {
    cluster: need,
    definition: need,
    launchTemplate: need,
    host: need,
  });
  const desired = resource.desired({
    cluster: { clusterName: 'es-ecs-search' },
    definition: { taskDefinitionArn: 'arn:task-definition/es-ecs-search:1' },
    launchTemplate: { launchTemplateId: 'lt-0a', defaultVersion: 1, versions: [] },
  } as never) as ServiceDesired;
  return { bench, stub: bench.stub('ecs'), resource, desired };
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
    hosts: [{ instanceId: 'i-0a', launchTemplateId: 'lt-0a', launchTemplateVersion: 1 }],
    task: undefined,
    isRecovering: false,
    ...over,
  };
}

describe("a node's service", () => {
  it('is made to run one task, on its own host, never two at once and never elsewhere', async () => {
    const { bench, stub, resource, desired } = setUp();
    bench.stub('autoScaling').answer(DescribeAutoScalingGroupsCommand, { AutoScalingGroups: [] });
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
        { key: 'es-ecs-version', value: '9.4.6' },
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

  it('restarts for another version, and refuses one that Elasticsearch cannot go to', () => {
    const { resource, desired } = setUp();
    const ran = (version: string): NodeService =>
      observed({ tags: { ...desired.tags, 'es-ecs-version': version } });
    expect(resource.diff(desired, ran('8.19.2'))).toMatchObject([
      { path: 'version', before: '8.19.2', after: '9.4.6', impact: 'rolling' },
    ]);
    expect(resource.diff(desired, ran('8.16.1'))).toMatchObject([
      {
        path: 'version',
        impact: 'refuse',
        because: expect.stringContaining('first go to the newest 8.19') as string,
      },
    ]);
    expect(resource.diff(desired, ran('9.5.3'))).toMatchObject([
      { path: 'version', impact: 'refuse', because: expect.stringContaining('cannot go back') as string },
    ]);
  });

  it('restarts once for an older host and a new task definition, and notes the version where nobody has', () => {
    const { resource, desired } = setUp();
    const both = observed({
      taskDefinitionArn: 'arn:task-definition/es-ecs-search:0',
      hosts: [{ instanceId: 'i-0a', launchTemplateId: 'lt-0a', launchTemplateVersion: 0 }],
    });
    const changes = resource.diff(desired, both);
    expect(changes).toMatchObject([
      { path: 'host', before: 'i-0a, version 0', after: 'version 1', impact: 'rolling' },
      { path: 'taskDefinition', impact: 'rolling' },
    ]);
    // Somebody has deleted the template, and the one made in its place begins to count anew.
    const made = { instanceId: 'i-0a', launchTemplateId: 'lt-0b', launchTemplateVersion: 1 };
    expect(resource.diff(desired, observed({ hosts: [made] }))).toMatchObject([
      { path: 'host', before: 'i-0a, version 1 of lt-0b', after: 'version 1 of lt-0a', impact: 'rolling' },
    ]);
    expect(new Set(changes.map((change) => change.apply)).size).toBe(1);
    const { 'es-ecs-version': _, ...unnoted } = desired.tags;
    expect(resource.diff(desired, observed({ tags: unnoted }))).toMatchObject([
      { path: 'tags.es-ecs-version', impact: 'in-place' },
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
