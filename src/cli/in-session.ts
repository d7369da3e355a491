import { configFor } from './config-file.ts';
import { interruptible } from './interrupts.ts';
import type { CommonOptions } from './options.ts';
import { type Session, withSession } from './session.ts';
import type { Terminal } from './terminal.ts';

/** A command that works on an account. */
export interface SessionCommand {
  /** Its name, for whoever finds the lock taken. */
  readonly command: string;
  readonly options: CommonOptions;
  readonly terminal: Terminal;
  /** Commands that write take the lock. */
  readonly locks: boolean;
}

/**
 * Reads the config, tells what is unwise in it, and works in a session that ends well on Ctrl-C.
 *
 * @throws EsEcsError of every kind that config, state, lock, credentials and lookups can have.
 */
export async function inSession<Result>(
  given: SessionCommand,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const { located, notices } = await configFor(given.options);
  const notice = (text: string): void => {
    given.terminal.err(text);
  };
  notices.forEach(notice);
  return interruptible((signal) => withSession({ ...given, located, signal, notice }, work), notice);
}
