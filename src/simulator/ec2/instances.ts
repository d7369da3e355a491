import type {
  DescribeInstanceAttributeCommandInput,
  DescribeInstanceAttributeCommandOutput,
  DescribeInstancesCommandInput,
  DescribeInstancesCommandOutput,
  DescribeInstanceStatusCommandInput,
  DescribeInstanceStatusCommandOutput,
  GetConsoleOutputCommandInput,
  GetConsoleOutputCommandOutput,
  GroupIdentifier,
  Instance,
  InstanceNetworkInterface,
  InstanceStateChange,
  InstanceStateName,
  ModifyInstanceAttributeCommandInput,
  ModifyInstanceMetadataOptionsCommandInput,
  ModifyInstanceMetadataOptionsCommandOutput,
  Reservation,
  RunInstancesCommandInput,
  RunInstancesCommandOutput,
  StartInstancesCommandInput,
  StartInstancesCommandOutput,
  StopInstancesCommandInput,
  StopInstancesCommandOutput,
  TerminateInstancesCommandInput,
  TerminateInstancesCommandOutput,
  _InstanceType as InstanceTypeName,
} from '@aws-sdk/client-ec2';

import { once } from '../core/client-tokens.ts';
import { theCaller } from '../kms/use.ts';
import { SimulatedFailure } from '../core/failure.ts';
import type { World } from '../core/world.ts';
import { instanceProfiles } from '../iam/instance-profiles.ts';
import { type Answer, describeRows, ec2Page, invalidValue, toTags } from './common.ts';
import { rootDevice } from './images.ts';
import { checkGroups, interfaceOf } from './instance-places.ts';
import {
  checkMetadataTagKeys,
  groupTag,
  instanceNotFound,
  type InstanceRow,
  instances,
  requireInstance,
  stateCodes,
  toMetadataOptions,
  toState,
} from './instance-rows.ts';
import { instanceType } from './instance-types.ts';
import { restart, stop, terminate } from './instance-states.ts';
import { checkLaunch, launch } from './launch.ts';
import { dnsName } from './network-interfaces.ts';
import { type InterfaceRow, securityGroups, vpcs } from './tables.ts';
import { checkUserData } from './user-data-limit.ts';
import { volumesOf } from './volumes.ts';

function groupsOf(world: World, held: InterfaceRow | undefined): GroupIdentifier[] {
  return (held?.groupIds ?? []).map((GroupId) => ({
    GroupId,
    GroupName: world.rows(securityGroups).get(GroupId)?.name ?? '',
  }));
}

function publicNames(world: World, held: InterfaceRow): Pick<Instance, 'PublicDnsName' | 'PublicIpAddress'> {
  const publicIp = held.address?.publicIp;
  if (publicIp === undefined) return { PublicDnsName: '' };
  const isNamed = world.rows(vpcs).get(held.vpcId)?.dnsHostnames === true;
  return { PublicIpAddress: publicIp, PublicDnsName: isNamed ? dnsName(world, publicIp, 'public') : '' };
}

/** An ended instance has no place in the network any more. */
function toNetwork(world: World, row: InstanceRow): Partial<Instance> {
  const held = interfaceOf(world, row.place);
  if (held === undefined) {
    return { PrivateDnsName: '', PublicDnsName: '', SecurityGroups: [], NetworkInterfaces: [] };
  }
  return {
    VpcId: held.vpcId,
    SubnetId: held.subnetId,
    PrivateIpAddress: held.privateIp,
    PrivateDnsName: dnsName(world, held.privateIp, 'private'),
    ...publicNames(world, held),
    SourceDestCheck: row.sourceDestCheck,
    SecurityGroups: groupsOf(world, held),
    NetworkInterfaces: [toInstanceInterface(world, row, held)],
  };
}

function toInstanceInterface(world: World, row: InstanceRow, held: InterfaceRow): InstanceNetworkInterface {
  return {
    NetworkInterfaceId: held.id,
    VpcId: held.vpcId,
    SubnetId: held.subnetId,
    OwnerId: world.accountId,
    Status: 'in-use',
    InterfaceType: 'interface',
    SourceDestCheck: row.sourceDestCheck,
    PrivateIpAddress: held.privateIp,
    Groups: groupsOf(world, held),
    Attachment: {
      AttachmentId: held.attachmentId,
      AttachTime: new Date(held.attachedAtMs),
      DeleteOnTermination: true,
      DeviceIndex: 0,
      Status: 'attached',
    },
    ...(held.address === null
      ? {}
      : {
          Association: {
            PublicIp: held.address.publicIp,
            IpOwnerId: held.address.allocationId === undefined ? 'amazon' : world.accountId,
          },
        }),
  };
}

