import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const script = path.resolve(import.meta.dirname, '../../scripts/count-results.js');

interface Part {
  readonly status: number;
  readonly results?: object;
}

const suite = (passed: number, failed = 0, skipped = 0): object => ({
  numPassedTests: passed,
  numFailedTests: failed,
  numPendingTests: skipped,
  numTodoTests: 0,
});

describe('the sum of a CI run', () => {
  let folder = '';

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'es-ecs-count-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  async function run(parts: readonly Part[], ci = 'true'): Promise<{ stdout: string; exitCode?: number }> {
    const args: string[] = [];
    for (const [index, part] of parts.entries()) {
      const file = path.join(folder, `part-${index}.json`);
      if (part.results !== undefined) await writeFile(file, JSON.stringify(part.results));
      args.push(String(part.status), file);
    }
    const { stdout, exitCode } = await execa(process.execPath, [script, ...args], {
      env: { CI: ci },
      reject: false,
    });
    return { stdout, ...(exitCode === undefined ? {} : { exitCode }) };
  }

  /** The last line and the exit status. */
  async function count(
    parts: readonly Part[],
    ci?: string,
  ): Promise<{ last: string | undefined; status: number }> {
    const { stdout, exitCode } = await run(parts, ci);
    return { last: stdout.split('\n').at(-1), status: exitCode ?? -1 };
  }

  /** All that is printed, but for what is empty. */
  async function lines(parts: readonly Part[]): Promise<string[]> {
    const { stdout } = await run(parts);
    return stdout.split('\n').filter((line) => line !== '');
  }

  it('adds up suites and checks', async () => {
    const checks = { checks: [{ passed: true }, { passed: true }] };
    const parts = [
      { status: 0, results: suite(5) },
      { status: 0, results: checks },
    ];
    expect(await count(parts)).toEqual({ last: '7 passed, 0 failed', status: 0 });
  });

  it.each([
    ['a failed test', { status: 1, results: suite(5, 2) }, '6 passed, 2 failed'],
    ['a failed check', { status: 1, results: { checks: [{ passed: false }] } }, '1 passed, 1 failed'],
    ['a suite that left no results', { status: 0 }, '1 passed, 1 failed'],
    ['a suite that ended badly after its last test', { status: 1, results: suite(5) }, '6 passed, 1 failed'],
    ['a suite without a test', { status: 0, results: suite(0) }, '1 passed, 1 failed'],
    ['a skipped test in CI', { status: 0, results: suite(5, 0, 1) }, '6 passed, 1 failed'],
  ])('fails for %s', async (_, part, last) => {
    expect(await count([{ status: 0, results: suite(1) }, part])).toEqual({ last, status: 1 });
  });

  it('names what failed, and why, before the sums', async () => {
    const ran = (file: string, tests: readonly object[], message = ''): object => ({
      name: path.join(process.cwd(), file),
      message,
      assertionResults: tests,
    });
    const failureMessages = ['AssertionError: expected 1 to be 2\n    at somewhere.ts:1:2'];
    const results = {
      ...suite(1, 2, 1),
      testResults: [
        ran('test/a.test.ts', [
          { fullName: 'a counts', status: 'failed', failureMessages },
          { fullName: 'a adds', status: 'passed', failureMessages: [] },
          { fullName: 'a waits', status: 'pending', failureMessages: [] },
        ]),
        ran('test/b.test.ts', [], 'Cannot find module'),
      ],
    };
    const checks = { checks: [{ name: 'lint', passed: false }] };
    expect(
      await lines([
        { status: 0, results: suite(5) },
        { status: 1, results },
        { status: 1, results: checks },
      ]),
    ).toEqual([
      'part-1, exit status 1:',
      'test/a.test.ts > a counts',
      '    AssertionError: expected 1 to be 2',
      'test/a.test.ts > a waits (pending)',
      'test/b.test.ts',
      '    Cannot find module',
      'part-2, exit status 1:',
      'lint',
      'part-0: 5 passed, 0 failed',
      'part-1: 1 passed, 3 failed (1 skipped)',
      'part-2: 0 passed, 1 failed',
      '6 passed, 4 failed',
    ]);
  });

  it('lets a test be skipped outside CI', async () => {
    expect(await count([{ status: 0, results: suite(5, 0, 1) }], '')).toEqual({
      last: '5 passed, 0 failed',
      status: 0,
    });
  });

  it('fails when nothing ran at all', async () => {
    expect(await count([])).toEqual({ last: '0 passed, 0 failed', status: 1 });
  });
});
