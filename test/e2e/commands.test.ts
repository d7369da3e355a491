import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';

import { execa } from 'execa';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createSecretMaker } from '../../src/certificates/secret-maker.ts';
import { realClock } from '../../src/engine/clock.ts';
import { createKeyStore } from '../../src/ssh/key-store.ts';
import { type Docker, startDocker } from './support/docker.ts';
import { freePort, startPart } from './support/part.ts';
import { type RealCluster, startRealCluster } from './support/real-cluster.ts';
import { type SmallAws, startSmallAws } from './support/small-aws.ts';
import { type Sshd, startSshd } from './support/sshd.ts';
import { type Ended, openWorkplace, type Running } from './support/workplace.ts';

// es-ecs as a program, with the account's answers over HTTP, a real ssh to a real sshd, and a real Elasticsearch behind it.

const cluster = 'search';
/** With all that a shell, a curl config file and a URL have a meaning for. */
const password = 'a "pass\\:word$(id)/@?';
const addresses = ['127.0.56.1', '127.0.56.2'];

const secrets = createSecretMaker(() => Date.now());
const authority = await secrets.authority(cluster);
const node = await secrets.nodeCertificate(cluster, authority);
const names = { certificates: `es-ecs/${cluster}/certificates`, password: `es-ecs/${cluster}/password` };

const aws: SmallAws = await startSmallAws(cluster, {
  bastion: { instanceId: 'i-0bastion', address: '127.0.0.1' },
  hosts: { 'search-0': addresses[0] ?? '', 'search-1': addresses[1] ?? '' },
  secrets: {
    [names.certificates]: JSON.stringify({
      caCertificate: authority.certificate,
      nodeCertificate: node.certificate,
    }),
    [names.password]: JSON.stringify({ password }),
  },
  denied: [],
});
const workplace = await openWorkplace({
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'example',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_ENDPOINT_URL: aws.url,
});
const { publicKey } = await createKeyStore({
  file: workplace.file('es-ecs.state.key'),
  comment: 'test',
}).ensure();
const sshPort = await freePort();
let sshd = await startPart('a bastion (sshd)', () => startSshd({ port: sshPort, publicKey }));
let docker: Docker | undefined;
let real: RealCluster | undefined;
if (sshd !== undefined) {
  real = await startPart('a real Elasticsearch', async () => {
    docker = await startDocker('unused');
    const directory = path.join(path.dirname(workplace.folder), 'nodes');
    await mkdir(directory);
    const { certificate: caCertificate } = authority;
    return startRealCluster(docker, {
      addresses,
      name: cluster,
      caCertificate,
      ...node,
      password,
      directory,
    });
  });
}

afterAll(async () => {
  await sshd?.stop();
  await docker?.stop();
  await aws.stop();
  await workplace.close();
});

const config = `name: ${cluster}
region: eu-west-1
elasticsearch: { version: 9.4.3 }
nodes: 2
image: { uri: registry.example/search:9.4.3 }
bastion: { allowedCidrs: [203.0.113.0/24] }
`;

/** The bastion's port and user are not this machine's: this ssh, first in the PATH, puts them right and becomes the real one. */
async function writeSsh({ user }: Sshd): Promise<string> {
  const folder = path.join(path.dirname(workplace.folder), 'bin');
  const file = path.join(folder, 'ssh');
  await mkdir(folder, { recursive: true });
  const { stdout } = await execa('which', ['ssh']);
  await writeFile(
    file,
    [
      '#!/bin/bash',
      'words=()',
      'for word; do',
      `  [ "$word" != 22 ] || word=${sshPort}`,
      `  words+=("\${word/#ec2-user@/${user}@}")`,
      'done',
      `exec ${stdout} "\${words[@]}"`,
      '',
    ].join('\n'),
  );
  await chmod(file, 0o755);
  return folder;
}

let environment: Readonly<Record<string, string>> = {};
if (sshd !== undefined) environment = { PATH: `${await writeSsh(sshd)}:${process.env['PATH'] ?? ''}` };

const run = (...args: readonly string[]): Promise<Ended> => workplace.run(args, environment);

let running: Running[] = [];
const start = (...args: readonly string[]): Running => {
  const started = workplace.start(args, environment);
  running.push(started);
  return started;
};

beforeEach(async () => {
  await workplace.write('es-ecs.yaml', config);
});
afterEach(async () => {
  aws.account.denied = [];
  for (const one of running) one.interrupt();
  await Promise.all(running.map((one) => one.ended));
  running = [];
});

/** The sentences of an error, with what differs from run to run taken out; the password is in none. */
function said({ stderr, exitCode }: Ended): readonly string[] {
  expect(stderr).not.toContain(password);
  expect(stderr).not.toMatch(/^\s+at /m);
  return [`exit ${String(exitCode)}`, ...stderr.replaceAll(workplace.folder, '/work').split('\n')];
}

