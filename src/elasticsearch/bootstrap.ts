/**
 * The right to bootstrap: a tag on the first volumes of the initial masters, and nowhere else. User data copies it
 * onto the host, the entrypoint turns it into `cluster.initial_master_nodes`. It is taken away once the cluster's
 * UUID is recorded, so that a node with a new, empty disk can join a cluster but never found a second one.
 */
export const bootstrapTagKey = 'es-ecs-bootstrap';

/** The tag on every data volume that says to which cluster the data belongs: written once that cluster has formed. */
export const clusterUuidTagKey = 'es-ecs-cluster-uuid';

/** What separates the names in the tag's value: a character that every AWS service accepts in one and no node name contains. */
const separator = ':';

/** AWS's limit on a tag's value, in characters. */
export const tagValueLimit = 256;

/** The tag's value: the initial masters' names. At most three of at most 45 characters, well below the limit of 256. */
export function bootstrapTagValue(initialMasters: readonly string[]): string {
  return initialMasters.join(separator);
}

/** The initial masters' names that a tag's value carries. */
export function initialMastersOf(tagValue: string): readonly string[] {
  return tagValue.split(separator).filter((name) => name !== '');
}
