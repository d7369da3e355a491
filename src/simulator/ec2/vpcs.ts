import type {
  CreateVpcCommandInput,
  CreateVpcCommandOutput,
  DeleteVpcCommandInput,
  DescribeNetworkAclsCommandInput,
  DescribeNetworkAclsCommandOutput,
  DescribeVpcAttributeCommandInput,
  DescribeVpcAttributeCommandOutput,
  DescribeVpcsCommandInput,
  DescribeVpcsCommandOutput,
  ModifyVpcAttributeCommandInput,
  NetworkAcl,
  NetworkAclEntry,
  Vpc,
} from '@aws-sdk/client-ec2';

import { SimulatedFailure } from '../core/failure.ts';
import type { World } from '../core/world.ts';
import { parseBlock } from './cidrs.ts';
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
import { addMainRouteTable, removeMainRouteTable } from './route-tables.ts';
import { addDefaultGroup, removeDefaultGroup } from './security-groups.ts';
import {
  associations,
  endpoints,
  internetGatewayOf,
  requireVpc,
  routeTables,
  securityGroups,
  subnets,
  type VpcRow,
  vpcKind,
  vpcs,
} from './tables.ts';

function toVpc(world: World, row: VpcRow): Vpc {
  return {
    VpcId: row.id,
    OwnerId: world.accountId,
    CidrBlock: row.cidr,
    CidrBlockAssociationSet: [
      {
        AssociationId: row.id.replace('vpc-', 'vpc-cidr-assoc-'),
        CidrBlock: row.cidr,
        CidrBlockState: { State: 'associated' },
      },
    ],
    State: world.nowMs < row.availableAtMs ? 'pending' : 'available',
    InstanceTenancy: 'default',
    IsDefault: false,
    Tags: toTags(row.tags),
  };
}

/** @throws SimulatedFailure InvalidParameterValue, InvalidVpc.Range (a VPC is a /16 to a /28) */
function vpcCidr(text: string): string {
  const block = parseBlock(text);
  if (block === undefined) throw invalidValue(text, 'cidrBlock', 'This is not a valid CIDR block.');
  if (block.prefix < 16 || block.prefix > 28) {
    throw new SimulatedFailure('InvalidVpc.Range', `The CIDR '${text}' is invalid.`);
  }
  return block.text;
}

/** What a VPC must not hold when it is deleted; what came with it goes with it. */
function isHeld(world: World, vpc: VpcRow): boolean {
  const isIn = (row: { readonly vpcId: string }): boolean => row.vpcId === vpc.id;
  const mainTables = new Set(
    [...world.rows(associations).values()]
      .filter((row) => isIn(row) && row.subnetId === null)
      .map((row) => row.routeTableId),
  );
  return (
    internetGatewayOf(world, vpc.id) !== undefined ||
    [...world.rows(subnets).values()].some(isIn) ||
    [...world.rows(securityGroups).values()].some((row) => isIn(row) && row.name !== 'default') ||
    [...world.rows(routeTables).values()].some((row) => isIn(row) && !mainTables.has(row.id)) ||
    [...world.rows(endpoints).values()].some(
      (row) => isIn(row) && (row.deletedAtMs === null || row.deletedAtMs > world.nowMs),
    )
  );
}

/** The two entries for each direction that a VPC's own network ACL begins with: all may pass. */
function defaultEntries(): NetworkAclEntry[] {
  return [true, false].flatMap((Egress) => [
    { Egress, RuleNumber: 100, Protocol: '-1', RuleAction: 'allow', CidrBlock: '0.0.0.0/0' },
    { Egress, RuleNumber: 32_767, Protocol: '-1', RuleAction: 'deny', CidrBlock: '0.0.0.0/0' },
  ]);
}

function toNetworkAcl(world: World, row: VpcRow): NetworkAcl {
  return {
    NetworkAclId: row.networkAclId,
    VpcId: row.id,
    OwnerId: world.accountId,
    IsDefault: true,
    Entries: defaultEntries(),
    Associations: [...world.rows(subnets).values()]
      .filter((subnet) => subnet.vpcId === row.id)
      .map((subnet) => ({
        NetworkAclAssociationId: subnet.networkAclAssociationId,
        NetworkAclId: row.networkAclId,
        SubnetId: subnet.id,
      })),
    Tags: [],
  };
}

/**
 * VPCs, as the EC2 API reference describes them. CreateVpc takes no client token. Each comes with a main route table, a
 * default security group and a default network ACL.
 */
