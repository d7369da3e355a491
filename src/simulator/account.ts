import type { Clock } from '../engine/clock.ts';
import { type Delays, usualDelays } from './core/delays.ts';
import { copyOf } from './core/copy.ts';
import { SimulatedFailure, toServiceException } from './core/failure.ts';
import { failureOf, type Fault, Faults, losesAnswer } from './core/faults.ts';
import { wakeGovernance } from './core/governance.ts';
import type { Operations } from './core/operation.ts';
import type { Quotas } from './core/quotas.ts';
import { World, type WorldSnapshot } from './core/world.ts';
import { useLaunchFaults } from './ec2/launch-troubles.ts';
import { type TaskRuntime, useTaskRuntime } from './ecs/task-runtime.ts';
import { elasticsearchRuntime } from './elasticsearch/runtime.ts';
import { useCaller } from './kms/use.ts';
import type { PolicyStatement } from './policy/documents.ts';
import { type AskedCall, Permissions, type Weighed } from './policy/permissions.ts';
import type { SdkClient } from './sdk-client.ts';
import { eventRules, services } from './services.ts';

/** A call that the account answered or refused, for tests that must count or order them. */
export interface RecordedCall {
  readonly service: string;
  readonly operation: string;
  readonly atMs: number;
  readonly error?: string;
}

export type { Fault } from './core/faults.ts';

export interface SimulatedAccountOptions {
  readonly clock: Clock;
  readonly accountId?: string;
  readonly region?: string;
  readonly delays?: Partial<Delays>;
  /** What the account may hold, where it differs from AWS's defaults. */
  readonly quotas?: Partial<Quotas>;
  readonly faults?: readonly Fault[];
  /** What the caller may do: the statements of his policies. Absent: everything. */
  readonly permissions?: readonly PolicyStatement[];
  /** Told of each thing that is weighed against `permissions`. For tests. */
  readonly onWeighed?: (weighed: Weighed) => void;
  /** What an earlier run left. */
  readonly snapshot?: WorldSnapshot;
  /** What runs the tasks; the default plays Elasticsearch in virtual time. */
  readonly runtime?: TaskRuntime;
  /** Called before each call is carried out; throwing here is a crash before it was sent. For tests. */
  readonly beforeCall?: (call: RecordedCall) => void;
  /** Called after a call was carried out, before its answer is given. For tests. */
  readonly afterCall?: (call: RecordedCall) => void;
}

/** A simulated AWS account: attach SDK clients to it, and their calls are answered without a network. */
export interface SimulatedAccount {
  /** Makes a client of any service it knows talk to this account. */
  attach(client: SdkClient): void;
  /**
   * Holds a call that comes from elsewhere, such as a push into the registry, against the caller's permissions.
   *
   * @throws SimulatedFailure in the service's own words
   */
  authorize(call: AskedCall): void;
  /**
   * Carries a call out as it would for a client, for who has none.
   *
   * @throws ServiceException for what the service refuses
   */
  ask(service: string, operation: string, input: object): Promise<object>;
  /** Whether an operation is simulated. */
  knows(service: string, operation: string): boolean;
  /** Everything in it, as plain JSON. */
  snapshot(): WorldSnapshot;
  /** For tests and for the default task runtime; changing rows is changing the account behind everybody's back. */
  readonly world: World;
  /** The account's time. */
  readonly clock: Clock;
  readonly calls: readonly RecordedCall[];
  /** Adds a fault to a living account, and gives back what ends it. */
  inject(fault: Fault): () => void;
}

/**
 * Makes a simulated account, empty but for what AWS puts into every account (zones, instance types, public parameters).
 */
