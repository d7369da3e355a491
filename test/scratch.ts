import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Where there is one, a folder in memory: hundreds of runs save their state at every step, and a disk would make each wait. */
const root = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

let ground: string | undefined;

/** A new directory for a run to work in. It goes with the end of the test file, also where a killed run still writes into it. */
export function scratch(name: string): string {
  ground ??= mkdtempSync(path.join(root, 'es-ecs-test-'));
  return mkdtempSync(path.join(ground, `${name}-`));
}

/** Called by the set-up of each test file. */
export function removeScratch(): void {
  if (ground !== undefined) rmSync(ground, { recursive: true, force: true, maxRetries: 5 });
  ground = undefined;
}
