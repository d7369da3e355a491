import { describe, expect, it } from 'vitest';

import { compact, type Model } from './model.ts';
import { ModelNotes } from './notes.ts';
import { checkShape } from './shape-check.ts';

const model: Model = {
  operations: {
    Make: { input: { shape: 'Request' }, output: { shape: 'Answer' } },
    Other: { output: { shape: 'Unused' } },
  },
  shapes: {
    Request: {
      type: 'structure',
      required: ['Name'],
      members: {
        Name: { shape: 'Name' },
        Size: { shape: 'Size' },
        Kind: { shape: 'Kind' },
        Names: { shape: 'Names' },
        Tags: { shape: 'Tags' },
        At: { shape: 'Time' },
        Blob: { shape: 'Blob' },
        On: { shape: 'Boolean' },
        Free: { shape: 'Free' },
      },
    },
    Answer: { type: 'structure', members: { Name: { shape: 'Name' } } },
    Unused: { type: 'structure', members: {} },
    Name: { type: 'string', min: 2, max: 4, pattern: '[a-z]*' },
    Size: { type: 'integer', min: 1, max: 9 },
    Kind: { type: 'string', enum: ['one', 'two'] },
    Names: { type: 'list', member: { shape: 'Name' }, max: 2 },
    Tags: { type: 'map', key: { shape: 'Name' }, value: { shape: 'Kind' } },
    Time: { type: 'timestamp' },
    Blob: { type: 'blob', max: 1 },
    Boolean: { type: 'boolean' },
    Free: { type: 'structure', members: {}, document: true },
  },
};

function found(value: object): string[] {
  return checkShape(model, 'Request', value).map(({ path, what }) => `${path}: ${what}`);
}

describe('a value held against a shape', () => {
  it('may be all that the shape allows', () => {
    expect(
      found({
        Name: 'ab',
        Size: 9,
        Kind: 'two',
        Names: ['abcd', 'ab'],
        Tags: { ab: 'one' },
        At: new Date(0),
        Blob: new Uint8Array(1),
        On: false,
        Free: { anything: [1] },
      }),
    ).toEqual([]);
  });

  it.each([
    ['no member', { Name: 'ab', Nome: 'ab' }, ['Nome: is no member']],
    ['a member that is missing', {}, ['Name: is missing']],
    ['undefined for a member', { Name: undefined }, ['Name: is missing']],
    ['too short', { Name: 'a' }, ['Name: is below 2']],
    ['too long', { Name: 'abcde' }, ['Name: is above 4']],
    ['another pattern, though a part matches', { Name: 'ab1' }, ['Name: does not match [a-z]*']],
    ['another word', { Name: 'ab', Kind: 'three' }, ['Kind: is none of the words that it may be']],
    ['a number too small', { Name: 'ab', Size: 0 }, ['Size: is below 1']],
    ['no whole number', { Name: 'ab', Size: 1.5 }, ['Size: is no integer']],
    ['a number as text', { Name: 'ab', Size: '3' }, ['Size: is no integer']],
    ['a time as text', { Name: 'ab', At: '2026-01-01' }, ['At: is no timestamp']],
    [
      'a list too long, and what is in it',
      { Name: 'ab', Names: ['ab', 'AB', 'ab'] },
      ['Names: is above 2', 'Names[]: does not match [a-z]*'],
    ],
    [
      'a key and a value of a map',
      { Name: 'ab', Tags: { a: 'x' } },
      ['Tags{key}: is below 2', 'Tags{}: is none of the words that it may be'],
    ],
    ['a blob too long', { Name: 'ab', Blob: new Uint8Array(2) }, ['Blob: is above 1']],
    ['null', { Name: 'ab', On: null }, ['On: is no boolean']],
  ])('is found out: %s', (_what, value, expected) => {
    expect(found(value)).toEqual(expected);
  });
});

describe('a compact model', () => {
  it('has the operations asked for and what they use, and nothing else', () => {
    const small = compact(model, ['Other']);
    expect(Object.keys(small.operations)).toEqual(['Other']);
    expect(Object.keys(small.shapes)).toEqual(['Unused']);
    expect(() => compact(model, ['Unknown'])).toThrow('the model has no operation Unknown');
  });
});

describe('the notes of a suite', () => {
  it('hold what was answered against the model both ways, and only count what was refused', () => {
    const notes = new ModelNotes({ S: model });
    const call = { service: 'S', operation: 'Make' };
    notes.answered(call, { Name: 'ab' }, { Name: 'AB', $metadata: {} });
    notes.answered(call, { Name: 'a' }, { Name: 'CD' });
    notes.refused(call, new RangeError('no'));
    expect(notes.toJSON()).toEqual({
      answered: { 'S:Make': 2 },
      refused: { 'S:Make RangeError': 1 },
      differences: [
        { difference: 'S:Make answer Name: does not match [a-z]*', example: '"AB"', times: 2 },
        { difference: 'S:Make request Name: is below 2', example: '"a"', times: 1 },
      ],
    });
  });
});
