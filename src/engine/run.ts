import type { EsEcsError } from '../errors.ts';
import type { Clock } from './clock.ts';
import type { Doubt } from './doubt.ts';
import type { EngineEvent } from './events.ts';
import type { Memory } from './memory.ts';
import type { Address } from './resource.ts';

/**
 * What became of a call that failed and may have been carried out all the same, as the answer to a try of it was lost: `repeated`, it was
 * sent again and refused, perhaps because it was carried out before; `sent-once`, it was not, as it could have been done twice.
 */
export type LostAnswer = 'repeated' | 'sent-once';

/** What the engine works with while it applies or destroys. */
export interface Run {
  readonly clock: Clock;
  readonly memory: Memory;
  readonly emit: (event: EngineEvent) => void;
  /** Aborted by Ctrl-C: calls in flight end, nothing new begins. */
  readonly signal: AbortSignal;
  /** Resources worked on at the same time; Infinity by default, 1 gives the graph's order strictly. */
  readonly concurrency: number;
  /** False: gates are skipped. */
  readonly awaitGates: boolean;
  /** Milliseconds slept for the account's sake, by resource; `waitUntil` and `withRetries` add to it. */
  readonly waited: Map<Address, number>;
  /** What may exist that this run could not see when it looked first. */
  readonly doubt: () => Doubt;
  /** Whether an error says for certain that the call was not carried out. */
  readonly isRefusal: (error: unknown) => boolean;
  /** Whether an error comes of a call that may have been carried out all the same; undefined: as far as is known, not. */
  readonly lostAnswer: (error: unknown) => LostAnswer | undefined;
  /** Turns whatever was thrown into an error a person can act on. */
  readonly translate: (error: unknown, address: Address) => EsEcsError;
}

/** When a resource was worked on; the chain of these decides how long it all takes. Milliseconds of the run's clock. */
export interface Span {
  readonly address: Address;
  readonly startMs: number;
  readonly endMs: number;
  /** Of that, how much was spent waiting for the account rather than calling it. */
  readonly waitedMs: number;
  readonly needs: readonly Address[];
}
