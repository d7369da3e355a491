import { DeleteParameterCommand, GetParameterCommand } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';

import { createClients } from '../../src/aws/clients.ts';
import { CallMeter } from '../../src/aws/meter.ts';
import { createVirtualClock } from '../../src/engine/clock.ts';
import { AccountLock, type AccountLockOptions } from '../../src/lock/account-lock.ts';
import { createSimulatedAccount } from '../../src/simulator/account.ts';

const startMs = Date.parse('2026-01-02T14:05:00Z');

/** An account with a lock in it, and those who want it. */
function ground() {
  const clock = createVirtualClock({ startMs });
  const account = createSimulatedAccount({ clock });
  const { ssm } = createClients({
    region: 'eu-west-1',
    clock,
    meter: new CallMeter(),
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
    attach: (client) => {
      account.attach(client);
    },
  });
  const dead = new Set<string>();
  const someone = (run: string, more: Partial<AccountLockOptions> = {}) =>
    new AccountLock({
      ...more,
      ssm,
      cluster: 'search',
      clock,
      holder: {
        run,
        who: 'deploy',
        host: run,
        pid: 7,
        command: 'es-ecs up',
        since: new Date(clock.now()).toISOString(),
      },
      isKnownDead: (record) => dead.has(record.run),
    });
  const taken = async (run: string) => {
    const lock = someone(run);
    await lock.look();
    await lock.take();
    return lock;
  };
  return { clock, account, ssm, dead, someone, taken };
}

