import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type ClusterConnection, connectCluster, type WayIn } from '../../src/access/cluster.ts';
import { createSecretMaker } from '../../src/certificates/secret-maker.ts';
import { realClock } from '../../src/engine/clock.ts';
import { EsEcsError } from '../../src/errors.ts';
import { createKeyStore } from '../../src/ssh/key-store.ts';
import { type Docker, startDocker } from './support/docker.ts';
import { freePort, startPart } from './support/part.ts';
import { type RealCluster, startRealCluster } from './support/real-cluster.ts';
import { startSshd } from './support/sshd.ts';

const cluster = 'search';
const password = 'a pass:word';
const bastionId = 'i-0bastion';

const secrets = createSecretMaker(() => Date.now());
const authority = await secrets.authority(cluster);
const stranger = await secrets.authority(cluster);
const node = await secrets.nodeCertificate(cluster, authority);

const directory = await mkdtemp(path.join(tmpdir(), 'es-ecs-way-in-'));
const keyFile = path.join(directory, 'es-ecs.key');
const { publicKey } = await createKeyStore({ file: keyFile, comment: 'es-ecs search' }).ensure();
const sshPort = await freePort();
const sshd = await startPart('a bastion (sshd)', () => startSshd({ port: sshPort, publicKey }));

afterAll(async () => {
  await sshd?.stop();
  await rm(directory, { recursive: true, force: true });
});

/** A server that answers as one node does, for what a real one cannot be made to say. */
interface StandIn {
  readonly port: number;
  /** `METHOD path` and the headers of what was asked. */
  readonly asked: { readonly line: string; readonly headers: Readonly<Record<string, unknown>> }[];
  stop(): Promise<void>;
}

type Answer = readonly [status: number, body: object];

