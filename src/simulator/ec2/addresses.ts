import type {
  Address,
  AllocateAddressCommandInput,
  AllocateAddressCommandOutput,
  DescribeAddressesAttributeCommandInput,
  DescribeAddressesAttributeCommandOutput,
  DescribeAddressesCommandInput,
  DescribeAddressesCommandOutput,
  ReleaseAddressCommandInput,
} from '@aws-sdk/client-ec2';

import { SimulatedFailure } from '../core/failure.ts';
import type { World } from '../core/world.ts';
import { type Answer, describeRows, ec2Page, newRow, requireRow, tagsForOnly, toTags } from './common.ts';
import { interfaceOfAddress, newPublicIp } from './network-interfaces.ts';
import { type AddressRow, addresses, addressKind } from './tables.ts';

function toAddress(world: World, row: AddressRow): Address {
  const holder = interfaceOfAddress(world, row.id);
  return {
    AllocationId: row.id,
    PublicIp: row.publicIp,
    Domain: 'vpc',
    PublicIpv4Pool: 'amazon',
    NetworkBorderGroup: world.region,
    ...(holder === undefined
      ? {}
      : {
          AssociationId: holder.address?.associationId ?? '',
          NetworkInterfaceId: holder.id,
          NetworkInterfaceOwnerId: world.accountId,
          PrivateIpAddress: holder.privateIp,
          ...(holder.type === 'interface' ? { InstanceId: holder.holder } : {}),
        }),
    Tags: toTags(row.tags),
  };
}

/** The ids that are asked for: allocation ids, or public addresses turned into them. */
function askedIds(world: World, input: DescribeAddressesCommandInput): string[] {
  const byIp = new Map([...world.rows(addresses).values()].map((row) => [row.publicIp, row.id]));
  const ofIps = (input.PublicIps ?? []).map((ip) => {
    const id = byIp.get(ip);
    if (id === undefined) throw new SimulatedFailure('InvalidAddress.NotFound', `Address '${ip}' not found.`);
    return id;
  });
  return [...(input.AllocationIds ?? []), ...ofIps];
}

/**
 * Where a NAT gateway has the address, and for a moment after it is gone, EC2 says what it says of bad credentials (kubernetes/kops issue
 * 938, genevieve/leftovers issue 33, eformat/sno-for-100 issue 9).
 */
function heldByService(): SimulatedFailure {
  return new SimulatedFailure('AuthFailure', 'You do not have permission to access the specified resource.');
}

/**
 * Elastic IP addresses, as the EC2 API reference describes them. AllocateAddress takes no client token, and
 * DescribeAddresses has no pages.
 */
export const addressOperations = {
  AllocateAddress(world: World, input: AllocateAddressCommandInput): Answer<AllocateAddressCommandOutput> {
    const rows = world.rows(addresses);
    if (rows.size >= world.quotas.addresses) {
      throw new SimulatedFailure('AddressLimitExceeded', 'The maximum number of addresses has been reached.');
    }
    const tags = tagsForOnly(input.TagSpecifications, 'elastic-ip');
    const row: AddressRow = { ...newRow(world, 'eipalloc', tags), publicIp: newPublicIp(world) };
    rows.set(row.id, row);
    return {
      AllocationId: row.id,
      PublicIp: row.publicIp,
      Domain: 'vpc',
      PublicIpv4Pool: 'amazon',
      NetworkBorderGroup: world.region,
    };
  },

  DescribeAddresses(
    world: World,
    input: DescribeAddressesCommandInput,
  ): Answer<DescribeAddressesCommandOutput> {
    const found = describeRows(world, world.rows(addresses), {
      ids: askedIds(world, input),
      filters: input.Filters,
      fields: {
        'allocation-id': (row) => [row.id],
        'public-ip': (row) => [row.publicIp],
        domain: () => ['vpc'],
        'association-id': (row) => [interfaceOfAddress(world, row.id)?.address?.associationId],
        'network-interface-id': (row) => [interfaceOfAddress(world, row.id)?.id],
        'private-ip-address': (row) => [interfaceOfAddress(world, row.id)?.privateIp],
      },
      notFound: addressKind.notFound,
    });
    return { Addresses: found.map((row) => toAddress(world, row)) };
  },

  /** The names of addresses (PTR records): here none has one. */
  DescribeAddressesAttribute(
    world: World,
    input: DescribeAddressesAttributeCommandInput,
  ): Answer<DescribeAddressesAttributeCommandOutput> {
    const found = describeRows(world, world.rows(addresses), {
      ids: input.AllocationIds,
      filters: undefined,
      fields: {},
      notFound: addressKind.notFound,
    });
    const { items, nextToken } = ec2Page(found, input);
    return {
      Addresses: items.map((row) => ({ AllocationId: row.id, PublicIp: row.publicIp })),
      NextToken: nextToken,
    };
  },

  ReleaseAddress(world: World, input: ReleaseAddressCommandInput): object {
    if (input.AllocationId === undefined && input.PublicIp !== undefined) {
      throw new SimulatedFailure(
        'InvalidParameterValue',
        'You must specify an allocation id when releasing a VPC elastic IP address',
      );
    }
    const row = requireRow(world, addressKind, input.AllocationId);
    const holder = interfaceOfAddress(world, row.id);
    if (holder?.type === 'nat_gateway' || (row.heldUntilMs ?? 0) > world.nowMs) throw heldByService();
    if (holder !== undefined) {
      throw new SimulatedFailure('InvalidIPAddress.InUse', `Address ${row.publicIp} is in use.`);
    }
    world.rows(addresses).delete(row.id);
    return {};
  },
} as const;
