import { paginateDescribeAutoScalingGroups } from '@aws-sdk/client-auto-scaling';
import {
  DescribeAddressesCommand,
  DescribeSubnetsCommand,
  paginateDescribeInstances,
  paginateDescribeNatGateways,
  paginateDescribeVolumes,
  paginateDescribeVpcs,
} from '@aws-sdk/client-ec2';

import type { Clients } from '../../aws/clients.ts';
import { collectPages } from '../../aws/ec2.ts';
import { isStandardFamily } from './asked.ts';

/** How many VPCs the region has, whoever made them. */
export async function vpcsInUse({ ec2: client }: Clients): Promise<number> {
  return (await collectPages(paginateDescribeVpcs({ client }, {}), ({ Vpcs }) => Vpcs)).length;
}

/** How many elastic IPs of Amazon's are taken; addresses that an account brought itself do not count ("Elastic IP addresses"). */
export async function addressesInUse({ ec2 }: Clients): Promise<number> {
  const { Addresses = [] } = await ec2.send(new DescribeAddressesCommand({}));
  return Addresses.filter(({ PublicIpv4Pool = 'amazon' }) => PublicIpv4Pool === 'amazon').length;
}

/** NAT gateways by zone; those on their way out count until they are gone (Amazon VPC quotas, "NAT gateways per Availability Zone"). */
export async function natGatewaysInUse({ ec2: client }: Clients): Promise<ReadonlyMap<string, number>> {
  const Filter = [{ Name: 'state', Values: ['pending', 'available', 'deleting'] }];
  const pages = paginateDescribeNatGateways({ client }, { Filter });
  const gateways = await collectPages(pages, ({ NatGateways }) => NatGateways);
  const SubnetIds = [...new Set(gateways.flatMap(({ SubnetId }) => SubnetId ?? []))];
  const { Subnets = [] } =
    SubnetIds.length === 0 ? {} : await client.send(new DescribeSubnetsCommand({ SubnetIds }));
  const zones = new Map(
    Subnets.map(({ SubnetId = '', AvailabilityZone = '' }) => [SubnetId, AvailabilityZone]),
  );
  const counts = new Map<string, number>();
  for (const { SubnetId = '' } of gateways) {
    const zone = zones.get(SubnetId) ?? '';
    counts.set(zone, (counts.get(zone) ?? 0) + 1);
  }
  return counts;
}

/** vCPUs of running on-demand instances of the standard families. */
export async function vcpusInUse({ ec2: client }: Clients): Promise<number> {
  const Filters = [{ Name: 'instance-state-name', Values: ['pending', 'running'] }];
  const pages = paginateDescribeInstances({ client }, { Filters });
  const reservations = await collectPages(pages, ({ Reservations }) => Reservations);
  const counted = reservations
    .flatMap(({ Instances = [] }) => Instances)
    .filter(({ InstanceLifecycle, InstanceType = '' }) => {
      return InstanceLifecycle === undefined && isStandardFamily(InstanceType);
    });
  return counted.reduce((sum, { CpuOptions: { CoreCount = 0, ThreadsPerCore = 1 } = {} }) => {
    return sum + CoreCount * ThreadsPerCore;
  }, 0);
}

/** GiB of gp3 volumes. */
export async function gp3InUse({ ec2: client }: Clients): Promise<number> {
  const Filters = [{ Name: 'volume-type', Values: ['gp3'] }];
  const volumes = await collectPages(
    paginateDescribeVolumes({ client }, { Filters }),
    (page) => page.Volumes,
  );
  return volumes.reduce((sum, { Size = 0 }) => sum + Size, 0);
}

/** How many Auto Scaling groups the region has. */
export async function groupsInUse({ autoScaling: client }: Clients): Promise<number> {
  const pages = paginateDescribeAutoScalingGroups({ client }, {});
  return (await collectPages(pages, (page) => page.AutoScalingGroups)).length;
}
