import {
  type Instance as SdkInstance,
  paginateDescribeInstances,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';

import { collectPages, ec2Collection, longestPage } from '../../aws/ec2.ts';
import { fromCapitalTags, resourceTag, type Tags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { Needs, Resource } from '../../engine/resource.ts';
import { bastionAddress } from '../bastion/instances.ts';
import type { StepContext } from '../context.ts';
import { instanceTerminated } from '../waits.ts';
import { groups } from './group.ts';
import { explainInstance } from './instances.ts';

interface StrayInstance {
  readonly instanceId: string;
  readonly state: string;
  readonly tags: Tags;
}

/** AWS's own tag on an instance of an Auto Scaling group, taken away when it is detached from it. */
const groupTag = 'aws:autoscaling:groupName';

const instances = ec2Collection<StrayInstance>({
  name: 'instances',
  prefix: 'i',
  notFound: 'InvalidInstanceID.NotFound',
  read: async (clients, { filters, ids }) => {
    // By tag only those that nobody has ended yet.
    const states = ['pending', 'running', 'stopping', 'stopped'];
    const narrowed = filters && [...filters, { Name: 'instance-state-name', Values: states }];
    const request =
      narrowed === undefined ? { InstanceIds: ids } : { Filters: narrowed, MaxResults: longestPage };
    const pages = paginateDescribeInstances({ client: clients.ec2 }, request);
    const reservations = await collectPages(pages, (page) => page.Reservations);
    return reservations.flatMap((one) => one.Instances ?? []).map(fromSdk);
  },
  id: (instance) => instance.instanceId,
  isGone: (instance) => instance.state === 'terminated',
});

function fromSdk(one: SdkInstance): StrayInstance {
  return {
    instanceId: one.InstanceId ?? '',
    state: one.State?.Name ?? 'pending',
    tags: fromCapitalTags(one.Tags),
  };
}

/**
 * Hosts that are in no group: detached by hand, or left when their group was deleted without them. No resource claims one; it is
 * only looked for by `destroy`.
 *
 * @param needs what must not go before it.
 */
export function strayInstances(context: StepContext, needs: Needs): Resource<unknown, StrayInstance> {
  const address = 'hosts/instance/*';
  const { ec2 } = context.clients;
  return {
    address,
    needs,
    unwanted: true,
    waits: instanceTerminated,
    desired: () => undefined,
    find: async ({ id, fresh }) =>
      id === undefined ? undefined : context.inventory.find(instances, address, { id, fresh }),
    all: async () => {
      const [all, own] = await Promise.all([
        context.inventory.kin(instances),
        context.inventory.owned(groups),
      ]);
      const names = own.map((group) => group.groupName);
      return all
        .filter(({ observed: { tags } }) => {
          if (tags[resourceTag] === bastionAddress) return false;
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
