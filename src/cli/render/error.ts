import type { EsEcsError } from '../../errors.ts';
import { styleFor } from './style.ts';

/** An error as a person reads it: where, what, and below it the ways out. */
export function renderError(error: EsEcsError, look: { readonly hasColour: boolean }): string {
  const where = error.address === undefined ? '' : `${error.address}: `;
  const [first = '', ...rest] = error.message.split('\n');
  const cross = styleFor(look.hasColour).red('✖');
  // What a way out names may be of several lines: none of them begins a line of its own.
  const below = [...rest, ...error.hints.flatMap((hint) => hint.split('\n'))];
  return [`${cross} ${where}${first}`, ...below.map((line) => `  ${line}`)].join('\n');
}
