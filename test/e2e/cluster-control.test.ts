import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { type ClusterConnection, connectCluster } from '../../src/access/cluster.ts';
import { createSecretMaker } from '../../src/certificates/secret-maker.ts';
import { realClock } from '../../src/engine/clock.ts';
import { EsEcsError } from '../../src/errors.ts';
import { controlContract, type Subject } from '../access/control-contract.ts';
import { type Docker, startDocker } from './support/docker.ts';
import { startPart } from './support/part.ts';
import { type RealCluster, startRealCluster } from './support/real-cluster.ts';

const name = 'search';
const password = 'a pass:word';
const addresses = ['127.0.57.1', '127.0.57.2', '127.0.57.3'];

const secrets = createSecretMaker(() => Date.now());
const authority = await secrets.authority(name);
const node = await secrets.nodeCertificate(name, authority);
const directory = await mkdtemp(path.join(tmpdir(), 'es-ecs-control-'));
const begun = performance.now();

let docker: Docker | undefined;
let connection: ClusterConnection | undefined;
const real: RealCluster | undefined = await startPart('a real Elasticsearch', async () => {
  docker = await startDocker('unused');
  const { certificate: caCertificate } = authority;
  return startRealCluster(docker, { addresses, name, caCertificate, ...node, password, directory });
});

afterAll(async () => {
  connection?.close();
  await docker?.stop();
  await rm(directory, { recursive: true, force: true });
});

/** Until it is so, or for four minutes: this is the time of a machine with other things to do. */
async function eventually(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const untilMs = Date.now() + 1_000_000;
  let problem = '';
  while (Date.now() < untilMs) {
    try {
      if (await isSo()) return;
      problem = 'it is not so';
    } catch (error) {
      // A node that is about to go, or a cluster that elects, answers with an error for a while.
      if (!(error instanceof EsEcsError)) throw error;
      problem = `${error.code}: ${error.message}`;
    }
    await realClock.sleep(500);
  }
  throw new Error(`it never came: ${what}: ${problem}\n${(await real?.log()) ?? ''}`);
}

describe.skipIf(real === undefined)(
  'three real nodes, asked as the simulated cluster is',
  { shuffle: false, timeout: 1_200_000 },
  () => {
    if (real === undefined) return;
    const doors = addresses.map((host, index) => ({ name: `search-${index}`, host, port: 9200 }));
    const { certificate: caCertificate } = authority;
    const open = connectCluster(
      { doors, route: undefined, clusterName: name, caCertificate, password },
      realClock,
    );
    connection = open;
    const number = (which: string): number => Number(which.slice(-1));
    const subject: Subject = {
      control: open.control,
      version: real.version,
      eventually,
      stop: (which) => real.stop(number(which)),
      start: (which) => real.start(number(which)),
    };

    it('form a cluster', async () => {
      await eventually('three nodes', async () => (await open.control.health()).nodes === 3);
      // The first user that is stored makes the index of users. Without it, a node that starts knows no password for a moment.
      await eventually('an index of users', async () => {
        const body = { password: 'of no use', roles: [] };
        const { status } = await open.control.request({ method: 'PUT', path: '/_security/user/other', body });
        return status === 200;
      });
      process.stderr.write(`three nodes after ${((performance.now() - begun) / 1000).toFixed(1)} s\n`);
    });

    for (const { name: title, run } of controlContract) it(title, () => run(subject));

    it('refuse what they refuse with their own reason', async () => {
      const wrong = { persistent: { 'cluster.no_such_setting': 1 } };
      await expect(open.control.putSettings(wrong)).rejects.toMatchObject({
        code: 'CLUSTER_REFUSED',
        message:
          'Elasticsearch refuses PUT /_cluster/settings with status 400: illegal_argument_exception: persistent setting [cluster.no_such_setting], not recognized',
      });
    });

    it('say that too many votes are taken', async () => {
      const many = Array.from({ length: 11 }, (_, index) => `nobody-${index}`);
      await expect(open.control.excludeVotes(many)).rejects.toMatchObject({ code: 'CLUSTER_REFUSED' });
      expect((await open.control.voting()).exclusions).toEqual([]);
    });
  },
);
