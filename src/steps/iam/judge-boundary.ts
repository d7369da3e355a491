import type { Config } from '../../config/config.ts';
import { EsEcsError } from '../../errors.ts';
import type { Facts } from '../facts.ts';

/**
 * Refuses a permissions boundary that IAM would not find: it must be a managed policy of the very account, or AWS's own, and of its
 * partition ("Permissions boundaries for IAM entities").
 *
 * @param at where a value of the config stands in its file.
 * @throws EsEcsError CONFIG_INVALID, naming the line of the config
 */
export function judgeBoundary(
  { iam: { permissionsBoundary: boundary } }: Pick<Config, 'iam'>,
  at: (path: readonly (string | number)[]) => string,
  facts: Pick<Facts, 'accountId' | 'partition'>,
): void {
  if (boundary === undefined) return;
  const [, partition = '', , , owner = ''] = boundary.split(':');
  const { accountId } = facts;
  const ofWhom =
    partition === facts.partition
      ? [accountId, 'aws'].includes(owner)
        ? undefined
        : `is a policy of the account ${owner}, and these credentials are of ${accountId}`
      : `is of the partition ${partition}, and these credentials are of ${facts.partition}`;
  if (ofWhom === undefined) return;
  throw new EsEcsError(
    'CONFIG_INVALID',
    `${at(['iam', 'permissionsBoundary'])}: iam.permissionsBoundary: ${boundary} ${ofWhom}`,
    { hint: `aws iam list-policies --scope Local  shows the policies of ${accountId}` },
  );
}
