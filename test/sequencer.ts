import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files in a random order that the run's seed repeats, but for the long ones, which come first: with one of them last, one
 * worker would be alone with it.
 */
export class LongestFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const random = generator(this.ctx.config.sequence.seed);
    const placed = files
      // Their order comes from the disk.
      .toSorted((a, b) => a.moduleId.localeCompare(b.moduleId))
      .map((file) => ({ file, place: (isLong(file.moduleId) ? 0 : 1) + random() }));
    return Promise.resolve(placed.toSorted((a, b) => a.place - b.place).map(({ file }) => file));
  }
}

/** Stories of whole clusters, sequences of them, and what starts programs. */
function isLong(file: string): boolean {
  return /\/test\/(lifecycle|templates|bench|recovery\/model)\//.test(file);
}

/** Mulberry32: 0 (inclusive) to 1 (exclusive). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
