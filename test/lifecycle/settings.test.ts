import { DescribeImagesCommand } from '@aws-sdk/client-ecr';
import { afterEach, expect, it } from 'vitest';

import { simulatedClusterView } from '../../src/simulator/elasticsearch/cluster-view.ts';
import type { ClusterSettings, SettingChanges } from '../../src/elasticsearch/cluster-settings.ts';
import { elasticsearchEvents, programs } from '../../src/simulator/elasticsearch/rows.ts';
import { seedIndex } from '../../src/simulator/elasticsearch/seeds.ts';
import { type PlanDocument, Story, type UpDocument } from './story.ts';

let story: Story;
afterEach(() => {
  story.end();
});

function configWith(settings: Readonly<Record<string, unknown>>, more = ''): string {
  const elasticsearch = `elasticsearch:\n  version: 9.4.6\n  settings:\n${Object.entries(settings)
    .map(([name, value]) => `    ${name}: ${JSON.stringify(value)}\n`)
    .join('')}`;
  const none = 'elasticsearch: { version: 9.4.6 }\n';
  return `name: search\nregion: eu-west-1\nnodes: 3\n${Object.keys(settings).length === 0 ? none : elasticsearch}${more}`;
}

function inCluster(): Promise<ClusterSettings> {
  return story.behindTheBack((_, world) => simulatedClusterView(world, 'search').settings());
}

function byHand(changes: SettingChanges): Promise<void> {
  return story.behindTheBack((_, world) => simulatedClusterView(world, 'search').putSettings(changes));
}

/** What would show that a node was restarted, or that there is a new image. */
async function traces(): Promise<readonly unknown[]> {
  return story.behindTheBack(async ({ ecr }, world) => {
    const nodes = await simulatedClusterView(world, 'search').nodes();
    const { imageDetails } = await ecr.send(new DescribeImagesCommand({ repositoryName: 'es-ecs/search' }));
    return [nodes.map((node) => node.ephemeralId), imageDetails?.map((image) => image.imageDigest)];
  });
}

it('sets, changes and takes back dynamic settings by API: nothing restarts, no new image, and what a person has set stays', async () => {
  story = new Story(configWith({ 'cluster.max_shards_per_node': 500 }));
  expect((await story.json<UpDocument>('up')).outcome).toBe('applied');
  expect((await inCluster()).persistent).toEqual({
    'cluster.max_shards_per_node': '500',
    'cluster.metadata.es_ecs_settings': 'cluster.max_shards_per_node',
  });
  expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
  const before = await traces();

  await byHand({ persistent: { 'search.max_buckets': 1_000, 'indices.recovery.max_bytes_per_sec': '1mb' } });
  story.write(
    configWith({
      'cluster.max_shards_per_node': 600,
      'indices.recovery.max_bytes_per_sec': '80mb',
    }),
  );
  const plan = await story.run('plan');
  expect(plan.stdout).toContain(
    [
      '~ service/settings  in place, nothing restarts',
      '    cluster.max_shards_per_node 500 → 600',
      '    indices.recovery.max_bytes_per_sec 1mb → 80mb',
      'nothing restarts',
    ].join('\n'),
  );
  const up = await story.json<UpDocument>('up');
  expect(up.simulated.elapsedMs).toBeLessThan(10_000);
  expect((await inCluster()).persistent).toEqual({
    'search.max_buckets': '1000',
    'cluster.max_shards_per_node': '600',
    'indices.recovery.max_bytes_per_sec': '80mb',
    'cluster.metadata.es_ecs_settings': 'cluster.max_shards_per_node,indices.recovery.max_bytes_per_sec',
  });

  // Somebody changes one of ours, and hides another.
  await byHand({ persistent: { 'cluster.max_shards_per_node': 1 } });
  expect((await story.json<PlanDocument>('plan')).changes.map((change) => change.fields)).toMatchObject([
    [{ path: 'cluster.max_shards_per_node', before: '1', after: '600' }],
  ]);

  story.write(configWith({}));
  expect((await story.run('plan')).stdout).toContain(
    '    cluster.max_shards_per_node - 1   the config no longer has it; the default is back',
  );
  await story.json('up');
  expect((await inCluster()).persistent).toEqual({ 'search.max_buckets': '1000' });
  expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
  expect(await traces()).toEqual(before);
});

it('rolls static settings, and says how many nodes restart and about how long', async () => {
  story = await Story.standing(configWith({ 'search.max_buckets': 1_000 }));
  const before = await traces();
  story.write(configWith({ 'search.max_buckets': 2_000, 'thread_pool.write.queue_size': 2_000 }));
  const plan = await story.run('plan');
  expect(plan.stdout).toMatch(
    /\n~ service\/service\/search-0 {2}restarts the node\n[^]*\n~ service\/settings {2}in place, nothing restarts\n {4}search.max_buckets 1000 → 2000\nrestarts 3 nodes one by one, about [45] minutes, and longer/,
  );
  await story.json('up');
  const [nodes, images] = await traces();
  expect(nodes).not.toEqual(before[0]);
  expect(images).toHaveLength(2);
  expect((await inCluster()).persistent['search.max_buckets']).toBe('2000');
  expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
});

