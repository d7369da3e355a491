import { describe, expect, it } from 'vitest';

import { cacheFolder } from '../../src/cli/compile-cache.ts';

describe("where V8's compiled code is kept", () => {
  it('is a cache of the user alone, where the platform has it', () => {
    expect(cacheFolder('linux', { HOME: '/home/ada' })).toBe('/home/ada/.cache/es-ecs/compiled');
    expect(cacheFolder('linux', { HOME: '/home/ada', XDG_CACHE_HOME: '/var/cache/ada' })).toBe(
      '/var/cache/ada/es-ecs/compiled',
    );
    expect(cacheFolder('darwin', { HOME: '/Users/ada' })).toBe('/Users/ada/Library/Caches/es-ecs/compiled');
    expect(cacheFolder('freebsd', { HOME: '/home/ada' })).toBe('/home/ada/.cache/es-ecs/compiled');
  });

  it('is nowhere for whoever has no home', () => {
    expect(cacheFolder('linux', {})).toBeUndefined();
    expect(cacheFolder('linux', { HOME: '' })).toBeUndefined();
    expect(cacheFolder('darwin', {})).toBeUndefined();
    expect(cacheFolder('win32', {})).toBeUndefined();
  });

  it('is never taken from where the command is run', () => {
    expect(cacheFolder('linux', { HOME: '/home/ada', XDG_CACHE_HOME: 'cache' })).toBe(
      '/home/ada/.cache/es-ecs/compiled',
    );
    expect(cacheFolder('linux', { HOME: '.' })).toBeUndefined();
  });
});
