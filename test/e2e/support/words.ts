/** What a test says beside its verdict: figures, time lines. */
export const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** `12.3 s`. */
export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
