import { DescribeLaunchTemplatesCommand, DescribeVolumesCommand } from '@aws-sdk/client-ec2';
import { ListTaskDefinitionFamiliesCommand } from '@aws-sdk/client-ecs';
import { rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';

import { fromCapitalTags } from '../../src/aws/tags.ts';
import type { ClusterControl } from '../../src/elasticsearch/client.ts';
import { markersOf } from '../../src/elasticsearch/cluster-settings.ts';
import { simulatedClusterView } from '../../src/simulator/elasticsearch/cluster-view.ts';
import { healthHistory, lostShards } from '../../src/simulator/elasticsearch/history.ts';
import { seedIndex } from '../../src/simulator/elasticsearch/seeds.ts';
import { configText, type PlanDocument, Story, type UpDocument } from './story.ts';

let story: Story;
let sinceMs = 0;
afterEach(() => {
  story.end();
});

const gib = 1024 ** 3;

/** A group as a line of the config. */
function line(name: string, count: number, roles: string, sizeGiB = 20): string {
  return `\n  - { name: ${name}, count: ${String(count)}, roles: [${roles}], storage: { sizeGiB: ${String(sizeGiB)} } }`;
}

function groups(...lines: readonly string[]): string {
  return configText().replace('nodes: 3', `nodes:${lines.join('')}`);
}

function ofGroup(group: string, count: number): readonly string[] {
  const prefix = group === 'default' ? 'search' : `search-${group}`;
  return Array.from({ length: count }, (_, index) => `${prefix}-${String(index)}`);
}

async function standing(config: string): Promise<void> {
  story = await Story.after(config, config, async (begun) => {
    await begun.json('up');
    await begun.behindTheBack((_clients, world) => {
      seedIndex(world, 'search', { name: 'logs', shards: 4, replicas: 1, bytes: gib, documents: 1_000 });
      return Promise.resolve();
    });
    await begun.json('up');
  });
  sinceMs = story.account.nowMs;
}

interface Seen {
  readonly status: string;
  readonly nodes: Readonly<Record<string, string>>;
  readonly voters: readonly string[];
  readonly untidy: readonly unknown[];
  readonly worst: string;
}

/** As `_cat/nodes` would have it, and what must not be left or have been. */
function seen(): Promise<Seen> {
  return story.behindTheBack(async (_clients, world) => {
    const control: ClusterControl = simulatedClusterView(world, 'search');
    const [health, members, voting, settings] = await Promise.all([
      control.health(),
      control.nodes(),
      control.voting(),
      control.settings(),
    ]);
    const statuses = healthHistory(world, 'search').filter(({ atMs }) => atMs > sinceMs);
    return {
      status: health.status,
      nodes: Object.fromEntries(members.map(({ name, roles }) => [name, [...roles].sort().join(' ')])),
      voters: voting.voters.map(({ id, name }) => name ?? id).sort(),
      untidy: [
        ...voting.exclusions,
        ...Object.keys(markersOf(settings)),
        ...Object.keys(settings.persistent).filter((key) => key.startsWith('cluster.routing.allocation')),
        ...lostShards(world, 'search'),
      ],
      worst: ['none', 'red'].find((bad) => statuses.some(({ status }) => status === bad)) ?? 'fine',
    };
  });
}

/** What there is of groups beside nodes, and whose data is kept. */
function made(): Promise<{
  readonly templates: readonly string[];
  readonly families: readonly string[];
  readonly volumes: readonly string[];
}> {
  return story.behindTheBack(async ({ ec2, ecs }) => {
    const { LaunchTemplates = [] } = await ec2.send(new DescribeLaunchTemplatesCommand({}));
    const { families = [] } = await ecs.send(new ListTaskDefinitionFamiliesCommand({ status: 'ACTIVE' }));
    const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({}));
    return {
      templates: LaunchTemplates.map(({ LaunchTemplateName = '' }) => LaunchTemplateName).sort(),
      families: [...families].sort(),
      volumes: Volumes.flatMap(({ Tags }) => fromCapitalTags(Tags)['es-ecs-node'] ?? []).sort(),
    };
  });
}

function planned(plan: PlanDocument): readonly string[] {
  return plan.changes.map(({ address, action }) => `${action} ${address}`);
}

const masters = line('masters', 3, 'master');

