import { describe, expect, it } from 'vitest';
import { ownedSettings, whyOwned, whyRefused } from '../../src/config/owned-settings.ts';
import { fileWith, load, problemsOf, warningsOf } from './example.ts';

/** Paths and messages alone: where they stand is the matter of load.test.ts. */
function refusals(text: string): readonly string[] {
  return problemsOf(text).map(withoutPlace);
}

function warnings(text: string): readonly string[] {
  return warningsOf(text).map(withoutPlace);
}

function withoutPlace(line: string): string {
  return line.replace(/^es-ecs\.yaml:\d+:\d+: /, '');
}

function withVersion(version: string): string {
  return fileWith().replace('9.4.6', version);
}

function withSettings(settings: Readonly<Record<string, unknown>>): string {
  return fileWith().replace('9.4.6', `9.4.6, settings: ${JSON.stringify(settings)}`);
}

describe('what is refused of nodes', () => {
  it.each([
    ['[{ name: a, count: 900 }, { name: b, count: 101 }]', 'nodes: 1001 nodes in all is more than 1000'],
    [
      '[{ name: a, count: 3 }, { name: a, count: 3 }]',
      'nodes[1].name: a is the name of an earlier group; names are unique',
    ],
    [
      '[{ name: a, count: 3, roles: [data] }]',
      'nodes: no node can be elected master; give a group the role master, without voting_only',
    ],
    [
      '[{ name: a, count: 3, roles: [data, master, voting_only] }]',
      'nodes: no node can be elected master; give a group the role master, without voting_only',
    ],
    [
      '[{ name: a, count: 3 }, { name: b, count: 1, roles: [voting_only] }]',
      'nodes[1].roles: voting_only needs the role master beside it',
    ],
    [
      '[{ name: a, count: 3, roles: [master, data_hot] }]',
      'nodes: no node holds data; give a group the role data, or data_content and data_hot',
    ],
    [
      '[{ name: a, count: 3, storage: { sizeGiB: 10, iops: 6000 } }]',
      'nodes[0].storage.iops: 6000 is more than gp3 gives 10 GiB (at most 5000)',
    ],
  ])('%s', (nodes, message) => {
    expect(refusals(fileWith('', nodes))).toEqual([message]);
  });

  it('accepts dedicated masters, tiers and coordinating nodes', () => {
    const nodes = `
  - { name: masters, count: 3, roles: [master] }
  - { name: hot, count: 3, roles: [data_hot, data_content, ingest] }
  - { name: front, count: 2, roles: [] }`;
    expect(warnings(fileWith('', nodes))).toEqual([]);
  });

  it('accepts the least volume with the IOPS that are free', () => {
    expect(warnings(fileWith('storage: { sizeGiB: 1 }'))).toEqual([]);
  });

  it('tells what groups inherit once, where it stands', () => {
    const text = fileWith(
      'storage:\n  throughputMiBps: 1000\n',
      '[{ name: a, count: 2 }, { name: b, count: 1 }]',
    );
    expect(problemsOf(text)).toEqual([
      'es-ecs.yaml:6:20: storage.throughputMiBps: 1000 is more than gp3 gives 3000 IOPS (at most 750)',
    ]);
  });

  it('refuses a name that AWS would refuse', () => {
    expect(refusals(fileWith().replace('search', 'sg-search'))).toEqual([
      'name: sg-search begins with sg-, which AWS refuses in names of security groups',
    ]);
  });
});

