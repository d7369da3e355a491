import { z } from 'zod';

import type { WorldSnapshot } from './world.ts';

const snapshotSchema = z.strictObject({
  version: z.literal(1),
  accountId: z.string(),
  region: z.string(),
  nowMs: z.number(),
  serial: z.number(),
  tables: z.record(z.string(), z.array(z.tuple([z.string(), z.unknown()]))),
  events: z.array(z.strictObject({ atMs: z.number(), kind: z.string(), target: z.string() })),
});

/** Reads the account's file; undefined when it is not one. */
export function parseSnapshot(text: string): WorldSnapshot | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = snapshotSchema.safeParse(json);
  return parsed.success ? parsed.data : undefined;
}
