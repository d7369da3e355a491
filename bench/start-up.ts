import { spawnSync } from 'node:child_process';
import path from 'node:path';

import { median } from './figures.ts';
import type { Build } from './program.ts';

/** What a start took, against a Node that does nothing, in the same session. */
export interface Start {
  readonly build: string;
  readonly command: string;
  readonly medianMs: number;
  readonly leastMs: number;
  /** Times the bare Node's, of the medians and of the least. */
  readonly ratio: number;
  readonly leastRatio: number;
}

const bare = 'node -e 0';
const warmUps = 2;

/** Measures `--version` and `--help` of each build against `node -e 0`. The runs take turns. */
export function measureStarts(builds: readonly Build[], rounds: number): readonly Start[] {
  const contenders = [
    { build: '', command: bare, words: ['-e', '0'], times: [] as number[] },
    ...builds.flatMap((build) =>
      ['--version', '--help'].map((flag) => ({
        build: build.name,
        command: flag,
        words: [path.join(build.root, 'bin', 'es-ecs.js'), flag],
        times: [] as number[],
      })),
    ),
  ];
  for (let round = -warmUps; round < rounds; round += 1) {
    for (const contender of contenders) {
      const begun = performance.now();
      const { status, stderr } = spawnSync(process.execPath, contender.words, { encoding: 'utf8' });
      if (status !== 0)
        throw new Error(`${contender.command} ends with ${status}; npm run build first\n${stderr}`);
      if (round >= 0) contender.times.push(performance.now() - begun);
    }
  }
  const [node] = contenders;
  const nodeTimes = node?.times ?? [];
  return contenders.map(({ build, command, times }) => ({
    build,
    command,
    medianMs: median(times),
    leastMs: Math.min(...times),
    ratio: median(times) / median(nodeTimes),
    leastRatio: Math.min(...times) / Math.min(...nodeTimes),
  }));
}
