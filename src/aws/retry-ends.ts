/**
 * Why a call that failed was not repeated, where that is more than "refused" or "tried often enough":
 *
 * - `cut-short`: the run was told to stop while another attempt was due.
 * - `unsettled`: it may have been carried out, and a second one could make a second thing.
 * - `in-doubt`: this attempt was not carried out, but one before it may have been.
 */
export type RetryEnd = 'cut-short' | 'unsettled' | 'in-doubt';

const ends = new WeakMap<object, RetryEnd>();

/** Remembers it beside the error, which keeps the form in which it came. */
export function noteEnd(error: unknown, end: RetryEnd): void {
  if (typeof error === 'object' && error !== null) ends.set(error, end);
}

/** What was remembered, if anything. */
export function endOf(error: unknown): RetryEnd | undefined {
  return typeof error === 'object' && error !== null ? ends.get(error) : undefined;
}
