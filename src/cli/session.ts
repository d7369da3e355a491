import { setMaxListeners } from 'node:events';

import type { Clients } from '../aws/clients.ts';
import { toEsEcsError } from '../aws/errors.ts';
import { Inventory } from '../aws/inventory.ts';
import type { CallMeter } from '../aws/meter.ts';
import { partitionOf } from '../aws/partitions.ts';
import { isRefusal, lostAnswer } from '../aws/refusal.ts';
import type { Config } from '../config/config.ts';
import type { Located } from '../config/load.ts';
import type { Clock } from '../engine/clock.ts';
import { eachUntil } from '../engine/doubt.ts';
import type { Emit } from '../engine/events.ts';
import { createGraph, type Graph } from '../engine/graph.ts';
import { isNotTheOne } from '../engine/not-the-one.ts';
import { isDestroyed } from '../engine/destroy.ts';
import { readAhead } from '../engine/plan.ts';
import type { Address, AnyResource } from '../engine/resource.ts';
import type { Run } from '../engine/run.ts';
import { EsEcsError } from '../errors.ts';
import type { AccountLock } from '../lock/account-lock.ts';
import type { Fault } from '../simulator/account.ts';
import type { PolicyStatement } from '../simulator/policy/documents.ts';
import { StateStore } from '../state/store.ts';
import { nodeDepartures } from '../operations/node-departures.ts';
import { nodeLane } from '../operations/node-lane.ts';
import type { Adapters } from '../steps/adapters.ts';
import type { AskedRestart, StepContext } from '../steps/context.ts';
import { type Identity, identify } from '../steps/gather-facts.ts';
import { type ClusterSteps, clusterSteps } from '../steps/index.ts';
import type { Pins } from '../steps/pins.ts';
import { foresee, type Preparation, prepareContext } from '../steps/prepare.ts';
import type { Rotation } from '../steps/task/issue.ts';
import { nodesAway, nodesUnderWay } from '../steps/service/steadiness.ts';
import { askCallerAddress } from './caller-address.ts';
import { guardedCluster } from './guarded-cluster.ts';
import { type Account, openAccount } from './open-account.ts';
import { openState } from './open-state.ts';
import type { CommonOptions } from './options.ts';
import type { Proxies } from './proxies.ts';
import { duration } from './render/duration.ts';
import { filesFor, type SessionFiles } from './session-files.ts';
import { lockLocally, newHolder } from './session-lock.ts';
import type { Simulation } from './simulation.ts';
import type { Terminal } from './terminal.ts';

/** What a command works with that asks for no more of the account than who it is. */
export interface Visit {
  readonly config: Config;
  readonly located: Located;
  readonly clock: Clock;
  readonly clients: Clients;
  readonly meter: CallMeter;
  readonly state: StateStore;
  readonly inventory: Inventory;
  readonly adapters: Adapters;
  readonly identity: Identity;
  /** Undefined on a real account. */
  readonly simulation: Simulation | undefined;
  /** The way out of this machine; undefined is straight. */
  readonly proxies: Proxies | undefined;
  readonly files: SessionFiles;
  /** When the command began, on the visit's clock. */
  readonly startedMs: number;
  readonly lock: AccountLock;
  /** What the state names is being read already. */
  readonly isForeseen: boolean;
}

/** Everything a command works with, once the config is read and the account is known. */
export interface Session extends Visit {
  readonly context: StepContext;
  /** The choices that this run rests on, to be kept. */
  readonly pins: Pins;
  readonly graph: Graph;
  readonly steps: ClusterSteps;
  run(emit: Emit, options: { readonly concurrency: number; readonly awaitGates: boolean }): Run;
}

export interface SessionOptions {
  readonly options: CommonOptions;
  readonly command: string;
  readonly located: Located;
  readonly terminal: Terminal;
  /** Commands that write take the lock. */
  readonly locks: boolean;
  /**
   * Everything is to go: what a dead run may have made is waited for before anything is looked for, and of what there is only that is asked
   * which a destroy needs.
   */
  readonly takesDown?: boolean;
  /** Nodes that are to restart though nothing of them has changed. */
  readonly asked?: AskedRestart;
  /** What is to be rotated by one step. */
  readonly rotation?: Rotation;
  /** Hosts and nodes are not waited for. */
  readonly isImpatient?: boolean;
  /** Hosts are to have the newest machine image. */
  readonly refreshesImages?: boolean;
  readonly signal: AbortSignal;
  readonly notice: (text: string) => void;
  /** What is to go wrong in the simulated account. */
  readonly faults?: readonly Fault[];
  /** What the caller may do in the simulated account; absent: everything. */
  readonly permissions?: readonly PolicyStatement[];
  /** As which kind the simulated account is opened for the first time; absent: an ordinary one. */
  readonly kind?: string;
}