describe('a count', () => {
  it('of one group changes nothing of the others, whichever group it is, and the last of that group leaves', async () => {
    await standing(groups(masters, line('hot', 3, 'data, ingest', 30), line('warm', 2, 'data_warm', 40)));
    story.write(groups(masters, line('hot', 4, 'data, ingest', 30), line('warm', 2, 'data_warm', 40)));
    expect(planned(await story.json<PlanDocument>('plan'))).toEqual([
      'create hosts/volume/search-hot-3',
      'create hosts/group/search-hot-3',
      'create service/service/search-hot-3',
      'change service/formation',
    ]);
    await story.json('up');
    story.write(groups(masters, line('hot', 2, 'data, ingest', 30), line('warm', 2, 'data_warm', 40)));
    expect(planned(await story.json<PlanDocument>('plan'))).toEqual([
      'destroy hosts/group/search-hot-2',
      'destroy hosts/group/search-hot-3',
      'destroy service/service/search-hot-2',
      'destroy service/service/search-hot-3',
    ]);
    await story.json('up');
    const then = await seen();
    expect(Object.keys(then.nodes).sort()).toEqual([
      ...ofGroup('hot', 2),
      ...ofGroup('masters', 3),
      ...ofGroup('warm', 2),
    ]);
    expect(then).toMatchObject({
      status: 'green',
      worst: 'fine',
      untidy: [],
      voters: ofGroup('masters', 3),
    });
    expect((await story.json<UpDocument>('up')).apiCalls.writes).toBe(0);
  });
});

describe('a group', () => {
  const data = line('data', 3, 'data, ingest');

  it('comes beside a plain config and renames nothing, and goes again with its launch template and task definition', async () => {
    await standing(configText());
    const before = await made();
    story.write(groups('\n  - { name: default, count: 3 }', line('warm', 2, 'data_warm')));
    await story.json('up');
    expect(Object.keys((await seen()).nodes).sort()).toEqual([
      ...ofGroup('default', 3),
      ...ofGroup('warm', 2),
    ]);
    expect((await made()).templates).toEqual(['es-ecs-search', 'es-ecs-search-warm']);
    story.write(configText());
    const plan = await story.json<PlanDocument>('plan');
    expect(planned(plan)).toEqual([
      'destroy hosts/launch-template/warm',
      'destroy hosts/group/search-warm-0',
      'destroy hosts/group/search-warm-1',
      'destroy task/definition/warm',
      'destroy service/service/search-warm-0',
      'destroy service/service/search-warm-1',
    ]);
    expect(plan.changes.at(-1)?.because).toMatch(
      /^the config has no node group warm any more, and one of another name is another group: the node leaves/,
    );
    await story.json('up');
    expect(await made()).toEqual({ ...before, volumes: [...before.volumes, ...ofGroup('warm', 2)] });
    expect(await seen()).toMatchObject({ status: 'green', worst: 'fine', untidy: [] });
    expect((await story.json<UpDocument>('up')).apiCalls.writes).toBe(0);
  });

  it('goes with all that was its own, though the state was lost', async () => {
    await standing(groups(masters, data, line('warm', 1, 'data_warm')));
    story.write(groups(masters, data));
    rmSync(story.stateFile);
    await story.json('up');
    expect(await made()).toMatchObject({
      templates: ['es-ecs-search-data', 'es-ecs-search-masters'],
      families: ['es-ecs-search-data', 'es-ecs-search-masters'],
    });
    expect((await story.json<UpDocument>('up')).apiCalls.writes).toBe(0);
  });

  it('that gets another name leaves and joins, masters and data, and no document is lost', async () => {
    await standing(groups(masters, data));
    story.write(groups(line('voters', 3, 'master'), line('store', 3, 'data, ingest')));
    const plan = await story.json<PlanDocument>('plan');
    expect(plan.changes.filter(({ action }) => action === 'refuse')).toEqual([]);
    await story.json('up');
    expect(await seen()).toMatchObject({
      status: 'green',
      worst: 'fine',
      untidy: [],
      voters: ofGroup('voters', 3),
    });
    expect(await made()).toEqual({
      templates: ['es-ecs-search-store', 'es-ecs-search-voters'],
      families: ['es-ecs-search-store', 'es-ecs-search-voters'],
      volumes: ['data', 'masters', 'store', 'voters'].flatMap((name) => ofGroup(name, 3)),
    });
    expect((await story.json<UpDocument>('up')).apiCalls.writes).toBe(0);
  });

  it('of masters and one of data take the place of three all-role nodes, and the other way round', async () => {
    await standing(configText());
    story.write(groups(masters, data));
    await story.json('up');
    const apart = await seen();
    expect(Object.keys(apart.nodes).sort()).toEqual([...ofGroup('data', 3), ...ofGroup('masters', 3)]);
    expect(apart).toMatchObject({
      status: 'green',
      worst: 'fine',
      untidy: [],
      voters: ofGroup('masters', 3),
    });
    story.write(configText());
    await story.json('up');
    const back = await seen();
    expect(Object.keys(back.nodes).sort()).toEqual(ofGroup('default', 3));
    expect(back).toMatchObject({ status: 'green', worst: 'fine', untidy: [], voters: ofGroup('default', 3) });
  });
});

