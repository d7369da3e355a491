import { DeleteServiceCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { afterEach, expect, it } from 'vitest';

import type { ClusterControl } from '../../src/elasticsearch/client.ts';
import { beginDemotion } from '../../src/elasticsearch/departure-marks.ts';
import { holdAllocation } from '../../src/elasticsearch/roll-marks.ts';
import { simulatedClusterView } from '../../src/simulator/elasticsearch/cluster-view.ts';
import { simulatedClusters } from '../../src/simulator/elasticsearch/rows.ts';
import { configText, Story } from './story.ts';

let story: Story;
afterEach(() => {
  story.end();
});

function atTheCluster<Result>(work: (control: ClusterControl) => Promise<Result>): Promise<Result> {
  return story.behindTheBack((_clients, world) => work(simulatedClusterView(world, 'search')));
}

const settings = () => atTheCluster((control) => control.settings());

it('takes back what a roll that was killed has left, though nothing else is to be changed', async () => {
  story = await Story.standing();
  await atTheCluster((control) => holdAllocation(control, 'search-1'));
  // The first thing that this run writes, and so that for which it takes the account's lock.
  const told = await story.run('up', '--yes');
  expect(told.status, told.stderr).toBe(0);
  expect(await settings()).toEqual({ persistent: {}, transient: {} });
});

it('gives back the vote of a node that was to lose the role master, and does after all not', async () => {
  story = await Story.standing();
  await atTheCluster((control) => beginDemotion(control, 'search-1'));
  const told = await story.run('up', '--yes');
  expect(told.status, told.stderr).toBe(0);
  expect(await settings()).toEqual({ persistent: {}, transient: {} });
  const voting = await atTheCluster((control) => control.voting());
  expect(voting.exclusions).toEqual([]);
  expect(voting.voters).toHaveLength(3);
});

it('takes it back before it goes on with the roll', async () => {
  story = await Story.standing();
  await atTheCluster((control) => holdAllocation(control, 'search-1'));
  story.write(configText('instanceType: m7g.xlarge\n'));
  expect((await story.run('up', '--yes')).status).toBe(0);
  expect(await settings()).toEqual({ persistent: {}, transient: {} });
});

it('takes it back before it restarts a node that somebody asked for, which is the first thing that such a run writes', async () => {
  story = await Story.standing();
  await atTheCluster((control) => holdAllocation(control, 'search-1'));
  const told = await story.run('restart search-2', '--yes');
  expect(told.status, told.stderr).toBe(0);
  expect(await settings()).toEqual({ persistent: {}, transient: {} });
});

it('does not touch a node while ECS is about to restart another, which is still there and well', async () => {
  story = await Story.standing();
  // As a run that was killed the moment after has left it.
  await story.behindTheBack(({ ecs }) =>
    ecs.send(
      new UpdateServiceCommand({ cluster: 'es-ecs-search', service: 'search-1', forceNewDeployment: true }),
    ),
  );
  const told = await story.run('restart search-2', '--yes');
  expect(told.status, told.stderr).toBe(0);
  expect(told.stderr).toContain(
    'search-2 waits: search-1 is being restarted already, and no two nodes may be away at once',
  );
  const [cluster] = await story.behindTheBack((_clients, world) =>
    Promise.resolve([...world.rows(simulatedClusters).values()]),
  );
  expect(cluster?.history.filter(({ nodes }) => nodes < 2)).toEqual([]);
});

it('waits with the first node while others, whose services somebody has deleted, leave no master until they are back', async () => {
  story = await Story.standing();
  await story.behindTheBack(async ({ ecs }) => {
    for (const service of ['search-1', 'search-2'])
      await ecs.send(new DeleteServiceCommand({ cluster: 'es-ecs-search', service, force: true }));
  });
  story.write(configText('instanceType: m7g.xlarge\n'));
  const told = await story.run('up', '--yes');
  expect(told.status, told.stderr).toBe(0);
  // How many have gone when it looks, who can say; those that are left elect nobody for the moment.
  expect(told.stderr).toMatch(
    /search-0 waits: (one node answers|2 nodes answer), and the cluster has no elected master/,
  );
  expect(await settings()).toEqual({ persistent: {}, transient: {} });
});