/**
 * Opens a session, works in it, and closes it whatever happens: the simulated account is saved, the locks are released.
 *
 * @throws EsEcsError of every kind that config, state, lock, credentials and lookups can have.
 */
export function withSession<Result>(
  options: SessionOptions,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  return visiting(options, {
    begin: ({ lock }) => {
      lock.lookAhead();
    },
    // Whoever writes looks at the lock before anything else.
    ...(options.locks ? {} : { suppose: (visit: Visit) => readAsSupposed(options, visit) }),
    work: async (visit) => work(await prepare(options, visit)),
  });
}

/**
 * As `withSession`, without the many calls that tell what the cluster is made from, and without a look at the account's lock:
 * for commands that need no resource.
 *
 * @throws EsEcsError of every kind that config, state, lock and credentials can have.
 */
export function withVisit<Result>(
  options: SessionOptions,
  work: (visit: Visit) => Promise<Result>,
): Promise<Result> {
  return visiting(options, { work });
}

interface Visiting<Result> {
  /** Asks for what does not wait for who is calling. */
  readonly begin?: (account: Account) => void;
  /** The same, with what is so if the state file is right about whose account this is. */
  readonly suppose?: (visit: Visit) => Promise<void>;
  readonly work: (visit: Visit) => Promise<Result>;
}

async function visiting<Result>(options: SessionOptions, how: Visiting<Result>): Promise<Result> {
  const { begin, suppose, work } = how;
  const files = filesFor(options.options);
  const holder = newHolder(options);
  const account = await openAccount(options, { files, holder });
  const { clock, simulation, lock } = account;
  const local = options.locks
    ? await clock.hold(lockLocally(options, { files, account, holder }))
    : undefined;
  let visit: Visit | undefined;
  const close = async (): Promise<void> => {
    visit?.adapters.cluster.close?.();
    await release(lock, { inDoubt: visit?.state.isInDoubt === true, notice: options.notice });
    try {
      await simulation?.save();
    } finally {
      const dead = leftBehind(lock, local?.dead ?? []);
      await clock.hold(local?.release(dead) ?? Promise.resolve()).catch(noting(options.notice));
    }
  };
  let result: Result;
  try {
    begin?.(account);
    visit = await open(options, { files, account, ...(suppose === undefined ? {} : { suppose }) });
    result = await work(visit);
  } catch (error) {
    // What the command failed with is what counts; what else goes wrong now is only told.
    await close().catch(noting(options.notice));
    throw lock.lost.aborted ? lock.lost.reason : toEsEcsError(error, placeOf(options));
  }
  await close();
  return result;
}

/**
 * The runs that have ended here and that others would still take for alive by their lock in the account: whoever comes next here is to
 * know better.
 */
function leftBehind(lock: AccountLock, dead: readonly string[]): readonly string[] {
  // Ended before it was looked at: it may be any of them.
  if (!lock.isLookedAt) return dead;
  return lock.leftBehind === undefined ? [] : [lock.leftBehind];
}

function noting(notice: (text: string) => void): (error: unknown) => void {
  return (error) => {
    notice(`! ${error instanceof Error ? error.message : String(error)}`);
  };
}

async function release(
  lock: AccountLock,
  how: { readonly inDoubt: boolean; readonly notice: (text: string) => void },
): Promise<void> {
  try {
    await lock.release(how.inDoubt);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    how.notice(`the lock in the account could not be released (${why}): it ends by itself in 90 seconds`);
  }
}

/** Answers to calls that were sent together come this far apart: what is looked at after each of them shares a call. */
const gatherMs = 30;

interface Opened {
  readonly files: SessionFiles;
  readonly account: Account;
  readonly suppose?: (visit: Visit) => Promise<void>;
}

async function open(options: SessionOptions, opened: Opened): Promise<Visit> {
  const { files, account, suppose } = opened;
  const { clients, clock, lock, meter, simulation, proxies } = account;
  const { located, notice } = options;
  const { config } = located;
  const startedMs = clock.now();
  const asking = identify(clients);
  // It is waited for below, and what stands in between may fail before.
  asking.catch(() => undefined);
  const inventory = new Inventory(clients, config.name, {
    depth: options.takesDown === true ? 'there' : 'whole',
    // In virtual time the same things happen at the same instant.
    ...(simulation === undefined ? { gather: () => clock.sleep(gatherMs) } : {}),
  });
  // A run that has lost the lock ends its push as well.
  const signal = AbortSignal.any([options.signal, lock.lost]);
  const given =
    simulation?.adapters ??
    (await realAdapters(config, { files, clock, clients, inventory, notice, signal, proxies }));
  const adapters = { ...given, cluster: guardedCluster(given.cluster, () => lock.take()) };
  const rest = {
    config,
    located,
    clock,
    clients,
    meter,
    inventory,
    adapters,
    simulation,
    proxies,
    files,
    startedMs,
    lock,
  };
  const { name: cluster, region } = config;
  const supposed = suppose && (await clock.hold(StateStore.suppose(files.state, { cluster, region }, clock)));
  if (supposed !== undefined) {
    const { accountId } = supposed;
    const partition = partitionOf(region)?.name ?? 'aws';
    const identity = { accountId, partition, callerArn: '' };
    await suppose?.({ ...rest, state: supposed, identity, isForeseen: false });
  }
  const identity = await asking;
  const { accountId } = identity;
  const how = { clock, notice, setsAside: options.locks };
  const state =
    supposed?.accountId === accountId
      ? supposed
      : await clock.hold(openState(files.state, { cluster, accountId, region }, how));
  return { ...rest, state, identity, isForeseen: state === supposed };
}

