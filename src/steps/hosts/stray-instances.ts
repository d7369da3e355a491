import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';

import { resourceTag } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { Needs, Resource } from '../../engine/resource.ts';
import { bastionAddress } from '../bastion/instances.ts';
import { type ClusterInstance, clusterInstances } from '../cluster-instances.ts';
import type { StepContext } from '../context.ts';
import { instanceTerminated } from '../waits.ts';
import { groups } from './group.ts';
import { explainInstance } from './instances.ts';

/** AWS's own tag on an instance of an Auto Scaling group, taken away when it is detached from it. */
const groupTag = 'aws:autoscaling:groupName';

/** By tag only those that nobody has ended yet. */
const ending = 'shutting-down';

/**
 * Hosts that are in no group: detached by hand, or left when their group was deleted without them. No resource claims one; it is
 * only looked for by `destroy`.
 *
 * @param needs what must not go before it.
 */
export function strayInstances(context: StepContext, needs: Needs): Resource<unknown, ClusterInstance> {
  const address = 'hosts/instance/*';
  const { ec2 } = context.clients;
  return {
    address,
    needs,
    unwanted: true,
    waits: instanceTerminated,
    desired: () => undefined,
    find: async ({ id, fresh }) =>
      id === undefined ? undefined : context.inventory.find(clusterInstances, address, { id, fresh }),
    all: async () => {
      const [all, own] = await Promise.all([
        context.inventory.kin(clusterInstances),
        context.inventory.owned(groups),
      ]);
      const names = own.map((group) => group.groupName);
      return all
        .filter(({ observed: { tags, state } }) => {
          if (tags[resourceTag] === bastionAddress || state === ending) return false;
          const group = tags[groupTag];
          return group === undefined || !names.includes(group);
        })
        .map(({ observed }) => ({
          observed,
          // Hosts carry the tags of their group, its address among them.
          address: undefined,
        }));
    },
    id: (observed) => observed.instanceId,
    phase: (observed) => (observed.state === 'terminated' ? 'gone' : 'ready'),
    diff: () => [],
    destroy: async ({ instanceId }) => {
      await unless(
        ['InvalidInstanceID.NotFound'],
        ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] })),
      );
    },
    destroyWaits: { ...instanceTerminated, for: 'the instance to end' },
    explain: async (observed) =>
      observed === undefined ? undefined : explainInstance(context.clients, observed.instanceId),
  };
}
