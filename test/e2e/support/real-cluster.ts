import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { Docker } from './docker.ts';
import { loadElasticsearchBase } from './elasticsearch.ts';

/** A real Elasticsearch of as many nodes as addresses, with TLS and a password, all of them master-eligible. */
export interface RealClusterOptions {
  /** Of loopback; ports 9200 and 9300 must be free there. */
  readonly addresses: readonly string[];
  readonly name: string;
  /** PEM. */
  readonly caCertificate: string;
  readonly certificate: string;
  readonly privateKey: string;
  readonly password: string;
  /** For what the nodes read at their start. */
  readonly directory: string;
}

export interface RealCluster {
  readonly version: string;
  /** By their number: without a clean stop. */
  kill(node: number): Promise<void>;
  /** With one, as ECS does it. */
  stop(node: number): Promise<void>;
  /** On the same data as before; returns without waiting for it. */
  start(node: number): Promise<void>;
  /** The last lines of every node's log, for a test that fails. */
  log(): Promise<string>;
}

/** What a node's container does: takes its settings and secrets, and becomes Elasticsearch. */
const start = [
  'cp -r /given/certs /given/elasticsearch.yml config/',
  // Where it starts again, it has one.
  '{ [ -f config/elasticsearch.keystore ] || bin/elasticsearch-keystore create; }',
  'bin/elasticsearch-keystore add -x -f bootstrap.password </given/password',
  'exec bin/elasticsearch',
].join(' && ');

/**
 * Starts the nodes and returns without waiting for them; they end with the engine.
 *
 * @throws PartUnavailable where the server cannot be had
 */
export async function startRealCluster(docker: Docker, options: RealClusterOptions): Promise<RealCluster> {
  const { version } = await loadElasticsearchBase(docker);
  await Promise.all(
    options.addresses.map(async (address, index) => {
      const given = path.join(options.directory, `node-${index}`);
      await writeGiven(given, address, options);
      const result = await docker.run([
        ...['run', '--detach', '--name', `${options.name}-${index}`, '--network', 'host'],
        ...['--env', 'ES_JAVA_OPTS=-Xms512m -Xmx512m', '--volume', `${given}:/given:ro`],
        ...['--entrypoint', '/bin/bash', `docker.elastic.co/elasticsearch/elasticsearch:${version}`],
        ...['-c', start],
      ]);
      if (result.exitCode !== 0) throw new Error(`a node does not start: ${result.stderr}`);
    }),
  );
  const act = async (command: readonly string[], node: number): Promise<void> => {
    const result = await docker.run([...command, `${options.name}-${node}`]);
    if (result.exitCode !== 0) throw new Error(`docker ${command.join(' ')}: ${result.stderr}`);
  };
  return {
    version,
    kill: (node) => act(['kill'], node),
    stop: (node) => act(['stop', '--time', '60'], node),
    start: (node) => act(['start'], node),
    log: async () => {
      const names = options.addresses.map((_, index) => `${options.name}-${index}`);
      const logs = await Promise.all(names.map((name) => docker.run(['logs', '--tail', '30', name])));
      return logs.map(({ stdout, stderr }) => `${stdout}\n${stderr}`).join('\n\n');
    },
  };
}

async function writeGiven(folder: string, address: string, options: RealClusterOptions): Promise<void> {
  const certs = path.join(folder, 'certs');
  await mkdir(certs, { recursive: true });
  await Promise.all([
    writeFile(path.join(certs, 'ca.crt'), options.caCertificate),
    writeFile(path.join(certs, 'node.crt'), options.certificate),
    writeFile(path.join(certs, 'node.key'), options.privateKey),
    writeFile(path.join(folder, 'password'), options.password),
    writeFile(path.join(folder, 'elasticsearch.yml'), settings(address, options)),
  ]);
  // The server is another user, and these are nobody's secrets.
  for (let one = folder; one !== path.dirname(options.directory); one = path.dirname(one))
    await chmod(one, 0o755);
}

function settings(address: string, { addresses, name }: RealClusterOptions): string {
  const index = addresses.indexOf(address);
  const tls = ['transport', 'http'].flatMap((layer) => [
    `xpack.security.${layer}.ssl.enabled: true`,
    `xpack.security.${layer}.ssl.key: certs/node.key`,
    `xpack.security.${layer}.ssl.certificate: certs/node.crt`,
    `xpack.security.${layer}.ssl.certificate_authorities: ["certs/ca.crt"]`,
  ]);
  return [
    `cluster.name: ${name}`,
    `node.name: ${name}-${index}`,
    `node.attr.zone: zone-${index}`,
    'cluster.routing.allocation.awareness.attributes: zone',
    `network.host: ${address}`,
    'http.port: 9200',
    'transport.port: 9300',
    `discovery.seed_hosts: ${JSON.stringify(addresses)}`,
    `cluster.initial_master_nodes: ${JSON.stringify(addresses.map((_, other) => `${name}-${other}`))}`,
    'node.store.allow_mmap: false',
    'xpack.security.enabled: true',
    'xpack.security.autoconfiguration.enabled: false',
    'xpack.security.transport.ssl.verification_mode: certificate',
    ...tls,
    '',
  ].join('\n');
}
