import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { takeLock } from '../../src/state/lock.ts';

const nowMs = Date.parse('2026-01-02T14:05:00Z');
const holder = {
  who: 'deploy',
  host: 'build-7',
  pid: 4711,
  command: 'es-ecs up',
  since: '2026-01-02T14:02:00.000Z',
};
let directory = '';
let file = '';

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'es-ecs-lock-'));
  file = path.join(directory, 'es-ecs.state.json.lock');
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const take = (options: { pid?: number; host?: string; alive?: boolean } = {}) =>
  takeLock({
    file,
    nowMs,
    holder: { ...holder, pid: options.pid ?? 1, host: options.host ?? holder.host },
    isAlive: () => options.alive ?? true,
  });

describe('takeLock', () => {
  it('is free again once released, and leaves nothing behind', async () => {
    await (await take()).release();
    const lock = await take();
    await lock.release();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('refuses the second, naming the first', async () => {
    await takeLock({ file, nowMs, holder, isAlive: () => true });
    const error: unknown = await take({ pid: 2 }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'LOCKED', exitStatus: 4 });
    expect(String(error)).toContain('deploy@build-7, es-ecs up, since 14:02 (3 minutes), process 4711');
    expect(readdirSync(directory)).toEqual(['es-ecs.state.json.lock']);
  });

  it('takes over from a dead process of this host, and says from whom', async () => {
    await takeLock({ file, nowMs, holder, isAlive: () => true });
    const lock = await take({ pid: 2, alive: false });
    expect(lock.takenOverFrom).toEqual(holder);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ pid: 2 });
  });

  it('never takes over from another host, whose processes nobody here can see', async () => {
    await takeLock({ file, nowMs, holder, isAlive: () => true });
    await expect(take({ pid: 2, host: 'laptop', alive: false })).rejects.toMatchObject({ code: 'LOCKED' });
  });

  it('takes over a lock file that is not one', async () => {
    writeFileSync(file, '{"who"');
    await expect(take()).resolves.toMatchObject({ takenOverFrom: undefined });
  });

  it('lets exactly one of many through', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => take({ pid: index + 1 })),
    );
    expect(outcomes.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
  });
});
