import type {
  DescribeInstanceTypeOfferingsCommandInput,
  DescribeInstanceTypeOfferingsCommandOutput,
  DescribeInstanceTypesCommandInput,
  DescribeInstanceTypesCommandOutput,
  Filter,
  InstanceTypeInfo,
  _InstanceType as InstanceTypeName,
} from '@aws-sdk/client-ec2';

import { SimulatedFailure } from '../core/failure.ts';
import { table, type World } from '../core/world.ts';
import { type Answer, describeRows, type Ec2Row, ec2Page } from './common.ts';
import { isOldZone, zonesOf } from './zones.ts';

/** An instance type as far as a deployment cares. */
export interface InstanceTypeRow extends Ec2Row {
  readonly architecture: 'x86_64' | 'arm64';
  readonly vcpus: number;
  readonly memoryMiB: number;
  /** Local NVMe disks; 0 where there is only EBS. */
  readonly localDiskGB: number;
  readonly isBurstable: boolean;
  /** True: the older hypervisor, on which EBS volumes are no NVMe devices. */
  readonly isXen: boolean;
}

interface Family {
  readonly name: string;
  readonly architecture: InstanceTypeRow['architecture'];
  readonly gibPerVcpu: number;
  readonly smallest: 'medium' | 'large';
  readonly localDiskGBPerVcpu?: number;
  readonly isXen?: true;
  /** Sizes of the table that the family has not. */
  readonly lacks?: readonly string[];
}

const arm64 = 'arm64';
const x86 = 'x86_64';

/** Sizes as the "Amazon EC2 instance types" guide lists them, up to 16xlarge and without the bare-metal ones. */
const families: readonly Family[] = [
  ...['m6g', 'm7g', 'm8g'].map((name) => family(name, arm64, 4)),
  ...['r6g', 'r7g', 'r8g'].map((name) => family(name, arm64, 8)),
  ...['c6g', 'c7g', 'c8g'].map((name) => family(name, arm64, 2)),
  ...['m5', 'm6i', 'm7i', 'm7i-flex', 'm7a'].map((name) => family(name, x86, 4)),
  ...['r5', 'r6i', 'r7i'].map((name) => family(name, x86, 8)),
  // It has a 9xlarge and an 18xlarge instead.
  { ...family('c5', x86, 2), lacks: ['8xlarge', '16xlarge'] },
  ...['c6i', 'c7i', 'c7i-flex'].map((name) => family(name, x86, 2)),
  // The last generation before the Nitro system ("Instances built on the AWS Nitro System" lists those that are on it).
  {
    name: 'm4',
    architecture: x86,
    gibPerVcpu: 4,
    smallest: 'large',
    isXen: true,
    lacks: ['8xlarge', '12xlarge'],
  },
  { name: 'r4', architecture: x86, gibPerVcpu: 7.625, smallest: 'large', isXen: true, lacks: ['12xlarge'] },
  {
    name: 'i3',
    architecture: x86,
    gibPerVcpu: 7.625,
    smallest: 'large',
    localDiskGBPerVcpu: 237.5,
    isXen: true,
    lacks: ['12xlarge'],
  },
  { name: 'i4i', architecture: x86, gibPerVcpu: 8, smallest: 'large', localDiskGBPerVcpu: 234.375 },
  {
    name: 'i4g',
    architecture: arm64,
    gibPerVcpu: 8,
    smallest: 'large',
    localDiskGBPerVcpu: 234.375,
    lacks: ['12xlarge'],
  },
];

function family(name: string, architecture: InstanceTypeRow['architecture'], gibPerVcpu: number): Family {
  return { name, architecture, gibPerVcpu, smallest: architecture === arm64 ? 'medium' : 'large' };
}

const vcpusBySize = {
  medium: 1,
  large: 2,
  xlarge: 4,
  '2xlarge': 8,
  '4xlarge': 16,
  '8xlarge': 32,
  '12xlarge': 48,
  '16xlarge': 64,
} as const;

/** The burstable families share one table of sizes. */
const burstable = [
  ['nano', 2, 512],
  ['micro', 2, 1024],
  ['small', 2, 2048],
  ['medium', 2, 4096],
  ['large', 2, 8192],
  ['xlarge', 4, 16_384],
  ['2xlarge', 8, 32_768],
] as const;

