import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { makePrivateFolder } from './private-folder.ts';

/** What curl is told by a file instead of on its command line, which everybody on the machine can read. */
export interface CurlFiles {
  /** For `curl -K`: user, password and CA. */
  readonly config: string;
  /** The certificate of the cluster's authority, PEM. */
  readonly ca: string;
  remove(): void;
}

/**
 * Writes the files into a private folder: not beside the state, where the next `git add .` would take them. They are removed
 * with `remove`, or as such a folder is.
 */
export function writeCurlFiles(credentials: {
  readonly user: string;
  readonly password: string;
  readonly caCertificate: string;
}): CurlFiles {
  const folder = makePrivateFolder('tunnel');
  const files = { config: path.join(folder.path, 'curl'), ca: path.join(folder.path, 'ca.crt') };
  const { user, password, caCertificate } = credentials;
  writeFileSync(files.ca, caCertificate, { mode: 0o600 });
  writeFileSync(files.config, `user = ${quoted(`${user}:${password}`)}\ncacert = ${quoted(files.ca)}\n`, {
    mode: 0o600,
  });
  return {
    ...files,
    remove: () => {
      folder.remove();
    },
  };
}

/** As a curl config file has it (`curl`, "-K, --config"): within quotes, backslash escapes. */
function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
