import { fits } from '../../aws/policy-pattern.ts';
import { conditionKey } from './condition-keys.ts';
import { holds, operatorOf } from './conditions.ts';
import type { Conditions, PolicyStatement } from './documents.ts';
import { arnFits } from './patterns.ts';
import { referenceOf } from './reference.ts';

/** Whatever an account allows or refuses at once: one action on one resource. */
export interface Asked {
  /** `ec2:CreateSubnet` */
  readonly action: string;
  /** An ARN, or `*` where the action knows no resource. */
  readonly resource: string;
  /** The kind by which the reference calls the resource; undefined for `*`. */
  readonly kind?: string;
  /** The tags that the resource carries. */
  readonly tags?: Readonly<Record<string, string>>;
  /** The tags that the call gives or takes. */
  readonly requestTags?: Readonly<Record<string, string>>;
  /** It is asked by a launch that a group would make, from this launch template. */
  readonly template?: string;
  /** There is no such thing, so that nothing is known of its tags. */
  readonly isAbsent?: boolean;
  /** Values of further keys, by their names in small letters: `iam:passedtoservice`. */
  readonly keys?: Readonly<Record<string, string>>;
}

/** Values of the keys that every call has. */
export type GlobalKeys = Readonly<Record<string, string>>;

/** What comes out, and by which statement where one decided. */
export interface Decision {
  readonly outcome: 'allowed' | 'refused' | 'denied';
  readonly statement?: PolicyStatement;
  /** Of a refusal: a statement would allow it, but for its conditions. */
  readonly byCondition?: boolean;
}

/**
 * Weighs identity-based policies as IAM does ("Policy evaluation logic"): a Deny that fits decides; else an Allow that fits; else it is
 * refused.
 */
export function decide(statements: readonly PolicyStatement[], asked: Asked, global: GlobalKeys): Decision {
  const concerning = statements.filter((one) => concerns(one, asked));
  const fitting = concerning.filter((one) => conditionsHold(one.conditions, asked, global));
  const denying = fitting.find((one) => one.effect === 'Deny');
  if (denying !== undefined) return { outcome: 'denied', statement: denying };
  const [allowing] = fitting;
  if (allowing !== undefined) return { outcome: 'allowed', statement: allowing };
  return { outcome: 'refused', byCondition: concerning.some((one) => one.effect === 'Allow') };
}

function concerns(statement: PolicyStatement, { action, resource }: Asked): boolean {
  const named = statement.actions.some((pattern) => fits(pattern, action, { ignoresCase: true }));
  if (named === statement.isNotAction) return false;
  const meant = statement.resources.some((pattern) => arnFits(pattern, resource));
  return meant !== statement.isNotResource;
}

function conditionsHold(conditions: Conditions, asked: Asked, global: GlobalKeys): boolean {
  return Object.entries(conditions).every(([word, keys]) => {
    const operator = operatorOf(word);
    return (
      operator !== undefined &&
      Object.entries(keys).every(([key, wanted]) => holds(operator, wanted, valuesOf(key, asked, global)))
    );
  });
}

/** The values of a condition key in a call; undefined where the action does not know the key, or the call does not have it. */
function valuesOf(key: string, asked: Asked, global: GlobalKeys): readonly string[] | undefined {
  const parsed = conditionKey(key);
  if (parsed === undefined) return undefined;
  const { name, tag, isGlobal } = parsed;
  if (isGlobal) return listed(global[name]);
  const { kinds, keys } = referenceOf(asked.action);
  const ofKind = kinds.find((kind) => kind.name === asked.kind)?.keys;
  if (!keys.has(name) && ofKind?.has(name) !== true) return undefined;
  if (name === 'aws:tagkeys') {
    const named = Object.keys(asked.requestTags ?? {});
    return named.length === 0 ? undefined : named;
  }
  if (name === 'kms:encryptioncontext') return listed(asked.keys?.[`${name}:${String(tag).toLowerCase()}`]);
  if (tag === undefined) return listed(asked.keys?.[name]);
  return listed(tagOf(name === 'aws:requesttag' ? asked.requestTags : asked.tags, tag));
}

/** The keys of tags in conditions are the same in any case, their values are not ("Controlling access using tags"). */
function tagOf(tags: Readonly<Record<string, string>> | undefined, wanted: string): string | undefined {
  return Object.entries(tags ?? {}).find(([key]) => key.toLowerCase() === wanted.toLowerCase())?.[1];
}

function listed(value: string | undefined): readonly string[] | undefined {
  return value === undefined ? undefined : [value];
}
