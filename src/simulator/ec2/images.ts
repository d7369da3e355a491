import type { DescribeImagesCommandInput, DescribeImagesCommandOutput, Image } from '@aws-sdk/client-ec2';

import { SimulatedFailure } from '../core/failure.ts';
import { table, type World } from '../core/world.ts';
import { type Answer, describeRows, type Ec2Row, ec2Page } from './common.ts';

/** A public machine image of Amazon's. */
export interface PublicImage extends Ec2Row {
  readonly name: string;
  readonly description: string;
  readonly architecture: 'x86_64' | 'arm64';
  /** Whether Docker and the ECS agent are on it. */
  readonly hasEcsAgent: boolean;
  readonly rootSizeGiB: number;
  readonly snapshotId: string;
  readonly createdAtMs: number;
  /** The public SSM parameters that name it; none once a newer one has taken its place. */
  readonly parameters: readonly string[];
}

interface Line {
  readonly key: string;
  readonly name: (date: string) => string;
  readonly description: string;
  readonly architecture: PublicImage['architecture'];
  readonly hasEcsAgent: boolean;
  readonly rootSizeGiB: number;
  readonly parameters: readonly string[];
}

const ecsParameters = '/aws/service/ecs/optimized-ami/amazon-linux-2023';
const latestParameters = '/aws/service/ami-amazon-linux-latest';

const lines: readonly Line[] = [
  {
    key: '1',
    name: (date) => `al2023-ami-ecs-hvm-2023.0.${date}-kernel-6.1-x86_64-ebs`,
    description: 'Amazon Linux AMI 2023 x86_64 ECS HVM EBS',
    architecture: 'x86_64',
    hasEcsAgent: true,
    rootSizeGiB: 30,
    parameters: [`${ecsParameters}/recommended/image_id`],
  },
  {
    key: '2',
    name: (date) => `al2023-ami-ecs-hvm-2023.0.${date}-kernel-6.1-arm64-ebs`,
    description: 'Amazon Linux AMI 2023 arm64 ECS HVM EBS',
    architecture: 'arm64',
    hasEcsAgent: true,
    rootSizeGiB: 30,
    parameters: [`${ecsParameters}/arm64/recommended/image_id`],
  },
  {
    key: '3',
    name: (date) => `al2023-ami-2023.9.${date}.0-kernel-6.1-x86_64`,
    description: 'Amazon Linux 2023 AMI x86_64 HVM kernel-6.1',
    architecture: 'x86_64',
    hasEcsAgent: false,
    rootSizeGiB: 8,
    parameters: [
      `${latestParameters}/al2023-ami-kernel-default-x86_64`,
      `${latestParameters}/al2023-ami-kernel-6.1-x86_64`,
    ],
  },
  {
    key: '4',
    name: (date) => `al2023-ami-2023.9.${date}.0-kernel-6.1-arm64`,
    description: 'Amazon Linux 2023 AMI arm64 HVM kernel-6.1',
    architecture: 'arm64',
    hasEcsAgent: false,
    rootSizeGiB: 8,
    parameters: [
      `${latestParameters}/al2023-ami-kernel-default-arm64`,
      `${latestParameters}/al2023-ami-kernel-6.1-arm64`,
    ],
  },
];

interface ReleaseRow {
  readonly count: number;
}

/** How often Amazon has published new images since the account began, under the one key `images`. */
const releases = table<ReleaseRow>('ec2/image-releases');

interface RootSizeRow {
  readonly sizeGiB: number;
}

/** What the snapshots of new images ask for, where it is not what they ask for today, under the one key `root`. */
const rootSizes = table<RootSizeRow>('ec2/image-root-size');

/** Makes the snapshots of the ECS-optimised images larger or smaller. For tests. */
export function setRootSize(world: World, sizeGiB: number): void {
  world.rows(rootSizes).set('root', { sizeGiB });
}

const firstReleaseMs = Date.UTC(2025, 11, 1);
const releaseEveryMs = 14 * 24 * 3600 * 1000;

/**
 * Publishes a new image of each kind: the public parameters then name the new ones, and the old ones stay, as on AWS.
 * For tests and rehearsals of an image update.
 */
export function releaseImages(world: World): void {
  const count = world.rows(releases).get('images')?.count ?? 0;
  world.rows(releases).set('images', { count: count + 1 });
}

const unpublished = table<{ readonly isSo: true }>('ec2/images-unpublished');

/** Takes the public parameters that name images out of the region, as of one where Amazon does not publish them. For tests. */
export function withholdImages(world: World): void {
  world.rows(unpublished).set('images', { isSo: true });
}