describe('what is refused of Elasticsearch', () => {
  it.each(['7.17.28', '8.0.0', '8.12.2'])('the old version %s', (version) => {
    expect(refusals(withVersion(version))).toEqual([
      `elasticsearch.version: ${version} is too old; es-ecs runs 8.13.0 and later of 8.x, and 9.x`,
    ]);
  });

  it('a version nobody knows yet', () => {
    expect(refusals(withVersion('10.0.0'))).toEqual([
      'elasticsearch.version: 10.0.0 is newer than this es-ecs knows; it runs 8.13.0 and later of 8.x, and 9.x',
    ]);
  });

  it.each(['8.13.0', '8.19.13', '9.0.0', '9.4.6'])('and not %s', (version) => {
    expect(load(withVersion(version)).config.elasticsearch.version).toBe(version);
  });

  it.each([
    'cluster.name',
    'node.name',
    'cluster.initial_master_nodes',
    'discovery.seed_hosts',
    'discovery.type',
    'network.host',
    'path.data',
    'xpack.security.enabled',
    'xpack.security.http.ssl.enabled',
    'xpack.security.authc.anonymous.username',
    'xpack.security.authc.anonymous.roles',
    'transport.port',
    'http.port',
    'bootstrap.memory_lock',
    'cluster.routing.allocation.enable',
    'cluster.routing.allocation.exclude._name',
    's3.client.default.secret_key',
    'xpack.notification.email.account.work.smtp.secure_password',
  ])('the setting %s, with the reason', (setting) => {
    expect(refusals(withSettings({ [setting]: 'x' }))).toEqual([
      `elasticsearch.settings.${setting}: ${whyOwned(setting) ?? 'accepted'}`,
    ]);
  });

  it('in words', () => {
    expect(
      refusals(withSettings({ 'cluster.initial_master_nodes': ['search-0'], 'reindex.password': 'x' })),
    ).toEqual([
      'elasticsearch.settings.cluster.initial_master_nodes: not yours to set: es-ecs lets a cluster be founded once only; ' +
        'set again, it can found a second one beside it',
      'elasticsearch.settings.reindex.password: secrets do not belong into this file, and Elasticsearch reads them from ' +
        'its keystore only',
    ]);
  });

  it.each([false, 'false', 'FALSE'])('no user elastic (%j)', (value) => {
    const setting = 'xpack.security.authc.reserved_realm.enabled';
    expect(refusals(withSettings({ [setting]: value }))).toEqual([
      `elasticsearch.settings.${setting}: without it there is no user elastic, by whom es-ecs and you get in`,
    ]);
    expect(whyRefused(setting, true, 9)).toBeUndefined();
  });

  it('what the version does not know any more', () => {
    const setting = 'cluster.routing.allocation.disk.watermark.enable_for_single_data_node';
    expect(refusals(withSettings({ [setting]: true }))).toEqual([
      `elasticsearch.settings.${setting}: Elasticsearch 9 does not know it any more and does not start with it; leave it out, as it is always so`,
    ]);
    expect(whyRefused(setting, true, 8)).toBeUndefined();
  });

  it('what the version does not know, with the nearest name, unless it is a plugin that brings it', () => {
    const wrong = { 'indices.query.bool.max_clause_cout': 1, 'my_plugin.size': 2 };
    expect(refusals(withSettings(wrong))).toEqual([
      'elasticsearch.settings.indices.query.bool.max_clause_cout: Elasticsearch 9.4.6 does not know it; did you mean indices.query.bool.max_clause_count?',
      "elasticsearch.settings.my_plugin.size: Elasticsearch 9.4.6 does not know it; a plugin's own is allowed by elasticsearch.pluginSettings",
    ]);
    const allowed = withSettings({ 'my_plugin.size': 2 }).replace(
      'settings:',
      'pluginSettings: [my_plugin.], settings:',
    );
    expect(warnings(allowed)).toEqual([]);
    // A version that no list is of may know it.
    const newer = withSettings({ 'search.brand_new': 1 }).replace('9.4.6', '9.9.0');
    expect(warnings(newer)).toEqual([
      expect.stringContaining("Elasticsearch 9.9.0 may not know it; a plugin's own is allowed"),
    ]);
  });

  it.each([
    ['-Xmx4g', 'the heap is elasticsearch.heapMiB, or by rule from the memory of the instance type'],
    ['-Xms1g', 'the heap is'],
    ['-XX:MaxRAMPercentage=50', 'the heap is'],
    ['-XX:MaxHeapSize=1g', 'the heap is'],
    ['-XX:+HeapDumpOnOutOfMemoryError', 'a dump of the heap goes to the data volume'],
    ['-XX:-ExitOnOutOfMemoryError', 'a node that has run out of memory ends'],
    ['-Des.path.home=/tmp', "Elasticsearch's launcher sets it"],
    ['-Djava.io.tmpdir=/tmp', "Elasticsearch's launcher sets it"],
    ['-cp', 'Elasticsearch is what runs'],
    ['-version', 'the JVM would end at once'],
    ['-Djavax.net.ssl.trustStorePassword=x', 'secrets do not belong'],
  ])('the option %s of the JVM', (option, because) => {
    const text = fileWith().replace('9.4.6', `9.4.6, jvmOptions: ["${option}"]`);
    expect(refusals(text)).toEqual([expect.stringContaining(`not yours to set: ${because}`)]);
  });

  it.each([
    '-XX:+UseParallelGC',
    '-XX:G1ReservePercent=25',
    '-Dnetworkaddress.cache.ttl=10',
    '-Xss2m',
    '-Xlog:gc*',
  ])('and not %s, which somebody needs', (option) => {
    expect(warnings(fileWith().replace('9.4.6', `9.4.6, jvmOptions: ["${option}"]`))).toEqual([]);
  });

  it('what is no name of a setting', () => {
    expect(refusals(withSettings({ 'indices memory': 1 }))).toEqual([
      'elasticsearch.settings.indices memory: not the name of a setting (letters, digits, _ and - with dots between)',
    ]);
  });

  it('and not settings that are safe', () => {
    const settings = {
      'indices.memory.index_buffer_size': '20%',
      'http.max_content_length': '200mb',
      'node.attr.rack': 'r1',
      'cluster.max_shards_per_node': 2000,
      'action.destructive_requires_name': true,
      'xpack.security.authc.password_hashing.algorithm': 'bcrypt',
    };
    expect(load(withSettings(settings)).config.elasticsearch.settings).toEqual(settings);
  });

  it.each(ownedSettings)('$setting has a reason of its own or of its prefix', ({ setting, because }) => {
    expect(whyOwned(setting.endsWith('.') ? `${setting}anything` : setting)).toBe(
      `not yours to set: ${because}`,
    );
  });
});

