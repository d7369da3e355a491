import type { EngineEvent } from '../../engine/events.ts';
import { type Address, stepOf } from '../../engine/resource.ts';

/** How far a step is. Times are of the run's clock. */
export interface StepProgress {
  readonly step: string;
  readonly total: number;
  done: number;
  failed: number;
  /** When its first resource began. */
  startedMs: number | undefined;
  endedMs: number | undefined;
  /** What is being waited for, by resource. */
  readonly waiting: Map<Address, Waiting>;
  /** The id that says most about what was made: an image's digest. */
  note: string | undefined;
}

export interface Waiting {
  readonly for: string;
  readonly sinceMs: number;
  readonly usualMs: number;
  /** Why it takes so long, once that was asked. */
  readonly cause: string | undefined;
}

/** Follows the events and knows how far each step is; reporters ask it. */
export class StepBook {
  readonly steps = new Map<string, StepProgress>();
  startMs = 0;
  nowMs = 0;

  event(event: EngineEvent): StepProgress | undefined {
    this.nowMs = event.atMs;
    if (event.type === 'started') {
      this.startMs = event.atMs;
      for (const { step, total } of event.totals) {
        if (total > 0) this.steps.set(step, blank(step, total));
      }
      return undefined;
    }
    if (!('address' in event)) return undefined;
    const progress = this.steps.get(stepOf(event.address));
    if (progress !== undefined) follow(progress, event);
    return progress;
  }

  get elapsedMs(): number {
    return this.nowMs - this.startMs;
  }
}

function blank(step: string, total: number): StepProgress {
  return {
    step,
    total,
    done: 0,
    failed: 0,
    startedMs: undefined,
    endedMs: undefined,
    waiting: new Map(),
    note: undefined,
  };
}

type ResourceEvent = Extract<EngineEvent, { readonly address: Address }>;

function follow(progress: StepProgress, event: ResourceEvent): void {
  const { address } = event;
  switch (event.type) {
    case 'resource-started':
      progress.startedMs ??= event.atMs;
      return;
    case 'resource-waiting':
      progress.waiting.set(address, {
        for: event.for,
        sinceMs: event.sinceMs,
        usualMs: event.usualMs,
        cause: event.cause,
      });
      return;
    case 'resource-retrying':
      progress.waiting.set(address, {
        for: event.blocker === undefined ? `${event.because} to pass` : 'what holds it to go',
        sinceMs: event.sinceMs,
        usualMs: 0,
        cause: event.blocker,
      });
      return;
    case 'resource-done':
      progress.waiting.delete(address);
      progress.done += 1;
      if (event.id?.startsWith('sha256:') === true) progress.note = event.id.slice(0, 'sha256:'.length + 12);
      if (progress.done >= progress.total) progress.endedMs = event.atMs;
      return;
    case 'resource-failed':
      progress.waiting.delete(address);
      progress.failed += 1;
      return;
    case 'resource-skipped':
      return;
  }
}