describe('other roles for a group', () => {
  const all = 'master, data, ingest';
  const store = line('store', 3, 'data, ingest');

  async function changed(from: string, to: string): Promise<Seen> {
    await standing(from);
    story.write(to);
    await story.json('up');
    expect((await story.json<UpDocument>('up')).apiCalls.writes).toBe(0);
    return seen();
  }

  it('take masters out of all-role nodes one at a time, while new ones join, and no outage', async () => {
    const then = await changed(
      groups(line('default', 3, all)),
      groups(line('default', 3, 'data, ingest'), masters),
    );
    expect(then).toMatchObject({ status: 'green', worst: 'fine', untidy: [], voters: ofGroup('masters', 3) });
    expect(then.nodes['search-0']).toBe('data ingest');
  });

  it('make masters of all-role nodes once their shards have moved to new ones', async () => {
    const then = await changed(groups(line('default', 3, all)), groups(line('default', 3, 'master'), store));
    expect(then).toMatchObject({ status: 'green', worst: 'fine', untidy: [], voters: ofGroup('default', 3) });
    expect(then.nodes['search-0']).toBe('master');
  });

  it('are given back to them, and the other groups leave', async () => {
    const then = await changed(groups(line('default', 3, 'master'), store), groups(line('default', 3, all)));
    expect(then).toMatchObject({ status: 'green', worst: 'fine', untidy: [], voters: ofGroup('default', 3) });
    expect(Object.keys(then.nodes)).toHaveLength(3);
  });

  it('leave one master of three with the votes of the others taken, and no outage', async () => {
    const then = await changed(
      groups(line('one', 1, all), line('two', 2, all)),
      groups(line('one', 1, all), line('two', 2, 'data, ingest')),
    );
    expect(then).toMatchObject({ status: 'green', worst: 'fine', untidy: [], voters: ['search-one-0'] });
  });

  it('move a tier from one group to the other', async () => {
    const then = await changed(
      groups(masters, line('one', 3, 'data, ingest'), line('two', 2, 'data_warm')),
      groups(
        masters,
        line('one', 3, 'data_hot, data_content, ingest'),
        line('two', 2, 'data_warm, data_cold'),
      ),
    );
    expect(then).toMatchObject({ status: 'green', worst: 'fine', untidy: [] });
  });

  it('are refused in the plan where nobody else could hold the shards, or have the role meanwhile', async () => {
    await standing(groups(line('one', 3, all), line('two', 3, 'ingest')));
    const before = story.account.tables;
    story.write(groups(line('one', 3, 'master'), line('two', 1, 'data, ingest')));
    expect((await story.run('up')).stderr).toMatch(
      /the index logs wants 1 replica .* 1 data node would be left/,
    );
    expect(story.account.tables).toEqual(before);
    story.write(groups(line('one', 3, 'data, ingest'), line('two', 3, 'master')));
    expect((await story.run('up')).status).toBe(0);
    story.write(groups(line('one', 3, 'master'), line('two', 3, 'data, ingest')));
    const told = await story.run('up');
    expect(told.stderr).toMatch(
      /service\/service\/search-one-0: roles .*no node with the role .* give the role to other nodes first, with an up of its own/,
    );
  });
});

it('come up again where roles that a destroyed cluster was not asked about are given back: those that are down first', async () => {
  const all = 'master, data, ingest';
  const before = groups(line('default', 1, all), line('hot', 2, all));
  await standing(before);
  await story.json('destroy');
  // Masters without a role for data do not start on disks with shards, and then nobody is elected.
  story.write(groups(line('default', 1, 'data, ingest'), line('hot', 2, 'master')));
  const stuck = await story.run('up', '--yes');
  expect(stuck.status).toBe(1);
  expect(stuck.stderr).toContain('search-hot-0');
  story.write(before);
  const healed = await story.run('up', '--yes');
  expect(healed.status, healed.stderr).toBe(0);
  expect(Object.keys((await seen()).nodes).sort()).toEqual(['search-0', 'search-hot-0', 'search-hot-1']);
});
