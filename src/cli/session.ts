import path from 'node:path';

import { type Clients, createClients } from '../aws/clients.ts';
import { toEsEcsError } from '../aws/errors.ts';
import { Inventory } from '../aws/inventory.ts';
import { CallMeter } from '../aws/meter.ts';
import type { Config } from '../config/config.ts';
import type { Located } from '../config/load.ts';
import { type Clock, realClock } from '../engine/clock.ts';
import type { Emit } from '../engine/events.ts';
import { createGraph, type Graph } from '../engine/graph.ts';
import type { Run } from '../engine/run.ts';
import { type Lock, takeLock } from '../state/lock.ts';
import { StateStore } from '../state/store.ts';
import type { Adapters } from '../steps/adapters.ts';
import type { StepContext } from '../steps/context.ts';
import { identify } from '../steps/gather-facts.ts';
import { type ClusterSteps, clusterSteps } from '../steps/index.ts';
import { prepareContext } from '../steps/prepare.ts';
import type { CommonOptions } from './options.ts';
import type { Simulation } from './simulation.ts';
import { isAlive, type Terminal, whoAmI } from './terminal.ts';

/** Everything a command works with, once the config is read and the account is known. */
export interface Session {
  readonly config: Config;
  readonly located: Located;
  readonly clock: Clock;
  readonly clients: Clients;
  readonly meter: CallMeter;
  readonly state: StateStore;
  readonly context: StepContext;
  readonly graph: Graph;
  readonly steps: ClusterSteps;
  /** Undefined on a real account. */
  readonly simulation: Simulation | undefined;
  readonly files: SessionFiles;
  /** When the command began, on the session's clock. */
  readonly startedMs: number;
  run(emit: Emit, options: { readonly concurrency: number; readonly awaitGates: boolean }): Run;
}

/** Where things are kept, all beside the config or under `.es-ecs/simulated`. */
export interface SessionFiles {
  readonly state: string;
  readonly lock: string;
  readonly key: string;
  readonly knownHosts: string;
}

export interface SessionOptions {
  readonly options: CommonOptions;
  readonly command: string;
  readonly located: Located;
  readonly terminal: Terminal;
  /** Commands that write take the lock. */
  readonly locks: boolean;
  readonly signal: AbortSignal;
  readonly notice: (text: string) => void;
}

/** Where a command's files are. */
function filesFor(options: CommonOptions): SessionFiles {
  const directory = path.dirname(options.config);
  const simulated = path.join(directory, '.es-ecs', 'simulated', 'state.json');
  const state =
    options.state ?? (options.simulate === true ? simulated : path.join(directory, 'es-ecs.state.json'));
  const beside = path.join(path.dirname(state), path.basename(state, '.json'));
  return { state, lock: `${state}.lock`, key: `${beside}.key`, knownHosts: `${beside}.known_hosts` };
}

/**
 * Opens a session, works in it, and closes it whatever happens: the simulated account is saved, the lock released.
 *
 * @throws EsEcsError of every kind that config, state, lock, credentials and lookups can have.
 */
export async function withSession<Result>(
  options: SessionOptions,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const files = filesFor(options.options);
  const simulation = options.options.simulate === true ? await openSimulation(options, files) : undefined;
  const clock = simulation?.clock ?? realClock;
  const lock = options.locks ? await clock.hold(lockFor(options, files)) : undefined;
  if (lock?.takenOverFrom !== undefined) {
    const { who, host, pid } = lock.takenOverFrom;
    options.notice(`took over the lock of ${who}@${host}, whose process ${pid} is dead`);
  }
  let session: Session | undefined;
  try {
    session = await open(options, { files, simulation, clock });
    return await work(session);
  } catch (error) {
    throw toEsEcsError(error);
  } finally {
    session?.context.adapters.cluster.close?.();
    await simulation?.save();
    await lock?.release();
  }
}

async function openSimulation(options: SessionOptions, files: SessionFiles): Promise<Simulation> {
  const open = options.terminal.openSimulation ?? (await import('./simulation.ts')).createSimulation;
  const file = path.join(path.dirname(files.state), 'account.json');
  return open({ file, config: options.located.config });
}

function lockFor(options: SessionOptions, files: SessionFiles): Promise<Lock> {
  const nowMs = realClock.now();
  const holder = { ...whoAmI(), command: `es-ecs ${options.command}`, since: new Date(nowMs).toISOString() };
  return takeLock({ file: files.lock, holder, nowMs, isAlive });
}

interface Opened {
  readonly files: SessionFiles;
  readonly simulation: Simulation | undefined;
  readonly clock: Clock;
}

async function open(options: SessionOptions, opened: Opened): Promise<Session> {
  const { files, simulation, clock } = opened;
  const { located } = options;
  const { config } = located;
  const startedMs = clock.now();
  const meter = new CallMeter();
  const clients = createClients({
    region: config.region,
    clock,
    meter,
    ...(simulation === undefined
      ? {}
      : {
          attach: (client) => {
            simulation.attach(client);
          },
          credentials: simulation.credentials,
        }),
  });
  const identity = await identify(clients);
  const owner = { cluster: config.name, accountId: identity.accountId, region: config.region };
  const state = await clock.hold(StateStore.open(files.state, owner, clock));
  const inventory = new Inventory(clients, config.name);
  const adapters =
    simulation?.adapters ??
    (await realAdapters(config, { files, clock, clients, inventory, notice: options.notice }));
  const { context, pins } = await prepareContext({
    config,
    located,
    clients,
    inventory,
    adapters,
    clock,
    identity,
    pins: state.pins,
    known: state.addresses,
    askCallerAddress: () => (simulation === undefined ? askCallerAddress() : simulation.askCallerAddress()),
  });
  if (options.locks) await state.pin(pins);
  const steps = clusterSteps(context);
  return {
    config,
    located,
    clock,
    clients,
    meter,
    state,
    context,
    graph: createGraph(steps.resources),
    steps,
    simulation,
    files,
    startedMs,
    run: (emit, { concurrency, awaitGates }) => ({
      clock,
      memory: state,
      emit,
      signal: options.signal,
      concurrency,
      awaitGates,
      waited: new Map(),
      translate: (error, address) => toEsEcsError(error, { address }),
    }),
  };
}

async function realAdapters(
  config: Config,
  given: Pick<SessionOptions, 'notice'> & {
    readonly files: SessionFiles;
    readonly clock: Clock;
    readonly clients: Clients;
    readonly inventory: Inventory;
  },
): Promise<Adapters> {
  const { createRealAdapters } = await import('./real-adapters.ts');
  const { files, ...rest } = given;
  return createRealAdapters({ config, keyFile: files.key, knownHostsFile: files.knownHosts, ...rest });
}

/** AWS's own answer to "which address do I come from"; a timeout, as some networks swallow the question. */
async function askCallerAddress(): Promise<string> {
  const answer = await fetch('https://checkip.amazonaws.com', { signal: AbortSignal.timeout(5_000) });
  return (await answer.text()).trim();
}
