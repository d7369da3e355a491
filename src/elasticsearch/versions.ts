/** An Elasticsearch version, taken apart. */
export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

const pattern = /^(\d{1,4})\.(\d{1,4})\.(\d{1,4})$/;

/** The last 8.x: the only one that a cluster may go to 9.1 and later from (Elastic docs, "Upgrade"). */
const lastOf8 = { major: 8, minor: 19, patch: 0 } as const;

/** The version, or undefined when the text is not x.y.z. */
export function parseVersion(text: string): Version | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  return { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3]) };
}

/** Negative when a is older than b, 0 when they are the same, positive when a is newer. */
export function compareVersions(a: Version, b: Version): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch;
}

/** Whether a version is the given minor or a later one. */
export function isAtLeast(version: Version, major: number, minor: number): boolean {
  return compareVersions(version, { major, minor, patch: 0 }) >= 0;
}

/** The official image, which is published for linux/amd64 and linux/arm64; there is no `latest`. */
export function imageFor(version: string): string {
  return `docker.elastic.co/elasticsearch/elasticsearch:${version}`;
}

/** What going from one version to another amounts to. */
export type UpgradePath =
  | { readonly kind: 'same' }
  | { readonly kind: 'upgrade' }
  | {
      readonly kind: 'refused';
      /** As a person reads it. */
      readonly because: string;
      /** The version line to go to first, where going there makes it legal. */
      readonly first?: string;
    };

/**
 * Whether a rolling upgrade between two versions is legal. Data written by a newer version cannot be read by an older
 * one, so there is no way back; a major is left only from its last minor.
 */
export function upgradePath(from: Version, to: Version): UpgradePath {
  const order = compareVersions(to, from);
  if (order === 0) return { kind: 'same' };
  if (order < 0) {
    return {
      kind: 'refused',
      because: `Elasticsearch cannot go back from ${format(from)} to ${format(to)}: the older version cannot read what the newer one has written`,
    };
  }
  if (to.major === from.major) return { kind: 'upgrade' };
  if (to.major > from.major + 1) {
    return { kind: 'refused', because: `${format(from)} to ${format(to)} skips a major version` };
  }
  if (from.major === 8 && compareVersions(from, lastOf8) >= 0) return { kind: 'upgrade' };
  if (from.major === 8) {
    return {
      kind: 'refused',
      because: `${format(from)} to ${format(to)} is legal only by way of 8.19, the last 8.x`,
      first: '8.19',
    };
  }
  return { kind: 'refused', because: `no upgrade path from ${format(from)} to ${format(to)} is known` };
}

/** x.y.z again. */
export function format(version: Version): string {
  return `${version.major}.${version.minor}.${version.patch}`;
}
