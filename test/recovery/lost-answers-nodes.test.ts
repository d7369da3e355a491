import { expect, it } from 'vitest';

import { loseAnswers } from './lost-answers.ts';
import { config, filled, movedConfig, smallerConfig, standing, upgradedConfig } from './scenes.ts';

// What an up from nothing does not send.
it.each([
  ['a roll to other hosts', movedConfig, standing, 'AutoScaling:TerminateInstanceInAutoScalingGroup'],
  ['a roll to another version', upgradedConfig, standing, 'ECS:UpdateService'],
  ['a node that leaves with its data', smallerConfig, filled, 'ECS:DeleteService'],
])('%s loses the answer to any write and goes on by itself', async (_, wanted, before, operation) => {
  const scene = { words: ['up'], config: wanted, before: await before() };
  const { operations, deviations } = await loseAnswers(scene);
  expect(deviations).toEqual({});
  expect(operations).toContain(operation);
});

it('a destroy that loses the answer to any write goes on by itself, and leaves nothing', async () => {
  const scene = { words: ['destroy', '--delete-data'], config, before: await filled() };
  const { operations, deviations } = await loseAnswers(scene);
  expect(deviations).toEqual({});
  expect(operations.length).toBeGreaterThan(25);
});
