import { writeFile } from 'node:fs/promises';

import { exampleConfig } from '../../config/init.ts';
import { loadConfig } from '../../config/load.ts';
import { EsEcsError } from '../../errors.ts';
import { ignoreOwnFiles } from '../git-ignore.ts';
import type { InitOptions } from '../options.ts';
import type { Terminal } from '../terminal.ts';

/**
 * `es-ecs init`: writes a commented config, judged before it is written, and keeps what will lie beside it out of git.
 *
 * @throws EsEcsError CONFIG_EXISTS, CONFIG_INVALID
 */
export async function init(options: InitOptions, terminal: Terminal): Promise<void> {
  const { config: file, name, region } = options;
  const text = exampleConfig({
    ...(name === undefined ? {} : { name }),
    ...(region === undefined ? {} : { region }),
  });
  loadConfig(text, file);
  try {
    await writeFile(file, text, { flag: options.force === true ? 'w' : 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    if (error.code === 'EEXIST') {
      throw new EsEcsError('CONFIG_EXISTS', `${file} is there already`, {
        cause: error,
        hint: `es-ecs init --force  overwrites it`,
      });
    }
    throw new EsEcsError('USAGE', `${file} cannot be written: ${error.message}`, { cause: error });
  }
  terminal.out(`wrote ${file}`);
  try {
    const ignoring = await ignoreOwnFiles(file);
    if (ignoring !== undefined) terminal.out(`wrote ${ignoring}`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    terminal.err(`! keep es-ecs.state.* and .es-ecs/ out of git: .gitignore cannot be written (${why})`);
  }
  terminal.err(
    'next: es-ecs up --simulate  rehearses it without an AWS account, es-ecs plan  shows what would be made',
  );
}
