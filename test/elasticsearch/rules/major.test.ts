import { describe, expect, it } from 'vitest';

import type { IndexOrigin } from '../../../src/elasticsearch/client.ts';
import { majorRefusal } from '../../../src/elasticsearch/rules/major.ts';

const index = (name: string, createdMajor: number, isReadOnly = false): IndexOrigin => ({
  name,
  createdMajor,
  isReadOnly,
});
const ask = (origins: readonly IndexOrigin[], major = 9): string | undefined =>
  majorRefusal({ origins, deprecations: [] }, major);

describe('before another major version', () => {
  it('indices of the one before are opened, and older ones only where nothing is written to them', () => {
    expect(ask([index('logs', 8), index('old', 7, true)])).toBeUndefined();
    expect(ask([index('logs', 8), index('old', 7)])).toContain('9.x does not start with old (7.x)');
    expect(ask([index('older', 6, true)])).toContain('older (6.x)');
    expect(ask([index('old', 6, true)], 8)).toContain('8.x does not start with old (6.x)');
  });

  it('names three of them, and counts the others', () => {
    const five = ['a', 'b', 'c', 'd', 'e'].map((name) => index(name, 7));
    expect(ask(five)).toContain('a (7.x), b (7.x), c (7.x) and 2 other indices: reindex or delete them');
  });

  it('what Elasticsearch calls critical is mended first, and what it warns of is not in the way', () => {
    const said = (level: 'critical' | 'warning'): string | undefined =>
      majorRefusal({ origins: [], deprecations: [{ level, message: 'a setting', about: 'logs' }] }, 9);
    expect(said('warning')).toBeUndefined();
    expect(said('critical')).toContain('logs: a setting; es-ecs es GET /_migration/deprecations');
  });

  it('what cannot be asked is in nobody\u2019s way', () => {
    expect(majorRefusal({ origins: [], deprecations: undefined }, 9)).toBeUndefined();
  });
});
