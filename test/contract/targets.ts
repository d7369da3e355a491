import { RegisterContainerInstanceCommand } from '@aws-sdk/client-ecs';

import { createClients } from '../../src/aws/clients.ts';
import type { Clients } from '../../src/aws/clients.ts';
import { CallMeter } from '../../src/aws/meter.ts';
import type { Clock } from '../../src/engine/clock.ts';
import { createVirtualClock, realClock } from '../../src/engine/clock.ts';
import { createSimulatedAccount, type SimulatedAccount } from '../../src/simulator/account.ts';
import { registerHost } from '../../src/simulator/ecs/container-instances.ts';
import type { Host, Scratch } from './case.ts';

/** The accounts that the contract is held against; AWS's own is not to be had here. */
export type TargetName = 'moto' | 'served' | 'simulated';

/** An account with clients that talk to it. */
export interface Target {
  readonly name: TargetName;
  readonly clients: Clients;
  readonly scratch: Scratch;
}

const region = 'eu-west-1';

/** A new simulated account on a virtual clock. */
export function simulatedTarget(): Target {
  const clock = createVirtualClock({ startMs: Date.UTC(2026, 0, 1) });
  const account = createSimulatedAccount({ clock, region });
  const clients = createClients({
    region,
    clock,
    meter: new CallMeter(),
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
    attach: account.attach,
  });
  return { name: 'simulated', clients, scratch: simulatedScratch(account, clock) };
}

/** Time and hosts of a simulated account, whichever way its clients talk to it. */
export function simulatedScratch({ world }: Pick<SimulatedAccount, 'world'>, clock: Clock): Scratch {
  const pace = { settleMs: 3_000, everyMs: 2_000, patienceMs: 15 * 60_000 };
  return createScratch(clock, pace, async ({ cluster, instanceId, attribute }) => {
    const attributes = { [attribute.name]: attribute.value };
    registerHost(world, { cluster, instanceId, attributes, ...machine });
  });
}

/** Moto over the wire. Its things are there at once or never, so that patience is short. */
export function motoTarget(clients: Clients): Target {
  return {
    name: 'moto',
    clients,
    scratch: createScratch(realClock, { settleMs: 0, everyMs: 50, patienceMs: 250 }, async (host) => {
      await clients.ecs.send(registration(host));
    }),
  };
}

/** A host that has room for a task. */
const machine = { memoryMiB: 4096, cpuUnits: 2048 };

function registration({ cluster, instanceId, attribute }: Host): RegisterContainerInstanceCommand {
  return new RegisterContainerInstanceCommand({
    cluster,
    instanceIdentityDocument: JSON.stringify({ instanceId, region, accountId: '123456789012' }),
    attributes: [{ ...attribute }],
    totalResources: [
      { name: 'CPU', type: 'INTEGER', integerValue: machine.cpuUnits },
      { name: 'MEMORY', type: 'INTEGER', integerValue: machine.memoryMiB },
    ],
  });
}

interface Pace {
  readonly settleMs: number;
  readonly everyMs: number;
  readonly patienceMs: number;
}

/** Counts on from case to case, as moto's account is one for all of them. */
let serial = 0;

function createScratch(clock: Clock, pace: Pace, register: Scratch['registerHost']): Scratch {
  return {
    registerHost: register,
    name: (kind) => {
      serial += 1;
      return `${kind}-${serial}`;
    },
    settle: () => clock.sleep(pace.settleMs),
    until: async (look, isThere) => {
      const untilMs = clock.now() + pace.patienceMs;
      for (;;) {
        const seen = await look();
        if (isThere(seen) || clock.now() >= untilMs) return seen;
        await clock.sleep(pace.everyMs);
      }
    },
  };
}

/** Writes down every call that clients make from now on, as `EC2:CreateVpc`. */
export function recordCalls(clients: Clients): ReadonlySet<string> {
  const calls = new Set<string>();
  for (const client of Object.values(clients) as Clients[keyof Clients][]) {
    const service = client.constructor.name.replace(/Client$/, '');
    // The clients' stacks differ only in the types of what passes through, and this looks at none of it.
    const stack = client.middlewareStack as unknown as RecordingStack;
    stack.add(
      (next, context) => (args) => {
        calls.add(`${service}:${(context.commandName ?? '').replace(/Command$/, '')}`);
        return next(args);
      },
      { step: 'initialize', name: 'contractRecord', override: true },
    );
  }
  return calls;
}

interface RecordingStack {
  add(
    middleware: (
      next: (args: unknown) => Promise<unknown>,
      context: { readonly commandName?: string },
    ) => (args: unknown) => Promise<unknown>,
    options: { readonly step: 'initialize'; readonly name: string; readonly override: true },
  ): void;
}
