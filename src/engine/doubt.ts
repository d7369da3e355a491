/**
 * Until when something may exist that a run before this one made and that cannot be seen yet. Milliseconds of the clock; 0: all
 * that there is could be seen.
 */
export interface Doubt {
  /** What an intent or an id was saved of: nothing else can be in doubt of a run whose memory is this one's. */
  readonly rememberedUntilMs: number;
  /** Anything: made by a run with another memory, or with one that was lost. */
  readonly anythingUntilMs: number;
}

/** Nothing is. */
export const noDoubt: Doubt = { rememberedUntilMs: 0, anythingUntilMs: 0 };

/** The same with other times. */
export function eachUntil(doubt: Doubt, change: (untilMs: number) => number): Doubt {
  return {
    rememberedUntilMs: change(doubt.rememberedUntilMs),
    anythingUntilMs: change(doubt.anythingUntilMs),
  };
}
