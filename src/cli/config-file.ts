import { partitionOf } from '../aws/partitions.ts';
import { exampleConfig } from '../config/init.ts';
import { loadConfig, type Located, readConfig } from '../config/load.ts';
import { EsEcsError } from '../errors.ts';
import { exists } from './exists.ts';
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
  refuseUnknownRegion(located);
  const warnings = located.warnings.map((warning) => `! ${warning.text}`);
  const notices = example
    ? [`there is no ${options.config} here: this is ${exampleName} (es-ecs init writes it)`]
    : [];
  return { located, notices, warnings };
}

/**
 * A region of which nobody knows what its hosts and services are called: nothing could be asked there, and what was made would not work.
 *
 * @throws EsEcsError CONFIG_INVALID
 */
function refuseUnknownRegion(located: Located): void {
  const { region } = located.config;
  if (partitionOf(region) !== undefined) return;
  throw new EsEcsError(
    'CONFIG_INVALID',
    `${located.at(['region'])}: region: ${region} belongs to no partition of AWS that this version of es-ecs knows`,
    {
      hint: [
        'look whether it is written as AWS writes it, such as eu-west-1, cn-north-1, us-gov-west-1 or eusc-de-east-1',
        'a partition that is new comes with a newer es-ecs',
      ],
    },
  );
}
