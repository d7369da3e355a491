import { EsEcsError } from '../errors.ts';

/** An interrupted command says by which line it goes on: the very line it was given. */
export function toldHowToResume(error: unknown, argv: readonly string[]): unknown {
  if (!(error instanceof EsEcsError) || error.code !== 'INTERRUPTED' || error.hints.length === 0)
    return error;
  const line = ['es-ecs', ...argv.slice(2).map(quoted)].join(' ');
  return new EsEcsError('INTERRUPTED', error.message, {
    cause: error,
    hint: `${line}  goes on where this run stopped`,
    ...(error.address === undefined ? {} : { address: error.address }),
  });
}

/** A word as a POSIX shell takes it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
