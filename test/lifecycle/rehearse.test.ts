import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ListTasksCommand, StopTaskCommand } from '@aws-sdk/client-ecs';
import { DeleteSecretCommand } from '@aws-sdk/client-secrets-manager';
import { afterEach, describe, expect, it } from 'vitest';

import { configText, type PlanDocument, Story, type UpDocument } from './story.ts';

let story: Story;
afterEach(() => {
  story.end();
});

interface Moment {
  readonly afterMs: number;
  readonly what: string;
}

interface LossDocument {
  readonly lost: readonly string[];
  readonly forecast: readonly Moment[];
  readonly wellAfterMs: number | null;
}

interface WaitDocument {
  readonly happened: readonly Moment[];
  readonly isWell: boolean;
}

interface WriteDocument {
  readonly documents: number;
  readonly sizeGiB: number;
  readonly copies: number;
  readonly disks: readonly { readonly node: string; readonly usedPercent: number }[];
}

interface StatusDocument {
  readonly outcome: string;
  readonly problems: readonly string[];
  readonly elasticsearch: { readonly status: string };
  readonly nodes: readonly { readonly name: string; readonly volumeId: string; readonly zone: string }[];
}

const minute = 60_000;

function words(moments: readonly Moment[]): readonly string[] {
  return moments.map(({ what }) => what);
}

/** Minutes until the first moment of which this is said. */
function minutesUntil(moments: readonly Moment[], what: RegExp): number {
  const found = moments.find((moment) => what.test(moment.what));
  if (found === undefined) throw new Error(`nobody says ${String(what)}:\n${words(moments).join('\n')}`);
  return found.afterMs / minute;
}

function status(): Promise<StatusDocument> {
  return story.json<StatusDocument>('status');
}

/** Begins with 20 GiB in an index, as long after `up` as shards need to be settled. */
function written(): Promise<Story> {
  return Story.after('20 GiB written', configText(), async (begun) => {
    await begun.json('up', '--yes');
    await begun.rehearse('write books --gib 20');
    await begun.rehearse('wait 20m');
  });
}

