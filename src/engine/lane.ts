import { EsEcsError, invariant } from '../errors.ts';
import type { Address, Change } from './resource.ts';
import type { Run } from './run.ts';

/** A resource's rolling changes, or its end, to be made when its turn comes. */
export interface Turn {
  readonly address: Address;
  /** None where it is to end. */
  readonly changes: readonly Change[];
  /** Makes the changes and waits until the resource is ready again. At most once. */
  readonly work: () => Promise<void>;
}

/**
 * Who decides in which order, and after what else, rolling changes are made: resources that share a lane do not restart side by
 * side. The engine hands over all of them at once, as soon as each could begin.
 */
export interface Lane {
  readonly name: string;
  /**
   * Does the work of every turn, in an order of its choosing. Throwing ends the roll: the turns that have not begun are not made.
   *
   * @throws EsEcsError, among them what a turn's work threw
   */
  roll(turns: readonly Turn[], run: Run): Promise<void>;
}

/** A lane that knows no more than "one after the other". */
export function oneByOne(name: string): Lane {
  return {
    name,
    roll: async (turns) => {
      for (const turn of turns) await turn.work();
    },
  };
}

/** Why a turn was not taken: the roll has ended at another resource, whose failure it is. */
export class RollEnded extends Error {
  override readonly name = 'RollEnded';
  readonly at: Address;

  constructor(at: Address, cause: unknown) {
    super(`the roll ended at ${at}`, { cause });
    this.at = at;
  }
}

interface Waiting {
  readonly turn: Turn;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
  hasBegun: boolean;
}

/** The resources of one lane in one run: those that the plan expects, until each has come or has dropped out. */
export class LaneQueue {
  readonly #lane: Lane;
  readonly #run: Run;
  readonly #expected: Set<Address>;
  #waiting: Waiting[] = [];
  #rolls: Promise<void> = Promise.resolve();
  /** The one whose turn has failed. */
  #failedAt: Address | undefined;

  constructor(lane: Lane, run: Run, expected: readonly Address[]) {
    this.#lane = lane;
    this.#run = run;
    this.#expected = new Set(expected);
    run.signal.addEventListener(
      'abort',
      () => {
        this.#reject(this.#waiting.splice(0), new EsEcsError('INTERRUPTED', 'interrupted'));
      },
      { once: true },
    );
  }

  /** Resolves once the turn's work is done, the last one's with the roll; rejects when it failed, or when the roll ended before it. */
  join(turn: Turn): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ turn, done: resolve, failed: reject, hasBegun: false });
      this.leave(turn.address);
    });
  }

  /** It has nothing to roll after all. */
  leave(address: Address): void {
    this.#expected.delete(address);
    if (this.#expected.size > 0 || this.#waiting.length === 0) return;
    const batch = this.#waiting.splice(0);
    // One that came late, as nobody expected it, rolls after the others; not when they failed.
    this.#rolls = this.#rolls.then(() => this.#roll(batch));
    this.#rolls.catch((error: unknown) => {
      this.#reject(batch, error);
    });
  }

  /**
   * What the lane does after the last turn is part of that one (the cluster is to be green again, what was set in it to be taken
   * back): nothing that comes after it begins before, and no run ends.
   */
  async #roll(batch: readonly Waiting[]): Promise<void> {
    let left = batch.length;
    let last: Waiting | undefined;
    const begin = async (one: Waiting): Promise<void> => {
      await this.#begin(one);
      left -= 1;
      if (left > 0) one.done();
      else last = one;
    };
    try {
      await this.#lane.roll(
        batch.map((one) => ({ ...one.turn, work: () => begin(one) })),
        this.#run,
      );
    } catch (error) {
      last?.failed(error);
      throw error;
    }
    last?.done();
    const forgotten = batch.find((one) => !one.hasBegun);
    invariant(
      forgotten === undefined,
      `the lane ${this.#lane.name} has left out ${forgotten?.turn.address ?? ''}`,
    );
  }

  async #begin(one: Waiting): Promise<void> {
    one.hasBegun = true;
    try {
      await one.turn.work();
    } catch (error) {
      this.#failedAt = one.turn.address;
      one.failed(error);
      throw error;
    }
  }

  #reject(batch: readonly Waiting[], error: unknown): void {
    const at = this.#endedAt(batch, error);
    for (const { hasBegun, turn, failed } of batch) {
      if (!hasBegun) failed(at === undefined || at === turn.address ? error : new RollEnded(at, error));
    }
  }

  /** Whose failure it is; a lane that refuses names the one that it refuses. */
  #endedAt(batch: readonly Waiting[], error: unknown): Address | undefined {
    if (!(error instanceof EsEcsError)) return this.#failedAt;
    if (error.code === 'INTERRUPTED') return undefined;
    return this.#failedAt ?? batch.find(({ turn }) => turn.address === error.address)?.turn.address;
  }
}
