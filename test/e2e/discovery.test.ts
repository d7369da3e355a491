import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { CreateTagsCommand } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { clusterTag, nodeTag, resourceTag } from '../../src/aws/tags.ts';
import { loadConfig } from '../../src/config/load.ts';
import { bootstrapTagValue } from '../../src/elasticsearch/bootstrap.ts';
import { transportPort } from '../../src/elasticsearch/container.ts';
import { type Instance, readBootstrapTags, readInstances } from './support/account-hosts.ts';
import { type Look, watchDiscovery } from './support/discovery-looks.ts';
import { type Door, listenForKnocks } from './support/knocks.ts';
import { bridgeGaps } from './support/moto-gaps.ts';
import { awsEnvironment, bareClients, startMoto } from './support/moto.ts';
import type { NodeHost } from './support/node-settings.ts';
import { createNode, type Node } from './support/opensearch-cluster.ts';
import { describeDifferences, unmet } from './support/opensearch-differences.ts';
import { unpackOpenSearch } from './support/opensearch.ts';
import { startPart } from './support/part.ts';
import { startProxy } from './support/proxy.ts';
import { openWorkplace } from './support/workplace.ts';

const folder = await mkdtemp(path.join(os.tmpdir(), 'es-ecs-discovery-'));
// The server is another user, and there are no secrets here.
await chmod(folder, 0o755);
const moto = await startPart('moto, an AWS account on loopback', startMoto);
const openSearch =
  moto &&
  (await startPart('OpenSearch with discovery-ec2', () => unpackOpenSearch(path.join(folder, 'server'))));
if (openSearch === undefined) await rm(folder, { recursive: true, force: true });

