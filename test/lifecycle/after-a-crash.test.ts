import { rmSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import type { SimulatedAccount } from '../../src/simulator/account.ts';
import type { WriteMoment } from '../recovery/life.ts';
import { difference } from '../recovery/normal-account.ts';
import type { Ended } from '../recovery/process.ts';
import { settledAccount } from '../recovery/settled-account.ts';
import { openAccount, readFiles } from '../recovery/site.ts';
import { directoryWith, killedRun, person, run } from './people.ts';
import { configText } from './story.ts';

// Whoever is killed in this process leaves its ears for Ctrl-C behind.
process.setMaxListeners(0);

const config = configText('network: { nat: single }\n');
let lastPid = 0;
const anna = () => person('anna', 'laptop', (lastPid += 1));
const ben = () => person('ben', 'build-7', (lastPid += 1));

type Moment = (moment: WriteMoment) => boolean;

/** The first, or another, of an operation. */
const at =
  (operation: string, when: WriteMoment['when'], number = 1): Moment =>
  (moment) => {
    if (moment.operation === operation && moment.when === when) number -= 1;
    return number === 0;
  };

/** Before the call of that number among all that write. */
const atWrite =
  (number: number): Moment =>
  ({ when }) => {
    if (when === 'before') number -= 1;
    return number === 0;
  };

interface Took {
  readonly ended: Ended;
  readonly seconds: number;
  readonly calls: number;
}

async function timed(account: SimulatedAccount, running: () => Promise<Ended>): Promise<Took> {
  const [startMs, before] = [account.clock.now(), account.calls.length];
  const ended = await running();
  return { ended, seconds: (account.clock.now() - startMs) / 1000, calls: account.calls.length - before };
}

/** `up` of a config, by itself. */
async function undisturbed(of = config): Promise<Took & { readonly account: SimulatedAccount }> {
  const account = openAccount();
  const took = await timed(account, () =>
    run({ words: ['up'], directory: directoryWith(of), account, self: anna() }),
  );
  expect(took.ended.status, took.ended.stderr).toBe(0);
  return { ...took, account };
}

/** An `up` that is killed, and another in the same place at once. */
async function resumed(
  isMeant: Moment,
  given: { readonly of?: string; readonly account?: SimulatedAccount } = {},
) {
  const { of = config, account = openAccount() } = given;
  const directory = directoryWith(of);
  await killedRun({ words: ['up'], directory, account, self: anna() }, isMeant);
  const between = readFiles(directory);
  const took = await timed(account, () => run({ words: ['up'], directory, account, self: anna() }));
  expect(took.ended.status, took.ended.stderr).toBe(0);
  return { ...took, account, between };
}

describe('an up that was killed, and another in the same directory at once', () => {
  // The last is the gap: AWS has the lock as this run's, and the run never hears of it.
  it.each([
    ['before it asked for the lock', 'before'],
    ['while it asked for the lock', 'after'],
  ] as const)('%s: nothing is waited for', async (_when, when) => {
    const calm = await undisturbed();
    const { seconds, calls, account, between } = await resumed(at('PutParameter', when));
    expect(JSON.parse(between['state.json'] ?? '')).toMatchObject({
      asking: expect.any(String) as string,
      intents: {},
    });
    // Looks fall on other moments; what was in doubt was waited for by a minute.
    expect(seconds).toBeLessThan(calm.seconds + 10);
    expect(calls).toBeLessThanOrEqual(calm.calls + 1);
    expect(difference(await settledAccount(calm.account), await settledAccount(account))).toEqual([]);
  });

  it('in the middle of making things: only what cannot be told apart is waited for', async () => {
    const calm = await undisturbed();
    const late = await resumed(at('CreateNatGateway', 'after'));
    // The gateway is asked for again with the same token, the template by its name, while neither can be seen.
    expect(late.seconds).toBeLessThan(calm.seconds + 10);
    const early = await resumed(at('CreateVpc', 'after'));
    expect(early.seconds).toBeGreaterThan(calm.seconds);
    expect(early.seconds).toBeLessThan(calm.seconds + 40);
    for (const { account } of [late, early])
      expect(difference(await settledAccount(calm.account), await settledAccount(account))).toEqual([]);
  });

  it('with 60 nodes, at its third call that writes: makes no more than 1.2 times the calls of an undisturbed one', async () => {
    const of = config.replace('nodes: 3', 'nodes: 60');
    const calm = await undisturbed(of);
    const { calls } = await resumed(atWrite(3), { of });
    expect(calls).toBeLessThanOrEqual(1.2 * calm.calls);
  });

  it('makes nothing twice that stays out of sight for long', async () => {
    const calm = await settledAccount((await undisturbed()).account);
    const moments = [
      ...['CreateVpc', 'AllocateAddress', 'CreateVolume', 'CreateService'].map((one) => at(one, 'after')),
      // By then the ids of others are saved, and nobody sees those yet.
      ...['CreateSubnet', 'CreateNatGateway'].map((one) => at(one, 'before')),
    ];
    for (const [index, moment] of moments.entries()) {
      const { account } = await resumed(moment, { account: openAccount({ hiddenUpToMs: 25_000 }) });
      expect(difference(calm, await settledAccount(account)), `moment ${index}`).toEqual([]);
    }
  });
});

describe('an up that was killed, and whose memory is lost', () => {
  it('makes nothing twice', async () => {
    const calm = await settledAccount((await undisturbed()).account);
    for (const operation of ['CreateVpc', 'CreateVolume', 'CreateLaunchTemplate']) {
      const account = openAccount({ hiddenUpToMs: 25_000 });
      const directory = directoryWith(config);
      const up = { words: ['up'], directory, account };
      await killedRun({ ...up, self: anna() }, at(operation, 'after'));
      rmSync(path.join(directory, '.es-ecs', 'simulated', 'state.json'));
      const ended = await run({ ...up, self: anna() });
      expect(ended.status, ended.stderr).toBe(0);
      expect(difference(calm, await settledAccount(account)), operation).toEqual([]);
    }
  });
});

describe('a destroy after an up that was killed', () => {
  it('waits for what was being made, and for nothing where nothing was', async () => {
    const told = async (isMeant: Moment): Promise<string> => {
      const here = { directory: directoryWith(config), account: openAccount({ hiddenUpToMs: 25_000 }) };
      await killedRun({ ...here, words: ['up'], self: anna() }, isMeant);
      const ended = await run({ ...here, words: ['destroy', '--delete-data'], self: anna() });
      expect(ended.status, ended.stderr).toBe(0);
      await here.account.clock.sleep(60_000);
      here.account.world.catchUp();
      const kept = Object.entries(here.account.snapshot().tables).flatMap(([name, rows]) =>
        /^ec2\/(vpcs|addresses|subnets|volumes)$/.test(name) ? rows : [],
      );
      expect(kept).toEqual([]);
      return ended.stderr;
    };
    expect(await told(at('PutParameter', 'after'))).not.toContain('waiting');
    // Ids are saved, and some cannot be seen by them.
    await told(at('CreateSubnet', 'before'));
    expect(await told(at('CreateVpc', 'after'))).toMatch(/^waiting \d+s until everything/m);
  });
});

describe('a dead run whose lock is still in the account', () => {
  it('is remembered as dead when a run that had nothing to write has ended well in between', async () => {
    const account = openAccount();
    const directory = directoryWith(config);
    const here = { directory, account };
    // The last word of an up says that it has ended: by then all is made.
    const { account: calm } = await undisturbed();
    const words = calm.calls.filter(({ operation }) => operation === 'PutParameter').length;
    await killedRun({ ...here, words: ['up'], self: anna() }, at('PutParameter', 'before', words));
    const inSync = await run({ ...here, words: ['up', '--json'], self: anna() });
    expect(inSync.status, inSync.stderr).toBe(0);
    expect(JSON.parse(inSync.stdout)).toMatchObject({ apiCalls: { writes: 0 } });
    const destroyed = await run({ ...here, words: ['destroy', '--delete-data'], self: anna() });
    expect(destroyed.status, destroyed.stderr).toBe(0);
    // The one in between had ended well.
    expect(destroyed.stderr).not.toContain('took over');
    expect(readFiles(directory)).toEqual({});
  });

  it('is remembered as dead when a run has failed in between, before it had looked at anything', async () => {
    const account = openAccount();
    const directory = directoryWith(config);
    const words = { words: ['up'], directory, account };
    await killedRun({ ...words, self: anna() }, at('CreateSubnet', 'after'));
    const recover = account.inject({ operation: 'GetCallerIdentity', code: 'ExpiredToken', status: 403 });
    const failed = await run({ ...words, self: anna() });
    expect(failed.status).not.toBe(0);
    recover();
    const next = await run({ ...words, self: anna() });
    expect(next.status, next.stderr).toBe(0);
  });

  it('keeps nobody out here where a run could not say that it has ended', async () => {
    const account = openAccount();
    const directory = directoryWith(config);
    const words = { words: ['up'], account };
    const recover = [account.inject({ operation: 'CreateSubnet', code: 'SubnetLimitExceeded', status: 400 })];
    const first = await run({ ...words, directory, self: anna() }, ({ operation }) => {
      if (operation === 'CreateSubnet' && recover.length === 1)
        recover.push(
          account.inject({
            operation: 'PutParameter',
            code: 'AccessDeniedException',
            status: 400,
            times: 1_000,
          }),
        );
    });
    expect(first.stderr).toContain('the lock in the account could not be released');
    for (const end of recover) end();
    const elsewhere = await run({ ...words, directory: directoryWith(config), self: ben() });
    expect(elsewhere.status, elsewhere.stderr).toBe(4);
    const next = await run({ ...words, directory, self: anna() });
    expect(next.status, next.stderr).toBe(0);
    expect(Object.keys(readFiles(directory)).toSorted()).toEqual(['state.json', 'state.key']);
  });
});
