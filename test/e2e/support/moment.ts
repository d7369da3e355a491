import { setTimeout as pause } from 'node:timers/promises';

import type { Answer, ProxiedRequest } from './proxy.ts';

/**
 * An instant of a run, counted in calls and not in seconds, so that it falls at the same place on a slow machine: so and so long
 * after the run has sent its n-th call, which may be before, while or after it is carried out.
 */
export interface Moment {
  readonly call: number;
  readonly afterMs: number;
}

/** Waits for moments; its `intercept` is for the proxy that the calls go through. */
export interface Moments {
  readonly intercept: (call: ProxiedRequest) => Answer | undefined;
  /** From now on calls are counted anew; `then` is called at the moment, if there are as many calls. */
  await(moment: Moment, then: () => void): void;
  /** Nothing is called any more. */
  forget(): void;
  /** The calls since the counting began. */
  readonly calls: number;
}

export function createMoments(): Moments {
  let calls = 0;
  let waiting: { readonly moment: Moment; readonly then: () => void } | undefined;
  return {
    get calls() {
      return calls;
    },
    await: (moment, then) => {
      calls = 0;
      waiting = { moment, then };
    },
    forget: () => {
      waiting = undefined;
    },
    intercept: () => {
      calls += 1;
      const due = waiting;
      if (due?.moment.call !== calls) return undefined;
      waiting = undefined;
      void pause(due.moment.afterMs).then(due.then);
      return undefined;
    },
  };
}
