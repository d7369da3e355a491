import { DescribeVolumesCommand } from '@aws-sdk/client-ec2';
import { afterEach, describe, expect, it } from 'vitest';

import type { ClusterControl } from '../../src/elasticsearch/client.ts';
import { markersOf } from '../../src/elasticsearch/cluster-settings.ts';
import { setLeaving } from '../../src/elasticsearch/departure-marks.ts';
import { shardsOn } from '../../src/elasticsearch/rules/stopping.ts';
import { fromCapitalTags } from '../../src/aws/tags.ts';
import type { World } from '../../src/simulator/core/world.ts';
import { simulatedClusterView } from '../../src/simulator/elasticsearch/cluster-view.ts';
import { healthHistory, lostShards } from '../../src/simulator/elasticsearch/history.ts';
import { type IndexSeed, seedIndex } from '../../src/simulator/elasticsearch/seeds.ts';
import { configText, type PlanDocument, Story, type UpDocument } from './story.ts';

let story: Story;
/** From then on the cluster's health counts. */
let sinceMs = 0;
afterEach(() => {
  story.end();
});

const gib = 1024 ** 3;
const logs = { name: 'logs', shards: 6, replicas: 1, bytes: 2 * gib, documents: 1_000 };

function nodes(count: number, extra = ''): string {
  return configText(extra).replace('nodes: 3', `nodes: ${String(count)}`);
}

/** Names of nodes by number, `search-0` first. */
function names(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `search-${String(index)}`);
}

function ofGroup(group: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `search-${group}-${String(index)}`);
}

async function standing(
  config: string,
  ...indices: readonly (IndexSeed & { readonly name: string })[]
): Promise<void> {
  story = await Story.after(JSON.stringify([config, indices]), config, async (begun) => {
    await begun.json('up');
    await begun.behindTheBack((_clients, world) => {
      for (const index of indices) seedIndex(world, 'search', index);
      return Promise.resolve();
    });
    // The shards find their places.
    await begun.json('up');
  });
  sinceMs = story.account.nowMs;
}

function inCluster<Value>(work: (control: ClusterControl, world: World) => Promise<Value>): Promise<Value> {
  return story.behindTheBack((_clients, world) => work(simulatedClusterView(world, 'search'), world));
}

interface Seen {
  readonly status: string;
  readonly nodes: readonly string[];
  readonly voters: readonly string[];
  readonly exclusions: number;
  readonly excluded: unknown;
  readonly markers: Readonly<Record<string, string>>;
  readonly lost: readonly string[];
  readonly worst: string;
  readonly shardsBy: Readonly<Record<string, number>>;
}

/** All that must be right after a scale-out or a scale-in. */
function seen(): Promise<Seen> {
  return inCluster(async (control, world) => {
    const [health, members, voting, settings, shards] = await Promise.all([
      control.health(),
      control.nodes(),
      control.voting(),
      control.settings(),
      control.shards(),
    ]);
    const statuses = healthHistory(world, 'search').filter(({ atMs }) => atMs > sinceMs);
    return {
      status: health.status,
      nodes: members.map(({ name }) => name).sort(),
      voters: voting.voters.map(({ id, name }) => name ?? id).sort(),
      exclusions: voting.exclusions.length,
      excluded: settings.persistent['cluster.routing.allocation.exclude._name'],
      markers: markersOf(settings),
      lost: lostShards(world, 'search'),
      worst:
        ['none', 'red', 'yellow'].find((bad) => statuses.some(({ status }) => status === bad)) ?? 'green',
      shardsBy: Object.fromEntries(members.map(({ name }) => [name, shardsOn({ shards }, name).length])),
    };
  });
}

function volumesByNode(): Promise<Readonly<Record<string, string>>> {
  return story.behindTheBack(async ({ ec2 }) => {
    const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({}));
    return Object.fromEntries(
      Volumes.flatMap(({ Tags, VolumeId = '' }) => {
        const node = fromCapitalTags(Tags)['es-ecs-node'];
        return node === undefined ? [] : [[node, VolumeId]];
      }),
    );
  });
}

