import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { setGovernance, wakeGovernance } from '../../src/simulator/core/governance.ts';
import type { World } from '../../src/simulator/core/world.ts';
import { configText, type PlanDocument, Story, type UpDocument } from './story.ts';

/** A row that can carry tags; Auto Scaling keeps its own as a list. */
interface Tagged {
  tags:
    | Record<string, string>
    | { readonly key: string; readonly value: string; readonly propagates?: boolean }[];
}

function isTagged(row: unknown): row is Tagged {
  return typeof row === 'object' && row !== null && 'tags' in row && row.tags !== undefined;
}

/** What governance, cost and backup tools do: the same tag on everything that can carry one, whosever it is. */
function tagAll(world: World, key: string, value: string): Promise<void> {
  for (const rows of world.tablesUnder('')) {
    for (const [id, row] of rows) {
      if (!isTagged(row)) continue;
      if (Array.isArray(row.tags)) row.tags = [...row.tags, { key, value, propagates: false }];
      else row.tags = Object.fromEntries([...Object.entries(row.tags), [key, value]]);
      rows.set(id, row);
    }
  }
  return Promise.resolve();
}

/** By what it is in, the values of a tag on everything that can carry it; undefined where it is not. */
function valuesOf(story: Story, key: string): ReadonlyMap<string, ReadonlySet<string | undefined>> {
  const values = new Map<string, Set<string | undefined>>();
  for (const [table, rows] of Object.entries(story.account.tables)) {
    for (const [, row] of rows) {
      if (!isTagged(row)) continue;
      const tags = Array.isArray(row.tags)
        ? Object.fromEntries(row.tags.map((tag) => [tag.key, tag.value]))
        : row.tags;
      values.set(
        table,
        (values.get(table) ?? new Set()).add(Object.hasOwn(tags, key) ? tags[key] : undefined),
      );
    }
  }
  return values;
}

/** What carries a tag, and its value. */
function carriersOf(story: Story, key: string): readonly string[] {
  return [...valuesOf(story, key)].flatMap(([table, values]) =>
    [...values].flatMap((value) => (value === undefined ? [] : [`${table} ${value}`])),
  );
}

function givenIn(story: Story): unknown {
  return (JSON.parse(readFileSync(story.stateFile, 'utf8')) as { readonly tags?: unknown }).tags;
}

describe('a tag that es-ecs has not given', () => {
  it('is no difference and survives, where nobody may take tags away', async () => {
    const story = await Story.standing(configText('tags: { team: search }\n'));
    await story.behindTheBack((_clients, world) => tagAll(world, 'CostCentre', '4711'));
    expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
    story.write(configText('tags: { team: other }\n'));
    const denied = ['DeleteTags', 'UntagResource', 'UntagRole', 'UntagInstanceProfile'].flatMap(
      (operation) => ['--simulate-fault', `${operation}:AccessDenied`],
    );
    await story.json('up', '--yes', ...denied);
    const kept = valuesOf(story, 'CostCentre');
    expect(kept.size).toBeGreaterThan(20);
    for (const [table, values] of kept) expect(values, table).toContain('4711');
    expect(await story.json<UpDocument>('up')).toMatchObject({ apiCalls: { writes: 0 } });
  });
});

describe("a tag of others whose key IAM does not tell from the config's", () => {
  it('stays on roles, is no difference there, and everything else gets both', async () => {
    const story = await Story.standing();
    await story.behindTheBack((_clients, world) => {
      setGovernance(world, { afterMs: 1_000, tags: { Backup: 'daily' } });
      wakeGovernance(world);
      return Promise.resolve();
    });
    story.later(2_000);
    story.write(configText('tags: { backup: none }\n'));
    await story.json('up', '--yes');
    expect(valuesOf(story, 'Backup').get('iam/roles')).toEqual(new Set(['daily']));
    expect(valuesOf(story, 'backup').get('iam/roles')).toEqual(new Set([undefined]));
    expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
    for (const table of ['iam/instance-profiles', 'ec2/vpcs', 'logs/groups']) {
      expect(valuesOf(story, 'Backup').get(table), table).toContain('daily');
      expect(valuesOf(story, 'backup').get(table), table).toContain('none');
    }
    story.later(2_000);
    expect(await story.json<UpDocument>('up')).toMatchObject({ apiCalls: { writes: 0 } });
    story.write(configText());
    await story.json('up', '--yes');
    expect(valuesOf(story, 'Backup').get('iam/roles')).toEqual(new Set(['daily']));
    expect(await story.json<UpDocument>('up')).toMatchObject({ apiCalls: { writes: 0 } });
  });
});

