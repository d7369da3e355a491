import path from 'node:path';

import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';

import { growing } from './growth/growing.ts';

const root = path.join(import.meta.dirname, '..', '..');

describe('reading a file that is twice as long', () => {
  let counts: Readonly<Record<string, readonly [small: number, twice: number]>>;

  beforeAll(async () => {
    const { stdout } = await execa(
      process.execPath,
      ['--import', './scripts/typescript.js', 'test/config/growth/count.ts'],
      { cwd: root },
    );
    // It is what the script says it is.
    counts = JSON.parse(stdout) as typeof counts;
  });

  // Twice, and a little more for sorting and for numbers that have one more digit. What grows with the square takes four times as much.
  it.each(Object.keys(growing))('takes no more than its length: %s', (kind) => {
    const [small = 0, twice = 0] = counts[kind] ?? [];
    expect(small).toBeGreaterThan(1_000);
    expect(twice / small).toBeLessThan(2.5);
  });
});
