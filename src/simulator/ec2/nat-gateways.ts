import type {
  CreateNatGatewayCommandInput,
  CreateNatGatewayCommandOutput,
  DeleteNatGatewayCommandInput,
  DeleteNatGatewayCommandOutput,
  DescribeNatGatewaysCommandInput,
  DescribeNatGatewaysCommandOutput,
  NatGateway,
  NatGatewayState,
} from '@aws-sdk/client-ec2';

import { once } from '../core/client-tokens.ts';
import { SimulatedFailure } from '../core/failure.ts';
import type { EventRule, World } from '../core/world.ts';
import {
  type Answer,
  describeRows,
  ec2Page,
  newRow,
  requireParameter,
  requireRow,
  tagsForOnly,
  toTags,
} from './common.ts';
import { addInterface, freeAddresses, interfaceOfAddress, removeInterface } from './network-interfaces.ts';
import {
  addresses,
  internetGatewayOf,
  knownNetworkOf,
  type NatGatewayRow,
  natGatewayKind,
  natGateways,
  requireSubnet,
  type SubnetRow,
  subnets,
} from './tables.ts';
import { isOldZone } from './zones.ts';

/** Its state by the clock. */
export function natGatewayState(world: World, row: NatGatewayRow): NatGatewayState {
  const { nowMs } = world;
  if (row.deletedAtMs !== null && row.deletedAtMs <= nowMs) return 'deleted';
  if (row.deletingAtMs !== null) return 'deleting';
  if (row.settledAtMs > nowMs) return 'pending';
  return row.failure === null ? 'available' : 'failed';
}

function toNatGateway(world: World, row: NatGatewayRow): NatGateway {
  const state = natGatewayState(world, row);
  const hasFailed = state === 'failed' && row.failure !== null;
  return {
    NatGatewayId: row.id,
    VpcId: row.vpcId,
    SubnetId: row.subnetId,
    State: state,
    ConnectivityType: row.isPrivate ? 'private' : 'public',
    CreateTime: new Date(row.createdAtMs),
    ...(state === 'deleted' && row.deletedAtMs !== null ? { DeleteTime: new Date(row.deletedAtMs) } : {}),
    ...(hasFailed ? { FailureCode: row.failure.code, FailureMessage: row.failure.message } : {}),
    NatGatewayAddresses: [toNatGatewayAddress(row, state)],
    Tags: toTags(row.tags),
  };
}

function toNatGatewayAddress(
  row: NatGatewayRow,
  state: NatGatewayState,
): NonNullable<NatGateway['NatGatewayAddresses']>[number] {
  const isSettled = state !== 'pending';
  return {
    IsPrimary: true,
    ...(row.allocationId === null ? {} : { AllocationId: row.allocationId }),
    ...(row.associationId === null ? {} : { AssociationId: row.associationId }),
    ...(row.interfaceId === null ? {} : { NetworkInterfaceId: row.interfaceId }),
    ...(isSettled && row.publicIp !== null ? { PublicIp: row.publicIp } : {}),
    ...(isSettled && row.privateIp !== null ? { PrivateIp: row.privateIp } : {}),
    Status: state === 'available' ? 'succeeded' : state === 'failed' ? 'failed' : 'associating',
  };
}

/** What makes a gateway fail a little later, though its creation was accepted (NatGateway, `failureCode`). */
function failureFor(
  world: World,
  subnet: SubnetRow,
  allocationId: string | undefined,
): NatGatewayRow['failure'] {
  if (freeAddresses(world, subnet) < 1) {
    return {
      code: 'InsufficientFreeAddressesInSubnet',
      message: 'Subnet has insufficient free addresses to create this NAT gateway',
    };
  }
  if (allocationId === undefined) return null;
  const way = internetGatewayOf(world, subnet.vpcId);
  if (way === undefined || knownNetworkOf(world, way) === null) {
    return {
      code: 'Gateway.NotAttached',
      message: `Network ${subnet.vpcId} has no Internet gateway attached`,
    };
  }
  if (!world.rows(addresses).has(allocationId)) {
    return {
      code: 'InvalidAllocationID.NotFound',
      message: `Elastic IP address ${allocationId} could not be associated with this NAT gateway`,
    };
  }
  if (interfaceOfAddress(world, allocationId) !== undefined) {
    return {
      code: 'Resource.AlreadyAssociated',
      message: `Elastic IP address ${allocationId} is already associated`,
    };
  }
  return null;
}

function checkQuota(world: World, subnet: SubnetRow): void {
  const zoneOf = (row: NatGatewayRow): string | undefined => world.rows(subnets).get(row.subnetId)?.zone;
  const living = [...world.rows(natGateways).values()].filter((row) =>
    ['pending', 'available', 'deleting'].includes(natGatewayState(world, row)),
  );
  if (living.filter((row) => zoneOf(row) === subnet.zone).length >= world.quotas.natGateways) {
    throw new SimulatedFailure(
      'NatGatewayLimitExceeded',
      `Performing this operation would exceed the limit of ${world.quotas.natGateways} NAT gateways`,
    );
  }
}