describe('what is refused of the network', () => {
  it.each([
    [
      'network: { cidr: 10.0.0.1/16 }',
      'network.cidr: 10.0.0.1/16 is not the beginning of its block, which is 10.0.0.0/16',
    ],
    [
      'network: { cidr: 10.0.0.0/15 }',
      'network.cidr: 10.0.0.0/15 is larger than AWS allows for a VPC (at most /16)',
    ],
    [
      'network: { cidr: 10.0.0.128/25 }',
      'network.cidr: 10.0.0.128/25 is too small to give each zone a public and a private subnet that AWS accepts (/28); ' +
        'use 10.0.0.0/24 or larger',
    ],
    [
      'access: { cidrs: [10.1.2.3/8] }',
      'access.cidrs[0]: 10.1.2.3/8 is not the beginning of its block, which is 10.0.0.0/8',
    ],
    [
      'bastion: { allowedCidrs: [203.0.113.7/24] }',
      'bastion.allowedCidrs[0]: 203.0.113.7/24 is not the beginning of its block, which is 203.0.113.0/24',
    ],
    [
      'access: { cidrs: [10.1.0.0/16, 10.1.0.0/16] }',
      'access.cidrs[1]: 10.1.0.0/16 stands here twice, and AWS refuses the second rule',
    ],
    [
      'network: { zones: [eu-west-1a, us-east-1b] }',
      'network.zones[1]: us-east-1b is not a zone of eu-west-1',
    ],
    ['network: { zones: [eu-west-1a, eu-west-1a] }', 'network.zones[1]: eu-west-1a stands here twice'],
  ])('%s', (line, message) => {
    expect(refusals(fileWith(line))).toEqual([message]);
  });

  it('a VPC whose subnets do not hold the nodes', () => {
    expect(load(fileWith('network: { cidr: 10.0.0.0/24 }', '33')).config.network.cidr).toBe('10.0.0.0/24');
    expect(refusals(fileWith('network: { cidr: 10.0.0.0/24 }', '35'))).toEqual([
      'network.cidr: 10.0.0.0/24 is too small: a zone gets up to 12 nodes, and its private subnet (/28) holds 11',
    ]);
  });
});

