import type { Moment } from '../../simulator/disasters/timeline.ts';
import { duration } from './duration.ts';

/** Each moment on a line, by how long after something it was. */
export function momentLines(moments: readonly Moment[], sinceMs: number): readonly string[] {
  const stamps = moments.map(({ atMs }) => duration(Math.round((atMs - sinceMs) / 1000) * 1000));
  const width = Math.max(0, ...stamps.map(({ length }) => length));
  return moments.map(({ what }, place) => {
    const stamp = stamps[place] ?? '';
    return `  ${(stamp === stamps[place - 1] ? '' : stamp).padStart(width)}  ${what}`;
  });
}

/** The same for `--json`. */
export function momentDocuments(moments: readonly Moment[], sinceMs: number): readonly object[] {
  return moments.map(({ atMs, what }) => ({ afterMs: atMs - sinceMs, what }));
}
