import { ecrRepository, looksLikeEcr, partitionOf } from '../aws/partitions.ts';
import type { Config } from '../config/config.ts';
import { EsEcsError } from '../errors.ts';
import type { Facts } from './facts.ts';

/**
 * Refuses an image that no host could ever pull: in a registry of ECR that there is not, or in one of another partition, in which these
 * credentials and roles mean nothing.
 *
 * @param at where a value of the config stands in its file.
 * @throws EsEcsError CONFIG_INVALID, naming the line of the config
 */
export function judgeImage(
  { image: { uri } }: Pick<Config, 'image'>,
  at: (path: readonly (string | number)[]) => string,
  { partition }: Pick<Facts, 'partition'>,
): void {
  if (uri === undefined || !looksLikeEcr(uri)) return;
  const found = ecrRepository(uri);
  const [host = ''] = uri.split('/');
  const its = found === undefined ? undefined : partitionOf(found.region)?.name;
  if (its === partition) return;
  const why =
    its === undefined
      ? `AWS has no registry ${host}`
      : `${host} is of the partition ${its}, and these credentials are of ${partition}`;
  throw new EsEcsError('CONFIG_INVALID', `${at(['image', 'uri'])}: image.uri: ${why}`, {
    hint: [
      'aws ecr describe-repositories --query repositories[].repositoryUri   shows the repositories of an account',
      'an image of another partition is copied by pulling it there and pushing it here',
    ],
  });
}
