import { execFileSync } from 'node:child_process';

/**
 * What a tree of sources plays: other sequences for each, and the same ones whoever plays them, so that a failure is the change's own
 * and can be had again. Outside a clone it is the time.
 */
export function seedOfSources(): number {
  try {
    const tree = execFileSync('git', ['rev-parse', 'HEAD^{tree}'], { encoding: 'utf8', stdio: 'pipe' });
    return Number.parseInt(tree.slice(0, 5), 16);
  } catch {
    return Date.now() % 1_000_000;
  }
}
