import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import type { SimulatedAccount } from '../../src/simulator/account.ts';
import type { WriteMoment } from '../recovery/life.ts';
import { difference } from '../recovery/normal-account.ts';
import type { Ended } from '../recovery/process.ts';
import { openAccount, readFiles } from '../recovery/site.ts';
import { settledAccount } from '../recovery/settled-account.ts';
import { directoryWith, killedRun, person, run } from './people.ts';
import { configText } from './story.ts';

const directory = (): string => directoryWith(configText('network: { nat: single }\n'));

const anna = (pid = 11) => person('anna', 'laptop', pid);
const ben = (pid = 21) => person('ben', 'build-7', pid);

/** When the last word of one holder, and the first of the next, came into the account. */
function handover(account: SimulatedAccount): readonly number[] {
  const [row] = account.snapshot().tables['ssm/parameters'] ?? [];
  const { history } = parameterSchema.parse(row?.[1]);
  const words = history.map(({ value, modifiedAtMs }) => ({ isBens: value.includes('"ben"'), modifiedAtMs }));
  const first = words.findIndex(({ isBens }) => isBens);
  return [words[first - 1]?.modifiedAtMs ?? 0, words[first]?.modifiedAtMs ?? 0];
}

const parameterSchema = z.object({
  history: z.array(z.object({ value: z.string(), modifiedAtMs: z.number() })),
});

async function undisturbed(): Promise<readonly string[]> {
  const account = openAccount();
  const ended = await run({ words: ['up'], directory: directory(), account, self: anna() });
  expect(ended.status, ended.stderr).toBe(0);
  return settledAccount(account);
}

const isSubnet = ({ operation, when }: WriteMoment): boolean =>
  operation === 'CreateSubnet' && when === 'after';

describe('two at once', () => {
  it('from two directories: exactly one goes on, the other ends with 4 and says who is first', async () => {
    const account = openAccount();
    const both = await Promise.all([
      run({ words: ['up'], directory: directory(), account, self: anna() }),
      run({ words: ['up'], directory: directory(), account, self: ben() }),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual([0, 4]);
    const second = both.find(({ status }) => status === 4);
    const other = both[0]?.status === 4 ? 'ben@build-7' : 'anna@laptop';
    expect(second?.stderr).toContain(`✖ another run holds the lock: ${other}, es-ecs up, since `);
    expect(second?.stderr).toContain('last sign of life ');
    expect(second?.stdout).toBe('');
    expect(difference(await undisturbed(), await settledAccount(account))).toEqual([]);
  });

  it('in one directory: the second ends with 4 before it has asked for anything', async () => {
    const account = openAccount();
    const where = directory();
    let second: Promise<Ended> | undefined;
    const first = await run({ words: ['up'], directory: where, account, self: anna(11) }, () => {
      second ??= run({ words: ['destroy', '--delete-data'], directory: where, account, self: anna(12) });
    });
    expect(first.status, first.stderr).toBe(0);
    expect((await second)?.status).toBe(4);
    expect((await second)?.stderr).toMatch(
      /another run holds the lock: anna@laptop, es-ecs up, since .* process 11$/m,
    );
    expect(difference(await undisturbed(), await settledAccount(account))).toEqual([]);
  });

  it('of destroy and up from two directories: whoever planned before the other has changed things, does nothing', async () => {
    const account = openAccount();
    const [one, other] = [directory(), directory()];
    expect((await run({ words: ['up'], directory: one, account, self: anna() })).status).toBe(0);
    const both = await Promise.all([
      run({ words: ['destroy', '--delete-data'], directory: one, account, self: anna() }),
      run({ words: ['destroy', '--delete-data'], directory: other, account, self: ben() }),
    ]);
    expect(both.map(({ status }) => status).toSorted(), JSON.stringify(both)).toEqual([0, 4]);
    const again = await run({ words: ['destroy', '--delete-data'], directory: other, account, self: ben() });
    expect(again.status, again.stderr).toBe(0);
  });
});

describe('a holder that was killed', () => {
  it('keeps another directory out until 90 seconds after its last sign of life, and no longer', async () => {
    const account = openAccount();
    const [one, other] = [directory(), directory()];
    await killedRun({ words: ['up'], directory: one, account, self: anna() }, isSubnet);
    const command = { words: ['up'], directory: other, account, self: ben() };
    const refused: Ended[] = [];
    for (;;) {
      const ended = await run(command);
      if (ended.status === 0) break;
      refused.push(ended);
      expect(ended.status, ended.stderr).toBe(4);
      expect(ended.stderr).toContain('another run holds the lock: anna@laptop, es-ecs up');
      await account.clock.sleep(20_000);
    }
    expect(refused.length).toBeGreaterThan(0);
    const [lastOfAnna = 0, firstOfBen = 0] = handover(account);
    expect(firstOfBen - lastOfAnna).toBeGreaterThanOrEqual(90_000);
    expect(firstOfBen - lastOfAnna).toBeLessThan(180_000);
    expect(difference(await undisturbed(), await settledAccount(account))).toEqual([]);
  });

  it('is followed at once from the same directory, which says so, and nothing is double', async () => {
    const account = openAccount();
    const where = directory();
    await killedRun({ words: ['up'], directory: where, account, self: anna(11) }, isSubnet);
    const next = await run({ words: ['up'], directory: where, account, self: anna(12) });
    expect(next.status, next.stderr).toBe(0);
    expect(next.stderr).toContain('took over the lock of anna@laptop, whose process 11 is dead');
    expect(difference(await undisturbed(), await settledAccount(account))).toEqual([]);
  });

  it('is followed at once also when its successor was killed before it had taken the lock in the account', async () => {
    const account = openAccount();
    const where = directory();
    await killedRun({ words: ['up'], directory: where, account, self: anna(11) }, isSubnet);
    await killedRun(
      { words: ['up'], directory: where, account, self: anna(12) },
      ({ operation, when }) => operation === 'PutParameter' && when === 'before',
    );
    const third = await run({ words: ['up'], directory: where, account, self: anna(13) });
    expect(third.status, third.stderr).toBe(0);
    expect(third.stderr).toContain('whose process 12 is dead');
  });
});

describe('unlock', () => {
  it('names whom it evicts; one that is alive stops by itself, records what it did and ends with 4', async () => {
    const account = openAccount();
    const [one, other] = [directory(), directory()];
    let unlocking: Promise<Ended> | undefined;
    const evicted = await run({ words: ['up'], directory: one, account, self: anna() }, (moment) => {
      if (isSubnet(moment))
        unlocking ??= run({ words: ['unlock', '--yes'], directory: other, account, self: ben() });
    });
    const unlocked = await unlocking;
    expect(unlocked?.status, unlocked?.stderr).toBe(0);
    expect(unlocked?.stderr).toContain('held in the account by anna@laptop, es-ecs up, since ');
    expect(unlocked?.stderr).toContain('process 11, last sign of life ');
    expect(evicted.status, evicted.stderr).toBe(4);
    expect(evicted.stderr).toContain('✖ this run no longer holds the lock: ben@build-7, es-ecs unlock');
    expect(Object.keys(readFiles(one)).toSorted()).toEqual(['state.json', 'state.key']);
    const next = await run({ words: ['up'], directory: other, account, self: ben() });
    expect(next.status, next.stderr).toBe(0);
    expect(next.stderr).not.toContain('took over');
  });
});
