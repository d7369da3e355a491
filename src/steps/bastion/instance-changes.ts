import {
  DescribeIamInstanceProfileAssociationsCommand,
  DisassociateIamInstanceProfileCommand,
  type EC2Client,
  type RunInstancesCommandInput,
  StartInstancesCommand,
  type _InstanceType as SdkInstanceType,
} from '@aws-sdk/client-ec2';

import { tagSpecifications } from '../../aws/ec2.ts';
import { resourceTag, type Tags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { Change } from '../../engine/resource.ts';
import type { StepContext } from '../context.ts';
import { groupChanges } from '../instance-groups.ts';
import { bastionMetadata, metadataChanges } from '../metadata-options.ts';
import { type Bastion, keyTag } from './instances.ts';

export interface BastionDesired {
  readonly imageId: string;
  readonly instanceType: string;
  readonly subnetId: string;
  readonly groupIds: readonly string[];
  readonly keyName: string;
  /** Of the key that lets us in; undefined as long as this machine has none. */
  readonly keyFingerprint: string | undefined;
  /** Of the key of its disk; undefined: the account's default. */
  readonly keyArn: string | undefined;
  readonly tags: Tags;
}

/** Amazon Linux 2023's root disk. */
const rootDevice = '/dev/xvda';

/** What the bastion's parts carry: its tags without its address. */
export function sharedTags({ tags }: Pick<BastionDesired, 'tags'>): Tags {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => key !== resourceTag));
}

/** What RunInstances is asked for. */
export function launch(desired: BastionDesired, token: string): RunInstancesCommandInput {
  const shared = sharedTags(desired);
  const instanceTags = { ...desired.tags, [keyTag]: desired.keyFingerprint ?? '' };
  return {
    ClientToken: token,
    MinCount: 1,
    MaxCount: 1,
    ImageId: desired.imageId,
    InstanceType: desired.instanceType as SdkInstanceType, // AWS makes new types faster than the SDK lists them
    KeyName: desired.keyName,
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: desired.subnetId,
        Groups: [...desired.groupIds],
        AssociatePublicIpAddress: true,
        DeleteOnTermination: true,
      },
    ],
    MetadataOptions: { ...bastionMetadata },
    BlockDeviceMappings: [
      {
        DeviceName: rootDevice,
        Ebs: {
          Encrypted: true,
          ...(desired.keyArn === undefined ? {} : { KmsKeyId: desired.keyArn }),
          VolumeType: 'gp3',
          DeleteOnTermination: true,
        },
      },
    ],
    // Disk and network interface come and go with the instance, and are no resources of their own.
    TagSpecifications: [
      ...tagSpecifications('instance', instanceTags),
      ...tagSpecifications('volume', shared),
      ...tagSpecifications('network-interface', shared),
    ],
  };
}

/** What AWS could change only in an instance that is stopped, or not at all. */
export function replacements(desired: BastionDesired, observed: Bastion): readonly Change[] {
  const replaced = (path: string, before: string, after: string): Change => ({
    path,
    before,
    after,
    impact: 'replace',
    because: 'the bastion holds nothing; another one takes its place',
  });
  const { keyFingerprint: key, diskKeyArn } = observed;
  return [
    ...(['instanceType', 'subnetId'] as const)
      .filter((path) => desired[path] !== observed[path])
      .map((path) => replaced(path, observed[path], desired[path])),
    ...(key === undefined || key === desired.keyFingerprint
      ? []
      : [replaced('key', key, desired.keyFingerprint ?? 'a new key')]),
    ...(desired.keyArn === undefined || diskKeyArn === undefined || diskKeyArn === desired.keyArn
      ? []
      : [replaced('diskKey', diskKeyArn, desired.keyArn)]),
  ];
}

/** What can be set right while it runs. */
export function inPlace(context: StepContext, desired: BastionDesired, observed: Bastion): readonly Change[] {
  const { ec2 } = context.clients;
  const { instanceId } = observed;
  return [
    ...(observed.state === 'stopped' ? [start(ec2, instanceId)] : []),
    ...groupChanges(ec2, instanceId, { wanted: desired.groupIds, seen: observed.groupIds }),
    ...metadataChanges(ec2, instanceId, { wanted: bastionMetadata, seen: observed.metadata }),
    ...(observed.profileArn === undefined ? [] : [profileRemoval(ec2, instanceId, observed.profileArn)]),
  ];
}

function start(ec2: EC2Client, instanceId: string): Change {
  return {
    path: 'state',
    before: 'stopped',
    after: 'running',
    impact: 'in-place',
    apply: async () => {
      await ec2.send(new StartInstancesCommand({ InstanceIds: [instanceId] }));
    },
  };
}

/** With a role on it, whoever gets onto the bastion gets into the account. */
function profileRemoval(ec2: EC2Client, instanceId: string, profileArn: string): Change {
  return {
    path: 'instanceProfile',
    before: profileArn,
    after: undefined,
    impact: 'in-place',
    because: 'the bastion has no rights in the account',
    apply: async () => {
      const Filters = [{ Name: 'instance-id', Values: [instanceId] }];
      const { IamInstanceProfileAssociations: found = [] } = await ec2.send(
        new DescribeIamInstanceProfileAssociationsCommand({ Filters }),
      );
      const held = found.filter(
        (one) => one.InstanceId === instanceId && ['associating', 'associated'].includes(one.State ?? ''),
      );
      for (const { AssociationId } of held) {
        await unless(
          ['InvalidAssociationID.NotFound'],
          ec2.send(new DisassociateIamInstanceProfileCommand({ AssociationId })),
        );
      }
    },
  };
}