export function createSimulatedAccount(options: SimulatedAccountOptions): SimulatedAccount {
  const { clock } = options;
  const world = new World({
    accountId: options.accountId ?? '123456789012',
    region: options.region ?? 'eu-west-1',
    clock,
    delays: { ...usualDelays, ...options.delays },
    rules: eventRules,
    ...(options.quotas === undefined ? {} : { quotas: options.quotas }),
    ...(options.snapshot === undefined ? {} : { snapshot: options.snapshot }),
  });
  useTaskRuntime(world, options.runtime ?? elasticsearchRuntime);
  const calls: RecordedCall[] = [];
  const faults = new Faults(clock, options.faults);
  useLaunchFaults(world, () => faults.atLaunch());

  const permissions = new Permissions(options.permissions, options.onWeighed);

  useCaller(world, (asked) => permissions.allows(world, asked, 'KMS'));

  const answer = async (service: string, operation: string, input: unknown): Promise<object> => {
    await clock.sleep(world.delays.call / 2);
    world.catchUp();
    const call = { service, operation, atMs: world.nowMs };
    options.beforeCall?.(call);
    const fault = faults.atCall(service, operation);
    try {
      if (fault !== undefined && !losesAnswer(fault)) throw failureOf(fault, service);
      permissions.check(world, { service, operation, input });
      const output = perform(world, services[service], { service, operation, input });
      wakeGovernance(world);
      calls.push(call);
      options.afterCall?.(call);
      if (fault !== undefined) throw failureOf(fault, service);
      await clock.sleep(world.delays.call / 2);
      return output;
    } catch (error) {
      if (!(error instanceof SimulatedFailure)) throw error;
      calls.push({ ...call, error: error.code });
      await clock.sleep(world.delays.call / 2);
      throw toServiceException(error, `simulated-${String(calls.length)}`);
    }
  };

  return {
    world,
    clock,
    calls,
    inject: (fault) => faults.add(fault),
    snapshot: () => world.snapshot(),
    authorize: (call) => {
      permissions.check(world, call);
    },
    ask: answer,
    knows: (service, operation) => Object.hasOwn(services[service] ?? {}, operation),
    attach: (client) => {
      intercept(client, answer);
    },
  };
}

interface Asked {
  readonly service: string;
  readonly operation: string;
  readonly input: unknown;
}

function perform(world: World, operations: Operations | undefined, asked: Asked): object {
  const operation = operations?.[asked.operation];
  if (operation === undefined) {
    throw new Error(`the simulated account does not know ${asked.service} ${asked.operation}`);
  }
  refuseDryRun(asked);
  // Operations declare the SDK input type of their own name, and the SDK sends nothing else under that name.
  const output = operation(world, copyOf(asked.input) as never);
  return copyOf(output);
}

/**
 * With `DryRun` EC2 carries nothing out and says that it would have ("EC2 API reference, DryRun"). RunInstances looks further, and does so
 * by itself.
 */
function refuseDryRun({ service, operation, input }: Asked): void {
  if (service !== 'EC2' || operation === 'RunInstances') return;
  if (typeof input !== 'object' || input === null || !('DryRun' in input) || input.DryRun !== true) return;
  const message = 'Request would have succeeded, but DryRun flag is set.';
  throw new SimulatedFailure('DryRunOperation', message, 412);
}

type Answer = (service: string, operation: string, input: unknown) => Promise<object>;

/**
 * Answers below the SDK's retries, in place of the HTTP exchange: validation, serialisation, retries and paging above it are
 * the real ones. Nothing is signed, as nobody would look.
 */
function intercept(client: SdkClient, answer: Answer): void {
  // The clients' stacks differ only in the types of what passes through, which this middleware replaces.
  const stack = client.middlewareStack as unknown as AnsweringStack;
  for (const name of ['httpSigningMiddleware', 'getUserAgentMiddleware']) stack.remove(name);
  stack.add(
    (_next, context) => async (args) => {
      // As the SDK writes them into every call; a class's own name does not outlive a bundler.
      const service = (context.clientName ?? '').replace(/Client$/, '');
      const operation = (context.commandName ?? '').replace(/Command$/, '');
      const output = await answer(service, operation, args.input);
      return { output: { ...output, $metadata: { httpStatusCode: 200, attempts: 1 } }, response: {} };
    },
    // Outside the SDK's own deserializer, which would look for a real response; inside the meter, attached before.
    { step: 'deserialize', priority: 'high', name: 'simulatedAccount' },
  );
}

interface AnsweringStack {
  remove(name: string): boolean;
  add(
    middleware: (
      next: unknown,
      context: { readonly clientName?: string; readonly commandName?: string },
    ) => (args: { readonly input: unknown }) => Promise<unknown>,
    options: { readonly step: 'deserialize'; readonly priority: 'high'; readonly name: string },
  ): void;
}