function type(id: string, rest: Omit<InstanceTypeRow, keyof Ec2Row>): InstanceTypeRow {
  return { id, tags: {}, visibleAtMs: 0, ...rest };
}

function sizesOf(one: Family): readonly InstanceTypeRow[] {
  return Object.entries(vcpusBySize)
    .filter(([size]) => size !== 'medium' || one.smallest === 'medium')
    .filter(([size]) => one.lacks?.includes(size) !== true)
    .map(([size, vcpus]) =>
      type(`${one.name}.${size}`, {
        architecture: one.architecture,
        vcpus,
        memoryMiB: vcpus * one.gibPerVcpu * 1024,
        localDiskGB: Math.floor(vcpus * (one.localDiskGBPerVcpu ?? 0)),
        isBurstable: false,
        isXen: one.isXen === true,
      }),
    );
}

const burstableRows = (['t2', 't3', 't4g'] as const).flatMap((name) =>
  burstable.map(([size, vcpus, memoryMiB]) =>
    type(`${name}.${size}`, {
      architecture: name === 't4g' ? arm64 : x86,
      vcpus,
      memoryMiB,
      localDiskGB: 0,
      isBurstable: true,
      isXen: name === 't2',
    }),
  ),
);

const rows: ReadonlyMap<string, InstanceTypeRow> = new Map(
  [...families.flatMap(sizesOf), ...burstableRows].map((row) => [row.id, row]),
);

/**
 * What accounts on the free plan may launch, and nothing else ("Free tier usage for Amazon EC2", accounts of 15 July 2025 and
 * later).
 */
const freeTier: readonly string[] = [
  't3.micro',
  't3.small',
  't4g.micro',
  't4g.small',
  'c7i-flex.large',
  'm7i-flex.large',
];

/**
 * Offered everywhere but in each region's third zone, as happens with the families that are bought least: so that who
 * does not ask DescribeInstanceTypeOfferings finds out.
 */
const missingInThirdZone = 'i4g';

/** Families that the region does not have, by name. */
const withheld = table<{ readonly family: string }>('ec2/withheld-families');

/** Takes families out of the region's offer: Graviton, say, which young regions and isolated partitions lack. For tests and rehearsals. */
export function withholdFamilies(world: World, names: readonly string[]): void {
  for (const family of names) world.rows(withheld).set(family, { family });
}

function isWithheld(world: World, typeName: string): boolean {
  return world.rows(withheld).has(typeName.replace(/\..*/, ''));
}

/** An instance type by its name, or undefined when AWS has none such. */
export function instanceType(name: string | undefined): InstanceTypeRow | undefined {
  return rows.get(name ?? '');
}

/** Whether an account on the free plan may start it. */
export function isFreeTier(name: string): boolean {
  return freeTier.includes(name);
}

/** Whether a zone has instances of the type. */
export function isOffered(world: World, typeName: string, zone: string): boolean {
  const row = rows.get(typeName);
  if (row === undefined || isWithheld(world, typeName)) return false;
  if (isOldZone(world, zone) && !row.isXen) return false;
  const zones = zonesOf(world);
  return (
    zones.includes(zone) && !(typeName.startsWith(`${missingInThirdZone}.`) && zones.indexOf(zone) === 2)
  );
}

