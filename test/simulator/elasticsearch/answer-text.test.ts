import { describe, expect, it } from 'vitest';

import { answerText } from '../../../src/simulator/elasticsearch/answer-text.ts';

const rows = [
  { name: 'search-0', heap: 30, master: '*' },
  { name: 's', heap: 7 },
];

describe('what the simulated cluster says, as text', () => {
  it.each([
    ['/_cat/nodes', 'search-0 30 *\ns        7  -\n'],
    ['/_cat/nodes?v', 'name     heap master\nsearch-0 30   *\ns        7    -\n'],
    ['/_cat/nodes?h=heap,no&v=true', 'heap no\n30   -\n7    -\n'],
    ['/_cat/nodes?format=json&h=heap', JSON.stringify(rows)],
    ['/_search?pretty', JSON.stringify(rows, undefined, 2)],
  ])('%s', (path, text) => {
    expect(answerText({ path }, { body: rows }).text).toBe(text);
  });

  it('is nothing where there is nothing, and a text as it is', () => {
    expect(answerText({ path: '/' }, { body: undefined }).text).toBe('');
    expect(answerText({ path: '/' }, { body: 'a\n' })).toMatchObject({
      text: 'a\n',
      type: 'text/plain; charset=UTF-8',
    });
  });
});
