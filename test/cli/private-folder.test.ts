import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { inPrivateFolder, removeLeftFolders } from '../../src/cli/private-folder.ts';

/** No process has this number on any system (the most that Linux allows is 4194304). */
const nobody = 99_999_999;

describe('a private folder', () => {
  it('is for nobody else to read, and gone when the work is over, however it ends', async () => {
    const seen = await inPrivateFolder('login', async (folder) => {
      expect(statSync(folder).mode & 0o777).toBe(0o700);
      return folder;
    });
    expect(existsSync(seen)).toBe(false);
    let failed = '';
    const failing = inPrivateFolder('image', (folder) => {
      failed = folder;
      return Promise.reject(new Error('no'));
    });
    await expect(failing).rejects.toThrow('no');
    expect(path.basename(failed)).toMatch(/^es-ecs-image-/);
    expect(existsSync(failed)).toBe(false);
  });

  it('of a process that was killed is removed by the next run, and nothing else is', () => {
    const made = (name: string): string => mkdtempSync(path.join(tmpdir(), name));
    const elsewhere = made('es-ecs-kept-');
    mkdirSync(path.join(elsewhere, 'file'));
    const link = path.join(tmpdir(), `es-ecs-login-${nobody}-link-${process.pid}`);
    symlinkSync(elsewhere, link);
    const dead = [made(`es-ecs-login-${nobody}-`), made(`es-ecs-image-${nobody}-`)];
    const kept = [
      made(`es-ecs-login-${process.ppid}-`),
      made(`es-ecs-other-${nobody}-`),
      path.join(elsewhere, 'file'),
    ];
    removeLeftFolders();
    const left = [...dead, ...kept].map((folder) => existsSync(folder));
    for (const folder of [...kept.slice(0, 2), elsewhere, link])
      rmSync(folder, { recursive: true, force: true });
    expect(left).toEqual([false, false, true, true, true]);
  });
});
