import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { DescribeLaunchTemplateVersionsCommand } from '@aws-sdk/client-ec2';
import { DescribeTaskDefinitionCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';

import { type Clients, createClients } from '../../src/aws/clients.ts';
import { CallMeter } from '../../src/aws/meter.ts';
import { createSecretMaker } from '../../src/certificates/secret-maker.ts';
import { execute } from '../../src/cli/main.ts';
import { secretVariables, stopTimeoutSeconds, ulimits } from '../../src/elasticsearch/container.ts';
import { addressOf, prepareHost, type RealTask } from './support/container-runtime.ts';
import { startDocker } from './support/docker.ts';
import { loadElasticsearchBase } from './support/elasticsearch.ts';
import { ask } from './support/elasticsearch-client.ts';
import { startPart } from './support/part.ts';
import { createRealAccount } from './support/real-account.ts';

const registryPassword = 'the-token-of-the-registry';
const begun = performance.now();
const docker = await startPart('a Docker engine with a registry', () => startDocker(registryPassword));
const base =
  docker && (await startPart('an image with the real Elasticsearch', () => loadElasticsearchBase(docker)));
const folder = await mkdtemp(path.join(os.tmpdir(), 'es-ecs-elasticsearch-'));

/** Figures and differences, shown at the end. */
const notes: string[] = [];
const note = (text: string): void => {
  notes.push(text);
};
const seconds = (ms: number | undefined): string => (ms === undefined ? '?' : `${(ms / 1000).toFixed(1)} s`);

/** A minute or less each on a machine of its own; servers start slowly where others are at work. */
const patience = { timeout: 1_200_000 };

describe.skipIf(docker === undefined || base === undefined)('a real Elasticsearch', patience, async () => {
  if (docker === undefined || base === undefined) return;
  note(`base image: ${seconds(performance.now() - begun)}`);
  const account = await createRealAccount({
    docker,
    registryPassword,
    folder: path.join(folder, 'hosts'),
    cluster: 'search',
  });
  const { runtime } = account;
  const config = path.join(folder, 'es-ecs.yaml');
  const stateFile = path.join(folder, '.es-ecs', 'simulated', 'state.json');
  const said: string[] = [];
  const nodes = ['search-0', 'search-1', 'search-2'];

  afterAll(async () => {
    const differences = [...base.differences, ...account.differences()];
    process.stderr.write(`\nNot as on AWS:\n${differences.map((one) => `  ${one}\n`).join('')}`);
    process.stderr.write(`Measured:\n${notes.map((one) => `  ${one}\n`).join('')}\n`);
    await account.close();
    await docker.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const writeConfig = (count: number): Promise<void> =>
    writeFile(
      config,
      `name: search\nregion: eu-west-1\nelasticsearch: { version: ${base.version}, heapMiB: 512 }\nnodes: ${count}\ninstanceType: m7i.large\nbastion: { allowedCidrs: [203.0.113.7/32] }\n`,
    );

  /** A command line as a person has it, on this account. */
  const esEcs = async (
    ...words: readonly string[]
  ): Promise<{ status: number; stdout: string; stderr: string }> => {
    const out: string[] = [];
    const err: string[] = [];
    const status = await execute(['node', 'es-ecs', ...words, '--config', config, '--simulate'], {
      out: (text) => out.push(text),
      err: (text) => err.push(text),
      isTerminal: false,
      canDraw: false,
      canAsk: false,
      hasColour: false,
      columns: 80,
      ask: () => Promise.reject(new Error('nobody is there to answer')),
      openSimulation: account.open,
    });
    said.push(...out, ...err);
    return { status, stdout: out.join('\n'), stderr: err.join('\n') };
  };

  const clients = (): Clients => {
    const { simulation } = account;
    return createClients({
      region: 'eu-west-1',
      clock: simulation.clock,
      meter: new CallMeter(),
      credentials: simulation.credentials,
      attach: (client) => {
        simulation.attach(client);
      },
    });
  };

  const body = async <Body>(node: string, where: string): Promise<Body> => {
    const answer = await account.ask(node, where);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    // The test says which document it asks for.
    return answer.body as Body;
  };
  const health = async (node: string): Promise<string> => {
    const answer = await account.ask(node, '/_cluster/health?master_timeout=2s').catch(() => undefined);
    return answer?.status === 200 ? (answer.body as { status: string }).status : 'no answer';
  };
  const uuid = async (node: string): Promise<string> =>
    (await body<{ cluster_uuid: string }>(node, '/')).cluster_uuid;
  const documents = async (node: string): Promise<number> =>
    (await body<{ count: number }>(node, '/books/_count')).count;
  const logs = async (): Promise<string> =>
    (await Promise.all(runtime.tasks.map((task) => runtime.engine.log(task.container)))).join('\n');

  it('comes up by a plain `es-ecs up`', async () => {
    await writeConfig(3);
    const from = performance.now();
    const up = await esEcs('up', '--yes');
    note(`up of 3 nodes, image built and pushed: ${seconds(performance.now() - from)}`);
    if (up.status !== 0) process.stderr.write(`${up.stderr}\n${await logs()}\n`);
    expect(up.status, up.stderr).toBe(0);
    for (const name of nodes)
      note(`${name} healthy ${seconds(runtime.running(name).healthyAfterMs)} after its start`);
    expect(await health('search-0')).toBe('green');
    const again = await esEcs('plan', '--exit-code');
    expect(again.status, again.stdout).toBe(0);
  });

  it('runs with what the task definition says', async () => {
    for (const name of nodes) {
      const task = runtime.running(name);
      await expectAsRegistered(task);
    }
  });

  const expectAsRegistered = async (task: RealTask): Promise<void> => {
    const arn = task.launch.taskDefinition.taskDefinitionArn;
    const { taskDefinition } = await clients().ecs.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: arn }),
    );
    const [container] = taskDefinition?.containerDefinitions ?? [];
    const { Config, HostConfig } = await runtime.engine.inspect(task.container);
    const names = (variables: readonly string[]): string[] =>
      variables.map((variable) => variable.slice(0, variable.indexOf('='))).sort();
    const environment = Config['Env'] as string[];
    for (const { name, value } of container?.environment ?? []) {
      expect(environment).toContain(`${name ?? ''}=${value ?? ''}`);
    }
    const own = ['PATH', 'ELASTIC_CONTAINER'];
    expect(names(environment).filter((name) => !own.includes(name))).toEqual(
      [...(container?.environment ?? []), ...(container?.secrets ?? [])].map(({ name }) => name).sort(),
    );
    expect(Config['Healthcheck']).toEqual({
      Test: container?.healthCheck?.command,
      Interval: (container?.healthCheck?.interval ?? 0) * 1e9,
      Timeout: (container?.healthCheck?.timeout ?? 0) * 1e9,
      Retries: container?.healthCheck?.retries,
      StartPeriod: (container?.healthCheck?.startPeriod ?? 0) * 1e9,
    });
    expect(Config).toMatchObject({ User: container?.user, StopTimeout: container?.stopTimeout });
    expect(String(Config['Image']).split('@')[1]).toBe(container?.image?.split('@')[1]);
    expect(HostConfig).toMatchObject({ NetworkMode: 'host', Memory: (container?.memory ?? 0) * 1024 * 1024 });
    expect(container?.ulimits).toEqual(ulimits);
    const sources = new Map(
      (taskDefinition?.volumes ?? []).map(({ name, host }) => [name, host?.sourcePath]),
    );
    const mounts = (container?.mountPoints ?? []).map(
      (mount) =>
        `${path.join(folder, 'hosts', task.launch.host.instanceId)}${sources.get(mount.sourceVolume) ?? ''}:${mount.containerPath ?? ''}${mount.readOnly === true ? ':ro' : ''}`,
    );
    expect((HostConfig['Binds'] as string[]).filter((bind) => !bind.includes('unicast_hosts.txt'))).toEqual(
      mounts,
    );
  };

  it('has the nodes that es-ecs named, each in its zone', async () => {
    const { nodes: found } = await body<{
      nodes: Record<
        string,
        { name: string; host: string; attributes: Record<string, string>; roles: string[] }
      >;
    }>('search-1', '/_nodes');
    const seen = Object.values(found)
      .map(({ name, host, attributes }) => [name, host, attributes['zone']])
      .sort();
    expect(seen).toEqual([
      ['search-0', '127.0.0.1', 'eu-west-1a'],
      ['search-1', '127.0.0.2', 'eu-west-1b'],
      ['search-2', '127.0.0.3', 'eu-west-1c'],
    ]);
    const settings = await body<{ defaults: object; persistent: object }>(
      'search-0',
      '/_cluster/settings?include_defaults&filter_path=*.cluster.routing.allocation.awareness.attributes',
    );
    expect(JSON.stringify(settings)).toContain('zone');
    const heaps = await body<{ nodes: Record<string, { jvm: { mem: { heap_max_in_bytes: number } } }> }>(
      'search-0',
      '/_nodes/jvm',
    );
    for (const { jvm } of Object.values(heaps.nodes))
      expect(jvm.mem.heap_max_in_bytes).toBe(512 * 1024 * 1024);
  });

  it('complains of nothing but the limits of this machine', async () => {
    const checks = (await logs()).split('\n').filter((line) => line.includes('BootstrapChecks'));
    const known = [/max file descriptors/, /memory is not locked/, /vm\.max_map_count/];
    expect(checks.filter((line) => line.includes('WARN') && !known.some((one) => one.test(line)))).toEqual(
      [],
    );
  });

  it('is one cluster, whose UUID es-ecs has recorded', async () => {
    const uuids = await Promise.all(nodes.map(uuid));
    expect(new Set(uuids).size).toBe(1);
    expect(await readFile(stateFile, 'utf8')).toContain(uuids[0]);
  });

  it('refuses plain HTTP, and who has no password, a wrong one, or another authority', async () => {
    await expect(fetch(`http://${addressOf('search-0')}:9200/`)).rejects.toThrow('fetch failed');
    expect((await account.ask('search-0', '/', { password: undefined })).status).toBe(401);
    expect((await account.ask('search-0', '/', { password: 'a guess' })).status).toBe(401);
    expect((await account.ask('search-0', '/')).status).toBe(200);
    const other = await createSecretMaker(() => Date.now()).authority('search');
    const { password } = account.access;
    await expect(ask('127.0.0.1', '/', { authority: other.certificate, password })).rejects.toThrow(
      /certificate/,
    );
    // The transport port is closed to who has no certificate of the cluster's.
    await expect(plainGet(addressOf('search-0'), 9300)).rejects.toThrow();
  });

  it('survives the death of a container: yellow, then green, the same name and every document', async () => {
    const books = { settings: { number_of_shards: 3, number_of_replicas: 1 } };
    expect(
      (await account.ask('search-0', '/books?wait_for_active_shards=all', { method: 'PUT', body: books }))
        .status,
    ).toBe(200);
    for (let number = 0; number < 100; number += 1) {
      const { status } = await account.ask('search-0', `/books/_doc/${number}`, {
        method: 'PUT',
        body: { number },
      });
      expect(status).toBe(201);
    }
    await account.ask('search-0', '/books/_refresh', { method: 'POST' });
    await account.until('green before the kill', async () => (await health('search-0')) === 'green');
    const victim = runtime.running('search-1');
    const from = performance.now();
    await runtime.engine.kill(victim.container);
    await account.until('yellow', async () => (await health('search-0')) === 'yellow');
    note(`killed search-1: yellow after ${seconds(performance.now() - from)}`);
    await account.until(
      'green with a new container of search-1',
      async () =>
        runtime.tasks.findLast(({ node }) => node === 'search-1') !== victim &&
        (await health('search-0')) === 'green' &&
        (await joined('search-0')).includes('search-1'),
    );
    note(`killed search-1: green again after ${seconds(performance.now() - from)}`);
    expect(victim.observation).toMatchObject({ status: 'stopped', exitCode: 137 });
    expect(await joined('search-0')).toEqual(nodes);
    expect(await documents('search-1')).toBe(100);
  });

  const joined = async (node: string): Promise<string[]> =>
    (await body<{ name: string }[]>(node, '/_cat/nodes?h=name&format=json')).map(({ name }) => name).sort();

  it('stops cleanly on SIGTERM, and has everything when it starts again', async () => {
    const before = await uuid('search-0');
    const { ecs } = clients();
    const running = nodes.map((name) => runtime.running(name));
    for (const name of nodes) {
      await ecs.send(new UpdateServiceCommand({ cluster: 'es-ecs-search', service: name, desiredCount: 0 }));
    }
    await account.until('every container stopped', () =>
      running.every(({ observation }) => observation.status === 'stopped'),
    );
    for (const task of running) {
      note(
        `${task.node} stopped ${seconds(task.stoppedAfterMs)} after SIGTERM, exit ${task.observation.exitCode ?? '?'}`,
      );
      expect(task.observation.exitCode).toBe(143);
      expect(task.stoppedAfterMs).toBeLessThan(stopTimeoutSeconds * 1000);
      expect(await runtime.engine.log(task.container)).toMatch(/\] closed\s*$/);
    }
    const from = performance.now();
    const up = await esEcs('up', '--yes');
    expect(up.status, up.stderr).toBe(0);
    note(`up after a full stop: ${seconds(performance.now() - from)}`);
    expect(await health('search-2')).toBe('green');
    expect(await Promise.all(nodes.map(uuid))).toEqual([before, before, before]);
    expect(await documents('search-2')).toBe(100);
  });

  it('takes a fourth node with a blank disk, and neither strangers nor a second cluster', async () => {
    const outsiders = await startOutsiders();
    await writeConfig(4);
    const from = performance.now();
    const up = await esEcs('up', '--yes');
    expect(up.status, up.stderr).toBe(0);
    note(`up with a fourth node, beside three outsiders: ${seconds(performance.now() - from)}`);
    expect(await joined('search-0')).toEqual([...nodes, 'search-3']);
    expect(await uuid('search-3')).toBe(await uuid('search-0'));
    await expectLeftOut(outsiders);
    expect(await joined('search-0')).toEqual([...nodes, 'search-3']);
  });

  interface Outsider {
    readonly container: string;
    readonly address: string;
    readonly authority: string;
  }
  interface Outsiders {
    readonly stranger: Outsider;
    readonly blank: readonly Outsider[];
  }

  /** A node of another authority that knows the cluster's addresses; and two with blank disks that know each other only. */
  const startOutsiders = async (): Promise<Outsiders> => {
    const maker = createSecretMaker(() => Date.now());
    const authority = await maker.authority('search');
    const node = await maker.nodeCertificate('search', authority);
    const { order } = runtime.running('search-0');
    const own = order.Env.filter((variable) => !/_(CA|NODE)_(CERTIFICATE|KEY)=/.test(variable));
    const foreign = [
      ...own,
      `${secretVariables.caCertificate}=${authority.certificate}`,
      `${secretVariables.nodeCertificate}=${node.certificate}`,
      `${secretVariables.nodeKey}=${node.privateKey}`,
    ];
    const start = async (
      name: string,
      address: string,
      seeds: readonly string[],
      Env: readonly string[],
    ): Promise<string> => {
      const host = {
        instanceId: name,
        node: name,
        zone: 'eu-west-1a',
        volumeId: undefined,
        initialMasters: '',
        address,
      };
      await prepareHost(folder, host);
      const seedsFile = path.join(folder, `${name}-seeds`);
      await writeFile(seedsFile, seeds.map((seed) => `${seed}:9300\n`).join(''));
      const root = path.join(folder, name);
      const home = '/usr/share/elasticsearch';
      const Binds = [
        `${root}/var/lib/es-ecs/data:${home}/data`,
        `${root}/etc/es-ecs:/etc/es-ecs:ro`,
        `${seedsFile}:${home}/config/unicast_hosts.txt:ro`,
      ];
      const HostConfig = { ...(order['HostConfig'] as object), Binds };
      await runtime.engine.start(name, { ...order, Env, Labels: {}, HostConfig });
      return name;
    };
    const pair = ['127.0.0.12', '127.0.0.13'];
    const [stranger, ...blank] = await Promise.all([
      start(
        'stranger-0',
        '127.0.0.11',
        nodes.map((node) => addressOf(node)),
        foreign,
      ),
      ...pair.map((address, index) => start(`blank-${index}`, address, pair, order.Env)),
    ]);
    return {
      stranger: { container: stranger, address: '127.0.0.11', authority: authority.certificate },
      blank: blank.map((container, index) => ({
        container,
        address: pair[index] ?? '',
        authority: account.access.authority,
      })),
    };
  };

  const expectLeftOut = async ({ stranger, blank }: Outsiders): Promise<void> => {
    const all = [stranger, ...blank];
    const { password } = account.access;
    const asked = (one: Outsider, where: string): ReturnType<typeof ask> =>
      ask(one.address, where, { authority: one.authority, password });
    const answers = (one: Outsider): Promise<boolean> =>
      asked(one, '/').then(
        ({ status }) => status === 200,
        () => false,
      );
    await account.until('the outsiders answer', async () =>
      (await Promise.all(all.map(answers))).every(Boolean),
    );
    const from = performance.now();
    const stillNone = async (one: Outsider): Promise<void> => {
      expect(await asked(one, '/_cluster/health?master_timeout=1s')).toMatchObject({
        status: 503,
        body: { error: { type: 'master_not_discovered_exception' } },
      });
      expect(await asked(one, '/')).toMatchObject({ body: { cluster_uuid: '_na_' } });
    };
    // A node with the right to bootstrap elects itself within a second or two.
    while (performance.now() - from < 30_000) {
      await Promise.all(all.map(stillNone));
      await setTimeout(3_000);
    }
    note(
      `two blank nodes without the right to bootstrap: no cluster ${seconds(performance.now() - from)} after both answered`,
    );
    expect(await runtime.engine.log(stranger.container)).toMatch(
      /PKIX path|certificate_unknown|bad_certificate|unable to find valid certification path/,
    );
    for (const one of blank) {
      expect(await runtime.engine.log(one.container)).toContain(
        'this node has not previously joined a bootstrapped cluster, and [cluster.initial_master_nodes] is empty',
      );
    }
    for (const one of all) await runtime.engine.remove(one.container);
  };

  it('leaves no secret anywhere', async () => {
    const { secretValues } = account.access;
    expect(secretValues.every((value) => value.length >= 32)).toBe(true);
    const finds = (text: string): boolean => secretValues.some((value) => text.includes(value));
    await account.simulation.save();
    const accountFile = JSON.parse(
      await readFile(path.join(path.dirname(stateFile), 'account.json'), 'utf8'),
    ) as { tables: Record<string, unknown> };
    // Where secrets belong; and the proof that the search finds what it looks for.
    const { 'secrets-manager/secrets': vault, ...tables } = accountFile.tables;
    expect(finds(JSON.stringify(vault))).toBe(true);
    for (const [name, rows] of Object.entries(tables)) expect(finds(JSON.stringify(rows)), name).toBe(false);
    for (const file of await readdir(path.dirname(stateFile))) {
      if (file === 'account.json') continue;
      expect(finds(await readFile(path.join(path.dirname(stateFile), file), 'utf8')), file).toBe(false);
    }
    expect(finds(said.join('\n'))).toBe(false);
    expect(finds(await logs())).toBe(false);
    const { LaunchTemplateVersions: templates = [] } = await clients().ec2.send(
      new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateName: 'es-ecs-search' }),
    );
    const userData = templates
      .map(({ LaunchTemplateData }) => Buffer.from(LaunchTemplateData?.UserData ?? '', 'base64').toString())
      .join('\n');
    expect(userData).toContain('es-ecs-problem');
    expect(finds(userData)).toBe(false);
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      for (const file of ['cmdline', 'environ']) {
        const text = await readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
        expect(finds(text), `/proc/${pid}/${file}`).toBe(false);
      }
    }
    await expectCleanImage(secretValues);
  });

  const expectCleanImage = async (secretValues: readonly string[]): Promise<void> => {
    const patterns = path.join(folder, 'patterns');
    const image = runtime.running('search-0').order.Image;
    const count = async (words: readonly string[]): Promise<number> => {
      await writeFile(patterns, words.map((word) => `${word}\n`).join(''), { mode: 0o600 });
      const { stdout } = await execa(
        'bash',
        [
          '-o',
          'pipefail',
          '-c',
          'docker image save "$1" | grep -a -c -F -f "$2" || [ $? = 1 ]',
          'bash',
          image,
          patterns,
        ],
        { env: docker.environment },
      );
      return Number(stdout);
    };
    // What is in the image for all to see, so that a search that sees nothing is noticed.
    expect(await count(['Written by es-ecs; what is a node'])).toBeGreaterThan(0);
    expect(await count(secretValues)).toBe(0);
    const history = await docker.run(['image', 'history', '--no-trunc', image]);
    expect(secretValues.some((value) => history.stdout.includes(value))).toBe(false);
  };
});

function plainGet(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = http.get({ host, port, timeout: 5_000 }, () => {
      resolve();
    });
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', reject);
  });
}
