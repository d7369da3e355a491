import { expect, it } from 'vitest';

import { config, exploreAloud, standing } from './scenes.ts';

it.each([[['destroy']], [['destroy', '--delete-data']]])(
  '%s, killed at every point, comes to the same end when it is run again',
  async (words) => {
    const { points, deviations } = await exploreAloud({ words, config, before: await standing() });
    expect(deviations).toEqual({});
    expect(points).toBeGreaterThan(90);
  },
);
