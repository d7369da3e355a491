import type { Watched } from '../../simulator/disasters/timeline.ts';
import { duration } from './duration.ts';
import { nextInRehearsal } from './rehearsed.ts';
import { styleFor } from './style.ts';
import { momentDocuments, momentLines } from './timeline.ts';

/** What went on while time went by. */
export interface Wait {
  readonly forMs: number;
  readonly atMs: number;
  readonly watched: Watched;
}

/** For a person. */
export function renderWait({ forMs, atMs, watched }: Wait, look: { readonly hasColour: boolean }): string {
  const style = styleFor(look.hasColour);
  const { moments, wellAtMs } = watched;
  return [
    `${duration(forMs)} have gone by in the simulated account${moments.length === 0 ? ', and nothing has happened' : ':'}`,
    ...momentLines(moments, atMs),
    wellAtMs === undefined
      ? style.red('something is missing: es-ecs up --simulate  mends what can be mended')
      : style.green('nothing is missing'),
    `${nextInRehearsal}  shows how it is`,
  ].join('\n');
}

/** The document of `--json`. */
export function waitDocument({ forMs, atMs, watched }: Wait): string {
  const { moments, wellAtMs } = watched;
  return JSON.stringify({
    waitedMs: forMs,
    from: new Date(atMs).toISOString(),
    happened: momentDocuments(moments, atMs),
    isWell: wellAtMs !== undefined,
    next: nextInRehearsal,
  });
}
