/**
 * On the password's secret: the cluster in which it was set by API, and the version of the value that was, `UUID/VERSION`. Whoever writes the
 * secret by hand makes another version, and a cluster that comes back without its data has another UUID.
 */
export const setInTag = 'es-ecs-set-in';

/** What a secret says of its value without showing it. */
export interface MarkedPassword {
  /** Of the value that is current. */
  readonly versionId: string;
  /** The mark; undefined where there is none. */
  readonly setIn: string | undefined;
}

/** What the mark is once this version of the password is in force in this cluster. */
export function passwordMark(clusterUuid: string, versionId: string): string {
  return `${clusterUuid}/${versionId}`;
}
