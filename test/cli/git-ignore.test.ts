import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ignoreOwnFiles } from '../../src/cli/git-ignore.ts';
import { filesFor } from '../../src/cli/session-files.ts';

let folder = '';
let config = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'es-ecs-git-'));
  config = path.join(folder, 'es-ecs.yaml');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const text = (): string => readFileSync(path.join(folder, '.gitignore'), 'utf8');

describe('what git leaves out', () => {
  it('is all that es-ecs keeps beside a config, and not the config', async () => {
    expect(await ignoreOwnFiles(config)).toBe(path.join(folder, '.gitignore'));
    execFileSync('git', ['init', '--quiet', folder]);
    const { state, lock, key, knownHosts } = filesFor({ config, progress: 'plain' });
    const simulated = filesFor({ config, simulate: true, progress: 'plain' });
    const own = [state, `${state}.new`, lock, key, `${key}.pub`, knownHosts, ...Object.values(simulated)];
    const told = execFileSync('git', ['-C', folder, 'check-ignore', '--stdin'], {
      input: [...own, config].join('\n'),
      encoding: 'utf8',
    });
    expect(told.trim().split('\n')).toEqual(own);
  });

  it.each([
    ['without an end of its last line', 'node_modules', 'node_modules\n'],
    ['with the line ends of Windows', 'dist\r\n', 'dist\r\n'],
  ])('is added to a file %s, once', async (_what, before, kept) => {
    writeFileSync(path.join(folder, '.gitignore'), before);
    await ignoreOwnFiles(config);
    const after = text();
    expect(after.startsWith(kept)).toBe(true);
    expect(after.slice(kept.length).split(/\r?\n/)).toEqual([
      expect.stringMatching(/^# es-ecs/),
      'es-ecs.state.*',
      '.es-ecs/',
      '',
    ]);
    expect(/[^\r]\n/.test(after)).toBe(!before.includes('\r'));
    expect(await ignoreOwnFiles(config)).toBeUndefined();
    expect(text()).toBe(after);
  });
});
