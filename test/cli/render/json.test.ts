import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { indentJson } from '../../../src/cli/render/json.ts';

describe('JSON for a person', () => {
  it('is what JSON.stringify makes of it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t'), (value, space) => {
        // Negative zero has no place in JSON, and `{}` within `[]` has two forms.
        const text = JSON.stringify(value, undefined, space);
        expect(indentJson(text)).toBe(JSON.stringify(JSON.parse(text), undefined, 2));
      }),
    );
  });

  it('keeps the digits that a number would lose', () => {
    expect(indentJson('{"id":12345678901234567890,"x":1.50}')).toBe(
      '{\n  "id": 12345678901234567890,\n  "x": 1.50\n}',
    );
  });

  it('takes marks in texts for what they are', () => {
    expect(indentJson('["{a,b:\\"}",{}, [ ]]')).toBe('[\n  "{a,b:\\"}",\n  {},\n  []\n]');
  });

  it('is nothing for what is no JSON', () => {
    expect(indentJson('epoch timestamp\n')).toBeUndefined();
    expect(indentJson('')).toBeUndefined();
  });
});
