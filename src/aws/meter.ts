import pLimit from 'p-limit';

import type { AnyClient } from './clients.ts';

/** Calls counted as they go out, retries included. */
export interface ApiCalls {
  readonly total: number;
  readonly reads: number;
  readonly writes: number;
}

/** Calls in flight at once: enough for 300 nodes, few enough not to be a storm. */
const inFlightLimit = 32;

const readVerbs = ['BatchCheck', 'BatchGet', 'Describe', 'Get', 'List'];

/** Whether an operation changes nothing. `GetAuthorizationToken` is a read as well. */
export function isRead(operation: string): boolean {
  return readVerbs.some((verb) => operation.startsWith(verb));
}

/** Counts every call of every client it is attached to, by operation, and bounds how many are under way. */
export class CallMeter {
  readonly #byOperation = new Map<string, number>();
  readonly #limit = pLimit(inFlightLimit);

  get calls(): ApiCalls {
    let reads = 0;
    let writes = 0;
    for (const [operation, count] of this.#byOperation) {
      if (isRead(operation)) reads += count;
      else writes += count;
    }
    return { total: reads + writes, reads, writes };
  }

  /** How often each operation was called, by name. */
  get byOperation(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#byOperation].sort(([a], [b]) => a.localeCompare(b)));
  }

  attach(client: AnyClient): void {
    // The clients' stacks differ only in the types of what passes through; this middleware looks at none of it.
    const stack = client.middlewareStack as unknown as PassingStack;
    stack.add(
      (next, context) => (args) => {
        const operation = (context.commandName ?? 'Unknown').replace(/Command$/, '');
        this.#byOperation.set(operation, (this.#byOperation.get(operation) ?? 0) + 1);
        return this.#limit(() => next(args));
      },
      { step: 'deserialize', priority: 'high', name: 'esEcsMeter' },
    );
  }
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
