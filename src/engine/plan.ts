import { EsEcsError } from '../errors.ts';
import type { Graph } from './graph.ts';
import type { Memory } from './memory.ts';
import { findOrphans, type Orphan } from './orphans.ts';
import type { Address, AnyResource, Change, Impact } from './resource.ts';

/**
 * What has to happen to a resource. `gate` things are waited for, and nothing is known of them beforehand; `left-alone` is for
 * runs that are for some resources only.
 */
export type PlanAction =
  | 'create'
  | 'change'
  | 'replace'
  | 'refuse'
  | 'destroy'
  | 'in-sync'
  | 'gate'
  | 'left-alone';

export interface PlanEntry {
  readonly resource: AnyResource;
  readonly action: PlanAction;
  /** For `change`, `replace` and `refuse`: each difference. */
  readonly changes: readonly Change[];
  /** The heaviest impact of the changes. */
  readonly impact: Impact | undefined;
  readonly because: string | undefined;
  /** Why it could not be compared: what `up` does to it shows only then. */
  readonly unseen: string | undefined;
  /** What stays as it is though it should be otherwise, and why. */
  readonly kept: string | undefined;
  readonly observed: unknown;
  readonly id: string | undefined;
  /** How long it takes until a destroy can begin, where that is long. Milliseconds. */
  readonly takesMs?: number;
}

export interface PlanSummary {
  readonly create: number;
  readonly change: number;
  readonly replace: number;
  readonly refuse: number;
  readonly destroy: number;
  readonly inSync: number;
}

export interface Plan {
  /** In the graph's order. */
  readonly entries: readonly PlanEntry[];
  readonly summary: PlanSummary;
  /** What carries the cluster's tag and is nobody's; `up` leaves it alone, `destroy` takes it. */
  readonly orphans: readonly Orphan[];
}

const weights: readonly Impact[] = ['in-place', 'rolling', 'replace', 'refuse'];

/** The heaviest of the changes' impacts. */
export function heaviest(changes: readonly Change[]): Impact | undefined {
  const most = Math.max(-1, ...changes.map((change) => weights.indexOf(change.impact)));
  return weights[most];
}

/** Compares everything that is wanted with everything that is there. Reads only, all types at once. */
export async function makePlan(graph: Graph, memory: Pick<Memory, 'id'>): Promise<Plan> {
  const planned = new Map<Address, Promise<Outlook>>();
  for (const resource of graph.resources) {
    // A gate never looks at its needs.
    const needs = Object.entries(resource.needs).map(([name, needed]) =>
      settled(named(planned, name, needed)),
    );
    planned.set(resource.address, settled(outlook(resource, needs, memory)));
  }
  const outlooks = await Promise.all(planned.values());
  const entries = outlooks.map((one) => one.entry);
  const observed = new Map(entries.map((entry) => [entry.resource.address, entry.observed]));
  const orphans = await findOrphans(graph.resources, observed);
  return { entries, summary: summarise(entries), orphans };
}

/**
 * Begins to read what a plan will ask for, without waiting for anything: whoever asks later finds it under way. What goes wrong comes up
 * again then.
 */
export function readAhead(resources: readonly AnyResource[], memory: Pick<Memory, 'id'>): void {
  for (const resource of resources) {
    if (resource.gate === true) continue;
    resource.find({ id: memory.id(resource.address), fresh: false, inputs: {} }).catch(() => undefined);
  }
}

/** The same plan for some resources only: all others stay as they are, in sync or not. */
export function only(plan: Plan, addresses: ReadonlySet<Address>): Plan {
  const entries = plan.entries.map(
    (entry): PlanEntry =>
      addresses.has(entry.resource.address)
        ? entry
        : { ...entry, action: 'left-alone', changes: [], impact: undefined, because: undefined },
  );
  return { ...plan, entries, summary: summarise(entries) };
}

