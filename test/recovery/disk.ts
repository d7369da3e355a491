import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout } from 'node:timers/promises';

/** What the file system says to a write. */
export type Trouble = 'ENOSPC' | 'EACCES';

const sentences: Readonly<Record<Trouble, string>> = {
  ENOSPC: 'ENOSPC: no space left on device, write',
  EACCES: 'EACCES: permission denied, open',
};

/** The file system under one file, which may refuse to take any more. */
export interface Disk {
  /** How often the file was to be written. */
  readonly writes: number;
  /** Takes everything again. */
  restore(): void;
}

/**
 * Counts the writes of files of a name, and refuses those that `refuses` tells, as a full disk or an unwritable directory does: at
 * the file system's own door, so that everything of es-ecs is as it is in life.
 */
export function watchDisk(name: string, refuses: (write: number) => Trouble | undefined): Disk {
  const real = fs.open;
  let writes = 0;
  const open: typeof fs.open = async (path, ...rest) => {
    if (!String(path).endsWith(name)) return real(path, ...rest);
    writes += 1;
    const trouble = refuses(writes);
    if (trouble === 'EACCES') throw failure(trouble);
    const handle = await real(path, ...rest);
    if (trouble === 'ENOSPC') handle.writeFile = () => Promise.reject(failure(trouble));
    return handle;
  };
  put(open);
  return {
    get writes() {
      return writes;
    },
    restore: () => {
      put(real);
    },
  };
}

/** Everything that es-ecs does with the file system without waiting for it in place. */
const doings = ['link', 'mkdir', 'open', 'readdir', 'readFile', 'rename', 'rm', 'stat', 'writeFile'] as const;

/** Real time passes before whatever is done on the disk: another one each time, by the milliseconds given. */
export function slowDisk(pauseMs: () => number): Pick<Disk, 'restore'> {
  const real = Object.fromEntries(doings.map((name) => [name, fs[name]]));
  const slow = Object.fromEntries(
    Object.entries(real).map(([name, doing]) => [
      name,
      async (...args: readonly unknown[]): Promise<unknown> => {
        await setTimeout(pauseMs());
        return Reflect.apply(doing, fs, args) as Promise<unknown>;
      },
    ]),
  );
  const set = (all: typeof real | typeof slow): void => {
    Object.assign(fs, all);
    // Named imports of Node's own modules follow only when told.
    syncBuiltinESMExports();
  };
  set(slow);
  return {
    restore: () => {
      set(real);
    },
  };
}

function put(open: typeof fs.open): void {
  fs.open = open;
  // Named imports of Node's own modules follow only when told.
  syncBuiltinESMExports();
}

function failure(trouble: Trouble): Error {
  return Object.assign(new Error(sentences[trouble]), { code: trouble });
}
