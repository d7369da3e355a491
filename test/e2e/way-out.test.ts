import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import http from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createHash } from 'node:crypto';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Docker, registryUser, startDocker } from './support/docker.ts';
import { type Listing, listEverything } from './support/listing.ts';
import { bridgeGaps } from './support/moto-gaps.ts';
import { bareClients, motoAccount, motoRegistryPassword, startMoto } from './support/moto.ts';
import { freePort, type RunningScript, startPart, startScript } from './support/part.ts';
import { type Proxy, startProxy } from './support/proxy.ts';
import { type ImageStore, imageStore } from './support/registry.ts';
import { openWorkplace, type Workplace } from './support/workplace.ts';

const moto = await startPart('moto, an AWS account on loopback', startMoto);
const docker = await startPart('a Docker engine with a registry', () => startDocker(motoRegistryPassword));

const program = path.join(import.meta.dirname, '..', '..', 'bin', 'es-ecs.js');
const support = path.join(import.meta.dirname, 'support');
/** Where AWS answers by its own names; of loopback, and nobody else's. */
const frontAddress = '127.0.77.1';
const services = [
  'autoscaling',
  'ec2',
  'api.ecr',
  'ecs',
  'kms',
  'logs',
  'secretsmanager',
  'servicequotas',
  'ssm',
  'sts',
];
const awsHosts = [
  ...services.map((service) => `${service}.eu-west-1.amazonaws.com`),
  'iam.amazonaws.com',
  'freetier.us-east-1.api.aws',
  'checkip.amazonaws.com',
  'portal.sso.eu-west-1.amazonaws.com',
];
const login = { user: 'ann', password: 's3cret-word' };
const seenFrom = '203.0.113.99';
const startUrl = 'https://example.awsapps.com/start';

const config = `name: search
region: eu-west-1
elasticsearch: { version: 9.4.6 }
nodes: 1
instanceType: m7i.large
network: { zones: 1, nat: none }
`;

/** A role that is taken by single sign-on: both of the chain's own clients ask for it. */
const awsConfig = `[profile person]
sso_start_url = ${startUrl}
sso_region = eu-west-1
sso_account_id = ${motoAccount}
sso_role_name = Deployer
[profile deploy]
role_arn = arn:aws:iam::${motoAccount}:role/deploy
source_profile = person
region = eu-west-1
`;

afterAll(async () => {
  await Promise.all([moto?.stop(), docker?.stop()]);
});

