import type {
  CreateAliasCommandInput,
  CreateKeyCommandInput,
  CreateKeyCommandOutput,
  KeyMetadata,
  CreateGrantCommandInput,
  CreateGrantCommandOutput,
  DescribeKeyCommandInput,
  DescribeKeyCommandOutput,
  GetKeyPolicyCommandInput,
  GetKeyPolicyCommandOutput,
  KeySpec,
  KeyUsageType,
  ListGrantsCommandInput,
  ListGrantsCommandOutput,
  PutKeyPolicyCommandInput,
} from '@aws-sdk/client-kms';

import { SimulatedFailure } from '../core/failure.ts';
import { page } from '../core/operation.ts';
import type { World } from '../core/world.ts';
import { roles } from '../iam/roles.ts';
import { keyStatements } from './key-policies.ts';
import { addKey, findKey, type KeyRow, nameKey } from './keys.ts';
import { mayUse, scalingRole, theCaller } from './use.ts';

type Answer<Output> = Omit<Output, '$metadata'>;

/** @throws SimulatedFailure NotFoundException */
function requireKey(world: World, named: string | undefined): KeyRow {
  const row = findKey(world, named ?? '');
  if (row !== undefined) return row;
  const { partition, region, accountId } = world;
  const what = named?.includes('alias/') === true ? 'Alias' : 'Key';
  const arn =
    named?.startsWith('arn:') === true
      ? named
      : `arn:${partition}:kms:${region}:${accountId}:${what === 'Key' ? 'key/' : ''}${named ?? ''}`;
  throw new SimulatedFailure(
    'NotFoundException',
    what === 'Key' ? `${what} '${arn}' does not exist` : `Alias ${arn} is not found.`,
  );
}

/** A key whose policy does not leave it to IAM is not shown to whoever may do all else. */
function check(world: World, row: KeyRow, action: string): void {
  // What IAM says of the call itself has been weighed before it came here.
  const user = { arn: theCaller(world).arn, byIam: () => true };
  if (row.manager === 'AWS' || mayUse(world, row, { user, uses: [{ action }] })) return;
  throw new SimulatedFailure(
    'AccessDeniedException',
    `User: ${user.arn} is not authorized to perform: ${action} on resource: ${row.arn} because no resource-based policy allows the ${action} action`,
  );
}

