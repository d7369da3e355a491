import type { Address } from './resource.ts';

/** A piece of work that begins once all pieces it comes after are done. */
export interface Piece {
  readonly address: Address;
  /** In the same list; each stands before this one in it. */
  readonly after: readonly Address[];
  readonly work: (slot: Slot) => Promise<void>;
  /** Called instead of `work` when something it comes after did not get done. */
  readonly skip: (because: Address) => void;
}

/** The place of a piece at work among those that may be at work at the same time. */
export interface Slot {
  /** Gives the place to others while it waits for them. */
  aside<Value>(waiting: Promise<Value>): Promise<Value>;
}

export interface ScheduleOptions {
  /** Pieces at work at the same time. */
  readonly concurrency: number;
  /** Asked before each piece begins: true begins nothing more. */
  readonly stopped: () => boolean;
}

/** What became of the pieces: those that failed, with what they threw, in the order of failing. */
export interface Scheduled {
  readonly failures: readonly { readonly address: Address; readonly error: unknown }[];
  readonly undone: readonly Address[];
}

/**
 * Does the pieces in parallel, each as soon as all it comes after are done; a failure stops only what comes after it. Among
 * those that could begin, the first in the list does, so that a concurrency of 1 is exactly the list's order.
 */
export function runPieces(pieces: readonly Piece[], options: ScheduleOptions): Promise<Scheduled> {
  const schedule = new Schedule(pieces, options);
  return schedule.run();
}

class Schedule {
  readonly #pieces: readonly Piece[];
  readonly #options: ScheduleOptions;
  readonly #open: Map<Address, Set<Address>>;
  readonly #dependants = new Map<Address, Piece[]>();
  readonly #index: ReadonlyMap<Address, number>;
  /** Ready to begin, by position in the list. */
  readonly #ready: number[] = [];
  readonly #failures: { address: Address; error: unknown }[] = [];
  readonly #undone = new Set<Address>();
  #active = 0;
  #aside = 0;
  #finish: (() => void) | undefined;

  constructor(pieces: readonly Piece[], options: ScheduleOptions) {
    this.#pieces = pieces;
    this.#options = options;
    this.#index = new Map(pieces.map((piece, index) => [piece.address, index]));
    this.#open = new Map(pieces.map((piece) => [piece.address, new Set(piece.after)]));
    for (const piece of pieces) {
      for (const before of piece.after) {
        this.#dependants.set(before, [...(this.#dependants.get(before) ?? []), piece]);
      }
    }
  }

  async run(): Promise<Scheduled> {
    this.#pieces.forEach((piece, index) => {
      if (piece.after.length === 0) this.#ready.push(index);
    });
    await new Promise<void>((resolve) => {
      this.#finish = resolve;
      this.#beginReady();
    });
    const left = this.#ready.map((index) => this.#pieces[index]?.address ?? '');
    return { failures: this.#failures, undone: [...this.#undone, ...left] };
  }

  #beginReady(): void {
    while (this.#active < this.#options.concurrency && this.#ready.length > 0 && !this.#options.stopped()) {
      this.#ready.sort((a, b) => a - b);
      const piece = this.#pieces[this.#ready.shift() ?? -1];
      if (piece !== undefined) this.#begin(piece);
    }
    if (this.#active === 0 && this.#aside === 0) this.#finish?.();
  }

  async #standAside<Value>(waiting: Promise<Value>): Promise<Value> {
    this.#active -= 1;
    this.#aside += 1;
    this.#beginReady();
    try {
      return await waiting;
    } finally {
      this.#aside -= 1;
      this.#active += 1;
    }
  }

  #begin(piece: Piece): void {
    this.#active += 1;
    piece
      .work({ aside: (waiting) => this.#standAside(waiting) })
      .then(
        () => {
          for (const dependant of this.#dependants.get(piece.address) ?? []) this.#release(dependant, piece);
        },
        (error: unknown) => {
          this.#failures.push({ address: piece.address, error });
          this.#skipAfter(piece);
        },
      )
      .finally(() => {
        this.#active -= 1;
        this.#beginReady();
      });
  }

  #release(dependant: Piece, done: Piece): void {
    const open = this.#open.get(dependant.address);
    open?.delete(done.address);
    const index = this.#index.get(dependant.address);
    if (open?.size === 0 && index !== undefined) this.#ready.push(index);
  }

  #skipAfter(failed: Piece): void {
    for (const dependant of this.#dependants.get(failed.address) ?? []) {
      if (this.#undone.has(dependant.address)) continue;
      this.#undone.add(dependant.address);
      dependant.skip(failed.address);
      this.#skipAfter(dependant);
    }
  }
}
