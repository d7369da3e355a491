import type { ClusterControl } from '../elasticsearch/client.ts';
import { lookAt, type Situation } from '../elasticsearch/rules/situation.ts';
import type { Address, Waits } from '../engine/resource.ts';
import type { Run } from '../engine/run.ts';
import { waitUntil } from '../engine/wait.ts';
import { EsEcsError, type ErrorCode } from '../errors.ts';
import type { ClusterAccess } from '../steps/adapters.ts';

const passing: readonly ErrorCode[] = ['CLUSTER_UNREACHABLE', 'CLUSTER_NO_MASTER'];

/** Whether it is said while a node comes or goes: the one that was asked may be that one, or the master is being elected. */
export function isPassing(error: unknown): error is EsEcsError {
  return error instanceof EsEcsError && passing.includes(error.code);
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
  #control: ClusterControl;

  constructor(access: ClusterAccess, control: ClusterControl, run: Run) {
    this.#access = access;
    this.#control = control;
    this.#run = run;
  }

  /** Asks or tells something; no time of the account's passes meanwhile. */
  with<Value>(work: (control: ClusterControl) => Promise<Value>): Promise<Value> {
    return this.#run.clock.hold(work(this.#control));
  }

  look(): Promise<Situation> {
    return this.with(lookAt);
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
          if (!isPassing(error)) throw error;
          problem = error.message;
          await this.reconnect();
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
