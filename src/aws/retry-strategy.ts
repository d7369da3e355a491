import type { RetryErrorInfo, RetryStrategyV2, RetryToken } from '@smithy/types';

import type { Clock } from '../engine/clock.ts';
import { noteTries } from '../engine/tries.ts';
import { EsEcsError } from '../errors.ts';
import { codeOf, failureKind, type FailureKind } from './failure-kind.ts';
import { actionOf } from './meter.ts';
import { noteEnd } from './retry-ends.ts';
import { SendRate } from './send-rate.ts';

/** Attempts at one call, the first included: throttled, about two minutes of patience; otherwise about half a minute. */
const attempts: Readonly<Record<FailureKind, number>> = {
  throttled: 14,
  busy: 10,
  unsent: 8,
  lost: 8,
  refused: 1,
};
/** A name that nobody knows is most often a misspelt region: one more try is enough. */
const maxLookups = 2;
/** Once the run is told to stop, what must still be said to AWS (giving up a lock) is tried this often. */
const attemptsAtTheEnd = 3;

const baseMs: Readonly<Record<FailureKind, number>> = {
  throttled: 500,
  busy: 500,
  unsent: 100,
  lost: 100,
  refused: 0,
};
const capMs = 20_000;

/**
 * Repeats of failures that are no throttles, for all calls of a service together. A service that is down for everybody is thus asked
 * about a hundred times more than usual, and not eight times for each of three hundred things. A call that succeeds gives one back.
 */
const sharedRetries = 100;

/**
 * Creates that take no client token and have no name that could be taken: where the answer may have been lost, a second
 * call could make a second thing. So it is first looked for by its tags (`src/engine/create.ts`).
 */
const unrepeatable = new Set([
  'ec2:AllocateAddress',
  'ec2:CreateInternetGateway',
  'ec2:CreateVpc',
  'ecs:RegisterTaskDefinition',
]);

export interface RetryOptions {
  readonly clock: Clock;
  /** Aborted when the run is to stop: nobody waits for another attempt then. */
  readonly signal?: AbortSignal;
  /** Called when the service begins to hold our calls back, and again only after it had stopped doing so. */
  readonly onSlow?: () => void;
  /** Attempts at most, where the answer is good to know and no more. */
  readonly most?: number;
}

interface Attempt extends RetryToken {
  readonly count: number;
  /** Whether an attempt before this one may have been carried out. */
  readonly inDoubt: boolean;
  readonly firstMs: number;
  readonly sentMs: number;
}

/**
 * The retries of one service's client: full jitter and doubling for each call, and for all of its calls together one rate of sending
 * (`SendRate`) and one stock of repeats. All waiting is on the injected clock: it happens here and the SDK is told to wait no
 * longer, so that a rehearsal on the virtual clock never sleeps for real.
 */
export function createRetryStrategy(options: RetryOptions): RetryStrategyV2 & { readonly mode: string } {
  return new ServiceRetries(options);
}

class ServiceRetries implements RetryStrategyV2 {
  readonly mode = 'adaptive';
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  readonly #onSlow: () => void;
  readonly #most: number;
  readonly #rate: SendRate;
  #retriesLeft = sharedRetries;

  constructor({ clock, signal, onSlow, most = Infinity }: RetryOptions) {
    this.#most = most;
    this.#clock = clock;
    this.#signal = signal;
    this.#onSlow = onSlow ?? (() => undefined);
    this.#rate = new SendRate(clock);
  }

  async acquireInitialRetryToken(): Promise<Attempt> {
    await this.#turn();
    const nowMs = this.#clock.now();
    return attempt(0, { inDoubt: false, firstMs: nowMs, sentMs: nowMs });
  }

  /** @throws when there is no other attempt; the SDK then throws the call's own error. */
  async refreshRetryTokenForRetry(last: RetryToken, info: RetryErrorInfo): Promise<Attempt> {
    const before = last as Attempt; // The SDK hands back what it was handed.
    const count = before.count + 1;
    const kind = failureKind(info);
    this.#slowDown(kind, before);
    if (count >= this.#most || !this.#mayRepeat(kind, info) || count >= this.#attemptsAt(kind, info)) {
      if (before.inDoubt && kind !== 'lost') noteEnd(info.error, 'in-doubt');
      noteTries(info.error, { times: count, overMs: this.#clock.now() - before.firstMs });
      throw new Error('no retry left');
    }
    try {
      await this.#pause(kind, count);
      await this.#turn();
    } catch (error) {
      noteEnd(info.error, 'cut-short');
      throw error;
    }
    const inDoubt = before.inDoubt || kind === 'lost';
    return attempt(count, { inDoubt, firstMs: before.firstMs, sentMs: this.#clock.now() });
  }

  recordSuccess(): void {
    this.#retriesLeft = Math.min(sharedRetries, this.#retriesLeft + 1);
  }

  async #pause(kind: FailureKind, count: number): Promise<void> {
    const delayMs = Math.ceil(Math.min(capMs, this.#clock.random() * baseMs[kind] * 2 ** count));
    // What is said to AWS though the run is to stop is said soon or not at all.
    if (this.#signal?.aborted === true) await this.#clock.sleep(Math.min(delayMs, baseMs[kind]));
    else await this.#clock.sleep(delayMs, this.#signal);
  }

  /** @throws EsEcsError INTERRUPTED, when the run is told to stop while a call waits for its turn. */
  async #turn(): Promise<void> {
    if (this.#signal?.aborted === true) return;
    try {
      await this.#rate.turn(this.#signal);
    } catch (error) {
      throw new EsEcsError('INTERRUPTED', 'interrupted: a call that AWS held back was not sent', {
        cause: error,
        hint: 'run the same command again to go on',
      });
    }
  }

  #slowDown(kind: FailureKind, { sentMs }: Attempt): void {
    if (kind !== 'throttled') return;
    const wasFree = this.#rate.perSecond === Infinity;
    this.#rate.throttled(sentMs);
    if (wasFree) this.#onSlow();
  }

  #attemptsAt(kind: FailureKind, { error }: RetryErrorInfo): number {
    if (this.#signal?.aborted === true) return Math.min(attemptsAtTheEnd, attempts[kind]);
    return codeOf(error) === 'ENOTFOUND' ? maxLookups : attempts[kind];
  }

  #mayRepeat(kind: FailureKind, { error }: RetryErrorInfo): boolean {
    if (kind === 'lost' && unrepeatable.has(actionOf(error) ?? '')) {
      noteEnd(error, 'unsettled');
      return false;
    }
    if (kind !== 'lost' && kind !== 'unsent') return true;
    if (this.#retriesLeft <= 0) return false;
    this.#retriesLeft -= 1;
    return true;
  }
}

function attempt(count: number, known: Pick<Attempt, 'inDoubt' | 'firstMs' | 'sentMs'>): Attempt {
  return { count, ...known, getRetryCount: () => count, getRetryDelay: () => 0 };
}
