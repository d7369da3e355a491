import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { parseOptions } from '../../bench/options.ts';

describe('npm run bench', () => {
  it('measures everything of this checkout by itself', () => {
    expect(parseOptions([], '/src')).toMatchObject({
      builds: [{ name: 'this', root: '/src' }],
      isStartMeasured: true,
      accounts: ['simulated', 'moto', 'moto-slow'],
      nodes: [3, 12, 60, 300, 1000],
      callMs: 100,
      saveAs: undefined,
    });
  });

  it('measures a part, against another checkout', () => {
    expect(
      parseOptions(['--only', 'moto', '--nodes', '3,12', '--steps', 'plan', '--against', 'older'], '/src'),
    ).toMatchObject({
      builds: [
        { name: 'this', root: '/src' },
        { name: 'against', root: path.resolve('older') },
      ],
      isStartMeasured: false,
      accounts: ['moto'],
      nodes: [3, 12],
      steps: ['plan'],
    });
  });

  it('refuses what it does not know', () => {
    expect(() => parseOptions(['--only', 'aws'], '/src')).toThrow(/--only knows start-up, simulated/);
    expect(() => parseOptions(['--steps', 'down'], '/src')).toThrow(/--steps knows up, plan/);
    expect(() => parseOptions(['--nodes', 'three'], '/src')).toThrow('--nodes: three is not a whole number');
    expect(() => parseOptions(['--fast'], '/src')).toThrow(/--fast/);
    expect(parseOptions(['--help'], '/src')).toBeUndefined();
  });
});
