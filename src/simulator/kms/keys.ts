import { viaOf } from '../../aws/partitions.ts';
import { table, type World } from '../core/world.ts';
import { keyStatements } from './key-policies.ts';

/** A grant on a key ("Grants in AWS KMS"). */
export interface GrantRow {
  readonly id: string;
  readonly grantee: string;
  readonly operations: readonly string[];
  readonly createdAtMs: number;
}

/** A KMS key. */
export interface KeyRow {
  readonly keyId: string;
  readonly arn: string;
  readonly manager: 'AWS' | 'CUSTOMER';
  readonly spec: string;
  readonly usage: string;
  readonly isMultiRegion: boolean;
  readonly createdAtMs: number;
  state: KeyState;
  /** JSON. */
  policy: string;
  grants: readonly GrantRow[];
}

export type KeyState = 'Enabled' | 'Disabled' | 'PendingDeletion' | 'PendingImport' | 'Unavailable';

/** By id. */
export const keys = table<KeyRow>('kms/keys');

/** By name: `alias/search`. */
const aliases = table<{ readonly keyId: string }>('kms/aliases');

/** The account's choice for disks. */
const ebsDefault = table<{ readonly arn: string }>('kms/ebs-default');

/** What a key is made from that is not as usual. */
export interface NewKey {
  readonly alias?: string;
  readonly state?: KeyState;
  readonly spec?: string;
  readonly usage?: string;
  readonly isMultiRegion?: boolean;
  /** Absent: that of a key made without one, which leaves all to IAM. */
  readonly policy?: object;
}

/** Makes a customer key, as an administrator of keys would. */
export function addKey(world: World, options: NewKey = {}): KeyRow {
  const number = world.next().toString(16).padStart(12, '0');
  const keyId =
    options.isMultiRegion === true ? `mrk-${number.padStart(32, '0')}` : `0a1b2c3d-0000-4000-8000-${number}`;
  const row: KeyRow = {
    keyId,
    arn: keyArn(world, keyId),
    manager: 'CUSTOMER',
    spec: options.spec ?? 'SYMMETRIC_DEFAULT',
    usage: options.usage ?? 'ENCRYPT_DECRYPT',
    isMultiRegion: options.isMultiRegion ?? false,
    createdAtMs: world.nowMs,
    state: options.state ?? 'Enabled',
    policy: JSON.stringify(options.policy ?? usualPolicy(world)),
    grants: [],
  };
  keyStatements(row.policy);
  world.rows(keys).set(keyId, row);
  if (options.alias !== undefined) nameKey(world, options.alias, row);
  return row;
}

/** Gives a key an alias. */
export function nameKey(world: World, alias: string, { keyId }: KeyRow): void {
  world.rows(aliases).set(alias, { keyId });
}

function keyArn({ partition, region, accountId }: World, keyId: string): string {
  return `arn:${partition}:kms:${region}:${accountId}:key/${keyId}`;
}

/** "Default key policy", of a key that was made by API. */
function usualPolicy({ partition, accountId }: World): object {
  return {
    Version: '2012-10-17',
    Id: 'key-default-1',
    Statement: [
      {
        Sid: 'Enable IAM User Permissions',
        Effect: 'Allow',
        Principal: { AWS: `arn:${partition}:iam::${accountId}:root` },
        Action: 'kms:*',
        Resource: '*',
      },
    ],
  };
}

/** A key by its id, ARN, alias or the ARN of an alias; undefined where there is none. Services' own keys come to be as they are named. */
export function findKey(world: World, named: string): KeyRow | undefined {
  const [, , , region, account] = named.split(':');
  if (region !== undefined && (region !== world.region || account !== world.accountId)) return undefined;
  const name = named.replace(/^arn:.*?:(?=alias\/|key\/)/, '').replace(/^key\//, '');
  const own = /^alias\/aws\/([a-z]+)$/.exec(name)?.[1] ?? /^aws-managed-([a-z]+)$/.exec(name)?.[1];
  if (own !== undefined) return ownKey(world, own);
  const keyId = name.startsWith('alias/') ? world.rows(aliases).get(name)?.keyId : name;
  return world.rows(keys).get(keyId ?? '');
}

/** A key that a service has made for itself: whoever may use the service may use it. */
function ownKey(world: World, service: string): KeyRow {
  const keyId = `aws-managed-${service}`;
  return {
    keyId,
    arn: keyArn(world, keyId),
    manager: 'AWS',
    spec: 'SYMMETRIC_DEFAULT',
    usage: 'ENCRYPT_DECRYPT',
    isMultiRegion: false,
    createdAtMs: 0,
    state: 'Enabled',
    policy: JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: '*' },
          Action: 'kms:*',
          Resource: '*',
          Condition: {
            StringEquals: {
              'kms:CallerAccount': world.accountId,
              'kms:ViaService': viaOf(service, world.region),
            },
          },
        },
      ],
    }),
    grants: [],
  };
}

/** By whose name disks are encrypted where a call names no key; EBS's own, unless the account has another. */
export function ebsKey(world: World): string {
  return world.rows(ebsDefault).get('key')?.arn ?? 'alias/aws/ebs';
}

/** Gives the account a key of its own for disks ("Amazon EBS encryption: default KMS key"). */
export function setEbsKey(world: World, arn: string): void {
  world.rows(ebsDefault).set('key', { arn });
}
