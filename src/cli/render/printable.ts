import { randomInt } from 'node:crypto';

/**
 * What a terminal would obey instead of showing: C0 and C1 controls and DEL, which begin every escape sequence (ECMA-48); marks that
 * turn the direction of text around ("Trojan Source", CVE-2021-42574); and Unicode's own line breaks. A line break is none here: what
 * must stay on one line goes through `oneLine`.
 */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const obeyed = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]/g;

/** Another one in each process, so that no text from outside can pass for one of our own colours. */
const secret = String(randomInt(1_000_000, 10_000_000));

/** Our own colour, as it travels to the terminal's writer. */
export function colour(code: number): string {
  return `\u001B[${String(code)};${secret}m`;
}

const ownColours = new RegExp(String.raw`\u001B\[(\d+);${secret}m`);

/**
 * A text as it may go to a terminal or into a log: what comes from outside (tags, lock records, consoles, the words of AWS and
 * Elasticsearch) is shown and never obeyed, as `\\u001b`.
 */
export function printable(text: string): string {
  // A text, a code, a text, a code, … as `split` gives what its group has caught.
  return text
    .split(ownColours)
    .map((part, index) => (index % 2 === 1 ? `\u001B[${part}m` : part.replaceAll(obeyed, shown)))
    .join('');
}

/** The same for what must not break a line. */
export function oneLine(text: string): string {
  return text.replaceAll('\n', '\\n');
}

/** As JSON spells it, so that a document stays one: JSON itself escapes C0 alone. */
function shown(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
