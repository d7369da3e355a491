import type { EsEcsError } from '../../errors.ts';

/** An error as a person reads it: where, what, and below it the ways out. */
export function renderError(error: EsEcsError, look: { readonly hasColour: boolean }): string {
  const where = error.address === undefined ? '' : `${error.address}: `;
  const [first = '', ...rest] = error.message.split('\n');
  const cross = look.hasColour ? '\u001B[31m✖\u001B[0m' : '✖';
  return [`${cross} ${where}${first}`, ...[...rest, ...error.hints].map((line) => `  ${line}`)].join('\n');
}