describe.skipIf(moto === undefined || docker === undefined)('a network whose only way out is a proxy', () => {
  const url = moto?.url ?? '';
  const clients = bareClients(url);
  const closing: (() => Promise<unknown>)[] = [];
  const engine = (): Docker => {
    if (docker === undefined) throw new Error('skipped without an engine');
    return docker;
  };
  let folder: string;
  let forward: RunningScript;
  let aws: Proxy;
  let store: ImageStore;
  let workplace: Workplace;
  let before: Listing;
  const file = (name: string): string => path.join(folder, name);

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'es-ecs-way-out-'));
    closing.push(() => rm(folder, { recursive: true }));
    store = imageStore({
      url: engine().registryUrl,
      host: engine().registryHost,
      user: registryUser,
      password: motoRegistryPassword,
    });
    const bridge = bridgeGaps();
    aws = await startProxy({
      target: url,
      amend: bridge.amend,
      rewrite: async (answer, made, request) =>
        store.rewrite(await bridge.rewrite(answer, made, request), made, request),
    });
    closing.push(() => aws.stop());
    await makeCertificates(folder);
    closing.push(await serveAws(folder, aws.url));
    await writeFile(file('hosts'), `${frontAddress} ${awsHosts.join(' ')}\n127.0.0.1 localhost\n`);
    const port = await freePort();
    forward = await startScript(
      'forward-proxy.sh',
      [String(port), file('hosts'), file('proxy.log')],
      `${login.user} ${login.password}`,
    );
    closing.push(() => forward.stop());
    closing.push(await bridgeSocket(file('out.sock'), port));
    workplace = await openWorkplace();
    closing.push(() => workplace.close());
    await workplace.write('es-ecs.yaml', config);
    await writeFile(file('aws-config'), awsConfig);
    const home = path.dirname(workplace.folder);
    const cached = createHash('sha1').update(startUrl).digest('hex');
    await execa('mkdir', ['-p', path.join(home, 'home', '.aws', 'sso', 'cache')]);
    await writeFile(
      path.join(home, 'home', '.aws', 'sso', 'cache', `${cached}.json`),
      JSON.stringify({
        accessToken: 'a token',
        expiresAt: '2999-01-01T00:00:00Z',
        startUrl,
        region: 'eu-west-1',
      }),
    );
    await engine().buildStandInBase('9.4.6');
    before = await listEverything(clients);
  });

  afterAll(async () => {
    for (const close of closing.toReversed()) await close();
  });

  /** The proxy as es-ecs sees it. */
  const innerPort = 3128;
  const withPassword = `http://${login.user}:${encodeURIComponent(login.password)}@127.0.0.1:${String(innerPort)}`;

  interface Walled {
    readonly exitCode: number;
    readonly stdout: string;
    readonly stderr: string;
    /** Connections that it began and that did not go to the proxy or into a Unix socket. */
    readonly direct: readonly string[];
    /** What the proxy was asked for meanwhile. */
    readonly asked: readonly string[];
  }

  /** Runs es-ecs where there is no network but loopback. */
  async function walled(args: readonly string[], more: Record<string, string> = {}): Promise<Walled> {
    await writeFile(file('connections'), '');
    const logged = (await proxyLog()).length;
    const inside = [
      '--net',
      process.execPath,
      path.join(support, 'inside.mjs'),
      file('out.sock'),
      String(innerPort),
    ];
    const ended = await execa('unshare', [...inside, process.execPath, program, ...args], {
      cwd: workplace.folder,
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
      env: {
        PATH: process.env['PATH'] ?? '/usr/bin:/bin',
        HOME: path.join(path.dirname(workplace.folder), 'home'),
        AWS_CONFIG_FILE: file('aws-config'),
        AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
        AWS_PROFILE: 'deploy',
        NODE_EXTRA_CA_CERTS: file('ca.pem'),
        NODE_OPTIONS: `--import ${path.join(support, 'count-connections.mjs')}`,
        CONNECTIONS: file('connections'),
        HTTPS_PROXY: withPassword,
        ES_ECS_VISIBLE_WITHIN_SECONDS: '0',
        ...engine().environment,
        ...more,
      },
    });
    const lines = (await readFile(file('connections'), 'utf8')).split('\n').filter((line) => line !== '');
    return {
      exitCode: ended.exitCode ?? -1,
      stdout: ended.stdout,
      stderr: ended.stderr,
      // Of the helper that makes the wall, too: it only goes into the socket.
      direct: lines.filter((line) => !line.startsWith('/') && line !== `127.0.0.1:${String(innerPort)}`),
      asked: (await proxyLog()).slice(logged),
    };
  }

  /** The hosts that the proxy was asked for, in order. */
  async function proxyLog(): Promise<readonly string[]> {
    const text = await readFile(file('proxy.log'), 'utf8').catch(() => '');
    return [...text.matchAll(/CONNECT (\S+):443 HTTP/g)].map(([, host = '']) => host);
  }

  const account = (): Promise<Listing> => listEverything(clients);

  it('is made, left alone and taken down through it, and nothing goes another way', async () => {
    const up = await walled(['up', '--no-wait', '--yes', '--json']);
    expect(up, up.stderr).toMatchObject({ exitCode: 0, direct: [] });
    expect(JSON.parse(up.stdout)).toMatchObject({ outcome: 'applied' });
    expect([...new Set(up.asked)].toSorted()).toEqual(awsHosts.toSorted());
    expect(JSON.stringify(await account())).toContain('es-ecs-search');
    const rules = await bastionRules();
    expect(rules).toContain(`${seenFrom}/32`);
    const again = await walled(['up', '--no-wait', '--yes', '--json']);
    expect(again, again.stderr).toMatchObject({ exitCode: 0, direct: [] });
    expect(JSON.parse(again.stdout)).toMatchObject({ outcome: 'up-to-date', apiCalls: { writes: 0 } });
    const down = await walled(['destroy', '--delete-data', '--yes', '--json']);
    expect(down, down.stderr).toMatchObject({ exitCode: 0, direct: [] });
    expect(await account()).toEqual(before);
    process.stdout.write(
      `  through the proxy: ${String(up.asked.length + again.asked.length + down.asked.length)} tunnels to ${String(awsHosts.length)} hosts, ${String(aws.calls.length)} calls; direct connections: 0\n`,
    );
  });

  it('builds the image with it, and keeps it out of the image', async () => {
    const up = await walled(['up', '--no-wait', '--yes']);
    expect(up, up.stderr).toMatchObject({ exitCode: 0, direct: [] });
    const [tag = ''] = await store.tags('es-ecs/search');
    const name = `${engine().registryHost}/es-ecs/search:${tag}`;
    const cat = ['run', '--rm', '--network', 'host', '--entrypoint', 'cat', name];
    const { stdout: told } = await engine().run([
      ...cat,
      'plugins/discovery-ec2/plugin-descriptor.properties',
    ]);
    expect(told).toContain('java=-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=3128');
    const looks = [
      ['history', '--no-trunc', name],
      ['image', 'inspect', name],
    ];
    for (const look of looks) {
      const { stdout } = await engine().run(look);
      expect(stdout).not.toMatch(/s3cret|https?_proxy=http/i);
    }
    const down = await walled(['destroy', '--delete-data', '--yes']);
    expect(down, down.stderr).toMatchObject({ exitCode: 0 });
  });

  it('goes straight where NO_PROXY says so', async () => {
    const some = await walled(['plan'], { NO_PROXY: 'sts.eu-west-1.amazonaws.com' });
    expect(some).toMatchObject({ exitCode: 1 });
    expect([...new Set(some.direct)]).toEqual(['sts.eu-west-1.amazonaws.com:443']);
    expect([...new Set(some.asked)]).toEqual(['portal.sso.eu-west-1.amazonaws.com']);
    const all = await walled(['plan'], { no_proxy: 'amazonaws.com' });
    expect(all).toMatchObject({ exitCode: 1, asked: [] });
    expect([...new Set(all.direct)]).toEqual(['portal.sso.eu-west-1.amazonaws.com:443']);
  });

  it('would be seen to go straight without the variable', async () => {
    const ended = await walled(['plan'], { HTTPS_PROXY: '' });
    expect(ended).toMatchObject({ exitCode: 1, asked: [] });
    expect(ended.direct.length).toBeGreaterThan(0);
  });

  it.each([
    {
      what: 'a wrong password',
      more: { HTTPS_PROXY: 'http://ann:wrong-one@127.0.0.1:3128' },
      sentence: 'the proxy 127.0.0.1:3128 of HTTPS_PROXY asks for a user and a password',
      hint: 'export HTTPS_PROXY=http://USER:PASSWORD@127.0.0.1:3128',
    },
    {
      what: 'no proxy there',
      more: { https_proxy: 'http://ann:wrong-one@127.0.0.1:3999' },
      sentence: 'the proxy 127.0.0.1:3999 of https_proxy does not answer (ECONNREFUSED)',
      hint: 'unset https_proxy',
    },
    {
      what: 'an authority that is not trusted',
      more: { NODE_EXTRA_CA_CERTS: '' },
      sentence:
        'what answers through the proxy 127.0.0.1:3128 of HTTPS_PROXY shows a certificate that is not trusted',
      hint: 'export NODE_EXTRA_CA_CERTS=',
    },
  ])('is told in a sentence: $what', async ({ more, sentence, hint }) => {
    const ended = await walled(['plan'], {
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'x',
      AWS_PROFILE: '',
      ...more,
    });
    expect(ended.exitCode).toBe(1);
    expect(ended.stderr).toContain(sentence);
    expect(ended.stderr).toContain(hint);
    expect(ended.stderr).not.toMatch(/wrong-one|s3cret/);
  });

  async function bastionRules(): Promise<string> {
    return JSON.stringify((await account())['ec2 security group rule']);
  }
});

