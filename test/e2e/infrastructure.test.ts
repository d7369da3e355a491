import { CreateVpcCommand, DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import { GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';

import { registryUser, startDocker } from './support/docker.ts';
import { addedSince, countOf, listEverything } from './support/listing.ts';
import {
  awsEnvironment,
  bareClients,
  motoAccount,
  motoRegion,
  motoRegistryPassword,
  startMoto,
} from './support/moto.ts';
import { startPart } from './support/part.ts';
import { startProxy } from './support/proxy.ts';
import type { Proxy, ProxyOptions } from './support/proxy.ts';

const moto = await startPart('moto, an AWS account on loopback', startMoto);
const docker = await startPart('a Docker engine with a registry', () => startDocker(motoRegistryPassword));

afterAll(async () => {
  await Promise.all([moto?.stop(), docker?.stop()]);
});

describe.skipIf(moto === undefined)('the account over the wire', () => {
  const url = moto?.url ?? '';
  const clients = bareClients(url);
  const proxies: Proxy[] = [];

  const proxied = async (options: Omit<ProxyOptions, 'target'>): Promise<Proxy> => {
    const proxy = await startProxy({ target: url, ...options });
    proxies.push(proxy);
    return proxy;
  };

  beforeEach(async () => {
    await moto?.reset();
  });

  afterAll(async () => {
    await Promise.all(proxies.map((proxy) => proxy.stop()));
  });

  it('makes a VPC and shows it in the listing', async () => {
    const before = await listEverything(clients);
    const { Vpc } = await clients.ec2.send(new CreateVpcCommand({ CidrBlock: '10.7.0.0/16' }));
    const added = addedSince(before, await listEverything(clients));
    expect(added['ec2 vpc']).toEqual([`${Vpc?.VpcId ?? ''} 10.7.0.0/16`]);
    expect(Object.keys(added)).toEqual([
      'ec2 route table',
      'ec2 security group',
      'ec2 security group rule',
      'ec2 vpc',
    ]);
  });

  it('is as new after a reset', async () => {
    const kinds = async (): Promise<number> => countOf(await listEverything(clients));
    const before = await kinds();
    await clients.ec2.send(new CreateVpcCommand({ CidrBlock: '10.7.0.0/16' }));
    expect(await kinds()).toBeGreaterThan(before);
    await moto?.reset();
    expect(await kinds()).toBe(before);
  });

  it('is where every SDK talks to in the environment for it', async () => {
    const ask =
      "const { STS } = await import('@aws-sdk/client-sts'); console.log((await new STS().getCallerIdentity()).Account)";
    const env = { ...awsEnvironment(url), PATH: process.env['PATH'] };
    const { stdout } = await execa(process.execPath, ['--input-type=module', '-e', ask], {
      env,
      extendEnv: false,
    });
    expect(stdout).toBe(motoAccount);
  });

  it('counts calls of both kinds of service behind the proxy, and is further away there', async () => {
    const proxy = await proxied({ latencyMs: 300 });
    const far = bareClients(proxy.url);
    const begun = performance.now();
    await far.ec2.send(new DescribeVpcsCommand({}));
    await far.ecr.send(new GetAuthorizationTokenCommand({}));
    expect(performance.now() - begun).toBeGreaterThanOrEqual(590);
    const atMs: unknown = expect.any(Number);
    expect(proxy.calls).toEqual([
      { service: 'ec2', action: 'DescribeVpcs', status: 200, begunMs: atMs, atMs },
      { service: 'ecr', action: 'GetAuthorizationToken', status: 200, begunMs: atMs, atMs },
    ]);
  });

  it('can be throttled and rewritten by the proxy', async () => {
    let left = 1;
    const proxy = await proxied({
      intercept: ({ action }) =>
        action === 'DescribeVpcs' && left-- > 0
          ? {
              status: 503,
              headers: { 'content-type': 'text/xml' },
              body: '<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>slower</Message></Error></Errors></Response>',
            }
          : undefined,
      rewrite: (body) =>
        body.replaceAll(`${motoAccount}.dkr.ecr.${motoRegion}.amazonaws.com`, '127.0.0.1:5000'),
    });
    const behind = bareClients(proxy.url);
    await expect(behind.ec2.send(new DescribeVpcsCommand({}))).rejects.toMatchObject({
      name: 'RequestLimitExceeded',
    });
    await expect(behind.ec2.send(new DescribeVpcsCommand({}))).resolves.toBeDefined();
    const { authorizationData } = await behind.ecr.send(new GetAuthorizationTokenCommand({}));
    expect(authorizationData?.[0]?.proxyEndpoint).toBe('https://127.0.0.1:5000');
    const token = Buffer.from(authorizationData?.[0]?.authorizationToken ?? '', 'base64').toString();
    expect(token).toBe(`${registryUser}:${motoRegistryPassword}`);
  });
});

describe.skipIf(docker === undefined)('the Docker engine and the registry', () => {
  const run: NonNullable<typeof docker>['run'] = async (args, options) => {
    if (docker === undefined) throw new Error('skipped without an engine');
    return docker.run(args, options);
  };
  const host = docker?.registryHost ?? '';
  const login = (password: string): ReturnType<typeof run> =>
    run(['login', '--username', registryUser, '--password-stdin', `https://${host}`], { input: password });

  it('refuses a login with a wrong password', async () => {
    const result = await login('not the token');
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr).toContain('401');
    const bare = await fetch(`${docker?.registryUrl ?? ''}/v2/`);
    expect(bare.status).toBe(401);
  });

  it.each(['linux/amd64', 'linux/arm64'])(
    'builds for %s on a stand-in base and pushes the image',
    async (platform) => {
      const base = await docker?.buildStandInBase('9.4.6', platform);
      const folder = await mkdtemp(path.join(os.tmpdir(), 'es-ecs-build-'));
      try {
        await writeFile(
          path.join(folder, 'Dockerfile'),
          `FROM ${base ?? ''}\nRUN elasticsearch-plugin install --batch discovery-ec2 && id -u > config/who\n`,
        );
        const image = `${host}/search:test-${platform.slice(-5)}`;
        const built = await run(['build', '--platform', platform, '--tag', image, folder]);
        expect(built, built.stderr).toMatchObject({ exitCode: 0 });
        expect(built.stdout).toContain('-> Installed discovery-ec2');
        expect(await run(['push', image])).toMatchObject({ exitCode: 1 });
        expect(await login(motoRegistryPassword)).toMatchObject({ exitCode: 0 });
        const pushed = await run(['push', image]);
        expect(pushed, pushed.stderr).toMatchObject({ exitCode: 0 });
        expect(pushed.stdout).toMatch(/digest: sha256:[0-9a-f]{64}/);
        expect(await run(['logout', `https://${host}`])).toMatchObject({ exitCode: 0 });
        const shown = await run([
          'run',
          '--rm',
          '--network',
          'host',
          image,
          'bash',
          '-c',
          'cat config/who; ls plugins',
        ]);
        expect(shown).toMatchObject({ exitCode: 0, stdout: '1000\ndiscovery-ec2' });
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  );

  it('runs beside another, and leaves nothing behind when it is stopped', async () => {
    const other = await startDocker('another token');
    const folder = path.dirname(other.dockerHost.replace('unix://', ''));
    expect(folder).not.toBe(path.dirname(docker?.dockerHost.replace('unix://', '') ?? ''));
    await expect(stat(folder)).resolves.toBeDefined();
    await other.stop();
    await expect(stat(folder)).rejects.toThrow('ENOENT');
    await expect(fetch(`${other.registryUrl}/v2/`)).rejects.toThrow('fetch failed');
    expect(await run(['version'])).toMatchObject({ exitCode: 0 });
  });
});
