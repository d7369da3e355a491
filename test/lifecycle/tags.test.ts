import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

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

function isOfHosts(carrier: string): boolean {
  return /^(ec2\/(instances|volumes)|ecs\/task)/.test(carrier);
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
    expect(carriersOf(story, 'constructor').filter((one) => !isOfHosts(one))).toEqual([]);
    expect(valuesOf(story, '__proto__').get('logs/groups')).toEqual(new Set(['c']));
    expect(await story.json<UpDocument>('up')).toMatchObject({ apiCalls: { writes: 0 } });
  });
});
