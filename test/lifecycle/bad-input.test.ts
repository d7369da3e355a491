import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';

import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { confirm } from '../../src/cli/confirm.ts';
import { emptyState } from '../../src/state/schema.ts';
import { configText, Story, type Told } from './story.ts';

let story: Story;
beforeEach(() => {
  story = new Story();
});
afterEach(() => {
  story.end();
});

/** The lines of an error: one sentence after the cross, ways out below it. */
function errorOf(told: Told): { readonly sentence: string; readonly hints: readonly string[] } {
  const lines = told.stderr.split('\n');
  if (told.stderr.includes('this is a bug')) throw new Error(told.stderr);
  const at = lines.findIndex((line) => line.startsWith('✖ '));
  return { sentence: lines[at]?.slice(2).replaceAll(story.directory, '') ?? '', hints: lines.slice(at + 1) };
}

/** Nothing was made: there is no account at all, or nothing in it that carries a tag of the cluster. */
function nothingMade(): boolean {
  return (
    !existsSync(story.accountFile) || !readFileSync(story.accountFile, 'utf8').includes('es-ecs-cluster')
  );
}

describe('a config that cannot be', () => {
  it.each([
    ['bad YAML', 'name: [search\n', 'es-ecs.yaml:2:1'],
    ['an unknown key', configText('nodse: 3\n'), 'es-ecs.yaml:5:1: nodse'],
    ['a bad CIDR', configText('network: { cidr: 10.0.0.0/33 }\n'), 'es-ecs.yaml:5:18: network.cidr'],
    [
      'a number of nodes that is none',
      configText().replace('nodes: 3', 'nodes: 0'),
      'es-ecs.yaml:4:8: nodes',
    ],
    [
      'a setting that breaks the cluster',
      configText().replace('9.4.6', '9.4.6, settings: { cluster.name: x }'),
      'cluster.name',
    ],
  ])('%s', async (_, config, where) => {
    story.write(config);
    const told = await story.run('up');
    const { sentence } = errorOf(told);
    expect(told.status).toBe(2);
    expect(sentence).toContain(where);
    expect(sentence.length).toBeLessThan(200);
    expect(nothingMade()).toBe(true);
  });

  it('a zone that does not exist: the line, and the zones that do', async () => {
    story.write(configText('network: { zones: [eu-west-1a, eu-west-1x] }\n'));
    const told = await story.run('up');
    const { sentence, hints } = errorOf(told);
    expect(told.status).toBe(2);
    expect(`${sentence} ${hints.join(' ')}`).toContain('eu-west-1x');
    expect(`${sentence} ${hints.join(' ')}`).toContain('eu-west-1b');
    expect(`${sentence} ${hints.join(' ')}`).toContain('es-ecs.yaml:5:');
    expect(nothingMade()).toBe(true);
  });

  it('an instance type that is not offered: the line, and what is', async () => {
    story.write(configText('instanceType: m9zz.large\n'));
    const told = await story.run('up');
    const { sentence, hints } = errorOf(told);
    expect(told.status).toBe(2);
    expect(sentence).toContain('m9zz.large');
    expect(`${sentence} ${hints.join(' ')}`).toContain('es-ecs.yaml:5:');
    expect(nothingMade()).toBe(true);
  });

  it('no config at all: how to get one', async () => {
    const told = await story.execute(['plan', '--config', path.join(story.directory, 'none.yaml')]);
    expect(told.status).toBe(2);
    expect(errorOf(told).hints.join('\n')).toContain('es-ecs init');
  });
});

