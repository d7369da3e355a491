import { describe, expect, it } from 'vitest';

import { inChunks } from '../../src/steps/chunks.ts';
import { differences } from '../../src/steps/compare.ts';

describe('differences', () => {
  it('names the field that differs, by its path, and what it was and is to be', () => {
    expect(differences({ a: { b: 2 } }, { a: { b: 1 } })).toEqual([{ path: 'a.b', before: '1', after: '2' }]);
  });

  it('takes absent, empty, zero and false for the same', () => {
    expect(differences({ a: '', b: 0, c: false, d: [], e: {} }, {})).toEqual([]);
    expect(differences({}, { a: '', b: 0, c: false, d: [], e: null })).toEqual([]);
  });

  it('sees a true that became false', () => {
    expect(differences({ encrypted: true }, { encrypted: false })).toEqual([
      { path: 'encrypted', before: undefined, after: 'true' },
    ]);
  });

  it('compares lists of named things whatever their order', () => {
    const one = [
      { name: 'A', value: '1' },
      { name: 'B', value: '2' },
    ];
    expect(differences({ environment: one }, { environment: [...one].reverse() })).toEqual([]);
    expect(differences({ environment: one }, { environment: one.slice(0, 1) })).toEqual([
      { path: 'environment.B.name', before: undefined, after: 'B' },
      { path: 'environment.B.value', before: undefined, after: '2' },
    ]);
  });

  it('keeps the order of lists of plain values, which is that of words on a command line', () => {
    expect(differences({ command: ['a', 'b'] }, { command: ['b', 'a'] })).toHaveLength(2);
  });

  it('sees what nobody declared, but not what a service fills in', () => {
    const observed = { state: 'applied', keyName: 'mine' };
    expect(differences({}, observed, { state: 'applied' })).toEqual([
      { path: 'keyName', before: 'mine', after: undefined },
    ]);
  });
});

describe('inChunks', () => {
  it('loses nothing and fills no chunk above its size', () => {
    expect(inChunks([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
    expect(inChunks([], 2)).toEqual([]);
  });
});
