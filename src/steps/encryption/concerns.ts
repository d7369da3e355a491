import { EsEcsError } from '../../errors.ts';
import type { Address } from '../../engine/resource.ts';
import type { StepContext } from '../context.ts';
import { volumeAddressPrefix } from '../hosts/launch-template-data.ts';
import { type KeyPlace, placeOfConfig, whyUnusable } from './judge-key.ts';
import { defaultDiskKey, isKey, type Key, lookAtKey } from './key.ts';
import { defaultPlace, judge, keyNeeds } from './refusals.ts';
import { hostNeed, scalingNeed } from './wishes.ts';

/** What is wrong with the keys of things that a plan leaves as they are, and which of those keys are AWS's own. */
export interface KeyWatch {
  readonly concerns: readonly EsEcsError[];
  /** By ARN: nobody can disable or delete these, so that they need never be looked at again. */
  readonly own: ReadonlySet<string>;
}

/** Which keys a run has to look at. */
export interface KeyQuestion {
  /** What everything was observed to be. */
  readonly observed: ReadonlyMap<Address, unknown>;
  /** Keys that are known to be AWS's own. */
  readonly own: ReadonlySet<string>;
  /** Whether what the plan makes asks for the key of the config, or for the account's: then that is judged for the plan. */
  readonly isJudged: boolean;
}

/** What does not work any more without the key that a thing was made with. */
const uses: readonly { readonly prefix: Address; readonly words: string }[] = [
  { prefix: volumeAddressPrefix, words: 'no host that starts gets its data volume' },
  { prefix: 'task/secret/', words: 'no task that starts gets its secrets' },
  { prefix: 'image/repository', words: 'no host pulls the image' },
  { prefix: 'task/log-group', words: 'nothing is logged' },
  { prefix: 'network/log-group', words: 'the flow log is not written' },
];

/**
 * Looks at the keys by which things are encrypted already: a key that is disabled or to be deleted, or whose policy lets somebody in no longer, shows
 * only when a host dies. Where no customer key is in use it asks nothing, once the keys are known to be AWS's own.
 */
export async function watchKeys(context: StepContext, question: KeyQuestion): Promise<KeyWatch> {
  const { key } = context.facts;
  const held = heldKeys(question.observed);
  const kept = [...held].filter(
    ([named]) => !question.own.has(named) && (key === undefined || !isKey(key, named)),
  );
  const looked = await Promise.all([
    key === undefined || question.isJudged ? [] : watchConfigKey(key, context),
    ...kept.map(([named, addresses]) => watchKept(context, question, { named, addresses })),
  ]);
  const own = new Set(looked.flatMap((one) => ('own' in one ? [one.own] : [])));
  return { concerns: looked.flatMap((one) => ('own' in one ? [] : one)), own };
}

/** Of keys of which that is not known yet, those that are AWS's own. */
export async function ownKeysAmong(
  { clients, facts }: StepContext,
  observed: ReadonlyMap<Address, unknown>,
  known: ReadonlySet<string>,
): Promise<readonly string[]> {
  const { key } = facts;
  const open = [...heldKeys(observed).keys()].filter(
    (named) => !known.has(named) && (key === undefined || !isKey(key, named)),
  );
  const looked = await Promise.all(open.map((named) => lookAtKey({ kms: clients.kmsAside }, named)));
  return open.filter((_, index) => isOwn(looked[index]));
}

function isOwn(key: Key | undefined): boolean {
  return key !== undefined && 'KeyManager' in key.seen && key.seen.KeyManager === 'AWS';
}

/** By key, what is encrypted by it. */
function heldKeys(observed: ReadonlyMap<Address, unknown>): ReadonlyMap<string, readonly Address[]> {
  const held = new Map<string, readonly Address[]>();
  for (const [address, thing] of observed) {
    if (!uses.some(({ prefix }) => address.startsWith(prefix))) continue;
    const named = keyOf(thing);
    if (named !== undefined) held.set(named, [...(held.get(named) ?? []), address]);
  }
  return held;
}

/** Volumes, log groups and repositories call it one way, secrets another. */
function keyOf(thing: unknown): string | undefined {
  if (typeof thing !== 'object' || thing === null) return undefined;
  if ('keyArn' in thing && typeof thing.keyArn === 'string') return thing.keyArn;
  if ('keyId' in thing && typeof thing.keyId === 'string') return thing.keyId;
  return undefined;
}

async function watchConfigKey(key: Key, context: StepContext): Promise<readonly EsEcsError[]> {
  const place = placeOfConfig(context);
  const why = whyUnusable(key, place);
  // A data key in use stays in the host's memory; attaching a disk and reading a secret ask KMS anew ("How unusable KMS keys affect data keys").
  if (why !== undefined) return [after(why, 'no host that starts gets its disks, and no task its secrets')];
  return judge(key, context, { place, needs: keyNeeds(context, true) });
}

interface Kept {
  readonly named: string;
  readonly addresses: readonly Address[];
}

/** A key that no config names: that of the account when the thing was made, or of an earlier config. */
async function watchKept(
  context: StepContext,
  { isJudged }: KeyQuestion,
  { named, addresses }: Kept,
): Promise<readonly EsEcsError[] | { readonly own: string }> {
  const { clients, facts } = context;
  const hasDisks = addresses.some((address) => address.startsWith(volumeAddressPrefix));
  const mayBeDefault = facts.key === undefined && hasDisks && !isJudged;
  const key = await lookAtKey({ kms: clients.kmsAside }, named);
  if (isOwn(key)) return { own: named };
  // Of a key of which nothing is known, nothing more is asked.
  const defaultKey = mayBeDefault && !('error' in key.seen) ? await defaultDiskKey(clients) : undefined;
  const isDefault = defaultKey !== undefined && isKey(key, defaultKey);
  const { region, accountId } = facts;
  const place: KeyPlace = isDefault
    ? defaultPlace(context)
    : { where: holders(addresses), region, accountId };
  const why = whyUnusable(key, place);
  const words = uses.filter(({ prefix }) => addresses.some((address) => address.startsWith(prefix)));
  if (why !== undefined) return [after(why, words.map((one) => one.words).join(', '))];
  if (!hasDisks) return [];
  return judge(key, context, {
    place,
    needs: [...(isDefault ? [scalingNeed(context)] : []), hostNeed(context)],
  });
}

function after(why: EsEcsError, what: string): EsEcsError {
  return new EsEcsError('KMS_KEY', `${why.message}: what runs goes on, but ${what}`, { hint: why.hints });
}

/** The beginning of a sentence about a key. */
function holders([first = '', ...others]: readonly Address[]): string {
  return `the key of ${first}${others.length === 0 ? '' : ` and ${String(others.length)} more`}`;
}
