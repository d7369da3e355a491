import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { UpgradePath, Version } from '../../src/elasticsearch/versions.ts';
import {
  compareVersions,
  format,
  imageFor,
  parseVersion,
  upgradePath,
} from '../../src/elasticsearch/versions.ts';

const version = (text: string): Version => {
  const parsed = parseVersion(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
};

describe('versions', () => {
  it('are three numbers and nothing else', () => {
    expect(parseVersion('9.4.6')).toEqual({ major: 9, minor: 4, patch: 6 });
    for (const text of ['9', '9.4', '9.4.6-SNAPSHOT', 'v9.4.6', '9.4.6.1', '', 'latest', ' 9.4.6']) {
      expect(parseVersion(text), text).toBeUndefined();
    }
  });

  it('are compared as numbers', () => {
    const sorted = ['8.9.0', '8.10.0', '8.19.13', '9.0.0', '9.0.10'];
    expect([...sorted].reverse().sort((a, b) => compareVersions(version(a), version(b)))).toEqual(sorted);
  });

  it('name the official image', () => {
    expect(imageFor('9.4.6')).toBe('docker.elastic.co/elasticsearch/elasticsearch:9.4.6');
  });
});

describe('an upgrade', () => {
  const path = (from: string, to: string): UpgradePath => upgradePath(version(from), version(to));

  const page = 'elastic.co/docs/deploy-manage/upgrade#upgrade-paths';
  const order = 'elastic.co/docs/deploy-manage/upgrade/deployment-or-cluster#out-of-order-releases';
  const back = 'elastic.co/docs/deploy-manage/upgrade/deployment-or-cluster/elasticsearch';

  // What Elastic's pages say of each pair, and the page that says so.
  it.each([
    ['8.13.0', '8.13.4', 'upgrade', page],
    ['8.16.1', '8.16.6', 'upgrade', page],
    ['8.16.1', '8.19.13', 'upgrade', page],
    ['8.13.4', '8.18.8', 'upgrade', page],
    ['8.18.8', '8.19.5', 'upgrade', order],
    ['8.18.8', '8.19.4', 'came out on 2025-09-18, before 8.18.8 (2025-10-06)', order],
    ['8.17.10', '8.18.4', 'came out on 2025-07-22, before 8.17.10 (2025-08-12)', order],
    ['8.18.0', '9.0.0', 'upgrade', page],
    ['8.18.4', '9.0.4', 'upgrade', page],
    ['8.18.4', '9.0.3', 'came out on 2025-06-24, before 8.18.4 (2025-07-22)', order],
    ['8.17.10', '9.0.8', 'legal only by way of 8.18', page],
    ['8.19.0', '9.0.8', '9.0 is reached from 8.18 only', page],
    ['8.19.13', '9.0.8', '9.0 is reached from 8.18 only', page],
    ['8.18.8', '9.1.0', 'legal only by way of 8.19', page],
    ['8.18.8', '9.4.3', 'legal only by way of 8.19', page],
    ['8.13.0', '9.4.6', 'legal only by way of 8.19', page],
    ['8.19.0', '9.1.0', 'upgrade', page],
    ['8.19.1', '9.1.0', 'came out on 2025-07-29, before 8.19.1 (2025-08-07)', order],
    ['8.19.13', '9.3.1', 'came out on 2026-02-26, before 8.19.13 (2026-03-19)', order],
    ['8.19.13', '9.3.2', 'upgrade', order],
    ['8.19.13', '9.4.3', 'upgrade', page],
    ['8.19.18', '9.4.3', 'upgrade', order],
    ['8.19.19', '9.4.3', 'came out on 2026-06-30, before 8.19.19 (2026-07-21)', order],
    ['8.19.13', '9.4.6', 'upgrade', page],
    // The page's own two examples.
    ['9.0.4', '9.1.0', 'upgrade', page],
    ['9.0.5', '9.1.0', 'came out on 2025-07-29, before 9.0.5 (2025-08-12)', page],
    ['9.0.5', '9.1.2', 'upgrade', page],
    ['9.0.0', '9.4.6', 'upgrade', page],
    // Newer than the table of releases: after all that is in it.
    ['9.4.6', '9.5.2', 'came out on 2026-08-20, before 9.4.6', order],
    ['9.4.6', '9.5.3', 'upgrade', order],
    ['9.4.3', '9.4.2', 'cannot go back', back],
    ['9.0.0', '8.19.13', 'cannot go back', back],
    ['8.19.13', '8.18.8', 'cannot go back', back],
  ])('from %s to %s: %s', (from, to, verdict) => {
    const told = path(from, to);
    if (verdict === 'upgrade') expect(told).toEqual({ kind: 'upgrade' });
    else expect(told).toMatchObject({ kind: 'refused', because: expect.stringContaining(verdict) as string });
  });

  it('to the same version is none', () => {
    expect(path('9.4.6', '9.4.6')).toEqual({ kind: 'same' });
  });

  it('never goes back', () => {
    expect(path('9.4.6', '9.4.5')).toMatchObject({
      kind: 'refused',
      because: expect.stringContaining('cannot go back'),
    });
    const number = fc.integer({ min: 0, max: 20 });
    const any = fc.record({ major: fc.constantFrom(8, 9), minor: number, patch: number });
    fc.assert(
      fc.property(any, any, (from, to) => {
        if (compareVersions(to, from) < 0) expect(upgradePath(from, to).kind).toBe('refused');
        expect(version(format(from))).toEqual(from);
      }),
    );
  });

  it('leaves 8 by its last minor only, and says so', () => {
    expect(path('8.18.4', '9.1.0')).toEqual({
      kind: 'refused',
      because: '8.18.4 to 9.1.0 is legal only by way of 8.19, the last 8.x',
      first: '8.19',
    });
    expect(path('8.17.4', '9.0.0')).toMatchObject({ first: '8.18' });
    expect(path('8.19.0', '10.0.0')).toMatchObject({
      kind: 'refused',
      because: expect.stringContaining('skips'),
    });
  });
});