describe('simulate lose host', () => {
  it('says beforehand what comes of it by itself, and that comes: the node is back on its disk, and no shard was copied', async () => {
    story = await written();
    const volume = (await status()).nodes.find(({ name }) => name === 'search-1')?.volumeId;
    const loss = await story.rehearse<LossDocument>('lose host search-1');
    expect(loss.lost).toEqual([
      expect.stringMatching(/^the host of search-1 has lost its power: i-\w+ in eu-west-1b$/),
    ]);
    const said = loss.forecast;
    expect(minutesUntil(said, /^search-1 is out of the cluster/)).toBeLessThan(1);
    expect(minutesUntil(said, /^Auto Scaling ends the host of search-1/)).toBeGreaterThan(4);
    expect(minutesUntil(said, /^the host of search-1 is ready with its data volume/)).toBeLessThan(8);
    expect(minutesUntil(said, /^search-1 is back in the cluster/)).toBeLessThan(9);
    expect(words(said)).toContainEqual(expect.stringMatching(/the node's own disk: nothing is copied/));
    expect((loss.wellAfterMs ?? Infinity) / minute).toBeLessThan(10);

    const { happened, isWell } = await story.rehearse<WaitDocument>('wait 15m');
    expect(isWell).toBe(true);
    const kinds = (moments: readonly Moment[]): readonly string[] =>
      words(moments).map((what) => what.replace(/i-[0-9a-f]+/g, 'i-…'));
    expect(kinds(happened).toSorted()).toEqual(kinds(said).toSorted());
    // What is copied from another node within the ten minutes is the system's own small index, which has a minute of its own.
    const now = await status();
    expect(now.outcome).toBe('healthy');
    expect(now.nodes.find(({ name }) => name === 'search-1')?.volumeId).toBe(volume);
    expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
  });

  it('is waited for by up, which gives the node back no second time', async () => {
    story = await written();
    await story.rehearse('lose host search-2');
    const { simulated } = await story.json<UpDocument>('up', '--yes');
    expect(simulated.elapsedMs / minute).toBeGreaterThan(4);
    expect(simulated.elapsedMs / minute).toBeLessThan(10);
    const { happened } = await story.rehearse<WaitDocument>('wait 1h');
    expect(words(happened)).toEqual([]);
    expect((await status()).outcome).toBe('healthy');
  });
});

describe('simulate lose zone', () => {
  it('leaves every shard served by the others, which copy what is missing; regain brings it all back', async () => {
    story = await written();
    const { lost, forecast, wellAfterMs } = await story.rehearse<LossDocument>('lose zone eu-west-1a');
    expect(lost).toEqual([
      'eu-west-1a has lost its power: nothing runs there, and nothing can be started there',
      'the host of search-0 went with it',
      'the bastion went with it',
    ]);
    expect(
      minutesUntil(forecast, /^the cluster is yellow: every shard serves, \d copies are missing/),
    ).toBeLessThan(1);
    expect(minutesUntil(forecast, /^Auto Scaling cannot start a host for search-0/)).toBeGreaterThan(4);
    expect(forecast.filter(({ what }) => what.startsWith('Auto Scaling cannot'))).toHaveLength(1);
    // The replica of 20 GiB is copied once its ten minutes are over, and takes more than eight.
    expect(minutesUntil(forecast, /^the cluster is green/)).toBeGreaterThan(18);
    expect(words(forecast)).not.toContainEqual(expect.stringContaining('is red'));
    expect(wellAfterMs).toBeNull();

    const half = await story.rehearse<WaitDocument>('wait 30m');
    expect(half.isWell).toBe(false);
    const without = await status();
    expect(without.outcome).toBe('degraded');
    expect(without.elasticsearch.status).toBe('green');
    expect(without.problems[0]).toMatch(/^search-0 has no host/);

    const again = await story.rehearse<LossDocument>('regain zone eu-west-1a');
    expect(again.lost).toEqual([
      'eu-west-1a has its power back',
      'Auto Scaling tries again to start the hosts of search-0',
    ]);
    expect((await story.rehearse<WaitDocument>('wait 15m')).isWell).toBe(true);
    await story.json('up', '--yes');
    expect((await status()).outcome).toBe('healthy');
  });

  it('that was short gives the machines back as they were, without another host', async () => {
    story = await written();
    await story.rehearse('lose zone eu-west-1b');
    await story.rehearse('wait 2m');
    await story.rehearse('regain zone eu-west-1b');
    const { happened, isWell } = await story.rehearse<WaitDocument>('wait 15m');
    expect(isWell).toBe(true);
    expect(words(happened).filter((what) => what.startsWith('Auto Scaling'))).toEqual([]);
    expect((await status()).outcome).toBe('healthy');
  });

  it('takes the way out of all zones, where they share one NAT gateway', async () => {
    story = await Story.standing(configText('network: { nat: single }\n'));
    const { lost } = await story.rehearse<LossDocument>('lose zone eu-west-1a');
    expect(lost).toContain(
      'search-1, search-2 went out through the NAT gateway there: ECS agents of other zones lose their connection',
    );
    const { problems } = await status();
    expect(problems.filter((problem) => problem.includes('ECS agent that is not connected'))).toHaveLength(3);
    await story.rehearse('regain zone eu-west-1a');
    expect((await story.rehearse<WaitDocument>('wait 15m')).isWell).toBe(true);
  });
});

describe('simulate lose image', () => {
  it('is noticed only by who needs it: a new host cannot pull it, and up brings it back', async () => {
    story = await written();
    const { lost, forecast } = await story.rehearse<LossDocument>('lose image');
    expect(lost[0]).toMatch(/^somebody has deleted the image \S+@sha256:\w+ from the registry$/);
    expect(forecast).toEqual([]);
    const plan = await story.json<PlanDocument>('plan');
    expect(plan.changes.filter(({ action }) => action === 'create').map(({ address }) => address)).toEqual([
      'image/image',
    ]);
    const loss = await story.rehearse<LossDocument>('lose host search-1');
    expect(words(loss.forecast)).toContainEqual(
      expect.stringMatching(/^the task of search-1 ends by itself: CannotPullContainerError/),
    );
    expect(loss.wellAfterMs).toBeNull();
    await story.rehearse('wait 12m');
    expect((await status()).problems[0]).toMatch(/^search-1 has no task|^search-1: its task is/);
    await story.json('up', '--yes');
    expect((await status()).outcome).toBe('healthy');
  });

  it('keeps no task from starting again on the host that has pulled it', async () => {
    story = await written();
    await story.rehearse('lose image');
    await story.behindTheBack(async ({ ecs }) => {
      const cluster = 'es-ecs-search';
      const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster, serviceName: 'search-1' }));
      await ecs.send(new StopTaskCommand({ cluster, task: taskArns[0] }));
    });
    const { happened, isWell } = await story.rehearse<WaitDocument>('wait 5m');
    expect(words(happened)).toContainEqual('search-1 is back in the cluster');
    expect(isWell).toBe(true);
  });
});

