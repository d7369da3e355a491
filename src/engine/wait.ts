import { EsEcsError } from '../errors.ts';
import { BlockerWatch } from './blocked.ts';
import { causeFrom, CauseWatch } from './cause.ts';
import type { Address, Blocker, Retries, Waits } from './resource.ts';
import type { Run } from './run.ts';
import { noteTries } from './tries.ts';

/** What a look has found. */
export interface Found<Value> {
  readonly value: Value;
}

/** Looks again and again until it is so. */
export interface Awaited<Value> {
  readonly address: Address;
  readonly waits: Waits;
  /** The value once it is so; undefined: not yet. Throwing ends the wait. */
  readonly look: () => Promise<Found<Value> | undefined>;
  /** Why it does not come: asked when the limit is reached, and seldom while the wait is late. */
  readonly explain?: () => Promise<string | undefined>;
}

/** Of a wait's usual length: where looks begin, and where they become dense. */
const half = 0.5;
const nearly = 0.85;
/** Before it is nearly there, so many looks fit into the usual length; from twice that length on, looks are a twentieth of it apart. */
const sparsely = 6;
const late = { from: 2, part: 20 } as const;

/**
 * Waits. The first look comes at once, as it may be so already, unless the run is to stop. Then looks are
 * sparse until the thing is usually nearly there, dense around its usual end, and sparse again when it is very late. They come at whole
 * multiples of `everyMs`, the same for all that wait, so that looks at things of one type fall together and share a call.
 *
 * @throws EsEcsError WAIT_TIMEOUT with the cause where it can be had; INTERRUPTED.
 */
export async function waitUntil<Value>(run: Run, awaited: Awaited<Value>): Promise<Value> {
  const { address, waits } = awaited;
  const startMs = run.clock.now();
  const causes = new CauseWatch(run, address, awaited);
  for (;;) {
    throwIfInterrupted(run);
    const lookedMs = run.clock.now();
    const seen = await awaited.look();
    if (seen !== undefined) return seen.value;
    const cause = await causes.look(run.clock.now() - startMs);
    const nowMs = run.clock.now();
    const sinceMs = nowMs - startMs;
    if (sinceMs >= waits.limitMs) throw await timedOut(awaited, sinceMs);
    const { usualMs } = waits;
    const wait = { address, for: waits.for, sinceMs, usualMs };
    run.emit({ type: 'resource-waiting', atMs: nowMs, ...wait, ...(cause === undefined ? {} : { cause }) });
    // A look that AWS held up is followed by a pause as long: waiting must not add to what is throttled.
    const restMs = nowMs - lookedMs > waits.everyMs ? nowMs - lookedMs : 0;
    await pause(run, address, untilNextLook(nowMs, sinceMs, waits) + restMs);
  }
}

/** Milliseconds to the next look: a whole multiple of the interval, and at least a quarter of it away. */
function untilNextLook(nowMs: number, sinceMs: number, waits: Waits): number {
  const { everyMs } = waits;
  const earliestMs = nowMs + Math.max(everyMs / 4, pauseAfter(sinceMs, waits));
  return Math.ceil(earliestMs / everyMs) * everyMs - nowMs;
}

/** How long nothing is to be expected; 0 when every look may be the last. */
function pauseAfter(sinceMs: number, { usualMs, everyMs }: Waits): number {
  if (sinceMs >= late.from * usualMs) return usualMs === 0 ? 0 : usualMs / late.part;
  if (sinceMs >= nearly * usualMs) return 0;
  const sparseMs = Math.max(2 * everyMs, usualMs / sparsely);
  const nextMs = sinceMs < half * usualMs ? half * usualMs : sinceMs + sparseMs;
  return Math.min(nextMs, nearly * usualMs) - sinceMs;
}

async function pause(run: Run, address: Address, ms: number): Promise<void> {
  throwIfInterrupted(run);
  run.waited.set(address, (run.waited.get(address) ?? 0) + ms);
  await run.clock.sleep(ms, run.signal).catch((error: unknown) => {
    throwIfInterrupted(run);
    throw error;
  });
}

