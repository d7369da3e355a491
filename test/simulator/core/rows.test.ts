import { expect, it } from 'vitest';

import { Rows } from '../../../src/simulator/core/rows.ts';

interface Pet {
  readonly name: string;
  tags: readonly string[];
}

const byTag = {};
const tagsOf = (pet: Pet): readonly string[] => pet.tags;

function pets(...rows: readonly Pet[]): Rows<Pet> {
  const made = new Rows<Pet>();
  for (const row of rows) made.set(row.name, row);
  return made;
}

function under(rows: Rows<Pet>, key: string): readonly string[] {
  return rows.under(byTag, key, tagsOf).map(({ name }) => name);
}

it('finds rows by what an index asks of them, in the order of their making', () => {
  const rows = pets({ name: 'a', tags: ['x'] }, { name: 'b', tags: [] }, { name: 'c', tags: ['x', 'y'] });
  expect(under(rows, 'x')).toEqual(['a', 'c']);
  expect(under(rows, 'y')).toEqual(['c']);
  expect(under(rows, 'z')).toEqual([]);
});

it('knows what was put in, changed and deleted after the first question', () => {
  const late: Pet = { name: 'a', tags: [] };
  const rows = pets(late, { name: 'b', tags: ['x'] }, { name: 'c', tags: ['x'] });
  expect(under(rows, 'x')).toEqual(['b', 'c']);
  late.tags = ['x'];
  rows.set('a', late);
  rows.set('d', { name: 'd', tags: ['x'] });
  rows.delete('c');
  expect(under(rows, 'x')).toEqual(['a', 'b', 'd']);
  late.tags = ['y'];
  rows.set('a', late);
  expect(under(rows, 'x')).toEqual(['b', 'd']);
  rows.clear();
  expect(under(rows, 'x')).toEqual([]);
});

it('is a map like any other', () => {
  const rows = pets({ name: 'b', tags: [] }, { name: 'a', tags: [] });
  expect([...rows.keys()]).toEqual(['b', 'a']);
  expect(rows.size).toBe(2);
  expect(rows.delete('b')).toBe(true);
  expect(rows.delete('b')).toBe(false);
});
