import {
  DescribeAvailabilityZonesCommand,
  DescribeInstanceTypesCommand,
  type Filter,
  type InstanceTypeInfo,
  type InstanceTypeOffering,
  paginateDescribeInstanceTypeOfferings,
  type _InstanceType as SdkInstanceType,
} from '@aws-sdk/client-ec2';

import type { Clients } from '../aws/clients.ts';
import { collectPages } from '../aws/ec2.ts';
import type { Inventory } from '../aws/inventory.ts';
import { unless } from '../aws/unless.ts';
import type { Config } from '../config/config.ts';
import { maxZones } from '../config/schema.ts';
import { subnetCidrs } from '../config/subnets.ts';
import { EsEcsError } from '../errors.ts';
import type { InstanceTypeFacts } from './facts.ts';
import { subnets } from './network/subnet.ts';
import type { Pins } from './pins.ts';

/** Where everything stands, and on what. */
export interface Places {
  readonly zones: readonly string[];
  readonly instanceTypes: ReadonlyMap<string, InstanceTypeFacts>;
  readonly pins: Pins;
}

export interface PlacesQuestion {
  readonly config: Config;
  /** Where a value of the config stands in its file. */
  readonly at: (path: readonly (string | number)[]) => string;
  readonly clients: Clients;
  readonly inventory: Inventory;
  readonly pins: Pins;
}

/** An instance type that the config asks for, and where it does. */
interface WantedType {
  readonly name: string;
  readonly path: readonly (string | number)[];
  /** The bastion stands in the first zone only. */
  readonly isBastion: boolean;
}

/**
 * The zones and what is known of the instance types. Asked of AWS only when the config asks for something new: what was
 * found before is pinned, so that a zone that opens in the region moves nothing.
 *
 * @throws EsEcsError ZONE_UNKNOWN, INSTANCE_TYPE_UNAVAILABLE, both naming the line of the config.
 */
export async function gatherPlaces(question: PlacesQuestion): Promise<Places> {
  const { config, clients, inventory } = question;
  const types = wantedTypes(config);
  const pinned = fromPins(question, types);
  if (pinned !== undefined) return pinned;

  const names = [...new Set(types.map((type) => type.name))];
  const [regional, offerings, described, taken] = await Promise.all([
    readZones(clients),
    readOfferings(clients, [{ Name: 'instance-type', Values: names }]),
    readTypes(clients, names),
    inventory.owned(subnets),
  ]);
  const offered = new Map(names.map((name) => [name, zonesOffering(offerings, name)]));
  const instanceTypes = new Map(described.map((type) => [type.InstanceType ?? '', typeFacts(type)]));
  const nowhere = types.find((type) => offered.get(type.name)?.size === 0);
  if (nowhere !== undefined) throw await unavailable(question, nowhere, regional);
  const choice = config.network.zones;
  const zones =
    'names' in choice
      ? namedZones(question, choice.names, regional)
      : chooseZones(question, {
          count: choice.count,
          taken: new Map(taken.map((subnet) => [subnet.cidr, subnet.zone])),
          candidates: regional.filter((zone) => names.every((name) => offered.get(name)?.has(zone))),
          regional,
        });
  for (const type of types) {
    const needed = type.isBastion ? zones.slice(0, 1) : zones;
    const missing = needed.filter((zone) => offered.get(type.name)?.has(zone) !== true);
    if (missing.length > 0 || !instanceTypes.has(type.name)) {
      throw await unavailable(question, type, missing.length > 0 ? missing : needed);
    }
  }
  return { zones, instanceTypes, pins: toPins(config, zones, instanceTypes) };
}

function wantedTypes({ nodeGroups, bastion }: Config): readonly WantedType[] {
  return [
    ...nodeGroups.map((group, index) => ({
      name: group.instanceType,
      path: ['nodeGroups', index, 'instanceType'],
      isBastion: false,
    })),
    ...(bastion.enabled
      ? [{ name: bastion.instanceType, path: ['bastion', 'instanceType'], isBastion: true }]
      : []),
  ];
}

/** By everything that the answer depends on: a pin of another question is no answer. */
function zonesPin(config: Config): string {
  const { zones } = config.network;
  const types = wantedTypes(config).map((type) => type.name);
  const asked = 'names' in zones ? zones.names.join('+') : String(zones.count);
  return ['zones', asked, [...new Set(types)].sort().join('+')].join('/');
}

function typePin(name: string): string {
  return `instance-type/${name}`;
}

function toPins(
  config: Config,
  zones: readonly string[],
  types: ReadonlyMap<string, InstanceTypeFacts>,
): Pins {
  const typePins = [...types].map(([name, { architecture, vcpus, memoryMiB }]) => [
    typePin(name),
    `${architecture} ${vcpus} ${memoryMiB}`,
  ]);
  return Object.fromEntries([[zonesPin(config), zones.join(' ')], ...typePins]) as Pins; // pairs of strings
}

function fromPins({ config, pins }: PlacesQuestion, types: readonly WantedType[]): Places | undefined {
  const zones = pins[zonesPin(config)]?.split(' ');
  if (zones === undefined) return undefined;
  const instanceTypes = new Map<string, InstanceTypeFacts>();
  for (const { name } of types) {
    const facts = parseType(pins[typePin(name)]);
    if (facts === undefined) return undefined;
    instanceTypes.set(name, facts);
  }
  return { zones, instanceTypes, pins: toPins(config, zones, instanceTypes) };
}

function parseType(pin: string | undefined): InstanceTypeFacts | undefined {
  const [architecture, vcpus, memoryMiB] = pin?.split(' ') ?? [];
  if (architecture !== 'x86_64' && architecture !== 'arm64') return undefined;
  return { architecture, vcpus: Number(vcpus), memoryMiB: Number(memoryMiB) };
}

