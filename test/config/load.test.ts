import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { readConfig } from '../../src/config/load.ts';
import { allRoles, configSchema } from '../../src/config/schema.ts';
import { EsEcsError } from '../../src/errors.ts';
import { fileWith, load, problemsOf } from './example.ts';

describe('the smallest file', () => {
  it('takes every default', () => {
    const { config, warnings } = load(fileWith());
    expect(warnings).toEqual([]);
    expect(config).toEqual({
      name: 'search',
      region: 'eu-west-1',
      elasticsearch: { version: '9.4.6', settings: {}, heapMiB: undefined },
      nodeGroups: [
        {
          name: 'default',
          count: 3,
          roles: allRoles,
          instanceType: 'm7g.large',
          storage: { sizeGiB: 200, iops: 3000, throughputMiBps: 125 },
        },
      ],
      network: { cidr: '10.0.0.0/16', zones: { count: 3 }, nat: 'per-zone', flowLogs: false },
      bastion: { enabled: true, instanceType: 't4g.nano', allowedCidrs: 'caller' },
      image: { uri: undefined },
      access: { cidrs: [], endpoint: undefined },
      logs: { retentionDays: 30 },
      iam: { permissionsBoundary: undefined, path: '/' },
      encryption: { kmsKeyId: undefined },
      tags: {},
    });
  });

  it('may begin with a byte order mark and an editor comment', () => {
    expect(load(`\uFEFF# yaml-language-server: $schema=x.json\n${fileWith()}`).config.name).toBe('search');
  });

  it('means the same with its defaults written out', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.boolean(), (nodes, flow) => {
        const small = { name: 'search', region: 'eu-west-1', elasticsearch: { version: '9.4.6' }, nodes };
        const full: unknown = configSchema.parse(small);
        const written = stringify(full, flow ? { collectionStyle: 'flow' } : {});
        expect(load(written).config).toEqual(load(stringify(small)).config);
      }),
    );
  });
});

describe('short and long forms', () => {
  it('gives groups what they do not set themselves from the top level', () => {
    const groups = `
  - { name: masters, count: 3, roles: [master], instanceType: m7g.medium, storage: { sizeGiB: 20 } }
  - { name: hot, count: 2 }`;
    const { config } = load(fileWith('instanceType: r7i.xlarge\nstorage: { iops: 4000 }\n', groups));
    expect(config.nodeGroups).toEqual([
      {
        name: 'masters',
        count: 3,
        roles: ['master'],
        instanceType: 'm7g.medium',
        storage: { sizeGiB: 20, iops: 4000, throughputMiBps: 125 },
      },
      {
        name: 'hot',
        count: 2,
        roles: allRoles,
        instanceType: 'r7i.xlarge',
        storage: { sizeGiB: 200, iops: 4000, throughputMiBps: 125 },
      },
    ]);
  });

  it.each([
    ['bastion: false', { enabled: false }],
    ['bastion: { enabled: false, instanceType: t4g.micro }', { enabled: false }],
    ['bastion: true', { enabled: true, instanceType: 't4g.nano', allowedCidrs: 'caller' }],
    ['bastion: {}', { enabled: true, instanceType: 't4g.nano', allowedCidrs: 'caller' }],
    [
      'bastion: { instanceType: t3.nano, allowedCidrs: [203.0.113.7/32] }',
      { enabled: true, instanceType: 't3.nano', allowedCidrs: ['203.0.113.7/32'] },
    ],
  ])('%s', (line, bastion) => {
    expect(load(fileWith(line)).config.bastion).toEqual(bastion);
  });

  it('takes zones by number or by name', () => {
    expect(load(fileWith('network: { zones: 2 }')).config.network.zones).toEqual({ count: 2 });
    expect(load(fileWith('network: { zones: [eu-west-1c, eu-west-1a] }')).config.network.zones).toEqual({
      names: ['eu-west-1c', 'eu-west-1a'],
    });
  });

  it('takes settings of Elasticsearch as scalars and lists', () => {
    const settings = { 'indices.query.bool.max_clause_count': 4096, 'reindex.remote.whitelist': ['a:9200'] };
    const text = fileWith().replace('9.4.6', `9.4.6, heapMiB: 4096, settings: ${JSON.stringify(settings)}`);
    expect(load(text).config.elasticsearch).toEqual({ version: '9.4.6', heapMiB: 4096, settings });
  });
});

