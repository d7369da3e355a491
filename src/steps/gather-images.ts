import { DescribeLaunchTemplateVersionsCommand } from '@aws-sdk/client-ec2';
import { GetParametersCommand } from '@aws-sdk/client-ssm';

import type { Clients } from '../aws/clients.ts';
import type { Inventory } from '../aws/inventory.ts';
import { unless } from '../aws/unless.ts';
import type { Config } from '../config/config.ts';
import { EsEcsError, invariant } from '../errors.ts';
import { bastions } from './bastion/instances.ts';
import type { Architecture, Facts, HostImage, InstanceTypeFacts } from './facts.ts';
import { groups } from './hosts/group.ts';
import { imageFacts } from './image-facts.ts';
import { nameOfGroup } from './names.ts';
import type { Pins } from './pins.ts';

export interface Images extends Pick<Facts, 'hostImages' | 'bastionImageId'> {
  readonly pins: Pins;
}

export interface ImagesQuestion {
  readonly config: Config;
  readonly clients: Clients;
  readonly instanceTypes: ReadonlyMap<string, InstanceTypeFacts>;
  readonly pins: Pins;
  readonly inventory: Inventory;
  /** What is taken to run from an image, where nobody is to be asked. */
  readonly inUse?: ReadonlySet<ImageUse>;
  /** True: the newest images for hosts, whatever is pinned or in use. */
  readonly refreshesImages: boolean;
}

/** AWS's public parameters that name the newest images ("Retrieving Amazon ECS-optimized Linux AMI metadata"). */
const parameters: Readonly<Record<'host' | 'bastion', Readonly<Record<Architecture, string>>>> = {
  host: {
    x86_64: '/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id',
    arm64: '/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id',
  },
  bastion: {
    x86_64: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64',
    arm64: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64',
  },
};

/** What runs from an image. */
export type ImageUse = 'host' | 'bastion';

interface WantedImage {
  readonly use: ImageUse;
  readonly architecture: Architecture;
  readonly pin: string;
}

/**
 * The machine images: the pinned ones, where something runs from them; else, for hosts, the one in the cluster's launch template, as
 * losing the state must roll no host; else the newest.
 *
 * @throws EsEcsError AWS, when the region does not publish them.
 */
export async function gatherImages(question: ImagesQuestion): Promise<Images> {
  const wanted = wantedImages(question);
  const { clients, refreshesImages } = question;
  const inUse = question.inUse ?? (await usesInUse(question));
  const isFixed = ({ use }: WantedImage): boolean => inUse.has(use) && (use !== 'host' || !refreshesImages);
  const pinned = wanted.filter((image) => question.pins[image.pin] !== undefined && isFixed(image));
  const found = new Map(pinned.map(({ pin }) => [pin, question.pins[pin] ?? '']));
  const missing = (): readonly WantedImage[] => wanted.filter(({ pin }) => !found.has(pin));
  if (missing().some((image) => image.use === 'host' && isFixed(image))) {
    for (const [pin, image] of await imagesInUse(question)) if (!found.has(pin)) found.set(pin, image);
  }
  for (const [pin, image] of await newestImages(question, missing())) found.set(pin, image);

  const imageFor = (image: WantedImage): string => {
    const id = found.get(image.pin);
    invariant(id, `there is an image for ${image.pin}`);
    return id;
  };
  const hosts = wanted.filter(({ use }) => use === 'host');
  const bastion = wanted.find(({ use }) => use === 'bastion');
  const known = await imageFacts(clients, [...new Set(hosts.map(imageFor))], question.pins);
  const hostImage = (image: WantedImage): HostImage => {
    const one = known.images.get(imageFor(image));
    invariant(one, `something is known of the image for ${image.pin}`);
    return one;
  };
  return {
    hostImages: new Map(hosts.map((image) => [image.architecture, hostImage(image)])),
    bastionImageId: bastion === undefined ? undefined : imageFor(bastion),
    pins: { ...Object.fromEntries(wanted.map((image) => [image.pin, imageFor(image)])), ...known.pins },
  };
}

/** What runs from an image already. Before that nothing is chosen: an `up` that nobody agreed to last year fixes no image of then. */
async function usesInUse({ inventory }: ImagesQuestion): Promise<ReadonlySet<ImageUse>> {
  const [ownGroups, ownBastions] = await Promise.all([inventory.owned(groups), inventory.owned(bastions)]);
  const uses: ImageUse[] = [];
  if (ownGroups.length > 0) uses.push('host');
  if (ownBastions.length > 0) uses.push('bastion');
  return new Set(uses);
}

function wantedImages({ config, instanceTypes }: ImagesQuestion): readonly WantedImage[] {
  const { nodeGroups, bastion } = config;
  const image = (use: ImageUse, type: string): WantedImage => {
    const architecture = instanceTypes.get(type)?.architecture;
    invariant(architecture, `the instance type ${type} has been looked up`);
    return { use, architecture, pin: pinFor(use, architecture) };
  };
  const all = [
    ...nodeGroups.map((group) => image('host', group.instanceType)),
    ...(bastion.enabled ? [image('bastion', bastion.instanceType)] : []),
  ];
  return [...new Map(all.map((one) => [one.pin, one])).values()];
}

function pinFor(use: ImageUse, architecture: Architecture): string {
  return `image/${use}/${architecture}`;
}

/** By pin, the images that the newest versions of the cluster's launch templates name. */
async function imagesInUse(question: ImagesQuestion): Promise<ReadonlyMap<string, string>> {
  const { config, clients, instanceTypes } = question;
  const names = [...new Set(config.nodeGroups.map((group) => nameOfGroup(config, group.name)))];
  const answers = await Promise.all(
    names.map((LaunchTemplateName) =>
      unless(
        ['InvalidLaunchTemplateName.NotFoundException', 'InvalidLaunchTemplateId.NotFound'],
        clients.ec2.send(
          new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateName, Versions: ['$Latest'] }),
        ),
      ),
    ),
  );
  const contents = answers.map((answer) => answer?.LaunchTemplateVersions?.[0]?.LaunchTemplateData);
  return new Map(
    contents.flatMap((one) => {
      const architecture = instanceTypes.get(one?.InstanceType ?? '')?.architecture;
      const image = one?.ImageId;
      return architecture === undefined || image === undefined ? [] : [[pinFor('host', architecture), image]];
    }),
  );
}

async function newestImages(
  { clients, config }: ImagesQuestion,
  wanted: readonly WantedImage[],
): Promise<ReadonlyMap<string, string>> {
  if (wanted.length === 0) return new Map();
  const nameOf = ({ use, architecture }: WantedImage): string => parameters[use][architecture];
  const command = new GetParametersCommand({ Names: wanted.map(nameOf) });
  const { Parameters: found = [] } = await clients.ssm.send(command);
  return new Map(
    wanted.map((image) => {
      const name = nameOf(image);
      const value = found.find((parameter) => parameter.Name === name)?.Value;
      if (value === undefined) {
        throw new EsEcsError('AWS', `${config.region} has no public parameter ${name}`, {
          hint: 'Amazon Linux 2023 is not published there; take another region',
        });
      }
      return [image.pin, value];
    }),
  );
}