/** @param at a port; left out: any that is free. */
async function standIn(answer: (pathname: string) => Answer, at = 0): Promise<StandIn> {
  const asked: StandIn['asked'] = [];
  const server = https.createServer({ key: node.privateKey, cert: node.certificate }, (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'https://search');
    asked.push({ line: `${request.method ?? ''} ${pathname}`, headers: request.headers });
    const [status, body] = answer(pathname);
    response.writeHead(status, { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

const health = {
  status: 'green',
  number_of_nodes: 3,
  number_of_data_nodes: 3,
  active_shards: 12,
  initializing_shards: 0,
  relocating_shards: 0,
  unassigned_shards: 0,
  delayed_unassigned_shards: 0,
  timed_out: false,
};

function wayTo(port: number, change: Partial<WayIn> = {}): WayIn {
  return {
    doors: [{ name: 'search-0', host: '127.0.0.1', port }],
    route: {
      bastion: { address: '127.0.0.1', instanceId: bastionId },
      privateKeyFile: keyFile,
      knownHostsFile: path.join(directory, 'known_hosts'),
      port: sshPort,
      user: sshd?.user ?? 'nobody',
    },
    clusterName: cluster,
    caCertificate: authority.certificate,
    password,
    ...change,
  };
}

let open: ClusterConnection[] = [];
afterEach(() => {
  for (const one of open) one.close();
  open = [];
});

function connect(way: WayIn): ClusterConnection {
  const connection = connectCluster(way, realClock);
  open.push(connection);
  return connection;
}

/** The sentence that a person reads, with what differs from run to run taken out. */
async function sentence(way: WayIn): Promise<string> {
  try {
    await connect(way).control.health();
  } catch (error) {
    if (!(error instanceof EsEcsError)) throw error;
    const text = [`${error.code}: ${error.message}`, ...error.hints].join('\n');
    expect(text).not.toContain(password);
    return text.replaceAll(directory, '/beside').replace(/:\d{4,5}\b/g, ':PORT');
  }
  throw new Error('it answered');
}

describe.skipIf(sshd === undefined)('the way in through a real sshd', () => {
  let server: StandIn;
  beforeEach(async () => {
    server = await standIn(() => [200, health]);
  });
  afterEach(async () => {
    await server.stop();
  });

  it('asks a node that was restarted over a new connection, and not nobody over the old one', async () => {
    const { control: view } = connect(wayTo(server.port));
    await view.health();
    await server.stop();
    server = await standIn(() => [200, health], server.port);
    // As long as a node takes to start at the very least: the end of the old connection has come through ssh.
    await setTimeout(500);
    const begunMs = performance.now();
    expect(await view.health()).toMatchObject({ status: 'green' });
    expect(performance.now() - begunMs).toBeLessThan(15_000);
    expect(server.asked).toHaveLength(1);
  });

  it('works, with the password, over one connection, and opens no port here', async () => {
    const { control: view } = connect(wayTo(server.port));
    const answers = await Promise.all([view.health(), view.health(), view.health()]);
    expect(answers[2]).toMatchObject({ status: 'green', nodes: 3, shards: 12, unassigned: 0 });
    expect(server.asked.map((one) => one.line)).toEqual(Array(3).fill('GET /_cluster/health'));
    const [first] = server.asked;
    expect(first?.headers['authorization']).toBe(
      `Basic ${Buffer.from(`elastic:${password}`).toString('base64')}`,
    );
    // Servers of version 8 refuse what the client would say by itself.
    expect(first?.headers['accept']).toBe('application/json,text/plain');
  });

  it('pins the host key at the first connection, under the id of the instance', async () => {
    await connect(wayTo(server.port)).control.health();
    expect(await readFile(path.join(directory, 'known_hosts'), 'utf8')).toMatch(/^i-0bastion ssh-ed25519 /);
  });

  it('refuses another host key than the first', async () => {
    const port = await freePort();
    const knownHostsFile = path.join(directory, 'known_hosts.other');
    const { route } = wayTo(server.port);
    if (route === undefined) throw new Error('there is a bastion');
    const way = wayTo(server.port, { route: { ...route, port, knownHostsFile } });
    const seen: string[] = [];
    for (const look of ['first', 'second']) {
      const bastion = await startSshd({ port, publicKey });
      if (look === 'first') await connect(way).control.health();
      else seen.push(await sentence(way));
      await bastion.stop();
    }
    expect(seen).toEqual([
      [
        'HOST_KEY_CHANGED: the bastion i-0bastion (127.0.0.1) shows another host key than the one in /beside/known_hosts.other',
        "ssh-keygen -R i-0bastion -f '/beside/known_hosts.other'  forgets the old one, once you know why it changed",
      ].join('\n'),
    ]);
    expect(server.asked).toHaveLength(1);
  });

  it('says that the bastion does not answer', async () => {
    const { route } = wayTo(server.port);
    if (route === undefined) throw new Error('there is a bastion');
    const way = wayTo(server.port, { route: { ...route, port: await freePort() } });
    expect(await sentence(way)).toMatchInlineSnapshot(`
      "BASTION_UNREACHABLE: the bastion 127.0.0.1 does not answer: connection refused
      bastion.allowedCidrs in the config says who may reach it: is your own address, as it is now, among them?
      es-ecs status  shows whether it runs"
    `);
  });

  it('says that the key is missing', async () => {
    const { route } = wayTo(server.port);
    if (route === undefined) throw new Error('there is a bastion');
    const way = wayTo(server.port, { route: { ...route, privateKeyFile: `${keyFile}.gone` } });
    expect(await sentence(way)).toMatchInlineSnapshot(`
      "KEY_UNUSABLE: the private key /beside/es-ecs.key.gone is not here
      run this where es-ecs up was run; es-ecs up here makes a new pair and replaces the bastion"
    `);
  });

  it('says that the key is open to others, and leaves it so', async () => {
    await chmod(keyFile, 0o644);
    try {
      expect(await sentence(wayTo(server.port))).toMatchInlineSnapshot(`
        "KEY_UNUSABLE: the private key /beside/es-ecs.key is open to others: its mode is 0644
        chmod 600 /beside/es-ecs.key"
      `);
    } finally {
      await chmod(keyFile, 0o600);
    }
  });

  it('says that the bastion knows another key', async () => {
    const file = path.join(directory, 'other.key');
    await createKeyStore({ file, comment: 'other' }).ensure();
    const { route } = wayTo(server.port);
    if (route === undefined) throw new Error('there is a bastion');
    expect(
      await sentence(wayTo(server.port, { route: { ...route, privateKeyFile: file } })),
    ).toMatchInlineSnapshot(`
      "KEY_UNUSABLE: the bastion 127.0.0.1 does not accept the key /beside/other.key
      es-ecs plan  shows whether the bastion was made with this key
      a bastion that was made a moment ago needs a minute"
    `);
  });

  it('trusts no other authority, and says nothing to what it does not trust', async () => {
    expect(
      await sentence(wayTo(server.port, { caCertificate: stranger.certificate })),
    ).toMatchInlineSnapshot(`
      "CLUSTER_UNTRUSTED: search-0 (127.0.0.1:PORT) shows a certificate that the cluster's own authority did not sign (UNABLE_TO_VERIFY_LEAF_SIGNATURE)
      the authority is the one in the secret es-ecs/search/certificates; look at what answers there"
    `);
    expect(server.asked).toEqual([]);
  });

  it("takes no certificate of another name, though the cluster's authority signed it", async () => {
    const text = await sentence(wayTo(server.port, { clusterName: 'other' }));
    expect(text).toMatchInlineSnapshot(`
      "CLUSTER_UNTRUSTED: search-0 (127.0.0.1:PORT) shows a certificate that is not for other
      the authority is the one in the secret es-ecs/other/certificates; look at what answers there"
    `);
    expect(server.asked).toEqual([]);
  });

  it('says that nobody listens', async () => {
    expect(await sentence(wayTo(await freePort()))).toMatchInlineSnapshot(`
      "CLUSTER_UNREACHABLE: search-0 (127.0.0.1:PORT) does not answer: connection refused
      es-ecs status  shows which tasks run"
    `);
  });

  it('says that what answers speaks no TLS', async () => {
    const sockets: net.Socket[] = [];
    const plain = net.createServer((socket) => {
      sockets.push(socket);
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    expect(await sentence(wayTo((plain.address() as AddressInfo).port))).toMatchInlineSnapshot(`
      "CLUSTER_UNREACHABLE: search-0 (127.0.0.1:PORT) does not answer: it does not speak TLS (ERR_SSL_WRONG_VERSION_NUMBER)
      es-ecs status  shows which tasks run"
    `);
    // What sshd has not closed yet would be waited for.
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => plain.close(resolve));
  });

  it('asks the next node where one does not answer, and begins there the next time', async () => {
    const doors = [
      { name: 'search-0', host: '127.0.0.1', port: await freePort() },
      { name: 'search-1', host: '127.0.0.1', port: server.port },
    ];
    const { control: view } = connect(wayTo(0, { doors }));
    expect((await view.health()).status).toBe('green');
    expect((await view.health()).status).toBe('green');
  });

  it('ends its ssh when it is closed, and opens another when it is asked again', async () => {
    const connection = connect(wayTo(server.port));
    await connection.control.health();
    connection.close();
    expect((await connection.control.health()).status).toBe('green');
  });
});

const addresses = ['127.0.55.1', '127.0.55.2'];
let docker: Docker | undefined;
let real: RealCluster | undefined;
if (sshd !== undefined) {
  real = await startPart('a real Elasticsearch', async () => {
    docker = await startDocker('unused');
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
  await docker?.stop();
});

/** Until it answers as it should, or for four minutes: this is the time of a machine with other things to do. */
async function eventually(look: () => Promise<boolean>): Promise<void> {
  const untilMs = Date.now() + 1_000_000;
  for (;;) {
    if (await look().catch(() => false)) return;
    if (Date.now() > untilMs) break;
    await realClock.sleep(500);
  }
  throw new Error(`it never came:\n${(await real?.log()) ?? ''}`);
}

describe.skipIf(real === undefined)('a real Elasticsearch behind a real sshd', () => {
  const doors = addresses.map((host, index) => ({ name: `search-${index}`, host, port: 9200 }));

  it('says how it is, who is in it and which cluster it is; then, without a quorum, that it has no master', async () => {
    const connection = connect(wayTo(0, { doors }));
    const { control: view } = connection;
    await eventually(async () => (await view.nodes()).length === 2);
    // The first user that is stored makes the index of users, whose copies must be in place before a node goes: what cannot
    // read its users refuses every password.
    const body = { password: 'of no use', roles: [] };
    await eventually(async () => {
      const { status } = await view.request({ method: 'PUT', path: '/_security/user/other', body });
      return status === 200;
    });
    await eventually(async () => {
      const { status, shards, unassigned } = await view.health();
      return status === 'green' && shards >= 2 && unassigned === 0;
    });
    expect(await view.health()).toMatchObject({ status: 'green', nodes: 2, unassigned: 0 });
    const nodes = await view.nodes();
    expect(nodes.map(({ name, zone, version }) => [name, zone, version])).toEqual([
      ['search-0', 'zone-0', real?.version],
      ['search-1', 'zone-1', real?.version],
    ]);
    expect(nodes.filter((one) => one.isMaster)).toHaveLength(1);
    expect(nodes[0]?.roles).toContain('master');
    expect(nodes[0]?.diskUsedPercent).toBeGreaterThan(0);
    expect(nodes[0]?.heapUsedPercent).toBeGreaterThan(0);
    const uuid = await view.clusterUuid();
    expect(uuid).toMatch(/^[\w-]{22}$/);

    expect(await sentence(wayTo(0, { doors, password: 'wrong' }))).toMatchInlineSnapshot(`
      "CLUSTER_PASSWORD: search-0 (127.0.55.1:PORT) refuses the password of the user elastic
      write the one that it takes into the secret es-ecs/search/password, as {"password": "…"}
      or is a node away that holds its users? es-ecs status  shows it"
    `);
    expect(await sentence(wayTo(0, { doors, caCertificate: stranger.certificate }))).toMatchInlineSnapshot(`
      "CLUSTER_UNTRUSTED: search-0 (127.0.55.1:PORT) shows a certificate that the cluster's own authority did not sign (UNABLE_TO_VERIFY_LEAF_SIGNATURE)
      the authority is the one in the secret es-ecs/search/certificates; look at what answers there"
    `);

    // Of two nodes only the master has a vote: the cluster survives the other one, and not this one.
    const master = nodes.findIndex((one) => one.isMaster);
    const left = doors[1 - master];
    await real?.kill(master);
    await eventually(async () => {
      const text = await sentence(wayTo(0, { doors }));
      return text.startsWith('CLUSTER_NO_MASTER');
    });
    expect(await sentence(wayTo(0, { doors }))).toBe(
      [
        `CLUSTER_NO_MASTER: ${left?.name ?? ''} (${left?.host ?? ''}:PORT) answers, and the cluster has no elected master: too few of the nodes that may become one see each other`,
        'es-ecs status  shows which nodes are away',
      ].join('\n'),
    );
    // What must not be taken for an answer: the node itself is well.
    expect((await view.request({ method: 'GET', path: '/' })).body).toMatchObject({ cluster_uuid: uuid });
    await expect(view.clusterUuid()).rejects.toMatchObject({ code: 'CLUSTER_NO_MASTER' });
    await expect(view.nodes()).rejects.toMatchObject({ code: 'CLUSTER_NO_MASTER' });
  });
});

describe('an answer that is none', () => {
  const directly = (port: number): WayIn => wayTo(port, { route: undefined });
  let server: StandIn | undefined;
  afterEach(async () => {
    await server?.stop();
  });

  it.each([
    [
      'a wrong password',
      [401, { error: { type: 'security_exception', reason: 'unable to authenticate' } }],
      [
        'CLUSTER_PASSWORD: search-0 (127.0.0.1:PORT) refuses the password of the user elastic',
        'write the one that it takes into the secret es-ecs/search/password, as {"password": "…"}',
        'or is a node away that holds its users? es-ecs status  shows it',
      ],
    ],
    [
      'no elected master',
      [503, { error: { type: 'master_not_discovered_exception', reason: null } }],
      [
        'CLUSTER_NO_MASTER: search-0 (127.0.0.1:PORT) answers, and the cluster has no elected master: too few of the nodes that may become one see each other',
        'es-ecs status  shows which nodes are away',
      ],
    ],
    [
      'a master that does not answer in time',
      [408, { ...health, timed_out: true }],
      ['CLUSTER_BUSY: the elected master does not answer in time', 'es-ecs status  shows which tasks run'],
    ],
    [
      'another failure',
      [500, { error: { type: 'illegal_state_exception', reason: 'of no use' } }],
      [
        'CLUSTER_UNREACHABLE: search-0 (127.0.0.1:PORT) answers with status 500: illegal_state_exception: of no use',
      ],
    ],
  ] as const)('%s', async (_name, answer, lines) => {
    server = await standIn(() => answer);
    expect(await sentence(directly(server.port))).toBe(lines.join('\n'));
  });
});
