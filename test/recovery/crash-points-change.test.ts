import { expect, it } from 'vitest';

import { editedConfig, exploreAloud, standing } from './scenes.ts';

it('an up that changes things of every kind, killed at every point, comes to the same end when it is run again', async () => {
  const scene = { words: ['up'], config: editedConfig, before: await standing() };
  const { points, deviations } = await exploreAloud(scene);
  expect(deviations).toEqual({});
  expect(points).toBeGreaterThan(120);
});