describe('what is not YAML', () => {
  it.each([
    ['\tname: a', 'es-ecs.yaml:1:1: a tab stands where YAML wants spaces'],
    ['network:\n\tnat: none', 'es-ecs.yaml:2:1: a tab stands where YAML wants spaces'],
    ['name: a\nname: b', 'es-ecs.yaml:2:1: name: stands here a second time in the same map; keep one'],
    [fileWith('---\nname: b'), 'es-ecs.yaml:5:1: a second document begins here; the file holds one cluster'],
    ['name: !Ref x', 'es-ecs.yaml:1:7: unresolved tag: !Ref'],
    ['name: "a', 'es-ecs.yaml:1:9: missing closing "quote'],
    [
      'name: a: b',
      "es-ecs.yaml:1:7: a second ':' stands in one value; check the indentation, or quote the text",
    ],
    ['? [a]\n: b', 'es-ecs.yaml:1:3: a key is not text'],
    ['name: *x', 'es-ecs.yaml:1:7: *x: no anchor &x stands before it; quote text that begins with *'],
  ])('%j', (text, message) => {
    expect(problemsOf(text, 'CONFIG_SYNTAX')).toEqual([message]);
  });

  it('what is nested too deeply to be read', () => {
    const lines = problemsOf('['.repeat(20_000), 'CONFIG_SYNTAX');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^es-ecs.yaml:1:\d+: nested too deeply to be read$/);
  });

  it('names every key that stands twice', () => {
    expect(problemsOf('a: 1\nb: 1\na: 2\nb: 2', 'CONFIG_SYNTAX')).toEqual([
      'es-ecs.yaml:3:1: a: stands here a second time in the same map; keep one',
      'es-ecs.yaml:4:1: b: stands here a second time in the same map; keep one',
    ]);
  });

  it('does not let aliases grow without end', () => {
    const letters = 'a b c d e f g h i j k l'.split(' ');
    const bomb = letters.map((key, index) => {
      const previous = letters[index - 1];
      return `${key}: &${key} [${previous === undefined ? '1' : Array(9).fill(`*${previous}`).join(', ')}]`;
    });
    expect(problemsOf(bomb.join('\n'), 'CONFIG_SYNTAX')).toEqual([
      'es-ecs.yaml: aliases (*name) repeat so often, or so deep, that the file is not read; write the values out',
    ]);
  });
});

describe('whatever stands in the file', () => {
  function loadsOrExplains(text: string): void {
    try {
      load(text);
    } catch (error) {
      expect(error).toBeInstanceOf(EsEcsError);
      expect(error).toHaveProperty('message', expect.stringMatching(/^es-ecs\.yaml(:[1-9]\d*:[1-9]\d*)?: /));
    }
  }

  it('is loaded or explained: any text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'ab:-[]{}&*!|>#\'"%@`,? \n\t'.split('')) }),
        loadsOrExplains,
      ),
    );
  });

  it('is loaded or explained: any value under any key', () => {
    const keys = fc.constantFrom(...Object.keys(configSchema.shape));
    fc.assert(
      fc.property(fc.dictionary(keys, fc.jsonValue()), (wrong) => {
        const right = { name: 'search', region: 'eu-west-1', elasticsearch: { version: '9.4.6' }, nodes: 3 };
        loadsOrExplains(stringify({ ...right, ...wrong }));
      }),
    );
  });
});

