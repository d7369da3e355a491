import { afterEach, describe, expect, it } from 'vitest';

import type { ClusterControl } from '../../src/elasticsearch/client.ts';
import { holdAllocation } from '../../src/elasticsearch/roll-marks.ts';
import type { World } from '../../src/simulator/core/world.ts';
import { simulatedClusterView } from '../../src/simulator/elasticsearch/cluster-view.ts';
import { interject, type Interjection } from '../../src/simulator/elasticsearch/interjections.ts';
import { programs, simulatedClusters } from '../../src/simulator/elasticsearch/rows.ts';
import { seedIndex } from '../../src/simulator/elasticsearch/seeds.ts';
import { configText, Story } from './story.ts';

let story: Story;
afterEach(() => {
  story.end();
});

const atTheCluster = <Result>(work: (control: ClusterControl) => Promise<Result>): Promise<Result> =>
  story.behindTheBack((_clients, world) => work(simulatedClusterView(world, 'search')));

const behind = (work: (world: World) => void): Promise<void> =>
  story.behindTheBack((_clients, world) => {
    work(world);
    return Promise.resolve();
  });

const busy = {
  status: 429,
  body: { error: { type: 'process_cluster_event_timeout_exception', reason: 'failed within 5s' } },
};
const refusesPassword = { status: 401, body: { error: { type: 'security_exception' } } };

const say = (over: Pick<Interjection, 'method' | 'path' | 'answer'> & Partial<Interjection>): Promise<void> =>
  behind((world) => {
    interject(world, { clusterName: 'search', isDone: false, times: 3, ...over });
  });

describe('a roll goes on', () => {
  it.each([
    ['is not carried out', false],
    ['is carried out', true],
  ])('while the master is busy, and what it is told %s', async (_what, isDone) => {
    story = await Story.standing();
    await say({ method: 'PUT', path: '/_cluster/settings', answer: busy, isDone });
    await say({ method: 'POST', path: '/_flush', answer: busy, isDone });
    await say({ method: 'GET', path: '/_cluster/health', answer: busy });
    const told = await story.run('restart search-2', '--yes');
    expect(told.status, told.stderr).toBe(0);
    expect(await atTheCluster((control) => control.settings())).toEqual({ persistent: {}, transient: {} });
  });

  it('past a node that has just come back and refuses the password for some seconds', async () => {
    story = await Story.standing();
    // The first looks are those before the roll: a password that was never taken is refused for good.
    await say({ method: 'POST', path: '/_flush', answer: refusesPassword, times: 4 });
    const told = await story.run('restart search-2', '--yes');
    expect(told.status, told.stderr).toBe(0);
    expect(await atTheCluster((control) => control.settings())).toEqual({ persistent: {}, transient: {} });
  });

  it('no longer than some minutes with a password that is refused again and again', async () => {
    story = await Story.standing();
    await say({ method: 'POST', path: '/_flush', answer: refusesPassword, times: 1_000 });
    const told = await story.run('restart search-2', '--yes');
    expect(told.status).toBe(1);
    expect(told.stderr).toContain('refuses the password of the user elastic');
  });
});

it('never rolls without Elasticsearch where that is only busy', async () => {
  story = await Story.standing();
  await behind((world) => {
    seedIndex(world, 'search', { name: 'logs', shards: 3, replicas: 0 });
  });
  await say({ method: 'GET', path: '/_cluster/health', answer: busy, times: 4 });
  const told = await story.run('restart search-2', '--yes');
  expect(told.status).toBe(1);
  expect(told.stderr).toContain('the index logs has no replica');
  expect(told.stderr).not.toContain('has no say');
});

it('tells a cluster its settings until one is there that is told', async () => {
  story = await Story.standing();
  story.write(configText().replace('version: 9.4.6', 'version: 9.4.6, settings: { search.max_buckets: 7 }'));
  await say({ method: 'PUT', path: '/_cluster/settings', answer: busy });
  const told = await story.run('up', '--yes');
  expect(told.status, told.stderr).toBe(0);
  const { persistent } = await atTheCluster((control) => control.settings());
  expect(persistent).toMatchObject({ 'search.max_buckets': '7' });
});

describe('a cluster without a master', () => {
  it('answers from memory, which is taken for no answer', async () => {
    story = await Story.standing();
    await atTheCluster((control) => holdAllocation(control, 'search-1'));
    await behind((world) => {
      const [cluster] = world.rows(simulatedClusters).values();
      if (cluster !== undefined) cluster.masterDiskId = undefined;
    });
    const answer = await atTheCluster((control) =>
      control.request({ method: 'GET', path: '/_cluster/settings?flat_settings=true' }),
    );
    expect(answer).toMatchObject({ status: 200, body: { persistent: expect.anything() } });
    const state = await atTheCluster((control) =>
      control.request({ method: 'GET', path: '/_cluster/state/master_node' }),
    );
    expect(state).toMatchObject({ status: 200, body: { master_node: null } });
    for (const ask of [
      (control: ClusterControl): Promise<unknown> => control.settings(),
      (control: ClusterControl): Promise<unknown> => control.shards(),
      (control: ClusterControl): Promise<unknown> => control.indices(),
      (control: ClusterControl): Promise<unknown> => control.voting(),
      (control: ClusterControl): Promise<unknown> => control.nodes(),
      (control: ClusterControl): Promise<unknown> => control.watermarks(),
    ])
      await expect(atTheCluster(ask)).rejects.toMatchObject({ code: 'CLUSTER_NO_MASTER' });
  });

  it('of 8.x refuses every question', async () => {
    story = await Story.standing();
    await behind((world) => {
      for (const row of world.rows(programs).values()) Object.assign(row.node ?? {}, { version: '8.19.13' });
      const [cluster] = world.rows(simulatedClusters).values();
      if (cluster !== undefined) cluster.masterDiskId = undefined;
    });
    await expect(
      atTheCluster((control) => control.request({ method: 'GET', path: '/_cluster/settings' })),
    ).rejects.toMatchObject({ code: 'CLUSTER_NO_MASTER' });
  });
});

it('refuses a roll over a closed index without replicas, before a node is touched', async () => {
  story = await Story.standing();
  await behind((world) => {
    seedIndex(world, 'search', { name: 'logs', shards: 3, replicas: 0 });
  });
  story.later(60_000);
  expect((await story.run('es POST /logs/_close')).status).toBe(0);
  const shown = await story.run('es GET /_cat/indices/logs?h=index,status,rep');
  expect(shown.stdout).toContain('logs close 0');
  const told = await story.run('restart search-2', '--yes');
  expect(told.status).toBe(1);
  expect(told.stderr).toContain('PUT /logs/_settings {"index.number_of_replicas": 1} gives it one');
});
