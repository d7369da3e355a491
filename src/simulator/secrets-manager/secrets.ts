import type {
  BatchGetSecretValueCommandInput,
  BatchGetSecretValueCommandOutput,
  CreateSecretCommandInput,
  CreateSecretCommandOutput,
  DeleteResourcePolicyCommandInput,
  DeleteResourcePolicyCommandOutput,
  DeleteSecretCommandInput,
  DeleteSecretCommandOutput,
  DescribeSecretCommandInput,
  DescribeSecretCommandOutput,
  Filter,
  GetResourcePolicyCommandInput,
  GetResourcePolicyCommandOutput,
  GetSecretValueCommandInput,
  GetSecretValueCommandOutput,
  ListSecretVersionIdsCommandInput,
  ListSecretVersionIdsCommandOutput,
  ListSecretsCommandInput,
  ListSecretsCommandOutput,
  PutResourcePolicyCommandInput,
  PutResourcePolicyCommandOutput,
  PutSecretValueCommandInput,
  PutSecretValueCommandOutput,
  RestoreSecretCommandInput,
  RestoreSecretCommandOutput,
  SecretListEntry,
  Tag,
  TagResourceCommandInput,
  UntagResourceCommandInput,
  UpdateSecretCommandInput,
  UpdateSecretCommandOutput,
} from '@aws-sdk/client-secrets-manager';

import { findKey, type KeyRow } from '../kms/keys.ts';
import { type KeyUser, mayUse, theCaller } from '../kms/use.ts';
import { SimulatedFailure } from '../core/failure.ts';
import { holdName, isNameHeld } from '../core/freed-names.ts';
import { page } from '../core/operation.ts';
import { table, type World } from '../core/world.ts';

type Answer<Output> = Omit<Output, '$metadata'>;

interface SecretVersion {
  readonly id: string;
  readonly text: string | undefined;
  /** Base64. */
  readonly binary: string | undefined;
  readonly createdAtMs: number;
  stages: string[];
}

export interface SecretRow {
  readonly arn: string;
  readonly name: string;
  readonly createdAtMs: number;
  changedAtMs: number;
  description: string | undefined;
  kmsKeyId: string | undefined;
  tags: Record<string, string>;
  /** The resource policy, as it was put. */
  policy?: string | undefined;
  versions: SecretVersion[];
  /** When DeleteSecret was called; it is gone at the end of its recovery window. */
  deletedAtMs: number | undefined;
  recoverUntilMs: number | undefined;
  /** From when lists show it: ListSecrets lags behind ("ListSecrets", API reference). */
  readonly visibleAtMs: number;
}

/** By ARN. */
export const secrets = table<SecretRow>('secrets-manager/secrets');

const dayMs = 86_400_000;

/** By whole ARN or by name; what is past its recovery window is gone. */
export function findSecret(world: World, id: string | undefined): SecretRow | undefined {
  forgetExpired(world);
  const rows = world.rows(secrets);
  const byArn = rows.get(id ?? '');
  if (byArn !== undefined) return byArn;
  return [...rows.values()].find((row) => row.name === id);
}

function forgetExpired(world: World): void {
  for (const [arn, row] of world.rows(secrets)) {
    if (row.recoverUntilMs !== undefined && row.recoverUntilMs <= world.nowMs)
      world.rows(secrets).delete(arn);
  }
}

function requireSecret(world: World, id: string | undefined): SecretRow {
  const row = findSecret(world, id);
  if (row === undefined) {
    throw new SimulatedFailure(
      'ResourceNotFoundException',
      "Secrets Manager can't find the specified secret.",
    );
  }
  return row;
}

function requireLiving(world: World, id: string | undefined): SecretRow {
  const row = requireSecret(world, id);
  if (row.deletedAtMs !== undefined) {
    throw invalidRequest(
      "You can't perform this operation on the secret because it was marked for deletion.",
    );
  }
  return row;
}

function invalidRequest(message: string): SimulatedFailure {
  return new SimulatedFailure('InvalidRequestException', message);
}