describe('what the schema refuses', () => {
  it.each([
    // The golden form of UX.
    [fileWith('', '0'), 'es-ecs.yaml:4:8: nodes: 0 is not a number of nodes (1 to 1000)'],
    [fileWith('', '1001'), 'es-ecs.yaml:4:8: nodes: 1001 is not a number of nodes (1 to 1000)'],
    [fileWith('', '2.5'), 'es-ecs.yaml:4:8: nodes: 2.5 is not a number of nodes (1 to 1000)'],
    [
      fileWith('', 'many'),
      'es-ecs.yaml:4:8: nodes: many is not a number of nodes (1 to 1000) or a list of node groups',
    ],
    [
      fileWith('', '[]'),
      'es-ecs.yaml:4:1: nodes: an empty list is not a number of nodes (1 to 1000) or a list of node groups',
    ],
    [
      fileWith('', '[{ name: a, count: 0 }]'),
      'es-ecs.yaml:4:27: nodes[0].count: 0 is not a number of nodes (1 to 1000)',
    ],
    [
      fileWith('', '[{ name: a }]'),
      'es-ecs.yaml:4:9: nodes[0].count: missing; it must be a number of nodes (1 to 1000)',
    ],
    [fileWith('', '[3]'), 'es-ecs.yaml:4:9: nodes[0]: 3 is not a node group (a map with name and count)'],
    [
      fileWith('', '[{ name: a, count: 3, roles: [boss] }]'),
      'es-ecs.yaml:4:38: nodes[0].roles[0]: boss is not a node role (master, data, data_content, data_hot, data_warm, ' +
        'data_cold, data_frozen, ingest, ml, remote_cluster_client, transform, voting_only)',
    ],
    [
      fileWith().replace('search', 'Search'),
      "es-ecs.yaml:1:7: name: Search is not a cluster name (2 to 24 of a-z, 0-9 and single '-' between, starting with a letter)",
    ],
    [
      fileWith().replace('eu-west-1', 'Ireland'),
      'es-ecs.yaml:2:9: region: Ireland is not an AWS region (such as eu-west-1)',
    ],
    [
      fileWith().replace('eu-west-1', ''),
      'es-ecs.yaml:2:1: region: empty; it must be an AWS region (such as eu-west-1)',
    ],
    [
      fileWith().replace('eu-west-1', '""'),
      'es-ecs.yaml:2:9: region: "" is not an AWS region (such as eu-west-1)',
    ],
    [
      fileWith().replace('region: eu-west-1\n', ''),
      'es-ecs.yaml:1:1: region: missing; it must be an AWS region (such as eu-west-1)',
    ],
    // As written, and not as the number 9.1.
    [
      fileWith().replace('9.4.6', '9.10'),
      'es-ecs.yaml:3:27: elasticsearch.version: 9.10 is not a version (three numbers, such as 9.4.6)',
    ],
    [
      fileWith().replace('9.4.6', '9.4.6, heapMiB: 32000'),
      'es-ecs.yaml:3:43: elasticsearch.heapMiB: 32000 is not a heap size in MiB (256 to 31744, which is 31 GiB)',
    ],
    [
      fileWith().replace('9.4.6', '9.4.6, settings: { indices: { memory: 1 } }'),
      "es-ecs.yaml:3:46: elasticsearch.settings.indices: a map is not a setting's value (text, number, true or false, " +
        'or a list of them; nested settings are written with dots)',
    ],
    [
      fileWith('instanceType: m7g'),
      'es-ecs.yaml:5:15: instanceType: m7g is not an instance type (such as m7g.large or r7i.2xlarge)',
    ],
    [
      fileWith('storage: { sizeGiB: 0 }'),
      'es-ecs.yaml:5:21: storage.sizeGiB: 0 is not a size in GiB (1 to 65536, gp3)',
    ],
    [
      fileWith('storage: { iops: 100 }'),
      'es-ecs.yaml:5:18: storage.iops: 100 is not a number of IOPS (3000 to 80000, gp3)',
    ],
    [
      fileWith('storage: { throughputMiBps: 4000 }'),
      'es-ecs.yaml:5:29: storage.throughputMiBps: 4000 is not a throughput in MiB/s (125 to 2000, gp3)',
    ],
    [
      fileWith('storage: 200'),
      'es-ecs.yaml:5:10: storage: 200 is not a map of sizeGiB, iops and throughputMiBps',
    ],
    [
      fileWith('network: { cidr: 10.0.0.0 }'),
      'es-ecs.yaml:5:18: network.cidr: 10.0.0.0 is not an IPv4 CIDR (such as 10.0.0.0/16; one address is 203.0.113.7/32)',
    ],
    [
      fileWith('network: { cidr: 10.0.0.256/16 }'),
      'es-ecs.yaml:5:18: network.cidr: 10.0.0.256/16 is not an IPv4 CIDR (such as 10.0.0.0/16; one address is 203.0.113.7/32)',
    ],
    [
      fileWith('network: { zones: 7 }'),
      'es-ecs.yaml:5:19: network.zones: 7 is not a number of zones (1 to 6) or a list of zone names',
    ],
    [
      fileWith('network: { zones: [a] }'),
      'es-ecs.yaml:5:20: network.zones[0]: a is not the name of an availability zone (such as eu-west-1a)',
    ],
    [
      fileWith('network: { nat: all }'),
      'es-ecs.yaml:5:17: network.nat: all is not a kind of NAT (per-zone, single or none)',
    ],
    [
      fileWith('bastion: no'),
      'es-ecs.yaml:5:10: bastion: no is not true, false, or a map of enabled, instanceType and allowedCidrs',
    ],
    [
      fileWith('bastion: { allowedCidrs: [] }'),
      'es-ecs.yaml:5:12: bastion.allowedCidrs: an empty list is not a list of CIDRs (at least one)',
    ],
    [
      fileWith('network:\n  zones: [a, b, c, d, e, f, g]'),
      'es-ecs.yaml:6:3: network.zones: a list of 7 is longer than 6, which is the most',
    ],
    [
      fileWith('', `[${'{ name: a, count: 1 },'.repeat(21)}]`),
      'es-ecs.yaml:4:1: nodes: a list of 21 is longer than 20, which is the most',
    ],
    [
      fileWith('image: { uri: search }'),
      'es-ecs.yaml:5:15: image.uri: search is not an image with its registry ' +
        '(such as 123456789012.dkr.ecr.eu-west-1.amazonaws.com/search:9.4.6)',
    ],
    [
      fileWith('logs: { retentionDays: 31 }'),
      'es-ecs.yaml:5:24: logs.retentionDays: 31 is not a number of days that CloudWatch Logs accepts (1, 3, 5, 7, 14, 30, ' +
        '60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)',
    ],
    ...[
      'arn:aws:iam::123456789012:role/boundary',
      'arn:aws:iam::1234:policy/boundary',
      'arn:aws:iam:eu-west-1:123456789012:policy/boundary',
      'arn:aws:iam::123456789012:policy/',
      'arn:aws:iam::123456789012:policy/*',
      'boundary',
    ].map((arn) => [
      fileWith(`iam: { permissionsBoundary: "${arn}" }`),
      `es-ecs.yaml:5:29: iam.permissionsBoundary: ${arn} is not the ARN of a managed policy ` +
        '(such as arn:aws:iam::123456789012:policy/boundary)',
    ]),
    ...['company/', '/company', 'company', '//', '/a b/', '/a//b/', '/*/'].map((path) => [
      fileWith(`iam: { path: "${path}" }`),
      `es-ecs.yaml:5:14: iam.path: ${path} is not a path of IAM (of letters, digits and + = , . @ _ -, ` +
        "beginning and ending with '/', such as /company/search/)",
    ]),
    [
      fileWith('tags: { cost-center: 1234 }'),
      "es-ecs.yaml:5:22: tags.cost-center: 1234 is not a tag's value (text of at most 256 characters; quote numbers)",
    ],
    [
      fileWith(`tags: { a: ${'x'.repeat(257)} }`),
      `es-ecs.yaml:5:12: tags.a: ${'x'.repeat(57)}… is not a tag's value (text of at most 256 characters; quote numbers)`,
    ],
    ['- name: a', 'es-ecs.yaml:1:1: a list is not a map of settings'],
    ['search', 'es-ecs.yaml:1:1: search is not a map of settings'],
    [
      fileWith('instanceType: &x 7\nimage: { uri: *x }'),
      'es-ecs.yaml:5:18: instanceType: 7 is not an instance type (such as m7g.large or r7i.2xlarge)',
      'es-ecs.yaml:6:15: image.uri: 7 is not an image with its registry ' +
        '(such as 123456789012.dkr.ecr.eu-west-1.amazonaws.com/search:9.4.6)',
    ],
  ])('%j', (text, ...lines) => {
    expect(problemsOf(text)).toEqual(lines);
  });

  it.each([
    ['nodess: 3', 'nodess: not a known key; did you mean nodes?'],
    ['instance_type: m7g.large', 'instance_type: not a known key; did you mean instanceType?'],
    ['Tags: {}', 'Tags: not a known key; did you mean tags?'],
    ['lgos: {}', 'lgos: not a known key; did you mean logs?'],
    ['version: 9.4.6', 'version: not a known key here; it belongs at elasticsearch.version'],
    ['zones: 3', 'zones: not a known key here; it belongs at network.zones'],
    ['count: 3', 'count: not a known key here; it belongs at nodes[].count'],
    [
      'kibana: true',
      'kibana: not a known key (known here: name, region, elasticsearch, nodes, instanceType, storage, network, ' +
        'bastion, image, access, logs, iam, encryption, tags)',
    ],
    [
      '__proto__: { name: x }',
      '__proto__: not a known key (known here: name, region, elasticsearch, nodes, instanceType, storage, network, ' +
        'bastion, image, access, logs, iam, encryption, tags)',
    ],
  ])('the unknown key %s', (line, message) => {
    expect(problemsOf(fileWith(line))).toEqual([`es-ecs.yaml:5:1: ${message}`]);
  });

  it('names unknown keys inside maps and lists', () => {
    expect(
      problemsOf(
        fileWith('bastion:\n  enabeld: true\nnetwork: { Cidr: x }', '\n  - { name: a, count: 3, role: [] }'),
      ),
    ).toEqual([
      'es-ecs.yaml:5:26: nodes[0].role: not a known key; did you mean roles?',
      'es-ecs.yaml:7:3: bastion.enabeld: not a known key; did you mean enabled?',
      'es-ecs.yaml:8:12: network.Cidr: not a known key; did you mean cidr?',
    ]);
  });

  it('calls a misspelt key misspelt, and not missing as well', () => {
    expect(problemsOf(fileWith().replace('region', 'regoin'))).toEqual([
      'es-ecs.yaml:2:1: regoin: not a known key; did you mean region?',
    ]);
  });

  it('tells everything at once, in the order of the file', () => {
    const text = 'name: 1\nregion: x\nelasticsearch: { version: 9 }\nnodes: 0\ntags: 3\n';
    expect(problemsOf(text).map((line) => line.split(': ').slice(0, 2).join(' '))).toEqual([
      'es-ecs.yaml:1:7 name',
      'es-ecs.yaml:2:9 region',
      'es-ecs.yaml:3:27 elasticsearch.version',
      'es-ecs.yaml:4:8 nodes',
      'es-ecs.yaml:5:7 tags',
    ]);
  });

  it.each(['', '# only a comment\n', '---\n'])('an empty file %j', (text) => {
    expect(problemsOf(text)[0]).toBe('es-ecs.yaml: empty; it must be a map of settings');
  });
});

