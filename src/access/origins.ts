import { z } from 'zod';

import type { Deprecation, IndexOrigin } from '../elasticsearch/client.ts';
import { askFor } from './answers.ts';
import { askIndexSettings } from './index-settings.ts';
import type { ClusterServer } from './server.ts';

const created = 'index.version.created';
const readOnly = ['index.blocks.write', 'index.blocks.read_only', 'index.verified_read_only'];

/** Versions of indices are numbers, of which the millions are the major version (IndexVersions: 7170099, 8536000, 9094000). */
const perMajor = 1_000_000;

/** By which Elasticsearch each index was created. */
export async function askOrigins(server: ClusterServer): Promise<readonly IndexOrigin[]> {
  const settings = await askIndexSettings(server, [created, ...readOnly]);
  return [...settings].map(([name, one]) => ({
    name,
    createdMajor: Math.floor(Number(one.get(created) ?? Number.NaN) / perMajor),
    isReadOnly: readOnly.some((key) => one.get(key) === 'true'),
  }));
}

const found = z.array(
  z.object({ level: z.enum(['critical', 'warning', 'none']).catch('warning'), message: z.string() }),
);

/** Lists of what is found, or such lists by the name of what they are about ("Deprecation info API"). */
const deprecationsAnswer = z.record(z.string(), z.union([found, z.record(z.string(), found)]));

/** Where there is no such question, as a path that is not known. */
const unknownPath = [400, 404, 405];

/** What `GET _migration/deprecations` finds; it asks every node. */
export async function askDeprecations(server: ClusterServer): Promise<readonly Deprecation[] | undefined> {
  const request = { method: 'GET', path: '/_migration/deprecations', accepts: 'any' } as const;
  const answer = await server.send(request);
  if (unknownPath.includes(answer.status)) return undefined;
  const said = await askFor({ send: () => Promise.resolve(answer) }, deprecationsAnswer, request);
  return Object.values(said).flatMap((part) =>
    Array.isArray(part)
      ? part.map((one): Deprecation => ({ ...one, about: undefined }))
      : Object.entries(part).flatMap(([about, list]) => list.map((one): Deprecation => ({ ...one, about }))),
  );
}