const unfitKey =
  'a key may hold only letters (a to z), digits and _ . : = + - @, as hosts read their tags from instance metadata';

describe('what is refused of tags', () => {
  it.each([
    ['aws:team', 'keys that begin with aws: belong to AWS'],
    ['AWS:team', 'keys that begin with aws: belong to AWS'],
    ['es-ecs-node', 'keys that begin with es-ecs- are how es-ecs finds its own things again'],
    ['Name', 'es-ecs sets it on each thing, so that the console shows what it is'],
    ['..', 'instance metadata cannot show a tag of this name'],
    ['_index', 'instance metadata cannot show a tag of this name'],
    ['name', 'to IAM it is the same key as Name, which es-ecs sets on each thing itself'],
    ['ES-ECS-node', 'keys that begin with es-ecs- are how es-ecs finds its own things again'],
    ['', 'a key has at least one character'],
    ['cost center', unfitKey],
    ['team/search', unfitKey],
    ['a,b', unfitKey],
    ['größe', unfitKey],
    ['x'.repeat(129), '129 characters is more than AWS allows for a key (128)'],
  ])('the key %s', (key, because) => {
    expect(refusals(fileWith(`tags: ${JSON.stringify({ [key]: 'v' })}`))).toEqual([
      `${key === '' ? 'tags.' : `tags.${key}`}: ${because}`,
    ]);
  });

  it('two keys that are one to IAM, at the place of the second', () => {
    expect(problemsOf(fileWith('tags:\n  Team: a\n  cost: b\n  team: c'))).toEqual([
      'es-ecs.yaml:8:3: tags.team: to IAM it is the same key as Team, whatever the case; keep one',
    ]);
  });

  it('and not names that every object has', () => {
    const { tags } = load(fileWith('tags: { __proto__: a, constructor: b, toString: c }')).config;
    expect(Object.entries(tags).toSorted()).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
      ['toString', 'c'],
    ]);
    expect(Object.getPrototypeOf(tags)).toBe(Object.prototype);
  });

  it('but what stands under them, as under any other', () => {
    expect(problemsOf(fileWith('tags: { __proto__: 1 }'))).toEqual([
      "es-ecs.yaml:5:20: tags.__proto__: 1 is not a tag's value (text of at most 256 characters; quote numbers)",
    ]);
    expect(problemsOf(fileWith('tags: { __proto__: "a&b" }'))).toEqual([
      'es-ecs.yaml:5:20: tags.__proto__: a&b may hold only letters, digits, spaces and _ . : / = + - @',
    ]);
  });

  it('nor a setting of that name, which is told and not left out', () => {
    expect(refusals(withSettings(JSON.parse('{ "__proto__": 1 }') as Record<string, unknown>))).toEqual([
      'elasticsearch.settings.__proto__: not a known key (known here: )',
    ]);
  });

  it.each([
    ['aws:x', 'aws:x begins with aws:, which belongs to AWS'],
    ['a&b', 'a&b may hold only letters, digits, spaces and _ . : / = + - @'],
  ])('the value %s', (value, message) => {
    expect(refusals(fileWith(`tags: { team: "${value}" }`))).toEqual([`tags.team: ${message}`]);
  });

  it('more than 40', () => {
    const tags = (count: number): string =>
      fileWith(
        `tags: ${JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 'v'])))}`,
      );
    expect(warnings(tags(40))).toEqual([]);
    expect(refusals(tags(41))).toEqual(['tags: 41 tags is more than 40']);
  });

  it('and not those that hosts can show', () => {
    expect(load(fileWith('tags: { "a+b-c=d.e_f:g@h": "Größe 1/2" }')).config.tags).toEqual({
      'a+b-c=d.e_f:g@h': 'Größe 1/2',
    });
  });
});