function invalidParameter(message: string): SimulatedFailure {
  return new SimulatedFailure('InvalidParameterException', message);
}

function fromTags(tags: readonly Tag[] | undefined): Record<string, string> {
  return Object.fromEntries((tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? '']));
}

function toTags(tags: Readonly<Record<string, string>>): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** `name-` and six characters, which AWS draws. */
function newArn(world: World, name: string): string {
  const letters = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
  const suffix = Array.from({ length: 6 }, () => letters[Math.floor(world.random() * letters.length)] ?? 'A');
  return `arn:${world.partition}:secretsmanager:${world.region}:${world.accountId}:secret:${name}-${suffix.join('')}`;
}

interface Content {
  readonly ClientRequestToken?: string | undefined;
  readonly SecretString?: string | undefined;
  readonly SecretBinary?: Uint8Array | undefined;
}

function toVersion(world: World, content: Content): SecretVersion {
  if (content.SecretString !== undefined && content.SecretBinary !== undefined) {
    throw invalidParameter("You can't specify both a binary secret value and a string secret value.");
  }
  if ((content.SecretString ?? '').length > 65_536) {
    throw invalidParameter('The secret value is longer than 65536 bytes.');
  }
  const serial = world.next().toString(16).padStart(12, '0');
  return {
    id: content.ClientRequestToken ?? `00000000-0000-4000-8000-${serial}`,
    text: content.SecretString,
    binary:
      content.SecretBinary === undefined ? undefined : Buffer.from(content.SecretBinary).toString('base64'),
    createdAtMs: world.nowMs,
    stages: [],
  };
}

function isSameContent(one: SecretVersion, other: SecretVersion): boolean {
  return one.text === other.text && one.binary === other.binary;
}

/** Adds a version and moves the labels; the same token again with the same content changes nothing. */
function addVersion(
  world: World,
  row: SecretRow,
  wanted: { readonly content: Content; readonly stages?: readonly string[] | undefined },
): SecretVersion {
  const version = toVersion(world, wanted.content);
  const known = row.versions.find((one) => one.id === version.id);
  if (known !== undefined) {
    if (isSameContent(known, version)) return known;
    throw new SimulatedFailure(
      'ResourceExistsException',
      `You can't use ClientRequestToken ${version.id} because that value is already in use for a version of secret ${row.arn}.`,
    );
  }
  const stages = wanted.stages ?? ['AWSCURRENT'];
  if (stages.includes('AWSCURRENT')) {
    for (const one of row.versions) {
      const wasCurrent = one.stages.includes('AWSCURRENT');
      one.stages = one.stages.filter((stage) => stage !== 'AWSPREVIOUS' && stage !== 'AWSCURRENT');
      if (wasCurrent) one.stages.push('AWSPREVIOUS');
    }
  }
  for (const one of row.versions) one.stages = one.stages.filter((stage) => !stages.includes(stage));
  version.stages = [...stages];
  row.versions = [...row.versions.filter((one) => one.stages.length > 0), version];
  row.changedAtMs = world.nowMs;
  return version;
}

function toEntry(row: SecretRow): SecretListEntry {
  return {
    ARN: row.arn,
    Name: row.name,
    ...(row.description === undefined ? {} : { Description: row.description }),
    ...(row.kmsKeyId === undefined ? {} : { KmsKeyId: row.kmsKeyId }),
    CreatedDate: new Date(row.createdAtMs),
    LastChangedDate: new Date(row.changedAtMs),
    ...(row.deletedAtMs === undefined ? {} : { DeletedDate: new Date(row.deletedAtMs) }),
    Tags: toTags(row.tags),
    SecretVersionsToStages: Object.fromEntries(row.versions.map((one) => [one.id, one.stages])),
  };
}

/** Values of a filter are alternatives and match by prefix, `!` negates; filters must all hold ("Find secrets"). */
function matchesFilters(row: SecretRow, filters: readonly Filter[] | undefined): boolean {
  return (filters ?? []).every((filter) => {
    const values = filter.Values ?? [];
    const actual = filterField(row, filter.Key);
    return values.some((value) =>
      value.startsWith('!')
        ? !actual.some((one) => one.startsWith(value.slice(1)))
        : actual.some((one) => one.startsWith(value)),
    );
  });
}