/** Until it is so, or for four minutes: this is the time of a machine with other things to do. */
async function eventually(what: string, look: () => Promise<boolean>): Promise<void> {
  const untilMs = Date.now() + 1_000_000;
  while (!(await look().catch(() => false))) {
    if (Date.now() > untilMs) throw new Error(`it never came: ${what}\n${(await real?.log()) ?? ''}`);
    await realClock.sleep(500);
  }
}

interface Open {
  readonly tunnel: Running;
  /** As printed, ready to be pasted. */
  readonly curlLine: string;
  readonly port: number;
  /** Runs the line in a shell, with another path in the place of its own. */
  curl(where: string): Promise<Ended>;
}

async function openAtPort(): Promise<Open> {
  const tunnel = start('tunnel', '--port', String(await freePort()));
  const text = await tunnel.prints('Ctrl-C');
  const [, curlLine = ''] = /try it +(.*)/.exec(text) ?? [];
  const [, port] = /127\.0\.0\.1:(\d+)/.exec(text) ?? [];
  return {
    tunnel,
    curlLine,
    port: Number(port),
    curl: async (where) => {
      const line = `${curlLine.replace('/_cat/nodes?v', where)} -sS --max-time 60`;
      const { exitCode, stdout, stderr } = await execa('sh', ['-c', line], { reject: false });
      return { exitCode, stdout, stderr, elapsedMs: 0 };
    },
  };
}