export const vpcOperations = {
  CreateVpc(world: World, input: CreateVpcCommandInput): Answer<CreateVpcCommandOutput> {
    const rows = world.rows(vpcs);
    const cidr = vpcCidr(requireParameter(input.CidrBlock, 'cidrBlock'));
    const tags = tagsForOnly(input.TagSpecifications, 'vpc');
    if (rows.size >= world.quotas.vpcs) {
      throw new SimulatedFailure('VpcLimitExceeded', 'The maximum number of VPCs has been reached.');
    }
    const row: VpcRow = {
      ...newRow(world, 'vpc', tags),
      cidr,
      availableAtMs: world.nowMs + world.vary(world.delays.vpc),
      networkAclId: world.id('acl'),
      dnsSupport: true,
      dnsHostnames: false,
    };
    rows.set(row.id, row);
    addMainRouteTable(world, row.id);
    addDefaultGroup(world, row.id);
    return { Vpc: toVpc(world, row) };
  },

  DescribeVpcs(world: World, input: DescribeVpcsCommandInput): Answer<DescribeVpcsCommandOutput> {
    const found = describeRows(world, world.rows(vpcs), {
      ids: input.VpcIds,
      filters: input.Filters,
      fields: {
        'vpc-id': (row) => [row.id],
        cidr: (row) => [row.cidr],
        'cidr-block': (row) => [row.cidr],
        state: (row) => [toVpc(world, row).State],
        'is-default': () => ['false'],
        'owner-id': () => [world.accountId],
      },
      notFound: vpcKind.notFound,
    });
    const { items, nextToken } = ec2Page(found, input);
    return { Vpcs: items.map((row) => toVpc(world, row)), NextToken: nextToken };
  },

  DeleteVpc(world: World, input: DeleteVpcCommandInput): object {
    const row = requireVpc(world, input.VpcId);
    if (isHeld(world, row)) {
      throw dependencyViolation(`The vpc '${row.id}' has dependencies and cannot be deleted.`);
    }
    removeMainRouteTable(world, row.id);
    removeDefaultGroup(world, row.id);
    world.rows(vpcs).delete(row.id);
    return {};
  },

  DescribeVpcAttribute(
    world: World,
    input: DescribeVpcAttributeCommandInput,
  ): Answer<DescribeVpcAttributeCommandOutput> {
    const row = requireVpc(world, input.VpcId);
    switch (input.Attribute) {
      case 'enableDnsSupport':
        return { VpcId: row.id, EnableDnsSupport: { Value: row.dnsSupport } };
      case 'enableDnsHostnames':
        return { VpcId: row.id, EnableDnsHostnames: { Value: row.dnsHostnames } };
      case 'enableNetworkAddressUsageMetrics':
        return {
          VpcId: row.id,
          EnableNetworkAddressUsageMetrics: { Value: row.addressUsageMetrics === true },
        };
      default:
        throw invalidValue(input.Attribute, 'attribute');
    }
  },

  /** One attribute a call (ModifyVpcAttribute: "Use separate requests for each attribute"). */
  ModifyVpcAttribute(world: World, input: ModifyVpcAttributeCommandInput): object {
    const row = requireVpc(world, input.VpcId);
    const attributes = {
      enableDnsHostnames: input.EnableDnsHostnames,
      enableDnsSupport: input.EnableDnsSupport,
      enableNetworkAddressUsageMetrics: input.EnableNetworkAddressUsageMetrics,
    };
    const given = Object.entries(attributes).flatMap(([name, value]) => (value === undefined ? [] : [name]));
    if (given.length > 1) {
      throw new SimulatedFailure(
        'InvalidParameterCombination',
        `Fields for multiple attribute types specified: ${given.join(', ')}`,
      );
    }
    row.dnsSupport = input.EnableDnsSupport?.Value ?? row.dnsSupport;
    row.dnsHostnames = input.EnableDnsHostnames?.Value ?? row.dnsHostnames;
    const metrics = input.EnableNetworkAddressUsageMetrics?.Value;
    if (metrics !== undefined) row.addressUsageMetrics = metrics;
    return {};
  },

  /** Only the ACLs that come with VPCs: none can be made here. */
  DescribeNetworkAcls(
    world: World,
    input: DescribeNetworkAclsCommandInput,
  ): Answer<DescribeNetworkAclsCommandOutput> {
    const byAcl = [...world.rows(vpcs).values()].map((row) => ({
      ...row,
      id: row.networkAclId,
      vpcId: row.id,
    }));
    const found = describeRows(world, new Map(byAcl.map((row) => [row.id, { ...row, tags: {} }])), {
      ids: input.NetworkAclIds,
      filters: input.Filters,
      fields: {
        'network-acl-id': (row) => [row.id],
        'vpc-id': (row) => [row.vpcId],
        default: () => ['true'],
      },
      notFound: (id) =>
        new SimulatedFailure('InvalidNetworkAclID.NotFound', `The networkAcl ID '${id}' does not exist`),
    });
    const { items, nextToken } = ec2Page(found, input);
    const acls = items.map((row) => toNetworkAcl(world, { ...row, id: row.vpcId }));
    return { NetworkAcls: acls, NextToken: nextToken };
  },
} as const;