const tidy = { exclusions: 0, excluded: undefined, markers: {}, lost: [] };

describe('three nodes with data, then five, then three again', () => {
  it('shares the shards out, takes them back, and never lacks a copy; votes and settings are right', async () => {
    await standing(nodes(3), logs);
    story.write(nodes(5));
    await story.json('up');
    const five = await seen();
    expect(five).toMatchObject({
      ...tidy,
      status: 'green',
      nodes: names(5),
      voters: names(5),
      worst: 'green',
    });

    await story.json('up');
    story.write(nodes(3));
    const plan = await story.json<PlanDocument>('plan');
    expect(plan.changes.map(({ address, action }) => `${action} ${address}`)).toEqual([
      'destroy hosts/group/search-3',
      'destroy hosts/group/search-4',
      'destroy service/service/search-3',
      'destroy service/service/search-4',
    ]);
    const because = plan.changes.map((change) => change.because).join('\n');
    expect(because).toMatch(/the node leaves: its \d+ shards move to others first \(about \d+ min\)/);
    expect(because).toMatch(
      /its data volume stays \(200 GiB, about \$16 a month\), and is deleted by: aws ec2 delete-volume/,
    );
    const volumes = await volumesByNode();
    const up = await story.json<UpDocument & { readonly elasticsearch: object }>('up');
    expect(up.elasticsearch).toMatchObject({ status: 'green', nodes: 3 });
    const three = await seen();
    expect(three).toMatchObject({
      ...tidy,
      status: 'green',
      nodes: names(3),
      voters: names(3),
      worst: 'green',
    });
    expect(await volumesByNode()).toEqual(volumes);
    expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
    expect((await story.json<UpDocument>('up')).apiCalls.writes).toBe(0);

    story.write(nodes(5));
    await story.json('up');
    expect(await seen()).toMatchObject({ ...tidy, status: 'green', nodes: names(5), worst: 'green' });
    expect(await volumesByNode()).toEqual(volumes);
  });
});

describe('a node that comes to a running cluster', () => {
  it('has no right to form another one, whatever it finds', async () => {
    await standing(nodes(1, 'network: { zones: 1 }\n'));
    story.write(nodes(3, 'network: { zones: 3 }\n'));
    // Without the wait nobody takes the right away again.
    await story.json('up', '--no-wait');
    const entitled = await story.behindTheBack(async ({ ec2 }) => {
      const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({}));
      return Volumes.filter(({ Tags }) => 'es-ecs-bootstrap' in fromCapitalTags(Tags)).length;
    });
    expect(entitled).toBe(0);
    await story.json('up');
    expect(await seen()).toMatchObject({ ...tidy, status: 'green', nodes: names(3), voters: names(3) });
    expect(new Set((await inCluster((control) => control.nodes())).map(({ zone }) => zone)).size).toBe(3);
  });
});

describe('below three master-eligible nodes', () => {
  it('the third leaves with its vote taken, then the second; and nothing of that stays', async () => {
    await standing(nodes(3), { name: 'logs', shards: 3, replicas: 1, bytes: gib });
    story.write(nodes(2));
    await story.json('up');
    const two = await seen();
    expect(two).toMatchObject({ ...tidy, status: 'green', nodes: names(2), worst: 'green' });
    expect(two.voters).toHaveLength(1);

    story.write(nodes(1));
    const refused = await story.run('up');
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(
      'the index logs wants 1 replica beside each primary, and 1 data node would be left; PUT /logs/_settings {"index.number_of_replicas": 0} wants fewer',
    );
    expect(await seen()).toMatchObject({ ...tidy, status: 'green', nodes: names(2) });

    await inCluster((control) =>
      control.request({ method: 'PUT', path: '/logs/_settings', body: { index: { number_of_replicas: 0 } } }),
    );
    await story.json('up');
    expect(await seen()).toMatchObject({
      ...tidy,
      status: 'green',
      nodes: names(1),
      voters: names(1),
      worst: 'green',
    });
  });
});

