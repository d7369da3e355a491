import { expect, it } from 'vitest';

import { copyOf } from '../../../src/simulator/core/copy.ts';

it('shares nothing with what it was made from, and is the same', () => {
  const tags = JSON.parse('{"__proto__": "a", "constructor": "b"}') as Record<string, string>;
  const asked = {
    at: new Date(0),
    bytes: new Uint8Array([1, 2]),
    list: [{ one: 1 }, undefined, null, 'two'],
    absent: undefined,
    tags,
  };
  const copy = copyOf(asked);
  expect(copy).toStrictEqual(asked);
  expect(Object.entries(copy.tags)).toEqual([
    ['__proto__', 'a'],
    ['constructor', 'b'],
  ]);
  expect(copy.at).not.toBe(asked.at);
  expect(copy.bytes).not.toBe(asked.bytes);
  expect(copy.list).not.toBe(asked.list);
  expect(copy.list[0]).not.toBe(asked.list[0]);
});
