import { type Instance as SdkInstance, paginateDescribeInstances } from '@aws-sdk/client-ec2';

import { collectPages, ec2Collection } from '../../aws/ec2.ts';
import { fromCapitalTags, resourceTag, type Tags } from '../../aws/tags.ts';
import { metadataFromSdk, type SeenMetadata } from '../metadata-options.ts';
import { type PartIds, partIdsOf } from '../part-ids.ts';
import type { Part } from '../parts.ts';

export interface Bastion extends PartIds {
  readonly instanceId: string;
  readonly state: string;
  readonly instanceType: string;
  readonly subnetId: string;
  readonly groupIds: readonly string[];
  /** As noted when it was made; instances do not say. */
  readonly keyFingerprint: string | undefined;
  readonly metadata: SeenMetadata;
  /** Of an instance profile that somebody has given to it. */
  readonly profileArn: string | undefined;
  /** Where ssh goes; undefined while it does not run. */
  readonly publicAddress: string | undefined;
  readonly tags: Tags;
  /** Its root disk and network interface, as far as they carry the cluster's tag. */
  readonly parts: readonly Part[];
  /** The key of its root disk; undefined where that was not looked at. */
  readonly diskKeyArn?: string | undefined;
}

export const bastionAddress = 'bastion/instance';
/** EC2 knows the name of an instance's key pair and not which key it was: that is noted here. */
export const keyTag = 'es-ecs-key';

/** Only the bastion: the cluster's hosts carry its tag as well, and may be many. Ended ones are shown for an hour more. */
export const bastions = ec2Collection<Bastion>({
  name: 'bastion instances',
  prefix: 'i',
  notFound: 'InvalidInstanceID.NotFound',
  read: async (clients, { filters, ids }) => {
    const narrowed = filters && [...filters, { Name: `tag:${resourceTag}`, Values: [bastionAddress] }];
    const request = { Filters: narrowed, InstanceIds: ids };
    const pages = paginateDescribeInstances({ client: clients.ec2 }, request);
    const reservations = await collectPages(pages, (page) => page.Reservations);
    const found = reservations.flatMap((one) => one.Instances ?? []).map(fromSdk);
    return filters === undefined ? found : found.filter((one) => one.tags[resourceTag] === bastionAddress);
  },
  id: (bastion) => bastion.instanceId,
  isGone: (bastion) => bastion.state === 'terminated',
});

function fromSdk(one: SdkInstance): Bastion {
  const tags = fromCapitalTags(one.Tags);
  return {
    instanceId: one.InstanceId ?? '',
    state: one.State?.Name ?? 'pending',
    instanceType: one.InstanceType ?? '',
    subnetId: one.SubnetId ?? '',
    groupIds: (one.SecurityGroups ?? []).map((group) => group.GroupId ?? ''),
    keyFingerprint: tags[keyTag],
    metadata: metadataFromSdk(one.MetadataOptions),
    profileArn: one.IamInstanceProfile?.Arn,
    publicAddress: one.PublicIpAddress,
    tags,
    ...partIdsOf(one),
    parts: [],
  };
}
