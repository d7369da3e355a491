import { isCarriedOutNever } from './failure-kind.ts';
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
