import { z } from 'zod';

import { EsEcsError } from '../errors.ts';
import { type State, type StateOwner, stateSchema, stateVersion } from './schema.ts';

/**
 * Reads a state file's text.
 *
 * @throws EsEcsError STATE_NEWER, STATE_CORRUPT
 */
export function parseState(text: string, file: string): State {
  const json = parseJson(text, file);
  const version = z.object({ version: z.number() }).safeParse(json);
  if (version.success && version.data.version > stateVersion) {
    throw new EsEcsError(
      'STATE_NEWER',
      `${file} was written by a newer es-ecs: its version is ${String(version.data.version)}, this one knows ${String(stateVersion)}`,
      { hint: 'install the es-ecs that wrote it, or a later one' },
    );
  }
  const state = stateSchema.safeParse(json);
  if (state.success) return state.data;
  const [issue] = state.error.issues;
  const where = issue === undefined ? '' : ` (${issue.path.join('.') || 'file'}: ${issue.message})`;
  throw corrupt(file, `does not look like a state file${where}`, state.error);
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw corrupt(file, `cannot be read: it ends or breaks after ${String(text.length)} characters`, error);
  }
}

function corrupt(file: string, what: string, cause: unknown): EsEcsError {
  return new EsEcsError('STATE_CORRUPT', `${file} ${what}`, {
    cause,
    hint: 'es-ecs state rebuild  writes it anew: everything is found by its tags, nothing is lost',
  });
}

/** @throws EsEcsError STATE_MISMATCH, when the file remembers another cluster, account or region. */
export function checkOwner(state: State, owner: StateOwner, file: string): void {
  const wrong = (['cluster', 'accountId', 'region'] as const).find((field) => state[field] !== owner[field]);
  if (wrong === undefined) return;
  const words = { cluster: 'the cluster', accountId: 'the account', region: 'the region' } as const;
  const hints = {
    cluster: `set name: ${state.cluster} in the config, or keep one directory for each cluster (or --state FILE)`,
    accountId: `use credentials of ${state.accountId} (AWS_PROFILE), or another --state FILE`,
    region: `set region: ${state.region} in the config, or use another --state FILE`,
  } as const;
  throw new EsEcsError(
    'STATE_MISMATCH',
    `${file} belongs to ${words[wrong]} ${state[wrong]}, and this run is for ${owner[wrong]}`,
    { hint: hints[wrong] },
  );
}