function filterField(row: SecretRow, key: string | undefined): readonly string[] {
  switch (key) {
    case 'name':
      return [row.name];
    case 'description':
      return [row.description ?? ''];
    case 'tag-key':
      return Object.keys(row.tags);
    case 'tag-value':
      return Object.values(row.tags);
    case 'all':
      return [row.name, row.description ?? '', ...Object.keys(row.tags), ...Object.values(row.tags)];
    default:
      throw invalidParameter(`Invalid filter key ${key ?? ''}`);
  }
}

function pickVersion(row: SecretRow, input: GetSecretValueCommandInput): SecretVersion {
  const { VersionId: id, VersionStage: stage = 'AWSCURRENT' } = input;
  const version = row.versions.find((one) => (id === undefined ? one.stages.includes(stage) : one.id === id));
  if (version === undefined) {
    throw new SimulatedFailure(
      'ResourceNotFoundException',
      `Secrets Manager can't find the specified secret value for ${id === undefined ? `staging label: ${stage}` : `VersionId: ${id}`}`,
    );
  }
  return version;
}

function toValue(row: SecretRow, version: SecretVersion): Answer<GetSecretValueCommandOutput> {
  return {
    ARN: row.arn,
    Name: row.name,
    VersionId: version.id,
    VersionStages: version.stages,
    CreatedDate: new Date(version.createdAtMs),
    ...(version.text === undefined ? {} : { SecretString: version.text }),
    ...(version.binary === undefined ? {} : { SecretBinary: Buffer.from(version.binary, 'base64') }),
  };
}

function scheduledForDeletion(): SimulatedFailure {
  return invalidRequest(
    "You can't create this secret because a secret with this name is already scheduled for deletion.",
  );
}

/**
 * A deletion by force goes on after its answer, and until it is done the name is refused as that of any deleted secret (DeleteSecret:
 * "This operation is asynchronous … use appropriate back off and retry logic"; hashicorp/terraform-provider-aws issue 10259).
 */
function heldName(name: string): string {
  return `secrets-manager ${name}`;
}

/** The answer to the same CreateSecret again; anything else of that name is in the way. */
function existing(
  world: World,
  row: SecretRow,
  input: CreateSecretCommandInput,
): Answer<CreateSecretCommandOutput> {
  if (row.deletedAtMs !== undefined) throw scheduledForDeletion();
  const known = row.versions.find((one) => one.id === input.ClientRequestToken);
  if (known === undefined || !isSameContent(known, toVersion(world, input))) {
    throw new SimulatedFailure(
      'ResourceExistsException',
      `The operation failed because the secret ${row.name} already exists.`,
    );
  }
  return { ARN: row.arn, Name: row.name, VersionId: known.id };
}

/** @throws SimulatedFailure MalformedPolicyDocumentException, PublicPolicyException */
function checkedPolicy(policy: string | undefined, blocksPublic: boolean): string {
  let statements: unknown;
  try {
    statements = (JSON.parse(policy ?? '') as { readonly Statement?: unknown }).Statement;
  } catch {
    statements = undefined;
  }
  if (typeof statements !== 'object' || statements === null) {
    throw new SimulatedFailure(
      'MalformedPolicyDocumentException',
      'This resource policy contains invalid Json',
    );
  }
  const isPublic = [statements].flat().some((one) => {
    const { Effect, Principal, Condition } = one as Readonly<Record<string, unknown>>;
    const isAnybody = Principal === '*' || JSON.stringify(Principal) === '{"AWS":"*"}';
    return Effect === 'Allow' && isAnybody && Condition === undefined;
  });
  if (isPublic && blocksPublic) {
    throw new SimulatedFailure(
      'PublicPolicyException',
      "You can't use this resource policy because it allows access to a broad set of principals.",
    );
  }
  return policy ?? '';
}

