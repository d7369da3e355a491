import { expect, it } from 'vitest';

import { loseAnswers } from './lost-answers.ts';
import { config } from './scenes.ts';

it('an up from nothing that loses the answer to any write goes on by itself, and leaves what it would have left', async () => {
  const { operations, deviations } = await loseAnswers({ words: ['up'], config });
  expect(deviations).toEqual({});
  expect(operations.length).toBeGreaterThan(30);
});
