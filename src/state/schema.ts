import { z } from 'zod';

/** What this es-ecs writes. A file with a higher number is refused, one with a lower number is migrated. */
export const stateVersion = 1;

const entry = z.strictObject({ id: z.string() });
const intent = z.strictObject({ nonce: z.string(), since: z.string() });

/** The state file: ids, intents, pinned choices, keys of tags. No secret and no desired property ever. */
export const stateSchema = z.strictObject({
  version: z.literal(stateVersion),
  cluster: z.string(),
  accountId: z.string(),
  region: z.string(),
  /** Grows with every write. */
  serial: z.number().int().nonnegative(),
  resources: z.record(z.string(), entry),
  /** Creates that were about to be sent; the nonce makes the client token. */
  intents: z.record(z.string(), intent),
  /** Choices that must not move by themselves: machine images, zones, the caller's address. */
  pins: z.record(z.string(), z.string()),
  /** Keys of the config's tags that things were given: what leaves the config is taken away, and what others have given stays. */
  tags: z.array(z.string()).optional(),
  /** The last run that wrote here and in the account: what it made is remembered above. */
  run: z.string().optional(),
  /** The run that asked for the account's lock last: it has written nothing but that, or all that it made is remembered above. */
  asking: z.string().optional(),
});

export type State = z.infer<typeof stateSchema>;

/** Whose state it is. */
export interface StateOwner {
  readonly cluster: string;
  readonly accountId: string;
  readonly region: string;
}

/** A state that remembers nothing yet. */
export function emptyState(owner: StateOwner): State {
  return { version: stateVersion, ...owner, serial: 0, resources: {}, intents: {}, pins: {} };
}
