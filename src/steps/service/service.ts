import { CreateServiceCommand, DeleteServiceCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';

import type { Clients } from '../../aws/clients.ts';
import { diffTags, nodeTag, type Tags, toSmallTags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { Node } from '../../elasticsearch/topology.ts';
import type { Change, Phase, Resource } from '../../engine/resource.ts';
import { invariant } from '../../errors.ts';
import { ownTags, type StepContext } from '../context.ts';
import { type EcsCluster, ecsTags } from '../hosts/cluster.ts';
import { clusterName, logGroupName } from '../names.ts';
import type { Definition } from '../task/definition.ts';
import { explainService } from './explain.ts';
import { isDeployed, primary, type Service, serviceKey, services } from './services.ts';
import { othersHold } from './steadiness.ts';

export interface ServiceDesired {
  readonly clusterName: string;
  readonly serviceName: string;
  readonly taskDefinitionArn: string;
  readonly placement: string;
  readonly tags: Tags;
}

/** What `find` sees, and whether this very run has restarted the node and it is not back. */
export interface NodeService extends Service {
  readonly isRecovering: boolean;
}

/** What a node's service needs of others. */
export type ServiceNeeds = {
  readonly cluster: Resource<unknown, EcsCluster>;
  readonly definition: Resource<unknown, Definition>;
  readonly host: Resource;
};

const minute = 60_000;

/** ECS must stop the one task before it starts its successor: both want the same ports and the same disk. */
const least = 0;
const most = 100;

/**
 * A node's service: one task, on the host of that node and on no other. ECS keeps it running; when it restarts for a new task
 * definition is this tool's decision, node by node. Costs nothing.
 *
 * The circuit breaker stops a task that never comes up from being started for ever; it does not roll back, as an older
 * Elasticsearch cannot read what a newer one has written. Zone rebalancing, on by default, is off: a task cannot leave its disk.
 */
export function service(
  context: StepContext,
  node: Node,
  needs: ServiceNeeds,
): Resource<ServiceDesired, NodeService, ServiceNeeds> {
  const address = `service/service/${node.name}`;
  const key = serviceKey(clusterName(context.config), node.name);
  const { ecs } = context.clients;
  // Set once this run has restarted the node: then it is ready only when it serves again.
  let isRestarted = false;
  const restarted = (): void => {
    isRestarted = true;
  };
  return {
    address,
    needs,
    lane: 'nodes',
    waits: { for: 'the service', usualMs: 0, everyMs: 5_000, limitMs: 20 * minute },
    desired: ({ cluster, definition }) => ({
      clusterName: cluster.clusterName,
      serviceName: node.name,
      taskDefinitionArn: definition.taskDefinitionArn,
      placement: `attribute:${nodeTag} == ${node.name}`,
      tags: { ...ownTags(context, address), [nodeTag]: node.name },
    }),
    find: async (sight) => {
      const found = await context.inventory.find(services, address, { ...sight, name: key });
      return found === undefined ? undefined : { ...found, isRecovering: isRestarted && !isDeployed(found) };
    },
    id: (observed) => observed.key,
    phase: phaseOf,
    diff: (desired, observed) => [
      ...restarts(context, { node, desired, observed, restarted }),
      ...settingChanges(context.clients, desired, observed),
      ...diffTags(desired.tags, observed.tags, ecsTags(ecs, observed.serviceArn)),
    ],
    create: async (desired, token) => {
      const { service: made } = await ecs.send(
        new CreateServiceCommand({
          cluster: desired.clusterName,
          serviceName: desired.serviceName,
          taskDefinition: desired.taskDefinitionArn,
          desiredCount: 1,
          launchType: 'EC2',
          schedulingStrategy: 'REPLICA',
          ...settings(desired),
          tags: toSmallTags(desired.tags),
          clientToken: token,
        }),
      );
      invariant(made?.serviceName, 'CreateService answers with a name');
      return { id: serviceKey(desired.clusterName, made.serviceName) };
    },
    // One of that name that is still draining, and a service-linked role that is a moment old, are both invalid parameters.
    createRetries: { names: ['InvalidParameterException'], limitMs: 2 * minute },
    destroy: async (observed) => {
      // With force, ECS itself sets the desired count to none; the task gets its stop timeout all the same.
      await unless(
        ['ServiceNotFoundException', 'ServiceNotActiveException', 'ClusterNotFoundException'],
        ecs.send(
          new DeleteServiceCommand({
            cluster: observed.clusterName,
            service: observed.serviceName,
            force: true,
          }),
        ),
      );
    },
    destroyWaits: { for: 'its task to stop', usualMs: 15_000, everyMs: 5_000, limitMs: 15 * minute },
    explain: (observed) => explain(context, observed),
  };
}

function phaseOf(observed: NodeService): Phase {
  if (observed.status === 'INACTIVE') return 'gone';
  // Being deleted: what is wanted again is made anew once it is gone.
  if (observed.status !== 'ACTIVE') return 'failed';
  if (!observed.isRecovering) return 'ready';
  return primary(observed)?.rollout === 'FAILED' ? 'failed' : 'pending';
}

async function explain(context: StepContext, observed: NodeService | undefined): Promise<string | undefined> {
  if (observed === undefined) return undefined;
  if (observed.status !== 'ACTIVE') return 'it is being deleted';
  return explainService(context.clients, observed, logGroupName(context.config));
}

interface Restart {
  readonly node: Node;
  readonly desired: ServiceDesired;
  readonly observed: Service;
  readonly restarted: () => void;
}

/** A new task definition, or a deployment that the circuit breaker gave up, restarts the node. */
function restarts(context: StepContext, restart: Restart): readonly Change[] {
  const { node, desired, observed, restarted } = restart;
  const isNew = desired.taskDefinitionArn !== observed.taskDefinitionArn;
  const gaveUp = primary(observed)?.rollout === 'FAILED';
  if (!isNew && !gaveUp) return [];
  const apply = async (): Promise<void> => {
    await othersHold(context, node.name);
    restarted();
    await context.clients.ecs.send(
      new UpdateServiceCommand({
        cluster: desired.clusterName,
        service: desired.serviceName,
        ...(isNew ? { taskDefinition: desired.taskDefinitionArn } : { forceNewDeployment: true }),
      }),
    );
  };
  if (isNew) {
    return [
      {
        path: 'taskDefinition',
        before: shortName(observed.taskDefinitionArn),
        after: shortName(desired.taskDefinitionArn),
        impact: 'rolling',
        because: 'the node restarts with it',
        apply,
      },
    ];
  }
  const because = primary(observed)?.reason;
  return [
    {
      path: 'deployment',
      before: 'failed',
      after: 'started again',
      impact: 'rolling',
      ...(because === undefined ? {} : { because }),
      apply,
    },
  ];
}

/** `es-ecs-search:7` of an ARN. */
function shortName(taskDefinitionArn: string): string {
  return taskDefinitionArn.split('/').at(-1) ?? taskDefinitionArn;
}

function settings(desired: ServiceDesired): {
  readonly deploymentConfiguration: {
    readonly minimumHealthyPercent: number;
    readonly maximumPercent: number;
    readonly deploymentCircuitBreaker: { readonly enable: boolean; readonly rollback: boolean };
  };
  readonly placementConstraints: { type: 'memberOf'; expression: string }[];
  readonly availabilityZoneRebalancing: 'DISABLED';
  readonly propagateTags: 'SERVICE';
} {
  return {
    deploymentConfiguration: {
      minimumHealthyPercent: least,
      maximumPercent: most,
      deploymentCircuitBreaker: { enable: true, rollback: false },
    },
    placementConstraints: [{ type: 'memberOf', expression: desired.placement }],
    availabilityZoneRebalancing: 'DISABLED',
    propagateTags: 'SERVICE',
  };
}

/** One UpdateService for all that restarts nothing. */
function settingChanges({ ecs }: Clients, desired: ServiceDesired, observed: Service): readonly Change[] {
  const { circuitBreaker } = observed;
  const fields: readonly (readonly [string, string, string])[] = [
    ['desiredCount', String(observed.desiredCount), '1'],
    ['minimumHealthyPercent', String(observed.leastHealthyPercent), String(least)],
    ['maximumPercent', String(observed.mostPercent), String(most)],
    ['circuitBreaker', breaker(circuitBreaker.isEnabled, circuitBreaker.rollsBack), breaker(true, false)],
    ['placementConstraints', observed.placement.join(', '), `memberOf ${desired.placement}`],
    ['availabilityZoneRebalancing', observed.zoneRebalancing, 'DISABLED'],
    ['propagateTags', observed.propagateTags, 'SERVICE'],
  ];
  const apply = async (): Promise<void> => {
    await ecs.send(
      new UpdateServiceCommand({
        cluster: desired.clusterName,
        service: desired.serviceName,
        desiredCount: 1,
        ...settings(desired),
      }),
    );
  };
  return fields
    .filter(([, before, after]) => before !== after)
    .map(([path, before, after]) => ({ path, before, after, impact: 'in-place', apply }));
}

function breaker(isEnabled: boolean, rollsBack: boolean): string {
  if (!isEnabled) return 'off';
  return rollsBack ? 'on, rolls back' : 'on';
}
