import { expect, it } from 'vitest';

import { config, exploreAloud } from './scenes.ts';

it('up from nothing, killed before and after every call that writes, comes to the same end when it is run again', async () => {
  const { points, deviations } = await exploreAloud({ words: ['up'], config });
  expect(deviations).toEqual({});
  expect(points).toBeGreaterThan(120);
});
