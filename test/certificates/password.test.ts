import { randomBytes } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { password } from '../../src/certificates/password.ts';

describe('a password', () => {
  it('is 32 letters and digits, another one each time', () => {
    expect(password(randomBytes)).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(password(randomBytes)).not.toBe(password(randomBytes));
  });

  it('throws away bytes that would make some characters likelier', () => {
    // 248 and up fold back onto the first eight letters.
    const rounds = [new Uint8Array(32).fill(255), new Uint8Array(32).fill(247), new Uint8Array(32).fill(248)];
    expect(password(() => rounds.shift() ?? new Uint8Array())).toBe('9'.repeat(32));
  });

  it('takes each character as often as any other', () => {
    const counts = new Map<string, number>();
    for (let round = 0; round < 2000; round += 1) {
      for (const character of password(randomBytes)) counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    const expected = (2000 * 32) / 62;
    expect(counts.size).toBe(62);
    // Folding bytes back would put the first eight characters 25 percent above the others.
    for (const [character, count] of counts)
      expect(Math.abs(count - expected), character).toBeLessThan(expected * 0.2);
  });
});