function toInstanceType(row: InstanceTypeRow): InstanceTypeInfo {
  return {
    // The SDK's list of names is generated, ours are among them.
    InstanceType: row.id as InstanceTypeName,
    CurrentGeneration: true,
    FreeTierEligible: isFreeTier(row.id),
    SupportedUsageClasses: ['on-demand', 'spot'],
    SupportedRootDeviceTypes: ['ebs'],
    SupportedVirtualizationTypes: ['hvm'],
    BareMetal: false,
    Hypervisor: row.isXen ? 'xen' : 'nitro',
    ProcessorInfo: { SupportedArchitectures: [row.architecture] },
    VCpuInfo: { DefaultVCpus: row.vcpus },
    MemoryInfo: { SizeInMiB: row.memoryMiB },
    InstanceStorageSupported: row.localDiskGB > 0,
    ...(row.localDiskGB > 0 ? { InstanceStorageInfo: { TotalSizeInGB: row.localDiskGB } } : {}),
    EbsInfo: {
      EbsOptimizedSupport: 'default',
      EncryptionSupport: 'supported',
      NvmeSupport: row.isXen ? 'unsupported' : 'required',
    },
    NetworkInfo: {
      MaximumNetworkInterfaces: row.vcpus <= 2 ? 3 : row.vcpus <= 16 ? 4 : 8,
      Ipv4AddressesPerInterface: row.vcpus <= 2 ? 10 : 15,
      EnaSupport: 'required',
    },
    BurstablePerformanceSupported: row.isBurstable,
  };
}

/** Instance types and where they are offered, as the EC2 API reference describes them. */
export const instanceTypeOperations = {
  DescribeInstanceTypes(
    world: World,
    input: DescribeInstanceTypesCommandInput,
  ): Answer<DescribeInstanceTypesCommandOutput> {
    const asked: readonly string[] = input.InstanceTypes ?? [];
    // What a region does not have it does not know.
    const unknown = asked.filter((name) => !rows.has(name) || isWithheld(world, name));
    if (unknown.length > 0) {
      throw new SimulatedFailure(
        'InvalidInstanceType',
        `The following supplied instance types do not exist: [${unknown.join(', ')}]`,
      );
    }
    const there = new Map([...rows].filter(([name]) => !isWithheld(world, name)));
    const found = describeRows(world, there, {
      ids: asked,
      filters: input.Filters,
      fields: {
        'instance-type': (row) => [row.id],
        'processor-info.supported-architecture': (row) => [row.architecture],
        'vcpu-info.default-vcpus': (row) => [String(row.vcpus)],
        'memory-info.size-in-mib': (row) => [String(row.memoryMiB)],
        'current-generation': () => ['true'],
        'bare-metal': () => ['false'],
        'free-tier-eligible': (row) => [String(isFreeTier(row.id))],
      },
      notFound: (id) => new SimulatedFailure('InvalidInstanceType', id),
    });
    const { items, nextToken } = ec2Page(found, input);
    return { InstanceTypes: items.map(toInstanceType), NextToken: nextToken };
  },

  /** A type that does not exist is no error here: it is offered nowhere. */
  DescribeInstanceTypeOfferings(
    world: World,
    input: DescribeInstanceTypeOfferingsCommandInput,
  ): Answer<DescribeInstanceTypeOfferingsCommandOutput> {
    const locationType = input.LocationType ?? 'region';
    if (locationType !== 'region' && locationType !== 'availability-zone') {
      throw new SimulatedFailure(
        'InvalidParameterValue',
        `the location type ${locationType} is not simulated`,
      );
    }
    const locations = locationType === 'region' ? [world.region] : zonesOf(world);
    const offerings = locations.flatMap((location) =>
      [...rows.values()]
        .filter((row) =>
          locationType === 'region' ? !isWithheld(world, row.id) : isOffered(world, row.id, location),
        )
        .map((row) => offering(row.id, location)),
    );
    const found = describeRows(world, new Map(offerings.map((one) => [one.id, one])), {
      ids: undefined,
      filters: input.Filters?.filter(hasValues),
      fields: { 'instance-type': (one) => [one.type], location: (one) => [one.location] },
      notFound: (id) => new SimulatedFailure('InvalidParameterValue', id),
    });
    const { items, nextToken } = ec2Page(found, input);
    return {
      InstanceTypeOfferings: items.map((one) => ({
        InstanceType: one.type as InstanceTypeName, // as above
        LocationType: locationType,
        Location: one.location,
      })),
      NextToken: nextToken,
    };
  },
} as const;

function hasValues(filter: Filter): boolean {
  return (filter.Values ?? []).length > 0;
}

interface Offering extends Ec2Row {
  readonly type: string;
  readonly location: string;
}

function offering(typeName: string, location: string): Offering {
  return { id: `${location}/${typeName}`, tags: {}, visibleAtMs: 0, type: typeName, location };
}
