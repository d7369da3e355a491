import { createHash } from 'node:crypto';

import { type Clients, createClients } from '../../../src/aws/clients.ts';
import { toEsEcsError } from '../../../src/aws/errors.ts';
import { Inventory } from '../../../src/aws/inventory.ts';
import { CallMeter } from '../../../src/aws/meter.ts';
import { isRefusal, lostAnswer } from '../../../src/aws/refusal.ts';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { applyPlan, type Outcome } from '../../../src/engine/apply.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/engine/clock.ts';
import { applyDestroy, planDestroy } from '../../../src/engine/destroy.ts';
import { noDoubt } from '../../../src/engine/doubt.ts';
import type { EngineEvent } from '../../../src/engine/events.ts';
import { createGraph } from '../../../src/engine/graph.ts';
import { oneByOne } from '../../../src/engine/lane.ts';
import type { Memory } from '../../../src/engine/memory.ts';
import { makePlan, type Plan } from '../../../src/engine/plan.ts';
import type { Address, AnyResource } from '../../../src/engine/resource.ts';
import type { Run } from '../../../src/engine/run.ts';
import { createSimulatedAccount, type SimulatedAccount } from '../../../src/simulator/index.ts';
import type { WorldSnapshot } from '../../../src/simulator/core/world.ts';
import type { KeyStore } from '../../../src/steps/adapters.ts';
import { formerTags, type StepContext } from '../../../src/steps/context.ts';
import type { Departures } from '../../../src/steps/departures.ts';
import type { Facts } from '../../../src/steps/facts.ts';
import { subnets } from '../../../src/steps/network/subnet.ts';
import { gatherFacts, identify } from '../../../src/steps/gather-facts.ts';
import type { Pins } from '../../../src/steps/pins.ts';

/** The smallest config that there is, with more lines where a test wants them. */
export function configText(more = ''): string {
  return `name: search\nregion: eu-west-1\nelasticsearch: { version: 9.4.6 }\nnodes: 3\n${more}`;
}

/** Nodes may leave as they please: whoever tests departures has a cluster to leave. */
export const freeDepartures: Departures = {
  lane: oneByOne('departures'),
  review: () => Promise.resolve({ because: 'the node leaves' }),
};

/** Ids and tokens in memory, as the state file would keep them. */
export class PlainMemory implements Memory {
  readonly ids: Map<Address, string>;
  readonly #intents = new Map<Address, string>();
  #count = 0;

  constructor(ids: ReadonlyMap<Address, string> = new Map()) {
    this.ids = new Map(ids);
  }

  id(address: Address): string | undefined {
    return this.ids.get(address);
  }

  async intend(address: Address): Promise<string> {
    const known = this.#intents.get(address);
    if (known !== undefined) return known;
    this.#count += 1;
    const token = createHash('sha256').update(`${address} ${this.#count}`).digest('hex').slice(0, 32);
    this.#intents.set(address, token);
    return token;
  }

  isIntended(address: Address): boolean {
    return this.#intents.has(address);
  }

  async remember(address: Address, id: string): Promise<void> {
    this.ids.set(address, id);
    this.#intents.delete(address);
  }

  async made(address: Address, id: string): Promise<void> {
    await this.remember(address, id);
  }

  saw(): void {
    // Nothing ends in doubt here.
  }

  async withdraw(address: Address): Promise<void> {
    this.#intents.delete(address);
  }

  async forget(address: Address): Promise<void> {
    this.ids.delete(address);
    this.#intents.delete(address);
  }
}

/** A key pair that is the same at each run, or changed by a test. */
export class PlainKeys implements KeyStore {
  publicKey: string | undefined;

  constructor(publicKey?: string) {
    this.publicKey = publicKey;
  }

  async ensure(): Promise<{ publicKey: string; privateKeyFile: string }> {
    this.publicKey ??= ed25519Key('made');
    return { publicKey: this.publicKey, privateKeyFile: 'es-ecs.key' };
  }

  async read(): Promise<{ publicKey: string; privateKeyFile: string } | undefined> {
    return this.publicKey === undefined ? undefined : this.ensure();
  }

  async remove(): Promise<void> {
    this.publicKey = undefined;
  }
}

