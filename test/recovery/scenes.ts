import { type Explored, explore, runUndisturbed, type Scene } from './crash-points.ts';
import { type CrashImage, openAccount, snapshotOf } from './site.ts';
import { seedIndex } from '../../src/simulator/elasticsearch/seeds.ts';

const head = 'name: search\nregion: eu-west-1\n';

/** Three nodes in three zones, one NAT gateway. */
export const config = `${head}elasticsearch: { version: 9.4.6 }\nnodes: 3\nnetwork: { nat: single }\n`;

/** The same cluster with an edit that touches things of every kind. */
export const editedConfig = `${head}elasticsearch:
  version: 9.4.6
  settings: { indices.memory.index_buffer_size: 20% }
nodes: 4
instanceType: m7g.xlarge
network: { nat: single, flowLogs: true }
storage: { sizeGiB: 250 }
logs: { retentionDays: 7 }
tags: { team: search }
access: { cidrs: [10.9.0.0/16] }
`;

/** The same cluster with a node less. */
export const smallerConfig = config.replace('nodes: 3', 'nodes: 2');

/** The cluster as an undisturbed `up` leaves it, and with data in it. */
export async function filled(): Promise<CrashImage> {
  const before = await standing();
  const account = openAccount({ snapshot: snapshotOf(before) });
  seedIndex(account.world, 'search', { name: 'logs', shards: 3, replicas: 1, bytes: 1024 ** 3 });
  for (let minute = 0; minute < 10; minute += 1) {
    await account.clock.sleep(60_000);
    account.world.catchUp();
  }
  return { files: before.files, account: JSON.stringify(account.snapshot()) };
}

/** The same cluster with a newer Elasticsearch: every node restarts. */
export const upgradedConfig = `${head}elasticsearch: { version: 9.5.3 }\nnodes: 3\nnetwork: { nat: single }\n`;

/** The same cluster on other hosts: every host is replaced. */
export const movedConfig = `${config}instanceType: m7g.xlarge\n`;

/** The cluster as an undisturbed `up` leaves it. */
export async function standing(): Promise<CrashImage> {
  const { after } = await runUndisturbed({ words: ['up'], config });
  return after;
}

/** At once: what the dead run made last is not visible yet. */
const gapMs = 0;

/** Explores a scene and says how many points it has. */
export async function exploreAloud(scene: Scene): Promise<Explored> {
  const explored = await explore(scene, { gapMs });
  const { points, distinct } = explored;
  console.log(
    `${scene.words.join(' ')}: killed at each of ${points} points, ${distinct} of which left something of their own`,
  );
  return explored;
}
