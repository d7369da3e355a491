import { describe, expect, it } from 'vitest';

import { freeBytesFor } from '../../src/elasticsearch/watermarks.ts';

const gib = 1024 ** 3;

describe('what a watermark wants free', () => {
  it.each([
    ['85%', '-1', 200 * gib, 30 * gib],
    ['0.85', '-1', 200 * gib, 30 * gib],
    ['85.5%', '-1', 1000, 145],
    // On large disks the default share would waste terabytes.
    ['85%', '200GB', 10_240 * gib, 200 * gib],
    ['85%', '200GB', 1024 * gib, 153.6 * gib],
    ['50gb', '-1', 200 * gib, 50 * gib],
    ['500mb', '200gb', 200 * gib, 500 * 1024 ** 2],
    ['1.5 TB', '-1', 200 * gib, 1.5 * 1024 * gib],
  ])('%s, at most %s, of %i', (value, maxHeadroom, totalBytes, free) => {
    expect(freeBytesFor({ value, maxHeadroom }, totalBytes)).toBeCloseTo(free, 0);
  });

  it('is unknown for what is no watermark', () => {
    expect(freeBytesFor({ value: 'a lot', maxHeadroom: '-1' }, gib)).toBeUndefined();
  });
});
