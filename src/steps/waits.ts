import type { Retries, Waits } from '../engine/resource.ts';

const second = 1_000;
const minute = 60 * second;

/** For things that are there at once, or nearly. */
export const brief: Waits = { for: 'it to appear', usualMs: 0, everyMs: second, limitMs: 2 * minute };

/** What eventual consistency explains, by AWS's own names, and for how long. */
export const retries = {
  /** EC2 lists what still uses a thing in no call; it only refuses. Interfaces of ended instances go within minutes. */
  dependencyViolation: { names: ['DependencyViolation'], limitMs: 10 * minute },
} as const satisfies Record<string, Retries>;