/** Begins to read what the plan will ask for, by what the state alone says; what goes wrong comes up again, where it is waited for. */
async function readAsSupposed(options: SessionOptions, visit: Visit): Promise<void> {
  if (visit.state.addresses.length === 0) return;
  try {
    const preparation = preparationOf(options, visit);
    preparation.foresee?.(await foresee(preparation));
  } catch {
    // As above.
  }
}

async function prepare(options: SessionOptions, visit: Visit): Promise<Session> {
  const { state, clock, lock } = visit;
  // Looked at before all else is: what is read afterwards is still so when the lock is taken.
  await lock.look(state.runs);
  lock.rememberBy(state);
  const lookedMs = clock.now();
  if (options.locks) lock.refuseHeld();
  if (options.takesDown === true) await untilSeen(lock.doubt.anythingUntilMs, options, visit);
  const prepared = await prepareSeeing(options, visit);
  // A newer image is chosen once a person has agreed to what follows from it.
  if (options.locks && options.refreshesImages !== true) await state.pin(prepared.pins);
  return {
    ...visit,
    ...prepared,
    run: (emit, { concurrency, awaitGates }) => ({
      clock,
      memory: state,
      emit,
      concurrency,
      awaitGates,
      waited: new Map(),
      doubt: () => eachUntil(lock.doubt, (untilMs) => (untilMs > lookedMs ? untilMs : 0)),
      isRefusal,
      lostAnswer,
      ...endingWithCredentials(options, lock.lost),
    }),
  };
}

type Prepared = Pick<Session, 'context' | 'pins' | 'graph' | 'steps'>;

/**
 * Prepares, and once more where it may not have been seen yet what nobody will look for again: what a run that died has made and the
 * config no longer asks for, and of a destroy everything.
 */
async function prepareSeeing(options: SessionOptions, visit: Visit): Promise<Prepared> {
  const { inventory, state, clock, lock } = visit;
  const prepared = await prepareSteps(options, visit);
  if (!options.locks) return prepared;
  const isUnwanted = unwantedIn(prepared.graph);
  const concerns = options.takesDown === true ? () => true : isUnwanted;
  const untilMs = Math.max(lock.doubt.anythingUntilMs, lock.doubt.rememberedUntilMs);
  const waits =
    untilMs > clock.now() &&
    (state.intended.some(concerns) || (await someHidden(state.addresses.filter(concerns), prepared, visit)));
  if (waits) {
    await untilSeen(untilMs, options, visit);
    inventory.forget();
  }
  // All that came of them is found by its tags from now on.
  for (const address of state.intended.filter(isUnwanted)) await state.withdraw(address);
  return waits ? prepareSteps(options, visit) : prepared;
}

/** What a run that died has made may not be visible yet: so nothing is looked for before it is. */
async function untilSeen(
  untilMs: number,
  { notice, signal }: SessionOptions,
  { clock }: Visit,
): Promise<void> {
  const ms = untilMs - clock.now();
  if (ms <= 0) return;
  notice(`waiting ${duration(ms)} until everything that the run before has made can be seen`);
  try {
    await clock.sleep(ms, signal);
  } catch {
    throw new EsEcsError('INTERRUPTED', 'interrupted before anything was changed', {
      hint: 'run the same command again to go on',
    });
  }
}

/** Tells the addresses that the config no longer asks for: nobody would look for such a thing once more, and it would stay. */
function unwantedIn({ resources }: Graph): (address: Address) => boolean {
  const wanted = new Set(resources.filter((one) => one.unwanted !== true).map(({ address }) => address));
  return (address) => !wanted.has(address);
}

