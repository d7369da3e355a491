import { once } from 'node:events';

/** Returns once Ctrl-C was pressed, which `signal` tells, or the terminal is closed. */
export async function untilClosed(signal: AbortSignal): Promise<void> {
  const hungUp = new AbortController();
  const onHangUp = (): void => {
    hungUp.abort();
  };
  process.on('SIGHUP', onHangUp);
  try {
    const closed = AbortSignal.any([signal, hungUp.signal]);
    if (!closed.aborted) await once(closed, 'abort');
  } finally {
    process.off('SIGHUP', onHangUp);
  }
}