/** All public images, old and new. */
export function publicImages(world: World): readonly PublicImage[] {
  const latest = world.rows(releases).get('images')?.count ?? 0;
  const isNamed = !world.rows(unpublished).has('images');
  return Array.from({ length: latest + 1 }, (_, release) => release).flatMap((release) =>
    lines.map((line) =>
      toPublicImage(world.region, sized(world, line), { release, isLatest: isNamed && release === latest }),
    ),
  );
}

function sized(world: World, line: Line): Line {
  const { sizeGiB = line.rootSizeGiB } = world.rows(rootSizes).get('root') ?? {};
  return line.hasEcsAgent ? { ...line, rootSizeGiB: sizeGiB } : line;
}

function toPublicImage(
  region: string,
  line: Line,
  { release, isLatest }: { readonly release: number; readonly isLatest: boolean },
): PublicImage {
  const createdAtMs = firstReleaseMs + release * releaseEveryMs;
  const digits = `${checksum(region)}${line.key.padStart(4, '0')}${release.toString(16).padStart(4, '0')}`;
  const date = new Date(createdAtMs).toISOString().slice(0, 10).replaceAll('-', '');
  return {
    id: `ami-0${digits}`,
    tags: {},
    visibleAtMs: 0,
    name: line.name(date),
    description: line.description,
    architecture: line.architecture,
    hasEcsAgent: line.hasEcsAgent,
    rootSizeGiB: line.rootSizeGiB,
    snapshotId: `snap-0${digits}`,
    createdAtMs,
    parameters: isLatest ? line.parameters : [],
  };
}

/** Eight hexadecimal digits that differ by region, as image ids do. */
function checksum(text: string): string {
  let sum = 2_166_136_261;
  for (const letter of text) sum = Math.imul(sum ^ letter.charCodeAt(0), 16_777_619) >>> 0;
  return sum.toString(16).padStart(8, '0');
}

/** @throws SimulatedFailure InvalidAMIID.Malformed, InvalidAMIID.NotFound */
export function requireImage(world: World, id: string | undefined): PublicImage {
  const asked = id ?? '';
  if (!/^ami-[0-9a-f]{8,17}$/.test(asked)) {
    throw new SimulatedFailure('InvalidAMIID.Malformed', `Invalid id: "${asked}" (expecting "ami-...")`);
  }
  const image = publicImages(world).find((one) => one.id === asked);
  if (image === undefined) throw imageNotFound(asked);
  return image;
}

function imageNotFound(id: string): SimulatedFailure {
  return new SimulatedFailure('InvalidAMIID.NotFound', `The image id '[${id}]' does not exist`);
}

/** The image's root device, as Amazon's images have it. */
export const rootDevice = '/dev/xvda';

function toImage(image: PublicImage): Image {
  return {
    ImageId: image.id,
    Name: image.name,
    Description: image.description,
    Architecture: image.architecture,
    CreationDate: new Date(image.createdAtMs).toISOString(),
    State: 'available',
    Public: true,
    OwnerId: image.hasEcsAgent ? '591542846629' : '137112412989',
    ImageOwnerAlias: 'amazon',
    ImageType: 'machine',
    RootDeviceName: rootDevice,
    RootDeviceType: 'ebs',
    VirtualizationType: 'hvm',
    Hypervisor: 'xen',
    EnaSupport: true,
    ImdsSupport: 'v2.0',
    PlatformDetails: 'Linux/UNIX',
    BlockDeviceMappings: [
      {
        DeviceName: rootDevice,
        Ebs: {
          DeleteOnTermination: true,
          SnapshotId: image.snapshotId,
          VolumeSize: image.rootSizeGiB,
          VolumeType: 'gp3',
          Iops: 3000,
          Throughput: 125,
          Encrypted: false,
        },
      },
    ],
  };
}

/** Images: Amazon's public ones only. */
export const imageOperations = {
  DescribeImages(world: World, input: DescribeImagesCommandInput): Answer<DescribeImagesCommandOutput> {
    const images = publicImages(world);
    const found = describeRows(world, new Map(images.map((image) => [image.id, image])), {
      ids: input.ImageIds,
      filters: input.Filters,
      fields: {
        'image-id': (row) => [row.id],
        name: (row) => [row.name],
        architecture: (row) => [row.architecture],
        'owner-alias': () => ['amazon'],
        state: () => ['available'],
        'root-device-type': () => ['ebs'],
        'virtualization-type': () => ['hvm'],
        'is-public': () => ['true'],
      },
      notFound: imageNotFound,
    });
    // The account has no images of its own.
    const owned = input.Owners?.every((owner) => owner === 'self') === true ? [] : found;
    const { items, nextToken } = ec2Page(owned, input);
    return { Images: items.map(toImage), NextToken: nextToken };
  },
} as const;
