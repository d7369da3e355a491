import type { Reporter, ReporterOptions } from './reporter.ts';

/** One JSON object a line, an event each, for programs. */
export function jsonReporter({ terminal }: ReporterOptions): Reporter {
  return {
    event: (event) => {
      if (event.type === 'resource-failed') {
        const { error, ...rest } = event;
        terminal.err(
          JSON.stringify({
            ...rest,
            error: { code: error.code, message: error.message, hints: error.hints },
          }),
        );
        return;
      }
      terminal.err(JSON.stringify(event));
    },
    close: () => undefined,
  };
}
