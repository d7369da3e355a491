import { access } from 'node:fs/promises';

import { exampleConfig } from '../config/init.ts';
import { loadConfig, type Located, readConfig } from '../config/load.ts';
import type { CommonOptions } from './options.ts';

/** The name under which the example is spoken of. */
const exampleName = 'the example config';

/**
 * The config of a command: its file, or, with `--simulate` and no file, the example that `init` would write.
 *
 * @throws EsEcsError CONFIG_NOT_FOUND, CONFIG_SYNTAX, CONFIG_INVALID
 */
export async function configFor(
  options: CommonOptions,
): Promise<{ readonly located: Located; readonly notices: readonly string[] }> {
  const example = options.simulate === true && !(await exists(options.config));
  const located = example ? loadConfig(exampleConfig(), exampleName) : await readConfig(options.config);
  const notices = located.warnings.map((warning) => `! ${warning.text}`);
  if (!example) return { located, notices };
  return {
    located,
    notices: [
      `there is no ${options.config} here: this is ${exampleName} (es-ecs init writes it)`,
      ...notices,
    ],
  };
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}
