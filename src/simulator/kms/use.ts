import { linkedRoleArn, logsPrincipal, viaOf } from '../../aws/partitions.ts';
import type { World } from '../core/world.ts';
import { roles } from '../iam/roles.ts';
import { type Asked, decide } from '../policy/decide.ts';
import { parsePolicy, PolicyProblem, type PolicyStatement } from '../policy/documents.ts';
import { callerArn } from '../policy/refusals.ts';
import { type KeyRow } from './keys.ts';
import { keyStatements } from './key-policies.ts';

/** One thing that is wanted of a key. */
export interface KeyUse {
  /** `kms:Decrypt` */
  readonly action: string;
  /** The service by which it is asked, as `ec2`; undefined: KMS itself was called. */
  readonly via?: string;
  readonly context?: Readonly<Record<string, string>>;
}

/** Who wants it. */
export interface KeyUser {
  readonly arn: string;
  /** What IAM allows him; undefined: nothing, as is so of a service and of its own role. */
  readonly byIam?: (asked: Asked) => boolean;
}

const callers = new WeakMap<World, (asked: Asked) => boolean>();

/** Lets uses of keys be held against the permissions that the account's caller has. */
export function useCaller(world: World, may: (asked: Asked) => boolean): void {
  callers.set(world, may);
}

/** Whoever calls. */
export function theCaller(world: World): KeyUser {
  return { arn: callerArn(world), byIam: (asked) => callers.get(world)?.(asked) ?? true };
}

/** The role by which Auto Scaling launches. */
export function scalingRole(world: World): KeyUser {
  return { arn: linkedRoleArn('autoScaling', world) };
}

/** A role of the account, with what its inline policies allow. */
export function theRole(world: World, name: string): KeyUser {
  const row = world.rows(roles).get(name);
  const statements = Object.values(row?.inline ?? {}).flatMap(statementsOf);
  return {
    arn: row?.arn ?? '',
    byIam: (asked) => decide(statements, asked, globalKeys(world, row?.arn ?? '')).outcome === 'allowed',
  };
}

/** What is not played allows nothing. */
function statementsOf(text: string): readonly PolicyStatement[] {
  try {
    return parsePolicy(text);
  } catch (error) {
    if (error instanceof PolicyProblem) return [];
    throw error;
  }
}

/** CloudWatch Logs, for a log group. */
export function logsService({ region }: World): KeyUser {
  return { arn: logsPrincipal(region) };
}

/**
 * Whether somebody may do all of something with a key: its policy lets him, or a grant does, or it leaves it to IAM, which lets him
 * ("Determining access to AWS KMS keys").
 */
export function mayUse(
  world: World,
  key: KeyRow,
  wanted: { readonly user: KeyUser; readonly uses: readonly KeyUse[] },
): boolean {
  return wanted.uses.every((use) => mayDo(world, key, { user: wanted.user, use }));
}

function mayDo(
  world: World,
  key: KeyRow,
  { user, use }: { readonly user: KeyUser; readonly use: KeyUse },
): boolean {
  const asked = askedOf(world, key, use);
  const global = globalKeys(world, user.arn);
  const statements = keyStatements(key.policy);
  const concerning = (principals: (one: string) => boolean): PolicyStatement[] =>
    statements.filter((one) => one.principals.some(principals));
  const direct = decide(
    concerning((one) => one === '*' || one === user.arn),
    asked,
    global,
  );
  if (direct.outcome === 'denied') return false;
  const { partition, accountId } = world;
  const root = [accountId, `arn:${partition}:iam::${accountId}:root`];
  const delegated = decide(
    concerning((one) => root.includes(one)),
    asked,
    global,
  );
  // What is said of the account is said of everybody in it, where it denies.
  if (delegated.outcome === 'denied') return false;
  if (direct.outcome === 'allowed' || isGranted(key, user, use)) return true;
  return delegated.outcome === 'allowed' && user.byIam?.(asked) === true;
}

function isGranted({ grants }: KeyRow, { arn }: KeyUser, { action }: KeyUse): boolean {
  return grants.some(
    ({ grantee, operations }) => grantee === arn && operations.includes(action.replace('kms:', '')),
  );
}

function askedOf(
  { region, accountId }: World,
  { arn }: KeyRow,
  { action, via, context = {} }: KeyUse,
): Asked {
  const contexts = Object.entries(context).map(([key, value]) => [
    `kms:encryptioncontext:${key.toLowerCase()}`,
    value,
  ]);
  return {
    action,
    resource: arn,
    kind: 'key',
    keys: {
      'kms:calleraccount': accountId,
      ...(via === undefined ? {} : { 'kms:viaservice': viaOf(via, region) }),
      // "Only when an AWS service that is integrated with AWS KMS calls it on the user's behalf."
      ...(action === 'kms:CreateGrant' ? { 'kms:grantisforawsresource': String(via !== undefined) } : {}),
      ...(Object.fromEntries(contexts) as Record<string, string>),
    },
  };
}

function globalKeys({ accountId, region }: World, arn: string): Readonly<Record<string, string>> {
  return { 'aws:principalaccount': accountId, 'aws:principalarn': arn, 'aws:requestedregion': region };
}

/** What making a disk with a key asks of it ("Requirements for Amazon EBS encryption", Permissions for users). */
export const diskMaking: readonly KeyUse[] = [
  'kms:CreateGrant',
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
].map((action) => ({ action, via: 'ec2' }));

/** What attaching one asks: EC2 makes a grant, by which the instance has the data key decrypted ("How Amazon EBS uses AWS KMS"; kubernetes issue 62171). */
export const diskAttaching: readonly KeyUse[] = [{ action: 'kms:CreateGrant', via: 'ec2' }];
