/**
 * Time and chance, injected everywhere. Only this file and `cli/` touch the real ones, so that a whole `up`
 * runs on a virtual clock and every failure can be replayed.
 */
export interface Clock {
  /** Milliseconds since 1970, as `Date.now`. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * As `sleep`, for what only accompanies the work (a sign of life): a virtual clock does not move on for its sake, and wakes it as
   * it passes.
   */
  accompany(ms: number, signal?: AbortSignal): Promise<void>;
  /** 0 (inclusive) to 1 (exclusive). */
  random(): number;
  /**
   * Tells a virtual clock that real work (a file, a program) is under way, so that it must not advance
   * meanwhile. The real clock just returns the work.
   */
  hold<Result>(work: Promise<Result>): Promise<Result>;
}

/** The clock on the wall. */
export const realClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  hold: (work) => work,
  sleep: sleepForReal,
  accompany: sleepForReal,
};

/** How a paced clock goes. */
export interface PacedClockOptions {
  /** What it shows at first: now, or any later time. */
  readonly startMs: number;
  /** How much of its time goes by in a second of the real one's, in seconds. */
  readonly pace: number;
}

/** A clock that goes by itself with the one on the wall, from a time of its own on, as fast as is wanted. */
export function createPacedClock({ startMs, pace }: PacedClockOptions): Clock {
  const begunMs = Date.now();
  let latestMs = startMs;
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> => sleepForReal(ms / pace, signal);
  return {
    now: () => {
      // The one on the wall may be set back.
      latestMs = Math.max(latestMs, Math.round(startMs + (Date.now() - begunMs) * pace));
      return latestMs;
    },
    random: () => Math.random(),
    hold: (work) => work,
    sleep,
    accompany: sleep,
  };
}

function sleepForReal(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(reasonOf(signal));
      return;
    }
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(reasonOf(signal));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

interface Sleeper {
  readonly at: number;
  readonly order: number;
  /** Whether the clock moves on for its sake. */
  readonly leads: boolean;
  readonly wake: () => void;
}

/** Event-loop turns without news after which everybody is taken to be asleep. */
const quietTurns = 3;

/** Real work that holds a virtual clock. */
interface Held {
  isOver: boolean;
  readonly release: () => void;
}

/** How a virtual clock begins. */
export interface VirtualClockOptions {
  readonly startMs: number;
  readonly seed?: number;
  /**
   * Whoever holds the clock goes on only when all real work that is under way is over, and in the order in which it began: so which
   * file was written first makes no difference, and a run comes out the same each time. Then nothing that is held may wait for
   * something else that is.
   */
  readonly inOrder?: boolean;
}

/**
 * A clock that jumps to the next sleeper as soon as everybody sleeps: a NAT gateway's 100 seconds pass in a
 * millisecond. Work that really takes time must be wrapped in `hold`.
 */
export function createVirtualClock(options: VirtualClockOptions): VirtualClock {
  return new VirtualClock(options);
}

export class VirtualClock implements Clock {
  #nowMs: number;
  #order = 0;
  #turning = false;
  #quiet = 0;
  #seed: number;
  readonly #isInOrder: boolean;
  readonly #held: Held[] = [];
  readonly #sleepers: Sleeper[] = [];

  constructor({ startMs, seed = 1, inOrder = false }: VirtualClockOptions) {
    this.#nowMs = startMs;
    this.#seed = seed >>> 0;
    this.#isInOrder = inOrder;
  }

  now(): number {
    return this.#nowMs;
  }

  /** Mulberry32: small, seeded and good enough for jitter. */
  random(): number {
    this.#seed = (this.#seed + 0x6d2b79f5) >>> 0;
    let t = this.#seed;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  async hold<Result>(work: Promise<Result>): Promise<Result> {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const held: Held = { isOver: false, release };
    this.#held.push(held);
    const over = (): void => {
      held.isOver = true;
      this.#release();
    };
    void work.then(over, over);
    await released;
    this.#stir();
    return work;
  }

  #release(): void {
    if (this.#isInOrder && this.#held.some(({ isOver }) => !isOver)) return;
    for (const held of this.#held.filter(({ isOver }) => isOver)) {
      this.#held.splice(this.#held.indexOf(held), 1);
      held.release();
    }
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#sleep(ms, { signal, leads: true });
  }

  accompany(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#sleep(ms, { signal, leads: false });
  }

  #sleep(
    ms: number,
    how: { readonly signal: AbortSignal | undefined; readonly leads: boolean },
  ): Promise<void> {
    const { signal, leads } = how;
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(reasonOf(signal));
        return;
      }
      const sleeper: Sleeper = {
        at: this.#nowMs + Math.max(0, ms),
        order: this.#order++,
        leads,
        wake: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      const onAbort = (): void => {
        const index = this.#sleepers.indexOf(sleeper);
        if (index >= 0) this.#sleepers.splice(index, 1);
        reject(reasonOf(signal));
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#insert(sleeper);
      this.#stir();
    });
  }

  #isLed(): boolean {
    return this.#sleepers.some((sleeper) => sleeper.leads);
  }

  #insert(sleeper: Sleeper): void {
    let index = this.#sleepers.length;
    while (index > 0) {
      const before = this.#sleepers[index - 1];
      if (before === undefined || before.at <= sleeper.at) break;
      index -= 1;
    }
    this.#sleepers.splice(index, 0, sleeper);
  }

  #stir(): void {
    this.#quiet = 0;
    if (this.#turning || !this.#isLed()) return;
    this.#turning = true;
    setImmediate(() => {
      this.#turn();
    });
  }

  #turn(): void {
    this.#quiet += 1;
    if (this.#held.length === 0 && this.#isLed() && this.#quiet >= quietTurns) this.#wakeNext();
    if (!this.#isLed() || this.#held.length > 0) {
      this.#turning = false;
      return;
    }
    setImmediate(() => {
      this.#turn();
    });
  }

  /** Wakes all that are due at the next instant, in the order in which they fell asleep. */
  #wakeNext(): void {
    const first = this.#sleepers[0];
    if (first === undefined) return;
    this.#nowMs = Math.max(this.#nowMs, first.at);
    const due = this.#sleepers.filter((sleeper) => sleeper.at <= first.at);
    this.#sleepers.splice(0, due.length);
    this.#quiet = 0;
    for (const sleeper of due) sleeper.wake();
  }
}

function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error('aborted');
}
