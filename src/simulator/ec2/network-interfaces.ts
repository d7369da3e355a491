import type {
  DescribeNetworkInterfacesCommandInput,
  DescribeNetworkInterfacesCommandOutput,
  NetworkInterface,
  NetworkInterfaceType,
} from '@aws-sdk/client-ec2';

import { dnsSuffixOf } from '../../aws/partitions.ts';
import { SimulatedFailure } from '../core/failure.ts';
import type { World } from '../core/world.ts';
import { addressText, parseBlock } from './cidrs.ts';
import { type Answer, describeRows, ec2Page, newRow, toTags } from './common.ts';
import {
  addresses,
  defaultGroupOf,
  type InterfaceRow,
  interfaceKind,
  interfaces,
  requireSecurityGroup,
  requireSubnet,
  type SubnetRow,
  securityGroups,
  vpcs,
} from './tables.ts';

/** What somebody who needs an interface says. */
export interface InterfaceWanted {
  readonly subnetId: string;
  /** The instance or NAT gateway that will hold it. */
  readonly holder: string;
  readonly type: InterfaceRow['type'];
  readonly description: string;
  /** The VPC's default group when empty; a NAT gateway's interface has none. */
  readonly groupIds?: readonly string[];
  /** An elastic address, by its allocation. */
  readonly allocationId?: string;
  /** An address of AWS's pool, for as long as the interface lives. */
  readonly hasPublicIp?: boolean;
  readonly tags?: Readonly<Record<string, string>>;
}

/** AWS keeps the first four addresses of a subnet and the last one. */
const keptAtStart = 4;
const keptAtEnd = 1;

/** Public addresses of the simulated account come from the block for benchmarks (RFC 2544), which leads nowhere. */
const publicBlockFirst = 0xc6_12_00_00;
const publicBlockSize = 2 ** 17;

/** A public address that nobody has. */
export function newPublicIp(world: World): string {
  return addressText(publicBlockFirst + (world.next() % publicBlockSize));
}

export function interfacesIn(world: World, subnetId: string): InterfaceRow[] {
  return [...world.rows(interfaces).values()].filter((row) => row.subnetId === subnetId);
}

/** How many addresses of a subnet are free. */
export function freeAddresses(world: World, subnet: SubnetRow): number {
  const block = parseBlock(subnet.cidr);
  if (block === undefined) return 0;
  return block.last - block.first + 1 - keptAtStart - keptAtEnd - interfacesIn(world, subnet.id).length;
}

/**
 * Gives an instance or a NAT gateway its place in the network. The subnet, the groups and the address are held until
 * `removeInterface`.
 *
 * @throws SimulatedFailure InvalidSubnetID.NotFound, InvalidGroup.NotFound, InvalidParameter (a group of another VPC),
 *   InsufficientFreeAddressesInSubnet
 */
export function addInterface(world: World, wanted: InterfaceWanted): InterfaceRow {
  const subnet = requireSubnet(world, wanted.subnetId);
  const base = newRow(world, 'eni', wanted.tags);
  const row: InterfaceRow = {
    ...base,
    vpcId: subnet.vpcId,
    subnetId: subnet.id,
    zone: subnet.zone,
    privateIp: freeAddress(world, subnet),
    description: wanted.description,
    type: wanted.type,
    holder: wanted.holder,
    attachmentId: world.id('eni-attach'),
    attachedAtMs: world.nowMs,
    groupIds: groupsFor(world, subnet, wanted),
    address: addressFor(world, wanted),
  };
  world.rows(interfaces).set(row.id, row);
  return row;
}

/** Lets go of an interface with all that it holds; an elastic address is free again. */
export function removeInterface(world: World, id: string): void {
  world.rows(interfaces).delete(id);
}

/** The interface to which an elastic address belongs at present. */
export function interfaceOfAddress(world: World, allocationId: string): InterfaceRow | undefined {
  return [...world.rows(interfaces).values()].find((row) => row.address?.allocationId === allocationId);
}

/** The lowest, as EC2's choice is nobody's business and a rehearsal should repeat. */
function freeAddress(world: World, subnet: SubnetRow): string {
  const block = parseBlock(subnet.cidr);
  const taken = new Set(interfacesIn(world, subnet.id).map((row) => row.privateIp));
  if (block !== undefined) {
    for (let address = block.first + keptAtStart; address <= block.last - keptAtEnd; address += 1) {
      const text = addressText(address);
      if (!taken.has(text)) return text;
    }
  }
  throw new SimulatedFailure(
    'InsufficientFreeAddressesInSubnet',
    `There are not enough free addresses in subnet '${subnet.id}' to satisfy the requested number of instances.`,
  );
}

function groupsFor(world: World, subnet: SubnetRow, wanted: InterfaceWanted): readonly string[] {
  const { groupIds = [], type } = wanted;
  if (type === 'nat_gateway') return [];
  for (const id of groupIds) {
    if (requireSecurityGroup(world, id).vpcId !== subnet.vpcId) {
      throw new SimulatedFailure(
        'InvalidParameter',
        `Security group ${id} and subnet ${subnet.id} belong to different networks.`,
      );
    }
  }
  if (groupIds.length > 0) return groupIds;
  const usual = defaultGroupOf(world, subnet.vpcId);
  return usual === undefined ? [] : [usual.id];
}

