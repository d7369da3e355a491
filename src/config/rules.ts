import type { Config } from './config.ts';
import { cidrErrors, cidrWarnings, networkErrors, networkWarnings } from './network-rules.ts';
import { nodeErrors, nodeWarnings } from './node-rules.ts';
import type { Path } from './position.ts';
import { imageWarnings, settingErrors, settingWarnings } from './setting-rules.ts';
import { tagErrors } from './tag-rules.ts';

/** What a rule has to say, and of which value. Paths are those of the file: `nodes`, not `nodeGroups`. */
export interface Finding {
  readonly path: Path;
  readonly message: string;
  /** The key is meant, and not what stands under it. */
  readonly ofKey?: true;
}

/** A rule between fields, or on what a schema cannot say. */
export interface Rule {
  /** The rule in one sentence, for the reference page. */
  readonly rule: string;
  check(config: Config): readonly Finding[];
}

/** What is refused: it would not work, or would put data or security at risk. */
export const errorRules: readonly Rule[] = [
  ...nodeErrors,
  ...settingErrors,
  ...tagErrors,
  ...networkErrors,
  ...cidrErrors,
];

/** What is allowed and said: it works, until something fails. */
export const warningRules: readonly Rule[] = [
  ...nodeWarnings,
  ...networkWarnings,
  ...cidrWarnings,
  ...settingWarnings,
  ...imageWarnings,
];

/** Everything that the rules of one table say of a config. */
export function checkRules(rules: readonly Rule[], config: Config): readonly Finding[] {
  return rules.flatMap((rule) => rule.check(config));
}