/** A public key in OpenSSH's form, another one for each seed. */
export function ed25519Key(seed: string): string {
  const field = (bytes: Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const body = Buffer.concat([
    field(Buffer.from('ssh-ed25519')),
    field(createHash('sha256').update(seed).digest()),
  ]);
  return `ssh-ed25519 ${body.toString('base64')} es-ecs`;
}

/** A simulated account and everything that a run against it needs; what is in it stays from run to run. */
export interface Ground {
  readonly account: SimulatedAccount;
  readonly clock: VirtualClock;
  readonly clients: Clients;
  readonly memory: PlainMemory;
  readonly keys: PlainKeys;
  readonly events: EngineEvent[];
  pins: Pins;
  /** Keys of tags that runs before have given, as the state would remember them. */
  givenTags: readonly string[];
  /** One run's view of the account: resources built from a config, with an inventory that has read nothing yet. */
  view(build: Build, yaml?: string): Promise<View>;
  /** All of this ground as it is now, to be taken up again by `createGround`. */
  save(): Saved;
}

interface Saved {
  readonly snapshot: WorldSnapshot;
  readonly ids: ReadonlyMap<Address, string>;
  readonly pins: Pins;
  readonly publicKey: string | undefined;
}

export type Build = (context: StepContext) => readonly AnyResource[];

export interface View {
  readonly config: Config;
  readonly facts: Facts;
  readonly meter: CallMeter;
  plan(): Promise<Plan>;
  up(): Promise<Outcome>;
  destroy(): Promise<Outcome>;
}

/** An empty simulated account, or one that was saved. */
export function createGround(saved?: Saved, region = 'eu-west-1'): Ground {
  const clock = createVirtualClock({ startMs: saved?.snapshot.nowMs ?? Date.UTC(2026, 0, 1) });
  const snapshot = structuredClone(saved?.snapshot);
  const account = createSimulatedAccount({ clock, region, ...(snapshot === undefined ? {} : { snapshot }) });
  const attach = account.attach.bind(account);
  const credentials = { accessKeyId: 'simulated', secretAccessKey: 'simulated' };
  const connect = (meter: CallMeter): Clients => createClients({ region, clock, meter, credentials, attach });
  const memory = new PlainMemory(saved?.ids);
  const keys = new PlainKeys(saved?.publicKey);
  const events: EngineEvent[] = [];
  const ground: Ground = {
    account,
    clock,
    memory,
    keys,
    events,
    clients: connect(new CallMeter()),
    pins: saved?.pins ?? {},
    givenTags: [],
    save: () => ({
      snapshot: account.snapshot(),
      ids: new Map(memory.ids),
      pins: ground.pins,
      publicKey: keys.publicKey,
    }),
    view: async (build, yaml = '') => {
      const located = loadConfig(configText(yaml), 'es-ecs.yaml');
      const { config } = located;
      const meter = new CallMeter();
      const clients = connect(meter);
      const inventory = new Inventory(clients, config.name);
      const identity = await identify(clients);
      const { facts, pins } = await gatherFacts({
        config,
        located,
        clients,
        inventory,
        identity,
        pins: ground.pins,
        askCallerAddress: async () => '203.0.113.7',
      });
      ground.pins = { ...ground.pins, ...pins };
      const context: StepContext = {
        config,
        located,
        facts,
        clients,
        inventory,
        clock,
        nodeLane: oneByOne('nodes'),
        departures: freeDepartures,
        present: new Set(memory.ids.keys()),
        standingSubnets: await inventory.owned(subnets),
        formerTags: formerTags(ground.givenTags, config),
        adapters: { keys, images: unused('images'), secrets: unused('secrets'), cluster: unused('cluster') },
      };
      const graph = createGraph(build(context));
      const run: Run = {
        clock,
        memory,
        emit: (event) => events.push(event),
        signal: new AbortController().signal,
        concurrency: Infinity,
        awaitGates: true,
        waited: new Map(),
        doubt: () => noDoubt,
        isRefusal,
        lostAnswer,
        translate: (error, address) => toEsEcsError(error, { address, command: 'up' }),
      };
      return {
        config,
        facts,
        meter,
        plan: () => makePlan(graph, memory),
        up: async () => applyPlan(await makePlan(graph, memory), run),
        destroy: async () => {
          const doomed = await planDestroy(graph, { id: (address) => memory.id(address), deleteData: true });
          return applyDestroy(doomed, graph, run);
        },
      };
    },
  };
  return ground;
}

/** An adapter that these steps have no business with. */
function unused(name: string): never {
  const touched = (): never => {
    throw new Error(`the ${name} adapter is not for this step`);
  };
  return new Proxy({}, { get: touched }) as never;
}

/** `~ network/vpc dnsHostnames false → true`, one line a change, for what is not in sync. */
export function lines(plan: Plan): readonly string[] {
  return plan.entries
    .filter((entry) => entry.action !== 'in-sync' && entry.action !== 'gate')
    .flatMap((entry) =>
      entry.changes.length === 0
        ? [`${entry.action} ${entry.resource.address}`]
        : entry.changes.map(
            (change) =>
              `${entry.action} ${entry.resource.address} ${change.path} ${change.before ?? '-'} → ${change.after ?? '-'}`,
          ),
    );
}

/** A maker of grounds on which something already stands: it is built once, and each test gets a copy of its own. */
export function standingGround(build: Build): () => Promise<Ground> {
  let saved: Promise<Saved> | undefined;
  const prepare = async (): Promise<Saved> => {
    const ground = createGround();
    await (await ground.view(build)).up();
    return structuredClone(ground.save());
  };
  return async () => {
    saved ??= prepare();
    return createGround(await saved);
  };
}
