import { access } from 'node:fs/promises';

import { exampleConfig } from '../config/init.ts';
import { loadConfig, type Located, readConfig } from '../config/load.ts';
import type { CommonOptions } from './options.ts';

/** The name under which the example is spoken of. */
const exampleName = 'the example config';

/** A config, and what is to be said of it. */
export interface ConfigOfCommand {
  readonly located: Located;
  /** Where it comes from, if not from its file. */
  readonly notices: readonly string[];
  /** What is unwise in it: for commands that make what it says. */
  readonly warnings: readonly string[];
}

/**
 * The config of a command: its file, or, with `--simulate` and no file, the example that `init` would write.
 *
 * @throws EsEcsError CONFIG_NOT_FOUND, CONFIG_SYNTAX, CONFIG_INVALID
 */
export async function configFor(options: CommonOptions): Promise<ConfigOfCommand> {
  const example = options.simulate === true && !(await exists(options.config));
  const located = example ? loadConfig(exampleConfig(), exampleName) : await readConfig(options.config);
  const warnings = located.warnings.map((warning) => `! ${warning.text}`);
  const notices = example
    ? [`there is no ${options.config} here: this is ${exampleName} (es-ecs init writes it)`]
    : [];
  return { located, notices, warnings };
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}
