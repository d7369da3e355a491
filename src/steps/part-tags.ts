import { clusterTag, type Tags } from '../aws/tags.ts';
import type { Config } from '../config/config.ts';

/** Tags of what comes with an instance. No address, as it is no resource; the name is for the console. */
export function partTags({ name, tags }: Pick<Config, 'name' | 'tags'>, what: string): Tags {
  return { ...tags, [clusterTag]: name, Name: `${name}-${what}` };
}
