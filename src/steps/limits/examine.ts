import type { Plan } from '../../engine/plan.ts';
import type { Address } from '../../engine/resource.ts';
import { EsEcsError } from '../../errors.ts';
import type { StepContext } from '../context.ts';
import { volumeAddressPrefix } from '../hosts/launch-template-data.ts';
import { ownKeysAmong, watchKeys } from '../encryption/concerns.ts';
import { asksForKey, keyRefusals } from '../encryption/refusals.ts';
import type { Pins } from '../pins.ts';
import { takenNames } from '../taken-names.ts';
import { planRefusals } from './plan-of-account.ts';
import { quotaRefusals } from './quotas.ts';

/**
 * Why a plan could not be carried out, though nothing in it is refused: names that others have, what the account may not
 * have, and what nobody could reach.
 * Looked at before anything is made. Reads only, and only for what the plan makes.
 */
export async function refusalsOf(plan: Plan, context: StepContext): Promise<readonly EsEcsError[]> {
  const looked = await Promise.all([
    takenNames(plan, context),
    keyRefusals(plan, context),
    planRefusals(plan, context),
    quotaRefusals(plan, context),
  ]);
  return [...noWayIn(plan, context), ...looked.flat()];
}

/** What people should know beside a plan, and what the look at it has found out for good. */
export interface Concerns {
  readonly concerns: readonly EsEcsError[];
  /** Pins: keys that are AWS's own, which need not be looked at again. */
  readonly pins: Pins;
}

/**
 * What people should know of what a plan leaves as it is: today, the keys by which it is encrypted. What is refused anyway is not said twice.
 * Reads only.
 */
export async function concernsOf(
  plan: Plan,
  context: StepContext,
  { refusals, pins }: { readonly refusals: readonly EsEcsError[]; readonly pins: Pins },
): Promise<Concerns> {
  const entries = plan.entries.filter(({ observed }) => observed !== undefined);
  const { concerns, own } = await watchKeys(context, {
    observed: new Map(entries.map(({ resource, observed }) => [resource.address, observed])),
    own: ownKeysIn(pins),
    isJudged: asksForKey(plan),
  });
  const said = new Set(refusals.map(({ message }) => message));
  return { concerns: concerns.filter(({ message }) => !said.has(message)), pins: keyPins(own) };
}

/** The same pins for what a run has made. */
export async function keysMade(
  observed: ReadonlyMap<Address, unknown>,
  context: StepContext,
  pins: Pins,
): Promise<Pins> {
  return keyPins(await ownKeysAmong(context, observed, ownKeysIn(pins)));
}

const keyPinPrefix = 'aws-managed-key/';

function keyPins(arns: Iterable<string>): Pins {
  return Object.fromEntries([...arns].map((arn) => [`${keyPinPrefix}${arn}`, 'yes']));
}

function ownKeysIn(pins: Pins): ReadonlySet<string> {
  const names = Object.keys(pins).filter((name) => name.startsWith(keyPinPrefix));
  return new Set(names.map((name) => name.slice(keyPinPrefix.length)));
}

/** A cluster that es-ecs itself cannot reach never forms in earnest: nobody withdraws the right to bootstrap, and no node could be restarted. */
function noWayIn({ entries }: Plan, { config, located }: StepContext): readonly EsEcsError[] {
  const { bastion, access } = config;
  if (bastion.enabled || access.endpoint !== undefined) return [];
  const isNew = entries.some(
    ({ action, resource }) => action === 'create' && resource.address.startsWith(volumeAddressPrefix),
  );
  const has = entries.some(
    ({ observed, resource }) => observed !== undefined && resource.address.startsWith(volumeAddressPrefix),
  );
  if (!isNew || has) return [];
  return [
    new EsEcsError(
      'REFUSED',
      `${located.at(['bastion'])}: with the bastion off and no access.endpoint, es-ecs has no way to Elasticsearch`,
      {
        hint: [
          'set access.endpoint to an address of a node or of a balancer that is reached from here, as in https://search.example.com:9200',
          'or leave bastion out of the config',
        ],
      },
    ),
  ];
}
