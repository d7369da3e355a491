/**
 * How often blocks of JavaScript run, libraries included, while each kind of file is read in two sizes; as JSON. V8 counts only in what was
 * compiled since it was told to, hence a process of its own that loads everything afterwards.
 */
import { Session } from 'node:inspector/promises';

import { growing } from './growing.ts';

const smallBytes = 4 * 1024;

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
const { loadConfig } = await import('../../../src/config/load.ts');

async function blocksRun(work: () => void): Promise<number> {
  await session.post('Profiler.takePreciseCoverage');
  work();
  const { result } = await session.post('Profiler.takePreciseCoverage');
  return result
    .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges))
    .reduce((sum, { count }) => sum + count, 0);
}

function read(text: string): void {
  try {
    loadConfig(text, 'es-ecs.yaml');
  } catch {
    // What is said of it is the subject of other tests.
  }
}

const counts: Record<string, readonly [small: number, twice: number]> = {};
for (const [kind, make] of Object.entries(growing)) {
  const [small, twice] = [make(smallBytes), make(2 * smallBytes)];
  counts[kind] = [
    await blocksRun(() => {
      read(small);
    }),
    await blocksRun(() => {
      read(twice);
    }),
  ];
}
process.stdout.write(JSON.stringify(counts));
