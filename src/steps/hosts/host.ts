import type { Node } from '../../elasticsearch/topology.ts';
import type { Phase, Resource } from '../../engine/resource.ts';
import type { StepContext } from '../context.ts';
import { clusterName, groupName } from '../names.ts';
import { type ContainerInstance, containerInstanceKey, containerInstances } from './container-instances.ts';
import { explainActivities, type Group, type GroupInstance, groups, isOfAnother } from './group.ts';
import { type LaunchTemplate, originOf } from './launch-template.ts';
import { explainInstance } from './instances.ts';

export interface Host {
  readonly node: string;
  readonly instanceId: string;
  readonly instanceType: string | undefined;
  /** Made from a launch template, or a version of it, that made other hosts than those of now: its node's service has it replaced, come up or not. */
  readonly isOutdated: boolean;
  /** Undefined until its agent has registered. */
  readonly containerInstance: ContainerInstance | undefined;
}

/** What a host needs of others. */
export type HostNeeds = {
  readonly group: Resource<unknown, Group>;
  readonly launchTemplate: Resource<unknown, LaunchTemplate>;
};

const minute = 60_000;

/**
 * A gate: the group's one instance is a container instance with its agent connected and its node's name. ECS places a
 * service on nothing else. It makes nothing; its instance belongs to the group, and ECS is told of its end by the cluster.
 */
export function host(context: StepContext, node: Node, needs: HostNeeds): Resource<unknown, Host, HostNeeds> {
  const address = `hosts/host/${node.name}`;
  return {
    address,
    needs,
    gate: true,
    waits: { for: 'the ECS agent', usualMs: minute, everyMs: 5_000, limitMs: 15 * minute },
    desired: () => undefined,
    find: async ({ fresh, inputs }) => {
      const { group, launchTemplate } = inputs;
      const known = group?.instances[0];
      const first =
        known === undefined
          ? undefined
          : await hostOf(context, node, { launchTemplate, instance: known, fresh });
      if (first !== undefined && phaseOf(first) === 'ready') return first;
      // While it is waited for, an instance may fail and be replaced by its group.
      const name = groupName(node.name);
      const found = await context.inventory.find(groups, `hosts/group/${node.name}`, { id: name, fresh });
      const instance = found?.instances[0];
      if (instance === undefined) return undefined;
      return instance.instanceId === first?.instanceId
        ? first
        : hostOf(context, node, { launchTemplate, instance, fresh });
    },
    id: (observed) => observed.instanceId,
    phase: (observed) => phaseOf(observed),
    diff: () => [],
    explain: (observed) => explain(context, node, observed),
  };
}

async function hostOf(
  context: StepContext,
  node: Node,
  seen: {
    readonly launchTemplate: LaunchTemplate | undefined;
    readonly instance: GroupInstance;
    readonly fresh: boolean;
  },
): Promise<Host> {
  const { instanceId, instanceType } = seen.instance;
  const { launchTemplate: template } = seen;
  const isOutdated = template !== undefined && isOfAnother(seen.instance, originOf(template));
  const key = containerInstanceKey(clusterName(context.config), instanceId);
  const sight = { id: undefined, fresh: seen.fresh, name: key };
  const containerInstance = await context.inventory.find(containerInstances, key, sight);
  return { node: node.name, instanceId, instanceType, isOutdated, containerInstance };
}

function phaseOf({ node, isOutdated, containerInstance }: Host): Phase {
  if (isOutdated) return 'ready';
  if (containerInstance === undefined) return 'pending';
  const { status, isConnected } = containerInstance;
  return status === 'ACTIVE' && isConnected && containerInstance.node === node ? 'ready' : 'pending';
}

async function explain(context: StepContext, node: Node, observed: Host | undefined): Promise<string> {
  if (observed === undefined) {
    return `its group has no instance: ${await explainActivities(context.clients, groupName(node.name))}`;
  }
  const { containerInstance, instanceId } = observed;
  const seen = ecsSentence(node.name, containerInstance);
  return `${seen}; ${await explainInstance(context.clients, instanceId)}`;
}

function ecsSentence(node: string, containerInstance: ContainerInstance | undefined): string {
  if (containerInstance === undefined) return 'its agent has not registered with the ECS cluster';
  const { status, isConnected } = containerInstance;
  if (!isConnected) return 'its agent is registered and not connected';
  if (status !== 'ACTIVE') return `ECS calls it ${status}`;
  return `it registered as the node ${containerInstance.node ?? 'of no name'} and not ${node}`;
}
