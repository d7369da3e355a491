import { rmSync } from 'node:fs';

import { UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { afterEach, describe, expect, it } from 'vitest';

import { simulatedClusterView } from '../../src/simulator/elasticsearch/cluster-view.ts';
import { programs, simulatedClusters } from '../../src/simulator/elasticsearch/rows.ts';
import { findSecret } from '../../src/simulator/secrets-manager/secrets.ts';
import type { Self } from '../../src/cli/terminal.ts';
import type { Ended } from '../recovery/process.ts';
import { openAccount } from '../recovery/site.ts';
import { directoryWith, person, run } from './people.ts';
import { configText, Story, type UpDocument } from './story.ts';

const secretName = 'es-ecs/search/password';

let story: Story;
afterEach(() => {
  story.end();
});

interface Seen {
  /** What the secret holds. */
  readonly secret: Readonly<Record<string, string>>;
  /** Set by API. */
  readonly native: string | undefined;
  /** What nodes were started with. */
  readonly bootstrap: readonly (string | undefined)[];
}

function look(): Promise<Seen> {
  return story.behindTheBack((_, world) => {
    const row = findSecret(world, secretName);
    const text = row?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))?.text ?? '{}';
    const running = [...world.rows(programs).values()].filter(({ status }) => status === 'running');
    const [cluster] = world.rows(simulatedClusters).values();
    return Promise.resolve({
      secret: JSON.parse(text) as Seen['secret'],
      native: cluster?.nativePassword,
      bootstrap: running.map(({ node }) => node?.bootstrapPassword),
    });
  });
}

/** Whether the cluster takes a password. */
function takes(password: string): Promise<boolean> {
  return story.behindTheBack((_, world) =>
    simulatedClusterView(world, 'search', [password])
      .health()
      .then(
        () => true,
        () => false,
      ),
  );
}

function writeSecret(value: object): Promise<unknown> {
  return story.behindTheBack(({ secretsManager }) =>
    secretsManager.send(
      new PutSecretValueCommand({ SecretId: secretName, SecretString: JSON.stringify(value) }),
    ),
  );
}

/** As a person does with a user's rights, past es-ecs. */
function setByHand(password: string): Promise<void> {
  return story.behindTheBack((_, world) => simulatedClusterView(world, 'search').setPassword(password));
}

/** As an es-ecs left it that did not set it by API. */
function forgetNative(): Promise<void> {
  return story.behindTheBack((_, world) => {
    for (const cluster of world.rows(simulatedClusters).values()) delete cluster.nativePassword;
    const row = findSecret(world, secretName);
    if (row !== undefined) delete row.tags['es-ecs-set-in'];
    return Promise.resolve();
  });
}

describe('the password of a cluster that has formed', () => {
  it('is set by API, once', async () => {
    story = await Story.standing();
    const { secret, native } = await look();
    expect(native).toBe(secret['password']);
    expect((await story.json<UpDocument>('up')).apiCalls.writes).toBe(0);
  });

  it('is known to be set without the state', async () => {
    story = await Story.standing();
    rmSync(story.stateFile);
    expect((await story.json<UpDocument>('up')).apiCalls.writes).toBe(0);
  });

  it('is set at the next up where an older es-ecs has made the cluster', async () => {
    story = await Story.standing();
    await forgetNative();
    await story.json('up');
    const { secret, native } = await look();
    expect(native).toBe(secret['password']);
    expect((await story.json<UpDocument>('up')).apiCalls.writes).toBe(0);
  });

  it('joins a cluster again that a changed secret had begun to split', async () => {
    story = await Story.standing();
    await forgetNative();
    const before = (await look()).secret['password'];
    await writeSecret({ password: 'another-one-by-hand' });
    await story.behindTheBack(({ ecs }) =>
      ecs.send(
        new UpdateServiceCommand({
          cluster: 'es-ecs-search',
          service: 'search-0',
          forceNewDeployment: true,
        }),
      ),
    );
    story.later(15 * 60_000);
    await story.behindTheBack((_, world) => {
      world.catchUp();
      return Promise.resolve();
    });
    expect(new Set((await look()).bootstrap)).toEqual(new Set([before, 'another-one-by-hand']));
    await story.json('up');
    expect((await look()).native).toBe('another-one-by-hand');
    expect(await takes(before ?? '')).toBe(false);
  });

  it('holds over a destroy that keeps the data', async () => {
    story = await Story.standing();
    await story.run('rotate password', '--yes');
    const { secret } = await look();
    expect((await story.run('destroy', '--yes')).status).toBe(0);
    await story.json('up');
    const after = await look();
    expect(after.secret).toEqual(secret);
    expect(after.native).toBe(secret['password']);
    expect((await story.json<UpDocument>('up')).apiCalls.writes).toBe(0);
  });

  it('that a person has changed past the secret is refused in words that lead out', async () => {
    story = await Story.standing();
    await setByHand('known-to-nobody');
    const told = await story.run('up');
    expect(told.status).toBe(1);
    expect(told.stderr).toContain('refuses the password of the user elastic');
    expect(told.stderr).toContain('write the one that it takes into the secret es-ecs/search/password');
    await writeSecret({ password: 'known-to-nobody' });
    await story.json('up');
    expect((await story.json<UpDocument>('up')).apiCalls.writes).toBe(0);
  });
});

