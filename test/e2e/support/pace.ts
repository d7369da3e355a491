import { setTimeout } from 'node:timers/promises';

import type { Clock } from '../../../src/engine/clock.ts';

/** The real time between two looks. */
const tickMs = 200;

/** Keeps virtual time in step with the real one. */
export interface Pace {
  /** To be called when something real has begun. */
  wake(): void;
  /** How many virtual seconds pass in a real one while something is under way; 1 at first. */
  factor: number;
}

/**
 * Lets the virtual clock jump while nothing real is under way, and pass as the real one does while something is. So NAT
 * gateways take no time, and containers the time that they take.
 */
export function keepPace(clock: Clock, isBusy: () => boolean): Pace {
  let running = false;
  const pace: Pace = {
    factor: 1,
    wake: () => {
      if (running) return;
      running = true;
      void run();
    },
  };
  const run = async (): Promise<void> => {
    while (isBusy()) {
      const begun = performance.now();
      await clock.hold(setTimeout(tickMs));
      // Whoever sleeps wakes at his time, none later than this.
      await clock.sleep((performance.now() - begun) * pace.factor);
    }
    running = false;
  };
  return pace;
}