describe('what is warned about', () => {
  it.each([
    [
      fileWith('network: { zones: 1 }', '1'),
      ['nodes: 1 master-eligible node: while it is away there is no cluster; 3 survive the loss of one'],
    ],
    [
      fileWith('', '2'),
      [
        'network.zones: 3 zones for 2 nodes: a zone without a node is paid for, NAT included, and not used',
        'nodes: 2 master-eligible nodes: both must stay up, as neither is a majority; 3 survive the loss of one',
      ],
    ],
    [
      fileWith('', '4'),
      [
        'nodes: 4 master-eligible nodes is an even number: they survive no more failures than 3 do; 3 or 5 are better',
      ],
    ],
    [fileWith('', '9'), []],
    [
      fileWith('', '11'),
      [
        'nodes: 11 master-eligible nodes all vote on each change, and elections take longer; give one group of 3 the role master, and the ' +
          'others none: nodes: [{ name: masters, count: 3, roles: [master] }, …]',
      ],
    ],
    [fileWith('', '[{ name: m, count: 3, roles: [master] }, { name: d, count: 300, roles: [data] }]'), []],
    [
      fileWith('network: { zones: 2 }'),
      [
        'network.zones: 2 zones hold 3 nodes: when a zone fails, the majority may fail with it; 3 zones avoid that',
      ],
    ],
    [
      fileWith('network: { zones: [eu-west-1a] }'),
      [
        'network.zones: 1 zone holds 3 nodes: when a zone fails, the majority may fail with it; 3 zones avoid that',
      ],
    ],
    [
      fileWith('network: { nat: none }'),
      [
        'network.nat: none leaves hosts no way to ECS, ECR, Secrets Manager, CloudWatch Logs, SSM and EC2: until you add ' +
          'interface endpoints or a route of your own to the VPC, no host joins the cluster',
      ],
    ],
    [
      fileWith('network: { cidr: 8.8.0.0/16 }'),
      [
        'network.cidr: 8.8.0.0/16 is not a private block: the nodes could not reach the true owners of these addresses',
      ],
    ],
    [
      fileWith('network: { cidr: 172.17.0.0/16 }'),
      [
        "network.cidr: 172.17.0.0/16 is where Docker's bridge on each host and some AWS services are; choose another block",
      ],
    ],
    [
      fileWith('bastion: { allowedCidrs: [0.0.0.0/0] }'),
      ['bastion.allowedCidrs[0]: 0.0.0.0/0 lets the whole internet try the SSH port of the bastion'],
    ],
    [
      fileWith('access: { cidrs: [0.0.0.0/0] }'),
      ['access.cidrs[0]: 0.0.0.0/0 lets everyone who reaches the VPC try port 9200'],
    ],
    [
      fileWith('instanceType: t4g.medium'),
      [
        'instanceType: t4g.medium lives on CPU credits: under steady load it slows down or costs more; m7g and r7g do not',
      ],
    ],
    [
      fileWith('image: { uri: registry.example/search:latest }'),
      [
        'image.uri: registry.example/search:latest moves: nodes may come to run different images; name a version or a digest',
      ],
    ],
    [
      fileWith('image: { uri: "registry.example:5000/search" }'),
      [
        'image.uri: registry.example:5000/search has no tag, which means latest: nodes may come to run different images',
      ],
    ],
  ])('%j', (text, messages) => {
    expect([...warnings(text)].sort()).toEqual(messages);
  });

  it.each([
    fileWith(),
    fileWith('', '5'),
    fileWith('network: { zones: 5 }', '5'),
    fileWith('image: { uri: registry.example/search:9.4.6 }'),
    fileWith(`image: { uri: registry.example/search:latest@sha256:${'a'.repeat(64)} }`),
    fileWith('network: { cidr: 100.64.0.0/16 }'),
    fileWith('network: { nat: single }'),
    fileWith('', '[{ name: m, count: 3, roles: [master] }, { name: d, count: 4, roles: [data] }]'),
  ])('and not about %j', (text) => {
    expect(warnings(text)).toEqual([]);
  });

  it('places warnings in the file', () => {
    expect(warningsOf(fileWith('network:\n  zones: 2\n'))[0]).toMatch(
      /^es-ecs\.yaml:6:10: network\.zones: 2 zones hold/,
    );
  });
});
