import { EsEcsError } from '../errors.ts';
import { type Address, kindOf, type Waits } from './resource.ts';
import type { Run } from './run.ts';

/** A wait is late after so many times its usual length, and no sooner than this. */
const lateFactor = 2;
const lateMs = 30_000;
/** From one question to the next; twice as long each time. */
const firstGapMs = 30_000;
const longestGapMs = 240_000;
/** Of many things of one kind that are late together, one is asked about in this time. */
const kindGapMs = 4_000;

/** When each kind was last asked about, by run. */
const askedByRun = new WeakMap<Run, Map<string, number>>();

/** Asks, while a wait goes on and is late, why: ever more seldom, and for one of a kind at a time, as each question is calls. */
export class CauseWatch {
  readonly #run: Run;
  readonly #address: Address;
  readonly #explain: (() => Promise<string | undefined>) | undefined;
  readonly #lateMs: number;
  #cause: string | undefined;
  #nextMs = 0;
  #gapMs = firstGapMs;

  constructor(run: Run, address: Address, given: WatchedWait) {
    this.#run = run;
    this.#address = address;
    this.#explain = given.explain;
    this.#lateMs = Math.max(lateMs, given.waits.usualMs * lateFactor);
  }

  /** The cause as it was last told; undefined while the wait is not late. */
  async look(sinceMs: number): Promise<string | undefined> {
    if (this.#explain === undefined || sinceMs < this.#lateMs) return undefined;
    const nowMs = this.#run.clock.now();
    if (nowMs < this.#nextMs || !takeTurn(this.#run, kindOf(this.#address), nowMs)) return this.#cause;
    this.#nextMs = nowMs + this.#gapMs;
    this.#gapMs = Math.min(this.#gapMs * 2, longestGapMs);
    this.#cause = await causeFrom(this.#explain);
    return this.#cause;
  }
}

/** A wait, and who knows why it takes so long. */
export interface WatchedWait {
  readonly waits: Waits;
  readonly explain?: (() => Promise<string | undefined>) | undefined;
}

function takeTurn(run: Run, kind: string, nowMs: number): boolean {
  const asked = askedByRun.get(run) ?? new Map<string, number>();
  askedByRun.set(run, asked);
  const last = asked.get(kind);
  if (last !== undefined && nowMs - last < kindGapMs) return false;
  asked.set(kind, nowMs);
  return true;
}

/** The cause; where it cannot be asked, that: a question must never end what it is asked about. */
export async function causeFrom(
  explain: (() => Promise<string | undefined> | undefined) | undefined,
): Promise<string | undefined> {
  try {
    return await explain?.();
  } catch (error) {
    const why = error instanceof EsEcsError ? error.message : error instanceof Error ? error.name : 'unknown';
    return `the cause cannot be asked (${why})`;
  }
}
