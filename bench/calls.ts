import { isRead } from '../src/aws/meter.ts';

/** What went to AWS. */
export interface Calls {
  readonly total: number;
  readonly reads: number;
  readonly writes: number;
  /** The longest chain of calls of which each was sent when the one before had been answered; absent where no one saw the times. */
  readonly deep?: number;
}

/** One call as the wire saw it. */
export interface TimedCall {
  readonly action: string;
  readonly begunMs: number;
  readonly atMs: number;
}

/** Counts what a proxy saw. */
export function countCalls(calls: readonly TimedCall[]): Calls {
  const reads = calls.filter(({ action }) => isRead(action)).length;
  return { total: calls.length, reads, writes: calls.length - reads, deep: tripsDeep(calls) };
}

/**
 * How often a run waited for AWS's answer before it asked on: the longest chain of calls that follow each other. Two that overlap are one
 * trip.
 */
export function tripsDeep(calls: readonly Pick<TimedCall, 'begunMs' | 'atMs'>[]): number {
  const moments = calls.flatMap((call) => [
    { ms: call.begunMs, isEnd: false, call },
    { ms: call.atMs, isEnd: true, call },
  ]);
  // What ends at the moment at which another begins came before it.
  moments.sort((a, b) => a.ms - b.ms || Number(b.isEnd) - Number(a.isEnd));
  const depths = new Map<object, number>();
  let deepest = 0;
  for (const { isEnd, call } of moments) {
    if (isEnd) deepest = Math.max(deepest, depths.get(call) ?? 1);
    else depths.set(call, deepest + 1);
  }
  return deepest;
}

/** Counts that the program itself gives with `--json`. */
export function toldCalls(said: Readonly<Record<string, unknown>>): Calls | undefined {
  const { apiCalls } = said as { readonly apiCalls?: Calls };
  return apiCalls;
}
