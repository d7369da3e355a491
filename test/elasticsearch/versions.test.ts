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

  it.each([
    ['8.16.1', '8.16.6'],
    ['8.13.0', '8.19.13'],
    ['8.19.0', '9.0.0'],
    ['8.19.13', '9.4.6'],
    ['9.0.0', '9.4.6'],
  ])('from %s to %s is legal', (from, to) => {
    expect(path(from, to)).toEqual({ kind: 'upgrade' });
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
    expect(path('8.18.4', '9.0.0')).toEqual({
      kind: 'refused',
      because: '8.18.4 to 9.0.0 is legal only by way of 8.19, the last 8.x',
      first: '8.19',
    });
    expect(path('8.19.0', '10.0.0')).toMatchObject({
      kind: 'refused',
      because: expect.stringContaining('skips'),
    });
  });
});