describe('the lock in the account', () => {
  it('has one holder; whoever comes second is told who, and of its last sign of life', async () => {
    const { clock, taken, someone } = ground();
    const first = await taken('a');
    await clock.sleep(100_000);
    const second = someone('b');
    await second.look();
    await expect(second.take()).rejects.toMatchObject({
      code: 'LOCKED',
      exitStatus: 4,
      message: expect.stringMatching(
        /^another run holds the lock: deploy@a, es-ecs up, since 14:05 \(\d minutes\), process 7, last sign of life \d+s ago$/,
      ) as string,
    });
    await first.release(false);
    await taken('b');
  });

  it('of many at once, one takes it', async () => {
    const { someone } = ground();
    const many = ['a', 'b', 'c', 'd', 'e'].map((run) => someone(run));
    await Promise.all(many.map((one) => one.look()));
    const results = await Promise.allSettled(many.map((one) => one.take()));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    // The same with a log that is there already.
    const winner = many.find((one) => one.isTaken);
    await winner?.release(false);
    const again = ['f', 'g', 'h'].map((run) => someone(run));
    await Promise.all(again.map((one) => one.look()));
    const second = await Promise.allSettled(again.map((one) => one.take()));
    expect(second.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('is not taken by who looked before somebody else changed things', async () => {
    const { someone, taken } = ground();
    const early = someone('early');
    await early.look();
    await (await taken('a')).release(false);
    await expect(early.take()).rejects.toMatchObject({
      code: 'LOCKED',
      message: 'another run has changed the cluster since this one looked at it',
    });
  });

  it('is taken from a holder that has said nothing for 90 seconds, and at once from one that is known to be dead', async () => {
    const { clock, account, dead, taken, someone } = ground();
    await taken('a');
    // From now on nothing that it says arrives.
    account.inject({ operation: 'PutParameter', code: 'AccessDeniedException', times: 3 });
    await clock.sleep(80_000);
    const early = someone('b');
    await early.look();
    await expect(early.take()).rejects.toMatchObject({ code: 'LOCKED' });
    await clock.sleep(15_000);
    const late = someone('c');
    await late.look();
    expect(late.doubt.anythingUntilMs).toBeGreaterThan(startMs);
    await late.take();
    dead.add('c');
    await taken('d');
  });

  it('tells a holder that lost it, and leaves what it can no longer release', async () => {
    const { clock, taken, someone } = ground();
    const first = await taken('a');
    const unlocker = someone('u');
    await unlocker.look();
    await unlocker.evict();
    const second = await taken('b');
    await clock.sleep(31_000);
    expect(first.lost.aborted).toBe(true);
    expect(first.lost.reason).toMatchObject({ code: 'LOCK_LOST', exitStatus: 4 });
    await first.release(false);
    const third = someone('c');
    await third.look();
    await expect(third.take()).rejects.toMatchObject({
      code: 'LOCKED',
      message: expect.stringContaining('deploy@b') as string,
    });
    expect(second.lost.aborted).toBe(false);
  });

  it.each([29_990, 30_000, 30_010, 30_050, 30_100])(
    'is free, or gone, when its holder ends %d ms after the taking, in the middle of a sign of life',
    async (ms) => {
      const { clock, ssm, taken, someone } = ground();
      const first = await taken('a');
      await clock.sleep(ms);
      await first.release(false);
      const next = someone('b');
      expect((await next.look())?.record.event).toBe('released');
      await next.take();
      await clock.sleep(ms);
      await next.remove();
      await clock.sleep(60_000);
      await expect(ssm.send(new GetParameterCommand({ Name: '/es-ecs/search/lock' }))).rejects.toMatchObject({
        name: 'ParameterNotFound',
      });
    },
  );

  it('holds though the answer of its taking was lost', async () => {
    const { account, someone } = ground();
    account.inject({ operation: 'PutParameter', code: 'InternalServerError', status: 500, answerLost: true });
    const lock = someone('a');
    await lock.look();
    await lock.take();
    expect(lock.isTaken).toBe(true);
    await lock.release(false);
    account.inject({ operation: 'PutParameter', code: 'InternalServerError', status: 500, answerLost: true });
    const next = someone('b');
    await next.look();
    await next.take();
    expect(next.isTaken).toBe(true);
  });

  it('passes on until when something may be there that cannot be seen', async () => {
    const { clock, taken, someone } = ground();
    await (await taken('a')).release(true);
    const next = someone('b');
    await next.look();
    expect(next.doubt.anythingUntilMs).toBeGreaterThan(clock.now() + 25_000);
    await next.take();
    await next.release(false);
    // That is still to come when its successor has ended well, and past half a minute later.
    const soon = someone('c');
    await soon.look(['b']);
    expect(soon.doubt).toEqual(next.doubt);
    await clock.sleep(31_000);
    await soon.take();
    await soon.release(false);
    const well = someone('d');
    await well.look(['c']);
    expect(well.doubt).toEqual({ rememberedUntilMs: 0, anythingUntilMs: 0 });
  });

  it('passes on apart what an intent was saved for, and what nobody remembers', async () => {
    const { clock, dead, taken, someone } = ground();
    await taken('a');
    dead.add('a');
    const heir = someone('b');
    await heir.look(['a']);
    // Known to be dead: half a minute from now, however lately it said that it lived.
    expect(heir.doubt).toEqual({
      rememberedUntilMs: expect.closeTo(clock.now() + 30_000, -3) as number,
      anythingUntilMs: 0,
    });
    await heir.take();
    await heir.release(false);
    const ofSameMemory = someone('c');
    await ofSameMemory.look(['b']);
    expect(ofSameMemory.doubt).toEqual(heir.doubt);
    const stranger = someone('d');
    await stranger.look(['z']);
    expect(stranger.doubt.anythingUntilMs).toBeGreaterThanOrEqual(heir.doubt.rememberedUntilMs);
  });

  it('has saved who asks for it before it asks, and not that one has it before it has', async () => {
    const { account, someone } = ground();
    const told: string[] = [];
    const lock = someone('a');
    const words = () => account.calls.filter(({ operation }) => operation === 'PutParameter').length;
    lock.rememberBy({
      asks: (run, last) => {
        told.push(`${run} after ${String(last)} asks at ${words()}`);
        return Promise.resolve();
      },
      begins: (run) => {
        told.push(`${run} begins at ${words()}`);
      },
    });
    await lock.look();
    await lock.take();
    expect(told).toEqual(['a after undefined asks at 0', 'a begins at 1']);
  });

  it('is taken over though the last word of a run that is known to be dead arrives only after the look', async () => {
    const { dead, taken, someone } = ground();
    await (await taken('a')).release(false);
    const [late, next, third] = ['late', 'b', 'c'].map((run) => someone(run));
    await Promise.all([late?.look(), next?.look(), third?.look()]);
    await late?.take();
    // As long as nobody knows that it is dead, it is who was first.
    await expect(third?.take()).rejects.toMatchObject({ code: 'LOCKED', exitStatus: 4 });
    dead.add('late');
    await next?.take();
    expect(next?.isTaken).toBe(true);
  });

  it('of two that died one soon after the other, the older stays in doubt as long as the younger', async () => {
    const { clock, dead, taken, someone } = ground();
    await taken('a');
    dead.add('a');
    await clock.sleep(5_000);
    const second = await taken('b');
    const ofFirst = second.doubt.anythingUntilMs;
    expect(ofFirst).toBeGreaterThan(clock.now());
    dead.add('b');
    const third = someone('c');
    await third.look();
    expect(third.doubt.anythingUntilMs).toBeGreaterThan(ofFirst);
    await third.take();
    await third.release(false);
    const fourth = someone('d');
    expect((await fourth.look(['c']))?.record.event).toBe('released');
    expect(fourth.doubt).toEqual(third.doubt);
  });

  it('is gone once it is taken down, and begins anew', async () => {
    const { ssm, taken, someone } = ground();
    const lock = await taken('a');
    await lock.remove();
    await expect(ssm.send(new GetParameterCommand({ Name: '/es-ecs/search/lock' }))).rejects.toMatchObject({
      name: 'ParameterNotFound',
    });
    await expect(ssm.send(new DeleteParameterCommand({ Name: '/es-ecs/search/lock' }))).rejects.toThrow();
    await (await taken('b')).release(false);
    const third = someone('c');
    expect((await third.look())?.record.run).toBe('b');
  });

  it('is had where every answer to its taking was lost, and not where nothing came of it', async () => {
    const { account, taken, someone } = ground();
    await (await taken('a')).release(false);
    const end = account.inject({ operation: 'PutParameter', code: 'ECONNRESET', times: Infinity });
    const second = await taken('b');
    expect(second.isTaken).toBe(true);
    end();
    await second.release(false);
    account.inject({ operation: 'PutParameter', code: 'InternalServerError', status: 500, times: Infinity });
    const third = someone('c');
    await third.look();
    await expect(third.take()).rejects.toMatchObject({ name: 'InternalServerError' });
  });

  it('whose name is not free yet is waited for, and said to be once; by two, one has it', async () => {
    const { clock, taken, someone } = ground();
    await (await taken('a')).remove();
    let told = 0;
    const sinceMs = clock.now();
    const both = ['b', 'c'].map((run) => someone(run, { onNameHeld: () => (told += 1) }));
    await Promise.all(both.map((one) => one.look()));
    const results = await Promise.allSettled(both.map((one) => one.take()));
    expect(clock.now() - sinceMs).toBeGreaterThan(25_000);
    expect(told).toBe(2);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'LOCKED' } });
  });

  it('whose name does not become free says so, and nobody who is told to stop waits for it', async () => {
    const { account, clock, taken, someone } = ground();
    Object.assign(account.world.delays, { parameterName: 3_600_000 });
    await (await taken('a')).remove();
    const lock = someone('b');
    await lock.look();
    await expect(lock.take()).rejects.toMatchObject({
      code: 'AWS',
      message: 'Parameter Store refuses /es-ecs/search/lock as taken, and does not show it',
    });
    const stop = new AbortController();
    const other = someone('c', { signal: stop.signal });
    await other.look();
    const taking = other.take();
    taking.catch(() => undefined);
    await clock.sleep(2_000);
    stop.abort();
    await expect(taking).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});
