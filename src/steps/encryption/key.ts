import { GetEbsDefaultKmsKeyIdCommand } from '@aws-sdk/client-ec2';
import { DescribeKeyCommand, type KeyMetadata } from '@aws-sdk/client-kms';

import type { Clients } from '../../aws/clients.ts';
import { silently } from '../limits/silently.ts';

/** The customer key of the config, or the account's own for disks, as KMS knows it. */
export interface Key {
  /** By whose name calls ask for it. Where KMS could not be asked: as the config names it. */
  readonly arn: string;
  /** What KMS says of it; the error where it says nothing. */
  readonly seen: KeyMetadata | { readonly error: unknown };
}

/**
 * Looks at a key, whose alias or id becomes an ARN by it. Nothing is refused here: a cluster whose key is lost is still looked at and taken
 * down.
 */
export async function lookAtKey({ kms }: Pick<Clients, 'kms'>, named: string): Promise<Key> {
  try {
    const { KeyMetadata: seen } = await kms.send(new DescribeKeyCommand({ KeyId: named }));
    return seen === undefined ? unseenKey(named, undefined) : { arn: seen.Arn ?? named, seen };
  } catch (error) {
    return unseenKey(named, error);
  }
}

/** A key of which only the config speaks. */
export function unseenKey(named: string, error: unknown): Key {
  return { arn: named, seen: { error } };
}

/** Whether what a service says of a thing's key means this one: some give back an id or an ARN, whichever they were given. */
export function isKey(key: Pick<Key, 'arn'>, named: string | undefined): boolean {
  return named !== undefined && (named === key.arn || key.arn.endsWith(`:key/${named}`));
}

/** Why a thing keeps the key that it was made with; undefined where that is the right one, or none is asked for. */
export function keptKey(
  key: Pick<Key, 'arn'> | undefined,
  named: string | undefined,
  why: string,
): string | undefined {
  if (key === undefined || isKey(key, named)) return undefined;
  return `keeps ${named === undefined ? "AWS's own key" : `the key ${named}`}, not encryption.kmsKeyId: ${why}`;
}

/** The key that the account has chosen for its disks; undefined where that is EBS's own, or nobody may look. */
export async function defaultDiskKey({ ec2Aside }: Pick<Clients, 'ec2Aside'>): Promise<string | undefined> {
  const named = (await silently(ec2Aside.send(new GetEbsDefaultKmsKeyIdCommand({}))))?.KmsKeyId;
  return named?.endsWith('alias/aws/ebs') === true ? undefined : named;
}
