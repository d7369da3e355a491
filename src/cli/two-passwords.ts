import type { Terminal } from './terminal.ts';

/** While a password is rotated the secret alone does not say which of the two is in force, and the first is what is shown. */
export function sayTwo(next: string | undefined, terminal: Pick<Terminal, 'err'>): void {
  if (next === undefined) return;
  terminal.err(
    'the password is being rotated, or that was cut off: if this one is refused, es-ecs rotate password  goes on with it',
  );
}
