import fc from 'fast-check';
import { Netmask } from 'netmask';
import { describe, expect, it } from 'vitest';
import {
  hostCapacity,
  largestVpcPrefix,
  smallestVpcPrefix,
  type StandingSubnet,
  standingZones,
  subnetCidrs,
  zoneSubnets,
} from '../../src/config/subnets.ts';

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

describe('zoneSubnets', () => {
  const lists = fc.array(fc.shuffledSubarray(['a', 'b', 'c', 'd', 'e', 'f'], { minLength: 1 }), {
    minLength: 1,
    maxLength: 6,
  });
  const subnetsOf = (
    standing: ReadonlyMap<string, ReturnType<typeof subnetCidrs>[number]>,
  ): StandingSubnet[] =>
    [...standing].flatMap(([zone, own]) => [
      { zone, cidr: own.private },
      { zone, cidr: own.public },
    ]);

  it('is the plain split where nothing stands', () => {
    expect([...zoneSubnets('10.0.0.0/16', ['x', 'y'], []).values()]).toEqual(subnetCidrs('10.0.0.0/16', 2));
  });

  it('from any zones to any others: what stays stays, and nothing is where something of another stands', () => {
    fc.assert(
      fc.property(vpcs, lists, (cidr, changes) => {
        let before: ReturnType<typeof zoneSubnets> = new Map();
        for (const zones of changes) {
          const after = zoneSubnets(cidr, zones, subnetsOf(before));
          expect([...after.keys()]).toEqual(zones);
          for (const [zone, own] of after) expect(before.get(zone) ?? own).toEqual(own);
          // The old ones stand until the new ones do.
          const both = new Map([...before, ...after]);
          const cidrs = subnetsOf(both).map((one) => one.cidr);
          expect(new Set(cidrs).size).toBe(cidrs.length);
          // The same again, whichever of the two subnets of a zone is all that stands.
          const halves = [...after].map(([zone, own], index) => ({
            zone,
            cidr: index % 2 === 0 ? own.private : own.public,
          }));
          expect(zoneSubnets(cidr, zones, halves)).toEqual(after);
          before = after;
        }
      }),
    );
  });

  it('gives nothing to the zones that no part is left for', () => {
    const standing = subnetCidrs('10.0.0.0/16', 7).map((own, index) => ({
      zone: String(index),
      cidr: own.public,
    }));
    expect([...zoneSubnets('10.0.0.0/16', ['new', 'newer'], standing).keys()]).toEqual(['new']);
    expect(standingZones('10.0.0.0/16', standing)).toEqual(['0', '1', '2', '3', '4', '5', '6', undefined]);
  });
});

describe('hostCapacity', () => {
  it('leaves out the five addresses that AWS keeps', () => {
    expect(hostCapacity('10.0.0.0/28')).toBe(11);
    expect(hostCapacity('10.0.0.0/20')).toBe(4091);
  });
});
