import { access, readdir, readFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openWorkplace } from './support/workplace.ts';
import type { Ended, Environment, Workplace } from './support/workplace.ts';

let workplace: Workplace;

beforeEach(async () => {
  // No credentials of this machine, and none from a metadata service.
  workplace = await openWorkplace({ AWS_EC2_METADATA_DISABLED: 'true' });
});

afterEach(async () => {
  await workplace.close();
});

const config = `name: search
region: eu-west-1
elasticsearch: { version: 9.4.6 }
nodes: 3
image: { uri: registry.example/search:9.4.6 }
bastion: { allowedCidrs: [203.0.113.0/24] }
`;

const credentials: Environment = {
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'example',
};

/** A stack trace is for bugs, never for what users and machines do. */
function expectNoStack(ended: Ended): void {
  expect(ended.stderr).not.toMatch(/^\s+at /m);
  expect(ended.stderr).not.toContain('bug');
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

describe('a rehearsal, as a user does it', () => {
  it('writes a config, brings a cluster up, finds nothing to change, shows it and takes it down', async () => {
    const wrote = await workplace.run(['init', '--name', 'logs']);
    expect(wrote).toMatchObject({ exitCode: 0, stdout: 'wrote es-ecs.yaml\nwrote .gitignore' });
    expect(wrote.stderr).toContain('es-ecs up --simulate');

    const up = await workplace.run(['up', '--simulate']);
    expect(up.exitCode, up.stderr).toBe(0);
    expect(up.stdout).toMatch(/^logs is green: 3 nodes in 3 zones/);
    expect(up.stdout).toContain('es-ecs status --simulate');
    expect(up.stderr).toMatch(/network +done, \d+\/\d+/);
    expect(up.stdout).not.toContain('done, ');

    const again = await workplace.json(['up', '--simulate']);
    expect(again).toMatchObject({ outcome: 'up-to-date', apiCalls: { writes: 0 } });

    const status = await workplace.run(['status', '--simulate', '--exit-code']);
    expect(status).toMatchObject({ exitCode: 0, stderr: '' });
    expect(status.stdout).toMatch(/^logs .*green/);
    for (const node of ['logs-0', 'logs-1', 'logs-2']) expect(status.stdout).toContain(node);

    const kept = await workplace.json(['destroy', '--simulate', '--yes']);
    expect(kept).toMatchObject({ outcome: 'destroyed', summary: { kept: 6 } });
    const rest = await workplace.json(['destroy', '--simulate', '--yes', '--delete-data']);
    expect(rest).toMatchObject({ outcome: 'destroyed', summary: { destroyed: 6, kept: 0 } });
    const none = await workplace.json(['destroy', '--simulate', '--yes', '--delete-data']);
    expect(none).toMatchObject({ outcome: 'nothing-to-destroy' });
    expect(await exists(workplace.file('es-ecs.state.json'))).toBe(false);
  });

  it('prints results on stdout and progress, as events where asked for, on stderr', async () => {
    const up = await workplace.run(['up', '--simulate', '--json', '--progress', 'json', '--no-wait']);
    expect(up.exitCode, up.stderr).toBe(0);
    expect(JSON.parse(up.stdout)).toMatchObject({ outcome: 'applied' });
    const events = up.stderr
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line): unknown => JSON.parse(line));
    expect(events[0]).toMatchObject({ type: 'started' });
    expect(events.at(-1)).toMatchObject({ type: 'finished' });
  });

  it('is stopped by Ctrl-C, says how to go on, and goes on', async () => {
    // A rehearsal of three nodes is over before a busy machine gets a signal to it.
    const nodes = 120;
    await workplace.write('es-ecs.yaml', config.replace('nodes: 3', `nodes: ${String(nodes)}`));
    const up = workplace.start(['up', '--simulate', '--progress', 'plain', '--concurrency', '1']);
    await up.says('waiting for');
    up.interrupt();
    const stopped = await up.ended;
    expect(stopped, stopped.stderr).toMatchObject({ exitCode: 130, stdout: '' });
    expect(stopped.stderr).toContain('stopping: ');
    expect(stopped.stderr).toContain('goes on where this run stopped');
    expectNoStack(stopped);
    const half = await workplace.json(['plan', '--simulate', '--exit-code'], { exitCode: 3 });
    expect(half).toMatchObject({ summary: { create: expect.any(Number) as number, replace: 0, destroy: 0 } });
    expect(await readdir(workplace.file('.es-ecs/simulated'))).not.toContain('state.json.lock');

    expect((await workplace.run(['up', '--simulate'])).exitCode).toBe(0);
    const status = await workplace.json(['status', '--simulate', '--exit-code']);
    expect(status).toMatchObject({ elasticsearch: { status: 'green', nodes } });
    const gone = await workplace.json(['destroy', '--simulate', '--yes', '--delete-data']);
    expect(gone).toMatchObject({ outcome: 'destroyed', summary: { kept: 0 } });
  });

  it('goes on to its end when nobody reads it any more', async () => {
    const up = workplace.start(['up', '--simulate']);
    up.hangUp();
    const ended = await up.ended;
    expect(ended.exitCode, ended.stderr).toBe(0);
    expectNoStack(ended);
    const again = await workplace.json(['up', '--simulate']);
    expect(again).toMatchObject({ outcome: 'up-to-date', apiCalls: { writes: 0 } });
  });
});

