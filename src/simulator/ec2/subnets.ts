import type {
  CreateSubnetCommandInput,
  CreateSubnetCommandOutput,
  DeleteSubnetCommandInput,
  DescribeSubnetsCommandInput,
  DescribeSubnetsCommandOutput,
  ModifySubnetAttributeCommandInput,
  Subnet,
} from '@aws-sdk/client-ec2';

import { SimulatedFailure } from '../core/failure.ts';
import type { World } from '../core/world.ts';
import { contains, overlaps, parseBlock } from './cidrs.ts';
import {
  type Answer,
  dependencyViolation,
  describeRows,
  ec2Page,
  invalidValue,
  newRow,
  requireParameter,
  tagsForOnly,
  toTags,
} from './common.ts';
import { freeAddresses, interfacesIn } from './network-interfaces.ts';
import {
  associations,
  requireSubnet,
  requireVpc,
  type SubnetRow,
  subnetKind,
  subnets,
  type VpcRow,
} from './tables.ts';
import { zoneId, zonesOf } from './zones.ts';

function stateOf(world: World, row: SubnetRow): 'available' | 'pending' {
  return world.nowMs < row.availableAtMs ? 'pending' : 'available';
}

function toSubnet(world: World, row: SubnetRow): Subnet {
  return {
    SubnetId: row.id,
    SubnetArn: `arn:${world.partition}:ec2:${world.region}:${world.accountId}:subnet/${row.id}`,
    VpcId: row.vpcId,
    OwnerId: world.accountId,
    CidrBlock: row.cidr,
    AvailabilityZone: row.zone,
    AvailabilityZoneId: zoneId(world, row.zone),
    AvailableIpAddressCount: freeAddresses(world, row),
    MapPublicIpOnLaunch: row.mapPublicIp,
    AssignIpv6AddressOnCreation: false,
    DefaultForAz: false,
    State: stateOf(world, row),
    Ipv6CidrBlockAssociationSet: [],
    Tags: toTags(row.tags),
  };
}

function subnetsOf(world: World, vpcId: string): SubnetRow[] {
  return [...world.rows(subnets).values()].filter((row) => row.vpcId === vpcId);
}

/** @throws SimulatedFailure InvalidParameterValue, InvalidSubnet.Range, InvalidSubnet.Conflict */
function subnetCidr(world: World, vpc: VpcRow, text: string): string {
  const block = parseBlock(text);
  if (block === undefined) throw invalidValue(text, 'cidrBlock', 'This is not a valid CIDR block.');
  const outer = parseBlock(vpc.cidr);
  if (block.prefix < 16 || block.prefix > 28 || outer === undefined || !contains(outer, block)) {
    throw new SimulatedFailure('InvalidSubnet.Range', `The CIDR '${text}' is invalid.`);
  }
  const isTaken = subnetsOf(world, vpc.id).some((row) => {
    const other = parseBlock(row.cidr);
    return other !== undefined && overlaps(other, block);
  });
  if (isTaken) {
    throw new SimulatedFailure('InvalidSubnet.Conflict', `The CIDR '${text}' conflicts with another subnet`);
  }
  return block.text;
}

/** AWS chooses when none is named; here it is the first. */
function subnetZone(world: World, input: CreateSubnetCommandInput): string {
  const zones = zonesOf(world);
  const { AvailabilityZone, AvailabilityZoneId } = input;
  const asked = AvailabilityZone ?? AvailabilityZoneId;
  if (asked === undefined) return zones[0] ?? '';
  const found = zones.find((zone) =>
    AvailabilityZone === undefined ? zoneId(world, zone) === asked : zone === asked,
  );
  if (found !== undefined) return found;
  const allowed = `Subnets can currently only be created in the following availability zones: ${zones.join(', ')}.`;
  throw invalidValue(
    asked,
    AvailabilityZone === undefined ? 'availabilityZoneId' : 'availabilityZone',
    allowed,
  );
}

/** Subnets, as the EC2 API reference describes them. CreateSubnet takes no client token. */
export const subnetOperations = {
  CreateSubnet(world: World, input: CreateSubnetCommandInput): Answer<CreateSubnetCommandOutput> {
    const vpc = requireVpc(world, requireParameter(input.VpcId, 'vpcId'));
    const zone = subnetZone(world, input);
    const cidr = subnetCidr(world, vpc, requireParameter(input.CidrBlock, 'cidrBlock'));
    if (subnetsOf(world, vpc.id).length >= world.quotas.subnetsPerVpc) {
      throw new SimulatedFailure('SubnetLimitExceeded', 'The maximum number of subnets has been reached.');
    }
    const row: SubnetRow = {
      ...newRow(world, 'subnet', tagsForOnly(input.TagSpecifications, 'subnet')),
      vpcId: vpc.id,
      cidr,
      zone,
      availableAtMs: world.nowMs + world.vary(world.delays.subnet),
      networkAclAssociationId: world.id('aclassoc'),
      mapPublicIp: false,
    };
    world.rows(subnets).set(row.id, row);
    return { Subnet: toSubnet(world, row) };
  },

  DescribeSubnets(world: World, input: DescribeSubnetsCommandInput): Answer<DescribeSubnetsCommandOutput> {
    const found = describeRows(world, world.rows(subnets), {
      ids: input.SubnetIds,
      filters: input.Filters,
      fields: {
        'subnet-id': (row) => [row.id],
        'vpc-id': (row) => [row.vpcId],
        cidr: (row) => [row.cidr],
        'cidr-block': (row) => [row.cidr],
        'availability-zone': (row) => [row.zone],
        'availability-zone-id': (row) => [zoneId(world, row.zone)],
        'map-public-ip-on-launch': (row) => [String(row.mapPublicIp)],
        state: (row) => [stateOf(world, row)],
      },
      notFound: subnetKind.notFound,
    });
    const { items, nextToken } = ec2Page(found, input);
    return { Subnets: items.map((row) => toSubnet(world, row)), NextToken: nextToken };
  },

  ModifySubnetAttribute(world: World, input: ModifySubnetAttributeCommandInput): object {
    const row = requireSubnet(world, input.SubnetId);
    const { SubnetId: _subnet, MapPublicIpOnLaunch, ...others } = input;
    const unknown = Object.entries(others).filter(([, value]) => value !== undefined);
    if (unknown.length > 0) {
      throw new Error(`the simulated account does not know the subnet attribute ${unknown[0]?.[0] ?? ''}`);
    }
    row.mapPublicIp = MapPublicIpOnLaunch?.Value ?? row.mapPublicIp;
    return {};
  },

  /** Its association with a route table goes with it. */
  DeleteSubnet(world: World, input: DeleteSubnetCommandInput): object {
    const row = requireSubnet(world, input.SubnetId);
    if (interfacesIn(world, row.id).length > 0) {
      throw dependencyViolation(`The subnet '${row.id}' has dependencies and cannot be deleted.`);
    }
    const rows = world.rows(associations);
    for (const association of [...rows.values()]) {
      if (association.subnetId === row.id) rows.delete(association.id);
    }
    world.rows(subnets).delete(row.id);
    return {};
  },
} as const;
