import pLimit from 'p-limit';

import type { AnyClient } from './clients.ts';

/** Calls counted as they go out, retries included, and how many trips deep they went (`CallMeter.tripsDeep`). */
export interface ApiCalls {
  readonly total: number;
  readonly reads: number;
  readonly writes: number;
  readonly tripsDeep: number;
}

/** Calls in flight at once: enough for 1,000 nodes, few enough not to be a storm. */
const inFlightLimit = 32;

const readVerbs = ['BatchCheck', 'BatchGet', 'Describe', 'Get', 'List'];

/** Whether an operation changes nothing. `GetAuthorizationToken` is a read as well. */
export function isRead(operation: string): boolean {
  return readVerbs.some((verb) => operation.startsWith(verb));
}

/** By the SDK's client name, the prefix that IAM gives the service's actions (Service Authorization Reference). */
const actionPrefixes: Readonly<Record<string, string>> = {
  AutoScalingClient: 'autoscaling',
  CloudWatchLogsClient: 'logs',
  SecretsManagerClient: 'secretsmanager',
};

/** Errors keep the names they came with; which call they came from is remembered here. */
const actions = new WeakMap<object, string>();

/** The call that an error came out of, as IAM writes it: `ec2:CreateVpc`. Undefined for errors of no call. */
export function actionOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null ? actions.get(error) : undefined;
}

/** Counts every call of every client it is attached to, by operation, and bounds how many are under way. */
export class CallMeter {
  readonly #byOperation = new Map<string, number>();
  readonly #firstTrips = new Map<string, number>();
  readonly #limit = pLimit(inFlightLimit);
  #trips = 0;
  #answeredTrips = 0;

  get calls(): ApiCalls {
    let reads = 0;
    let writes = 0;
    for (const [operation, count] of this.#byOperation) {
      if (isRead(operation)) reads += count;
      else writes += count;
    }
    return { total: reads + writes, reads, writes, tripsDeep: this.#trips };
  }

  /** How often each operation was called, by name. */
  get byOperation(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#byOperation].sort(([a], [b]) => a.localeCompare(b)));
  }

  /**
   * How many trips deep it went: the longest chain of calls in which each was asked for after the answer to the one before had come.
   * With calls that all take as long it is exactly how many times that has to pass; where they do not, the figure is rather too large,
   * as an answer may have come before a call that did not wait for it.
   */
  get tripsDeep(): number {
    return this.#trips;
  }

  /** By operation, the trip on which it was first asked for: 1 for what waits for no answer. */
  get firstTrips(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#firstTrips);
  }

  /** Also makes errors remember which call they came out of (`actionOf`), those of credentials and of the network too. */
  attach(client: AnyClient): void {
    // The clients' stacks differ only in the types of what passes through; this middleware looks at none of it.
    const stack = client.middlewareStack as unknown as PassingStack;
    stack.add(
      (next, context) => (args) => {
        const operation = operationOf(context);
        this.#byOperation.set(operation, (this.#byOperation.get(operation) ?? 0) + 1);
        // Noted within the SDK's retries as well, which must know what it is they would repeat.
        return this.#onTrip(operation, () => this.#limit(() => noting(context, next(args))));
      },
      { step: 'deserialize', priority: 'high', name: 'esEcsMeter' },
    );
    stack.add((next, context) => (args) => noting(context, next(args)), {
      step: 'initialize',
      priority: 'high',
      name: 'esEcsOrigin',
    });
  }

  /** A call goes on the trip after the last one of which an answer has come; to wait for one's turn among many is no trip. */
  async #onTrip(operation: string, call: () => Promise<unknown>): Promise<unknown> {
    const trip = this.#answeredTrips + 1;
    this.#trips = Math.max(this.#trips, trip);
    if (!this.#firstTrips.has(operation)) this.#firstTrips.set(operation, trip);
    try {
      return await call();
    } finally {
      this.#answeredTrips = Math.max(this.#answeredTrips, trip);
    }
  }
}

async function noting(context: CallContext, call: Promise<unknown>): Promise<unknown> {
  try {
    return await call;
  } catch (error) {
    if (typeof error === 'object' && error !== null) actions.set(error, actionName(context));
    throw error;
  }
}

function operationOf(context: CallContext): string {
  return (context.commandName ?? 'Unknown').replace(/Command$/, '');
}

function actionName(context: CallContext): string {
  const client = context.clientName ?? '';
  const prefix = actionPrefixes[client] ?? client.replace(/Client$/, '').toLowerCase();
  return `${prefix}:${operationOf(context)}`;
}

interface CallContext {
  readonly clientName?: string;
  readonly commandName?: string;
}

interface PassingStack {
  add(
    middleware: (
      next: (args: unknown) => Promise<unknown>,
      context: CallContext,
    ) => (args: unknown) => Promise<unknown>,
    options: {
      readonly step: 'deserialize' | 'initialize';
      readonly priority: 'high';
      readonly name: string;
    },
  ): void;
}
