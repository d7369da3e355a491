import { describe, expect, it, vi } from 'vitest';

import { oneLine, printable } from '../../../src/cli/render/printable.ts';
import { styleFor } from '../../../src/cli/render/style.ts';
import { processTerminal } from '../../../src/cli/terminal.ts';

describe('the terminal itself', () => {
  it('writes nothing raw to either stream, and what is piped on as it is', () => {
    const written: string[] = [];
    const keep = (text: unknown): boolean => {
      written.push(String(text));
      return true;
    };
    const spies = [process.stdout, process.stderr].map((stream) =>
      vi.spyOn(stream, 'write').mockImplementation(keep),
    );
    try {
      const terminal = processTerminal();
      terminal.out('a\u001B[2Jb');
      terminal.err('c\u009Bd');
      terminal.out(JSON.stringify({ tag: '\u001B]0;x\u0007\u009B\u007F\u202E' }));
      terminal.pipe?.('{"raw":"\u001B[1m"}');
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
    const [out, err, json = '', piped] = written;
    expect([out, err, piped]).toEqual(['a\\u001b[2Jb\n', 'c\\u009bd\n', '{"raw":"\u001B[1m"}\n']);
    // eslint-disable-next-line no-control-regex -- they are what is looked for
    expect(json).not.toMatch(/[\u0000-\u0009\u007F-\u009F\u202E]/);
    expect(JSON.parse(json)).toEqual({ tag: '\u001B]0;x\u0007\u009B\u007F\u202E' });
  });
});

describe('printable', () => {
  it.each([
    ['\u001B[31mred', '\\u001b[31mred'],
    ['\u001B]0;title\u0007', '\\u001b]0;title\\u0007'],
    ['\u001B]8;;http://example.com\u001B\\link', '\\u001b]8;;http://example.com\\u001b\\link'],
    ['\u009B2J', '\\u009b2J'],
    ['a\rb\u0008c\u007F', 'a\\u000db\\u0008c\\u007f'],
    ['user\u202Etxt.exe', 'user\\u202etxt.exe'],
    ['\u2066x\u2069', '\\u2066x\\u2069'],
    ['a\u2028b', 'a\\u2028b'],
    ['two\nlines, ünïcode, 漢字, 🔍', 'two\nlines, ünïcode, 漢字, 🔍'],
  ])('shows %j as %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('lets our own colours through, around whatever is in them', () => {
    const { red } = styleFor(true);
    expect(printable(`${red('a\u001B[2Jb')} c`)).toBe('\u001B[31ma\\u001b[2Jb\u001B[0m c');
    expect(printable(styleFor(false).red('a'))).toBe('a');
  });

  it('takes nobody else’s for one of them, whatever number it tries', () => {
    const tries = Array.from({ length: 1000 }, (_, index) => `\u001B[31;${String(index)}m`).join('');
    expect(printable(tries)).not.toContain('\u001B');
  });

  it('leaves no character of C0, C1 and DEL but line break and tab', () => {
    const all = String.fromCodePoint(...Array.from({ length: 0xa0 }, (_, index) => index));
    const bytes = [...Buffer.from(printable(all))];
    expect(bytes.filter((byte) => byte < 0x20 && byte !== 0x0a && byte !== 0x09)).toEqual([]);
    // Every character of C1 begins with this byte in UTF-8.
    expect(bytes).not.toContain(0xc2);
    expect(oneLine('a\nb')).toBe('a\\nb');
  });
});
