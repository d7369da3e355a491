import type { AnyClient } from '../../src/aws/clients.ts';
import { isRead } from '../../src/aws/meter.ts';
import type { ClusterControl } from '../../src/elasticsearch/client.ts';
import type { Clock } from '../../src/engine/clock.ts';
import type { ClusterAccess } from '../../src/steps/adapters.ts';
import { aroundControl } from '../access/around-control.ts';

/** A call of a process that changes something, as the process sends it and as it hears of it. */
export interface WriteMoment {
  readonly operation: string;
  /** Of a call to AWS, as the account tells of it. */
  readonly service?: string;
  readonly when: 'before' | 'after';
}

/**
 * What can be ended at any instant, as by kill -9: from then on nothing that it waited for ever comes, so that no code of it
 * runs any more, its `finally` included. Requests that have left it already reach the account all the same.
 */
export class Life {
  readonly ended: Promise<void>;
  /** Rejects when it ends. */
  readonly rejected: Promise<never>;
  #isOver = false;
  #end: () => void = () => undefined;

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.rejected = this.ended.then(() => {
      throw new Error('killed');
    });
    this.rejected.catch(() => undefined);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  kill(): void {
    this.#isOver = true;
    this.#end();
  }

  /** The work's own outcome for the living; for the dead, nothing ever. */
  async share<Value>(work: Promise<Value>): Promise<Value> {
    try {
      const value = await work;
      if (!this.#isOver) return value;
    } catch (error) {
      if (!this.#isOver) throw error;
    }
    return never();
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

/** A clock that one life shares with others, and that stops for it alone when it ends. */
export function clockOf(life: Life, clock: Clock): Clock {
  return {
    now: () => clock.now(),
    random: () => clock.random(),
    sleep: (ms, signal) => (life.isOver ? never() : life.share(clock.sleep(ms, signal))),
    accompany: (ms, signal) => (life.isOver ? never() : life.share(clock.accompany(ms, signal))),
    // Whoever is dead holds nothing up.
    hold: (work) => life.share(clock.hold(Promise.race([work, life.rejected]))),
  };
}

/** Puts a life between a client and the account: attach before the account. */
export function guard(client: AnyClient, life: Life, onWrite: (moment: WriteMoment) => void): void {
  // The clients' stacks differ only in the types of what passes through; this middleware looks at none of it.
  const stack = client.middlewareStack as unknown as PassingStack;
  stack.add(
    (next, context) => async (args) => {
      const operation = (context.commandName ?? '').replace(/Command$/, '');
      if (life.isOver) return never();
      if (isRead(operation)) return life.share(next(args));
      onWrite({ operation, when: 'before' });
      // Killed by whoever was told.
      if (life.isOver) return never();
      return life.share(
        next(args).finally(() => {
          if (!life.isOver) onWrite({ operation, when: 'after' });
        }),
      );
    },
    { step: 'deserialize', priority: 'high', name: 'life' },
  );
}

/** A question to Elasticsearch, as the process sends it and as it hears of it. */
export interface ClusterMoment {
  readonly method: keyof ClusterControl;
  readonly when: 'before' | 'after';
}

/** Puts a life between a process and the way in. */
export function clusterOf(
  life: Life,
  access: ClusterAccess,
  onAsk: (moment: ClusterMoment) => void,
): ClusterAccess {
  return {
    connect: async () => {
      const control = await life.share(access.connect());
      if (control === undefined) return undefined;
      return aroundControl(control, async (method, ask) => {
        if (life.isOver) return never();
        onAsk({ method, when: 'before' });
        // Killed by whoever was told.
        if (life.isOver) return never();
        const answer = await life.share(ask());
        onAsk({ method, when: 'after' });
        return life.share(Promise.resolve(answer));
      });
    },
    close: () => {
      if (!life.isOver) access.close?.();
    },
  };
}

interface PassingStack {
  add(
    middleware: (
      next: (args: unknown) => Promise<unknown>,
      context: { readonly commandName?: string },
    ) => (args: unknown) => Promise<unknown>,
    options: { readonly step: 'deserialize'; readonly priority: 'high'; readonly name: string },
  ): void;
}
