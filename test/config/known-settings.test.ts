import { describe, expect, it } from 'vitest';

import { loadConfig } from '../../src/config/load.ts';
import { EsEcsError } from '../../src/errors.ts';
import { isIndexSetting, knownSetting } from '../../src/config/known-settings.ts';
import { judged } from './judged-settings.ts';

describe('the name of a setting', () => {
  it.each(judged)('%s is judged as real servers of 8.19.13 and 9.4.3 do', (setting, in8, in9) => {
    const known = (version: string): boolean => knownSetting(setting, version).kind === 'known';
    expect([known('8.19.13'), known('9.4.3')]).toEqual([in8, in9]);
  });

  it('has the nearest beside it, and is unsure where no list is near', () => {
    expect(knownSetting('indices.query.bool.max_clause_cout', '9.4.6')).toEqual({
      kind: 'unknown',
      nearest: ['indices.query.bool.max_clause_count'],
      isSure: true,
    });
    expect(knownSetting('wholly.unlike.anything', '9.4.6')).toMatchObject({ nearest: [], isSure: true });
    expect(knownSetting('search.brand_new', '9.7.0')).toMatchObject({ kind: 'unknown', isSure: false });
    expect(knownSetting('search.brand_new', '8.14.0')).toMatchObject({ kind: 'unknown', isSure: false });
    // Between two that are listed, what either knows may be there.
    expect(knownSetting('tracing.apm.enabled', '9.1.0').kind).toBe('known');
    expect(knownSetting('xpack.ml.whatever', '9.4.6').kind).toBe('known');
  });

  it('of an index is another list', () => {
    expect(isIndexSetting('index.number_of_replicas')).toBe(true);
    expect(isIndexSetting('index.routing.allocation.require.box')).toBe(true);
    expect(isIndexSetting('index.no_such')).toBe(false);
  });
});

it('only the first of many unknown settings have the nearest beside them, as each takes its time', () => {
  const settings = Array.from(
    { length: 40 },
    (_, at) => `    indices.query.bool.max_clause_cout${String(at)}: 1\n`,
  );
  const text = `name: search\nregion: eu-west-1\nnodes: 3\nelasticsearch:\n  version: 9.4.6\n  settings:\n${settings.join('')}`;
  let hints: readonly string[] = [];
  try {
    loadConfig(text, 'es-ecs.yaml');
  } catch (error) {
    if (!(error instanceof EsEcsError)) throw error;
    hints = error.hints;
  }
  // The first of all is the message.
  expect(hints).toHaveLength(39);
  expect(hints.filter((hint) => hint.includes('did you mean'))).toHaveLength(19);
});
