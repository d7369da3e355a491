import { describe, expect, it } from 'vitest';

import { createVirtualClock } from '../../src/engine/clock.ts';

describe('the virtual clock', () => {
  it('jumps to the next sleeper, and wakes those of one instant in the order of falling asleep', async () => {
    const clock = createVirtualClock({ startMs: 0 });
    const woken: string[] = [];
    const sleep = async (name: string, ms: number): Promise<void> => {
      await clock.sleep(ms);
      woken.push(`${name} ${String(clock.now())}`);
    };
    await Promise.all([sleep('late', 100_000), sleep('first', 10), sleep('second', 10)]);
    expect(woken).toEqual(['first 10', 'second 10', 'late 100000']);
  });

  it('stands still for what only accompanies the work, and wakes it as it passes', async () => {
    const clock = createVirtualClock({ startMs: 0 });
    const stop = new AbortController();
    const beats: number[] = [];
    const beating = (async () => {
      for (;;) {
        await clock.accompany(30_000, stop.signal);
        beats.push(clock.now());
      }
    })();
    // Work that nobody has told the clock of: many turns of the event loop.
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(clock.now()).toBe(0);
    await clock.sleep(70_000);
    expect(beats).toEqual([30_000, 60_000]);
    stop.abort();
    await expect(beating).rejects.toThrow();
  });

  it('stands still while real work is held', async () => {
    const clock = createVirtualClock({ startMs: 0 });
    const sleeping = clock.sleep(1_000).then(() => clock.now());
    const seen = await clock.hold(
      (async () => {
        for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        return clock.now();
      })(),
    );
    expect(seen).toBe(0);
    expect(await sleeping).toBe(1_000);
  });

  it('lets what is held go on in the order of its beginning, once all of it is over, where it is told to', async () => {
    for (const inOrder of [true, false]) {
      const clock = createVirtualClock({ startMs: 0, inOrder });
      const went: string[] = [];
      const hold = async (name: string, turns: number): Promise<void> => {
        const outcome = clock.hold(
          after(turns).then(() => {
            fails(name);
          }),
        );
        await outcome.catch(() => undefined);
        went.push(name);
      };
      await Promise.all([hold('slow', 9), hold('failing', 5), hold('quick', 1)]);
      expect(went).toEqual(inOrder ? ['slow', 'failing', 'quick'] : ['quick', 'failing', 'slow']);
      expect(await clock.sleep(10).then(() => clock.now())).toBe(10);
    }
  });
});

/** As what takes real time does. */
async function after(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

function fails(name: string): void {
  if (name === 'failing') throw new Error(name);
}