describe.skipIf(real === undefined)('through a real sshd to a real Elasticsearch', () => {
  it('the cluster forms', async () => {
    await eventually('a green cluster of two', async () => {
      const tunnel = start('tunnel', '--port', String(await freePort()), '--json');
      const text = await tunnel.prints(/^\}/m);
      tunnel.interrupt();
      return /"status": "green",\s+"nodes": 2/.test(text);
    });
  });

  describe('tunnel', () => {
    it('prints a line that works as it is, gives nobody the password, and leaves nothing', async () => {
      // Its own index of users has a replica as soon as both nodes can hold it.
      const waited = await run('es', 'GET', '/_cluster/health?wait_for_status=green&timeout=60s');
      expect(waited, waited.stderr).toMatchObject({ exitCode: 0 });
      const { tunnel, curlLine, curl, port } = await openAtPort();
      const answer = await execa('sh', ['-c', `${curlLine} -sS`], { reject: false });
      expect(answer.stdout, answer.stderr).toMatch(/^ip +heap\.percent/);
      expect(answer.stdout).toMatch(/search-0/);
      expect(answer.stdout).toMatch(/search-1/);
      expect((await curl('/')).stdout).toContain(`"cluster_name" : "${cluster}"`);

      expect(curlLine).not.toContain(password);
      const [, file = ''] = /-K (\S+)/.exec(curlLine) ?? [];
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect((await stat(path.dirname(file))).mode & 0o777).toBe(0o700);
      // Whoever comes without the password and the CA is sent away by Elasticsearch itself.
      const stranger = await execa('curl', ['-sSk', `https://127.0.0.1:${port}/`], { reject: false });
      expect(stranger.stdout).toContain('security_exception');

      tunnel.interrupt();
      const ended = await tunnel.ended;
      expect(ended.exitCode, ended.stderr).toBe(0);
      expect(ended.stdout).toMatch(
        /^search is green: 2 nodes {4}https:\/\/127\.0\.0\.1:\d+ {2}through the bastion/,
      );
      expect(ended.stderr).toBe('closing the tunnel');
      await expect(stat(path.dirname(file))).rejects.toMatchObject({ code: 'ENOENT' });
      expect(await connects(port)).toBe(false);
    });

    it('says that the port is taken, and names one that is not', async () => {
      const { port } = await openAtPort();
      const ended = await run('tunnel', '--port', String(port));
      const [, named] = /--port (\d+)/.exec(ended.stderr) ?? [];
      expect(said(ended)).toEqual([
        'exit 1',
        `✖ port ${port} of this machine cannot be used: another program listens there`,
        `  es-ecs tunnel --port ${named ?? ''}`,
      ]);
      expect(Number(named)).toBeGreaterThan(port);
      expect(await connects(Number(named))).toBe(false);
    });

    it('goes on when the bastion is replaced', async () => {
      const { tunnel, curl } = await openAtPort();
      expect((await curl('/')).exitCode).toBe(0);
      await sshd?.stop();
      aws.account.bastion = undefined;
      expect((await curl('/')).exitCode).not.toBe(0);
      await tunnel.says('the bastion does not run');
      // Another host key, under another instance id: what a new bastion has.
      sshd = await startSshd({ port: sshPort, publicKey });
      aws.account.bastion = { instanceId: 'i-0another', address: '127.0.0.1' };
      await eventually('an answer through the new bastion', async () => (await curl('/')).exitCode === 0);
      expect(await readFile(workplace.file('es-ecs.state.known_hosts'), 'utf8')).toContain('i-0another ');
    });

    it('says so when there is no bastion and no other way', async () => {
      await workplace.write('es-ecs.yaml', config.replace(/bastion: .*/, 'bastion: false'));
      expect(said(await run('tunnel'))).toEqual([
        'exit 1',
        '✖ the bastion is off, and the config has no access.endpoint',
        '  set bastion: true or access.endpoint in the config, then es-ecs up',
      ]);
    });

    it('says which secret may not be read', async () => {
      aws.account.denied = [names.password];
      expect(said(await run('tunnel'))).toEqual([
        'exit 1',
        `✖ the secret ${names.password} cannot be read: secretsmanager:GetSecretValue is not allowed`,
        `  AWS: AccessDeniedException: not ${names.password}`,
        '  have secretsmanager:GetSecretValue allowed for these credentials: statement ReadPassword of es-ecs-password in docs/permissions.md',
        "  a condition of your policy, a boundary or an organisation's policy may forbid it too",
        '  aws sts get-caller-identity   says which ones are used',
      ]);
    });
  });

  describe('es', () => {
    it('prints what Elasticsearch answers, with the digits of its numbers, and keeps a body as it is', async () => {
      await workplace.write('body.json', '{"n":12345678901234567890.5}\n');
      const written = await run('es', 'PUT', '/notes/_doc/1?refresh', '-d', '@body.json');
      expect(written, written.stderr).toMatchObject({ exitCode: 0, stderr: '' });
      expect(written.stdout).toContain('"result":"created"');
      const read = await run('es', 'GET', '/notes/_source/1');
      expect(read.stdout).toBe('{"n":12345678901234567890.5}');
      expect((await run('es', 'GET', '_cat/nodes?v&h=name,node.role')).stdout).toMatch(
        /^name +node\.role\nsearch-\d +\S+\nsearch-\d +\S+$/,
      );
      expect(
        await workplace.json(['es', 'GET', '/notes/_count', '-d', '{"query":{"match_all":{}}}'], {
          environment,
        }),
      ).toMatchObject({ status: 200, body: { count: 1 } });
    });

    it('ends with 1 on a refusal, the reason on stderr and the body on stdout', async () => {
      const ended = await run('es', 'GET', '/missing/_search');
      expect(said(ended).slice(0, 2)).toEqual([
        'exit 1',
        '✖ Elasticsearch refuses GET /missing/_search with status 404: index_not_found_exception: no such index [missing]',
      ]);
      expect(JSON.parse(ended.stdout)).toMatchObject({
        status: 404,
        error: { type: 'index_not_found_exception' },
      });
    });
  });

  describe('credentials', () => {
    it('gives the password alone, and the certificate to a file, where it is asked to', async () => {
      expect(await run('credentials', '--password')).toMatchObject({
        exitCode: 0,
        stdout: password,
        stderr: '',
      });
      expect(await run('credentials', '--ca', 'ca.crt')).toMatchObject({ exitCode: 0, stdout: '' });
      expect(await workplace.read('ca.crt')).toBe(authority.certificate);
      const line = `curl -sS --cacert ca.crt -u "elastic:$PASSWORD" --resolve ${cluster}:9200:${addresses[0] ?? ''} https://${cluster}:9200/`;
      const asked = await execa('sh', ['-c', line], { cwd: workplace.folder, env: { PASSWORD: password } });
      expect(asked.stdout).toContain(`"cluster_name" : "${cluster}"`);
    });

    it('says which secret may not be read', async () => {
      aws.account.denied = [names.certificates];
      expect(said(await run('credentials', '--ca'))[1]).toBe(
        `✖ the secret ${names.certificates} cannot be read: secretsmanager:GetSecretValue is not allowed`,
      );
      expect(await run('credentials', '--password')).toMatchObject({ exitCode: 0 });
    });
  });

  it('without a quorum: a tunnel that is open goes to the node that is left, and a new one says how it is', async () => {
    const { curl } = await openAtPort();
    // Of two nodes only the master has a vote.
    const { stdout: master } = await curl('/_cat/master?h=node');
    const away = master.trim() === 'search-0' ? 0 : 1;
    await real?.kill(away);
    await eventually('an answer of the node that is left', async () => {
      const answer = await curl('/');
      return answer.stdout.includes(`"name" : "search-${1 - away}"`);
    });
    let ended: Ended | undefined;
    await eventually('no master', async () => {
      const tunnel = start('tunnel', '--port', String(await freePort()));
      const text = await tunnel.prints('Ctrl-C');
      tunnel.interrupt();
      ended = await tunnel.ended;
      return text.startsWith('the tunnel to search is open all the same') && ended.stderr.includes('master');
    });
    expect(ended?.stderr).toContain(
      `✖ search-${1 - away} (${addresses[1 - away] ?? ''}:9200) answers, and the cluster has no elected master`,
    );
    expect(ended?.exitCode).toBe(0);
    const asked = await run('es', 'GET', '/_cat/nodes');
    expect(asked.exitCode).toBe(1);
    expect(asked.stderr).toMatch(/^✖ search-\d .* answers, and the cluster has no elected master/);
    // The node itself is well.
    expect((await run('es', 'GET', '/')).stdout).toContain(`"cluster_name"`);
  });
});

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
