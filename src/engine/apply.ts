import { EsEcsError } from '../errors.ts';
import type { Verb } from './events.ts';
import type { Plan, PlanEntry } from './plan.ts';
import { heaviest, refuseRefused } from './plan.ts';
import type { Address, AnyResource } from './resource.ts';
import type { Run, Span } from './run.ts';
import { type Piece, runPieces, type Scheduled } from './schedule.ts';
import { createOne, destroyOne, type Settling, syncOne, untilReady } from './settle.ts';
import { stepTotals } from './step-totals.ts';

/** What an `apply` or a `destroy` did. */
export interface Outcome {
  readonly created: number;
  readonly changed: number;
  readonly replaced: number;
  readonly destroyed: number;
  readonly spans: readonly Span[];
  readonly elapsedMs: number;
  /** What each resource was observed to be at the end; gates that were skipped are absent. */
  readonly observed: ReadonlyMap<Address, unknown>;
}

interface Counts {
  created: number;
  changed: number;
  replaced: number;
  destroyed: number;
}

/**
 * Carries out a plan: everything wanted first, in parallel as far as it goes; then what the config no longer asks for is
 * destroyed, in reverse.
 *
 * @throws EsEcsError REFUSED before the first write; else the first failure, once everything that does not depend on it has
 *   been brought to an end; INTERRUPTED when the signal came.
 */
export async function applyPlan(plan: Plan, run: Run): Promise<Outcome> {
  refuseRefused(plan);
  await Promise.all(plan.entries.filter(makes).map(async (entry) => entry.resource.preflight?.()));
  const application = new Application(plan, run);
  return application.run();
}

function makes(entry: PlanEntry): boolean {
  return entry.action === 'create' || entry.action === 'replace';
}

class Application {
  readonly #plan: Plan;
  readonly #run: Run;
  readonly #observed = new Map<Address, unknown>();
  readonly #spans: Span[] = [];
  readonly #lanes = new Map<string, Promise<unknown>>();
  readonly #counts: Counts = { created: 0, changed: 0, replaced: 0, destroyed: 0 };

  constructor(plan: Plan, run: Run) {
    this.#plan = plan;
    this.#run = run;
  }

