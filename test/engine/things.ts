import { randomUUID } from 'node:crypto';

import { setMaxListeners } from 'node:events';

import type { EngineEvent } from '../../src/engine/events.ts';
import { createVirtualClock } from '../../src/engine/clock.ts';
import { noDoubt } from '../../src/engine/doubt.ts';
import type { Lane } from '../../src/engine/lane.ts';
import type { Memory } from '../../src/engine/memory.ts';
import type { Change, Needs, Phase, Resource, Retries } from '../../src/engine/resource.ts';
import type { Run } from '../../src/engine/run.ts';
import { EsEcsError } from '../../src/errors.ts';

/** A thing of a made-up service: a size, a phase, and the ids of what it was made from. */
export interface Thing {
  readonly id: string;
  size: number;
  colour: string;
  readyAtMs: number;
  goneAtMs: number | undefined;
  failed: boolean;
}

/** A made-up account in which things take time, with a log of every write. */
export class Shop {
  readonly clock = createVirtualClock({ startMs: 0 });
  readonly things = new Map<string, Thing>();
  readonly writes: string[] = [];
  readonly events: EngineEvent[] = [];
  readonly controller = new AbortController();

  constructor() {
    setMaxListeners(0, this.controller.signal);
  }

  reads = 0;
  serial = 0;

  run(options: Partial<Run> = {}): Run {
    return {
      clock: this.clock,
      memory: this.memory,
      emit: (event) => {
        this.events.push(event);
      },
      signal: this.controller.signal,
      concurrency: Infinity,
      awaitGates: true,
      waited: new Map(),
      doubt: () => noDoubt,
      isRefusal: () => false,
      lostAnswer: () => undefined,
      translate: (error, address) =>
        error instanceof EsEcsError
          ? error
          : new EsEcsError('AWS', error instanceof Error ? error.message : 'unknown', { address }),
      ...options,
    };
  }

  readonly ids = new Map<string, string>();
  readonly intents = new Map<string, string>();
  /** Made in a run, and not seen in it. */
  readonly unseen = new Set<string>();
  readonly memory: Memory = {
    id: (address) => this.ids.get(address),
    intend: (address) => {
      const token = this.intents.get(address) ?? `token-${randomUUID()}`;
      this.intents.set(address, token);
      return Promise.resolve(token);
    },
    isIntended: (address) => this.intents.has(address),
    withdraw: (address) => {
      this.intents.delete(address);
      return Promise.resolve();
    },
    remember: (address, id) => {
      this.ids.set(address, id);
      this.intents.delete(address);
      return Promise.resolve();
    },
    made: (address, id) => {
      this.unseen.add(address);
      return this.memory.remember(address, id);
    },
    saw: (address) => {
      this.unseen.delete(address);
    },
    forget: (address) => {
      this.ids.delete(address);
      this.intents.delete(address);
      return Promise.resolve();
    },
  };
}

export interface ThingOptions<N extends Needs> {
  readonly address: string;
  readonly needs?: N;
  readonly size?: number;
  readonly takesMs?: number;
  readonly goesMs?: number;
  /** Sizes cannot shrink; colours need a replacement. */
  readonly lane?: Lane;
  readonly holdsData?: true;
  readonly keptWithData?: true;
  readonly unwanted?: true;
  readonly colour?: string;
  /** Names of errors that the first creates answer with. */
  readonly createFails?: string[];
  readonly createRetries?: Retries;
  /** Changes are accepted and lost. */
  readonly ignoresChanges?: boolean;
  readonly preflight?: () => Promise<void>;
}

/** A resource of the shop. */
export function thing<N extends Needs>(
  shop: Shop,
  options: ThingOptions<N>,
): Resource<{ readonly size: number; readonly colour: string }, Thing, N> {
  const { address, takesMs = 0, goesMs = 0 } = options;
  const write = async (what: string): Promise<void> => {
    shop.writes.push(`${what} ${address}`);
    await shop.clock.sleep(10);
  };
  const gone = (one: Thing): boolean => one.goneAtMs !== undefined && one.goneAtMs <= shop.clock.now();
  return {
    address,
    // The default of N is the empty record.
    needs: options.needs ?? ({} as N),
    waits: { for: address, usualMs: takesMs, everyMs: 1_000, limitMs: 600_000 },
    ...(options.lane === undefined ? {} : { lane: options.lane }),
    ...(options.holdsData === undefined ? {} : { holdsData: options.holdsData }),
    ...(options.keptWithData === undefined ? {} : { keptWithData: options.keptWithData }),
    ...(options.unwanted === undefined ? {} : { unwanted: options.unwanted }),
    ...(options.createRetries === undefined ? {} : { createRetries: options.createRetries }),
    ...(options.preflight === undefined ? {} : { preflight: options.preflight }),
    desired: () => ({ size: options.size ?? 1, colour: options.colour ?? 'red' }),
    find: async () => {
      shop.reads += 1;
      await shop.clock.sleep(10);
      const one = shop.things.get(address);
      return one === undefined || gone(one) ? undefined : { ...one };
    },
    id: (one) => one.id,
    phase: (one): Phase => (one.failed ? 'failed' : one.readyAtMs <= shop.clock.now() ? 'ready' : 'pending'),
    diff: (desired, one) => changesOf(shop, { desired, one, options, write }),
    create: async (desired) => {
      await write('create');
      const fails = options.createFails?.shift();
      if (fails !== undefined) throw Object.assign(new Error(fails), { name: fails });
      shop.serial += 1;
      const id = `thing-${String(shop.serial)}`;
      shop.things.set(address, {
        id,
        size: desired.size,
        colour: desired.colour,
        readyAtMs: shop.clock.now() + takesMs,
        goneAtMs: undefined,
        failed: false,
      });
      return { id };
    },
    destroy: async () => {
      await write('destroy');
      const one = shop.things.get(address);
      if (one !== undefined) one.goneAtMs = shop.clock.now() + goesMs;
    },
    destroyWaits: { for: `${address} to go`, usualMs: goesMs, everyMs: 1_000, limitMs: 600_000 },
    explain: () => Promise.resolve('the shop was closed'),
  };
}

interface Comparison<N extends Needs> {
  readonly desired: { readonly size: number; readonly colour: string };
  readonly one: Thing;
  readonly options: ThingOptions<N>;
  readonly write: (what: string) => Promise<void>;
}

function changesOf<N extends Needs>(
  shop: Shop,
  { desired, one, options, write }: Comparison<N>,
): readonly Change[] {
  const changes: Change[] = [];
  if (desired.size < one.size) {
    changes.push({
      path: 'size',
      before: `${one.size}`,
      after: `${desired.size}`,
      impact: 'refuse',
      because: 'it cannot shrink',
    });
  }
  if (desired.size > one.size) {
    changes.push({
      path: 'size',
      before: `${one.size}`,
      after: `${desired.size}`,
      impact: options.lane === undefined ? 'in-place' : 'rolling',
      apply: async () => {
        await write('grow');
        const real = shop.things.get(options.address);
        if (real !== undefined && options.ignoresChanges !== true) {
          real.size = desired.size;
          if (options.lane !== undefined) real.readyAtMs = shop.clock.now() + (options.takesMs ?? 0);
        }
      },
    });
  }
  if (desired.colour !== one.colour) {
    changes.push({ path: 'colour', before: one.colour, after: desired.colour, impact: 'replace' });
  }
  return changes;
}
