import { EsEcsError } from '../errors.ts';
import type { Terminal } from './terminal.ts';

/** A question before something is done. */
export interface Confirmation {
  readonly question: string;
  /** What must be typed; anything else is no. */
  readonly expected: (answer: string) => boolean;
  /** The flag that answers for scripts. */
  readonly flag: string;
}

/**
 * Asks a person.
 *
 * @throws EsEcsError NOT_CONFIRMED, when the answer is no or there is nobody to ask.
 */
export async function confirm(
  confirmation: Confirmation,
  terminal: Pick<Terminal, 'canAsk' | 'ask'>,
): Promise<void> {
  const { flag } = confirmation;
  if (!terminal.canAsk) {
    throw new EsEcsError('NOT_CONFIRMED', 'nothing was done: there is no terminal to ask on', {
      hint: `${flag}  goes on without asking`,
    });
  }
  const answer = await terminal.ask(confirmation.question);
  if (!confirmation.expected(answer.trim())) throw new EsEcsError('NOT_CONFIRMED', 'nothing was done');
}