describe('at', () => {
  const groups = '\n  - { name: a, count: 3 }\n  - { name: b, count: 2, instanceType: r7g.large }';
  const { at } = load(
    fileWith('network:\n  zones:\n    - eu-west-1a\n    - eu-west-1b\ninstanceType: m7g.xlarge\n', groups),
  );

  it.each([
    [['network', 'zones', 1], 'es-ecs.yaml:10:7'],
    [['network', 'zones'], 'es-ecs.yaml:8:3'],
    [['network', 'nat'], 'es-ecs.yaml:7:1'],
    [['bastion', 'instanceType'], 'es-ecs.yaml:1:1'],
    [['nodes', 1, 'instanceType'], 'es-ecs.yaml:6:40'],
    [['nodeGroups', 1, 'instanceType'], 'es-ecs.yaml:6:40'],
    [['nodeGroups', 0, 'instanceType'], 'es-ecs.yaml:11:15'],
    [['nodes', 0, 'count'], 'es-ecs.yaml:5:23'],
  ])('%j', (path, place) => {
    expect(at(path)).toBe(place);
  });

  it('finds groups that the file does not spell out', () => {
    expect(load(fileWith()).at(['nodeGroups', 0, 'count'])).toBe('es-ecs.yaml:4:8');
    expect(load(fileWith('instanceType: m7g.large')).at(['nodeGroups', 0, 'instanceType'])).toBe(
      'es-ecs.yaml:5:15',
    );
  });
});

