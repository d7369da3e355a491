import { link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { z } from 'zod';

import { EsEcsError } from '../errors.ts';

const holderSchema = z.object({
  /** Of one run of a command: another one for each, the same in the account's lock. */
  run: z.string().default(''),
  who: z.string(),
  host: z.string(),
  pid: z.number().int(),
  command: z.string(),
  since: z.string(),
});

/** Who holds the lock: shown to whoever comes second. */
export type Holder = z.infer<typeof holderSchema>;

/** A lock's file: who holds it, and the runs that its holder found dead here. */
const heldSchema = holderSchema.extend({
  /** Each of a run that was killed after another that was: only this file knows of the first. */
  dead: z.array(z.string()).readonly().default([]),
  /** Its holder has ended: the file stays for the sake of the dead alone, whose lock in the account nobody has taken over yet. */
  isFree: z.boolean().default(false),
});

type Held = z.infer<typeof heldSchema>;

export interface Lock {
  readonly file: string;
  /** A dead holder whose lock was taken over, to be told to the user. */
  readonly takenOverFrom: Holder | undefined;
  /** Every run known to have died here since one last ended well. */
  readonly dead: readonly string[];
  /**
   * Leaves a lock that somebody else has taken meanwhile.
   *
   * @param dead those of the dead who still hold a lock elsewhere: whoever comes next must know of them
   * @throws EsEcsError STATE_UNWRITABLE
   */
  release(dead?: readonly string[]): Promise<void>;
}

export interface LockOptions {
  readonly file: string;
  readonly holder: Holder;
  readonly nowMs: number;
  /** Whether a process of this host is alive. */
  readonly isAlive: (pid: number) => boolean;
}

/**
 * Takes the lock beside a state file; an exclusive link makes it atomic. A lock whose holder ran on this host and is dead
 * is taken over at once; one from another host stays, as nobody here can know.
 *
 * @throws EsEcsError LOCKED, naming the holder; STATE_UNWRITABLE.
 */
export async function takeLock(options: LockOptions): Promise<Lock> {
  const { file, holder } = options;
  await written(file, async () => {
    await mkdir(path.dirname(file), { recursive: true });
    await removeLeftovers(options);
  });
  if (await createExclusively(file, firstHeld(holder))) return lockOf(options, undefined);
  refuseLiving(options, await readHeld(options));
  return takeOver(options);
}

/**
 * Takes the place of a dead holder. Only one at a time may do so, or the second would throw out the first, who is alive: so
 * this is done under a lock of its own, and the dead one is looked at once more.
 */
async function takeOver(options: LockOptions): Promise<Lock> {
  const { file, holder } = options;
  const turn = await takeLock({ ...options, file: `${file}.turn` });
  try {
    if (await createExclusively(file, firstHeld(holder))) return lockOf(options, undefined);
    const other = await readHeld(options);
    refuseLiving(options, other);
    await replace(file, { ...firstHeld(holder), dead: deadBy(other) });
    return lockOf(options, other);
  } finally {
    await turn.release();
  }
}

function firstHeld(holder: Holder): Held {
  return { ...holder, dead: [], isFree: false };
}

function refuseLiving(options: LockOptions, other: Held | undefined): void {
  if (other === undefined || other.isFree) return;
  const { host, pid } = options.holder;
  // In a container each run may have the number of the one before.
  const isDead = other.host === host && (other.pid === pid || !options.isAlive(other.pid));
  if (!isDead) throw locked(options, other);
}

/** Written aside and then linked: the lock appears at once and whole, or not at all. */
async function createExclusively(file: string, held: Held): Promise<boolean> {
  return writtenAside(file, held, async (aside) => {
    try {
      await link(aside, file);
      return true;
    } catch (error) {
      if (hasCode(error, 'EEXIST')) return false;
      throw error;
    }
  });
}

async function replace(file: string, held: Held): Promise<void> {
  await writtenAside(file, held, (aside) => rename(aside, file));
}

async function writtenAside<Result>(
  file: string,
  held: Held,
  use: (aside: string) => Promise<Result>,
): Promise<Result> {
  const aside = `${file}.${String(held.pid)}.new`;
  try {
    return await written(file, async () => {
      // One that a dead run left may be the very file of the lock, under a second name.
      await rm(aside, { force: true });
      await writeFile(aside, `${JSON.stringify(held)}\n`, { mode: 0o600 });
      return use(aside);
    });
  } finally {
    await rm(aside, { force: true });
  }
}

/** What runs left that were killed while they took the lock. */
async function removeLeftovers({ file, isAlive }: LockOptions): Promise<void> {
  const directory = path.dirname(file);
  const prefix = `${path.basename(file)}.`;
  for (const name of await readdir(directory)) {
    const [, pid] = name.startsWith(prefix)
      ? (/^(?:turn\.)*(\d+)\.new$/.exec(name.slice(prefix.length)) ?? [])
      : [];
    if (pid !== undefined && !isAlive(Number(pid))) await rm(path.join(directory, name), { force: true });
  }
}

/** @throws EsEcsError STATE_UNWRITABLE for whatever the file system refuses. */
async function written<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new EsEcsError('STATE_UNWRITABLE', `${file} cannot be written: ${why}`, {
      cause: error,
      hint: 'make room or make the directory writable, or name another state file with --state',
    });
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/**
 * Undefined for a file that no es-ecs wrote.
 *
 * @throws EsEcsError LOCKED when it is gone: somebody has just released it, and the next one may be there already.
 */
async function readHeld(options: LockOptions): Promise<Held | undefined> {
  let text: string;
  try {
    text = await readFile(options.file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) throw locked(options, undefined);
    return undefined;
  }
  return parseHeld(text);
}

function parseHeld(text: string): Held | undefined {
  try {
    const held = heldSchema.safeParse(JSON.parse(text));
    return held.success ? held.data : undefined;
  } catch {
    return undefined;
  }
}

function lockOf({ file, holder }: LockOptions, other: Held | undefined): Lock {
  return {
    file,
    takenOverFrom: other === undefined || other.isFree ? undefined : holderSchema.parse(other),
    dead: deadBy(other),
    release: async (dead = []) => {
      const held = await lockHolder(file);
      if (held?.run !== holder.run || held.pid !== holder.pid) return;
      if (dead.length === 0) await written(file, () => rm(file, { force: true }));
      else await replace(file, { ...holder, dead, isFree: true });
    },
  };
}

function deadBy(other: Held | undefined): readonly string[] {
  if (other === undefined) return [];
  const { dead, run, isFree } = other;
  return isFree || run === '' ? dead : [...dead, run];
}

function locked(options: LockOptions, other: Holder | undefined): EsEcsError {
  if (other === undefined) {
    return new EsEcsError('LOCKED', 'another run is just taking the lock', { hint: 'try again' });
  }
  return new EsEcsError('LOCKED', `another run holds the lock: ${whose(other, options.nowMs)}`, {
    hint: 'wait for it, or es-ecs unlock once you know that it is dead',
  });
}

/** Who, and where. What a lock says are somebody else's words: they stay in their line. */
export function personOf({ who, host }: Pick<Holder, 'who' | 'host'>): string {
  return inLine(`${who}@${host}`);
}

/** Who runs what where. */
export function runOf(holder: Pick<Holder, 'who' | 'host' | 'command'>): string {
  return `${personOf(holder)}, ${inLine(holder.command)}`;
}

function inLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

/** A holder as a person reads it. */
export function whose(holder: Omit<Holder, 'run'>, nowMs: number): string {
  const { pid, since } = holder;
  const minutes = Math.max(0, Math.round((nowMs - Date.parse(since)) / 60_000));
  return `${runOf(holder)}, since ${since.slice(11, 16)} (${String(minutes)} minutes), process ${String(pid)}`;
}

/** Who holds the lock, dead or alive; undefined when nobody does, or its file cannot be read. */
export async function lockHolder(file: string): Promise<Holder | undefined> {
  const held = parseHeld(await readFile(file, 'utf8').catch(() => ''));
  return held === undefined || held.isFree ? undefined : holderSchema.parse(held);
}

/** Takes a lock away from whoever holds it. */
export async function breakLock(file: string): Promise<void> {
  await rm(file, { force: true });
}
