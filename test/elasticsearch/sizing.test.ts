import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { heapProblem, largestHeapMiB, memoryOf } from '../../src/elasticsearch/sizing.ts';

const gib = 1024;

describe('memory', () => {
  it.each([
    ['t3.small, 2 GiB', 2 * gib, 1024, 512],
    ['m7g.large, 8 GiB', 8 * gib, 7168, 3584],
    ['r7g.large, 16 GiB', 16 * gib, 15_073, 7536],
    ['r7g.2xlarge, 64 GiB', 64 * gib, 60_293, 30_146],
    ['r7g.8xlarge, 256 GiB', 256 * gib, 241_172, largestHeapMiB],
  ])('of a %s', (_name, instanceMiB, taskMiB, heapMiB) => {
    expect(memoryOf(instanceMiB, ['master', 'data'])).toEqual({ taskMiB, heapMiB });
  });

  it('fits what ECS registers, by the figures that AWS gives for an m4.large', () => {
    expect(memoryOf(8192, ['data']).taskMiB).toBeLessThan(7985 - 256);
  });

  it('gives a dedicated master more heap, and the config the last word', () => {
    expect(memoryOf(8 * gib, ['master']).heapMiB).toBe(4300);
    expect(memoryOf(8 * gib, []).heapMiB).toBe(3584);
    expect(memoryOf(8 * gib, ['data_hot', 'master']).heapMiB).toBe(3584);
    expect(memoryOf(8 * gib, ['data'], 2048)).toEqual({ taskMiB: 7168, heapMiB: 2048 });
  });

  it('never promises more than there is, nor shrinks with a larger instance', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2048, max: 1_000_000 }), (instanceMiB) => {
        const { taskMiB, heapMiB } = memoryOf(instanceMiB, ['data']);
        expect(taskMiB).toBeLessThanOrEqual(instanceMiB - 1024);
        expect(heapMiB).toBeLessThanOrEqual(taskMiB / 2);
        expect(heapMiB).toBeLessThanOrEqual(largestHeapMiB);
        const larger = memoryOf(instanceMiB + 1, ['data']);
        expect(larger.taskMiB).toBeGreaterThanOrEqual(taskMiB);
        expect(larger.heapMiB).toBeGreaterThanOrEqual(heapMiB);
      }),
    );
  });

  it('says why a heap cannot be had', () => {
    expect(heapProblem(8 * gib, 3584)).toBeUndefined();
    expect(heapProblem(8 * gib, 256)).toContain('below the least');
    expect(heapProblem(256 * gib, 40_000)).toContain('compressed object pointers');
    expect(heapProblem(8 * gib, 6000)).toContain("leaves too little of the task's 7168 MiB");
  });
});