const tiers = (data: number, more = ''): string =>
  configText().replace(
    'nodes: 3',
    [
      'nodes:',
      '  - { name: masters, count: 3, roles: [master], instanceType: c7g.large, storage: { sizeGiB: 20 } }',
      `  - { name: data, count: ${String(data)}, roles: [data, ingest], storage: { sizeGiB: 20 } }${more}`,
    ].join('\n'),
  );

describe('data nodes beside dedicated masters', () => {
  it('leave together, and a whole group of another tier with them', async () => {
    const warm = '\n  - { name: warm, count: 1, roles: [data_warm], storage: { sizeGiB: 20 } }';
    await standing(tiers(4, warm), { name: 'logs', shards: 4, replicas: 1, bytes: gib });
    story.write(tiers(2));
    await story.json('up');
    expect(await seen()).toMatchObject({
      ...tidy,
      status: 'green',
      nodes: [...ofGroup('data', 2), ...ofGroup('masters', 3)],
      voters: ofGroup('masters', 3),
      worst: 'green',
    });
    expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
  });

  it('stay where the others have no room for their data: the plan says the numbers, and nothing is written', async () => {
    await standing(tiers(4), { name: 'logs', shards: 4, replicas: 1, bytes: 5 * gib });
    story.write(tiers(2));
    const plan = await story.json<PlanDocument>('plan');
    const refused = plan.changes.filter(({ action }) => action === 'refuse');
    expect(refused.map(({ because }) => because)).toEqual([
      expect.stringMatching(
        /^\d+ GiB would have to move from search-data-2, search-data-3, and the other 2 data nodes can take \d+(\.\d)? [GM]iB below the low watermark 85%$/,
      ),
    ]);
    const before = story.account;
    expect((await story.run('up')).stderr).toContain(
      'service/service/search-data-2: node search-data-2 → absent is refused',
    );
    expect(story.account.tables).toEqual(before.tables);
  });
});

describe('a departure is refused in the plan', () => {
  const told = async (): Promise<string> => {
    story.write(nodes(3));
    const before = await seen();
    const up = await story.run('up');
    expect(up.status).toBe(1);
    expect((await seen()).markers).toEqual(before.markers);
    expect(Object.keys(await volumesByNode())).toHaveLength(4);
    return up.stderr;
  };

  it.each<[string, () => Promise<unknown>]>([
    [
      'somebody has set cluster.routing.allocation.enable to none, and no shard could move',
      () =>
        inCluster((control) =>
          control.putSettings({ persistent: { 'cluster.routing.allocation.enable': 'none' } }),
        ),
    ],
    [
      'somebody has taken the vote of search-1',
      () => inCluster((control) => control.excludeVotes(['search-1'])),
    ],
    [
      'as a transient setting, which hides what would be set here',
      () =>
        inCluster((control) =>
          control.request({
            method: 'PUT',
            path: '/_cluster/settings',
            body: { transient: { 'cluster.routing.allocation.exclude._name': 'search-2' } },
          }),
        ),
    ],
    [
      'the index wide wants 3 replicas beside each primary, and 3 data nodes would be left',
      () =>
        inCluster(async (_control, world) => {
          seedIndex(world, 'search', { name: 'wide', replicas: 3 });
          await Promise.resolve();
        }),
    ],
  ])('as %s', async (sentence, spoil) => {
    await standing(nodes(4), logs);
    await spoil();
    expect(await told()).toContain(sentence);
  });
});

