/** Chance that can be had again: the same seed, the same numbers (mulberry32). */
export interface Chance {
  readonly seed: number;
  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number;
}

/** From a seed in the environment, or a new one; say it, so that a failure can be played again. */
export function createChance(variable: string): Chance {
  const given = process.env[variable];
  const seed = given === undefined ? Math.floor(Math.random() * 0x1_0000_0000) : Number(given);
  if (!Number.isInteger(seed)) throw new Error(`${variable} is ${String(given)}, not a whole number`);
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  return { seed, between: (from, to) => from + Math.floor(next() * (to - from + 1)) };
}
