import { type Outcome, throwFirst } from './apply.ts';
import type { Graph } from './graph.ts';
import type { Address, AnyResource } from './resource.ts';
import type { Run, Span } from './run.ts';
import { runPieces } from './schedule.ts';
import { destroyOne } from './settle.ts';
import { stepTotals } from './step-totals.ts';

/** A resource that exists and will be destroyed. */
export interface Doomed {
  readonly resource: AnyResource;
  readonly observed: unknown;
  readonly id: string;
}

export interface DestroyPlan {
  /** In the order of destruction. */
  readonly doomed: readonly Doomed[];
  /** Things that hold data and stay. */
  readonly kept: readonly Doomed[];
  /** What everything that exists was observed to be. */
  readonly observed: ReadonlyMap<Address, unknown>;
}

/** Finds everything that exists. Reads only. */
export async function planDestroy(
  graph: Graph,
  options: { readonly id: (address: Address) => string | undefined; readonly deleteData: boolean },
): Promise<DestroyPlan> {
  const found = new Map<Address, Promise<unknown>>();
  for (const resource of graph.resources) {
    const finding = findFor(resource, found, options.id(resource.address));
    finding.catch(() => undefined);
    found.set(resource.address, finding);
  }
  const observed = new Map<Address, unknown>();
  for (const [address, finding] of found) {
    const one = await finding;
    if (one !== undefined) observed.set(address, one);
  }
  const existing = [...graph.resources]
    .reverse()
    .filter(
      (resource) =>
        observed.has(resource.address) && resource.destroy !== undefined && resource.borrowed !== true,
    )
    .map((resource): Doomed => {
      const one = observed.get(resource.address);
      return { resource, observed: one, id: resource.id(one) };
    });
  const stays = (one: Doomed): boolean => one.resource.holdsData === true && !options.deleteData;
  return { doomed: existing.filter((one) => !stays(one)), kept: existing.filter(stays), observed };
}

async function findFor(
  resource: AnyResource,
  found: ReadonlyMap<Address, Promise<unknown>>,
  id: string | undefined,
): Promise<unknown> {
  const inputs: Record<string, unknown> = {};
  if (resource.findsByInputs === true) {
    for (const [name, needed] of Object.entries(resource.needs))
      inputs[name] = await found.get(needed.address);
  }
  const observed = await resource.find({ id, fresh: false, inputs });
  return observed === undefined || resource.phase(observed) === 'gone' ? undefined : observed;
}

/**
 * Destroys in reverse: each thing once everything that needs it is gone, all else in parallel.
 *
 * @throws EsEcsError the first failure, once everything that could go is gone; INTERRUPTED.
 */
export async function applyDestroy(plan: DestroyPlan, graph: Graph, run: Run): Promise<Outcome> {
  const startMs = run.clock.now();
  const spans: Span[] = [];
  const byAddress = new Map(plan.doomed.map((one) => [one.resource.address, one]));
  run.emit({
    type: 'started',
    atMs: startMs,
    totals: stepTotals(plan.doomed.map(({ resource }) => ({ address: resource.address, works: true }))),
  });
  let destroyed = 0;
  const pieces = plan.doomed.map((one) => {
    const { address } = one.resource;
    const after = [...doomedAbove(one.resource, graph, byAddress)];
    return {
      address,
      after,
      work: async () => {
        await destroyAnnounced(one, plan, run);
        destroyed += 1;
        const waitedMs = run.waited.get(address) ?? 0;
        spans.push({ address, startMs, endMs: run.clock.now(), waitedMs, needs: after });
      },
      skip: (because: Address) => {
        run.emit({ type: 'resource-skipped', atMs: run.clock.now(), address, because });
      },
    };
  });
  throwFirst(
    await runPieces(pieces, { concurrency: run.concurrency, stopped: () => run.signal.aborted }),
    run,
  );
  const elapsedMs = run.clock.now() - startMs;
  run.emit({ type: 'finished', atMs: run.clock.now(), elapsedMs });
  return { created: 0, changed: 0, replaced: 0, destroyed, spans, elapsedMs, observed: new Map() };
}

/** Doomed things that need this one, also through things that are already gone. */
function doomedAbove(
  resource: AnyResource,
  graph: Graph,
  doomed: ReadonlyMap<Address, Doomed>,
): ReadonlySet<Address> {
  const above = new Set<Address>();
  for (const dependant of graph.neededBy(resource)) {
    if (doomed.has(dependant.address)) above.add(dependant.address);
    else for (const address of doomedAbove(dependant, graph, doomed)) above.add(address);
  }
  return above;
}

async function destroyAnnounced(one: Doomed, plan: DestroyPlan, run: Run): Promise<void> {
  const { resource, observed, id } = one;
  const { address } = resource;
  const startMs = run.clock.now();
  run.emit({ type: 'resource-started', atMs: startMs, address, verb: 'destroy' });
  const inputs = Object.fromEntries(
    Object.entries(resource.needs).map(([name, needed]) => [name, plan.observed.get(needed.address)]),
  );
  try {
    await destroyOne({ run, resource, inputs }, observed);
  } catch (error) {
    const translated = run.translate(error, address);
    if (translated.code !== 'INTERRUPTED') {
      run.emit({ type: 'resource-failed', atMs: run.clock.now(), address, error: translated });
    }
    throw translated;
  }
  const atMs = run.clock.now();
  const elapsedMs = atMs - startMs;
  run.emit({ type: 'resource-done', atMs, address, verb: 'destroy', action: 'destroy', id, elapsedMs });
}