/** By what a secret is encrypted; undefined where there is no such key. */
function keyOf(world: World, { kmsKeyId }: Pick<SecretRow, 'kmsKeyId'>): KeyRow | undefined {
  return findKey(world, kmsKeyId ?? 'alias/aws/secretsmanager');
}

/** What Secrets Manager asks of a key in the name of whoever calls, with the secret as encryption context ("Secret encryption and decryption"). */
function mayUseKey(
  world: World,
  row: Pick<SecretRow, 'arn' | 'kmsKeyId'>,
  wanted: { readonly user: KeyUser; readonly actions: readonly string[] },
): boolean {
  const key = keyOf(world, row);
  if (key?.manager === 'AWS') return true;
  const uses = wanted.actions.map((action) => ({
    action: `kms:${action}`,
    via: 'secretsmanager',
    context: { SecretARN: row.arn },
  }));
  return key !== undefined && mayUse(world, key, { user: wanted.user, uses });
}

/** Whether somebody who may read a secret may decrypt it. */
export function mayDecrypt(world: World, row: SecretRow, user: KeyUser): boolean {
  const key = keyOf(world, row);
  return key?.state === 'Enabled' && mayUseKey(world, row, { user, actions: ['Decrypt'] });
}

/** @throws SimulatedFailure EncryptionFailure, AccessDeniedException */
function checkEncryption(world: World, row: Pick<SecretRow, 'arn' | 'kmsKeyId'>): void {
  const key = keyOf(world, row);
  if (key === undefined || key.state !== 'Enabled' || key.spec !== 'SYMMETRIC_DEFAULT') {
    throw new SimulatedFailure(
      'EncryptionFailure',
      "Secrets Manager can't encrypt the protected secret text using the provided KMS key. Check that the KMS key is available, enabled, and not in an invalid state.",
    );
  }
  if (mayUseKey(world, row, { user: theCaller(world), actions: ['GenerateDataKey', 'Decrypt'] })) return;
  throw kmsDenied();
}

function kmsDenied(): SimulatedFailure {
  return new SimulatedFailure('AccessDeniedException', 'Access to KMS is not allowed');
}

/** @throws SimulatedFailure DecryptionFailure, AccessDeniedException */
function checkDecryption(world: World, row: SecretRow): void {
  const key = keyOf(world, row);
  if (key?.state !== 'Enabled') {
    throw new SimulatedFailure(
      'DecryptionFailure',
      "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
    );
  }
  if (!mayDecrypt(world, row, theCaller(world))) throw kmsDenied();
}