/** A vCPU is a core on Graviton and a thread, two a core, on what else is played here. */
function cpuOptions(row: InstanceRow): { CoreCount: number; ThreadsPerCore: number } {
  const vcpus = instanceType(row.type)?.vcpus ?? 1;
  const ThreadsPerCore = row.architecture === 'arm64' ? 1 : 2;
  return { CoreCount: Math.max(1, vcpus / ThreadsPerCore), ThreadsPerCore };
}

function toInstance(world: World, row: InstanceRow): Instance {
  const profile = [...world.rows(instanceProfiles).values()].find((one) => one.arn === row.profileArn);
  return {
    InstanceId: row.id,
    ImageId: row.imageId,
    InstanceType: row.type as InstanceTypeName, // a name that was checked when the instance was made
    Architecture: row.architecture,
    State: toState(row.state),
    ...(row.stateReason === undefined ? {} : { StateReason: row.stateReason }),
    StateTransitionReason: row.stateReason === undefined ? '' : 'User initiated',
    Placement: { AvailabilityZone: row.zone, GroupName: '', Tenancy: 'default' },
    LaunchTime: new Date(row.launchedAtMs),
    AmiLaunchIndex: row.launchIndex,
    ClientToken: row.clientToken,
    ...(row.keyName === undefined ? {} : { KeyName: row.keyName }),
    ...(row.profileArn === undefined
      ? {}
      : {
          IamInstanceProfile: { Arn: row.profileArn, ...(profile === undefined ? {} : { Id: profile.id }) },
        }),
    EbsOptimized: row.ebsOptimized,
    CpuOptions: cpuOptions(row),
    Monitoring: { State: row.monitoring ? 'enabled' : 'disabled' },
    MetadataOptions: toMetadataOptions(row.metadata),
    RootDeviceName: rootDevice,
    RootDeviceType: 'ebs',
    VirtualizationType: 'hvm',
    Hypervisor: 'xen',
    EnaSupport: true,
    BlockDeviceMappings: volumesOf(world, row.id).map((volume) => ({
      DeviceName: volume.attachment?.device ?? '',
      Ebs: {
        VolumeId: volume.id,
        Status: 'attached',
        AttachTime: new Date(volume.attachment?.attachedAtMs ?? 0),
        DeleteOnTermination: volume.attachment?.deleteOnTermination === true,
      },
    })),
    Tags: toTags(row.tags),
    ...toNetwork(world, row),
  };
}

/** Instances that were launched by one call come as one reservation. */
function toReservations(world: World, rows: readonly InstanceRow[]): Reservation[] {
  const ids = [...new Set(rows.map((row) => row.reservationId))];
  return ids.map((ReservationId) => {
    const together = rows.filter((row) => row.reservationId === ReservationId);
    return {
      ReservationId,
      OwnerId: world.accountId,
      Groups: [],
      ...(together[0]?.tags[groupTag] === undefined ? {} : { RequesterId: '940372691376' }),
      Instances: together.map((row) => toInstance(world, row)),
    };
  });
}

function findInstances(
  world: World,
  input: Pick<DescribeInstancesCommandInput, 'InstanceIds' | 'Filters'>,
): InstanceRow[] {
  const held = (row: InstanceRow): InterfaceRow | undefined => interfaceOf(world, row.place);
  return describeRows(world, world.rows(instances), {
    ids: input.InstanceIds,
    filters: input.Filters,
    fields: {
      'instance-id': (row) => [row.id],
      'instance-state-name': (row) => [row.state],
      'instance-state-code': (row) => [String(stateCodes[row.state])],
      'instance-type': (row) => [row.type],
      'image-id': (row) => [row.imageId],
      'vpc-id': (row) => [row.place?.vpcId],
      'subnet-id': (row) => [row.place?.subnetId],
      'availability-zone': (row) => [row.zone],
      'private-ip-address': (row) => [held(row)?.privateIp],
      'ip-address': (row) => [held(row)?.address?.publicIp],
      'instance.group-id': (row) => held(row)?.groupIds ?? [],
      'key-name': (row) => [row.keyName],
      'client-token': (row) => [row.clientToken],
      'reservation-id': (row) => [row.reservationId],
      'iam-instance-profile.arn': (row) => [row.profileArn],
      'block-device-mapping.volume-id': (row) => volumesOf(world, row.id).map((volume) => volume.id),
    },
    notFound: instanceNotFound,
  });
}

