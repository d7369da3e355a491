import type { Conditions } from './documents.ts';
import { operatorOf } from './conditions.ts';

/** Keys that every call has, whatever it asks for ("AWS global condition context keys"); the account fills in the values. */
const global = new Set([
  'aws:currenttime',
  'aws:multifactorauthage',
  'aws:multifactorauthpresent',
  'aws:principalaccount',
  'aws:principalarn',
  'aws:principalisawsservice',
  'aws:principaltype',
  'aws:requestedregion',
  'aws:securetransport',
  'aws:sourceip',
  'aws:sourcevpc',
  'aws:sourcevpce',
  'aws:userid',
  'aws:username',
  'aws:viaawsservice',
]);

/** Keys that an action must know (`reference-table.ts`). */
const known = new Set([
  'aws:tagkeys',
  'ec2:createaction',
  'ecs:cluster',
  'ecs:createaction',
  'iam:awsservicename',
  'iam:passedtoservice',
  'iam:permissionsboundary',
  'iam:policyarn',
  'kms:calleraccount',
  'kms:grantisforawsresource',
  'kms:viaservice',
]);

/** Families of keys, each with a tag's name behind the slash. */
const ofTags = new Set(['aws:requesttag', 'aws:resourcetag', 'ec2:resourcetag']);

/** A condition key in the form in which it is looked up; undefined where it is not played. */
export interface ConditionKey {
  /** In small letters, without a tag's name. */
  readonly name: string;
  /** The tag, or the key of an encryption context, that the key is about. */
  readonly tag: string | undefined;
  readonly isGlobal: boolean;
}

/** "kms:EncryptionContext:context-key": each key of an encryption context is a condition key of its own. */
const ofContext = /^(kms:encryptioncontext):(.+)$/i;

/** A key is the same in any case; the name of a tag behind it is not. */
export function conditionKey(key: string): ConditionKey | undefined {
  const [, family, contextKey] = ofContext.exec(key) ?? [];
  if (family !== undefined) return { name: family.toLowerCase(), tag: contextKey, isGlobal: false };
  const slash = key.indexOf('/');
  const name = (slash < 0 ? key : key.slice(0, slash)).toLowerCase();
  const tag = slash < 0 ? undefined : key.slice(slash + 1);
  if (tag !== undefined) return ofTags.has(name) ? { name, tag, isGlobal: false } : undefined;
  if (global.has(name)) return { name, tag, isGlobal: true };
  return known.has(name) ? { name, tag, isGlobal: false } : undefined;
}

/** Why conditions cannot be weighed; undefined where they can. */
export function conditionProblem(conditions: Conditions): string | undefined {
  for (const [operator, keys] of Object.entries(conditions)) {
    if (operatorOf(operator) === undefined) return `the operator ${operator} is not played`;
    const strange = Object.keys(keys).find((key) => conditionKey(key) === undefined);
    if (strange !== undefined) return `the condition key ${strange} is not played`;
  }
  return undefined;
}
