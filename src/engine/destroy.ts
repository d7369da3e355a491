import { type Outcome, throwFirst } from './apply.ts';
import { destroyOrder } from './destroy-order.ts';
import type { Graph } from './graph.ts';
import { isNotTheOne } from './not-the-one.ts';
import { findOrphans, resourceOf } from './orphans.ts';
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
  /** No resource claims it, and it goes all the same: its address then carries its id. */
  readonly isOrphan?: true;
}

export interface DestroyPlan {
  /** In the order of destruction. */
  readonly doomed: readonly Doomed[];
  /** Things that hold data and stay, and what is kept with them. */
  readonly kept: readonly Doomed[];
  /** What everything that exists was observed to be. */
  readonly observed: ReadonlyMap<Address, unknown>;
}

/** What a destroy of everything goes by. */
export interface DestroyRules {
  readonly id: (address: Address) => string | undefined;
  /** What holds data goes as well. */
  readonly deleteData: boolean;
  /** Whether there is data that no resource claims and no destroy takes; what is kept with data then stays as well. */
  readonly dataStays?: () => Promise<boolean>;
}

/** Whether a destroy takes it: what is only waited for, and what is not es-ecs's own, it does not. */
export function isDestroyed(resource: AnyResource): boolean {
  return resource.destroy !== undefined && resource.borrowed !== true;
}

/** Finds everything that exists, also what no resource claims. Reads only. */
export async function planDestroy(graph: Graph, options: DestroyRules): Promise<DestroyPlan> {
  const found = new Map<Address, Promise<unknown>>();
  const own = graph.resources.filter(isDestroyed);
  for (const resource of own) {
    const finding = findFor(resource, found, options.id(resource.address));
    finding.catch(() => undefined);
    found.set(resource.address, finding);
  }
  const observed = new Map<Address, unknown>();
  for (const [address, finding] of found) {
    const one = await finding;
    if (one !== undefined) observed.set(address, one);
  }
  const claimed = [...own]
    .reverse()
    .filter((resource) => observed.has(resource.address))
    .map((resource): Doomed => {
      const one = observed.get(resource.address);
      return { resource, observed: one, id: resource.id(one) };
    });
  const orphans = (await findOrphans(graph.resources, observed)).map(
    (orphan): Doomed => ({
      resource: resourceOf(orphan),
      observed: orphan.observed,
      id: orphan.id,
      isOrphan: true,
    }),
  );
  const existing = [...orphans, ...claimed];
  const stays = await staying(existing, options);
  return { doomed: existing.filter((one) => !stays(one)), kept: existing.filter(stays), observed };
}

async function staying(
  existing: readonly Doomed[],
  { deleteData, dataStays }: DestroyRules,
): Promise<(one: Doomed) => boolean> {
  if (deleteData) return () => false;
  const keepsData =
    existing.some(({ resource }) => resource.holdsData === true) || (await dataStays?.()) === true;
  return ({ resource }) => resource.holdsData === true || (resource.keptWithData === true && keepsData);
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
  try {
    const observed = await resource.find({ id, fresh: false, inputs });
    return observed === undefined || resource.phase(observed) === 'gone' ? undefined : observed;
  } catch (error) {
    // Of several, none is the one: all go, as orphans. And what is not ours does not exist here.
    if (isNotTheOne(error)) return undefined;
    throw error;
  }
}

/**
 * Destroys in reverse: each thing once everything that needs it is gone, all else in parallel.
 *
 * @throws EsEcsError the first failure, once everything that could go is gone; INTERRUPTED.
 */
export async function applyDestroy(plan: DestroyPlan, graph: Graph, run: Run): Promise<Outcome> {
  const startMs = run.clock.now();
  const spans: Span[] = [];
  run.emit({
    type: 'started',
    atMs: startMs,
    totals: stepTotals(plan.doomed.map(({ resource }) => ({ address: resource.address, works: true }))),
  });
  let destroyed = 0;
  const before = destroyOrder(plan.doomed, graph);
  const pieces = plan.doomed.map((one) => {
    const { address } = one.resource;
    const after = [...(before.get(address) ?? [])];
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
