import { chmodSync, mkdtempSync, readdirSync, rmSync, lstatSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { isAlive } from './terminal.ts';

/** What curl is told by a file instead of on its command line, which everybody on the machine can read. */
export interface CurlFiles {
  /** For `curl -K`: user, password and CA. */
  readonly config: string;
  /** The certificate of the cluster's authority, PEM. */
  readonly ca: string;
  remove(): void;
}

const prefix = 'es-ecs-tunnel-';

/**
 * Writes the files into a folder of the user's own in the system's folder for temporary files: not beside the state, where
 * the next `git add .` would take them. They are removed with `remove`, at the latest when this process ends; those of one
 * that was killed are removed by the next call.
 */
export function writeCurlFiles(credentials: {
  readonly user: string;
  readonly password: string;
  readonly caCertificate: string;
}): CurlFiles {
  removeLeftovers();
  const folder = mkdtempSync(path.join(tmpdir(), `${prefix}${process.pid}-`));
  const remove = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', remove);
  const files = { config: path.join(folder, 'curl'), ca: path.join(folder, 'ca.crt') };
  const { user, password, caCertificate } = credentials;
  // mkdtemp's folder is 0700 already; that is all that protects what is in it from a careless umask.
  chmodSync(folder, 0o700);
  writeFileSync(files.ca, caCertificate, { mode: 0o600 });
  writeFileSync(files.config, `user = ${quoted(`${user}:${password}`)}\ncacert = ${quoted(files.ca)}\n`, {
    mode: 0o600,
  });
  return {
    ...files,
    remove: () => {
      process.off('exit', remove);
      remove();
    },
  };
}

/** As a curl config file has it (`curl`, "-K, --config"): within quotes, backslash escapes. */
function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir())) {
    const [, pid] = new RegExp(`^${prefix}(\\d+)-`).exec(name) ?? [];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const folder = path.join(tmpdir(), name);
    try {
      if (lstatSync(folder).uid === process.getuid?.()) rmSync(folder, { recursive: true, force: true });
    } catch {
      // Another run has just removed it.
    }
  }
}
