import { describe, expect, it } from 'vitest';

import { seedIndex } from '../../../src/simulator/elasticsearch/seeds.ts';
import { type ClusterStage, clusterStage } from './cluster-stage.ts';

const three = ['search-0', 'search-1', 'search-2'];

async function grown(version: string): Promise<ClusterStage> {
  const stage = clusterStage();
  for (const name of three) stage.start(name, { version });
  await stage.pass(30);
  seedIndex(stage.account.world, 'search', { name: 'books', shards: 3, replicas: 1 });
  await stage.pass(60);
  return stage;
}

/** Looks at every replica that is being copied, by the versions of both ends; how many there are. */
async function recoveriesTo(
  { control }: ClusterStage,
  look: (from: string, to: string) => void,
): Promise<number> {
  const [nodes, shards] = await Promise.all([control.nodes(), control.shards()]);
  const versionOf = (name: string | undefined): string =>
    nodes.find((node) => node.name === name)?.version ?? 'none';
  const copied = shards.filter((copy) => copy.state === 'initializing' && !copy.isPrimary);
  for (const copy of copied) {
    const primary = shards.find(
      (one) => one.isPrimary && one.index === copy.index && one.shard === copy.shard,
    );
    look(versionOf(primary?.node), versionOf(copy.node));
  }
  return copied.length;
}

describe('versions in the simulated cluster', () => {
  it('no copy goes from a newer node to an older one, and all is green once the roll is done', async () => {
    const stage = await grown('9.4.3');
    const order = ['search-2', 'search-1', 'search-0'];
    let copied = 0;
    for (const name of order) {
      stage.stop(name);
      stage.start(name, { version: '9.4.6' });
      for (let second = 0; second < 120; second += 1) {
        copied += await recoveriesTo(stage, (from, to) => {
          expect(to >= from, `${from} to ${to}`).toBe(true);
        });
        await stage.pass(1);
      }
    }
    expect(copied).toBeGreaterThan(0);
    expect((await stage.control.health()).status).toBe('green');
    expect((await stage.control.nodes()).map((node) => node.version)).toEqual(Array(3).fill('9.4.6'));
  });

  it('a replica of a new index on a newer node waits for a second one', async () => {
    const stage = await grown('9.4.3');
    stage.stop('search-2');
    stage.start('search-2', { version: '9.4.6' });
    await stage.pass(60);
    // The only place for its primary.
    const enough = { persistent: { 'cluster.routing.allocation.exclude._name': 'search-0,search-1' } };
    await stage.control.putSettings(enough);
    const settings = { number_of_replicas: 1 };
    await stage.control.request({ method: 'PUT', path: '/fresh', body: { settings } });
    await stage.pass(5);
    await stage.control.putSettings({ persistent: { 'cluster.routing.allocation.exclude._name': null } });
    await stage.pass(300);
    const replica = async (): Promise<string | undefined> =>
      (await stage.control.shards()).find((copy) => copy.index === 'fresh' && !copy.isPrimary)?.state;
    expect(await replica()).toBe('unassigned');
    stage.stop('search-1');
    stage.start('search-1', { version: '9.4.6' });
    await stage.pass(60);
    expect(await replica()).toBe('started');
  });

  it('does not let in a node that is older than every other', async () => {
    const stage = await grown('9.4.6');
    stage.start('search-3', { version: '9.4.3', initialMasters: [] });
    await stage.pass(60);
    expect((await stage.control.nodes()).map((node) => node.name)).toEqual(three);
  });
});

describe('votes in the simulated cluster', () => {
  it('grow with the cluster and shrink as nodes are taken out of it, with their leave', async () => {
    const stage = await grown('9.4.6');
    for (const name of ['search-3', 'search-4']) stage.start(name, { initialMasters: [] });
    await stage.pass(10);
    const voters = async (): Promise<readonly (string | undefined)[]> =>
      (await stage.control.voting()).voters.map((voter) => voter.name).toSorted();
    expect(await voters()).toEqual([...three, 'search-3', 'search-4']);
    for (const name of ['search-3', 'search-4']) {
      stage.stop(name);
      await stage.pass(10);
    }
    expect(await voters()).toEqual(three);
    // From three to two only by taking a vote: without, three votes stay, and one of two nodes is not enough.
    await stage.control.excludeVotes(['search-2']);
    expect(await voters()).toHaveLength(1);
    stage.stop('search-2');
    await stage.pass(10);
    await stage.control.clearVoteExclusions({ awaitRemoval: true });
    expect((await stage.control.voting()).exclusions).toEqual([]);
    const [voter = ''] = await voters();
    stage.stop(['search-0', 'search-1'].find((name) => name !== voter) ?? '');
    await stage.pass(10);
    expect((await stage.control.nodes()).map((node) => node.name)).toEqual([voter]);
  });

  it('are ten at most that may be taken, and none is taken when there are more', async () => {
    const stage = await grown('9.4.6');
    const many = Array.from({ length: 11 }, (_, index) => `nobody-${index}`);
    await expect(stage.control.excludeVotes(many)).rejects.toMatchObject({ code: 'CLUSTER_REFUSED' });
    expect((await stage.control.voting()).exclusions).toEqual([]);
  });
});
