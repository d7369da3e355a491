import { CreateServiceCommand, DeleteServiceCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';

import type { Clients } from '../../aws/clients.ts';
import { diffTags, nodeTag, toSmallTags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import { groupOfNode, type Node } from '../../elasticsearch/topology.ts';
import type { Change, Phase, Resource, Waits } from '../../engine/resource.ts';
import { invariant } from '../../errors.ts';
import { givesTags, ownTags, type StepContext } from '../context.ts';
import { clusters, type EcsCluster, ecsTags } from '../hosts/cluster.ts';
import { groups, isInService } from '../hosts/group.ts';
import type { Host } from '../hosts/host.ts';
import { lookForTrouble, readRegisteredHosts } from '../hosts/host-trouble.ts';
import { instancesOf } from '../hosts/instances.ts';
import { type LaunchTemplate, originOf } from '../hosts/launch-template.ts';
import { clusterName, groupName, logGroupName } from '../names.ts';
import type { Definition } from '../task/definition.ts';
import { retries } from '../waits.ts';
import type { Retagging } from '../parts.ts';
import { explainDraining, explainService } from './explain.ts';
import { type NodeService, type ServiceDesired, versionTag } from './node-service.ts';
import { type Restarted, restarts } from './restart.ts';
import { isDeployed, primary, type Service, serviceKey, services, toService } from './services.ts';
import { isSteady } from './steadiness.ts';
import { begins, taskTagChanges } from './task-tags.ts';
import { nodeTasks } from './tasks.ts';

/** What a node's service needs of others. */
export type ServiceNeeds = {
  readonly cluster: Resource<unknown, EcsCluster>;
  readonly definition: Resource<unknown, Definition>;
  readonly launchTemplate: Resource<unknown, LaunchTemplate>;
  readonly host: Resource;
};

const minute = 60_000;

/** From DeleteService until its task has had its stop timeout and is gone. */
export const serviceGone: Waits = {
  for: 'its task to stop',
  usualMs: 15_000,
  everyMs: 5_000,
  limitMs: 15 * minute,
};

const serving = { for: 'the node to serve again', everyMs: 5_000, limitMs: 20 * minute } as const;

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
  const isWhole = context.inventory.depth === 'whole';
  const { ecs } = context.clients;
  const retagging: Retagging = { hasBegun: false };
  const restarted: Restarted = { hasBegun: false, sentAway: new Set() };
  const beganMs = context.clock.now();
  return {
    address,
    needs,
    lane: context.nodeLane,
    provenByAnswers: true,
    waits: { ...serving, usualMs: 0 },
    // With a new host twice as long.
    rollingWaits: { ...serving, usualMs: 1.5 * minute },
    desired: ({ cluster, definition, launchTemplate, host }) => ({
      clusterName: cluster.clusterName,
      serviceName: node.name,
      taskDefinitionArn: definition.taskDefinitionArn,
      version: context.config.elasticsearch.version,
      ...originOf(launchTemplate),
      launchTemplateVersion: launchTemplate.defaultVersion,
      placement: `attribute:${nodeTag} == ${node.name}`,
      host: isHost(host) ? { instanceId: host.instanceId, trouble: host.trouble } : undefined,
      tags: {
        ...ownTags(context, address),
        [nodeTag]: node.name,
        [versionTag]: context.config.elasticsearch.version,
      },
    }),
    find: async (sight) => {
      const look = { id: undefined, fresh: sight.fresh, name: key };
      // Beside the services that are remembered, and not after them.
      if (isWhole && !sight.fresh && sight.id !== undefined) {
        if (givesTags(context)) context.inventory.find(nodeTasks, key, look).catch(() => undefined);
        readRegisteredHosts(context).catch(() => undefined);
      }
      // Of one that nobody remembers there is nothing to be asked where the cluster is not there, either.
      if (sight.id === undefined && !sight.fresh && !(await isClusterThere(context))) return undefined;
      const found = await context.inventory.find(services, address, { ...sight, name: key });
      if (found === undefined) return undefined;
      const isReplaced = restarted.sentAway.size > 0;
      // Anew, as the service: its group may have launched one since, also from a template that is not the wanted one any more.
      const seen = await hostsOf(context, node, sight.fresh);
      const hosts =
        sight.fresh || !isWhole ? seen : await withTrouble(context, node, { hosts: seen, beganMs });
      const isBack =
        isDeployed(found) && (!isReplaced || (await servesOnNew(context, node, { hosts, restarted })));
      const isRecovering = restarted.hasBegun && !isBack;
      const task =
        !isWhole || !givesTags(context) || isRecovering || (sight.fresh && !retagging.hasBegun)
          ? undefined
          : await context.inventory.find(nodeTasks, key, look);
      return { ...found, hosts, isRecovering, task };
    },
    id: (observed) => observed.key,
    phase: phaseOf,
    diff: (desired, observed) => {
      const restarting = restarts(context, { node: node.name, desired, observed, restarted });
      const isAnother = restarting.some(({ impact }) => impact !== 'in-place');
      return [
        // The version is noted as the node restarts with it. Before that, as the next task has the tags of its service.
        ...diffTags(
          { ...desired.tags, [versionTag]: observed.tags[versionTag] ?? desired.version },
          { [versionTag]: desired.version, ...observed.tags },
          { ...begins(retagging, ecsTags(ecs, observed.serviceArn)), former: context.formerTags },
        ),
        ...restarting,
        ...settingChanges(context.clients, desired, observed),
        ...(isAnother ? [] : taskTagChanges(context, desired, { task: observed.task, retagging })),
      ];
    },
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
      const observed = { ...toService(desired.clusterName, made), tags: desired.tags };
      // As the plan saw them: a new node had none, and a service that is made anew may find an older host, which goes with it.
      const hosts = await hostsOf(context, node, false);
      return { id: observed.key, observed: { ...observed, hosts, isRecovering: false, task: undefined } };
    },
    // With the token of the first, and what that was made with, it is answered like the first; else the name is taken.
    once: { by: 'token', refusals: ['InvalidParameterException'] },
    // One of that name that is still draining is an invalid parameter, too.
    createRetries: [retries.ecsRoleNotReady, { names: ['InvalidParameterException'], limitMs: 2 * minute }],
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
    destroyWaits: serviceGone,
    explain: (observed) => explain(context, observed),
  };
}

