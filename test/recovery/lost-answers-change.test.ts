import { expect, it } from 'vitest';

import { loseAnswers } from './lost-answers.ts';
import { editedConfig, standing } from './scenes.ts';

it('an up that changes things of every kind and loses the answer to any write goes on by itself', async () => {
  const scene = { words: ['up'], config: editedConfig, before: await standing() };
  const { operations, deviations } = await loseAnswers(scene);
  expect(deviations).toEqual({});
  expect(operations.length).toBeGreaterThan(20);
});
