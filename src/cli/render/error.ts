import type { EsEcsError } from '../../errors.ts';
import { styleFor } from './style.ts';

/** An error as a person reads it: where, what, and below it the ways out. */
export function renderError(error: EsEcsError, look: { readonly hasColour: boolean }): string {
  const where = error.address === undefined ? '' : `${error.address}: `;
  const [first = '', ...rest] = error.message.split('\n');
  const cross = styleFor(look.hasColour).red('✖');
  return [`${cross} ${where}${first}`, ...[...rest, ...error.hints].map((line) => `  ${line}`)].join('\n');
}
