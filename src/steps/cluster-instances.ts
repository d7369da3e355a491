import { type Instance as SdkInstance, paginateDescribeInstances } from '@aws-sdk/client-ec2';

import { collectPages, ec2Collection, longestPage } from '../aws/ec2.ts';
import { fromCapitalTags, type Tags } from '../aws/tags.ts';
import { metadataFromSdk, type SeenMetadata } from './metadata-options.ts';
import { type PartIds, partIdsOf } from './part-ids.ts';

/** An instance, as far as anybody here looks at one. */
export interface ClusterInstance extends PartIds {
  readonly instanceId: string;
  readonly state: string;
  readonly instanceType: string;
  readonly subnetId: string;
  readonly groupIds: readonly string[];
  readonly metadata: SeenMetadata;
  /** Of its instance profile. */
  readonly profileArn: string | undefined;
  /** Undefined while it does not run. */
  readonly publicAddress: string | undefined;
  /** Its last start, on AWS's clock. */
  readonly launchedAtMs: number | undefined;
  readonly tags: Tags;
}

/** An instance in any of these still holds its network interface and its disks. */
export const unended = ['pending', 'running', 'stopping', 'stopped', 'shutting-down'];

/**
 * All of a cluster that have not ended: bastion, hosts, and what is in no group any more. Whoever looks for some of them when a run begins
 * looks into this one list; ended ones are shown by EC2 for an hour more, and are nobody's.
 */
export const clusterInstances = ec2Collection<ClusterInstance>({
  name: 'instances',
  prefix: 'i',
  notFound: 'InvalidInstanceID.NotFound',
  read: async (clients, { filters, ids }) => {
    const pages = paginateDescribeInstances(
      { client: clients.ec2 },
      filters === undefined
        ? { InstanceIds: ids }
        : {
            Filters: [...filters, { Name: 'instance-state-name', Values: unended }],
            MaxResults: longestPage,
          },
    );
    const reservations = await collectPages(pages, (page) => page.Reservations);
    return reservations.flatMap((one) => one.Instances ?? []).map(toClusterInstance);
  },
  id: (instance) => instance.instanceId,
  isGone: (instance) => instance.state === 'terminated',
});

export function toClusterInstance(one: SdkInstance): ClusterInstance {
  return {
    instanceId: one.InstanceId ?? '',
    state: one.State?.Name ?? 'pending',
    instanceType: one.InstanceType ?? '',
    subnetId: one.SubnetId ?? '',
    groupIds: (one.SecurityGroups ?? []).map((group) => group.GroupId ?? '').sort(),
    metadata: metadataFromSdk(one.MetadataOptions),
    profileArn: one.IamInstanceProfile?.Arn,
    publicAddress: one.PublicIpAddress,
    launchedAtMs: one.LaunchTime?.getTime(),
    tags: fromCapitalTags(one.Tags),
    ...partIdsOf(one),
  };
}