const writeOperations = {
  CreateSecret(world: World, input: CreateSecretCommandInput): Answer<CreateSecretCommandOutput> {
    const name = input.Name ?? '';
    if (!/^[A-Za-z0-9/_+=.@-]{1,512}$/.test(name)) {
      throw invalidParameter(
        'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
      );
    }
    const known = findSecret(world, name);
    if (known !== undefined) return existing(world, known, input);
    if (isNameHeld(world, heldName(name))) throw scheduledForDeletion();
    const row: SecretRow = {
      arn: newArn(world, name),
      name,
      createdAtMs: world.nowMs,
      changedAtMs: world.nowMs,
      description: input.Description,
      kmsKeyId: input.KmsKeyId,
      tags: fromTags(input.Tags),
      versions: [],
      deletedAtMs: undefined,
      recoverUntilMs: undefined,
      visibleAtMs: world.nowMs + world.vary(world.delays.visible),
    };
    checkEncryption(world, row);
    const hasContent = input.SecretString !== undefined || input.SecretBinary !== undefined;
    const version = hasContent ? addVersion(world, row, { content: input }) : undefined;
    world.rows(secrets).set(row.arn, row);
    return { ARN: row.arn, Name: row.name, ...(version === undefined ? {} : { VersionId: version.id }) };
  },

  PutSecretValue(world: World, input: PutSecretValueCommandInput): Answer<PutSecretValueCommandOutput> {
    const row = requireLiving(world, input.SecretId);
    checkEncryption(world, row);
    const version = addVersion(world, row, { content: input, stages: input.VersionStages });
    return { ARN: row.arn, Name: row.name, VersionId: version.id, VersionStages: version.stages };
  },

  UpdateSecret(world: World, input: UpdateSecretCommandInput): Answer<UpdateSecretCommandOutput> {
    const row = requireLiving(world, input.SecretId);
    if (input.KmsKeyId !== undefined) {
      // The value is encrypted anew, for which it is read.
      checkDecryption(world, row);
      checkEncryption(world, { arn: row.arn, kmsKeyId: input.KmsKeyId });
    }
    row.description = input.Description ?? row.description;
    row.kmsKeyId = input.KmsKeyId ?? row.kmsKeyId;
    row.changedAtMs = world.nowMs;
    const hasContent = input.SecretString !== undefined || input.SecretBinary !== undefined;
    const version = hasContent ? addVersion(world, row, { content: input }) : undefined;
    return { ARN: row.arn, Name: row.name, ...(version === undefined ? {} : { VersionId: version.id }) };
  },

  TagResource(world: World, input: TagResourceCommandInput): object {
    const row = requireLiving(world, input.SecretId);
    row.tags = { ...row.tags, ...fromTags(input.Tags) };
    return {};
  },

  UntagResource(world: World, input: UntagResourceCommandInput): object {
    const row = requireLiving(world, input.SecretId);
    row.tags = Object.fromEntries(
      Object.entries(row.tags).filter(([key]) => !(input.TagKeys ?? []).includes(key)),
    );
    return {};
  },

  /** It says who may read the secret, and is kept as it was put; it opens nothing here. */
  PutResourcePolicy(
    world: World,
    input: PutResourcePolicyCommandInput,
  ): Answer<PutResourcePolicyCommandOutput> {
    const row = requireLiving(world, input.SecretId);
    row.policy = checkedPolicy(input.ResourcePolicy, input.BlockPublicPolicy === true);
    return { ARN: row.arn, Name: row.name };
  },

  /** Deleting what there is not is no error. */
  DeleteResourcePolicy(
    world: World,
    input: DeleteResourcePolicyCommandInput,
  ): Answer<DeleteResourcePolicyCommandOutput> {
    const row = requireLiving(world, input.SecretId);
    row.policy = undefined;
    return { ARN: row.arn, Name: row.name };
  },

  /** Deleting without a recovery window forgives a secret that is not there; with one it does not. */
  DeleteSecret(world: World, input: DeleteSecretCommandInput): Answer<DeleteSecretCommandOutput> {
    const { ForceDeleteWithoutRecovery: isForced = false, RecoveryWindowInDays: days } = input;
    if (isForced && days !== undefined) {
      throw invalidParameter(
        "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
      );
    }
    if (days !== undefined && (days < 7 || days > 30)) {
      throw invalidParameter('RecoveryWindowInDays value must be between 7 and 30 days (inclusive).');
    }
    const known = findSecret(world, input.SecretId);
    if (known === undefined && isForced) return { Name: input.SecretId, DeletionDate: new Date(world.nowMs) };
    const row = isForced ? requireSecret(world, input.SecretId) : requireLiving(world, input.SecretId);
    if (isForced) {
      world.rows(secrets).delete(row.arn);
      holdName(world, heldName(row.name), world.delays.secretName);
      return { ARN: row.arn, Name: row.name, DeletionDate: new Date(world.nowMs) };
    }
    row.deletedAtMs = world.nowMs;
    row.recoverUntilMs = world.nowMs + (days ?? 30) * dayMs;
    return { ARN: row.arn, Name: row.name, DeletionDate: new Date(row.recoverUntilMs) };
  },

  RestoreSecret(world: World, input: RestoreSecretCommandInput): Answer<RestoreSecretCommandOutput> {
    const row = requireSecret(world, input.SecretId);
    row.deletedAtMs = undefined;
    row.recoverUntilMs = undefined;
    return { ARN: row.arn, Name: row.name };
  },
} as const;

