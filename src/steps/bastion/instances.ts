import { paginateDescribeInstances } from '@aws-sdk/client-ec2';

import { collectPages, ec2Collection } from '../../aws/ec2.ts';
import type { Collection } from '../../aws/inventory.ts';
import { resourceTag } from '../../aws/tags.ts';
import { type ClusterInstance, clusterInstances, toClusterInstance } from '../cluster-instances.ts';
import type { Part } from '../parts.ts';

export interface Bastion extends ClusterInstance {
  /** As noted when it was made; instances do not say. */
  readonly keyFingerprint: string | undefined;
  /** Its root disk and network interface, as far as they carry the cluster's tag. */
  readonly parts: readonly Part[];
  /** The key of its root disk; undefined where that was not looked at. */
  readonly diskKeyArn?: string | undefined;
}

export const bastionAddress = 'bastion/instance';
/** EC2 knows the name of an instance's key pair and not which key it was: that is noted here. */
export const keyTag = 'es-ecs-key';

/** Only the bastion: the cluster's hosts carry its tag as well, and may be many. Ended ones are shown for an hour more. */
export const bastions: Collection<Bastion> = {
  ...ec2Collection<Bastion>({
    name: 'bastion instances',
    prefix: 'i',
    notFound: 'InvalidInstanceID.NotFound',
    read: async (clients, { filters, ids }) => {
      const narrowed = filters && [...filters, { Name: `tag:${resourceTag}`, Values: [bastionAddress] }];
      const request = { Filters: narrowed, InstanceIds: ids };
      const pages = paginateDescribeInstances({ client: clients.ec2 }, request);
      const reservations = await collectPages(pages, (page) => page.Reservations);
      const found = reservations.flatMap((one) => one.Instances ?? []).map(toClusterInstance);
      return (filters === undefined ? found : found.filter(isBastion)).map(toBastion);
    },
    id: (bastion) => bastion.instanceId,
    isGone: (bastion) => bastion.state === 'terminated',
  }),
  among: async (inventory) => (await inventory.owned(clusterInstances)).filter(isBastion).map(toBastion),
};

function isBastion({ tags }: ClusterInstance): boolean {
  return tags[resourceTag] === bastionAddress;
}

function toBastion(one: ClusterInstance): Bastion {
  return { ...one, keyFingerprint: one.tags[keyTag], parts: [] };
}
