import { chmodSync, lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { isAlive } from './terminal.ts';

/** What such a folder is for; the word is part of its name. */
export type Purpose = 'image' | 'login' | 'tunnel';

/** A folder that only this user reads. */
export interface PrivateFolder {
  readonly path: string;
  remove(): void;
}

/**
 * Makes a folder of the user's own in the system's folder for temporary files. It is removed with `remove`, at the latest when
 * this process ends; those of processes that were killed are removed first.
 */
export function makePrivateFolder(purpose: Purpose): PrivateFolder {
  removeLeftFolders();
  const folder = mkdtempSync(path.join(tmpdir(), `es-ecs-${purpose}-${process.pid}-`));
  // mkdtemp's folder is 0700 already; that is all that protects what is in it from a careless umask.
  chmodSync(folder, 0o700);
  const remove = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', remove);
  return {
    path: folder,
    remove: () => {
      process.off('exit', remove);
      remove();
    },
  };
}

/** Such a folder for the length of some work, however it ends. */
export async function inPrivateFolder<Result>(
  purpose: Purpose,
  work: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = makePrivateFolder(purpose);
  try {
    return await work(folder.path);
  } finally {
    folder.remove();
  }
}

const named = /^es-ecs-(?:image|login|tunnel)-(\d+)-/;

/** Removes what processes that were killed have left: passwords, and build contexts. */
export function removeLeftFolders(): void {
  for (const name of readdirSync(tmpdir())) {
    const [, pid] = named.exec(name) ?? [];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const folder = path.join(tmpdir(), name);
    try {
      if (lstatSync(folder).uid === process.getuid?.()) rmSync(folder, { recursive: true, force: true });
    } catch {
      // Another run has just removed it.
    }
  }
}
