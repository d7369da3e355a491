import { shardsOn } from '../elasticsearch/rules/stopping.ts';
import type { Turn } from '../engine/lane.ts';
import type { Run } from '../engine/run.ts';
import { EsEcsError } from '../errors.ts';
import type { Conversation } from './conversation.ts';

const minute = 60_000;
const everyMs = 5_000;

/** Terabytes, at worst; that nothing moves any more is noticed much sooner. */
const drainLimitMs = 7 * 24 * 60 * minute;
/** So long nothing may change on the nodes that are to give up their shards. */
const stuckMs = 30 * minute;

/** What is done with the nodes, and how a person ends it. */
export interface DrainWords {
  /** `leave`, `lose its roles`: what cannot be. */
  readonly cannot: string;
  readonly hint: string;
}

/** The name of the node whose turn it is: the last part of the address. */
export function nodeOf({ address }: Turn): string {
  return address.split('/').at(-1) ?? address;
}

/**
 * Waits until no shard is on any of the nodes, which have been told to give them up.
 *
 * @throws EsEcsError NOT_SAFE where nothing moves any more.
 */
export async function drain(
  { talk, run }: { readonly talk: Conversation; readonly run: Run },
  turns: readonly Turn[],
  words: DrainWords,
): Promise<void> {
  await Promise.all(turns.map((turn) => drainOne({ talk, run }, turn, words)));
}

async function drainOne(
  { talk, run }: { readonly talk: Conversation; readonly run: Run },
  turn: Turn,
  words: DrainWords,
): Promise<void> {
  const name = nodeOf(turn);
  const { clock } = run;
  let left = Number.POSITIVE_INFINITY;
  let changedMs = clock.now();
  const waits = { for: 'its shards to move', usualMs: 0, everyMs, limitMs: drainLimitMs };
  await talk.until({
    address: turn.address,
    waits,
    because: () => `${left} are left on it`,
    isSo: async () => {
      const shards = await talk.with((control) => control.shards());
      const held = shardsOn({ shards }, name);
      if (held.length !== left || held.some((copy) => copy.state === 'relocating')) changedMs = clock.now();
      left = held.length;
      waits.for = left === 1 ? 'its last shard to move' : `its last ${left} shards to move`;
      if (clock.now() - changedMs >= stuckMs) throw stuck(turn, held.length, words);
      return left === 0;
    },
  });
}

function stuck(turn: Turn, left: number, { cannot, hint }: DrainWords): EsEcsError {
  const shards = left === 1 ? 'a shard' : `${left} shards`;
  return new EsEcsError(
    'NOT_SAFE',
    `${nodeOf(turn)} cannot ${cannot}: ${shards} found no other place in half an hour`,
    { address: turn.address, hint: ['es-ecs es GET /_cluster/allocation/explain  says why', hint] },
  );
}
