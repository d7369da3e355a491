import { setMaxListeners } from 'node:events';

/** The exit status of a process ended by Ctrl-C: 128 and the number of SIGINT. */
const interruptedStatus = 130;

/**
 * Ctrl-C once: the signal aborts, what is in flight ends and is recorded. Twice: the process exits at once; the next run finds
 * everything all the same.
 */
export async function interruptible<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  told: { readonly tell: (text: string) => void; readonly stopping?: string },
): Promise<Result> {
  const controller = new AbortController();
  // Every wait of a run listens to it: hundreds is no leak.
  setMaxListeners(0, controller.signal);
  const onInterrupt = (): void => {
    if (controller.signal.aborted) process.exit(interruptedStatus);
    told.tell(
      told.stopping ?? 'stopping: calls in flight are ended and recorded; Ctrl-C again exits at once',
    );
    controller.abort();
  };
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onInterrupt);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onInterrupt);
  }
}
