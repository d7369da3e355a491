import { describe, expect, it } from 'vitest';

import { enableChange, excludeChange } from '../../../src/elasticsearch/cluster-settings.ts';
import { volumes } from '../../../src/simulator/ec2/volumes.ts';
import { healthHistory, lostShards } from '../../../src/simulator/elasticsearch/history.ts';
import { seedIndex, startSnapshot } from '../../../src/simulator/elasticsearch/seeds.ts';
import { type ClusterStage, clusterStage } from './cluster-stage.ts';

const gib = 1024 ** 3;
const three = ['search-0', 'search-1', 'search-2'];

async function grown(): Promise<ClusterStage> {
  const stage = clusterStage();
  for (const name of three) stage.start(name);
  await stage.pass(30);
  return stage;
}

const isGreen = (stage: ClusterStage) => async (): Promise<boolean> => {
  const wait = await stage.control.waitForHealth({ status: 'green', atRest: true });
  return wait.isReached;
};

/** How many copies each node holds. */
async function spread(stage: ClusterStage): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const { node } of await stage.control.shards()) {
    if (node !== undefined) counts[node] = (counts[node] ?? 0) + 1;
  }
  return counts;
}

async function secondsUntil(stage: ClusterStage, isSo: () => Promise<boolean>): Promise<number> {
  const fromMs = stage.account.world.nowMs;
  await stage.until('it is so', isSo);
  return (stage.account.world.nowMs - fromMs) / 1000;
}

function addVolume({ account }: ClusterStage, id: string, sizeGiB: number): void {
  account.world.rows(volumes).set(id, {
    id,
    tags: {},
    visibleAtMs: 0,
    zone: 'eu-west-1a',
    encrypted: true,
    snapshotId: undefined,
    createdAtMs: 0,
    availableAtMs: 0,
    specification: { type: 'gp3', sizeGiB, iops: 3000, throughputMiBps: 125 },
    attachment: undefined,
    isDeleting: false,
    modifications: [],
  });
}

