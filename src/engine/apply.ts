import { EsEcsError } from '../errors.ts';
import { createOne } from './create.ts';
import type { Verb } from './events.ts';
import type { Plan, PlanEntry } from './plan.ts';
import { type Lane, LaneQueue, RollEnded } from './lane.ts';
import { heaviest, refuseRefused } from './plan.ts';
import type { Address } from './resource.ts';
import type { Run, Span } from './run.ts';
import { type Piece, runPieces, type Scheduled, type Slot } from './schedule.ts';
import { destroyOne, prove, type Settled, type Settling, syncOne, untilOpen, untilReady } from './settle.ts';
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
  await preflight(plan);
  const application = new Application(plan, run);
  return application.run();
}

/**
 * Whether everything that is to be made can be made here. `applyPlan` asks it too; whoever writes anything before that asks first.
 *
 * @throws EsEcsError of the first resource that cannot be
 */
export async function preflight(plan: Plan): Promise<void> {
  await Promise.all(plan.entries.filter(makes).map(async (entry) => entry.resource.preflight?.()));
}

function makes(entry: PlanEntry): boolean {
  return entry.action === 'create' || entry.action === 'replace';
}

class Application {
  readonly #plan: Plan;
  readonly #run: Run;
  readonly #observed = new Map<Address, unknown>();
  /** What calls have been answered with and nobody has looked at yet. */
  readonly #believed: {
    readonly entry: PlanEntry;
    readonly settling: Settling;
    readonly observed: unknown;
  }[] = [];
  readonly #spans: Span[] = [];
  readonly #lanes: ReadonlyMap<Lane, LaneQueue>;
  /** Whose turn it was last in a lane, and after whom each resource had its turn: a chain like that of needs. */
  readonly #lastTurns = new Map<LaneQueue, Address>();
  readonly #turnsAfter = new Map<Address, Address>();
  readonly #counts: Counts = { created: 0, changed: 0, replaced: 0, destroyed: 0 };

  constructor(plan: Plan, run: Run) {
    this.#plan = plan;
    this.#run = run;
    this.#lanes = lanesOf(plan, run);
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
    const done = await runPieces(
      wanted.map((entry) => this.#piece(entry, needsOf(entry))),
      options,
    );
    // Also after a failure: whoever runs next is to see what this run has made.
    const unproven = run.signal.aborted ? [] : await this.#prove();
    throwFirst({ ...done, failures: [...done.failures, ...unproven] }, run);
    // What goes with care goes first: all else may be what it stands on while it lasts.
    const isCareful = ({ resource }: PlanEntry): boolean => resource.lane !== undefined;
    for (const some of [unwanted.filter(isCareful), unwanted.filter((entry) => !isCareful(entry))]) {
      const reversed = [...some].reverse();
      const pieces = reversed.map((entry) => this.#piece(entry, neededBy(entry, reversed)));
      throwFirst(await runPieces(pieces, options), run);
    }
    const elapsedMs = run.clock.now() - startMs;
    run.emit({ type: 'finished', atMs: run.clock.now(), elapsedMs });
    return { ...this.#counts, spans: this.#spans, elapsedMs, observed: this.#observed };
  }

  /** Looks at everything that was only believed, all at the same moment, so that one look stands for all of a type. */
  async #prove(): Promise<Scheduled['failures']> {
    const run = this.#run;
    const left = this.#believed.filter(({ entry }) => {
      const isBuiltUpon = this.#isBuiltUpon(entry);
      if (isBuiltUpon) run.memory.saw(entry.resource.address);
      return !isBuiltUpon;
    });
    const proofs = await Promise.allSettled(
      left.map(async ({ entry, settling, observed }) => {
        this.#observed.set(entry.resource.address, await prove(settling, observed));
        run.memory.saw(entry.resource.address);
      }),
    );
    return proofs.flatMap((proof, index) => {
      const address = left[index]?.entry.resource.address ?? '';
      if (proof.status === 'fulfilled') return [];
      const error = run.translate(proof.reason, address);
      if (error.code !== 'INTERRUPTED') {
        run.emit({ type: 'resource-failed', atMs: run.clock.now(), address, error });
      }
      return [{ address, error }];
    });
  }

  /** Whether something that this run has made stands on what it has made, and that is proof enough. */
  #isBuiltUpon({ action, resource }: PlanEntry): boolean {
    if (resource.provenByWhatStandsOnIt !== true || action !== 'create') return false;
    return this.#plan.entries.some(
      (other) =>
        other.action === 'create' &&
        this.#observed.get(other.resource.address) !== undefined &&
        needsOf(other).includes(resource.address),
    );
  }

  /** Takes note of what is to be looked at in the end. */
  #settled(entry: PlanEntry, settling: Settling, settled: Settled): unknown {
    const { observed, isBelieved } = settled;
    if (isBelieved) this.#believed.push({ entry, settling, observed });
    else this.#run.memory.saw(entry.resource.address);
    return observed;
  }

  #workOf(entry: PlanEntry): { readonly address: Address; readonly works: boolean } {
    const { action } = entry;
    const works = action === 'gate' ? this.#run.awaitGates : action !== 'in-sync' && action !== 'left-alone';
    return { address: entry.resource.address, works };
  }

  #piece(entry: PlanEntry, after: readonly Address[]): Piece {
    const { address } = entry.resource;
    return {
      address,
      after,
      work: async (slot) => {
        try {
          await this.#work(entry, slot);
        } finally {
          this.#queueOf(entry)?.leave(address);
        }
      },
      skip: (because) => {
        this.#queueOf(entry)?.leave(address);
        this.#run.emit({ type: 'resource-skipped', atMs: this.#run.clock.now(), address, because });
      },
    };
  }

  #queueOf({ resource }: PlanEntry): LaneQueue | undefined {
    return resource.lane === undefined ? undefined : this.#lanes.get(resource.lane);
  }

  async #work(entry: PlanEntry, slot: Slot): Promise<void> {
    const run = this.#run;
    const { resource } = entry;
    const { address } = resource;
    const startMs = run.clock.now();
    const inputs = Object.fromEntries(
      Object.entries(resource.needs).map(([name, needed]) => [name, this.#observed.get(needed.address)]),
    );
    const settling: Settling = { run, resource, inputs };
    try {
      await this.#settle(entry, settling, slot);
    } catch (error) {
      if (error instanceof RollEnded) {
        run.emit({ type: 'resource-skipped', atMs: run.clock.now(), address, because: error.at });
        throw run.translate(error.cause, error.at);
      }
      const translated = run.translate(error, address);
      if (translated.code !== 'INTERRUPTED') {
        run.emit({ type: 'resource-failed', atMs: run.clock.now(), address, error: translated });
      }
      throw translated;
    } finally {
      const before = this.#turnsAfter.get(address);
      const needs = [...needsOf(entry), ...(before === undefined ? [] : [before])];
      this.#spans.push({
        address,
        startMs,
        endMs: run.clock.now(),
        waitedMs: run.waited.get(address) ?? 0,
        needs,
      });
    }
  }

  async #settle(entry: PlanEntry, settling: Settling, slot: Slot): Promise<void> {
    switch (entry.action) {
      case 'gate':
        if (this.#run.awaitGates) await this.#announced('wait', entry, () => untilOpen(settling));
        return;
      case 'destroy':
        await this.#destroy(entry, settling, slot);
        return;
      case 'create':
        await this.#announced('create', entry, async () => {
          const made = await createOne(settling);
          this.#counts.created += 1;
          return this.#settled(entry, settling, made);
        });
        return;
      case 'replace':
        await this.#replace(entry, settling);
        return;
      case 'left-alone':
        this.#observed.set(entry.resource.address, entry.observed);
        return;
      case 'change':
      case 'in-sync':
      case 'refuse':
        await this.#change(entry, settling, slot);
    }
  }

  async #destroy(entry: PlanEntry, settling: Settling, slot: Slot): Promise<void> {
    const { address } = entry.resource;
    const destroy = (): Promise<void> =>
      this.#announced('destroy', entry, async () => {
        await destroyOne(settling, entry.observed);
        this.#counts.destroyed += 1;
        return undefined;
      });
    const queue = this.#queueOf(entry);
    if (queue === undefined) await destroy();
    else await slot.aside(queue.join({ address, changes: [], work: this.#turn(entry, queue, destroy) }));
  }

  async #replace(entry: PlanEntry, settling: Settling): Promise<void> {
    await this.#announced('replace', entry, async () => {
      await destroyOne(settling, entry.observed);
      const made = await createOne(settling);
      this.#counts.replaced += 1;
      return this.#settled(entry, settling, made);
    });
  }

  /**
   * Recomputes the differences with what the needed resources have become (no read), and applies them. What the plan showed
   * as in sync stays silent when nothing follows for it.
   */
  async #change(entry: PlanEntry, settling: Settling, slot: Slot): Promise<void> {
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
      this.#see(entry, observed);
      return;
    }
    const rolls = changes.some((change) => change.impact === 'rolling');
    const sync = (): Promise<void> =>
      this.#announced(pending && changes.length === 0 ? 'check' : 'change', entry, async () => {
        const isFirstMended = resource.mendsPending === true && changes.length > 0;
        const ready = pending && !isFirstMended ? await untilReady(settling, entry.id) : observed;
        const synced = await syncOne(settling, ready);
        if (synced.changed) this.#counts.changed += 1;
        return this.#settled(entry, settling, synced);
      });
    const queue = this.#queueOf(entry);
    if (!rolls || queue === undefined) await sync();
    else
      await slot.aside(
        queue.join({ address: resource.address, changes, work: this.#turn(entry, queue, sync) }),
      );
  }

  #turn({ resource }: PlanEntry, queue: LaneQueue, work: () => Promise<void>): () => Promise<void> {
    return () => {
      const before = this.#lastTurns.get(queue);
      if (before !== undefined) this.#turnsAfter.set(resource.address, before);
      this.#lastTurns.set(queue, resource.address);
      return work();
    };
  }

  /** Keeps what a resource was seen to be at the end, and says what could not be seen of it. */
  #see({ resource }: PlanEntry, observed: unknown): void {
    this.#observed.set(resource.address, observed);
    if (observed === undefined) return;
    const unseen = resource.unseen?.(observed);
    const texts = [
      ...(unseen === undefined ? [] : [`${resource.address} could not be looked at: ${unseen}`]),
      ...(resource.remarks?.(observed) ?? []),
    ];
    for (const text of texts) this.#run.emit({ type: 'notice', atMs: this.#run.clock.now(), text });
  }

  async #announced(verb: Verb, entry: PlanEntry, work: () => Promise<unknown>): Promise<void> {
    const run = this.#run;
    const { resource } = entry;
    const { address } = resource;
    const startMs = run.clock.now();
    run.emit({ type: 'resource-started', atMs: startMs, address, verb });
    const observed = await work();
    this.#see(entry, observed);
    const id = observed === undefined ? undefined : resource.id(observed);
    if (id !== undefined && run.memory.id(address) !== id) await run.memory.remember(address, id);
    const atMs = run.clock.now();
    const { action } = entry;
    run.emit({ type: 'resource-done', atMs, address, verb, action, id, elapsedMs: atMs - startMs });
  }
}

/** A queue for each lane, expecting what the plan says will roll or go. */
function lanesOf(plan: Plan, run: Run): ReadonlyMap<Lane, LaneQueue> {
  const lanes = new Set(
    plan.entries.map((entry) => entry.resource.lane).filter((lane) => lane !== undefined),
  );
  const rolling = plan.entries.filter(
    ({ action, impact }) => action === 'destroy' || (action === 'change' && impact === 'rolling'),
  );
  return new Map(
    [...lanes].map((lane) => {
      const expected = rolling.filter(({ resource }) => resource.lane === lane);
      return [
        lane,
        new LaneQueue(
          lane,
          run,
          expected.map(({ resource }) => resource.address),
        ),
      ];
    }),
  );
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