it('passes on what Elasticsearch refuses, with the line of the config; all is as it was', async () => {
  story = await Story.standing(configWith({ 'cluster.max_shards_per_node': 500 }));
  const before = (await inCluster()).persistent;
  story.write(configWith({ 'search.max_buckets': 7, 'cluster.max_shards_per_node': 'many' }));
  const told = await story.run('up');
  expect(told.status).toBe(1);
  expect(told.stderr).toContain(
    'cluster.max_shards_per_node: Elasticsearch refuses PUT /_cluster/settings with status 400: ' +
      'illegal_argument_exception: Failed to parse value [many] for setting [cluster.max_shards_per_node]',
  );
  expect(told.stderr).toContain(`${story.config}:8:34  change it or take it out`);
  expect((await inCluster()).persistent).toEqual(before);
});

it('mends a cluster that a wrong setting keeps from being green', async () => {
  const watermarks = (share: string): Record<string, string> => ({
    'cluster.routing.allocation.disk.watermark.low': share,
    'cluster.routing.allocation.disk.watermark.high': share,
    'cluster.routing.allocation.disk.watermark.flood_stage': share,
  });
  story = await Story.standing(configWith(watermarks('0.1%')));
  await story.behindTheBack((_, world) => {
    seedIndex(world, 'search', { name: 'documents', bytes: 1_000_000 });
    return Promise.resolve();
  });
  const wrong = await story.run('up');
  expect(wrong.status).toBe(1);
  expect(wrong.stderr).toMatch(/service\/cluster: waited 30m\d\ds .*the cluster is (yellow|red)/);
  // Dropping them altogether mends it as well as better ones do.
  story.write(configWith({}));
  expect((await story.json<UpDocument>('up')).outcome).toBe('applied');
  expect((await inCluster()).persistent).toEqual({});
});

it('says in the plan when the cluster cannot be asked, and sets them as soon as it can', async () => {
  story = await Story.standing(configWith({ 'cluster.max_shards_per_node': 500 }));
  await story.behindTheBack((_, world) => {
    for (const one of world.rows(programs).values()) if (one.node !== undefined) one.isUp = false;
    return Promise.resolve();
  });
  story.write(configWith({ 'cluster.max_shards_per_node': 600 }));
  const plan = await story.run('plan', '--exit-code');
  expect([plan.status, plan.stdout]).toEqual([
    0,
    expect.stringContaining(
      '? service/settings  not looked at: Elasticsearch does not answer: no node of search answers',
    ),
  ]);

  // Nobody ends the run meanwhile: a node that answers again some time later is told then.
  await story.behindTheBack((_, world) => {
    for (const [taskArn, one] of world.rows(programs))
      if (one.node !== undefined) world.schedule(elasticsearchEvents.up, 120_000, taskArn);
    return Promise.resolve();
  });
  const up = await story.json<UpDocument>('up');
  expect(up.simulated.elapsedMs).toBeGreaterThan(100_000);
  expect((await inCluster()).persistent['cluster.max_shards_per_node']).toBe('600');
});

it('keeps all settings in the image where the config leaves no way in', async () => {
  // No new cluster is made without one.
  story = await Story.standing();
  story.write(configWith({ 'cluster.max_shards_per_node': 500 }, 'bastion: false\n'));
  const { changes } = await story.json<PlanDocument>('plan');
  expect(changes.map(({ address }) => address)).not.toContain('service/settings');
  expect((await story.run('plan')).stdout).toContain('restarts 3 nodes one by one');
});

it('names each static setting and option of the JVM that changes, in the plan of what restarts for it', async () => {
  const first = { 'indices.query.bool.max_clause_count': 2_048, 'node.attr.rack': 'r1' };
  story = await Story.standing(configWith(first));
  story.write(
    configWith({ 'indices.query.bool.max_clause_count': 4_096, 'http.compression': false }).replace(
      'version: 9.4.6',
      'version: 9.4.6\n  jvmOptions: [-XX:+UseParallelGC, -Xss2m]',
    ),
  );
  const { changes } = await story.json<PlanDocument>('plan');
  const definition = changes.find(({ address }) => address === 'task/definition');
  const seen = new Map((definition?.fields ?? []).map(({ path, before, after }) => [path, [before, after]]));
  const label = 'dockerLabels.es-ecs.setting.';
  expect(seen.get(`${label}indices.query.bool.max_clause_count`)).toEqual(['2048', '4096']);
  expect(seen.get(`${label}node.attr.rack`)).toEqual(['r1', null]);
  expect(seen.get(`${label}http.compression`)).toEqual([null, 'false']);
  expect(seen.get('environment.ES_ECS_JVM_OPTIONS')).toEqual([null, '-XX:+UseParallelGC\n-Xss2m']);
  expect((await story.json<UpDocument>('up', '--yes')).outcome).toBe('applied');
  expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
});