describe('restart and replace refuse to stop what could not start again', () => {
  const tasks = (): unknown => story.account.tables['ecs/tasks'];

  it.each([
    [
      'image',
      'restart',
      'search-1 could not start again: image/image is not there; nothing was stopped',
      'es-ecs up --simulate',
    ],
    ['image', 'replace', 'search-1 could not start again: image/image is not there', 'es-ecs up --simulate'],
    [
      'volume search-1',
      'replace',
      'hosts/volume/search-1 is not there',
      'es-ecs up --simulate  makes what is missing',
    ],
    [
      'agent search-1',
      'restart',
      'its host has an ECS agent that is not connected',
      'es-ecs replace search-1 --simulate',
    ],
    [
      'host search-1',
      'restart',
      'its host has an ECS agent that is not connected',
      'es-ecs replace search-1 --simulate',
    ],
  ])('lost %s: %s', async (lost, command, why, hint) => {
    story = await Story.standing();
    await story.rehearse(`lose ${lost}`);
    await story.rehearse('wait 1m');
    const before = tasks();
    const told = await story.run(`${command} search-1`, '--yes');
    expect(told.stderr).toContain(why);
    expect(told.stderr).toContain(hint);
    expect(told.status).toBe(1);
    expect(tasks()).toEqual(before);
    // The advice helps.
    await story.json(hint.includes('replace') ? 'replace search-1' : 'up', '--yes');
    expect((await status()).outcome).toBe('healthy');
  });

  it('as long as there is no host, and as soon as there is one no more', async () => {
    story = await Story.standing();
    await story.rehearse('lose zone eu-west-1b');
    await story.rehearse('wait 10m');
    for (const command of ['restart', 'replace']) {
      const told = await story.run(`${command} search-1`, '--yes');
      expect(told.stderr).toContain('search-1 could not start again: it has no host at this moment');
      expect(told.status).toBe(1);
    }
    await story.rehearse('regain zone eu-west-1b');
    await story.rehearse('wait 15m');
    await story.json('restart', 'search-1', '--yes');
    expect((await status()).outcome).toBe('healthy');
  });

  it('where a secret of its task is gone', async () => {
    story = await Story.standing();
    await story.behindTheBack(({ secretsManager }) =>
      secretsManager.send(
        new DeleteSecretCommand({ SecretId: 'es-ecs/search/password', ForceDeleteWithoutRecovery: true }),
      ),
    );
    await story.rehearse('wait 1m');
    const before = tasks();
    const told = await story.run('restart search-1', '--yes');
    expect(told.stderr).toMatch(/search-1 could not start again: task\/secret\/password is not there/);
    expect(tasks()).toEqual(before);
  });
});

describe('simulate write', () => {
  it('fills the disks of the nodes that hold the index, and says how full they are', async () => {
    story = await Story.standing();
    const first = await story.rehearse<WriteDocument>('write books --gib 10');
    expect(first).toMatchObject({ documents: 10 * 1024 * 1024, copies: 2, isNewIndex: true });
    const second = await story.rehearse<WriteDocument>('write books --gib 10');
    expect(second).toMatchObject({ isNewIndex: false, documents: 20 * 1024 * 1024 });
    expect(second.sizeGiB).toBeCloseTo(20, 3);
    const shares = second.disks.map(({ usedPercent }) => Math.round(usedPercent)).toSorted((a, b) => a - b);
    expect(shares).toEqual([0, 10, 10]);
    const told = await story.run('es GET /books/_count');
    expect(JSON.parse(told.stdout)).toMatchObject({ count: 20 * 1024 * 1024 });
  });

  it.each([
    ['write books', 'it is not said how much to write'],
    ['write books --gib 0', '0 is not a whole number from 1'],
    ['write Books --gib 1', 'Invalid index name [Books]'],
    ['write books --gib 190', 'beyond the flood stage (95%)'],
  ])('refuses %s, and nothing of it is there', async (command, why) => {
    story = await Story.standing();
    const before = readFileSync(story.accountFile, 'utf8');
    const { status: exit, stderr } = await story.simulate(command);
    expect(exit).not.toBe(0);
    expect(stderr).toContain(why);
    expect(readFileSync(story.accountFile, 'utf8')).toBe(before);
  });
});

