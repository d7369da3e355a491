import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { afterEach, describe, expect, it } from 'vitest';

import { simulatedClusterView } from '../../src/simulator/elasticsearch/cluster-view.ts';
import { healthHistory } from '../../src/simulator/elasticsearch/history.ts';
import { programs, simulatedClusters } from '../../src/simulator/elasticsearch/rows.ts';
import type { World } from '../../src/simulator/core/world.ts';
import { configText, Story } from './story.ts';

let story: Story;
afterEach(() => {
  story.end();
});

async function told(method: 'PUT' | 'DELETE', path: string, body?: object): Promise<void> {
  await story.behindTheBack(async (_clients, world) => {
    const request = { method, path, ...(body === undefined ? {} : { body }) };
    const { status } = await simulatedClusterView(world, 'search').request(request);
    expect(status, path).toBe(200);
  });
}

function wantReplicas(index: string, replicas: number): Promise<void> {
  return told('PUT', `/${index}`, { settings: { number_of_replicas: replicas } });
}

const single = configText().replace('nodes: 3', 'nodes: 1').replace('9.4.6', '9.4.3');
const three = configText().replace('9.4.6', '9.4.3');

describe('a cluster that is yellow for good', () => {
  it.each([
    ['one node', single, 1, 'the index logs wants 1 replica beside each primary, and there is one data node'],
    [
      'three nodes',
      three,
      3,
      'the index logs wants 3 replicas beside each primary, and there are 3 data nodes',
    ],
  ])(
    'of %s is brought up, rolled and upgraded, each with its warning',
    async (_what, config, replicas, because) => {
      story = await Story.standing(config);
      await wantReplicas('logs', replicas);
      const warning = `the cluster stays yellow: ${because}`;
      const again = await story.run('up', '--yes');
      expect(again.status, again.stderr).toBe(0);
      expect(again.stderr).toContain(warning);
      const restarted = await story.run('restart', '--yes');
      expect(restarted.status, restarted.stderr).toBe(0);
      expect(restarted.stderr).toContain(warning);
      story.write(config.replace('9.4.3', '9.4.6'));
      const upgraded = await story.run('up', '--yes');
      expect(upgraded.status, upgraded.stderr).toBe(0);
      expect(upgraded.stderr).toContain(warning);
      const status = await story.json<{ elasticsearch: { status: string } }>('status');
      expect(status.elasticsearch.status).toBe('yellow');
      // No second node was away at any time: of three nodes no copy was the last.
      if (replicas === 1) return;
      await story.behindTheBack(async (_clients, world) => {
        expect(
          healthHistory(world, 'search')
            .slice(2)
            .map(({ status: one }) => one),
        ).not.toContain('red');
      });
    },
  );

  it('is waited for where somebody holds it', async () => {
    story = await Story.standing(three);
    await told('PUT', '/_cluster/settings', {
      persistent: { 'cluster.routing.allocation.exclude.zone': 'eu-west-1b,eu-west-1c' },
    });
    await wantReplicas('logs', 1);
    const up = await story.run('up', '--yes');
    expect(up.status).toBe(1);
    expect(up.stderr).toContain('the cluster is yellow');
  });
});

describe('a host that died', () => {
  /** Where the copies of each index are, disk by disk. */
  function places(world: World): ReadonlyMap<string, readonly string[]> {
    const [cluster] = world.rows(simulatedClusters).values();
    const found = new Map<string, string[]>();
    for (const { index, shard, diskId } of cluster?.copies ?? [])
      found.set(index, [...(found.get(index) ?? []), `${shard} on ${diskId}`].toSorted());
    return found;
  }

  const key = 'index.unassigned.node_left.delayed_timeout';

  /** Whether copies lie elsewhere once search-1 has lost its host, and has it again. */
  async function movesOnLoss(indices: readonly string[]): Promise<readonly string[]> {
    // Elasticsearch's own index of users waits a minute, as nobody may change it: its copy is no reason to even things out.
    await told('PUT', '/_cluster/settings', { persistent: { 'cluster.routing.rebalance.enable': 'none' } });
    story.later(5 * 60_000);
    const before = await story.behindTheBack(async ({ ec2 }, world) => {
      // What was on its way has arrived.
      world.catchUp();
      const seen = places(world);
      const [instanceId = ''] = [...world.rows(programs).values()]
        .filter(({ node, isUp }) => node?.name === 'search-1' && isUp)
        .map((row) => row.instanceId);
      await ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
      return seen;
    });
    const mended = await story.run('up', '--yes');
    expect(mended.status, mended.stderr).toBe(0);
    return story.behindTheBack((_clients, world) => {
      const after = places(world);
      return Promise.resolve(
        indices.filter((index) => String(after.get(index)) !== String(before.get(index))),
      );
    });
  }

  it('is waited for ten minutes, by indices that were there and those that came: nothing is copied', async () => {
    story = await Story.standing(three);
    const template = { index_patterns: ['own*'], template: { settings: { number_of_replicas: 1 } } };
    await told('PUT', '/_index_template/own', template);
    await told('PUT', '/later', { settings: { number_of_shards: 3 } });
    await told('PUT', '/own-now', { settings: { number_of_shards: 3 } });
    const up = await story.run('up', '--yes');
    expect(up.status, up.stderr).toBe(0);
    expect(await movesOnLoss(['later', 'own-now', '.ds-ilm-history-7'])).toEqual([]);
  });

  it('is waited for no longer where somebody wants it so, whatever es-ecs thinks of it', async () => {
    story = await Story.standing(three);
    await told('PUT', '/hasty', { settings: { number_of_shards: 3, [key]: '30s' } });
    const up = await story.run('up', '--yes');
    expect(up.status, up.stderr).toBe(0);
    expect(await movesOnLoss(['hasty'])).toEqual(['hasty']);
  });
});