/** Counts what has to happen; gates are not counted. */
function summarise(entries: readonly PlanEntry[]): PlanSummary {
  const count = (action: PlanAction): number => entries.filter((entry) => entry.action === action).length;
  return {
    create: count('create'),
    change: count('change'),
    replace: count('replace'),
    refuse: count('refuse'),
    destroy: count('destroy'),
    inSync: count('in-sync'),
  };
}

/** Whether `up` has nothing to do. */
export function isInSync(plan: Plan): boolean {
  return plan.entries.every(({ action }) => ['in-sync', 'gate', 'left-alone'].includes(action));
}

/** @throws EsEcsError REFUSED, naming every refused change, so that nothing is begun that cannot be ended. */
export function refuseRefused(plan: Plan): void {
  const refused = plan.entries.filter((entry) => entry.action === 'refuse');
  const [first] = refused;
  if (first === undefined) return;
  const sentences = refused.map((entry) => {
    const change = entry.changes.find((one) => one.impact === 'refuse');
    return { address: entry.resource.address, words: change === undefined ? '' : sentence(change) };
  });
  // Of one the address stands beside the error, and is shown before its words.
  const isOne = sentences.length === 1;
  const words = sentences.map((one) => (isOne ? one.words : `${one.address}: ${one.words}`));
  throw new EsEcsError('REFUSED', words.join('\n'), {
    ...(isOne ? { address: first.resource.address } : {}),
    hint: 'es-ecs plan  shows everything that would change; set the refused values back to go on',
  });
}

function sentence(change: Change): string {
  const because = change.because === undefined ? '' : `: ${change.because}`;
  return `${change.path} ${change.before ?? 'absent'} → ${change.after ?? 'absent'} is refused${because}`;
}

interface Outlook {
  readonly entry: PlanEntry;
  /** What those that need it may reckon with; undefined: not known before it exists. */
  readonly expected: unknown;
}

type NamedOutlook = readonly [string, Outlook];

async function named(
  planned: ReadonlyMap<Address, Promise<Outlook>>,
  name: string,
  needed: AnyResource,
): Promise<NamedOutlook> {
  return [name, await known(planned, needed)];
}

async function known(planned: ReadonlyMap<Address, Promise<Outlook>>, needed: AnyResource): Promise<Outlook> {
  const one = planned.get(needed.address);
  if (one === undefined) throw new Error(`${needed.address} is not planned before what needs it`);
  return one;
}

/** Marks a promise as looked after, so that one failure does not show up again for each that waits for it. */
function settled<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => undefined);
  return promise;
}

