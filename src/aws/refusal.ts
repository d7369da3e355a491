import type { LostAnswer } from '../engine/run.ts';
import { codeOf, isCarriedOutNever } from './failure-kind.ts';
import { actionOf } from './meter.ts';
import { endOf } from './retry-ends.ts';

/**
 * Whether an error says for certain that its call was not carried out: the service itself refused it. What a broken line, a
 * time-out or a failing server leaves behind is not known.
 */
export function isRefusal(error: unknown): boolean {
  const end = endOf(error);
  // A throttle after an answer that was lost says nothing of the attempt whose answer that was.
  if (end === 'in-doubt' || end === 'cut-short') return false;
  if (isCarriedOutNever(error)) return true;
  if (!(error instanceof Error) || !('$fault' in error) || error.$fault !== 'client') return false;
  // The token has been used before: something was made with it.
  return error.name !== 'IdempotentParameterMismatch';
}

/** Whether a call that failed may have been carried out all the same, by a try whose answer was lost. */
export function lostAnswer(error: unknown): LostAnswer | undefined {
  switch (endOf(error)) {
    case 'in-doubt':
      return 'repeated';
    case 'unsettled':
      return 'sent-once';
    case 'cut-short':
      return undefined;
    case undefined:
      return isLost(error) ? 'repeated' : undefined;
  }
}

/** Whether the last try of a call, too, ended with a broken line, a time-out or a failing server. */
function isLost(error: unknown): boolean {
  if (!(error instanceof Error) || actionOf(error) === undefined || isCarriedOutNever(error)) return false;
  if ('$fault' in error) return error.$fault === 'server';
  return error.name === 'TimeoutError' || codeOf(error) !== undefined;
}
