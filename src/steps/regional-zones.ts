import { type AvailabilityZone, DescribeAvailabilityZonesCommand } from '@aws-sdk/client-ec2';

import type { Clients } from '../aws/clients.ts';
import { EsEcsError } from '../errors.ts';

/** The region's own zones by name; local and wavelength zones have no NAT gateways and are left out. */
export interface RegionalZones {
  readonly names: readonly string[];
  /** Those in which something new may be begun: an impaired or constrained one is nobody's choice. */
  readonly wellOnes: readonly string[];
  /** AWS's word for the others: `impaired`, `constrained`, `unavailable`. */
  readonly states: ReadonlyMap<string, string>;
}

/** With `information` AWS has a message about a zone, and nothing is wrong with it (AvailabilityZone, `State`). */
const wellStates: readonly string[] = ['available', 'information'];

/** Reads the zones that the account can use. */
export async function readZones(clients: Clients): Promise<RegionalZones> {
  const { AvailabilityZones: all = [] } = await clients.ec2.send(new DescribeAvailabilityZonesCommand({}));
  const zones = all.filter(isOrdinary).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const unwell = zones.filter(({ State = 'available' }) => !wellStates.includes(State));
  const states = new Map(unwell.map((zone) => [nameOf(zone), String(zone.State)]));
  const names = zones.map(nameOf);
  return { names, wellOnes: names.filter((name) => !states.has(name)), states };
}

function isOrdinary({ ZoneType = 'availability-zone' }: AvailabilityZone): boolean {
  return ZoneType === 'availability-zone';
}

function nameOf({ ZoneName = '' }: AvailabilityZone): string {
  return ZoneName;
}

/** What names the zones that can be taken, and the others with AWS's word for them. */
export function zonesThere({ wellOnes, states }: RegionalZones): string {
  const unwell = [...states].map(([name, state]) => `${name} (${state})`);
  const apart = unwell.length === 0 ? '' : `; not well at the moment: ${unwell.join(', ')}`;
  return `zones there: ${wellOnes.join(', ')}${apart}`;
}

/** A zone that the config names. */
export interface NamedZone {
  readonly name: string;
  /** Where in the config. */
  readonly where: string;
  readonly region: string;
  /** Something of the cluster stands there: it stays, whatever becomes of the zone. */
  readonly isInUse: boolean;
}

/**
 * Refuses a zone in which a cluster could not be begun, with why.
 *
 * @throws EsEcsError ZONE_UNKNOWN, ZONE_UNFIT
 */
export async function judgeZone(zone: NamedZone, regional: RegionalZones, clients: Clients): Promise<void> {
  const { name, where, region, isInUse } = zone;
  const hint = zonesThere(regional);
  const state = regional.states.get(name);
  if (state !== undefined && !isInUse) {
    throw new EsEcsError('ZONE_UNFIT', `${where}: AWS calls ${name} ${state}: nothing new is begun there`, {
      hint: [hint, 'or wait until AWS calls it available; what stands in a zone stays there'],
    });
  }
  if (regional.names.includes(name)) return;
  const kind = await otherKind(clients, name);
  throw kind === undefined
    ? new EsEcsError('ZONE_UNKNOWN', `${where}: ${name} is not a zone of ${region} for this account`, {
        hint,
      })
    : new EsEcsError('ZONE_UNFIT', `${where}: ${name} is a ${kind}, where there are no NAT gateways`, {
        hint,
      });
}

/** What else a zone is, such as `local zone that the account has not opted in to`; undefined for one that there is not. */
async function otherKind(clients: Clients, name: string): Promise<string | undefined> {
  const command = new DescribeAvailabilityZonesCommand({ AllAvailabilityZones: true });
  const { AvailabilityZones: all = [] } = await clients.ec2.send(command);
  const found = all.find((zone) => nameOf(zone) === name);
  if (found === undefined || isOrdinary(found)) return undefined;
  const optedIn = found.OptInStatus === 'not-opted-in' ? ' that the account has not opted in to' : '';
  return `${String(found.ZoneType).replace('-', ' ')}${optedIn}`;
}
