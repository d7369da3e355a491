import { cameOutBefore } from './releases.ts';

/** An Elasticsearch version, taken apart. */
export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

const pattern = /^(\d{1,4})\.(\d{1,4})\.(\d{1,4})$/;

/** The last 8.x: the only one that a cluster may go to 9.1 and later from. */
const lastMinorOf8 = 19;

/** Came out with 9.0, and is the only one that a cluster may go there from. */
const minorBefore90 = 18;

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
 * Whether a rolling upgrade between two versions is legal ("Upgrade paths", elastic.co/docs/deploy-manage/upgrade): never back, as data
 * written by a newer version cannot be read by an older one; to 9.0 from 8.18 only, to 9.1 and later from 8.19 or from 9.0 and later; and
 * never to what came out before the version that runs, whatever its number.
 */
export function upgradePath(from: Version, to: Version): UpgradePath {
  const order = compareVersions(to, from);
  if (order === 0) return { kind: 'same' };
  if (order < 0) {
    return refused(
      `Elasticsearch cannot go back from ${format(from)} to ${format(to)}: the older version cannot read what the newer one has written`,
    );
  }
  const across = to.major === from.major ? undefined : acrossMajors(from, to);
  if (across !== undefined) return across;
  const older = cameOutBefore(to, from);
  if (older !== undefined)
    return refused(
      `${older}: Elasticsearch supports no upgrade to an older release, whatever its number; a later one of ${to.major}.${to.minor} may do`,
    );
  return { kind: 'upgrade' };
}

/** Why the step from one major to another is none; undefined: it is one. */
function acrossMajors(from: Version, to: Version): UpgradePath | undefined {
  const way = `${format(from)} to ${format(to)}`;
  if (to.major > from.major + 1) return refused(`${way} skips a major version`);
  if (from.major !== 8) return refused(`no upgrade path from ${way} is known`);
  if (to.minor > 0) {
    if (from.minor === lastMinorOf8) return undefined;
    return refused(`${way} is legal only by way of 8.19, the last 8.x`, '8.19');
  }
  if (from.minor === minorBefore90) return undefined;
  return from.minor > minorBefore90
    ? refused(`${way} is no path: 9.0 is reached from 8.18 only, and 8.19 goes on to 9.1 and later`)
    : refused(`${way} is legal only by way of 8.18, as 9.0 came out with it`, '8.18');
}

function refused(because: string, first?: string): UpgradePath {
  return { kind: 'refused', because, ...(first === undefined ? {} : { first }) };
}

/** x.y.z again. */
export function format(version: Version): string {
  return `${version.major}.${version.minor}.${version.patch}`;
}
