import { readFile } from 'node:fs/promises';

import { EsEcsError } from '../errors.ts';
import { parsePolicy, PolicyProblem, type PolicyStatement } from '../simulator/policy/documents.ts';

/** More than IAM takes in a managed policy ("IAM and AWS STS quotas": 6,144 characters without white space), and no reason to hang. */
const mostBytes = 131_072;

/**
 * Reads the policies of `--simulate-policy`, all of which the caller has at once.
 *
 * @throws EsEcsError USAGE, which says what is wrong with which file
 */
export async function readPolicies(files: readonly string[]): Promise<readonly PolicyStatement[]> {
  const statements = await Promise.all(files.map(readStatements));
  return statements.flat();
}

async function readStatements(file: string): Promise<readonly PolicyStatement[]> {
  const text = await readText(file);
  if (text.length > mostBytes) throw refusePolicy(`${file}: ${String(text.length)} characters are no policy`);
  try {
    return parsePolicy(text);
  } catch (error) {
    if (!(error instanceof PolicyProblem)) throw error;
    throw refusePolicy(`${file}: ${error.message}`);
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw refusePolicy(error instanceof Error ? error.message : String(error));
  }
}

/** The error for a policy that cannot be tried. */
export function refusePolicy(why: string): EsEcsError {
  return new EsEcsError('USAGE', `--simulate-policy: ${why}`, {
    hint: [
      'es-ecs plan --simulate --simulate-policy policy.json',
      'docs/permissions.md has policies to begin with; docs/simulated-account.md says what is weighed',
    ],
  });
}