function addressFor(world: World, wanted: InterfaceWanted): InterfaceRow['address'] {
  const { allocationId } = wanted;
  const elastic = world.rows(addresses).get(allocationId ?? '');
  if (elastic !== undefined) {
    return { publicIp: elastic.publicIp, allocationId: elastic.id, associationId: world.id('eipassoc') };
  }
  return wanted.hasPublicIp === true ? { publicIp: newPublicIp(world) } : null;
}

/** The name that AWS's own name server gives an address: `us-east-1` has its own, older form. */
export function dnsName(world: World, ip: string, scope: 'private' | 'public'): string {
  const dashed = ip.replaceAll('.', '-');
  const isOldest = world.region === 'us-east-1';
  if (scope === 'private') return `ip-${dashed}.${isOldest ? 'ec2' : `${world.region}.compute`}.internal`;
  return `ec2-${dashed}.${isOldest ? 'compute-1' : `${world.region}.compute`}.${dnsSuffixOf(world.region)}`;
}

function publicDnsName(world: World, row: InterfaceRow): string {
  const isNamed = world.rows(vpcs).get(row.vpcId)?.dnsHostnames === true;
  return isNamed && row.address !== null ? dnsName(world, row.address.publicIp, 'public') : '';
}

function ownerOfAddress(world: World, row: InterfaceRow): string {
  return row.address?.allocationId === undefined ? 'amazon' : world.accountId;
}

function toInterface(world: World, row: InterfaceRow): NetworkInterface {
  const isRequesterManaged = row.type === 'nat_gateway';
  const association = row.address === null ? undefined : toAssociation(world, row);
  return {
    NetworkInterfaceId: row.id,
    VpcId: row.vpcId,
    SubnetId: row.subnetId,
    AvailabilityZone: row.zone,
    OwnerId: world.accountId,
    Description: row.description,
    // On the wire it is "nat_gateway", where the SDK's type says "natGateway".
    InterfaceType: row.type as string as NetworkInterfaceType,
    Status: 'in-use',
    SourceDestCheck: row.type === 'interface',
    RequesterManaged: isRequesterManaged,
    ...(isRequesterManaged ? { RequesterId: '111111111111' } : {}),
    PrivateIpAddress: row.privateIp,
    PrivateDnsName: dnsName(world, row.privateIp, 'private'),
    PrivateIpAddresses: [
      {
        PrivateIpAddress: row.privateIp,
        Primary: true,
        ...(association ? { Association: association } : {}),
      },
    ],
    ...(association ? { Association: association } : {}),
    Attachment: {
      AttachmentId: row.attachmentId,
      AttachTime: new Date(row.attachedAtMs),
      DeleteOnTermination: row.type === 'interface',
      DeviceIndex: row.type === 'interface' ? 0 : 1,
      InstanceOwnerId: isRequesterManaged ? 'amazon-aws' : world.accountId,
      ...(isRequesterManaged ? {} : { InstanceId: row.holder }),
      Status: 'attached',
    },
    Groups: row.groupIds.map((GroupId) => ({
      GroupId,
      GroupName: world.rows(securityGroups).get(GroupId)?.name ?? '',
    })),
    TagSet: toTags(row.tags),
  };
}

function toAssociation(world: World, row: InterfaceRow): NonNullable<NetworkInterface['Association']> {
  const { address } = row;
  return {
    PublicIp: address?.publicIp ?? '',
    PublicDnsName: publicDnsName(world, row),
    IpOwnerId: ownerOfAddress(world, row),
    ...(address?.allocationId === undefined ? {} : { AllocationId: address.allocationId }),
    ...(address?.associationId === undefined ? {} : { AssociationId: address.associationId }),
  };
}

/** Network interfaces, made and removed by their holders. */
export const networkInterfaceOperations = {
  DescribeNetworkInterfaces(
    world: World,
    input: DescribeNetworkInterfacesCommandInput,
  ): Answer<DescribeNetworkInterfacesCommandOutput> {
    const found = describeRows(world, world.rows(interfaces), {
      ids: input.NetworkInterfaceIds,
      filters: input.Filters,
      fields: {
        'network-interface-id': (row) => [row.id],
        'vpc-id': (row) => [row.vpcId],
        'subnet-id': (row) => [row.subnetId],
        'availability-zone': (row) => [row.zone],
        'group-id': (row) => row.groupIds,
        'interface-type': (row) => [row.type],
        'requester-managed': (row) => [String(row.type === 'nat_gateway')],
        status: () => ['in-use'],
        description: (row) => [row.description],
        'private-ip-address': (row) => [row.privateIp],
        'attachment.instance-id': (row) => [row.type === 'interface' ? row.holder : undefined],
        'association.public-ip': (row) => [row.address?.publicIp],
        'association.allocation-id': (row) => [row.address?.allocationId],
      },
      notFound: interfaceKind.notFound,
    });
    const { items, nextToken } = ec2Page(found, input);
    return { NetworkInterfaces: items.map((row) => toInterface(world, row)), NextToken: nextToken };
  },
} as const;
