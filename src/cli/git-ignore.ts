import { appendFile, readFile } from 'node:fs/promises';
import path from 'node:path';

/** State, locks and the key to the bastion; and everything of the rehearsals. Each is of one machine, or a secret. */
const patterns = ['es-ecs.state.*', '.es-ecs/'] as const;

/**
 * Has git leave out what es-ecs keeps beside a config. What stands in the file already stays as it is.
 *
 * @returns the file, if a line was added.
 * @throws whatever the file system throws: nothing else depends on it.
 */
export async function ignoreOwnFiles(config: string): Promise<string | undefined> {
  const file = path.join(path.dirname(config), '.gitignore');
  const before = await readIfThere(file);
  const lines = new Set(before.split(/\r?\n/).map((line) => line.trim()));
  const missing = patterns.filter((pattern) => !lines.has(pattern));
  if (missing.length === 0) return undefined;
  const lineEnd = before.includes('\r\n') ? '\r\n' : '\n';
  const added = ['# es-ecs: state and key of this machine, and rehearsals', ...missing];
  const begin = before === '' || before.endsWith('\n') ? '' : lineEnd;
  await appendFile(file, `${begin}${added.join(lineEnd)}${lineEnd}`);
  return file;
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
