import type { ClusterControl } from '../elasticsearch/client.ts';
import { lookAt, type Situation } from '../elasticsearch/rules/situation.ts';
import type { Clock } from '../engine/clock.ts';
import type { Address, Waits } from '../engine/resource.ts';
import type { Run } from '../engine/run.ts';
import { waitUntil } from '../engine/wait.ts';
import { EsEcsError, type ErrorCode, invariant } from '../errors.ts';
import type { ClusterAccess } from '../steps/adapters.ts';

const silence: readonly ErrorCode[] = ['CLUSTER_UNREACHABLE', 'CLUSTER_NO_MASTER'];

const minute = 60_000;

/** How long what passes may take to do so. */
export const answering: Waits = {
  for: 'the cluster to answer',
  usualMs: 0,
  everyMs: 5_000,
  limitMs: 15 * minute,
};

/** A node that has just come back refuses any password until it has read the index of users: seconds, on a busy machine more. */
const readingUsersMs = 3 * minute;

/** Whether it is said while a node comes or goes: the one that was asked may be that one, or the master is being elected. */
export function isSilence(error: unknown): error is EsEcsError {
  return error instanceof EsEcsError && silence.includes(error.code);
}

/** Something of the cluster that is waited for. */
export interface Hope {
  readonly address: Address;
  readonly waits: Waits;
  readonly isSo: () => Promise<boolean>;
  /** Why it is not so yet. */
  readonly because?: () => string | undefined;
}

/** Talks with a cluster whose nodes come and go meanwhile. */
export class Conversation {
  readonly #access: ClusterAccess;
  readonly #run: Run;
  readonly #clock: Clock;
  #control: ClusterControl;
  /** Since when a password is refused that was taken before; undefined: it is taken. */
  #refusedSinceMs: number | undefined;
  #hasAnswered = false;

  constructor(access: ClusterAccess, control: ClusterControl, run: Run) {
    this.#access = access;
    this.#control = control;
    this.#run = run;
    this.#clock = run.clock;
  }

  /** Asks or tells something; no time of the account's passes meanwhile. */
  async with<Value>(work: (control: ClusterControl) => Promise<Value>): Promise<Value> {
    const value = await this.#clock.hold(work(this.#control));
    this.#hasAnswered = true;
    this.#refusedSinceMs = undefined;
    return value;
  }

  look(): Promise<Situation> {
    return this.with(lookAt);
  }

  /**
   * Asks or tells something until it is answered, and no later than a quarter of an hour: everything that is done to a cluster can be
   * repeated without harm, and where it is too busy nobody knows whether it was done.
   *
   * @throws EsEcsError WAIT_TIMEOUT, INTERRUPTED, and whatever the cluster refuses.
   */
  async insist<Value>(address: Address, work: (control: ClusterControl) => Promise<Value>): Promise<Value> {
    const answers: { readonly value: Value }[] = [];
    const isSo = async (): Promise<boolean> => answers.push({ value: await this.with(work) }) > 0;
    await this.until({ address, waits: answering, isSo });
    const [answer] = answers;
    invariant(answer, 'a wait for an answer that ends has one');
    return answer.value;
  }

  /** Whether an error is no verdict: asked again in a moment, the cluster may answer. */
  passes(error: unknown): error is EsEcsError {
    if (!(error instanceof EsEcsError)) return false;
    if (silence.includes(error.code) || error.code === 'CLUSTER_BUSY') return true;
    if (error.code !== 'CLUSTER_PASSWORD' || !this.#hasAnswered) return false;
    this.#refusedSinceMs ??= this.#clock.now();
    return this.#clock.now() - this.#refusedSinceMs < readingUsersMs;
  }

  /**
   * Waits; that the cluster does not answer for a while is part of it.
   *
   * @throws EsEcsError WAIT_TIMEOUT, INTERRUPTED, and whatever the cluster refuses.
   */
  async until({ address, waits, isSo, because }: Hope): Promise<void> {
    let problem: string | undefined;
    await waitUntil(this.#run, {
      address,
      waits,
      explain: () => Promise.resolve(problem ?? because?.()),
      look: async () => {
        try {
          const isNow = await isSo();
          problem = undefined;
          return isNow ? { value: true } : undefined;
        } catch (error) {
          if (!this.passes(error)) throw error;
          problem = error.message;
          if (error.code !== 'CLUSTER_BUSY') await this.reconnect();
          return undefined;
        }
      },
    });
  }

  /** Hosts that are gone cannot be asked, and those that replaced them have other addresses. */
  async reconnect(): Promise<void> {
    const control = await this.#run.clock.hold(this.#access.connect());
    if (control !== undefined) this.#control = control;
  }
}