describe('readConfig', () => {
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'es-ecs-config-'));
  });
  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  async function errorOf(path: string): Promise<EsEcsError> {
    const error: unknown = await readConfig(path).catch((thrown: unknown) => thrown);
    if (!(error instanceof EsEcsError)) throw error;
    return error;
  }

  it('reads a file', async () => {
    const path = join(directory, 'es-ecs.yaml');
    await writeFile(path, fileWith());
    expect((await readConfig(path)).config.name).toBe('search');
  });

  it('names the file as it was given', async () => {
    const path = join(directory, 'mine.yaml');
    await writeFile(path, fileWith('', '0'));
    expect((await errorOf(path)).message).toBe(`${path}:4:8: nodes: 0 is not a number of nodes (1 to 1000)`);
  });

  it('says what to do when there is none', async () => {
    const error = await errorOf(join(directory, 'none.yaml'));
    expect(error).toMatchObject({
      code: 'CONFIG_NOT_FOUND',
      message: `there is no config file ${directory}/none.yaml`,
    });
    expect(error.hints[0]).toMatch(/^es-ecs init /);
  });

  it('refuses a directory', async () => {
    expect(await errorOf(directory)).toMatchObject({
      code: 'CONFIG_NOT_FOUND',
      message: `${directory} is not a config file: it is a directory`,
    });
  });

  it('reads 256 KiB and refuses one byte more, before it is parsed', async () => {
    const path = join(directory, 'es-ecs.yaml');
    const padded = (bytes: number): string => fileWith().padEnd(bytes, '#');
    await writeFile(path, `${fileWith()}${'\n'.repeat(256 * 1024 - fileWith().length)}`);
    expect((await readConfig(path)).config.name).toBe('search');
    // No YAML at all, which nobody finds out.
    await writeFile(path, padded(256 * 1024 + 1).replace('name', '\tname'));
    expect(await errorOf(path)).toMatchObject({
      code: 'CONFIG_INVALID',
      message: `${path}: larger than 256 KiB, and no config of a cluster is`,
    });
  });

  it('refuses what is not text', async () => {
    const path = join(directory, 'es-ecs.yaml');
    await writeFile(path, new Uint8Array([0x6e, 0xff, 0xfe]));
    expect(await errorOf(path)).toMatchObject({
      code: 'CONFIG_SYNTAX',
      message: `${path}: not a text file in UTF-8`,
    });
  });
});
