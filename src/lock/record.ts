import { z } from 'zod';

import type { Doubt } from '../engine/doubt.ts';

/** How often a holder says that it is alive, and after how long without a word it is taken for dead. Milliseconds. */
export const beatEveryMs = 30_000;
const expiryMs = 90_000;

/**
 * How long a thing that was just made may stay out of sight for reads by tag or filter. AWS gives no figure ("Eventual
 * consistency in the Amazon EC2 API"); this is several times what users report.
 */
const visibleWithinMs = 30_000;

const recordSchema = z.object({
  /** Of the run that wrote it: another one for each. */
  run: z.string(),
  event: z.enum(['taken', 'alive', 'released', 'evicted']),
  /** The valid version that its writer saw before; null: none. It is valid itself only if that still was the last one. */
  after: z.object({ version: z.number().int(), run: z.string() }).nullable(),
  who: z.string(),
  host: z.string(),
  pid: z.number().int(),
  command: z.string(),
  since: z.string(),
  /**
   * Until when something may exist that cannot be seen yet, milliseconds since 1970: on `released` and `evicted` of the run's own,
   * and on any event what it took over from the runs before.
   */
  unseenUntilMs: z.number().optional(),
  /**
   * The part of it that the writer's own memory says nothing of: what runs with another memory may have made. Absent where there is
   * an `unseenUntilMs`: all of it.
   */
  unknownUntilMs: z.number().optional(),
});

/** One version of the lock's parameter: who did what. */
export type LockRecord = z.infer<typeof recordSchema>;

/** A record with what Parameter Store says of it. */
export interface LockEntry {
  readonly version: number;
  /** When the service wrote it, milliseconds since 1970 by its clock. */
  readonly atMs: number;
  readonly record: LockRecord;
}

/** Undefined for a value that no es-ecs wrote: it never counts. */
export function parseRecord(text: string | undefined): LockRecord | undefined {
  try {
    const parsed = recordSchema.safeParse(JSON.parse(text ?? ''));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** Whether an entry stands directly behind the one that its writer had seen: then nobody wrote in between. */
export function isInLine(entry: LockEntry): boolean {
  return (entry.record.after?.version ?? 0) === entry.version - 1;
}

/**
 * The entry that counts, of all versions that there are. A parameter's versions are a log in one order for everybody, and an
 * entry counts only if it names the last one before it that does; so everybody who reads the log agrees on who holds the lock,
 * and of two who wrote after having seen the same, the first one does.
 *
 * @param entries in the order of their versions; Parameter Store keeps the last hundred.
 */
export function lastValid(entries: readonly LockEntry[]): LockEntry | undefined {
  const start = firstKnown(entries);
  let valid: LockEntry | undefined;
  for (const entry of entries.slice(start === undefined ? 0 : entries.indexOf(start))) {
    const follows = valid === undefined ? entry.record.after === null : isNamedBy(valid, entry);
    if (entry === start || follows) valid = entry;
  }
  return valid;
}

/**
 * Where a log that was cut begins: whom a later entry names did count, as its writer had seen. The very first one that is kept may be
 * a repeat that never did; it is believed where nobody names any.
 */
function firstKnown(entries: readonly LockEntry[]): LockEntry | undefined {
  const [first] = entries;
  if (first === undefined || first.version === 1) return undefined;
  return entries.find((entry) => entries.some((later) => isNamedBy(entry, later))) ?? first;
}

function isNamedBy(entry: LockEntry, later: LockEntry): boolean {
  const { after } = later.record;
  return after?.version === entry.version && after.run === entry.record.run;
}

/** Whether somebody holds the lock by this entry. */
export function isHeld({ record }: LockEntry): boolean {
  return record.event === 'taken' || record.event === 'alive';
}

/** Whether its holder has not said a word for so long that it must be dead. */
export function isExpired(entry: LockEntry, nowMs: number): boolean {
  return nowMs - entry.atMs >= expiryMs;
}

/** What whoever looks at the lock knows of the run behind it. */
export interface Acquaintance {
  /** The runs whose ids and intents are remembered here. */
  readonly known: readonly string[];
  /** Set where the run is known to be dead: since when at the latest, by the service's clock. */
  readonly deadSinceMs?: number;
}

/**
 * What may exist that nobody can see yet, by the entry that counts. A run that is remembered here has saved an intent before each
 * create and the id after it: of what it made, only that is in doubt, and nothing where it ended well. Of any other it may be anything, also
 * where it made a thing as it ended. One that died may have made a thing until just before its next word was due, if it is not known
 * to have been dead by then. What was in doubt when it took over stays so.
 */
export function doubtFrom(
  entry: LockEntry | undefined,
  { known, deadSinceMs = Infinity }: Acquaintance,
): Doubt {
  if (entry === undefined) return { rememberedUntilMs: 0, anythingUntilMs: 0 };
  const { run, unseenUntilMs: passedOn = 0, unknownUntilMs = passedOn } = entry.record;
  const lastMs = isHeld(entry) ? Math.min(entry.atMs + beatEveryMs, deadSinceMs) : entry.atMs;
  const ownMs = lastMs + visibleWithinMs;
  if (known.includes(run)) {
    return {
      rememberedUntilMs: Math.max(isHeld(entry) ? ownMs : 0, passedOn),
      anythingUntilMs: unknownUntilMs,
    };
  }
  const untilMs = Math.max(ownMs, passedOn);
  return { rememberedUntilMs: untilMs, anythingUntilMs: untilMs };
}

/** For a run that ends in doubt over one of its creates: its memory says over which. */
export function doubtAtEnd(nowMs: number): Doubt {
  return { rememberedUntilMs: nowMs + visibleWithinMs, anythingUntilMs: 0 };
}
