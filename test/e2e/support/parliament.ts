import path from 'node:path';

import { execa } from 'execa';

import { runScript } from './part.ts';

/** What parliament has to say about a policy. */
export interface Finding {
  /** The name under which the policy was given. */
  readonly policy: string;
  /** `RESOURCE_STAR` */
  readonly issue: string;
  readonly severity: string;
  readonly title: string;
  readonly detail: string;
}

export interface Verdict {
  readonly findings: readonly Finding[];
  /** Actions on the resource `*` for which AWS's Service Authorization Reference knows a narrower one. */
  readonly wide: readonly { readonly policy: string; readonly action: string }[];
}

/** Lints policies, by whatever names. */
export type Lint = (policies: Readonly<Record<string, object>>) => Promise<Verdict>;

/**
 * Gets parliament ready.
 *
 * @throws PartUnavailable without Python or the package index; give this to `startPart`.
 */
export async function startParliament(): Promise<Lint> {
  await runScript('parliament.sh', ['install']);
  return async (policies) => {
    const script = path.join(import.meta.dirname, 'parliament.sh');
    const { stdout } = await execa(script, ['lint'], { input: JSON.stringify(policies) });
    // The program of this folder prints this and nothing else.
    return JSON.parse(stdout) as Verdict;
  };
}
