import type {
  CreateVpcCommandInput,
  CreateVpcCommandOutput,
  DescribeVpcAttributeCommandInput,
  DescribeVpcAttributeCommandOutput,
  DescribeVpcsCommandInput,
  DescribeVpcsCommandOutput,
  ModifyVpcAttributeCommandInput,
  Vpc,
} from '@aws-sdk/client-ec2';

import { SimulatedFailure } from '../core/failure.ts';
import { page } from '../core/operation.ts';
import { table, type World } from '../core/world.ts';
import { describeRows, type Ec2Row, tagsFor, toTags } from './common.ts';

type Answer<Output> = Omit<Output, '$metadata'>;

export interface VpcRow extends Ec2Row {
  readonly cidr: string;
  readonly availableAtMs: number;
  dnsSupport: boolean;
  dnsHostnames: boolean;
}

export const vpcs = table<VpcRow>('ec2/vpcs');

/** @throws SimulatedFailure InvalidVpcID.NotFound */
export function requireVpc(world: World, id: string | undefined): VpcRow {
  const row = world.rows(vpcs).get(id ?? '');
  if (row === undefined) throw vpcNotFound(id ?? '');
  return row;
}

function vpcNotFound(id: string): SimulatedFailure {
  return new SimulatedFailure('InvalidVpcID.NotFound', `The vpc ID '${id}' does not exist`);
}

function toVpc(world: World, row: VpcRow): Vpc {
  return {
    VpcId: row.id,
    OwnerId: world.accountId,
    CidrBlock: row.cidr,
    State: world.nowMs < row.availableAtMs ? 'pending' : 'available',
    InstanceTenancy: 'default',
    IsDefault: false,
    Tags: toTags(row.tags),
  };
}

/** VPCs, as the EC2 API reference describes them. CreateVpc takes no client token. */
export const vpcOperations = {
  CreateVpc(world: World, input: CreateVpcCommandInput): Answer<CreateVpcCommandOutput> {
    const row: VpcRow = {
      id: world.id('vpc'),
      cidr: input.CidrBlock ?? '',
      tags: tagsFor(input.TagSpecifications, 'vpc'),
      visibleAtMs: world.nowMs + world.vary(world.delays.visible),
      availableAtMs: world.nowMs + world.vary(world.delays.vpc),
      dnsSupport: true,
      dnsHostnames: false,
    };
    world.rows(vpcs).set(row.id, row);
    return { Vpc: toVpc(world, row) };
  },

  DescribeVpcs(world: World, input: DescribeVpcsCommandInput): Answer<DescribeVpcsCommandOutput> {
    const found = describeRows(world, world.rows(vpcs), {
      ids: input.VpcIds,
      filters: input.Filters,
      fields: { 'vpc-id': (row) => [row.id], 'cidr-block': (row) => [row.cidr] },
      notFound: vpcNotFound,
    });
    const { items, nextToken } = page(found, input.NextToken, input.MaxResults);
    return { Vpcs: items.map((row) => toVpc(world, row)), NextToken: nextToken };
  },

  DescribeVpcAttribute(
    world: World,
    input: DescribeVpcAttributeCommandInput,
  ): Answer<DescribeVpcAttributeCommandOutput> {
    const row = requireVpc(world, input.VpcId);
    return {
      VpcId: row.id,
      ...(input.Attribute === 'enableDnsSupport' ? { EnableDnsSupport: { Value: row.dnsSupport } } : {}),
      ...(input.Attribute === 'enableDnsHostnames'
        ? { EnableDnsHostnames: { Value: row.dnsHostnames } }
        : {}),
    };
  },

  ModifyVpcAttribute(world: World, input: ModifyVpcAttributeCommandInput): object {
    const row = requireVpc(world, input.VpcId);
    row.dnsSupport = input.EnableDnsSupport?.Value ?? row.dnsSupport;
    row.dnsHostnames = input.EnableDnsHostnames?.Value ?? row.dnsHostnames;
    return {};
  },
} as const;
