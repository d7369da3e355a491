import fc from 'fast-check';
import { Netmask } from 'netmask';
import { describe, expect, it } from 'vitest';
import { hostCapacity, largestVpcPrefix, smallestVpcPrefix, subnetCidrs } from '../../src/config/subnets.ts';

const vpcs = fc
  .tuple(fc.integer({ min: 0, max: 0xffffff }), fc.integer({ min: largestVpcPrefix, max: smallestVpcPrefix }))
  .map(([bits, prefix]) =>
    new Netmask(`10.${bits >> 16}.${(bits >> 8) & 255}.${bits & 255}/${prefix}`).toString(),
  );
const zoneCounts = fc.integer({ min: 1, max: 6 });

function all(cidr: string, zones: number): readonly Netmask[] {
  return subnetCidrs(cidr, zones).flatMap((zone) => [new Netmask(zone.private), new Netmask(zone.public)]);
}

function overlap(a: Netmask, b: Netmask): boolean {
  return a.contains(b) || b.contains(a);
}

describe('subnetCidrs', () => {
  it('splits the default VPC', () => {
    expect(subnetCidrs('10.0.0.0/16', 3)).toEqual([
      { private: '10.0.0.0/20', public: '10.0.16.0/21' },
      { private: '10.0.32.0/20', public: '10.0.48.0/21' },
      { private: '10.0.64.0/20', public: '10.0.80.0/21' },
    ]);
  });

  it('splits the smallest VPC into subnets of the smallest size', () => {
    expect(subnetCidrs('10.1.2.0/24', 6).at(-1)).toEqual({
      private: '10.1.2.160/28',
      public: '10.1.2.176/28',
    });
  });

  it('gives subnets that do not overlap', () => {
    fc.assert(
      fc.property(vpcs, zoneCounts, (cidr, zones) => {
        const subnets = all(cidr, zones);
        expect(subnets).toHaveLength(2 * zones);
        subnets.forEach((subnet, index) => {
          expect(subnets.slice(index + 1).some((other) => overlap(subnet, other))).toBe(false);
        });
      }),
    );
  });

  it('stays inside the VPC, with sizes that AWS accepts', () => {
    fc.assert(
      fc.property(vpcs, zoneCounts, (cidr, zones) => {
        const vpc = new Netmask(cidr);
        for (const subnet of all(cidr, zones)) {
          expect(vpc.contains(subnet)).toBe(true);
          expect(subnet.bitmask).toBeLessThanOrEqual(28);
        }
        for (const zone of subnetCidrs(cidr, zones)) {
          expect(new Netmask(zone.private).size).toBe(vpc.size / 16);
          expect(new Netmask(zone.public).size).toBe(Math.max(16, vpc.size / 32));
        }
      }),
    );
  });

  it('moves no subnet when zones are added', () => {
    fc.assert(
      fc.property(vpcs, zoneCounts, zoneCounts, (cidr, some, more) => {
        const few = Math.min(some, more);
        expect(subnetCidrs(cidr, Math.max(some, more)).slice(0, few)).toEqual(subnetCidrs(cidr, few));
      }),
    );
  });
});

describe('hostCapacity', () => {
  it('leaves out the five addresses that AWS keeps', () => {
    expect(hostCapacity('10.0.0.0/28')).toBe(11);
    expect(hostCapacity('10.0.0.0/20')).toBe(4091);
  });
});