describe('a rehearsal', () => {
  it.each([
    ['lose host search-7', 1, 'search-7 is no node of search', 'nodes: search-0, search-1, search-2'],
    ['lose volume other-0', 1, 'other-0 is no node of search', 'nodes: search-0'],
    [
      'lose zone eu-west-1z',
      1,
      'eu-west-1z is no zone of eu-west-1',
      'zones: eu-west-1a, eu-west-1b, eu-west-1c',
    ],
    ['regain zone eu-west-1a', 1, 'eu-west-1a is not lost', 'es-ecs simulate lose zone eu-west-1a'],
    ['lose host', 2, 'it is not said which host to lose', 'es-ecs simulate lose host NODE'],
    ['lose image search-0', 2, 'search-0 is too much', 'es-ecs simulate lose image'],
    ['lose toString search-0', 2, 'toString is nothing that one can lose', 'es-ecs simulate lose zone ZONE'],
    ['regain host search-0', 2, 'host is nothing that one can regain', 'es-ecs simulate regain zone ZONE'],
    ['wait', 2, "missing required argument 'duration'", 'es-ecs --help'],
    ['wait 10', 2, '10 is no length of time', 'es-ecs simulate wait 10m'],
    ['wait 0m', 2, '0m is no length of time', 'es-ecs simulate wait 10m'],
    ['wait 1.5h', 2, '1.5h is no length of time', '1h30m'],
    ['wait -5m', 2, '-5', '--help'],
    ['wait 9999d', 2, '9999d is more than a year', 'es-ecs simulate wait 10m'],
  ])('is refused: %s', async (command, exit, why, hint) => {
    story = await Story.standing();
    const before = readFileSync(story.accountFile, 'utf8');
    const told = await story.simulate(command);
    expect(told.stderr).toContain(why);
    expect(told.stderr).toContain(hint);
    expect(told.status).toBe(exit);
    expect(told.stdout).toBe('');
    expect(readFileSync(story.accountFile, 'utf8')).toBe(before);
  });

  it('needs an account, and makes none', async () => {
    story = new Story();
    const { status: exit, stderr } = await story.simulate('lose host search-1');
    expect(exit).toBe(1);
    expect(stderr).toMatch(
      /there is no simulated account yet: .*account\.json is not there\n {2}es-ecs up --simulate/,
    );
    expect(existsSync(path.dirname(story.accountFile))).toBe(false);
  });

  it('needs a cluster in it', async () => {
    story = new Story();
    await story.json('plan');
    await story.json('destroy', '--yes');
    const { status: exit, stderr } = await story.simulate('lose host search-1');
    expect([exit, stderr]).toEqual([
      1,
      expect.stringContaining('es-ecs up --simulate  makes the cluster first'),
    ]);
  });

  it('waits for nobody who works on the account or serves it', async () => {
    story = await Story.standing();
    const holder = {
      run: 'one',
      who: 'somebody',
      host: 'elsewhere.example.com',
      pid: 4711,
      command: 'es-ecs simulate serve',
      since: new Date(0).toISOString(),
    };
    for (const file of [`${story.accountFile}.lock`, `${story.stateFile}.lock`]) {
      writeFileSync(file, JSON.stringify(holder));
      const { status: exit, stderr } = await story.simulate('wait 10m');
      expect(stderr).toContain('somebody');
      expect(exit).toBe(4);
    }
  });

  it('finds a lost thing gone the second time, and says what to do', async () => {
    story = await Story.standing();
    await story.rehearse('lose agent search-1');
    expect((await story.simulate('lose agent search-1')).stderr).toContain(
      'es-ecs up --simulate  mends them',
    );
    await story.rehearse('lose host search-1');
    expect((await story.simulate('lose host search-1')).stderr).toMatch(
      /search-1 has no host at this moment: there is none to lose\n {2}es-ecs simulate wait 10m/,
    );
    await story.rehearse('lose zone eu-west-1c');
    expect((await story.simulate('lose zone eu-west-1c')).stderr).toContain(
      'es-ecs simulate regain zone eu-west-1c',
    );
  });
});