/** Whether one of the things whose ids are remembered cannot be seen. Reads what a plan reads anyway. */
async function someHidden(
  addresses: readonly Address[],
  { graph, steps }: Prepared,
  { state }: Visit,
): Promise<boolean> {
  const searched = new Map(steps.searched.map((resource) => [resource.address, resource]));
  const hidden = await Promise.all(
    addresses.map(async (address) => {
      const resource = graph.get(address) ?? searched.get(address);
      if (resource === undefined) return true;
      // Nothing in the account stands for it.
      return resource.destroy !== undefined && isHidden(resource, state.id(address));
    }),
  );
  return hidden.some(Boolean);
}

async function isHidden(resource: AnyResource, id: string | undefined): Promise<boolean> {
  try {
    return (await resource.find({ id, fresh: false, inputs: {} })) === undefined;
  } catch (error) {
    // Several of the address, or somebody else's of the name: the command says so itself.
    if (isNotTheOne(error)) return false;
    throw error;
  }
}

/** All that is read before a plan. */
async function prepareSteps(options: SessionOptions, visit: Visit): Promise<Prepared> {
  const { state, inventory } = visit;
  // A state that remembers nothing most often belongs to an account that holds nothing.
  if (state.addresses.length === 0) inventory.narrow();
  const { context, pins } = await prepareContext(preparationOf(options, visit));
  const steps = clusterSteps(context);
  return { context, pins, graph: createGraph(steps.resources), steps };
}

function preparationOf(options: SessionOptions, visit: Visit): Preparation {
  const { adapters, config, state, clock, simulation } = visit;
  return {
    ...visit,
    pins: state.pins,
    known: state.addresses,
    givenTags: state.givenTags,
    ...(visit.isForeseen
      ? {}
      : {
          foresee: (foreseen: StepContext) => {
            const { resources, searched } = clusterSteps(foreseen);
            const all =
              options.takesDown === true ? [...resources, ...searched].filter(isDestroyed) : resources;
            readAhead(all, state);
          },
        }),
    ...(options.asked === undefined ? {} : { asked: options.asked }),
    ...(options.rotation === undefined ? {} : { rotation: options.rotation }),
    isImpatient: options.isImpatient === true,
    refreshesImages: options.refreshesImages === true,
    nodeLane: (nodes) =>
      nodeLane({
        cluster: adapters.cluster,
        nodes,
        version: config.elasticsearch.version,
        underWay: (some) => nodesUnderWay(visit, some),
        away: (some) => nodesAway(visit, some),
      }),
    departures: (nodes) => nodeDepartures({ cluster: adapters.cluster, clock, ...nodes }),
    askCallerAddress: () =>
      simulation === undefined ? askCallerAddress(visit.proxies) : simulation.askCallerAddress(),
  };
}

/**
 * Credentials that no longer hold end the whole run: whatever else begins would fail as well, one thing after the other. So does what they
 * are not allowed to do, as long as something is being made: nothing that costs is begun once it is known that the rest cannot follow. A
 * destroy goes on, and tells of each refusal. What is under way ends as after Ctrl-C.
 */
function endingWithCredentials(
  options: SessionOptions,
  lost: AbortSignal,
): Pick<Run, 'signal' | 'translate'> {
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, lost, ending.signal]);
  // Every wait of a run listens to it: hundreds is no leak.
  setMaxListeners(0, signal);
  let first: EsEcsError | undefined;
  return {
    signal,
    translate: (error, address) => {
      const translated = toEsEcsError(error, { address, ...placeOf(options) });
      if (translated.code === 'ACCESS_DENIED') {
        // Each of them names another action, perhaps, and all are wanted before the next attempt.
        if (options.command !== 'destroy') ending.abort();
        return translated;
      }
      if (translated.code !== 'CREDENTIALS') return translated;
      first ??= translated;
      ending.abort();
      return translated === first
        ? first
        : new EsEcsError('INTERRUPTED', 'ended, as the credentials have', { cause: translated });
    },
  };
}

/** What an error is told with: the command to run again, and the region whose hosts it is about. */
function placeOf(options: SessionOptions): { readonly command: string; readonly region: string } {
  return { command: commandOf(options), region: options.located.config.region };
}

/** The command that goes on where this one stopped. */
function commandOf({ command, options }: Pick<SessionOptions, 'command' | 'options'>): string {
  return options.simulate === true ? `${command} --simulate` : command;
}

async function realAdapters(
  config: Config,
  given: Pick<SessionOptions, 'notice' | 'signal'> & {
    readonly files: SessionFiles;
    readonly clock: Clock;
    readonly clients: Clients;
    readonly inventory: Inventory;
    readonly proxies: Proxies | undefined;
  },
): Promise<Adapters> {
  const { createRealAdapters } = await import('./real-adapters.ts');
  const { files, ...rest } = given;
  return createRealAdapters({ config, keyFile: files.key, knownHostsFile: files.knownHosts, ...rest });
}
