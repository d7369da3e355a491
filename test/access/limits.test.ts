import { describe, expect, it } from 'vitest';

import { within } from '../../src/access/limits.ts';
import { createVirtualClock } from '../../src/engine/clock.ts';

describe('a limit', () => {
  it('tells work that its time is up, on the clock that it is given', async () => {
    const clock = createVirtualClock({ startMs: 0 });
    const told = await within(
      clock,
      25_000,
      (timeUp) =>
        new Promise<number>((resolve) => {
          timeUp.addEventListener('abort', () => {
            resolve(clock.now());
          });
        }),
    );
    expect(told).toBe(25_000);
  });

  it('leaves nothing to wait for once the work is done', async () => {
    const clock = createVirtualClock({ startMs: 0 });
    const signals: AbortSignal[] = [];
    await within(clock, 25_000, (timeUp) => {
      signals.push(timeUp);
      return Promise.resolve();
    });
    await clock.sleep(60_000);
    expect(signals.map((signal) => signal.aborted)).toEqual([false]);
  });

  it('hands on what the work throws', async () => {
    const clock = createVirtualClock({ startMs: 0 });
    await expect(within(clock, 1, () => Promise.reject(new Error('of its own')))).rejects.toThrow(
      'of its own',
    );
  });
});