describe('a tag that leaves the config', () => {
  it('is taken away everywhere, as the state remembers that it was given', async () => {
    const story = await Story.standing(configText('tags: { team: search, cost: a }\n'));
    expect(givenIn(story)).toEqual(['cost', 'team']);
    story.write(configText('tags: { cost: a }\n'));
    await story.json('up', '--yes');
    expect(
      carriersOf(story, 'team').filter((one) => !/^(ec2\/(instances|volumes)|ecs\/task)/.test(one)),
    ).toEqual([]);
    expect(givenIn(story)).toEqual(['cost']);
    // From now on it is somebody else's.
    await story.behindTheBack((_clients, world) => tagAll(world, 'team', 'theirs'));
    expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
  });
});

describe('the case of a key', () => {
  it('changes in one run, also where IAM knows only one of both', async () => {
    const story = await Story.standing(configText('tags: { team: search, cost: a }\n'));
    story.write(configText('tags: { Team: search, cost: a }\n'));
    await story.json('up', '--yes');
    const roles = story.account.tables['iam/roles'] ?? [];
    expect(roles.map(([, row]) => (row as { readonly tags: object }).tags)).toEqual(
      roles.map((): unknown => expect.objectContaining({ Team: 'search' })),
    );
    expect(await story.json<UpDocument>('up')).toMatchObject({ apiCalls: { writes: 0 } });
    expect(givenIn(story)).toEqual(['Team', 'cost']);
  });
});

describe('tags of any name', () => {
  it('are given, kept, changed and taken away like any other', async () => {
    const story = await Story.standing(configText('tags: { __proto__: a, constructor: b }\n'));
    const everywhere = valuesOf(story, '__proto__');
    expect(everywhere.get('logs/groups')).toEqual(new Set(['a']));
    expect(everywhere.get('ec2/vpcs')).toContain('a');
    expect(await story.json<UpDocument>('up')).toMatchObject({ apiCalls: { writes: 0 } });
    story.write(configText('tags: { __proto__: c }\n'));
    await story.json('up', '--yes');
    expect(carriersOf(story, 'constructor')).toEqual([]);
    expect(valuesOf(story, '__proto__').get('logs/groups')).toEqual(new Set(['c']));
    expect(await story.json<UpDocument>('up')).toMatchObject({ apiCalls: { writes: 0 } });
  });
});

/** What stands in the account of each kind, by its id. */
function idsIn(story: Story, table: string): readonly string[] {
  return (story.account.tables[table] ?? []).map(([id]) => id);
}

/** Kinds of which everything that runs carries the tags, and those of which some is not the cluster's, or its maker's alone. */
const carriers = {
  all: [
    'auto-scaling/groups',
    'ec2/addresses',
    'ec2/flow-logs',
    'ec2/instances',
    'ec2/internet-gateways',
    'ec2/key-pairs',
    'ec2/launch-templates',
    'ec2/nat-gateways',
    'ec2/subnets',
    'ec2/volumes',
    'ec2/vpc-endpoints',
    'ec2/vpcs',
    'ecr/repositories',
    'ecs/clusters',
    'ecs/services',
    'ecs/task-definitions',
    'ecs/tasks',
    'iam/instance-profiles',
    'iam/roles',
    'logs/groups',
    'secrets-manager/secrets',
    'ssm/parameters',
  ],
  // The VPC's own group and table, and the interfaces that NAT gateways have.
  some: ['ec2/network-interfaces', 'ec2/route-tables', 'ec2/security-groups'],
} as const;

