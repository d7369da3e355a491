import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

import { errorCodes } from '../../src/errors.ts';

const root = path.resolve(import.meta.dirname, '../..');
const page = readFileSync(path.join(root, 'docs/errors.md'), 'utf8');
const sections = page
  .split(/^## /m)
  .slice(1)
  .map((section) => section.split('\n'));

describe('docs/errors.md', () => {
  it('has a section for every code and no other, in the order of the table', () => {
    expect(sections.map(([code]) => code)).toEqual(Object.keys(errorCodes));
  });

  it.each(Object.entries(errorCodes))('says title and exit status of %s', (code, { title, exitStatus }) => {
    const [, blank, line] = sections.find(([heading]) => heading === code) ?? [];
    const upper = `${title.charAt(0).toUpperCase()}${title.slice(1)}`;
    expect([blank, line]).toEqual(['', `*${upper}. Exit status ${exitStatus}.*`]);
  });

  it('says of every code what to do', () => {
    const short = sections.filter(([, , , , ...words]) => words.join(' ').length < 80).map(([code]) => code);
    expect(short).toEqual([]);
  });
});

describe('the table of codes', () => {
  const folder = path.join(root, 'src');
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && name !== 'errors.ts')
    .map((name) => readFileSync(path.join(folder, name), 'utf8'));

  it('holds none that is never thrown', () => {
    // A comparison with a code does not throw it.
    const isThrown = (code: string): boolean => {
      const mention = new RegExp(`(?<![!=]== )'${code}'`);
      return sources.some((text) => mention.test(text));
    };
    expect(Object.keys(errorCodes).filter((code) => !isThrown(code))).toEqual([]);
  });
});
