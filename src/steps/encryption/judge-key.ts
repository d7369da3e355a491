import type { KeyMetadata } from '@aws-sdk/client-kms';

import { EsEcsError } from '../../errors.ts';
import type { StepContext } from '../context.ts';
import type { Key } from './key.ts';

/** Of which key something is said. */
export interface KeyPlace {
  /** The beginning of every sentence about it: `es-ecs.yaml:9:14: encryption.kmsKeyId`, or the account's default. */
  readonly where: string;
  readonly region: string;
  readonly accountId: string;
}

/**
 * Why a key cannot be used for anything here, by what KMS says of it; undefined where it can, also where nobody could look and it is named by an id
 * or ARN.
 */
export function whyUnusable({ arn, seen }: Key, place: KeyPlace): EsEcsError | undefined {
  if (!('error' in seen)) return whyUnfit(arn, seen, place);
  const { region, accountId } = place;
  const owner = ownerOf(arn);
  if (owner !== undefined && owner !== accountId) return foreign(arn, owner, place);
  const name = seen.error instanceof Error ? seen.error.name : '';
  if (name === 'NotFoundException') {
    return unusable(place, `there is no ${arn} in ${region}`, [
      `aws kms list-aliases --region ${region}  shows the keys that have a name`,
      `aws kms create-key --region ${region}  makes one; docs/encryption.md has the policy that it needs`,
    ]);
  }
  if (name === 'AccessDeniedException' && arn.includes('alias/')) {
    return unusable(place, `which key ${arn} is cannot be seen: kms:DescribeKey is not allowed`, [
      'have kms:DescribeKey allowed for these credentials, or name the key by its ARN',
    ]);
  }
  return undefined;
}

function ownerOf(arn: string): string | undefined {
  return /^arn:[^:]+:kms:[^:]*:(\d{12}):/.exec(arn)?.[1];
}

function whyUnfit(arn: string, seen: KeyMetadata, place: KeyPlace): EsEcsError | undefined {
  const owner = seen.AWSAccountId ?? ownerOf(arn);
  if (owner !== undefined && owner !== place.accountId) return foreign(arn, owner, place);
  if (seen.KeyManager === 'AWS') {
    const hint = 'leave kmsKeyId out: then each service uses its own, or name a key of yours';
    return unusable(place, `${arn} is a key of AWS's own, which one service alone can use`, [hint]);
  }
  if (seen.KeyUsage !== 'ENCRYPT_DECRYPT' || seen.KeySpec !== 'SYMMETRIC_DEFAULT') {
    const what = `${String(seen.KeySpec)}, for ${String(seen.KeyUsage)}`;
    return unusable(
      place,
      `${arn} does not encrypt symmetrically (${what}), and disks, secrets and logs take no other`,
      [`aws kms create-key --region ${place.region}  makes one that does`],
    );
  }
  return seen.KeyState === 'Enabled' ? undefined : whyNotEnabled(arn, seen, place);
}

function whyNotEnabled(arn: string, { KeyState, DeletionDate }: KeyMetadata, place: KeyPlace): EsEcsError {
  const enable = `aws kms enable-key --region ${place.region} --key-id ${arn}`;
  switch (KeyState) {
    case 'Disabled':
      return unusable(place, `${arn} is disabled`, [enable]);
    case 'PendingDeletion': {
      const when = DeletionDate === undefined ? '' : ` on ${DeletionDate.toISOString().slice(0, 10)}`;
      return unusable(place, `${arn} is to be deleted${when}, and with it all that it encrypts`, [
        `aws kms cancel-key-deletion --region ${place.region} --key-id ${arn}`,
        `${enable}  then, as it comes back disabled`,
      ]);
    }
    default:
      return unusable(place, `${arn} is ${String(KeyState)}, not Enabled`, [
        `aws kms describe-key --region ${place.region} --key-id ${arn}`,
      ]);
  }
}

function foreign(arn: string, owner: string, place: KeyPlace): EsEcsError {
  return unusable(
    place,
    `${arn} is a key of the account ${owner}, and these credentials are of ${place.accountId}`,
    [`name a key of ${place.accountId}: aws kms list-aliases --region ${place.region}`],
  );
}

/** The error for a key. */
export function unusable({ where }: KeyPlace, why: string, hint: readonly string[]): EsEcsError {
  return new EsEcsError('KMS_KEY', `${where}: ${why}`, { hint });
}

/** Of the key of the config. */
export function placeOfConfig({ located, facts }: Pick<StepContext, 'located' | 'facts'>): KeyPlace {
  const { region, accountId } = facts;
  return { where: `${located.at(['encryption', 'kmsKeyId'])}: encryption.kmsKeyId`, region, accountId };
}
