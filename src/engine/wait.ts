import { EsEcsError } from '../errors.ts';
import type { Address, Retries, Waits } from './resource.ts';
import type { Run } from './run.ts';

/** Looks again and again until it is so. */
export interface Awaited<Value> {
  readonly address: Address;
  readonly waits: Waits;
  /** The value once it is so; undefined: not yet. Throwing ends the wait. */
  readonly look: () => Promise<{ readonly value: Value } | undefined>;
  /** Why it does not come, fetched when the limit is reached. */
  readonly explain?: () => Promise<string | undefined>;
}

/** The part of a wait's usual length that passes between the first look and the second. */
const nearly = 0.85;

/**
 * Waits. The first look comes at once, as it may be so already; the next when the thing is usually nearly there; then looks
 * come at whole multiples of `everyMs`, the same for all that wait, so that looks at things of one type fall together and
 * share a call.
 *
 * @throws EsEcsError WAIT_TIMEOUT with the cause where it can be had; INTERRUPTED.
 */
export async function waitUntil<Value>(run: Run, awaited: Awaited<Value>): Promise<Value> {
  const { address, waits } = awaited;
  const startMs = run.clock.now();
  for (let looks = 0; ; looks += 1) {
    const seen = await awaited.look();
    if (seen !== undefined) return seen.value;
    const nowMs = run.clock.now();
    const sinceMs = nowMs - startMs;
    if (sinceMs >= waits.limitMs) throw await timedOut(awaited, sinceMs);
    const { usualMs } = waits;
    run.emit({ type: 'resource-waiting', atMs: nowMs, address, for: waits.for, sinceMs, usualMs });
    const nearlyMs = looks === 0 ? usualMs * nearly - sinceMs : 0;
    await pause(run, address, Math.max(nearlyMs, untilNextLook(nowMs, waits.everyMs)));
  }
}

/** Milliseconds to the next whole multiple of the interval, at least a quarter of it away. */
function untilNextLook(nowMs: number, everyMs: number): number {
  const rest = everyMs - (nowMs % everyMs);
  return rest < everyMs / 4 ? rest + everyMs : rest;
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
  const cause = await awaited.explain?.();
  const waited = `waited ${seconds(sinceMs)} for ${waits.for}, which usually takes ${seconds(waits.usualMs)}`;
  return new EsEcsError('WAIT_TIMEOUT', cause === undefined ? waited : `${waited}: ${cause}`, {
    address,
    hint: 'run the same command again: it goes on where this one stopped',
  });
}

function seconds(ms: number): string {
  const whole = Math.round(ms / 1000);
  return whole < 60
    ? `${String(whole)}s`
    : `${String(Math.floor(whole / 60))}m${String(whole % 60).padStart(2, '0')}s`;
}

const firstRetryMs = 1_000;
const longestRetryMs = 10_000;

/**
 * Calls, and calls again while the service answers with one of the names that eventual consistency explains.
 *
 * @throws whatever the call threw, once the name is another one or the limit has passed; EsEcsError INTERRUPTED.
 */
export async function withRetries<Value>(
  run: Run,
  address: Address,
  asked: { readonly retries: Retries | undefined; readonly call: () => Promise<Value> },
): Promise<Value> {
  const startMs = run.clock.now();
  for (let delayMs = firstRetryMs; ; delayMs = Math.min(delayMs * 1.6, longestRetryMs)) {
    try {
      return await asked.call();
    } catch (error) {
      const { retries } = asked;
      const sinceMs = run.clock.now() - startMs;
      if (retries === undefined || !(error instanceof Error) || !retries.names.includes(error.name))
        throw error;
      if (sinceMs >= retries.limitMs) throw error;
      const { limitMs } = retries;
      run.emit({
        type: 'resource-retrying',
        atMs: run.clock.now(),
        address,
        because: error.name,
        sinceMs,
        limitMs,
      });
      await pause(run, address, delayMs * (0.75 + 0.5 * run.clock.random()));
    }
  }
}
