import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterEach, describe, expect, it } from 'vitest';

import { readableStack } from '../../src/cli/stack.ts';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A package with one published file; its line 1 from column 8 on is line 3, column 5 of src/cli/main.ts. */
function publish(map: string | undefined): string {
  const root = mkdtempSync(path.join(os.tmpdir(), 'es-ecs a stack '));
  folders.push(root);
  mkdirSync(path.join(root, 'dist', 'chunks'), { recursive: true });
  const file = path.join(root, 'dist', 'chunks', 'main.js');
  if (map !== undefined) writeFileSync(`${file}.map`, map);
  return pathToFileURL(file).href;
}

const map = JSON.stringify({
  version: 3,
  sources: ['../../src/cli/main.ts'],
  names: [],
  // Column 7, source 0, line 2, column 4, all from zero, as differences in base 64 (ECMA-426).
  mappings: 'OAEI',
});

describe('a stack', () => {
  it('is told in the files that were written', () => {
    const file = publish(map);
    expect(readableStack(`Error: no\n    at made (${file}:1:9)\n    at async ${file}:1:12`)).toBe(
      'Error: no\n    at made (src/cli/main.ts:3:5)\n    at async src/cli/main.ts:3:5',
    );
  });

  it.each([
    { name: 'no map', given: undefined },
    { name: 'a map that is none', given: 'null' },
    { name: 'a map that is cut off', given: '{"version":3' },
    {
      name: 'a map that says nothing of the place',
      given: JSON.stringify({ version: 3, sources: [], mappings: '' }),
    },
  ])('stays as it is with $name', ({ given }) => {
    const stack = `Error: no\n    at made (${publish(given)}:1:9)\n    at node:internal/main:1:1`;
    expect(readableStack(stack)).toBe(stack);
  });
});