describe('a drain that was cut off', () => {
  it('goes on with the next up, and is taken back where the config has the node again', async () => {
    await standing(nodes(5), logs);
    // As a killed run leaves it.
    await inCluster((control) => setLeaving(control, ['search-3', 'search-4']));
    await inCluster((control) => control.excludeVotes(['search-4']));
    story.write(nodes(4));
    await story.json('up');
    const four = await seen();
    expect(four).toMatchObject({ ...tidy, status: 'green', nodes: names(4), worst: 'green' });
    expect(four.voters).toHaveLength(3);
    // What comes back gets shards again.
    await story.json('up');
    story.write(nodes(5));
    await story.json('up');
    await story.json('up');
    const { shardsBy } = await seen();
    expect(shardsBy['search-3']).toBeGreaterThan(0);
  });

  it('is taken back, votes included, though nothing else has changed', async () => {
    await standing(nodes(4), logs);
    await inCluster((control) => setLeaving(control, ['search-3']));
    await inCluster((control) => control.excludeVotes(['search-3']));
    expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
    const { problems } = await story.json<{ readonly problems: readonly string[] }>('status');
    expect(problems).toEqual(['search-3 is giving up shards: es-ecs up goes on with that or takes it back']);
    await story.json('up');
    expect(await seen()).toMatchObject({ ...tidy, status: 'green', nodes: names(4), worst: 'green' });
  });

  it('is put off where nodes have to restart first: they rest on the copies of those that leave', async () => {
    await standing(nodes(3), { ...logs, autoExpand: '0-1' });
    await inCluster((control) => setLeaving(control, ['search-1', 'search-2']));
    await story.json('plan');
    story.later(10 * 60_000);
    await inCluster(() => Promise.resolve());
    story.write(nodes(1).replace('version: 9.4.6', 'version: 9.4.6, heapMiB: 2048'));
    const told = await story.run('up');
    expect(told.stderr).toContain('search-1, search-2 may hold shards again until the roll is over');
    expect(told.status).toBe(0);
    const one = await seen();
    expect(one).toMatchObject({ ...tidy, status: 'green', nodes: names(1), voters: names(1) });
    expect(one.worst).toBe('yellow');
  });

  it('leaves to somebody else what somebody else has excluded', async () => {
    await standing(nodes(4), logs);
    await inCluster((control) =>
      control.putSettings({ persistent: { 'cluster.routing.allocation.exclude._name': 'search-0' } }),
    );
    story.write(nodes(3));
    await story.json('up');
    expect(await seen()).toMatchObject({ ...tidy, excluded: 'search-0', nodes: names(3), lost: [] });
  });
});

describe('with a node that the config no longer has', () => {
  it('a destroy of everything moves no shard and asks for none', async () => {
    await standing(nodes(4), logs);
    story.write(nodes(3));
    const told = await story.run('destroy', '--yes', '--delete-data', '--verbose');
    expect(told.status).toBe(0);
    expect(told.stderr).not.toContain('shards');
    expect(await volumesByNode()).toEqual({});
  });

  it('a cluster that comes back after a destroy says whose votes it lacks, and is whole again with them', async () => {
    await standing(nodes(3), logs);
    await story.run('destroy', '--yes');
    story.write(nodes(1));
    const told = await story.run('up');
    expect(told.status).toBe(1);
    expect(told.stderr).toMatch(
      /no elected master; the config no longer has search-1, search-2, and their volumes, kept, may hold votes or shards/,
    );
    story.write(nodes(3));
    await story.json('up');
    expect(await seen()).toMatchObject({ ...tidy, status: 'green', nodes: names(3), voters: names(3) });
  });

  it('and one that comes back after a destroy with two of three lets the second go: the third has no vote any more', async () => {
    await standing(nodes(3), { ...logs, autoExpand: '0-1' });
    await story.run('destroy', '--yes');
    story.write(nodes(2));
    await story.json('up');
    // As Elasticsearch leaves it: three votes, one of them nobody's.
    expect((await seen()).voters).toHaveLength(3);
    story.write(nodes(1));
    await story.json('up');
    expect(await seen()).toMatchObject({
      ...tidy,
      status: 'green',
      nodes: names(1),
      voters: names(1),
      lost: [],
    });
    story.write(nodes(3));
    await story.json('up');
    expect(await seen()).toMatchObject({ ...tidy, status: 'green', nodes: names(3), voters: names(3) });
  });

  it('its volume may be deleted by hand, and nothing misses it', async () => {
    await standing(nodes(4), logs);
    story.write(nodes(3));
    await story.json('up');
    const { DeleteVolumeCommand } = await import('@aws-sdk/client-ec2');
    const { 'search-3': VolumeId } = await volumesByNode();
    await story.behindTheBack(({ ec2 }) => ec2.send(new DeleteVolumeCommand({ VolumeId })));
    expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
    expect((await story.json<UpDocument>('up')).apiCalls.writes).toBe(0);
  });
});