/** The service of a node that the config no longer has: it ends once its node has left the cluster in good order. */
export function formerService(
  context: StepContext,
  node: Node,
  needs: ServiceNeeds,
): Resource<ServiceDesired, NodeService, ServiceNeeds> {
  const { departures } = context;
  const former = service(context, node, needs);
  return {
    ...former,
    unwanted: true,
    lane: departures.lane,
    review: async () => {
      const review = await departures.review(node.name);
      return { ...review, because: `${withoutGroup(context, node)}${review.because}` };
    },
  };
}

/** A group that is renamed leaves and joins: nothing else tells it from one that went and one that came. */
function withoutGroup({ config: { name, nodeGroups } }: StepContext, node: Node): string {
  const group = groupOfNode(name, node.name);
  if (nodeGroups.some((one) => one.name === group)) return '';
  return `the config has no node group ${group} any more, and one of another name is another group: `;
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
  if (observed.status !== 'ACTIVE') return explainDraining(context.clients, observed);
  return explainService(context.clients, observed, logGroupName(context.config));
}

async function isClusterThere({ inventory, config }: StepContext): Promise<boolean> {
  return (await inventory.known(clusters, [clusterName(config)])).length > 0;
}

/** The node's hosts, as its group sees them. */
async function hostsOf(context: StepContext, node: Node, fresh: boolean): Promise<NodeService['hosts']> {
  const name = groupName(node.name);
  const found = await context.inventory.find(groups, `hosts/group/${node.name}`, {
    id: fresh ? name : undefined,
    fresh,
  });
  // Those of a group that is being deleted end with it, and are nobody's to replace.
  return found?.status === undefined ? (found?.instances.filter(isInService) ?? []) : [];
}

/** With what is wrong with each, by what is read for the plan anyway. */
async function withTrouble(
  context: StepContext,
  node: Node,
  seen: { readonly hosts: NodeService['hosts']; readonly beganMs: number },
): Promise<NodeService['hosts']> {
  const { hosts, beganMs } = seen;
  if (hosts.length === 0) return hosts;
  const found = await instancesOf(context, node.name, false);
  return Promise.all(
    hosts.map(async (host) => {
      const { instanceId } = host;
      const instance = found?.hosts.find((one) => one.instanceId === instanceId);
      return { ...host, trouble: await lookForTrouble(context, node, { instanceId, instance, beganMs }) };
    }),
  );
}

/** A former node waits for no host. */
function isHost(seen: unknown): seen is Host {
  return typeof seen === 'object' && seen !== null && 'containerInstance' in seen;
}

/** Whether the node that lost its host has another one, and its Elasticsearch runs there. */
async function servesOnNew(
  context: StepContext,
  node: Node,
  seen: { readonly hosts: NodeService['hosts']; readonly restarted: Restarted },
): Promise<boolean> {
  const successor = seen.hosts.find(({ instanceId }) => !seen.restarted.sentAway.has(instanceId));
  return successor !== undefined && isSteady(context, node.name, { instanceId: successor.instanceId });
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
