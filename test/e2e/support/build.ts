import path from 'node:path';

import { execa } from 'execa';

/**
 * Builds the product once before all files of the suite: they run it as its users do, from `dist`. With ES_ECS_BUILT it is there
 * already, and others beside this suite are at work with it.
 */
export async function setup(): Promise<void> {
  if (process.env['ES_ECS_BUILT'] !== undefined) return;
  const root = path.join(import.meta.dirname, '..', '..', '..');
  const built = await execa('npm', ['run', 'build'], { cwd: root, reject: false, all: true });
  if (built.failed) throw new Error(`npm run build failed:\n${built.all}`);
}
