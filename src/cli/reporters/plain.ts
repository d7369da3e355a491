import type { EngineEvent } from '../../engine/events.ts';
import { stepOf } from '../../engine/resource.ts';
import { duration, stamp } from '../render/duration.ts';
import { oneLine } from '../render/printable.ts';
import type { Reporter, ReporterOptions } from './reporter.ts';
import { StepBook, type StepProgress } from './steps.ts';

/** A wait is told again only after this long, so that a log of an hour stays readable. */
const againMs = 30_000;

/** One line an event that matters, elapsed time first: for CI logs. */
export function plainReporter({ terminal, verbose }: ReporterOptions): Reporter {
  const book = new StepBook();
  const toldMs = new Map<string, number>();
  const line = (subject: string, text: string): void => {
    terminal.err(oneLine(`${stamp(book.elapsedMs)} ${subject.padEnd(8)} ${text}`));
  };

  const waiting = (event: Extract<EngineEvent, { type: 'resource-waiting' }>): void => {
    if (event.usualMs < againMs / 6 && event.sinceMs < againMs / 3) return;
    const told = toldMs.get(event.address);
    if (told !== undefined && event.atMs - told < againMs) return;
    toldMs.set(event.address, event.atMs);
    const since = event.sinceMs === 0 ? '' : `, ${duration(event.sinceMs)}`;
    const usual = event.usualMs === 0 ? '' : `, usually ${duration(event.usualMs)}`;
    const cause = event.cause === undefined ? '' : `: ${firstLine(event.cause)}`;
    line(stepOf(event.address), `${nameOf(event.address)} waiting for ${event.for}${since}${usual}${cause}`);
  };

  const retrying = (event: Extract<EngineEvent, { type: 'resource-retrying' }>): void => {
    if (verbose) line(stepOf(event.address), `${nameOf(event.address)} again: ${event.because}`);
    const told = toldMs.get(event.address);
    if (event.blocker === undefined || event.sinceMs < againMs / 3) return;
    if (told !== undefined && event.atMs - told < againMs) return;
    toldMs.set(event.address, event.atMs);
    const held = `held by ${firstLine(event.blocker)}, ${duration(event.sinceMs)}`;
    line(stepOf(event.address), `${nameOf(event.address)} ${held}`);
  };

  const ended = (progress: StepProgress | undefined, event: EngineEvent): void => {
    if (progress?.endedMs === undefined || event.type !== 'resource-done') return;
    const took = duration(progress.endedMs - (progress.startedMs ?? progress.endedMs));
    line(progress.step, `done, ${progress.done}/${progress.total} in ${took}`);
  };

  return {
    close: () => undefined,
    event: (event) => {
      const progress = book.event(event);
      switch (event.type) {
        case 'resource-waiting':
          waiting(event);
          break;
        case 'resource-retrying':
          retrying(event);
          break;
        case 'resource-done':
          if (verbose) {
            line(
              stepOf(event.address),
              `${event.verb} ${nameOf(event.address)} ${event.id ?? ''} ${duration(event.elapsedMs)}`,
            );
          }
          ended(progress, event);
          break;
        case 'resource-failed':
          line(
            stepOf(event.address),
            `failed: ${nameOf(event.address)}: ${event.error.message.replaceAll('\n', '; ')}`,
          );
          break;
        case 'notice':
          line('note', event.text);
          break;
        case 'started':
        case 'resource-started':
        case 'resource-skipped':
        case 'finished':
      }
    },
  };
}

/** What fits on a line of progress; the whole text is in the error. */
export function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}

/** An address without its step. */
export function nameOf(address: string): string {
  return address.slice(stepOf(address).length + 1);
}
