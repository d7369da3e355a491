import {
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
import { standingZones } from '../config/subnets.ts';
import { EsEcsError } from '../errors.ts';
import { chooseZones } from './choose-zones.ts';
import type { InstanceTypeFacts } from './facts.ts';
import { typeFacts } from './instance-type-facts.ts';
import { judgeTypes, unfitness } from './judge-types.ts';
import { subnets } from './network/subnet.ts';
import type { Pins } from './pins.ts';
import { judgeZone, readZones, type RegionalZones, zonesThere } from './regional-zones.ts';
import { missingType, type WantedType, wantedTypes } from './wanted-types.ts';

/** Where everything stands, and on what. */
export interface Places {
  readonly zones: readonly string[];
  /** One of them that offers the bastion's type; undefined with the bastion off. */
  readonly bastionZone: string | undefined;
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
  /** By the node's name, where its data volume stands. */
  readonly standing: Promise<ReadonlyMap<string, string>>;
}

/**
 * The zones and what is known of the instance types. Asked of AWS only when the config asks for something new: what was
 * found before is pinned, so that a zone that opens in the region moves nothing.
 *
 * @throws EsEcsError ZONE_UNKNOWN, ZONE_UNFIT, INSTANCE_TYPE_UNAVAILABLE, INSTANCE_TYPE_UNFIT, each naming the line of the config.
 */
export async function gatherPlaces(question: PlacesQuestion): Promise<Places> {
  const { config } = question;
  const types = wantedTypes(config);
  const places = fromPins(question, types) ?? (await askPlaces(question, types));
  judgeTypes(config, question.at, places.instanceTypes);
  return places;
}

async function askPlaces(question: PlacesQuestion, types: readonly WantedType[]): Promise<Places> {
  const { config, clients, inventory } = question;
  const names = [...new Set(types.map((type) => type.name))];
  const [regional, offerings, described, taken, volumeZones] = await Promise.all([
    readZones(clients),
    readOfferings(clients, [{ Name: 'instance-type', Values: names }]),
    readTypes(clients, names),
    inventory.owned(subnets),
    question.standing,
  ]);
  const offered = new Map(names.map((name) => [name, zonesOffering(offerings, name)]));
  const instanceTypes = new Map(described.map((type) => [type.InstanceType ?? '', typeFacts(type)]));
  const nowhere = types.find((type) => offered.get(type.name)?.size === 0);
  if (nowhere !== undefined) throw await unavailable(question, nowhere, regional.names);
  const choice = config.network.zones;
  const zones =
    'names' in choice
      ? await namedZones(question, choice.names, {
          regional,
          taken: new Set(taken.map((subnet) => subnet.zone)),
        })
      : countedZones(question, {
          count: choice.count,
          standing: standingZones(config.network.cidr, taken),
          offered,
          regional,
          volumeZones,
        });
  const missing = missingType(config, { zones, volumeZones }, offered);
  if (missing !== undefined) throw await unavailable(question, missing.type, missing.zones);
  const unknown = types.find((type) => !instanceTypes.has(type.name));
  if (unknown !== undefined) throw await unavailable(question, unknown, zones);
  const { bastion } = config;
  const bastionZone = bastion.enabled
    ? zones.find((zone) => offered.get(bastion.instanceType)?.has(zone))
    : undefined;
  return { zones, bastionZone, instanceTypes, pins: toPins(config, { zones, bastionZone, instanceTypes }) };
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

function bastionPin(zones: readonly string[], name: string): string {
  return ['bastion-zone', zones.join('+'), name].join('/');
}

function toPins(config: Config, { zones, bastionZone, instanceTypes }: Omit<Places, 'pins'>): Pins {
  const { bastion } = config;
  const typePins = [...instanceTypes].map(([name, facts]) => [typePin(name), typeWords(facts)]);
  const bastionPins =
    bastion.enabled && bastionZone !== undefined
      ? [[bastionPin(zones, bastion.instanceType), bastionZone]]
      : [];
  // Pairs of strings.
  return Object.fromEntries([[zonesPin(config), zones.join(' ')], ...typePins, ...bastionPins]) as Pins;
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
  const { bastion } = config;
  // Before the bastion had a choice it stood in the first zone.
  const bastionZone = bastion.enabled
    ? (pins[bastionPin(zones, bastion.instanceType)] ?? zones[0])
    : undefined;
  return { zones, bastionZone, instanceTypes, pins: toPins(config, { zones, bastionZone, instanceTypes }) };
}

function typeWords({ architecture, vcpus, memoryMiB, hasNvmeVolumes }: InstanceTypeFacts): string {
  return `${architecture} ${vcpus} ${memoryMiB}${hasNvmeVolumes ? '' : ' xen'}`;
}

function parseType(pin: string | undefined): InstanceTypeFacts | undefined {
  const [architecture, vcpus, memoryMiB, hypervisor] = pin?.split(' ') ?? [];
  if (architecture !== 'x86_64' && architecture !== 'arm64') return undefined;
  const hasNvmeVolumes = hypervisor !== 'xen';
  return { architecture, vcpus: Number(vcpus), memoryMiB: Number(memoryMiB), hasNvmeVolumes };
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

/** The zones that the config names, each of which must do. */
async function namedZones(
  { at, config, clients }: PlacesQuestion,
  names: readonly string[],
  among: { readonly regional: RegionalZones; readonly taken: ReadonlySet<string> },
): Promise<readonly string[]> {
  const { regional, taken } = among;
  for (const [index, name] of names.entries()) {
    const where = at(['network', 'zones', index]);
    await judgeZone({ name, where, region: config.region, isInUse: taken.has(name) }, regional, clients);
  }
  return names;
}

/**
 * So many zones: those where the cluster already stands keep their place, and the free places go to the region's other zones by name.
 */
function countedZones(
  { at, config }: PlacesQuestion,
  among: {
    readonly count: number;
    /** Where subnets stand, by their part of the VPC. */
    readonly standing: readonly (string | undefined)[];
    /** By type, the zones that offer it. */
    readonly offered: ReadonlyMap<string, ReadonlySet<string>>;
    readonly regional: RegionalZones;
    /** By the node's name. */
    readonly volumeZones: ReadonlyMap<string, string>;
  },
): readonly string[] {
  const { count, standing, offered, regional, volumeZones } = among;
  // Another node group may come to any zone later: those that offer everything come first.
  const candidates = regional.wellOnes.filter((zone) =>
    [...offered.values()].every((zones) => zones.has(zone)),
  );
  // One in which no node could ever stand is no choice; in some such zones AWS makes no NAT gateways either.
  const nodeTypes = config.nodeGroups.map((group) => group.instanceType);
  const others = regional.wellOnes.filter(
    (zone) => !candidates.includes(zone) && nodeTypes.some((type) => offered.get(type)?.has(zone)),
  );
  const found = chooseZones({
    places: placesTaken(count, standing, new Set(volumeZones.values())),
    // What stands beyond the wanted count keeps its zone, too.
    candidates: [...candidates, ...others].filter((zone) => !standing.includes(zone)),
    suits: (zones) => missingType(config, { zones, volumeZones }, offered) === undefined,
  });
  if (found !== undefined) return found;
  const where = at(['network', 'zones']);
  const types = [...new Set(wantedTypes(config).map((type) => type.name))].join(' and ');
  throw regional.wellOnes.length < count
    ? new EsEcsError('ZONE_UNKNOWN', `${where}: ${config.region} has no ${count} zones for this account`, {
        hint: zonesThere(regional),
      })
    : new EsEcsError(
        'INSTANCE_TYPE_UNAVAILABLE',
        `${where}: ${config.region} has no ${count} zones that offer ${types}`,
        {
          hint:
            candidates.length === 0
              ? 'no zone there offers it; take another instanceType or region'
              : `offered in: ${candidates.join(', ')}; set network.zones to ${candidates.length}, or take another instanceType`,
        },
      );
}

/**
 * Where the cluster stands already, zones with data before all others. Each keeps the place of its part of the VPC where there is such a place, as
 * the first zone is more than the others (`nat: single`).
 */
function placesTaken(
  count: number,
  standing: readonly (string | undefined)[],
  withData: ReadonlySet<string>,
): readonly (string | undefined)[] {
  const there = standing.filter((zone) => zone !== undefined);
  const kept = [
    ...there.filter((zone) => withData.has(zone)),
    ...there.filter((zone) => !withData.has(zone)),
  ].slice(0, count);
  const places = Array.from({ length: count }, (_, index) => {
    const zone = standing[index];
    return zone !== undefined && kept.includes(zone) ? zone : undefined;
  });
  const others = there.filter((zone) => kept.includes(zone) && !places.includes(zone));
  return places.map((zone) => zone ?? others.shift());
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
  const fit = type.group === undefined ? named : await fitOnes(clients, named);
  const where = zones.length === 0 ? config.region : zones.join(', ');
  return new EsEcsError(
    'INSTANCE_TYPE_UNAVAILABLE',
    `${at(type.path)}: ${type.name} is not offered in ${where}`,
    {
      hint:
        fit.length === 0
          ? 'take another instanceType, or other zones'
          : `offered there: ${fit.slice(0, alternativesNamed).join(', ')}`,
    },
  );
}

/** Those on which a node can run: no advice may lead to the next refusal. */
async function fitOnes(clients: Clients, names: readonly string[]): Promise<readonly string[]> {
  const described = await readTypes(clients, names.slice(0, typesAtOnce));
  const facts = new Map(described.map((type) => [type.InstanceType ?? '', typeFacts(type)]));
  return names.filter((name) => {
    const one = facts.get(name);
    return one !== undefined && unfitness(one) === undefined;
  });
}

/** DescribeInstanceTypes takes a hundred names (EC2 API reference). */
const typesAtOnce = 100;
