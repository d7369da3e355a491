import { z } from 'zod';

import type { ClusterSettings, SettingChanges } from '../elasticsearch/cluster-settings.ts';
import type { Watermark, Watermarks } from '../elasticsearch/watermarks.ts';
import { EsEcsError } from '../errors.ts';
import { askFor, pathOf } from './answers.ts';
import { masterTimeout } from './limits.ts';
import type { ClusterServer } from './server.ts';

const flat = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

const settingsAnswer = z.object({ persistent: flat, transient: flat });

/** What was set by API. */
export async function askSettings(server: ClusterServer): Promise<ClusterSettings> {
  const path = pathOf('/_cluster/settings', { flat_settings: 'true', master_timeout: masterTimeout });
  return askFor(server, settingsAnswer, { method: 'GET', path, master: 'beside it' });
}

/** A setting that takes effect at once and outlives restarts; all of the changes are made, or none. */
export async function putSettings(server: ClusterServer, changes: SettingChanges): Promise<void> {
  const { persistent = {}, transient = {} } = changes;
  if (Object.keys(persistent).length + Object.keys(transient).length === 0) return;
  const path = pathOf('/_cluster/settings', { flat_settings: 'true', master_timeout: masterTimeout });
  await server.send({ method: 'PUT', path, body: { persistent, transient } });
}

const prefix = 'cluster.routing.allocation.disk';

/**
 * Nested, as the filter knows no dots within a name, and without what is empty. What is set in elasticsearch.yml is among
 * the defaults.
 */
const watermarkAnswer = z.object({
  persistent: z.unknown().optional(),
  transient: z.unknown().optional(),
  defaults: z.unknown().optional(),
});

/**
 * As they are in force: set by API, in elasticsearch.yml, or by default.
 *
 * @throws EsEcsError CLUSTER_UNREACHABLE, where one of them is missing in the answer
 */
export async function askWatermarks(server: ClusterServer): Promise<Watermarks> {
  const path = pathOf('/_cluster/settings', {
    include_defaults: 'true',
    filter_path: `*.${prefix}`,
    master_timeout: masterTimeout,
  });
  const said = await askFor(server, watermarkAnswer, { method: 'GET', path, master: 'beside it' });
  const all = new Map([said.defaults, said.persistent, said.transient].flatMap((part) => leaves(part)));
  const read = (name: string): string => {
    const value = all.get(`${prefix}.${name}`);
    if (value !== undefined) return value;
    throw new EsEcsError(
      'CLUSTER_UNREACHABLE',
      `the answer is not one of Elasticsearch: no ${prefix}.${name}`,
    );
  };
  const watermark = (name: string): Watermark => ({
    value: read(`watermark.${name}`),
    maxHeadroom: read(`watermark.${name}.max_headroom`),
  });
  return {
    isEnabled: read('threshold_enabled') !== 'false',
    low: watermark('low'),
    high: watermark('high'),
    floodStage: watermark('flood_stage'),
  };
}

/** The flat names and values of nested settings. */
export function leaves(value: unknown, name = ''): readonly (readonly [string, string])[] {
  if (typeof value === 'string') return [[name, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, name === '' ? key : `${name}.${key}`));
}
