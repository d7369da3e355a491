import { DescribeTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { registryUser, startDocker } from './support/docker.ts';
import type { Docker } from './support/docker.ts';
import { listEverything } from './support/listing.ts';
import type { Listing } from './support/listing.ts';
import { bridgeGaps } from './support/moto-gaps.ts';
import { awsEnvironment, bareClients, motoRegistryPassword, startMoto } from './support/moto.ts';
import { startPart } from './support/part.ts';
import { startProxy } from './support/proxy.ts';
import type { Proxy } from './support/proxy.ts';
import { imageStore } from './support/registry.ts';
import type { ImageStore } from './support/registry.ts';
import { openWorkplace } from './support/workplace.ts';
import type { Workplace } from './support/workplace.ts';

const moto = await startPart('moto, an AWS account on loopback', startMoto);
const docker = await startPart('a Docker engine with a registry', () => startDocker(motoRegistryPassword));

const version = '9.4.6';

/** As little around the image as there can be. */
function configOf(name: string, instanceType: string): string {
  return `name: ${name}
region: eu-west-1
elasticsearch: { version: ${version} }
nodes: 1
instanceType: ${instanceType}
network: { zones: 1, nat: none }
bastion: false
access: { endpoint: "https://127.0.0.1:9200" }
`;
}

afterAll(async () => {
  await Promise.all([moto?.stop(), docker?.stop()]);
});

/**
 * The account is moto's, the engine is Docker, and the registry is a real one that takes no password but that of the token
 * which the account gives out. What stands in between is in support/registry.ts.
 */
describe.skipIf(moto === undefined || docker === undefined)('the image of a cluster', () => {
  const engine = (): Docker => {
    if (docker === undefined) throw new Error('skipped without an engine');
    return docker;
  };
  const url = moto?.url ?? '';
  const clients = bareClients(url);
  const proxies: Proxy[] = [];
  let store: ImageStore;
  let workplace: Workplace;
  let graviton: Workplace;
  let before: Listing;
  /** Programs of the test's own, a folder each for PATH. */
  let programs: string;
  let badToken = false;

  beforeAll(async () => {
    store = imageStore({
      url: engine().registryUrl,
      host: engine().registryHost,
      user: registryUser,
      password: motoRegistryPassword,
    });
    const bridge = bridgeGaps();
    const proxy = await startProxy({
      target: url,
      amend: bridge.amend,
      rewrite: async (answer, made, request) => {
        const text = await store.rewrite(await bridge.rewrite(answer, made, request), made, request);
        return badToken ? text.replace(/"authorizationToken": ?"[^"]*"/, wrongToken) : text;
      },
    });
    proxies.push(proxy);
    const environment = { ...awsEnvironment(proxy.url), ...engine().environment };
    workplace = await openWorkplace(environment);
    graviton = await openWorkplace(environment);
    await workplace.write('es-ecs.yaml', configOf('search', 'm7i.large'));
    await graviton.write('es-ecs.yaml', configOf('graviton', 'm7g.large'));
    programs = await mkdtemp(path.join(os.tmpdir(), 'es-ecs-programs-'));
    await installPrograms();
    before = await listEverything(clients);
  });

  afterAll(async () => {
    await Promise.all([workplace.close(), graviton.close(), rm(programs, { recursive: true })]);
    await Promise.all(proxies.map((proxy) => proxy.stop()));
  });

  it('is refused before anything is made where nothing can build it', async () => {
    const ended = await workplace.run(['up', '--no-wait', '--yes'], { PATH: folder('none') });
    expect(ended).toMatchObject({ exitCode: 1, stdout: '' });
    expect(ended.stderr).toContain('none of docker, podman and buildah is installed');
    expect(ended.stderr).toContain('image: { uri: … }');
    expect(await listEverything(clients)).toEqual(before);
  });

  it('is not pushed with a wrong password, and says so without it', async () => {
    badToken = true;
    try {
      const ended = await workplace.run(['up', '--no-wait', '--yes'], { PATH: folder('docker') });
      expect(ended).toMatchObject({ exitCode: 1, stdout: '' });
      expect(ended.stderr).toContain(`docker cannot log in to ${engine().registryHost}`);
      expect(ended.stderr).not.toContain('bug');
      expect(ended.stderr).not.toContain('no-such-token');
      expect(await store.tags('es-ecs/search')).toEqual([]);
    } finally {
      badToken = false;
    }
  });

  it('is built, pushed with the password of the token, and pinned by the digest of its manifest', async () => {
    await clearLog();
    const ended = await workplace.run(['up', '--no-wait', '--yes'], { PATH: folder('docker') });
    expect(ended, ended.stderr).toMatchObject({ exitCode: 0 });
    const log = await readLog();
    expect(log).toMatch(/^--config \S+ login --username AWS --password-stdin 127\.0\.0\.1:\d+$/m);
    expect(log).not.toContain(motoRegistryPassword);
    const bare = await fetch(`${engine().registryUrl}/v2/es-ecs/search/tags/list`);
    expect(bare.status).toBe(401);

    const [tag = ''] = await store.tags('es-ecs/search');
    const manifest = await store.manifest('es-ecs/search', tag);
    expect(await pinned('search')).toBe(`${engine().registryHost}/es-ecs/search@${manifest?.digest ?? ''}`);
    expect(await architecture('search')).toBe('amd64');
  });

  it('runs where a host pulls it by that digest', async () => {
    const image = await pinned('search');
    const password = { input: motoRegistryPassword };
    const run = async (args: readonly string[], options = {}): Promise<string> => {
      const result = await engine().run(args, options);
      expect(result, result.stderr).toMatchObject({ exitCode: 0 });
      return result.stdout;
    };
    const { stdout } = await engine().run([
      'image',
      'ls',
      '--quiet',
      `${engine().registryHost}/es-ecs/search`,
    ]);
    await run(['image', 'rm', '--force', ...stdout.split('\n')]);
    await run(['login', '--username', registryUser, '--password-stdin', engine().registryHost], password);
    await run(['pull', image]);
    const look =
      'id -u; ls plugins es-ecs config/jvm.options.d; test -x /usr/local/bin/es-ecs-health && echo health';
    const inside = ['run', '--rm', '--network', 'host', '--entrypoint', 'bash', image, '-c', look];
    expect((await run(inside)).split(/\s+/)).toEqual([
      '1000',
      'config/jvm.options.d:',
      'es-ecs.options',
      'es-ecs:',
      'elasticsearch.yml',
      'plugins:',
      'discovery-ec2',
      'health',
    ]);
    const settings = await run(['image', 'inspect', '--format', '{{json .Config.Entrypoint}}', image]);
    expect(JSON.parse(settings)).toEqual(['/usr/local/bin/es-ecs-entrypoint']);
  });

  it('is found by the hash of its contents, with no program called', async () => {
    await clearLog();
    const decoys = { PATH: folder('decoys') };
    const again = await workplace.run(['up', '--no-wait', '--yes', '--json'], decoys);
    expect(again, again.stderr).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(again.stdout)).toMatchObject({ outcome: 'up-to-date', apiCalls: { writes: 0 } });
    await workplace.remove('es-ecs.state.json');
    const forgetful = await workplace.run(['plan', '--exit-code'], decoys);
    expect(forgetful, forgetful.stdout).toMatchObject({ exitCode: 0 });
    expect(await readLog()).toBe('');
  });

  it('is another one for other contents', async () => {
    const settings = 'settings: { indices.memory.index_buffer_size: 20% }';
    const changed = configOf('search', 'm7i.large').replace(`${version} }`, `${version}, ${settings} }`);
    await workplace.write('es-ecs.yaml', changed);
    const plan = await workplace.run(['plan', '--json'], { PATH: folder('none') });
    expect(JSON.parse(plan.stdout), plan.stdout).toMatchObject({
      changes: [
        { address: 'image/image', action: 'create' },
        { address: 'task/definition', action: 'change' },
        { address: 'service/service/search-0', action: 'change', impact: 'rolling' },
      ],
    });
    await workplace.write('es-ecs.yaml', configOf('search', 'm7i.large'));
  });

  it('is built for the hosts and not for this machine', async () => {
    const ended = await graviton.run(['up', '--no-wait', '--yes'], { PATH: folder('docker') });
    expect(ended, ended.stderr).toMatchObject({ exitCode: 0 });
    expect(await architecture('graviton')).toBe('arm64');
  });

  it('goes with its repository', async () => {
    for (const place of [workplace, graviton]) {
      const ended = await place.run(['destroy', '--delete-data', '--yes'], { PATH: folder('none') });
      expect(ended, ended.stderr).toMatchObject({ exitCode: 0 });
    }
    expect(await store.tags('es-ecs/search')).toEqual([]);
    expect(await store.tags('es-ecs/graviton')).toEqual([]);
    expect(await listEverything(clients)).toEqual(before);
  });

  /** The image that the cluster's task definition names. */
  async function pinned(cluster: string): Promise<string> {
    const command = new DescribeTaskDefinitionCommand({ taskDefinition: `es-ecs-${cluster}` });
    const { taskDefinition } = await clients.ecs.send(command);
    return taskDefinition?.containerDefinitions?.[0]?.image ?? '';
  }

  /** What the registry says of the image that is pinned. */
  async function architecture(cluster: string): Promise<unknown> {
    const repository = `es-ecs/${cluster}`;
    const [, digest = ''] = (await pinned(cluster)).split('@');
    const manifest = await store.manifest(repository, digest);
    const { config } = JSON.parse(manifest?.body ?? '') as { config: { digest: string } }; // of the image specification
    const image: unknown = JSON.parse(await store.blob(repository, config.digest));
    return (image as { architecture: unknown }).architecture; // likewise
  }

  function folder(name: string): string {
    return path.join(programs, name);
  }

  async function readLog(): Promise<string> {
    return readFile(folder('log'), 'utf8');
  }

  async function clearLog(): Promise<void> {
    await writeFile(folder('log'), '');
  }

  /**
   * `none`: no program. `decoys`: each notes that it was called, and fails. `docker`: notes its arguments and is Docker;
   * as nothing can be pulled here, it puts the base image of the platform that is asked for in place, where an engine
   * with a network would pull it. Builds on a base that really is pulled are in builders.test.ts.
   */
  async function installPrograms(): Promise<void> {
    await mkdir(folder('none'));
    const log = folder('log');
    const note = `#!/bin/bash\nprintf '%s\\n' "$*" >>'${log}'\n`;
    for (const decoy of ['docker', 'podman', 'buildah']) await install(`decoys/${decoy}`, `${note}exit 1\n`);
    for (const machine of ['amd64', 'arm64']) {
      const image = await engine().buildStandInBase(version, `linux/${machine}`);
      await engine().run(['tag', image, `stand-in:${machine}`]);
    }
    const inPlace = `export PATH='${process.env['PATH'] ?? ''}'
asked='--platform linux/(amd64|arm64)'
if [[ $* =~ $asked ]]; then
  docker tag "stand-in:\${BASH_REMATCH[1]}" docker.elastic.co/elasticsearch/elasticsearch:${version}
fi
words=()
for word in "$@"; do [[ $word = --pull ]] || words+=("$word"); done
exec docker "\${words[@]}"
`;
    await install('docker/docker', note + inPlace);
    await clearLog();
  }

  async function install(name: string, script: string): Promise<void> {
    await mkdir(path.dirname(folder(name)), { recursive: true });
    await writeFile(folder(name), script);
    await chmod(folder(name), 0o755);
  }
});

/** A token that the registry does not know. */
const wrongToken = `"authorizationToken": "${Buffer.from('AWS:no-such-token').toString('base64')}"`;
