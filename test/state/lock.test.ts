import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { breakLock, lockHolder, takeLock } from '../../src/state/lock.ts';

const nowMs = Date.parse('2026-01-02T14:05:00Z');
const holder = {
  run: 'a1',
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

  it('knows of each that was killed after another one was, until one ends well', async () => {
    await takeLock({ file, nowMs, holder, isAlive: () => true });
    await takeLock({ file, nowMs, holder: { ...holder, run: 'b2', pid: 2 }, isAlive: () => false });
    const third = await takeLock({
      file,
      nowMs,
      holder: { ...holder, run: 'c3', pid: 3 },
      isAlive: () => false,
    });
    expect(third.dead).toEqual(['a1', 'b2']);
    await third.release();
    expect((await take({ alive: false })).dead).toEqual([]);
  });

  it('passes on the dead who still hold a lock elsewhere, though its holder has ended well, and is free', async () => {
    await takeLock({ file, nowMs, holder, isAlive: () => true });
    const second = await takeLock({
      file,
      nowMs,
      holder: { ...holder, run: 'b2', pid: 2 },
      isAlive: () => false,
    });
    await second.release(['a1']);
    await expect(lockHolder(file)).resolves.toBeUndefined();
    // Its process may live on: it is not who holds it.
    const living = { file, nowMs, isAlive: () => true };
    const third = await takeLock({ ...living, holder: { ...holder, run: 'c3', pid: 3 } });
    expect(third).toMatchObject({ takenOverFrom: undefined, dead: ['a1'] });
    await expect(takeLock({ ...living, holder: { ...holder, run: 'd4', pid: 4 } })).rejects.toMatchObject({
      code: 'LOCKED',
    });
    await third.release();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('takes over from a run whose process number is now its own, as in a container', async () => {
    await takeLock({ file, nowMs, holder, isAlive: () => true });
    const lock = await takeLock({ file, nowMs, holder: { ...holder, run: 'b2' }, isAlive: () => true });
    expect(lock.takenOverFrom).toEqual(holder);
  });

  it('of many who find it dead, one takes over', async () => {
    for (let round = 0; round < 20; round += 1) {
      await takeLock({ file, nowMs, holder, isAlive: () => true });
      const living = new Set(Array.from({ length: 5 }, (_, index) => index + 1));
      const outcomes = await Promise.allSettled(
        [...living].map((pid) =>
          takeLock({
            file,
            nowMs,
            holder: { ...holder, run: `r${String(pid)}`, pid },
            isAlive: (other) => living.has(other),
          }),
        ),
      );
      const taken = outcomes.filter((one) => one.status === 'fulfilled');
      expect(taken).toHaveLength(1);
      await taken[0]?.value.release();
      expect(readdirSync(directory)).toEqual([]);
    }
  });

  it('leaves a lock that was taken from it to whoever has it now', async () => {
    const evicted = await takeLock({ file, nowMs, holder, isAlive: () => true });
    await breakLock(file);
    await takeLock({ file, nowMs, holder: { ...holder, run: 'b2', pid: 2 }, isAlive: () => true });
    await evicted.release();
    await expect(lockHolder(file)).resolves.toMatchObject({ run: 'b2' });
  });

  it('clears away what those left that were killed while they took it', async () => {
    writeFileSync(`${file}.99.new`, '{"who"');
    writeFileSync(`${file}.77.new`, 'of one who is just taking it');
    await takeLock({ file, nowMs, holder, isAlive: (pid) => pid !== 99 });
    expect(readdirSync(directory)).toEqual(['es-ecs.state.json.lock', 'es-ecs.state.json.lock.77.new']);
  });

  it.each([
    ['where a file is in the place of its directory', () => path.join(file, 'x', 'es-ecs.state.json.lock')],
    ['in a directory that takes no more', () => '/proc/es-ecs.state.json.lock'],
  ])('says in one sentence which file it is that cannot be written %s', async (_, where) => {
    writeFileSync(file, '');
    const error: unknown = await takeLock({ file: where(), nowMs, holder, isAlive: () => true }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'STATE_UNWRITABLE', exitStatus: 1 });
    expect(String(error)).toContain(`${where()} cannot be written: `);
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