describe('shards of the simulated cluster', () => {
  it('even out over nodes that join, and take their time by their size', async () => {
    const stage = await grown();
    seedIndex(stage.account.world, 'search', { name: 'books', shards: 6, replicas: 1, bytes: 2 * gib });
    await stage.until('green', isGreen(stage));
    for (const name of ['search-3', 'search-4']) stage.start(name, { initialMasters: [] });
    const seconds = await secondsUntil(stage, async () => {
      const counts = Object.values(await spread(stage));
      const isEven = counts.length === 5 && Math.max(...counts) - Math.min(...counts) <= 1;
      return isEven && (await isGreen(stage)());
    });
    // 2 GiB at 40 MiB a second are 51 seconds; some of the shards that move are of no size.
    expect(seconds).toBeGreaterThan(50);
    const seen = healthHistory(stage.account.world, 'search').map((change) => change.status);
    expect(seen.slice(seen.indexOf('green'))).not.toContain('red');
    expect(lostShards(stage.account.world, 'search')).toEqual([]);
  });

  it('never lie twice in a zone while there is another', async () => {
    const stage = clusterStage(three);
    for (const [index, name] of ['search-0', 'search-1', 'search-2', 'search-3'].entries())
      stage.start(name, { zone: index < 2 ? 'a' : 'b' });
    await stage.pass(30);
    seedIndex(stage.account.world, 'search', { name: 'books', shards: 4, replicas: 1 });
    await stage.until('green', isGreen(stage));
    const nodes = await stage.control.nodes();
    const shards = (await stage.control.shards()).filter((copy) => copy.index === 'books');
    for (let shard = 0; shard < 4; shard += 1) {
      const zones = shards
        .filter((copy) => copy.shard === shard)
        .map((copy) => nodes.find((node) => node.name === copy.node)?.zone);
      expect(zones.toSorted()).toEqual(['a', 'b']);
    }
  });

  it('stay where they are when there is nowhere to go, and leave when there is', async () => {
    const stage = await grown();
    seedIndex(stage.account.world, 'search', { name: 'books', shards: 1, replicas: 2 });
    await stage.until('green', isGreen(stage));
    await stage.control.putSettings({ persistent: excludeChange(['search-0']) });
    await stage.pass(300);
    const of = async (node: string): Promise<readonly string[]> =>
      (await stage.control.shards()).filter((copy) => copy.node === node).map((copy) => copy.index);
    expect(await of('search-0')).toEqual(['books']);
    stage.start('search-3', { initialMasters: [], zone: 'zone of search-0' });
    await stage.until('search-0 is empty', async () => (await of('search-0')).length === 0);
    await stage.until('green', isGreen(stage));
  });

  it('do not move at all while nothing may be assigned', async () => {
    const stage = await grown();
    await stage.control.putSettings({
      persistent: { ...enableChange('none'), ...excludeChange(['search-0']) },
    });
    const before = await spread(stage);
    await stage.pass(120);
    expect(await spread(stage)).toEqual(before);
    stage.stop('search-0');
    stage.start('search-0');
    await stage.pass(120);
    expect((await stage.control.health()).unassigned).toBe(before['search-0']);
  });

  it('wait for their node as long as the index says', async () => {
    const stage = await grown();
    seedIndex(stage.account.world, 'search', { name: 'quick', shards: 3, delayedTimeoutMs: 5_000 });
    seedIndex(stage.account.world, 'search', { name: 'patient', shards: 3, delayedTimeoutMs: 600_000 });
    await stage.until('green', isGreen(stage));
    stage.stop('search-1');
    const unassigned = async (index: string): Promise<number> =>
      (await stage.control.shards()).filter((one) => one.index === index && one.state === 'unassigned')
        .length;
    expect(await unassigned('quick')).toBeGreaterThan(0);
    await stage.pass(30);
    expect([await unassigned('quick'), (await unassigned('patient')) > 0]).toEqual([0, true]);
    const { unassigned: all, delayedUnassigned } = await stage.control.health();
    expect(delayedUnassigned).toBe(all);
    await stage.pass(600);
    expect(await unassigned('patient')).toBe(0);
  });

  it('keep off a disk above its low watermark, and leave one above its high one', async () => {
    const stage = await grown();
    // A disk that no volume stands for has 30 GiB.
    seedIndex(stage.account.world, 'search', { name: 'books', shards: 3, replicas: 0, bytes: 14 * gib });
    await stage.until('one on each', async () =>
      (await stage.control.shards())
        .filter((copy) => copy.index === 'books')
        .every((copy) => copy.state === 'started'),
    );
    await stage.control.request({
      method: 'PUT',
      path: '/books/_settings',
      body: { index: { number_of_replicas: 1 } },
    });
    await stage.pass(1800);
    // 28.5 of 30 GiB would be 95 %.
    expect(await stage.control.health()).toMatchObject({ status: 'yellow', unassigned: 3 });
    const nodes = await stage.control.nodes();
    expect(nodes.map((node) => Math.round(node.diskUsedPercent ?? 0))).toEqual([48, 48, 48]);
    stage.start('search-3', { initialMasters: [] });
    await stage.pass(1800);
    // It takes one, and a second would be too much for it too.
    expect(await stage.control.health()).toMatchObject({ status: 'yellow', unassigned: 2 });
  });

  it('leave a disk above its high watermark for one that is below the low one; a volume says how large it is', async () => {
    const stage = await grown();
    seedIndex(stage.account.world, 'search', { name: 'books', shards: 3, replicas: 0, bytes: 14 * gib });
    await stage.until('green', isGreen(stage));
    const prefix = 'cluster.routing.allocation.disk.watermark';
    const marks = { [`${prefix}.low`]: '40%', [`${prefix}.high`]: '45%', [`${prefix}.flood_stage`]: '95%' };
    await stage.control.putSettings({ persistent: marks });
    stage.start('search-3', { initialMasters: [] });
    await stage.pass(1800);
    const booksOn = async (node: string): Promise<number> =>
      (await stage.control.shards()).filter((copy) => copy.index === 'books' && copy.node === node).length;
    expect(await booksOn('search-3')).toBe(0);
    addVolume(stage, 'vol-big', 500);
    stage.start('search-4', { initialMasters: [], diskId: 'vol-big' });
    await stage.pass(1800);
    expect(await booksOn('search-4')).toBe(3);
    const large = (await stage.control.nodes()).find((one) => one.name === 'search-4');
    expect(large?.diskTotalBytes).toBe(500 * gib);
    expect(await isGreen(stage)()).toBe(true);
  });

  it('are lost only with the last complete copy, and that is known', async () => {
    const stage = await grown();
    const { world } = stage.account;
    seedIndex(world, 'search', { name: 'single', shards: 1, replicas: 0 });
    await stage.until('green', isGreen(stage));
    const home = (await stage.control.shards()).find((copy) => copy.index === 'single')?.node ?? '';
    stage.stop(home);
    await stage.pass(5);
    expect((await stage.control.health()).status).toBe('red');
    expect(lostShards(world, 'search')).toEqual([]);
    expect(healthHistory(world, 'search').at(-1)).toMatchObject({ status: 'red', nodes: 2 });
    // The node comes back on an empty disk, and the old volume is deleted.
    const copy = stage.cluster.copies.find((one) => one.index === 'single');
    stage.cluster.copies = stage.cluster.copies.map((one) =>
      one === copy ? { ...one, diskId: 'vol-gone' } : one,
    );
    stage.start(home, { diskId: 'another' });
    await stage.pass(300);
    expect((await stage.control.health()).status).toBe('red');
    expect(lostShards(world, 'search')).toEqual(['single[0]']);
  });
});

describe('other things of the simulated cluster', () => {
  it('shows a snapshot while it is being taken', async () => {
    const stage = await grown();
    startSnapshot(stage.account.world, 'search', { repository: 'nightly', snapshot: 'one', takesMs: 60_000 });
    expect(await stage.control.runningSnapshots()).toEqual([{ repository: 'nightly', snapshot: 'one' }]);
    await stage.pass(61);
    expect(await stage.control.runningSnapshots()).toEqual([]);
  });

  it('keeps persistent settings over a full stop, and forgets transient ones', async () => {
    const stage = await grown();
    const body = { transient: { 'cluster.routing.allocation.enable': 'none' } };
    await stage.control.request({ method: 'PUT', path: '/_cluster/settings', body });
    await stage.control.putSettings({ persistent: enableChange('primaries') });
    for (const name of three) stage.stop(name);
    expect(healthHistory(stage.account.world, 'search').at(-1)).toMatchObject({ status: 'none', nodes: 0 });
    for (const name of three) stage.start(name);
    await stage.pass(10);
    expect(await stage.control.settings()).toEqual({
      persistent: { 'cluster.routing.allocation.enable': 'primaries' },
      transient: {},
    });
  });

  it('says what it does not play', async () => {
    const stage = await grown();
    await expect(stage.control.request({ method: 'GET', path: '/_ilm/policy' })).rejects.toThrow(
      'the simulated Elasticsearch does not know GET /_ilm/policy',
    );
  });
});
