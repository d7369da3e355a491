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

/** Since the last time it was asked; V8 begins anew each time. */
async function blocksRun(): Promise<number> {
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

// What is done only once is done.
read('name: search');
await blocksRun();

const counts: Record<string, readonly [small: number, twice: number]> = {};
for (const [kind, make] of Object.entries(growing)) {
  read(make(smallBytes));
  const small = await blocksRun();
  read(make(2 * smallBytes));
  counts[kind] = [small, await blocksRun()];
}
process.stdout.write(JSON.stringify(counts));
