import { DescribeImagesCommand, type Image } from '@aws-sdk/client-ec2';

import type { Clients } from '../aws/clients.ts';
import { unless } from '../aws/unless.ts';
import type { HostImage } from './facts.ts';
import type { Pins } from './pins.ts';

/** Where the root disk of Amazon's images is. */
const usualRootDevice = '/dev/xvda';
/** What the root disk holds: the system, container images and their logs. An image may ask for more, and never gets less. */
const leastRootGiB = 30;

/**
 * What is known of machine images: from the pins, and asked of AWS in one call where they say nothing. An image that AWS no longer
 * shows (Amazon takes old ones back) is taken to be like the others.
 *
 * @returns by image id; and the pins that keep it.
 */
export async function imageFacts(
  clients: Clients,
  ids: readonly string[],
  pins: Pins,
): Promise<{ readonly images: ReadonlyMap<string, HostImage>; readonly pins: Pins }> {
  const unknown = ids.filter((id) => pins[pinFor(id)] === undefined);
  const asked = new Map<string, HostImage>();
  for (const image of await describe(clients, unknown)) asked.set(image.ImageId ?? '', fromSdk(image));
  const images = new Map(
    ids.map((imageId) => [
      imageId,
      parse(imageId, pins[pinFor(imageId)]) ??
        asked.get(imageId) ?? {
          imageId,
          rootDevice: usualRootDevice,
          rootSizeGiB: leastRootGiB,
          createdAtMs: undefined,
        },
    ]),
  );
  const kept = [...images].filter(([id]) => asked.has(id) || pins[pinFor(id)] !== undefined);
  return { images, pins: Object.fromEntries(kept.map(([id, image]) => [pinFor(id), words(image)])) };
}

async function describe(clients: Clients, ids: readonly string[]): Promise<readonly Image[]> {
  if (ids.length === 0) return [];
  const command = new DescribeImagesCommand({ ImageIds: [...ids] });
  const gone = ['InvalidAMIID.NotFound', 'InvalidAMIID.Unavailable', 'InvalidAMIID.Malformed'];
  const answer = await unless(gone, clients.ec2.send(command));
  return answer?.Images ?? [];
}

function fromSdk({ ImageId = '', RootDeviceName, BlockDeviceMappings = [], CreationDate }: Image): HostImage {
  const rootDevice = RootDeviceName ?? usualRootDevice;
  const root = BlockDeviceMappings.find(({ DeviceName }) => DeviceName === rootDevice);
  const createdAtMs = Date.parse(CreationDate ?? '');
  return {
    imageId: ImageId,
    rootDevice,
    // EC2 takes no disk that is smaller than the snapshot it is made from (InvalidBlockDeviceMapping).
    rootSizeGiB: Math.max(leastRootGiB, root?.Ebs?.VolumeSize ?? 0),
    createdAtMs: Number.isNaN(createdAtMs) ? undefined : createdAtMs,
  };
}

function pinFor(imageId: string): string {
  return `image-facts/${imageId}`;
}

function words({ rootDevice, rootSizeGiB, createdAtMs }: HostImage): string {
  return [rootDevice, rootSizeGiB, createdAtMs ?? ''].join(' ').trim();
}

function parse(imageId: string, pin: string | undefined): HostImage | undefined {
  const [rootDevice, size, created] = pin?.split(' ') ?? [];
  if (rootDevice === undefined || size === undefined) return undefined;
  return {
    imageId,
    rootDevice,
    rootSizeGiB: Number(size),
    createdAtMs: created === undefined ? undefined : Number(created),
  };
}
