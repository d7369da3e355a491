import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { z } from 'zod';

import { EsEcsError } from '../errors.ts';

const holderSchema = z.object({
  who: z.string(),
  host: z.string(),
  pid: z.number().int(),
  command: z.string(),
  since: z.string(),
});

/** Who holds the lock: shown to whoever comes second. */
export type Holder = z.infer<typeof holderSchema>;

export interface Lock {
  readonly file: string;
  /** A dead holder whose lock was taken over, to be told to the user. */
  readonly takenOverFrom: Holder | undefined;
  release(): Promise<void>;
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
 * @throws EsEcsError LOCKED, naming the holder.
 */
export async function takeLock(options: LockOptions): Promise<Lock> {
  const { file, holder } = options;
  await mkdir(path.dirname(file), { recursive: true });
  if (await createExclusively(file, holder)) return lockOf(file, undefined);
  const other = await readHolder(file);
  if (other !== undefined && (other.host !== holder.host || options.isAlive(other.pid)))
    throw locked(options, other);
  await removeDead(file, other);
  if (!(await createExclusively(file, holder))) throw locked(options, await readHolder(file));
  return lockOf(file, other);
}

/** Written aside and then linked: the lock appears at once and whole, or not at all. */
async function createExclusively(file: string, holder: Holder): Promise<boolean> {
  const aside = `${file}.${String(holder.pid)}.new`;
  try {
    await writeFile(aside, `${JSON.stringify(holder)}\n`, { mode: 0o600 });
    await link(aside, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    const why = error instanceof Error ? error.message : String(error);
    throw new EsEcsError('STATE_UNWRITABLE', `${file} cannot be written: ${why}`, {
      cause: error,
      hint: 'make the directory writable, or name another state file with --state',
    });
  } finally {
    await rm(aside, { force: true });
  }
}

/** Undefined for a lock file cut in half: its writer died while making it. */
async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    const holder = holderSchema.safeParse(JSON.parse(await readFile(file, 'utf8')));
    return holder.success ? holder.data : undefined;
  } catch {
    return undefined;
  }
}

/** Moved aside under a name of its own before it is removed, so that of two who find it dead only one removes it. */
async function removeDead(file: string, holder: Holder | undefined): Promise<void> {
  const aside = `${file}.${String(holder?.pid ?? 0)}.dead`;
  try {
    await rename(file, aside);
    await rm(aside, { force: true });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}

function lockOf(file: string, takenOverFrom: Holder | undefined): Lock {
  return { file, takenOverFrom, release: () => rm(file, { force: true }) };
}

function locked(options: LockOptions, other: Holder | undefined): EsEcsError {
  if (other === undefined) {
    return new EsEcsError('LOCKED', 'another run is just taking the lock', { hint: 'try again' });
  }
  const minutes = Math.max(0, Math.round((options.nowMs - Date.parse(other.since)) / 60_000));
  const since = other.since.slice(11, 16);
  return new EsEcsError(
    'LOCKED',
    `another run holds the lock: ${other.who}@${other.host}, ${other.command}, since ${since} (${String(minutes)} minutes), process ${String(other.pid)}`,
    { hint: `wait for it; once you know that it is dead: rm ${options.file}` },
  );
}