describe('a state that does not fit', () => {
  const owner = { cluster: 'search', accountId: '123456789012', region: 'eu-west-1' };

  it.each([
    [
      'of another account',
      JSON.stringify(emptyState({ ...owner, accountId: '210987654321' })),
      '210987654321',
      'AWS_PROFILE',
    ],
    [
      'of another region',
      JSON.stringify(emptyState({ ...owner, region: 'us-east-1' })),
      'us-east-1',
      'region: us-east-1',
    ],
    ['from a newer version', '{"version": 99, "anything": true}', 'version is 99', 'install'],
  ])('%s', async (_, text, word, hint) => {
    mkdirSync(path.dirname(story.stateFile), { recursive: true });
    writeFileSync(story.stateFile, text);
    const told = await story.run('up');
    const { sentence, hints } = errorOf(told);
    expect(told.status).toBe(1);
    expect(sentence).toContain(word);
    expect(hints.join('\n')).toContain(hint);
    expect(readFileSync(story.stateFile, 'utf8')).toBe(text);
    expect(nothingMade()).toBe(true);
  });

  it('a second run at once: who holds the lock, exit 4', async () => {
    mkdirSync(path.dirname(story.stateFile), { recursive: true });
    const holder = {
      who: 'deploy',
      host: hostname(),
      // One that lives, and is not this one: whoever had our number before us is dead.
      pid: process.ppid,
      command: 'es-ecs up',
      since: '2026-01-01T14:02:00Z',
    };
    writeFileSync(`${story.stateFile}.lock`, JSON.stringify(holder));
    const told = await story.run('up');
    expect(told.status).toBe(4);
    expect(errorOf(told).sentence).toContain(`deploy@${hostname()}, es-ecs up`);
    expect(nothingMade()).toBe(true);
  });
});

const stubbed = () => mockClient(STSClient);

describe('credentials', () => {
  let sts: ReturnType<typeof stubbed>;
  beforeEach(() => {
    sts = stubbed();
  });
  afterEach(() => {
    sts.restore();
  });

  it.each([
    ['none at all', 'CredentialsProviderError', 'credentials', 'AWS_PROFILE'],
    ['expired ones', 'ExpiredTokenException', 'expired', 'aws sso login'],
    ['wrong ones', 'InvalidClientTokenId', 'credentials', ''],
  ])('%s: one sentence and the way out', async (_, name, word, hint) => {
    sts
      .on(GetCallerIdentityCommand)
      .rejects(Object.assign(new Error('the service said so'), { name, $metadata: {} }));
    const told = await story.runForReal('up', '--yes');
    const { sentence, hints } = errorOf(told);
    expect(told.status).toBe(1);
    expect(sentence).toContain(word);
    expect(hints.join('\n')).toContain(hint);
    expect(existsSync(path.join(story.directory, 'es-ecs.state.json'))).toBe(false);
    expect(existsSync(path.join(story.directory, 'es-ecs.state.json.lock'))).toBe(false);
  });
});

describe('the command line', () => {
  it.each([
    [['upp'], 'upp'],
    [['up', '--concurrency', '0'], '0'],
    [['up', '--nonsense'], '--nonsense'],
  ])('%s is not understood: exit 2', async (argv, word) => {
    const told = await story.execute(argv);
    expect(told.status).toBe(2);
    expect(errorOf(told).sentence).toContain(word);
    expect(errorOf(told).hints.join('\n')).toContain('es-ecs --help');
  });

  it.each([
    ['nobody can be asked', false, '', false],
    ['something else is typed', true, 'yes', false],
    ['the name is typed', true, 'search', true],
  ])('asks before something is lost: %s', async (_, canAsk, answer, goesOn) => {
    const asked: string[] = [];
    const terminal = {
      canAsk,
      ask: (question: string) => {
        asked.push(question);
        return Promise.resolve(answer);
      },
    };
    const expected = (typed: string): boolean => typed === 'search';
    const confirmed = confirm({ question: 'Type the name: ', expected, flag: '--yes' }, terminal);
    if (goesOn) await confirmed;
    else await expect(confirmed).rejects.toMatchObject({ code: 'NOT_CONFIRMED', exitStatus: 1 });
    expect(asked).toHaveLength(canAsk ? 1 : 0);
  });
});