afterAll(async () => {
  await moto?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The VPC is a range of loopback, so that the private addresses that moto gives its instances can be listened on. */
function configText(name: string, count: number, network: number): string {
  return `name: ${name}
region: eu-west-1
elasticsearch: { version: 9.4.6 }
nodes: ${count}
network: { cidr: 127.${network}.0.0/16 }
image: { uri: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/search:9.4.6 }
bastion: { allowedCidrs: [203.0.113.0/24] }
`;
}

const search = configText('search', 3, 77);
/** Its node's name fits the pattern that the first one looks for: only the tag es-ecs-cluster keeps them apart. */
const neighbour = configText('search-b', 1, 78);
/** Never deployed: no instance carries its tags. */
const nobody = configText('nobody', 3, 79);
const loneHost: NodeHost = {
  node: 'nobody-0',
  zone: 'eu-west-1a',
  address: '127.79.0.10',
  initialMasters: bootstrapTagValue(['nobody-0', 'nobody-1', 'nobody-2']),
};

const names = ['search-0', 'search-1', 'search-2'];

/** Settings that every node of OpenSearch shows and nobody wrote. */
const shownByItself = [
  'client.type',
  'http.type.default',
  'node.attr.shard_indexing_pressure_enabled',
  'path.home',
  'transport.type.default',
];

describe.skipIf(openSearch === undefined)('nodes that look for each other in EC2', async () => {
  if (moto === undefined || openSearch === undefined) return;
  const { ec2 } = bareClients(moto.url);
  const bridge = bridgeGaps();
  const forProgram = await startProxy({ target: moto.url, ...bridge });
  const watched = await watchDiscovery(moto.url);
  const nodes = new Map<string, Node>();
  const doors = new Map<string, Door>();
  const notes: string[] = [];
  let instances: readonly Instance[] = [];

  const note = (what: string, begunMs: number): void => {
    notes.push(`${what}: ${((performance.now() - begunMs) / 1000).toFixed(1)} s`);
  };

  /** By the built program, as a user has it. */
  const up = async (text: string): Promise<void> => {
    const workplace = await openWorkplace(awsEnvironment(forProgram.url));
    await workplace.write('es-ecs.yaml', text);
    await workplace.json(['up', '--no-wait', '--yes']).finally(() => workplace.close());
  };

  const instanceOf = (node: string): Instance => {
    const found = instances.find(({ tags }) => tags[nodeTag] === node);
    if (found === undefined) throw new Error(`no instance is tagged ${nodeTag}=${node}`);
    return found;
  };

  const create = async (text: string, host: NodeHost, name = host.node): Promise<Node> => {
    const { config } = loadConfig(text, 'es-ecs.yaml');
    const endpoint = watched.url;
    const node = await createNode({ openSearch, folder: path.join(folder, name), config, host, endpoint });
    nodes.set(name, node);
    return node;
  };

  const nodeOf = (name: string): Node => {
    const found = nodes.get(name);
    if (found === undefined) throw new Error(`there is no ${name}`);
    return found;
  };

  beforeAll(async () => {
    const begun = performance.now();
    await Promise.all([up(search), up(neighbour)]);
    note('two clusters brought up by es-ecs', begun);
    instances = await readInstances(ec2);
    const rights = await readBootstrapTags(ec2);
    for (const { address } of strangers()) doors.set(address, await listenForKnocks(address, transportPort));
    const hosts = names.map((node): NodeHost => {
      const { address, zone } = instanceOf(node);
      return { node, zone, address, initialMasters: rights[node] ?? '' };
    });
    const started = performance.now();
    const made = await Promise.all([...hosts.map((host) => create(search, host)), create(nobody, loneHost)]);
    await Promise.all(made.map((node) => node.start()));
    note('four nodes started until they listen', started);
  });

  afterAll(async () => {
    await Promise.all([...nodes.values()].map((node) => node.stop()));
    await Promise.all([...doors.values()].map((door) => door.close()));
    await Promise.all([forProgram.stop(), watched.stop()]);
    const differences = [
      ...openSearch.differences,
      "addresses: the VPC is a range of loopback, which AWS would not take; they are moto's own, and nothing is rewritten on the way",
      'credentials: from the environment instead of the task role',
      ...[...bridge.met].map((gap) => `moto, bridged for es-ecs and not for the nodes: ${gap}`),
      ...describeDifferences({ endpoint: watched.url, folder: 'FOLDER' }),
    ];
    process.stderr.write(`\nNot as on AWS:\n${differences.map((one) => `  ${one}\n`).join('')}`);
    process.stderr.write(`Measured:\n${notes.map((one) => `  ${one}\n`).join('')}\n`);
  });

  /** Instances that are none of the first cluster's nodes. */
  const strangers = (): readonly Instance[] =>
    instances.filter(({ tags }) => !names.includes(tags[nodeTag] ?? ''));

  /** The questions of one cluster's nodes. */
  const looksFor = (cluster: string): readonly Look[] =>
    watched.looks.filter(({ filters }) => filters[`tag:${clusterTag}`]?.includes(cluster));

  /** A minute is enough on a machine of its own; servers start slowly where others are at work. */
  const eventually = (look: () => Promise<void>): Promise<void> =>
    vi.waitFor(look, { timeout: 600_000, interval: 250 });

  const expected = (): Readonly<Record<string, string>> =>
    Object.fromEntries(names.map((name) => [name, `${instanceOf(name).address}:${transportPort}`]));

  const formed = (): Promise<void> =>
    eventually(async () => {
      for (const name of names) expect((await nodeOf(name).view()).members).toEqual(expected());
    });

  it('become one cluster by nothing but the tags that es-ecs wrote', async () => {
    const begun = performance.now();
    await formed();
    note('from there until three are one cluster', begun);
    const views = await Promise.all(names.map((name) => nodeOf(name).view()));
    expect(views[0]).toMatchObject({ name: 'search', uuid: expect.stringMatching(/^[\w-]{22}$/) });
    for (const view of views) expect(view).toEqual(views[0]);
    expect(looksFor('search').length).toBeGreaterThanOrEqual(names.length);
    for (const { filters, addresses } of looksFor('search')) {
      expect(filters).toMatchObject({ 'tag:es-ecs-cluster': ['search'], 'tag:es-ecs-node': ['search-*'] });
      expect(addresses).toEqual(names.map((name) => instanceOf(name).address).toSorted());
    }
    expect(watched.others()).toEqual([]);
  });

  it('leave alone the bastions and the other cluster in the same account', () => {
    const found = strangers().map(({ tags }) =>
      [tags[clusterTag], tags[nodeTag], tags[resourceTag]].join(' '),
    );
    expect(found.toSorted()).toEqual([
      'search  bastion/instance',
      'search-b  bastion/instance',
      'search-b search-b-0 hosts/group/search-b-0',
    ]);
    expect([...doors.keys()].toSorted()).toEqual(
      strangers()
        .map(({ address }) => address)
        .toSorted(),
    );
    for (const [address, { knocks }] of doors) expect(knocks, address).toBe(0);
  });

  it('have the settings of the product, but for the differences that are named', async () => {
    for (const name of names) {
      const { product, made } = nodeOf(name);
      // Otherwise they could have met in another way.
      expect(product).toMatchObject({ 'discovery.seed_providers': 'ec2', 'discovery.seed_hosts': [] });
      const given = await nodeOf(name).settings();
      const instead = new Map(made.map((one): [string, unknown] => [one.setting, one.instead]));
      for (const [setting, value] of Object.entries(product)) {
        const due = instead.has(setting) ? instead.get(setting) : value;
        expect(asShown(given[setting]), setting).toEqual(asShown(due));
      }
      expect(Object.keys(given).filter((setting) => !(setting in product))).toEqual(shownByItself);
    }
  });

  it('need each of the differences', async () => {
    const { product, made, host } = nodeOf('search-0');
    expect(unmet(product)).toEqual([]);
    for (const { setting, instead } of made) expect(instead, setting).not.toBe(product[setting]);
    const leftOut = made.filter(({ instead }) => instead === undefined).map(({ setting }) => setting);
    const untranslated = await create(search, { ...host, address: '127.79.0.11' }, 'untranslated');
    expect(await untranslated.startUntranslated()).toEqual(leftOut.toSorted());
  });

  it('find the others again after a crash of the elected one', async () => {
    const before = await nodeOf('search-0').view();
    const crashed = nodeOf(before.elected);
    const others = names.filter((name) => name !== before.elected);
    await crashed.kill();
    await eventually(async () => {
      for (const other of others) {
        const { members, elected } = await nodeOf(other).view();
        expect(Object.keys(members).toSorted()).toEqual(others);
        expect(others).toContain(elected);
      }
    });
    const said = (await crashed.console()).length;
    const begun = performance.now();
    await crashed.start();
    await formed();
    note(`${before.elected}, killed and started again, until it is back`, begun);
    expect((await crashed.view()).uuid).toBe(before.uuid);
    // Its disk holds no addresses: it found the others as it did the first time.
    const [, found = ''] =
      /using dynamic transport addresses \[(.*)\]/.exec((await crashed.console()).slice(said)) ?? [];
    expect(found.split(', ').toSorted()).toEqual(Object.values(expected()).toSorted());
  });

  it('find nobody and elect nobody where no instance has the tags, until one has', async () => {
    const lone = nodeOf(loneHost.node);
    await eventually(async () => {
      expect(await lone.health()).toBe(503);
    });
    expect(await lone.console()).toMatch(
      /cluster-manager not discovered yet.*; discovery will continue using \[\] from hosts providers/,
    );
    expect(looksFor('nobody').length).toBeGreaterThan(1);
    for (const { addresses } of looksFor('nobody')) expect(addresses).toEqual([]);
    for (const [address, { knocks }] of doors) expect(knocks, address).toBe(0);

    // It did look, and the doors do notice: the other cluster's instance gets the tags, and is knocked at.
    const { id, address } = instanceOf('search-b-0');
    const tags = [
      { Key: clusterTag, Value: 'nobody' },
      { Key: nodeTag, Value: 'nobody-1' },
    ];
    await ec2.send(new CreateTagsCommand({ Resources: [id], Tags: tags }));
    await eventually(async () => {
      expect(doors.get(address)?.knocks).toBeGreaterThan(0);
    });
    expect(looksFor('nobody').at(-1)?.addresses).toEqual([address]);
  });
});

/** Values as words, one or many, as OpenSearch shows some alone and some as a list; undefined as none. */
function asShown(value: unknown): readonly string[] {
  return value === undefined ? [] : [value].flat().map(String);
}
