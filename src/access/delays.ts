import { z } from 'zod';

import type { Delays } from '../elasticsearch/client.ts';
import { newIndexSettings } from '../elasticsearch/settings.ts';
import { EsEcsError } from '../errors.ts';
import { askFor, pathOf } from './answers.ts';
import { everyIndex, indicesOfUsers } from './index-settings.ts';
import { masterTimeout } from './limits.ts';
import type { ClusterServer } from './server.ts';
import { leaves } from './settings.ts';

const [key = '', value = ''] = Object.entries(newIndexSettings)[0] ?? [];

/**
 * A legacy template of the lowest order. As a composable one, `*` would leave no other composable template in force: of those only one
 * applies, the whole of it. This one is merged with other legacy ones, which win. It does not reach indices that a composable template makes,
 * nor hidden ones ("Create or update index template (legacy)"; seen of 8.19.13 and 9.4.3).
 */
const templatePath = '/_template/es-ecs';
const template = { index_patterns: ['*'], order: -1, settings: newIndexSettings };

const templateAnswer = z.record(
  z.string(),
  z.object({ order: z.number(), index_patterns: z.array(z.string()), settings: z.unknown() }),
);

const settingsAnswer = z.record(z.string(), z.object({ settings: z.unknown() }));

/** Indices that say nothing themselves wait a minute, which is the default. */
export async function askDelays(server: ClusterServer): Promise<Delays> {
  const path = pathOf(templatePath, { master_timeout: masterTimeout });
  const settingsPath = pathOf(`/${indicesOfUsers}/_settings/${key},index.number_of_shards`, everyIndex);
  const [templates, settings] = await Promise.all([
    askFor(server, templateAnswer, { method: 'GET', path, accepts: [404] }),
    askFor(server, settingsAnswer, { method: 'GET', path: settingsPath, master: 'beside it' }),
  ]);
  const own = templates['es-ecs'];
  const silent = Object.entries(settings)
    .filter(([, one]) => !leaves(one.settings).some(([name]) => name === key))
    .map(([name]) => name);
  return { hasTemplate: own !== undefined && isOurs(own), silent: silent.toSorted() };
}

function isOurs(found: z.infer<typeof templateAnswer>[string]): boolean {
  const settings = new Map(leaves(found.settings));
  return (
    found.order === template.order &&
    found.index_patterns.join() === template.index_patterns.join() &&
    settings.get(key) === value
  );
}

/** Elasticsearch takes no more in one line than this (`http.max_initial_line_length`: 4kb). */
const mostCharacters = 3_000;

/**
 * By name, as one wildcard that matches nothing is refused for all of them (404, whatever `ignore_unavailable` says: seen of 8.19.13 and
 * 9.4.3). An index that has gone meanwhile is passed over, and so is one that must not be changed (`index.blocks.metadata`).
 */
export async function lengthenDelays(server: ClusterServer, indices: readonly string[]): Promise<void> {
  const path = pathOf(templatePath, { master_timeout: masterTimeout });
  await server.send({ method: 'PUT', path, body: template });
  for (const names of inLines(indices)) {
    if ((await lengthen(server, names)) || names.length === 1) continue;
    for (const name of names) await lengthen(server, [name]);
  }
}

/** @returns false where it is refused. */
async function lengthen(server: ClusterServer, names: readonly string[]): Promise<boolean> {
  const path = pathOf(`/${names.map(encodeURIComponent).join(',')}/_settings`, {
    ...everyIndex,
    preserve_existing: 'true',
    ignore_unavailable: 'true',
  });
  try {
    await server.send({ method: 'PUT', path, body: newIndexSettings, accepts: [404] });
    return true;
  } catch (error) {
    if (error instanceof EsEcsError && error.code === 'CLUSTER_REFUSED') return false;
    throw error;
  }
}

function inLines(names: readonly string[]): readonly (readonly string[])[] {
  const lines: string[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const name of names) {
    const own = encodeURIComponent(name).length + 1;
    if (length + own > mostCharacters) {
      lines.push([]);
      length = 0;
    }
    lines.at(-1)?.push(name);
    length += own;
  }
  return lines;
}
