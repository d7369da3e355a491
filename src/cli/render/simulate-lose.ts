import { forecastMs } from '../../simulator/disasters/forecast.ts';
import type { Watched } from '../../simulator/disasters/timeline.ts';
import { duration } from './duration.ts';
import { nextInRehearsal } from './rehearsed.ts';
import { styleFor } from './style.ts';
import { momentDocuments, momentLines } from './timeline.ts';

/** What was lost, and what becomes of it if nobody does anything. */
export interface Loss {
  readonly lost: readonly string[];
  readonly atMs: number;
  readonly watched: Watched;
}

/** For a person: what happened, what happens by itself, and what to type next. */
export function renderLoss({ lost, atMs, watched }: Loss, look: { readonly hasColour: boolean }): string {
  const style = styleFor(look.hasColour);
  const { moments, wellAtMs } = watched;
  const [first = '', ...others] = lost;
  return [
    style.red(first),
    ...others.map((line) => `  ${line}`),
    '',
    ...(moments.length === 0
      ? []
      : [
          'what AWS and Elasticsearch do by themselves from now on, about:',
          ...momentLines(moments, atMs),
          '',
        ]),
    wellAtMs === undefined
      ? `${moments.length === 0 ? 'nothing' : 'nothing more'} comes by itself within ${duration(forecastMs)}, and something is missing: es-ecs up --simulate  mends what can be mended`
      : endWords(moments.length, wellAtMs - atMs),
    `es-ecs simulate wait 10m  lets time go by; ${nextInRehearsal}  shows how it is`,
  ].join('\n');
}

function endWords(moments: number, afterMs: number): string {
  if (moments === 0) return 'the cluster misses nothing of it for now';
  return `then nothing is missing any more, ${duration(afterMs)} after it, and nobody had to do anything`;
}

/** The document of `--json`. */
export function lossDocument({ lost, atMs, watched }: Loss): string {
  const { moments, wellAtMs } = watched;
  return JSON.stringify({
    lost,
    at: new Date(atMs).toISOString(),
    forecast: momentDocuments(moments, atMs),
    wellAfterMs: wellAtMs === undefined ? null : wellAtMs - atMs,
    next: nextInRehearsal,
  });
}