function make(world: World, input: CreateNatGatewayCommandInput): NatGatewayRow {
  const subnet = requireSubnet(world, requireParameter(input.SubnetId, 'subnetId'));
  if (isOldZone(world, subnet.zone)) {
    throw new SimulatedFailure(
      'NotAvailableInZone',
      'Nat Gateway is not available in this availability zone',
    );
  }
  const isPrivate = input.ConnectivityType === 'private';
  const allocationId = isPrivate ? undefined : requireParameter(input.AllocationId, 'allocationId');
  checkQuota(world, subnet);
  const base = newRow(world, 'nat', tagsForOnly(input.TagSpecifications, 'natgateway'));
  const failure = failureFor(world, subnet, allocationId);
  const face =
    failure === null
      ? addInterface(world, {
          subnetId: subnet.id,
          holder: base.id,
          type: 'nat_gateway',
          description: `Interface for NAT Gateway ${base.id}`,
          ...(allocationId === undefined ? {} : { allocationId }),
        })
      : undefined;
  const usualMs = failure === null ? world.delays.natGateway : world.delays.natGateway / 10;
  const row: NatGatewayRow = {
    ...base,
    vpcId: subnet.vpcId,
    subnetId: subnet.id,
    allocationId: allocationId ?? null,
    publicIp: face?.address?.publicIp ?? null,
    privateIp: face?.privateIp ?? null,
    interfaceId: face?.id ?? null,
    associationId: face?.address?.associationId ?? null,
    isPrivate,
    createdAtMs: world.nowMs,
    settledAtMs: world.nowMs + world.vary(usualMs),
    failure,
    deletingAtMs: null,
    deletedAtMs: null,
  };
  world.rows(natGateways).set(row.id, row);
  if (failure !== null) {
    world.schedule(
      'ec2/nat-gateway-forgotten',
      row.settledAtMs - world.nowMs + world.delays.natGatewayShown,
      row.id,
    );
  }
  return row;
}

/** What happens to NAT gateways by itself. */
export const natGatewayRules: Readonly<Record<string, EventRule>> = {
  /** The interface goes at the very end, and with it the hold on subnet and elastic address. */
  'ec2/nat-gateway-deleted': (world, id) => {
    const row = world.rows(natGateways).get(id);
    if (typeof row?.interfaceId === 'string') removeInterface(world, row.interfaceId);
    const address = world.rows(addresses).get(row?.allocationId ?? '');
    if (address !== undefined) address.heldUntilMs = world.nowMs + world.delays.addressHeld;
    world.schedule('ec2/nat-gateway-forgotten', world.delays.natGatewayShown, id);
  },
  'ec2/nat-gateway-forgotten': (world, id) => {
    world.rows(natGateways).delete(id);
  },
};

/** NAT gateways, as the EC2 API reference describes them ("NAT gateways", lifecycle). */
export const natGatewayOperations = {
  CreateNatGateway(world: World, input: CreateNatGatewayCommandInput): Answer<CreateNatGatewayCommandOutput> {
    const call = { operation: 'EC2:CreateNatGateway', token: input.ClientToken, input };
    const made = once(world, call, () => make(world, input));
    const living = world.rows(natGateways).get(made.id) ?? made;
    return {
      NatGateway: toNatGateway(world, living),
      ...(input.ClientToken === undefined ? {} : { ClientToken: input.ClientToken }),
    };
  },

  DescribeNatGateways(
    world: World,
    input: DescribeNatGatewaysCommandInput,
  ): Answer<DescribeNatGatewaysCommandOutput> {
    const found = describeRows(world, world.rows(natGateways), {
      ids: input.NatGatewayIds,
      filters: input.Filter,
      fields: {
        'nat-gateway-id': (row) => [row.id],
        'vpc-id': (row) => [row.vpcId],
        'subnet-id': (row) => [row.subnetId],
        state: (row) => [natGatewayState(world, row)],
      },
      notFound: natGatewayKind.notFound,
    });
    const { items, nextToken } = ec2Page(found, input);
    return { NatGateways: items.map((row) => toNatGateway(world, row)), NextToken: nextToken };
  },

  /** Deleting again one that is on its way is no error; one that is gone is not found. */
  DeleteNatGateway(world: World, input: DeleteNatGatewayCommandInput): Answer<DeleteNatGatewayCommandOutput> {
    const row = requireRow(world, natGatewayKind, requireParameter(input.NatGatewayId, 'natGatewayId'));
    const state = natGatewayState(world, row);
    if (state === 'deleted') throw natGatewayKind.notFound(row.id);
    if (state !== 'deleting') {
      const afterMs = world.vary(world.delays.natGatewayDelete);
      row.deletingAtMs = world.nowMs;
      row.deletedAtMs = world.nowMs + afterMs;
      world.unschedule('ec2/nat-gateway-forgotten', row.id);
      world.schedule('ec2/nat-gateway-deleted', afterMs, row.id);
    }
    return { NatGatewayId: row.id };
  },
} as const;
