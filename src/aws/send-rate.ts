import type { Clock } from '../engine/clock.ts';

/** What a throttle leaves of the rate. This and the curve are those of the SDK's own adaptive mode. */
const afterThrottle = 0.7;
const curve = 0.4;
/** Calls a second that are always allowed: what the most sparing buckets of EC2 refill ("Request throttling for the EC2 API"). */
const leastPerSecond = 1;
/** Once the rate has grown to this without a throttle, there is none any more. */
const freePerSecond = 100;
/** How far back sends are counted to know the rate that was too much. */
const windowMs = 1_000;

/**
 * How fast the calls of one service may be sent. Nothing holds them back until AWS throttles one; then all calls of the service slow
 * down together to what was sent of late, less a part, and speed up again on a cubic curve: slowly near the rate that was too much,
 * fast once it proves not to be.
 *
 * It differs from the SDK's adaptive mode in two ways. It sleeps on the injected clock. And throttles of calls that were sent before
 * the last slow-down count no more, so that a burst of thirty that is refused as one slows down once and not thirty times.
 */
export class SendRate {
  readonly #clock: Clock;
  readonly #sends: number[] = [];
  /** The rate that was too much, and when that was said; undefined while nothing holds back. */
  #throttled: { readonly perSecond: number; readonly atMs: number } | undefined;
  /** When the next call may go. */
  #nextMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls a second that may be sent now; Infinity while nothing holds back. */
  get perSecond(): number {
    if (this.#throttled === undefined) return Infinity;
    const { perSecond, atMs } = this.#throttled;
    const sinceS = (this.#clock.now() - atMs) / 1_000;
    const plateauS = Math.cbrt((perSecond * (1 - afterThrottle)) / curve);
    const now = Math.max(leastPerSecond, curve * (sinceS - plateauS) ** 3 + perSecond);
    if (now >= freePerSecond) this.#throttled = undefined;
    return now >= freePerSecond ? Infinity : now;
  }

  /**
   * Resolves when the next call may be sent; calls go in the order of asking.
   *
   * @throws the signal's reason, when it aborts first.
   */
  async turn(signal?: AbortSignal): Promise<void> {
    const nowMs = this.#clock.now();
    const { perSecond } = this;
    const atMs = Math.max(nowMs, perSecond === Infinity ? nowMs : this.#nextMs);
    this.#nextMs = atMs + 1_000 / perSecond;
    if (atMs > nowMs) await this.#clock.sleep(Math.ceil(atMs - nowMs), signal);
    this.#count(this.#clock.now());
  }

  /**
   * Notes that AWS throttled a call.
   *
   * @returns whether all calls go slower from now on: not, when the call was sent before the last slow-down.
   */
  throttled(sentMs: number): boolean {
    const nowMs = this.#clock.now();
    if (this.#throttled !== undefined && sentMs < this.#throttled.atMs) return false;
    const sent = this.#sends.filter((atMs) => atMs > sentMs - windowMs && atMs <= sentMs).length;
    const perSecond = Math.max(leastPerSecond, Math.min(this.perSecond, (sent * 1_000) / windowMs));
    this.#throttled = { perSecond, atMs: nowMs };
    this.#nextMs = Math.max(this.#nextMs, nowMs + 1_000 / this.perSecond);
    return true;
  }

  #count(nowMs: number): void {
    this.#sends.push(nowMs);
    while ((this.#sends[0] ?? nowMs) < nowMs - 60 * windowMs) this.#sends.shift();
  }
}