const readOperations = {
  DescribeSecret(world: World, input: DescribeSecretCommandInput): Answer<DescribeSecretCommandOutput> {
    const { SecretVersionsToStages: versions, ...entry } = toEntry(requireSecret(world, input.SecretId));
    return { ...entry, VersionIdsToStages: versions };
  },

  /** A secret without one is answered without the member. */
  GetResourcePolicy(
    world: World,
    input: GetResourcePolicyCommandInput,
  ): Answer<GetResourcePolicyCommandOutput> {
    const row = requireLiving(world, input.SecretId);
    return {
      ARN: row.arn,
      Name: row.name,
      ...(row.policy === undefined ? {} : { ResourcePolicy: row.policy }),
    };
  },

  /** Versions without a label are shown only when asked for ("IncludeDeprecated"). */
  ListSecretVersionIds(
    world: World,
    input: ListSecretVersionIdsCommandInput,
  ): Answer<ListSecretVersionIdsCommandOutput> {
    const row = requireSecret(world, input.SecretId);
    const shown = row.versions.filter((one) => one.stages.length > 0 || input.IncludeDeprecated === true);
    const { items, nextToken } = page(shown, input.NextToken, input.MaxResults, 100);
    return {
      ARN: row.arn,
      Name: row.name,
      Versions: items.map((one) => ({
        VersionId: one.id,
        CreatedDate: new Date(one.createdAtMs),
        ...(one.stages.length === 0 ? {} : { VersionStages: one.stages }),
      })),
      NextToken: nextToken,
    };
  },

  GetSecretValue(world: World, input: GetSecretValueCommandInput): Answer<GetSecretValueCommandOutput> {
    const row = requireLiving(world, input.SecretId);
    checkDecryption(world, row);
    return toValue(row, pickVersion(row, input));
  },

  BatchGetSecretValue(
    world: World,
    input: BatchGetSecretValueCommandInput,
  ): Answer<BatchGetSecretValueCommandOutput> {
    if ((input.SecretIdList === undefined) === (input.Filters === undefined)) {
      throw invalidParameter('You must include either Filters or SecretIdList, but not both.');
    }
    const rows: Record<string, SecretRow | undefined> = Object.fromEntries(
      input.SecretIdList?.map((id) => [id, findSecret(world, id)]) ??
        listed(world, input.Filters, false).map((row) => [row.arn, row]),
    );
    const living = Object.values(rows).filter((row) => row !== undefined && row.deletedAtMs === undefined);
    const { items, nextToken } = page(living, input.NextToken, input.MaxResults);
    return {
      SecretValues: items.flatMap((row) =>
        row === undefined ? [] : [toValue(row, pickVersion(row, { SecretId: row.arn }))],
      ),
      Errors: Object.entries(rows)
        .filter(([, row]) => row === undefined || row.deletedAtMs !== undefined)
        .map(([SecretId, row]) => ({
          SecretId,
          ErrorCode: row === undefined ? 'ResourceNotFoundException' : 'InvalidRequestException',
          Message:
            row === undefined
              ? "Secrets Manager can't find the specified secret."
              : 'It was marked for deletion.',
        })),
      NextToken: nextToken,
    };
  },

  /** Without `IncludePlannedDeletion`, what is to be deleted is not shown. */
  ListSecrets(world: World, input: ListSecretsCommandInput): Answer<ListSecretsCommandOutput> {
    const found = listed(world, input.Filters, input.IncludePlannedDeletion === true);
    const { items, nextToken } = page(found, input.NextToken, input.MaxResults, 100);
    return { SecretList: items.map(toEntry), NextToken: nextToken };
  },
} as const;

function listed(world: World, filters: readonly Filter[] | undefined, withDeleted: boolean): SecretRow[] {
  forgetExpired(world);
  return [...world.rows(secrets).values()].filter(
    (row) =>
      row.visibleAtMs <= world.nowMs &&
      (withDeleted || row.deletedAtMs === undefined) &&
      matchesFilters(row, filters),
  );
}

/** Secrets Manager, as its API reference describes it. */
export const secretOperations = { ...writeOperations, ...readOperations } as const;
