/** What IAM, ECS, CloudWatch Logs and Parameter Store take in keys and values of tags, as their models say. EC2 and others take more. */
export const tagSigns = '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]';

const most = { key: 128, value: 256 } as const;
const signs = new RegExp(`^${tagSigns}*$`, 'u');

/** The first tag that one of these services would refuse; undefined where there is none. */
export function unfitTag(tags: Iterable<readonly [string, string]>): readonly [string, string] | undefined {
  for (const [key, value] of tags) {
    const isFit =
      key !== '' &&
      key.length <= most.key &&
      value.length <= most.value &&
      signs.test(key) &&
      signs.test(value);
    if (!isFit) return [key, value];
  }
  return undefined;
}
