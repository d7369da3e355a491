import { describe, expect, it } from 'vitest';

import { hasGrownTo } from '../../src/elasticsearch/disk-growth.ts';
import { isDynamicSetting } from '../../src/elasticsearch/dynamic-settings.ts';
import { changesFor, differencesOf, refusedName } from '../../src/elasticsearch/noted-settings.ts';

const note = 'cluster.metadata.es_ecs_settings';

describe('settings by API', () => {
  it.each([
    ['search.max_buckets', true],
    ['logger.org.elasticsearch.discovery', true],
    ['cluster.remote.other.seeds', true],
    ['cluster.remote.node.attr', false],
    ['cluster.max_shards_per_nodes', false],
    ['indices.recovery.max_bytes_per_sec', true],
    ['indices.memory.index_buffer_size', false],
    ['thread_pool.write.queue_size', false],
    ['xpack.security.http.filter.allow', false],
  ])('%s is dynamic: %s', (name, is) => {
    expect(isDynamicSetting(name)).toBe(is);
  });

  it('are compared as texts, and lists in their order', () => {
    const there = {
      persistent: { 'a.number': '1', 'a.list': ['x', 'y'], [note]: 'a.list,a.number' },
      transient: {},
    };
    expect(differencesOf({ 'a.number': 1, 'a.list': ['x', 'y'] }, there)).toEqual([]);
    expect(differencesOf({ 'a.number': true, 'a.list': ['y', 'x'] }, there)).toEqual([
      { name: 'a.number', before: '1', after: 'true' },
      { name: 'a.list', before: 'x,y', after: 'y,x' },
    ]);
  });

  it('take back what hides them and what the note alone still has, and leave the rest', () => {
    const there = {
      persistent: { mine: '1', dropped: '2', theirs: '3', [note]: 'dropped,gone,mine' },
      transient: { mine: '9', other: '8' },
    };
    expect(differencesOf({ mine: 1 }, there)).toMatchObject([
      { name: 'mine', before: '9 (transient)', after: '1' },
      { name: 'dropped', before: '2', after: undefined },
    ]);
    expect(changesFor({ mine: 1 }, there)).toEqual({
      persistent: { mine: '1', dropped: null, [note]: 'mine' },
      transient: { mine: null },
    });
  });

  it('are noted when they happen to be so already, and the note goes with the last of them', () => {
    const there = { persistent: { mine: '1' }, transient: {} };
    expect(differencesOf({ mine: 1 }, there)).toMatchObject([
      { name: note, before: undefined, after: 'mine' },
    ]);
    const noted = { persistent: { [note]: 'gone' }, transient: {} };
    expect(changesFor({}, noted)).toEqual({ persistent: { [note]: null } });
  });

  it('are told from a refusal by name or by value', () => {
    const wanted = { 'a.a': 'many', 'b.b': 'LOUD', 'c.c': 'x' };
    expect(refusedName('Failed to parse value [many] for setting [a.a]', wanted)).toBe('a.a');
    expect(refusedName('Unknown level constant [LOUD].', wanted)).toBe('b.b');
    expect(refusedName('something else', wanted)).toBeUndefined();
    expect(refusedName('something else', { 'a.a': 1 })).toBe('a.a');
  });
});

// What statfs said of real ones: 256 of 320 MiB, 576 of 640 MiB.
it.each([
  [256 / 1024, 320 / 1024, true],
  [576 / 1024, 640 / 1024, true],
  [256 / 1024, 400 / 1024, false],
  [199.9, 200, true],
  [199.9, 201, false],
])('%s GiB fill a volume of %s GiB: %s', (shownGiB, sizeGiB, is) => {
  expect(hasGrownTo(shownGiB * 1024 ** 3, sizeGiB)).toBe(is);
});
