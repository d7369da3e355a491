import { z } from 'zod';

import { askFor, pathOf } from './answers.ts';
import { masterTimeout } from './limits.ts';
import type { ClusterServer } from './server.ts';
import { leaves } from './settings.ts';

/** Without this, hidden indices and those of the system are left out. */
export const everyIndex = { expand_wildcards: 'all', master_timeout: masterTimeout };

/** Indices of users, backing indices of data streams among them. */
export const indicesOfUsers = '*,-.*,.ds-*';

/** All others, and with them those of the system: few, and small. */
const indicesOfSystem = '.*,-.ds-*';

const settingsAnswer = z.record(z.string(), z.object({ settings: z.unknown() }));

const stateAnswer = z.object({
  metadata: z
    .object({ indices: z.record(z.string(), z.object({ settings: z.unknown().optional() })).optional() })
    .optional(),
});

/**
 * Some settings of every index, by their full names; what has a default and nothing else is left out. The settings API logs a warning on
 * every node that is asked for indices of the system (`open_system_index_access`, 9.4.3), and the cluster's state does not; but that
 * renders the mappings of all that is asked for, which is too much for every index of a user.
 */
export async function askIndexSettings(
  server: ClusterServer,
  names: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const path = pathOf(`/${indicesOfUsers}/_settings/${names.join(',')}`, everyIndex);
  const statePath = pathOf(`/_cluster/state/master_node,metadata/${indicesOfSystem}`, {
    filter_path: ['master_node', ...names.map((name) => `metadata.indices.*.settings.${name}`)].join(','),
    ...everyIndex,
  });
  const [settings, state] = await Promise.all([
    askFor(server, settingsAnswer, { method: 'GET', path, master: 'beside it' }),
    askFor(server, stateAnswer, { method: 'GET', path: statePath, master: 'in the answer' }),
  ]);
  const all = [...Object.entries(settings), ...Object.entries(state.metadata?.indices ?? {})];
  return new Map(all.map(([name, one]) => [name, new Map(leaves(one.settings))]));
}