/** Writes a new password beside the one in force, as a run does that is killed before it has told the cluster. */
async function stage(next: string): Promise<string> {
  const { secret } = await look();
  await writeSecret({ ...secret, next });
  return secret['password'] ?? '';
}

describe('es-ecs rotate password', () => {
  it('gives elastic another password, refuses the one before, and restarts nothing', async () => {
    story = await Story.standing();
    const before = await look();
    const tasks = await runningTasks();
    const told = await story.run('rotate password', '--yes');
    expect(told.status, told.stderr).toBe(0);
    expect(told.stdout).toContain('the user elastic has another password, and the one before is refused');
    const after = await look();
    expect(Object.keys(after.secret)).toEqual(['password']);
    expect(after.secret['password']).not.toBe(before.secret['password']);
    expect(after.native).toBe(after.secret['password']);
    expect(await takes(before.secret['password'] ?? '')).toBe(false);
    expect(await runningTasks()).toEqual(tasks);
    expect((await story.json<UpDocument>('up')).apiCalls.writes).toBe(0);
  });

  it.each(['in force', 'not yet in force'])('goes on with one that was cut off, %s', async (how) => {
    story = await Story.standing();
    const old = await stage('staged-by-a-dead-run');
    if (how === 'in force') await setByHand('staged-by-a-dead-run');
    const status = await story.json<{ readonly outcome: string }>('status');
    expect(status.outcome).toBe('healthy');
    const document = await story.json<Readonly<Record<string, unknown>>>('rotate password', '--yes');
    expect(document).toEqual({ outcome: 'rotated', resumed: true });
    const { secret, native } = await look();
    expect([secret, native]).toEqual([{ password: 'staged-by-a-dead-run' }, 'staged-by-a-dead-run']);
    expect(await takes(old)).toBe(false);
  });

  it('that was cut off is brought to its end by up as well, and credentials says so before', async () => {
    story = await Story.standing();
    const old = await stage('staged-by-a-dead-run');
    const told = await story.run('credentials', '--password');
    expect(told.stdout).toBe(old);
    expect(told.stderr).toContain('es-ecs rotate password  goes on with it');
    await story.json('up');
    const { secret, native } = await look();
    expect([secret, native]).toEqual([{ password: 'staged-by-a-dead-run' }, 'staged-by-a-dead-run']);
    expect((await story.json<UpDocument>('up')).apiCalls.writes).toBe(0);
  });

  it('writes nothing where the cluster is down, or refuses the password that the secret has', async () => {
    story = await Story.standing();
    await setByHand('known-to-nobody');
    const before = await look();
    const refused = await story.run('rotate password', '--yes');
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('refuses the password of the user elastic');
    expect(await look()).toEqual(before);
    await story.behindTheBack((_, world) => {
      for (const row of world.rows(programs).values()) row.isUp = false;
      return Promise.resolve();
    });
    const down = await story.run('rotate password', '--yes');
    expect(down.status).toBe(1);
    expect(down.stderr).toContain('no node of search answers');
    expect((await look()).secret).toEqual(before.secret);
  });

  it('by two people at once is done by one of them, and the other is told who is first', async () => {
    story = await Story.standing();
    const account = openAccount({ snapshot: story.account });
    const rotate = (self: Self): Promise<Ended> =>
      run({ words: ['rotate password', '--yes'], directory: directoryWith(configText()), account, self });
    const both = await Promise.all([
      rotate(person('anna', 'laptop', 11)),
      rotate(person('ben', 'build-7', 21)),
    ]);
    expect(both.map(({ status }) => status).toSorted(), both.map(({ stderr }) => stderr).join()).toEqual([
      0, 4,
    ]);
    const second = both.find(({ status }) => status === 4);
    expect(second?.stderr).toContain('another run holds the lock: ');
    const text = findSecret(account.world, secretName)?.versions.at(-1)?.text ?? '';
    expect(Object.keys(JSON.parse(text) as object)).toEqual(['password']);
    const { password } = JSON.parse(text) as { readonly password: string };
    const [cluster] = account.world.rows(simulatedClusters).values();
    expect(cluster?.nativePassword).toBe(password);
  });
});

function runningTasks(): Promise<readonly string[]> {
  return story.behindTheBack((_, world) =>
    Promise.resolve(
      [...world.rows(programs).values()].filter(({ isUp }) => isUp).map(({ taskArn }) => taskArn),
    ),
  );
}
