import { clusterTag } from '../tags.ts';
import type { Conditions } from './statement.ts';

/** Only on what carries the tag of a cluster; with a name for the star, of that cluster alone. */
export const tagged: Conditions = { StringLike: { [`aws:ResourceTag/${clusterTag}`]: '*' } };

/** Only with the tag of a cluster in the very call. */
export const givenTag: Conditions = { StringLike: { [`aws:RequestTag/${clusterTag}`]: '*' } };

/** As services call themselves to KMS, in any region of any partition. */
export function viaServices(...services: readonly string[]): readonly string[] {
  return services.map((service) => `${service}.*`);
}