describe('a tag restarts nobody', () => {
  const withTags = (tags: string): string => configText(`tags: ${tags}\nnetwork: { flowLogs: true }\n`);
  const first = withTags('{ team: search, cost: a, old: x }');
  const lasting = [...carriers.all, ...carriers.some];

  it('one added, one changed, one taken away: everything carries them, as it runs', async () => {
    const story = await Story.standing(first);
    const before = lasting.map((table) => idsIn(story, table));
    story.write(withTags('{ team: search, cost: b, added: y }'));
    const plan = await story.json<PlanDocument>('plan');
    expect(new Set(plan.changes.map(({ impact }) => impact))).toEqual(new Set(['in-place']));
    expect(plan.summary).toMatchObject({ create: 0, replace: 0, destroy: 0 });
    await story.json('up', '--yes');
    expect(lasting.map((table) => idsIn(story, table))).toEqual(before);
    const [team, cost, added] = ['team', 'cost', 'added'].map((key) => valuesOf(story, key));
    for (const table of carriers.all) {
      expect(
        [team, cost, added].map((values) => values?.get(table)),
        table,
      ).toEqual(['search', 'b', 'y'].map((value) => new Set([value])));
    }
    for (const table of carriers.some) {
      expect(
        [cost, added].map((values) => values?.get(table)),
        table,
      ).toEqual(['b', 'y'].map((value) => new Set([undefined, value])));
    }
    expect(carriersOf(story, 'old')).toEqual([]);
    expect(await story.json<UpDocument>('up')).toMatchObject({ apiCalls: { writes: 0 } });
  });

  it('and one more is one call for all that EC2 tags at the same moment', async () => {
    const story = await Story.standing(first);
    story.write(withTags('{ team: search, cost: a, old: x, more: z }'));
    const { apiCalls } = await story.json<UpDocument>('up', '--yes');
    // 12 things of EC2 and 9 parts of hosts share a few; everything else is one each.
    expect(apiCalls.writes).toBeLessThanOrEqual(40);
  });

  it('hosts that come later have the tags of now, and a change beside them still replaces hosts', async () => {
    const story = await Story.standing(first);
    story.write(withTags('{ team: other }'));
    await story.json('up', '--yes');
    const before = idsIn(story, 'ec2/instances');
    await story.json('replace', 'search-1', '--yes');
    expect(idsIn(story, 'ec2/instances').length).toBe(before.length + 1);
    expect(valuesOf(story, 'cost').get('ec2/volumes')).toEqual(new Set([undefined]));
    expect(valuesOf(story, 'team').get('ec2/instances')).toEqual(new Set(['other']));
    expect(valuesOf(story, 'team').get('ecs/tasks')).toEqual(new Set(['other']));
    expect(await story.json<UpDocument>('up')).toMatchObject({ apiCalls: { writes: 0 } });
    story.write(withTags('{ team: search }').concat('instanceType: m7g.xlarge\n'));
    const plan = await story.json<PlanDocument>('plan');
    expect(plan.changes.flatMap(({ fields }) => fields).filter(({ path }) => path === 'host')).toHaveLength(
      3,
    );
  });

  it('our own tags on what runs are put right', async () => {
    const story = await Story.standing(first);
    await story.behindTheBack((_clients, world) => tagAll(world, 'cost', 'theirs'));
    const plan = await story.json<PlanDocument>('plan');
    expect(plan.changes.flatMap(({ fields }) => fields).map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        'instance.tags.cost',
        'rootDisk.tags.cost',
        'networkInterface.tags.cost',
        'task.tags.cost',
      ]),
    );
    await story.json('up', '--yes');
    expect(valuesOf(story, 'cost').get('ec2/instances')).toEqual(new Set(['a']));
    expect(await story.json<UpDocument>('up')).toMatchObject({ apiCalls: { writes: 0 } });
  });
});
