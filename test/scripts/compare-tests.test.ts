import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const script = path.resolve(import.meta.dirname, '../../scripts/compare-tests.js');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'es-ecs-compare-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function compared(
  before: readonly string[],
  after: readonly string[],
): Promise<{ readonly exitCode: number | undefined; readonly lines: readonly string[] }> {
  const files = [before, after].map((names, index) => {
    const file = path.join(folder, `${String(index)}.json`);
    const assertionResults = names.map((fullName) => ({ fullName }));
    writeFileSync(file, JSON.stringify({ testResults: [{ assertionResults }] }));
    return file;
  });
  const { exitCode, stdout } = await execa('node', [script, files[0] ?? '', '--', files[1] ?? ''], {
    reject: false,
  });
  return { exitCode, lines: stdout.split('\n') };
}

describe('the tests of two runs', () => {
  it('may be more than before', async () => {
    expect(await compared(['a', 'b'], ['b', 'a', 'c'])).toEqual({
      exitCode: 0,
      lines: ['+ c', '2 names before, 3 after: 0 lost, 1 new'],
    });
  });

  it('may not be others, nor fewer of one name', async () => {
    expect(await compared(['a', 'b', 'b'], ['b', 'c'])).toEqual({
      exitCode: 1,
      lines: ['- a', '- b', '+ c', '2 names before, 2 after: 2 lost, 1 new'],
    });
  });

  it('are two lists', async () => {
    const { exitCode, stderr } = await execa('node', [script, 'one.json'], { reject: false });
    expect([exitCode, stderr]).toEqual([2, 'compare-tests.js BEFORE.json … -- AFTER.json …']);
  });
});
