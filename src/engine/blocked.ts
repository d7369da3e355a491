import { EsEcsError } from '../errors.ts';
import { causeFrom } from './cause.ts';
import type { Address, Blocker } from './resource.ts';
import type { Run } from './run.ts';

/** From one look at what holds a thing to the next; twice as long each time. */
const firstGapMs = 5_000;
const longestGapMs = 60_000;
/** So long is waited where nothing that holds it goes by itself: whoever watches may be at it already. */
const patienceMs = 2 * 60_000;
/** Blockers that a sentence names. */
const named = 3;

/** Looks, while a destroy is refused, at what holds the thing: ever more seldom. */
export class BlockerWatch {
  readonly #run: Run;
  readonly #address: Address;
  readonly #ask: () => Promise<readonly Blocker[]>;
  #blockers: readonly Blocker[] = [];
  #problem: string | undefined;
  #nextMs = 0;
  #gapMs = firstGapMs;

  constructor(run: Run, address: Address, ask: () => Promise<readonly Blocker[]>) {
    this.#run = run;
    this.#address = address;
    this.#ask = ask;
  }

  /** What holds it, in words, as it was last seen; undefined where nothing was. */
  async look(): Promise<string | undefined> {
    const nowMs = this.#run.clock.now();
    if (nowMs >= this.#nextMs) await this.#lookAgain();
    return this.#words();
  }

  async #lookAgain(): Promise<void> {
    this.#problem = await causeFrom(async () => {
      this.#blockers = await this.#ask();
      return undefined;
    });
    this.#nextMs = this.#run.clock.now() + this.#gapMs;
    this.#gapMs = Math.min(this.#gapMs * 2, longestGapMs);
  }

  /** Whether waiting any longer is of no use. */
  isHopeless(sinceMs: number): boolean {
    return sinceMs >= patienceMs && this.#blockers.length > 0 && this.#blockers.every((one) => !one.passes);
  }

  /** The error that names what holds it; undefined where nobody knows. */
  async error(cause: Error): Promise<EsEcsError | undefined> {
    await this.#lookAgain();
    const words = this.#words();
    if (words === undefined) return undefined;
    const looks = new Set(this.#blockers.flatMap(({ look }) => (look === undefined ? [] : [look])));
    return new EsEcsError('BLOCKED', `cannot be deleted (${cause.name}): it is held by ${words}`, {
      address: this.#address,
      cause,
      hint: [...[...looks].slice(0, named), 'es-ecs destroy  goes on once that is gone'],
    });
  }

  #words(): string | undefined {
    if (this.#blockers.length === 0) return this.#problem;
    const first = this.#blockers.slice(0, named).map((one) => one.what);
    const more = this.#blockers.length - first.length;
    return `${first.join('; ')}${more > 0 ? `; and ${String(more)} more` : ''}`;
  }
}
