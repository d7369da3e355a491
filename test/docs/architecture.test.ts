import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

import { layers } from '../../scripts/lint-rules.js';

const root = path.resolve(import.meta.dirname, '../..');
const page = readFileSync(path.join(root, 'ARCHITECTURE.md'), 'utf8');

/** The rows of the code map: layer and who it may import, as the page has them. */
const rows = [...page.matchAll(/^\| `src\/([a-z]+)(?:\/|\.ts)` \| [^|]+ \| ([^|]+) \|$/gm)].map(
  ([, layer = '', rule = '']) => [layer, rule] as const,
);

function words(layer: string): string {
  const { only, never } = layers[layer] ?? {};
  const list = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');
  if (only !== undefined) return only.length === 0 ? 'nothing' : `only ${list(only)}`;
  return never === undefined || never.length === 0 ? 'all' : `all but ${list(never)}`;
}

describe('ARCHITECTURE.md', () => {
  it('is short enough to be read', () => {
    expect(page.trimEnd().split('\n').length).toBeLessThanOrEqual(200);
  });

  it('lists every layer that lint knows, with what it may import', () => {
    const planned = ['operations'];
    const known = Object.keys(layers).filter(
      (layer) => !planned.includes(layer) || existsSync(path.join(root, 'src', layer)),
    );
    expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(known.map((layer) => [layer, words(layer)])));
  });
});