function toMetadata(world: World, row: KeyRow): KeyMetadata {
  return {
    AWSAccountId: world.accountId,
    KeyId: row.keyId,
    Arn: row.arn,
    CreationDate: new Date(row.createdAtMs),
    Enabled: row.state === 'Enabled',
    Description: '',
    // As the SDK lists them: rows hold what a call or a test has named.
    KeyUsage: row.usage as KeyUsageType,
    KeyState: row.state,
    Origin: 'AWS_KMS',
    KeyManager: row.manager,
    KeySpec: row.spec as KeySpec,
    MultiRegion: row.isMultiRegion,
    ...(row.spec === 'SYMMETRIC_DEFAULT' ? { EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'] } : {}),
  };
}

/** @throws SimulatedFailure MalformedPolicyDocumentException */
function policyIn(world: World, text: string): object {
  const strange = keyStatements(text)
    .flatMap(({ principals }) => principals)
    .find((one) => !isThere(world, one));
  if (strange === undefined) return JSON.parse(text) as object;
  throw new SimulatedFailure(
    'MalformedPolicyDocumentException',
    `Policy contains a statement with one or more invalid principals: ${strange}`,
  );
}

/** Customer keys; their policies and grants; and those of the services' own (AWS KMS API reference). */
export const keyOperations = {
  CreateKey(world: World, input: CreateKeyCommandInput): Answer<CreateKeyCommandOutput> {
    const row = addKey(world, {
      spec: input.KeySpec ?? 'SYMMETRIC_DEFAULT',
      usage: input.KeyUsage ?? 'ENCRYPT_DECRYPT',
      isMultiRegion: input.MultiRegion ?? false,
      ...(input.Policy === undefined ? {} : { policy: policyIn(world, input.Policy) }),
    });
    return { KeyMetadata: toMetadata(world, row) };
  },

  CreateAlias(world: World, input: CreateAliasCommandInput): object {
    const row = requireNamed(world, input.TargetKeyId);
    const name = input.AliasName ?? '';
    if (findKey(world, name) !== undefined) {
      throw new SimulatedFailure('AlreadyExistsException', `An alias with the name ${name} already exists`);
    }
    nameKey(world, name, row);
    return {};
  },

  DescribeKey(world: World, input: DescribeKeyCommandInput): Answer<DescribeKeyCommandOutput> {
    const row = requireKey(world, input.KeyId);
    check(world, row, 'kms:DescribeKey');
    return { KeyMetadata: toMetadata(world, row) };
  },

  GetKeyPolicy(world: World, input: GetKeyPolicyCommandInput): Answer<GetKeyPolicyCommandOutput> {
    const row = requireNamed(world, input.KeyId);
    check(world, row, 'kms:GetKeyPolicy');
    return { Policy: row.policy, PolicyName: 'default' };
  },

  /** The whole policy is another one; a principal that is not there is refused. */
  PutKeyPolicy(world: World, input: PutKeyPolicyCommandInput): object {
    const row = requireNamed(world, input.KeyId);
    check(world, row, 'kms:PutKeyPolicy');
    const text = input.Policy ?? '';
    policyIn(world, text);
    checkLockout(world, { ...row, policy: text }, input);
    row.policy = text;
    return {};
  },

  ListGrants(world: World, input: ListGrantsCommandInput): Answer<ListGrantsCommandOutput> {
    const row = requireNamed(world, input.KeyId);
    check(world, row, 'kms:ListGrants');
    const { items, nextToken } = page(row.grants, input.Marker, input.Limit, 50);
    return {
      Grants: items.map((grant) => ({
        KeyId: row.arn,
        GrantId: grant.id,
        GranteePrincipal: grant.grantee,
        Operations: grant.operations as NonNullable<CreateGrantCommandInput['Operations']>,
        CreationDate: new Date(grant.createdAtMs),
        IssuingAccount: `arn:${world.partition}:iam::${world.accountId}:root`,
      })),
      ...(nextToken === undefined ? { Truncated: false } : { Truncated: true, NextMarker: nextToken }),
    };
  },

  CreateGrant(world: World, input: CreateGrantCommandInput): Answer<CreateGrantCommandOutput> {
    const row = requireNamed(world, input.KeyId);
    check(world, row, 'kms:CreateGrant');
    const id = world.id('grant').replace('grant-', '').padStart(64, '0');
    const grantee = input.GranteePrincipal ?? '';
    row.grants = [
      ...row.grants,
      { id, grantee, operations: input.Operations ?? [], createdAtMs: world.nowMs },
    ];
    return { GrantId: id, GrantToken: Buffer.from(id).toString('base64') };
  },
} as const;

/** All but DescribeKey take no alias. */
function requireNamed(world: World, named: string | undefined): KeyRow {
  if (named?.includes('alias/') !== true) return requireKey(world, named);
  throw new SimulatedFailure('InvalidArnException', `Invalid keyId ${named}`);
}

/** Principals that are in this account must exist; services and other accounts are taken to. */
function isThere(world: World, principal: string): boolean {
  const { partition, accountId } = world;
  const own = `arn:${partition}:iam::${accountId}:`;
  if (!principal.startsWith(own) || principal === `${own}root`) return true;
  if (principal === theCaller(world).arn || principal === scalingRole(world).arn) return true;
  return [...world.rows(roles).values()].some(({ arn }) => arn === principal);
}

/** "The key policy must allow the calling principal to make a subsequent PutKeyPolicy request." */
function checkLockout(
  world: World,
  row: KeyRow,
  { BypassPolicyLockoutSafetyCheck: bypasses }: PutKeyPolicyCommandInput,
): void {
  if (bypasses === true) return;
  if (mayUse(world, row, { user: theCaller(world), uses: [{ action: 'kms:PutKeyPolicy' }] })) return;
  throw new SimulatedFailure(
    'MalformedPolicyDocumentException',
    'The new key policy will not allow you to update the key policy in the future.',
  );
}