/** An authority of the test's own, and a certificate for the names under which AWS is asked. */
async function makeCertificates(folder: string): Promise<void> {
  const inFolder = { cwd: folder };
  const names = awsHosts.map((host) => `DNS:${host}`).join(',');
  await execa(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=test authority',
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
    ],
    inFolder,
  );
  await execa(
    'openssl',
    [
      'req',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      '/CN=aws',
      '-keyout',
      'aws.key',
      '-out',
      'aws.csr',
    ],
    inFolder,
  );
  await writeFile(path.join(folder, 'names'), `subjectAltName=${names}\n`);
  await execa(
    'openssl',
    [
      'x509',
      '-req',
      '-in',
      'aws.csr',
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      'names',
      '-out',
      'aws.pem',
    ],
    inFolder,
  );
}

/** AWS under its own names: moto behind TLS, and the two pages that moto does not have. */
async function serveAws(folder: string, target: string): Promise<() => Promise<void>> {
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const { host = '' } = request.headers;
    if (host === 'checkip.amazonaws.com') {
      response.end(`${seenFrom}\n`);
    } else if (host.startsWith('portal.sso.')) {
      const roleCredentials = {
        accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
        secretAccessKey: 'a secret',
        sessionToken: 'a session',
        expiration: Date.now() + 3_600_000,
      };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ roleCredentials }));
    } else {
      const { method, headers, url: where } = request;
      const passed = http.request(new URL(where ?? '/', target), { method, headers }, (got) => {
        response.writeHead(got.statusCode ?? 502, got.headers);
        got.pipe(response);
      });
      passed.on('error', () => response.destroy());
      request.pipe(passed);
    }
  };
  const [key, cert] = await Promise.all([
    readFile(path.join(folder, 'aws.key')),
    readFile(path.join(folder, 'aws.pem')),
  ]);
  const server = https.createServer({ key, cert }, answer);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(443, frontAddress, resolve);
  });
  return async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
}

/** Leads from a Unix socket, which no wall around a network keeps out, to the proxy. */
async function bridgeSocket(socket: string, port: number): Promise<() => Promise<void>> {
  const open = new Set<net.Socket>();
  const server = net.createServer((inner) => {
    const outer = net.connect(port, '127.0.0.1');
    for (const [one, other] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      open.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => open.delete(one));
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(socket, resolve);
  });
  return async () => {
    for (const one of open) one.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
}