/**
 * Carries a change of state out on several instances, all or none: the first refusal comes before any change.
 *
 * @returns each with its state before and after.
 */
function changeAll(
  world: World,
  ids: readonly string[] | undefined,
  change: (world: World, row: InstanceRow) => void,
): InstanceStateChange[] {
  const rows = (ids ?? []).map((id) => requireInstance(world, id));
  return rows.map((row) => {
    const before: InstanceStateName = row.state;
    change(world, row);
    return { InstanceId: row.id, PreviousState: toState(before), CurrentState: toState(row.state) };
  });
}

/** Instances, as the EC2 API reference describes them. */
export const instanceOperations = {
  RunInstances(world: World, input: RunInstancesCommandInput): Answer<RunInstancesCommandOutput> {
    if (input.DryRun === true) {
      checkLaunch(world, input);
      throw new SimulatedFailure(
        'DryRunOperation',
        'Request would have succeeded, but DryRun flag is set.',
        412,
      );
    }
    const { MinCount = 1, MaxCount = 1 } = input;
    if (MinCount < 1 || MaxCount < MinCount) {
      throw new SimulatedFailure(
        'InvalidParameterValue',
        `Value (${MaxCount}) for parameter maxCount is invalid.`,
      );
    }
    const call = { operation: 'EC2:RunInstances', token: input.ClientToken, input };
    const { ids } = once(world, call, () => ({
      ids: launch(world, input, { count: MaxCount, user: theCaller(world) }).map((row) => row.id),
    }));
    const rows = ids.flatMap((id) => world.rows(instances).get(id) ?? []);
    return toReservations(world, rows)[0] ?? { Instances: [] };
  },

  DescribeInstances(
    world: World,
    input: DescribeInstancesCommandInput,
  ): Answer<DescribeInstancesCommandOutput> {
    if (input.InstanceIds !== undefined && input.InstanceIds.length > 0 && input.MaxResults !== undefined) {
      throw new SimulatedFailure(
        'InvalidParameterCombination',
        'The parameter instancesSet cannot be used with the parameter maxResults',
      );
    }
    const { items, nextToken } = ec2Page(findInstances(world, input), input);
    return { Reservations: toReservations(world, items), NextToken: nextToken };
  },

  /** Running ones only, unless all are asked for. */
  DescribeInstanceStatus(
    world: World,
    input: DescribeInstanceStatusCommandInput,
  ): Answer<DescribeInstanceStatusCommandOutput> {
    const found = findInstances(world, { InstanceIds: input.InstanceIds, Filters: input.Filters }).filter(
      (row) => input.IncludeAllInstances === true || row.state === 'running',
    );
    const { items, nextToken } = ec2Page(found, input);
    return {
      InstanceStatuses: items.map((row) => {
        const Status = row.state === 'running' ? 'ok' : 'not-applicable';
        return {
          InstanceId: row.id,
          AvailabilityZone: row.zone,
          InstanceState: toState(row.state),
          InstanceStatus: { Status },
          SystemStatus: { Status },
        };
      }),
      NextToken: nextToken,
    };
  },

  TerminateInstances(
    world: World,
    input: TerminateInstancesCommandInput,
  ): Answer<TerminateInstancesCommandOutput> {
    return { TerminatingInstances: changeAll(world, input.InstanceIds, terminate) };
  },

  StopInstances(world: World, input: StopInstancesCommandInput): Answer<StopInstancesCommandOutput> {
    return { StoppingInstances: changeAll(world, input.InstanceIds, stop) };
  },

  StartInstances(world: World, input: StartInstancesCommandInput): Answer<StartInstancesCommandOutput> {
    return { StartingInstances: changeAll(world, input.InstanceIds, restart) };
  },

  /** One attribute a call; type and user data only while the instance is stopped. */
  ModifyInstanceAttribute(world: World, input: ModifyInstanceAttributeCommandInput): object {
    const row = requireInstance(world, input.InstanceId);
    const held = interfaceOf(world, row.place);
    if (input.Groups !== undefined && held !== undefined) {
      checkGroups(world, held.vpcId, input.Groups);
      held.groupIds = [...input.Groups];
    }
    const type = input.InstanceType?.Value;
    const userData = input.UserData?.Value;
    if ((type !== undefined || userData !== undefined) && row.state !== 'stopped') {
      throw new SimulatedFailure(
        'IncorrectInstanceState',
        `The instance '${row.id}' is not in the 'stopped' state.`,
      );
    }
    if (userData !== undefined) {
      row.userData = Buffer.from(userData).toString('base64');
      checkUserData(row.userData);
    }
    row.type = type ?? row.type;
    row.sourceDestCheck = input.SourceDestCheck?.Value ?? row.sourceDestCheck;
    row.disableApiTermination = input.DisableApiTermination?.Value ?? row.disableApiTermination;
    return {};
  },

  DescribeInstanceAttribute(
    world: World,
    input: DescribeInstanceAttributeCommandInput,
  ): Answer<DescribeInstanceAttributeCommandOutput> {
    const row = requireInstance(world, input.InstanceId);
    switch (input.Attribute) {
      case 'userData':
        return { InstanceId: row.id, UserData: row.userData === undefined ? {} : { Value: row.userData } };
      case 'disableApiTermination':
        return { InstanceId: row.id, DisableApiTermination: { Value: row.disableApiTermination } };
      case 'instanceInitiatedShutdownBehavior':
        return { InstanceId: row.id, InstanceInitiatedShutdownBehavior: { Value: row.shutdownBehavior } };
      case 'sourceDestCheck':
        return { InstanceId: row.id, SourceDestCheck: { Value: row.sourceDestCheck } };
      case 'instanceType':
        return { InstanceId: row.id, InstanceType: { Value: row.type } };
      case 'groupSet':
        return { InstanceId: row.id, Groups: groupsOf(world, interfaceOf(world, row.place)) };
      case 'blockDeviceMapping':
        return { InstanceId: row.id, BlockDeviceMappings: toInstance(world, row).BlockDeviceMappings ?? [] };
      case 'rootDeviceName':
        return { InstanceId: row.id, RootDeviceName: { Value: rootDevice } };
      case 'ebsOptimized':
        return { InstanceId: row.id, EbsOptimized: { Value: row.ebsOptimized } };
      // What no simulated instance can have otherwise than it begins with.
      case 'kernel':
        return { InstanceId: row.id, KernelId: {} };
      case 'ramdisk':
        return { InstanceId: row.id, RamdiskId: {} };
      case 'productCodes':
        return { InstanceId: row.id, ProductCodes: [] };
      case 'enaSupport':
        return { InstanceId: row.id, EnaSupport: { Value: true } };
      case 'sriovNetSupport':
        return { InstanceId: row.id, SriovNetSupport: {} };
      case 'enclaveOptions':
        return { InstanceId: row.id, EnclaveOptions: { Enabled: false } };
      case 'disableApiStop':
        return { InstanceId: row.id, DisableApiStop: { Value: false } };
      default:
        throw invalidValue(input.Attribute, 'attribute');
    }
  },

  ModifyInstanceMetadataOptions(
    world: World,
    input: ModifyInstanceMetadataOptionsCommandInput,
  ): Answer<ModifyInstanceMetadataOptionsCommandOutput> {
    const row = requireInstance(world, input.InstanceId);
    if (input.InstanceMetadataTags === 'enabled') checkMetadataTagKeys(Object.keys(row.tags));
    row.metadata = {
      httpTokens: input.HttpTokens ?? row.metadata.httpTokens,
      hopLimit: input.HttpPutResponseHopLimit ?? row.metadata.hopLimit,
      httpEndpoint: input.HttpEndpoint ?? row.metadata.httpEndpoint,
      instanceTags: input.InstanceMetadataTags ?? row.metadata.instanceTags,
    };
    return { InstanceId: row.id, InstanceMetadataOptions: toMetadataOptions(row.metadata) };
  },

  /** Base64, as EC2 gives it. */
  GetConsoleOutput(world: World, input: GetConsoleOutputCommandInput): Answer<GetConsoleOutputCommandOutput> {
    const row = requireInstance(world, input.InstanceId);
    const text = row.console.map((line) => `${line}\r\n`).join('');
    return {
      InstanceId: row.id,
      Timestamp: new Date(world.nowMs),
      Output: Buffer.from(text).toString('base64'),
    };
  },
} as const;
