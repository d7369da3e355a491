import { readFileSync } from 'node:fs';

import { invariant } from '../errors.ts';

/** A value for a placeholder, already in the language of the template. */
export type Placeholders = Readonly<Record<string, string>>;

const placeholder = /\{\{([a-zA-Z]+)\}\}/g;

/**
 * Fills in `{{name}}`.
 *
 * @throws Error (a bug) when the template names something that is not given, or something given is not in it: a
 *   template and the code that fills it in belong together.
 */
export function render(template: string, values: Placeholders): string {
  const used = new Set<string>();
  const text = template.replace(placeholder, (_whole, name: string) => {
    const value = values[name];
    invariant(value !== undefined, `the template asks for {{${name}}}, which is not given`);
    used.add(name);
    return value;
  });
  const unused = Object.keys(values).filter((name) => !used.has(name));
  invariant(unused.length === 0, `the template has no placeholder for ${unused.join(', ')}`);
  return text;
}

/** One word for a POSIX shell, whatever is in the value. */
export function shellWord(value: string): string {
  if (/^[A-Za-z0-9_./:@%+=,-]+$/.test(value)) return value;
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

/** Every value as one word for a shell. */
export function shellWords(values: Placeholders): Placeholders {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, shellWord(value)]));
}

/**
 * A script without the lines that hold nothing but a comment, or nothing: what a person reads in `templates` need not fit into what EC2 takes.
 * The first line stays, whatever it is: it says what the rest is.
 */
export function withoutComments(script: string): string {
  return script.replaceAll(/(?<=\n)[ \t]*(?:#.*)?\n/g, '');
}

/**
 * The text of a file in `templates/`, which ships beside `src/` and `dist/` alike. Read at once, as the program's own code is: a
 * wait for the disk would let a virtual clock run on by as much as the disk is slow, and no run could be had a second time.
 */
export function readTemplate(name: string): string {
  const text = readFileSync(new URL(`../../templates/${name}`, import.meta.url), 'utf8');
  // A copy that was checked out with the line ends of Windows: hosts could not run it, and the image would be another one.
  return text.replaceAll('\r\n', '\n');
}
