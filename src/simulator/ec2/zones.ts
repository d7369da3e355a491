import type {
  AvailabilityZone,
  DescribeAvailabilityZonesCommandInput,
  DescribeAvailabilityZonesCommandOutput,
} from '@aws-sdk/client-ec2';

import { SimulatedFailure } from '../core/failure.ts';
import { table, type World } from '../core/world.ts';
import { type Answer, describeRows, type Ec2Row } from './common.ts';

/** Regions with more than three zones open to everybody. */
const letters: Readonly<Record<string, readonly string[]>> = {
  'us-east-1': ['a', 'b', 'c', 'd', 'e', 'f'],
  'us-west-2': ['a', 'b', 'c', 'd'],
};

interface Outpost {
  readonly zone: string;
  readonly type: 'local-zone' | 'wavelength-zone';
  /** Shown to who asks for all zones alone. */
  readonly isOptedOut?: true;
}

/** Zones of other kinds, most of which the account has opted in to: no NAT gateways, few instance types. */
const outposts: Readonly<Record<string, readonly Outpost[]>> = {
  'us-east-1': [
    { zone: 'us-east-1-bos-1a', type: 'local-zone' },
    { zone: 'us-east-1-wl1-bos-wlz-1', type: 'wavelength-zone' },
    { zone: 'us-east-1-chi-1a', type: 'local-zone', isOptedOut: true },
  ],
  'us-west-2': [{ zone: 'us-west-2-lax-1a', type: 'local-zone' }],
};

/** A zone that is not well: AWS's word for it (AvailabilityZone, `State`). */
export type ZoneState = 'available' | 'information' | 'impaired' | 'unavailable' | 'constrained';

interface ZoneStateRow {
  readonly state: ZoneState;
  /** Nothing in it has power, and nothing starts there. */
  readonly isLost?: true;
}

const states = table<ZoneStateRow>('ec2/zone-states');

/** Says of a zone that it is not well, or well again; what runs there is not touched. For tests and rehearsals. */
export function setZoneState(world: World, zone: string, state: ZoneState): void {
  world.rows(states).set(requireZone(world, zone), { state });
}

/** Marks a zone as one without power, or as well again. What that does to what stands there is `disasters/zone.ts`. */
export function markZone(world: World, zone: string, how: 'lost' | 'well'): void {
  const row: ZoneStateRow = how === 'lost' ? { state: 'impaired', isLost: true } : { state: 'available' };
  world.rows(states).set(requireZone(world, zone), row);
}

/** Whether a zone is without power. */
export function isZoneLost(world: World, zone: string): boolean {
  return world.rows(states).get(zone)?.isLost === true;
}

/** The account's zones, as in `eu-west-1a`. */
export function zonesOf(world: World): string[] {
  return (letters[world.region] ?? ['a', 'b', 'c']).map((letter) => `${world.region}${letter}`);
}

/**
 * The zone of `us-east-1` with the id use1-az3: it has no NAT gateways and none of the newer instance types (NotAvailableInZone, EC2 API error
 * codes). What it is called differs from account to account.
 */
export function isOldZone(world: World, zone: string): boolean {
  return world.region === 'us-east-1' && zoneId(world, zone) === 'use1-az3';
}

/**
 * A zone that somebody named.
 *
 * @throws SimulatedFailure InvalidZone.NotFound
 */
export function requireZone(world: World, zone: string | undefined): string {
  if (zone !== undefined && zonesOf(world).includes(zone)) return zone;
  throw zoneNotFound(zone ?? '');
}

function zoneNotFound(zone: string): SimulatedFailure {
  return new SimulatedFailure('InvalidZone.NotFound', `The zone '${zone}' does not exist.`);
}

/**
 * The zone's id, as in `euw1-az2`: the same for everybody, while the letters are dealt out anew in each account. This
 * account's letters are one off, so that whoever takes the one for the other is found out.
 */
export function zoneId(world: World, zone: string): string {
  const zones = zonesOf(world);
  return `${regionCode(world.region)}-az${((zones.indexOf(zone) + 1) % zones.length) + 1}`;
}

/** `euw1` for `eu-west-1`, `apse2` for `ap-southeast-2`. */
function regionCode(region: string): string {
  const [area = '', ...rest] = region.split('-');
  const short = rest.map((word) => word.replace(/^(north|south)(east|west)$/, '$1-$2'));
  return area + short.map((word) => word.replace(/([a-z])[a-z]*-?/g, '$1')).join('');
}

interface ZoneRow extends Ec2Row {
  readonly zoneId: string;
  readonly type: string;
  readonly state: ZoneState;
  readonly isOptedOut?: true;
}

const ordinary = 'availability-zone';

function groupOf(world: World, { id, type }: ZoneRow): string {
  return type === ordinary ? `${world.region}-zg-1` : id.replace(/[a-z]$|-\d+$/, '');
}

function optInOf({ type, isOptedOut }: ZoneRow): 'opt-in-not-required' | 'opted-in' | 'not-opted-in' {
  if (isOptedOut === true) return 'not-opted-in';
  return type === ordinary ? 'opt-in-not-required' : 'opted-in';
}

function zoneRows(world: World): readonly ZoneRow[] {
  const rest = { tags: {}, visibleAtMs: 0 };
  return [
    ...zonesOf(world).map(
      (id): ZoneRow => ({
        id,
        zoneId: zoneId(world, id),
        type: ordinary,
        state: world.rows(states).get(id)?.state ?? 'available',
        ...rest,
      }),
    ),
    ...(outposts[world.region] ?? []).map(
      ({ zone, ...kind }): ZoneRow => ({
        id: zone,
        zoneId: zone.replace(world.region, regionCode(world.region)),
        state: 'available',
        ...kind,
        ...rest,
      }),
    ),
  ];
}

function toZone(world: World, row: ZoneRow): AvailabilityZone {
  return {
    ZoneName: row.id,
    ZoneId: row.zoneId,
    ZoneType: row.type,
    RegionName: world.region,
    GroupName: groupOf(world, row),
    NetworkBorderGroup: row.type === ordinary ? world.region : groupOf(world, row),
    State: row.state,
    OptInStatus: optInOf(row),
    Messages: [],
  };
}

/** The region's zones; they are there from the beginning, and the call has no pages. */
export const zoneOperations = {
  DescribeAvailabilityZones(
    world: World,
    input: DescribeAvailabilityZonesCommandInput,
  ): Answer<DescribeAvailabilityZonesCommandOutput> {
    // Zones that the account has not opted in to are only shown to who asks for all.
    const rows = zoneRows(world).filter(
      (row) => input.AllAvailabilityZones === true || row.isOptedOut !== true,
    );
    const byZoneId = new Map(rows.map((row) => [row.zoneId, row.id]));
    const found = describeRows(world, new Map(rows.map((row) => [row.id, row])), {
      ids: [...(input.ZoneNames ?? []), ...(input.ZoneIds ?? []).map((id) => byZoneId.get(id) ?? id)],
      filters: input.Filters,
      fields: {
        'zone-name': (row) => [row.id],
        'zone-id': (row) => [row.zoneId],
        'zone-type': (row) => [row.type],
        'region-name': () => [world.region],
        'group-name': (row) => [groupOf(world, row)],
        'opt-in-status': (row) => [optInOf(row)],
        state: (row) => [row.state],
      },
      notFound: (id) => new SimulatedFailure('InvalidParameterValue', `Invalid availability zone: [${id}]`),
    });
    return { AvailabilityZones: found.map((row) => toZone(world, row)) };
  },
} as const;