  async run(): Promise<Outcome> {
    const run = this.#run;
    const startMs = run.clock.now();
    const wanted = this.#plan.entries.filter((entry) => entry.resource.unwanted !== true);
    const unwanted = this.#plan.entries.filter((entry) => entry.action === 'destroy');
    run.emit({
      type: 'started',
      atMs: startMs,
      totals: stepTotals(this.#plan.entries.map((entry) => this.#workOf(entry))),
    });
    const options = { concurrency: run.concurrency, stopped: () => run.signal.aborted };
    throwFirst(
      await runPieces(
        wanted.map((entry) => this.#piece(entry, needsOf(entry))),
        options,
      ),
      run,
    );
    const reversed = [...unwanted].reverse();
    const pieces = reversed.map((entry) => this.#piece(entry, neededBy(entry, reversed)));
    throwFirst(await runPieces(pieces, options), run);
    const elapsedMs = run.clock.now() - startMs;
    run.emit({ type: 'finished', atMs: run.clock.now(), elapsedMs });
    return { ...this.#counts, spans: this.#spans, elapsedMs, observed: this.#observed };
  }

  #workOf(entry: PlanEntry): { readonly address: Address; readonly works: boolean } {
    const works = entry.action === 'gate' ? this.#run.awaitGates : entry.action !== 'in-sync';
    return { address: entry.resource.address, works };
  }

  #piece(entry: PlanEntry, after: readonly Address[]): Piece {
    const { address } = entry.resource;
    return {
      address,
      after,
      work: () => this.#work(entry),
      skip: (because) => {
        this.#run.emit({ type: 'resource-skipped', atMs: this.#run.clock.now(), address, because });
      },
    };
  }

  async #work(entry: PlanEntry): Promise<void> {
    const run = this.#run;
    const { resource } = entry;
    const { address } = resource;
    const startMs = run.clock.now();
    const inputs = Object.fromEntries(
      Object.entries(resource.needs).map(([name, needed]) => [name, this.#observed.get(needed.address)]),
    );
    const settling: Settling = { run, resource, inputs };
    try {
      await this.#settle(entry, settling);
    } catch (error) {
      const translated = run.translate(error, address);
      if (translated.code !== 'INTERRUPTED') {
        run.emit({ type: 'resource-failed', atMs: run.clock.now(), address, error: translated });
      }
      throw translated;
    } finally {
      const needs = needsOf(entry);
      this.#spans.push({
        address,
        startMs,
        endMs: run.clock.now(),
        waitedMs: run.waited.get(address) ?? 0,
        needs,
      });
    }
  }

  async #settle(entry: PlanEntry, settling: Settling): Promise<void> {
    switch (entry.action) {
      case 'gate':
        if (this.#run.awaitGates) await this.#announced('wait', entry, () => untilReady(settling, undefined));
        return;
      case 'destroy':
        await this.#announced('destroy', entry, async () => {
          await destroyOne(settling, entry.observed);
          this.#counts.destroyed += 1;
          return undefined;
        });
        return;
      case 'create':
        await this.#announced('create', entry, async () => {
          const made = await createOne(settling);
          this.#counts.created += 1;
          return made;
        });
        return;
      case 'replace':
        await this.#replace(entry, settling);
        return;
      case 'change':
      case 'in-sync':
      case 'refuse':
        await this.#change(entry, settling);
    }
  }

  async #replace(entry: PlanEntry, settling: Settling): Promise<void> {
    await this.#announced('replace', entry, async () => {
      await destroyOne(settling, entry.observed);
      const made = await createOne(settling);
      this.#counts.replaced += 1;
      return made;
    });
  }

  /**
   * Recomputes the differences with what the needed resources have become (no read), and applies them. What the plan showed
   * as in sync stays silent when nothing follows for it.
   */
  async #change(entry: PlanEntry, settling: Settling): Promise<void> {
    const { resource, observed } = entry;
    const { run } = settling;
    if (entry.id !== undefined && run.memory.id(resource.address) !== entry.id) {
      await run.memory.remember(resource.address, entry.id);
    }
    const desired = await resource.desired(settling.inputs);
    const changes = resource.diff(desired, observed);
    if (heaviest(changes) === 'replace') {
      // Known only now: what it stands on was itself replaced in this run.
      await this.#replace(entry, settling);
      return;
    }
    const pending = resource.phase(observed) === 'pending';
    if (changes.length === 0 && !pending && entry.action === 'in-sync') {
      this.#observed.set(resource.address, observed);
      return;
    }
    const rolls = changes.some((change) => change.impact === 'rolling');
    const sync = (): Promise<unknown> =>
      this.#announced(pending && changes.length === 0 ? 'check' : 'change', entry, async () => {
        const ready = pending ? await untilReady(settling, entry.id) : observed;
        const synced = await syncOne(settling, ready);
        if (synced.changed) this.#counts.changed += 1;
        return synced.observed;
      });
    await (rolls ? this.#inLane(resource, sync) : sync());
  }

  /** One rolling change of a lane at a time, in the order of asking. */
  async #inLane(resource: AnyResource, work: () => Promise<unknown>): Promise<void> {
    const lane = resource.lane ?? resource.address;
    const before = this.#lanes.get(lane) ?? Promise.resolve();
    // A node that did not come back stops the roll: those behind it must not go down as well.
    const mine = before.then(work);
    this.#lanes.set(lane, mine);
    mine.catch(() => undefined);
    await mine;
  }

  async #announced(verb: Verb, entry: PlanEntry, work: () => Promise<unknown>): Promise<void> {
    const run = this.#run;
    const { resource } = entry;
    const { address } = resource;
    const startMs = run.clock.now();
    run.emit({ type: 'resource-started', atMs: startMs, address, verb });
    const observed = await work();
    this.#observed.set(address, observed);
    const id = observed === undefined ? undefined : resource.id(observed);
    if (id !== undefined && run.memory.id(address) !== id) await run.memory.remember(address, id);
    const atMs = run.clock.now();
    const { action } = entry;
    run.emit({ type: 'resource-done', atMs, address, verb, action, id, elapsedMs: atMs - startMs });
  }
}

function needsOf(entry: PlanEntry): readonly Address[] {
  return Object.values(entry.resource.needs).map((needed) => needed.address);
}

function neededBy(entry: PlanEntry, among: readonly PlanEntry[]): readonly Address[] {
  return among
    .filter((other) => needsOf(other).includes(entry.resource.address))
    .map((other) => other.resource.address);
}

/** @throws EsEcsError the first failure, or INTERRUPTED */
export function throwFirst(scheduled: Scheduled, run: Run): void {
  const own = scheduled.failures.filter(({ error }) => !isInterrupted(error));
  const [first] = own;
  if (first !== undefined) {
    throw run.translate(first.error, first.address);
  }
  if (run.signal.aborted || scheduled.failures.length > 0) {
    throw new EsEcsError('INTERRUPTED', 'interrupted: what was done is recorded', {
      hint: 'run the same command again to go on',
    });
  }
}

function isInterrupted(error: unknown): boolean {
  return error instanceof EsEcsError && error.code === 'INTERRUPTED';
}
