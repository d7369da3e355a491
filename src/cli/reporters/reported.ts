import type { Run } from '../../engine/run.ts';
import type { ApplyOptions } from '../options.ts';
import type { Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import { createReporter } from './reporter.ts';

/** What is carried out, and where its progress is shown. */
export interface Reported {
  readonly session: Session;
  readonly options: ApplyOptions;
  readonly terminal: Terminal;
  readonly awaitGates: boolean;
}

/** Carries something out while a reporter draws its events; the reporter is closed whatever happens. */
export async function reported<Result>(
  given: Reported,
  work: (run: Run) => Promise<Result>,
): Promise<Result> {
  const { session, options, terminal, awaitGates } = given;
  const reporter = await createReporter({
    style: options.progress,
    verbose: options.verbose === true,
    terminal,
  });
  const run = session.run(
    (event) => {
      reporter.event(event);
    },
    { concurrency: options.concurrency, awaitGates },
  );
  try {
    return await work(run);
  } finally {
    reporter.close();
  }
}
