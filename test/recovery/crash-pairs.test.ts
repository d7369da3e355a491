import { expect, it } from 'vitest';

import { createVirtualClock } from '../../src/engine/clock.ts';
import {
  keptData,
  normal,
  runAgain,
  runAgainUntil,
  runUndisturbed,
  type Scene,
  type Undisturbed,
} from './crash-points.ts';
import { difference } from './normal-account.ts';
import { config, editedConfig, standing } from './scenes.ts';
import { seedOfSources } from './seed.ts';
import type { CrashImage } from './site.ts';

/** How many of each scene; ES_ECS_PAIRS asks for more, and ES_ECS_SEED for the same ones again. */
const pairs = Number(process.env['ES_ECS_PAIRS'] ?? 20);
const seed = Number(process.env['ES_ECS_SEED'] ?? seedOfSources());

/** Nothing new is seen by filter, tag or id for up to so long, each thing for a time of its own. */
const hiddenUpToMs = 30_000;

const losses = ['nothing', 'the state file', 'the directory'] as const;
type Loss = (typeof losses)[number];

/** What is left when files are lost besides. */
function losing(loss: Loss, image: CrashImage): CrashImage {
  if (loss === 'nothing') return image;
  if (loss === 'the directory') return { ...image, files: {} };
  const files = Object.entries(image.files).filter(([name]) => name !== 'state.json');
  return { ...image, files: Object.fromEntries(files) };
}

/** Killed, run again, killed, run again; after each kill something may be lost as well. */
async function exploreTwice(
  scene: Scene,
  undisturbed: Undisturbed,
  random: () => number,
): Promise<{ readonly name: string; readonly told: readonly string[] }> {
  const { points, after } = undisturbed;
  const below = (limit: number): number => Math.floor(random() * limit);
  const first = points[below(points.length)];
  if (first === undefined) throw new Error('there are points');
  const lost = [losses[below(3)] ?? 'nothing', losses[below(3)] ?? 'nothing'] as const;
  const moment = below(points.length);
  const opening = { gapMs: below(20_000), seed: below(1_000_000), hiddenUpToMs };
  const name = `at ${first.name}, losing ${lost[0]}; then at moment ${String(moment)}, losing ${lost[1]}; ${JSON.stringify(opening)}`;
  try {
    const second = await runAgainUntil(scene, losing(lost[0], first), { moment, opening });
    const end = await runAgain(scene, losing(lost[1], second), opening);
    const whole = (image: CrashImage): readonly string[] => [...normal(image), ...keptData(scene, image)];
    return { name, told: difference(whole(after), whole(end)) };
  } catch (error) {
    return { name, told: [String(error)] };
  }
}

const commands: readonly (readonly [string, () => Promise<Scene>])[] = [
  ['up from nothing', () => Promise.resolve({ words: ['up'], config })],
  [
    'an up that changes things',
    async () => ({ words: ['up'], config: editedConfig, before: await standing() }),
  ],
  ['destroy', async () => ({ words: ['destroy'], config, before: await standing() })],
  [
    'destroy with the data',
    async () => ({ words: ['destroy', '--delete-data'], config, before: await standing() }),
  ],
];

it.each(commands)(
  '%s, killed twice, with files lost and new things unseen for a while, comes to the same end',
  async (what, makeScene) => {
    const clock = createVirtualClock({ startMs: 0, seed });
    const scene = await makeScene();
    const undisturbed = await runUndisturbed(scene, { hiddenUpToMs });
    const deviations: Record<string, readonly string[]> = {};
    for (let pair = 0; pair < pairs; pair += 1) {
      const { name, told } = await exploreTwice(scene, undisturbed, () => clock.random());
      if (told.length > 0) deviations[name] = told;
    }
    console.log(`${what}: killed at ${pairs} pairs of points (ES_ECS_SEED=${seed})`);
    expect(deviations, `ES_ECS_SEED=${seed}`).toEqual({});
  },
);
