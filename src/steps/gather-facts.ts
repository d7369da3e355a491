import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';

import type { Clients } from '../aws/clients.ts';
import type { Inventory } from '../aws/inventory.ts';
import { resourceTag } from '../aws/tags.ts';
import type { Config } from '../config/config.ts';
import { EsEcsError } from '../errors.ts';
import { type Key, lookAtKey, unseenKey } from './encryption/key.ts';
import type { Facts } from './facts.ts';
import { gatherImages, type ImageUse } from './gather-images.ts';
import { gatherPlaces } from './gather-places.ts';
import { volumeZones } from './hosts/volume-zones.ts';
import { securityGroups } from './network/security-group.ts';
import { judgeBoundary } from './iam/judge-boundary.ts';
import { judgeImage } from './judge-image.ts';
import { callerDescription } from './network/security-groups.ts';
import type { Pins } from './pins.ts';

/** Whose credentials these are. */
export type Identity = Pick<Facts, 'accountId' | 'callerArn' | 'partition'>;

/** Asks AWS who is calling; the first call of every command, so that bad credentials show at once. */
export async function identify(clients: Clients): Promise<Identity> {
  const { Account, Arn = '' } = await clients.sts.send(new GetCallerIdentityCommand({}));
  const [, partition = ''] = Arn.split(':');
  return { accountId: Account ?? '', callerArn: Arn, partition: partition === '' ? 'aws' : partition };
}

export interface FactsQuestion {
  readonly config: Config;
  /** Where a value of the config stands in its file: for errors. */
  readonly located: { at(path: readonly (string | number)[]): string };
  readonly clients: Clients;
  readonly inventory: Inventory;
  readonly identity: Identity;
  /** What an earlier run chose. */
  readonly pins: Pins;
  /** What is taken to run from an image, where nobody is to be asked. */
  readonly inUse?: ReadonlySet<ImageUse>;
  /** True: hosts are to have the newest image, whatever was chosen. */
  readonly refreshesImages?: boolean;
  /** The caller's public address as the world sees it, asked only when it is needed. */
  readonly askCallerAddress: () => Promise<string>;
}

/** Facts, and the choices in them that are to be kept. */
export interface Gathered {
  readonly facts: Facts;
  readonly pins: Pins;
}

/**
 * Gathers what has to be known before anything can be planned. With every choice pinned it makes no call.
 *
 * @throws EsEcsError CONFIG_INVALID, ZONE_UNKNOWN, ZONE_UNFIT, INSTANCE_TYPE_UNAVAILABLE, INSTANCE_TYPE_UNFIT, CALLER_ADDRESS_UNKNOWN, each naming the line of the config.
 */
export async function gatherFacts(question: FactsQuestion): Promise<Gathered> {
  const { config, located, clients, inventory, identity, pins, refreshesImages = false } = question;
  const at = located.at.bind(located);
  judgeBoundary(config, at, identity);
  judgeImage(config, at, identity);
  // What is taken to be, where nobody is to be asked, stands where it would be made today.
  const standing = question.inUse === undefined ? volumeZones(inventory) : Promise.resolve(nowhere);
  // It is waited for below, once all else is known.
  standing.catch(() => undefined);
  const [places, callers, key] = await Promise.all([
    gatherPlaces({ config, at, clients, inventory, pins, standing }),
    bastionCidrs(question),
    keyOf(question),
  ]);
  const { zones, bastionZone, instanceTypes } = places;
  const images = await gatherImages({
    ...{ config, clients, inventory, instanceTypes, pins, refreshesImages },
    ...(question.inUse === undefined ? {} : { inUse: question.inUse }),
  });
  return {
    facts: {
      ...identity,
      region: config.region,
      zones,
      volumeZones: await standing,
      bastionZone,
      instanceTypes,
      hostImages: images.hostImages,
      bastionImageId: images.bastionImageId,
      bastionCidrs: callers.cidrs,
      key,
    },
    pins: { ...places.pins, ...images.pins, ...callers.pins },
  };
}

const nowhere: ReadonlyMap<string, string> = new Map();

/** What is taken to be, where nobody is to be asked, has the key's name of the config. */
function keyOf({ config, clients, inUse }: FactsQuestion): Promise<Key | undefined> | Key | undefined {
  const { kmsKeyId } = config.encryption;
  if (kmsKeyId === undefined) return undefined;
  return inUse === undefined ? lookAtKey(clients, kmsKeyId) : unseenKey(kmsKeyId, undefined);
}

const callerPin = 'caller-cidr';

/**
 * Who may reach the bastion. The caller's address is asked once and kept; with the state lost, the rule that it was given
 * still says it.
 */
async function bastionCidrs(
  question: FactsQuestion,
): Promise<{ readonly cidrs: readonly string[]; readonly pins: Pins }> {
  const { bastion } = question.config;
  if (!bastion.enabled) return { cidrs: [], pins: {} };
  if (bastion.allowedCidrs !== 'caller') return { cidrs: bastion.allowedCidrs, pins: {} };
  const cidr = question.pins[callerPin] ?? (await cidrInUse(question.inventory)) ?? (await askCidr(question));
  return { cidrs: [cidr], pins: { [callerPin]: cidr } };
}

async function cidrInUse(inventory: Inventory): Promise<string | undefined> {
  const groups = await inventory.owned(securityGroups);
  const group = groups.find((one) => one.tags[resourceTag] === 'network/security-group/bastion');
  return group?.ingress.find((rule) => rule.description === callerDescription)?.peer;
}

async function askCidr({ askCallerAddress, located }: FactsQuestion): Promise<string> {
  const unknown = (because: string, cause?: unknown): EsEcsError =>
    new EsEcsError('CALLER_ADDRESS_UNKNOWN', `your public address is not known: ${because}`, {
      hint: `${located.at(['bastion', 'allowedCidrs'])}  set bastion.allowedCidrs, as in [203.0.113.7/32]`,
      cause,
    });
  let answer: string;
  try {
    answer = (await askCallerAddress()).trim();
  } catch (error) {
    const why = error instanceof Error ? ` (${error.message})` : '';
    throw unknown(`checkip.amazonaws.com cannot be asked${why}`, error);
  }
  if (!isIpv4(answer)) throw unknown(`checkip.amazonaws.com answers ${JSON.stringify(answer.slice(0, 60))}`);
  return `${answer}/32`;
}

function isIpv4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
}