/** @throws EsEcsError INTERRUPTED once the run has been told to stop. */
export function throwIfInterrupted(run: Run): void {
  if (run.signal.aborted)
    throw new EsEcsError('INTERRUPTED', 'interrupted', { hint: 'run the same command again to go on' });
}

async function timedOut(awaited: Awaited<unknown>, sinceMs: number): Promise<EsEcsError> {
  const { address, waits } = awaited;
  const cause = await causeFrom(awaited.explain);
  const waited = `waited ${seconds(sinceMs)} for ${waits.for}, which usually takes ${seconds(waits.usualMs)}`;
  return new EsEcsError('WAIT_TIMEOUT', cause === undefined ? waited : `${waited}: ${cause}`, {
    address,
    hint: 'run the same command again: it goes on where this one stopped',
  });
}

/** A length of time as a person reads it: `45s`, `1m05s`. */
export function seconds(ms: number): string {
  const whole = Math.round(ms / 1000);
  return whole < 60
    ? `${String(whole)}s`
    : `${String(Math.floor(whole / 60))}m${String(whole % 60).padStart(2, '0')}s`;
}

const firstRetryMs = 1_000;
/** The longest pause between two tries, in terms of the first. */
const longestRetry = 10;

/** A call that may be refused for a while. */
export interface Retried<Value> {
  readonly retries: Retries | readonly Retries[] | undefined;
  readonly call: () => Promise<Value>;
  /** What holds the thing whose end is refused; asked seldom, told with each attempt, and named by the error at the end. */
  readonly blockers?: (() => Promise<readonly Blocker[]>) | undefined;
}

/**
 * Calls, and calls again while the service answers with one of the names that eventual consistency explains, or that AWS says to be
 * temporary.
 *
 * @throws whatever the call threw, once the name is another one or the limit has passed; EsEcsError INTERRUPTED; BLOCKED, with
 *   what holds it, at the limit, and sooner where nothing that holds it goes by itself.
 */
export async function withRetries<Value>(run: Run, address: Address, asked: Retried<Value>): Promise<Value> {
  const startMs = run.clock.now();
  const watch = asked.blockers && new BlockerWatch(run, address, asked.blockers);
  for (let times = 1; ; times += 1) {
    try {
      return await asked.call();
    } catch (error) {
      const sinceMs = run.clock.now() - startMs;
      noteTries(error, { times, overMs: sinceMs });
      // What it wanted may be so already: whoever knows how to look does.
      if (run.lostAnswer(error) !== undefined) throw error;
      const retries = retriesFor(error, asked.retries);
      if (retries === undefined || !(error instanceof Error)) throw error;
      const { limitMs, firstMs = firstRetryMs } = retries;
      const blocker = await watch?.look();
      if (sinceMs >= limitMs || watch?.isHopeless(sinceMs) === true)
        throw (await watch?.error(error)) ?? error;
      const retry = { address, because: error.name, sinceMs, limitMs };
      const atMs = run.clock.now();
      run.emit({ type: 'resource-retrying', atMs, ...retry, ...(blocker === undefined ? {} : { blocker }) });
      const delayMs = firstMs * Math.min(longestRetry, 1.6 ** (times - 1));
      await pause(run, address, Math.ceil(delayMs * (0.75 + 0.5 * run.clock.random())));
    }
  }
}

/** Whether an error is one of those that are retried. */
export function isRetried(error: unknown, given: Retries | readonly Retries[] | undefined): boolean {
  return retriesFor(error, given) !== undefined;
}

function retriesFor(error: unknown, given: Retries | readonly Retries[] | undefined): Retries | undefined {
  if (!(error instanceof Error) || given === undefined) return undefined;
  const all = 'names' in given ? [given] : given;
  return all.find(({ names, saying = '' }) => names.includes(error.name) && error.message.includes(saying));
}
