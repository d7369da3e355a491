import type { Version } from './versions.ts';

/**
 * When each release came out, from 8.13.0 to 9.5.2: the dates of Elastic's release notes as endoflife.date collects them
 * (github.com/endoflife-date/release-data, releases/elasticsearch.json, 22 August 2026). Several lines of versions are cared for at
 * a time, so that a higher number may be the older release, which is no target of an upgrade ("Out-of-order releases",
 * elastic.co/docs/deploy-manage/upgrade/deployment-or-cluster).
 */
const releases: Readonly<Record<string, string>> = {
  '2024-03-26': '8.13.0',
  '2024-04-02': '8.13.1',
  '2024-04-08': '8.13.2',
  '2024-05-03': '8.13.3',
  '2024-05-14': '8.13.4',
  '2024-06-05': '8.14.0',
  '2024-06-12': '8.14.1',
  '2024-07-04': '8.14.2',
  '2024-07-11': '8.14.3',
  '2024-08-08': '8.15.0',
  '2024-09-05': '8.15.1',
  '2024-09-26': '8.15.2',
  '2024-10-17': '8.15.3',
  '2024-11-12': '8.15.4 8.16.0',
  '2024-11-22': '8.16.1',
  '2024-11-26': '8.15.5',
  '2024-12-12': '8.17.0',
  '2024-12-17': '8.16.2',
  '2025-01-21': '8.16.3 8.17.1',
  '2025-02-11': '8.16.4 8.17.2',
  '2025-03-04': '8.16.5 8.17.3',
  '2025-03-25': '8.16.6 8.17.4',
  '2025-04-15': '8.17.5 8.18.0 9.0.0',
  '2025-05-06': '8.17.6 8.18.1 9.0.1',
  '2025-05-29': '8.18.2',
  '2025-06-03': '8.17.7 9.0.2',
  '2025-06-24': '8.17.8 8.18.3 9.0.3',
  '2025-07-22': '8.17.9 8.18.4 9.0.4',
  '2025-07-29': '8.19.0 9.1.0',
  '2025-08-07': '8.19.1 9.1.1',
  '2025-08-12': '8.17.10 8.18.5 8.19.2 9.0.5 9.1.2',
  '2025-08-28': '8.18.6 8.19.3 9.0.6 9.1.3',
  '2025-09-16': '8.18.7 9.0.7',
  '2025-09-18': '8.19.4 9.1.4',
  '2025-10-06': '8.18.8 8.19.5 9.0.8 9.1.5',
  '2025-10-23': '8.19.6 9.1.6 9.2.0',
  '2025-11-11': '8.19.7 9.1.7 9.2.1',
  '2025-12-02': '8.19.8 9.1.8 9.2.2',
  '2025-12-19': '8.19.9 9.1.9 9.2.3',
  '2026-01-13': '8.19.10 9.1.10 9.2.4',
  '2026-02-03': '8.19.11 9.2.5 9.3.0',
  '2026-02-26': '8.19.12 9.2.6 9.3.1',
  '2026-03-19': '8.19.13 9.2.7 9.3.2',
  '2026-04-08': '8.19.14 9.2.8 9.3.3',
  '2026-04-30': '8.19.15 9.3.4',
  '2026-05-05': '9.4.0',
  '2026-05-12': '9.4.1',
  '2026-05-28': '8.19.16 9.3.5 9.4.2',
  '2026-06-23': '8.19.17 9.3.6',
  '2026-06-30': '8.19.18 9.3.7 9.4.3',
  '2026-07-21': '8.19.19 9.3.8 9.4.4',
  '2026-08-04': '9.5.0',
  '2026-08-11': '8.19.20 9.4.5 9.5.1',
  '2026-08-20': '9.5.2',
};

const dates = new Map(
  Object.entries(releases).flatMap(([date, versions]) =>
    versions.split(' ').map((version) => [version, date] as const),
  ),
);

/**
 * That a release came out before another one of a lower number, as a sentence; undefined: it did not, or nobody here knows. What is not
 * in the table yet came out after all that is in it.
 */
export function cameOutBefore(target: Version, running: Version): string | undefined {
  const to = dateOf(target);
  const from = dateOf(running);
  if (to === undefined) return undefined;
  if (from === undefined)
    return isAfterTheTable(running)
      ? `${text(target)} came out on ${to}, before ${text(running)}`
      : undefined;
  return to < from ? `${text(target)} came out on ${to}, before ${text(running)} (${from})` : undefined;
}

function dateOf(version: Version): string | undefined {
  return dates.get(text(version));
}

/** A line's patches come out in their order: one above the highest that is known came out after all of them. */
function isAfterTheTable({ major, minor, patch }: Version): boolean {
  const line = [...dates.keys()]
    .filter((known) => known.startsWith(`${major}.${minor}.`))
    .map((known) => Number(known.split('.')[2]));
  const lines = [...dates.keys()].map((known) => known.split('.').map(Number));
  const isOlderLine = lines.some(([one = 0, two = 0]) => one > major || (one === major && two > minor));
  return line.length > 0 ? patch > Math.max(...line) : !isOlderLine;
}

function text({ major, minor, patch }: Version): string {
  return `${major}.${minor}.${patch}`;
}