describe('one after the other', () => {
  it('keeps a second run out while the first holds the lock, and takes over from a dead one', async () => {
    await workplace.write('es-ecs.yaml', config);
    const silent = await startSilentEndpoint();
    try {
      const environment = { ...credentials, AWS_ENDPOINT_URL: silent.url };
      const first = workplace.start(['up', '--yes'], environment);
      await silent.asked;
      const second = await workplace.run(['up', '--yes'], environment);
      expect(second).toMatchObject({ exitCode: 4, stdout: '' });
      expect(second.stderr).toMatch(/another run holds the lock: .*es-ecs up, since \d\d:\d\d .*process \d+/);
      expectNoStack(second);
      first.interrupt();
      await first.says('stopping: ');
      first.interrupt();
      expect((await first.ended).exitCode).toBe(130);
    } finally {
      await silent.stop();
    }
    const third = await workplace.run(['up', '--yes']);
    expect(third.stderr).toContain('took over the lock of ');
    expect(third).toMatchObject({ exitCode: 1, stdout: '' });
    // What tells the next run of the dead one stays: this one got no look at the account.
    expect(await workplace.files()).toEqual(['es-ecs.state.json.lock', 'es-ecs.yaml']);
    const fourth = await workplace.run(['up', '--yes']);
    expect(fourth.stderr).not.toContain('holds the lock');
    expect(fourth).toMatchObject({ exitCode: 1, stdout: '' });
  });
});

describe('what a user gets wrong', () => {
  interface Mistake {
    readonly what: string;
    readonly args: readonly string[];
    readonly config?: string;
    readonly environment?: Environment;
    readonly exitCode: number;
    readonly says: RegExp;
    readonly hints: RegExp;
  }

  const mistakes: readonly Mistake[] = [
    { what: 'a command', args: ['upp'], exitCode: 2, says: /unknown command 'upp'/, hints: /es-ecs --help/ },
    {
      what: 'an option',
      args: ['up', '--quick'],
      exitCode: 2,
      says: /unknown option '--quick'/,
      hints: /--help/,
    },
    {
      what: 'no config',
      args: ['plan'],
      exitCode: 2,
      says: /no config file es-ecs\.yaml/,
      hints: /es-ecs init/,
    },
    {
      what: 'YAML',
      args: ['plan'],
      config: 'name: [search\n',
      exitCode: 2,
      says: /es-ecs\.yaml:\d+:\d+/,
      hints: /\S/,
    },
    {
      what: 'a key',
      args: ['up', '--yes'],
      config: `${config}nodez: 3\n`,
      exitCode: 2,
      says: /es-ecs\.yaml:7:1: .*nodez/,
      hints: /nodes/,
    },
    {
      what: 'a range of addresses',
      args: ['up', '--yes'],
      config: `${config}network: { cidr: 10.0.0.0/33 }\n`,
      exitCode: 2,
      says: /es-ecs\.yaml:7:18: .*10\.0\.0\.0\/33/,
      hints: /10\.0\.0\.0\/16/,
    },
    {
      what: 'no credentials',
      args: ['up', '--yes'],
      config,
      exitCode: 1,
      says: /there are no AWS credentials/,
      hints: /AWS_PROFILE/,
    },
    {
      what: 'a region that is none',
      args: ['up', '--yes'],
      config: config.replace('eu-west-1', 'eu-wset-1'),
      // What the SDK would make of the region, in a domain that nobody can register (RFC 2606).
      environment: { ...credentials, AWS_ENDPOINT_URL: 'https://sts.eu-wset-1.invalid' },
      exitCode: 1,
      says: /AWS cannot be reached for sts:GetCallerIdentity: E\w+ \(sts\.eu-wset-1\.invalid\)/,
      hints: /AWS_ENDPOINT_URL/,
    },
  ];

  it.each(mistakes)('$what: one sentence, a way out, nothing made', async (mistake) => {
    if (mistake.config !== undefined) await workplace.write('es-ecs.yaml', mistake.config);
    const before = await workplace.files();
    const ended = await workplace.run(mistake.args, mistake.environment);
    expect(ended, ended.stderr).toMatchObject({ exitCode: mistake.exitCode, stdout: '' });
    const sentences = ended.stderr.split('\n').filter((line) => line.startsWith('✖'));
    expect(sentences, ended.stderr).toHaveLength(1);
    expect(ended.stderr).toMatch(mistake.says);
    expect(ended.stderr).toMatch(mistake.hints);
    expectNoStack(ended);
    expect(await workplace.files()).toEqual(before);
  });

  it('a config that is there is not overwritten, unless told to', async () => {
    await workplace.write('es-ecs.yaml', config);
    const refused = await workplace.run(['init']);
    expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
    expect(refused.stderr).toContain('es-ecs init --force');
    expect(await workplace.read('es-ecs.yaml')).toBe(config);
    expect((await workplace.run(['init', '--force'])).exitCode).toBe(0);
    expect(await workplace.read('es-ecs.yaml')).not.toBe(config);
  });
});

describe('words that need no account', () => {
  it('are the version and the help, in full even when read by nobody', async () => {
    const json: unknown = JSON.parse(
      await readFile(path.join(import.meta.dirname, '..', '..', 'package.json'), 'utf8'),
    );
    for (const args of [['--version'], ['version']]) {
      const { exitCode, stdout, stderr } = await workplace.run(args);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(json).toMatchObject({ version: stdout });
    }
    const help = workplace.start(['--help']);
    help.hangUp();
    const ended = await help.ended;
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
  });
});

/** Takes calls and never answers, as a firewall does that swallows them. */
async function startSilentEndpoint(): Promise<{
  readonly url: string;
  readonly asked: Promise<void>;
  stop(): Promise<void>;
}> {
  let heard: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    heard = resolve;
  });
  const server = http.createServer(() => {
    heard();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    asked,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
