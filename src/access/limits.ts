import type { Clock } from '../engine/clock.ts';

/** How long a connection may take to be made: ssh to the bastion, from there to the node, and TLS. */
export const connectLimitMs = 25_000;

/** How long an answer may take; longer than the nodes themselves wait for their master. */
export const answerLimitMs = 30_000;

/** How long a node waits for an elected master before it says that there is none (`master_timeout`). */
export const masterTimeout = '5s';

/** How long the cluster itself waits for a health before it says "not yet" (status 408). */
export const healthWait = '10s';

/** How long the cluster may take to move a vote. */
export const voteTimeout = '20s';

/** How long the answer may take then. Clearing exclusions waits as long as `master_timeout` says, and they stay listed after it. */
export const voteLimitMs = 45_000;

/**
 * Runs work that is told when its time is up.
 *
 * @param work ends by itself once the signal aborts.
 */
export async function within<Result>(
  clock: Clock,
  limitMs: number,
  work: (timeUp: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const timeUp = new AbortController();
  const done = new AbortController();
  clock.sleep(limitMs, done.signal).then(
    () => {
      timeUp.abort();
    },
    () => undefined,
  );
  try {
    return await work(timeUp.signal);
  } finally {
    done.abort();
  }
}