/** The region's own zones by name; local and wavelength zones have no NAT gateways and are left out. */
async function readZones(clients: Clients): Promise<readonly string[]> {
  const { AvailabilityZones: zones = [] } = await clients.ec2.send(new DescribeAvailabilityZonesCommand({}));
  return zones
    .filter((zone) => (zone.ZoneType ?? 'availability-zone') === 'availability-zone')
    .map((zone) => zone.ZoneName ?? '')
    .sort();
}

function readOfferings(clients: Clients, Filters: Filter[]): Promise<readonly InstanceTypeOffering[]> {
  const request = { LocationType: 'availability-zone' as const, Filters };
  return collectPages(
    paginateDescribeInstanceTypeOfferings({ client: clients.ec2 }, request),
    (page) => page.InstanceTypeOfferings,
  );
}

function zonesOffering(offerings: readonly InstanceTypeOffering[], type: string): ReadonlySet<string> {
  const own = offerings.filter((offering) => offering.InstanceType === type);
  return new Set(own.map((offering) => offering.Location ?? ''));
}

/** One unknown type spoils the whole answer; none is then known, and the offerings tell which. */
async function readTypes(clients: Clients, names: readonly string[]): Promise<readonly InstanceTypeInfo[]> {
  const InstanceTypes = names as SdkInstanceType[]; // AWS makes new types faster than the SDK lists them
  const command = new DescribeInstanceTypesCommand({ InstanceTypes });
  const answer = await unless(['InvalidInstanceType'], clients.ec2.send(command));
  return answer?.InstanceTypes ?? [];
}

function typeFacts(type: InstanceTypeInfo): InstanceTypeFacts {
  const isArm = type.ProcessorInfo?.SupportedArchitectures?.includes('arm64') === true;
  return {
    architecture: isArm ? 'arm64' : 'x86_64',
    vcpus: type.VCpuInfo?.DefaultVCpus ?? 1,
    memoryMiB: type.MemoryInfo?.SizeInMiB ?? 0,
  };
}

function namedZones(
  { at, config }: PlacesQuestion,
  names: readonly string[],
  regional: readonly string[],
): readonly string[] {
  const index = names.findIndex((name) => !regional.includes(name));
  const unknown = names[index];
  if (unknown === undefined) return names;
  const where = at(['network', 'zones', index]);
  throw new EsEcsError(
    'ZONE_UNKNOWN',
    `${where}: ${unknown} is not a zone of ${config.region} for this account`,
    {
      hint: `zones there: ${regional.join(', ')}`,
    },
  );
}

/**
 * So many zones: those where the cluster's subnets already stand keep their place (the split of the VPC says which), and
 * the free places go to the region's other zones by name.
 */
function chooseZones(
  { at, config }: PlacesQuestion,
  among: {
    readonly count: number;
    /** By CIDR of the subnet. */
    readonly taken: ReadonlyMap<string, string>;
    readonly candidates: readonly string[];
    readonly regional: readonly string[];
  },
): readonly string[] {
  const { count, taken, candidates, regional } = among;
  const places = subnetCidrs(config.network.cidr, maxZones).map(
    (place) => taken.get(place.private) ?? taken.get(place.public),
  );
  const free = candidates.filter((zone) => !places.includes(zone));
  const zones = places.slice(0, count).map((zone) => zone ?? free.shift());
  const found = zones.filter((zone) => zone !== undefined);
  if (found.length === count) return found;
  const where = at(['network', 'zones']);
  const types = [...new Set(wantedTypes(config).map((type) => type.name))].join(' and ');
  throw regional.length < count
    ? new EsEcsError('ZONE_UNKNOWN', `${where}: ${config.region} has no ${count} zones for this account`, {
        hint: `zones there: ${regional.join(', ')}`,
      })
    : new EsEcsError(
        'INSTANCE_TYPE_UNAVAILABLE',
        `${where}: ${config.region} has no ${count} zones that offer ${types}`,
        {
          hint:
            candidates.length === 0
              ? 'no zone there offers it; take another instanceType or region'
              : `offered in: ${candidates.join(', ')}; set network.zones to ${found.length}, or take another instanceType`,
        },
      );
}

/** How many alternatives are named. */
const alternativesNamed = 3;

async function unavailable(
  { at, clients, config }: PlacesQuestion,
  type: WantedType,
  zones: readonly string[],
): Promise<EsEcsError> {
  const [family = '', size = ''] = type.name.split('.');
  const offerings = await readOfferings(clients, [
    { Name: 'location', Values: [...zones] },
    { Name: 'instance-type', Values: [`${family.slice(0, 1)}*.${size}`] },
  ]);
  const names = [...new Set(offerings.map((offering): string => offering.InstanceType ?? ''))];
  const everywhere = names.filter((name) => {
    const offered = zonesOffering(offerings, name);
    return zones.every((zone) => offered.has(zone));
  });
  const kind = (name: string): string => name.split('.')[0]?.replace(/\d+/g, '') ?? '';
  const alike = (name: string): boolean => kind(name) === kind(type.name);
  const named = everywhere.sort(
    (a, b) => Number(alike(b)) - Number(alike(a)) || b.localeCompare(a, 'en', { numeric: true }),
  );
  const where = zones.length === 0 ? config.region : zones.join(', ');
  return new EsEcsError(
    'INSTANCE_TYPE_UNAVAILABLE',
    `${at(type.path)}: ${type.name} is not offered in ${where}`,
    {
      hint:
        named.length === 0
          ? 'take another instanceType, or other zones'
          : `offered there: ${named.slice(0, alternativesNamed).join(', ')}`,
    },
  );
}
