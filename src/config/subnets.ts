import { Netmask } from 'netmask';

/** The subnets of one zone. */
export interface ZoneSubnets {
  readonly public: string;
  readonly private: string;
}

/** Blocks that a VPC is cut into, one a zone; two more than `maxZones` stay free for later. */
const blocks = 8;

/** AWS makes no smaller subnet (EC2, CreateSubnet). */
const smallestSubnetPrefix = 28;

/** AWS keeps the first four addresses and the last one of every subnet (EC2, CreateSubnet). */
const reservedAddresses = 5;

/** The longest VPC prefix of which every zone still gets two subnets that AWS accepts. */
export const smallestVpcPrefix = 24;

/** The shortest prefix that AWS accepts for a VPC. */
export const largestVpcPrefix = 16;

/**
 * The subnets of the first `zoneCount` zones, in the order of the zones.
 *
 * The VPC is cut into eight equal blocks whatever the number of zones, and zone i lives in block i of a new VPC (`zoneSubnets` says
 * where it lives in one that stands): adding a zone never moves a subnet that exists, up to six zones. The lower half of a block is the private
 * subnet, where the nodes are; a quarter (or /28, where a quarter would be smaller than AWS allows) is the
 * public one; the rest of the block is free. 10.0.0.0/16 gives 10.0.0.0/20 and 10.0.16.0/21, then
 * 10.0.32.0/20 and 10.0.48.0/21, and so on.
 *
 * @param cidr a network address of prefix /16 to /24, as the rules of the config make sure of
 */
export function subnetCidrs(cidr: string, zoneCount: number): readonly ZoneSubnets[] {
  const vpc = new Netmask(cidr);
  const privatePrefix = vpc.bitmask + Math.log2(blocks) + 1;
  const publicPrefix = Math.min(privatePrefix + 1, smallestSubnetPrefix);
  const first = new Netmask(vpc.base, privatePrefix);
  return Array.from({ length: zoneCount }, (_, zone) => ({
    private: first.next(2 * zone).toString(),
    public: new Netmask(first.next(2 * zone + 1).base, publicPrefix).toString(),
  }));
}

/** A subnet that stands. */
export interface StandingSubnet {
  readonly zone: string;
  readonly cidr: string;
}

/**
 * The subnets of each zone where some of them may stand already. A zone keeps the block that it has; one without takes the first block in which
 * nothing stands, also nothing of a zone that is on its way out. Where nothing stands at all zone i has block i.
 *
 * @returns by zone, in their order; without the zones for which no block is left
 */
export function zoneSubnets(
  cidr: string,
  zones: readonly string[],
  standing: readonly StandingSubnet[],
): ReadonlyMap<string, ZoneSubnets> {
  const all = subnetCidrs(cidr, blocks);
  const holders = standingZones(cidr, standing);
  const held = new Map(all.map((block, index) => [holders[index], block]));
  const free = all.filter((_, index) => holders[index] === undefined);
  return new Map(
    zones.flatMap((zone) => {
      const block = held.get(zone) ?? free.shift();
      return block === undefined ? [] : [[zone, block] as const];
    }),
  );
}

/** The zones in which subnets stand, in the order of their blocks; undefined for a block in which nothing stands. */
export function standingZones(
  cidr: string,
  standing: readonly StandingSubnet[],
): readonly (string | undefined)[] {
  return subnetCidrs(cidr, blocks).map(
    (block) => standing.find((one) => one.cidr === block.private || one.cidr === block.public)?.zone,
  );
}

/** How many hosts fit into a subnet. */
export function hostCapacity(cidr: string): number {
  return new Netmask(cidr).size - reservedAddresses;
}