async function outlook(
  resource: AnyResource,
  needs: readonly Promise<NamedOutlook>[],
  memory: Pick<Memory, 'id'>,
): Promise<Outlook> {
  const blank = {
    resource,
    changes: [],
    impact: undefined,
    because: undefined,
    unseen: undefined,
    kept: undefined,
    observed: undefined,
    id: undefined,
  };
  if (resource.gate === true) return { entry: { ...blank, action: 'gate' }, expected: undefined };

  const id = memory.id(resource.address);
  const early = resource.findsByInputs === true ? await inputsOf(needs) : { inputs: {} };
  // Begun before the needed ones are known, so that all types are read in parallel.
  const finding = settled(resource.find({ id, fresh: false, inputs: early.inputs }));
  const { inputs, missing } = await inputsOf(needs);
  const observed = await finding;
  const phase = observed === undefined ? 'gone' : resource.phase(observed);
  const there = {
    ...blank,
    observed,
    id: observed === undefined ? undefined : resource.id(observed),
    unseen: observed === undefined ? undefined : resource.unseen?.(observed),
  };

  if (resource.unwanted === true) {
    // What holds data stays until it is named: `destroy` with its flag, never a config that no longer mentions it.
    const stays = phase === 'gone' || resource.holdsData === true;
    return {
      entry: stays ? { ...there, action: 'in-sync' } : await farewell(there, resource),
      expected: undefined,
    };
  }
  if (phase === 'gone') return { entry: { ...blank, action: 'create' }, expected: undefined };
  const refused = (await resource.refusals?.(observed)) ?? [];
  if (refused.length > 0) {
    const because = refused[0]?.because;
    const entry: PlanEntry = { ...there, changes: refused, impact: 'refuse', because, action: 'refuse' };
    return { entry, expected: undefined };
  }
  if (phase === 'failed') {
    const because = (await resource.explain?.(observed)) ?? 'AWS reports that it failed';
    return { entry: { ...there, action: 'replace', impact: 'replace', because }, expected: undefined };
  }
  const desired = await desiredIfKnown(resource, inputs, missing);
  if (desired === undefined) {
    const because = `depends on ${missing.map(({ address }) => address).join(', ')}`;
    // Not known to restart anything; but where a change can, the worse is said.
    const worst: Impact = resource.lane === undefined ? 'in-place' : 'rolling';
    const changes = resource.foreseen?.(observed) ?? [];
    return { entry: { ...there, changes, action: 'change', impact: worst, because }, expected: undefined };
  }
  const changes = resource.diff(desired.value, observed);
  const impact = heaviest(changes);
  const because = changes.find((change) => change.impact === impact)?.because;
  const kept = resource.kept?.(desired.value, observed);
  const entry: PlanEntry = { ...there, changes, impact, because, kept, action: actionFor(impact) };
  if (impact === 'replace') return { entry, expected: undefined };
  return {
    entry,
    expected: changes.length === 0 ? observed : (resource.predict?.(desired.value, observed) ?? observed),
  };
}

/** The end of what the config no longer asks for: a destroy, unless it must not end. */
async function farewell(there: Omit<PlanEntry, 'action'>, resource: AnyResource): Promise<PlanEntry> {
  const review = await resource.review?.(there.observed);
  const { because = 'the config no longer asks for it', refused, takesMs } = review ?? {};
  if (refused === undefined)
    return { ...there, action: 'destroy', because, ...(takesMs === undefined ? {} : { takesMs }) };
  return { ...there, action: 'refuse', changes: [refused], impact: 'refuse', because: refused.because };
}

function actionFor(impact: Impact | undefined): PlanAction {
  if (impact === undefined) return 'in-sync';
  return impact === 'replace' || impact === 'refuse' ? impact : 'change';
}

/** Thrown when `desired` reads what is not known before something else was made. */
class NotKnownYet extends Error {}

/**
 * What is desired, unless it takes an input that is missing: many needs are only for the order, and a thing that was deleted
 * by hand must not make all that comes after it look changed.
 */
async function desiredIfKnown(
  resource: AnyResource,
  inputs: Readonly<Record<string, unknown>>,
  missing: readonly Missing[],
): Promise<{ readonly value: unknown } | undefined> {
  const names = new Set<string | symbol>(missing.map(({ name }) => name));
  const guarded = new Proxy(inputs, {
    get: (known, name, receiver): unknown => {
      if (names.has(name)) throw new NotKnownYet();
      return Reflect.get(known, name, receiver);
    },
  });
  try {
    return { value: await resource.desired(guarded) };
  } catch (error) {
    if (error instanceof NotKnownYet) return undefined;
    throw error;
  }
}

interface Missing {
  readonly name: string;
  readonly address: Address;
}

interface KnownInputs {
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Needed things that are not there yet. Gates and unwanted things are never inputs. */
  readonly missing: readonly Missing[];
}

async function inputsOf(needs: readonly Promise<NamedOutlook>[]): Promise<KnownInputs> {
  const outlooks = await Promise.all(needs);
  const inputs = Object.fromEntries(outlooks.map(([name, one]) => [name, one.expected]));
  const missing = outlooks
    .filter(
      ([, one]) =>
        one.expected === undefined && one.entry.action !== 'gate' && one.entry.resource.unwanted !== true,
    )
    .map(([name, one]) => ({ name, address: one.entry.resource.address }));
  return { inputs, missing };
}
