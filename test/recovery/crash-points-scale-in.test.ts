import { expect, it } from 'vitest';

import { exploreAloud, filled, smallerConfig } from './scenes.ts';

it('an up that takes a node with data and a vote away, killed at every point, comes to the same end when it is run again', async () => {
  const scene = { words: ['up'], config: smallerConfig, before: await filled() };
  const { points, deviations } = await exploreAloud(scene);
  expect(deviations).toEqual({});
  expect(points).toBeGreaterThan(20);
});
