import { setTimeout } from 'node:timers/promises';

import { type ClusterConnection, connectCluster } from '../../../src/access/cluster.ts';
import { type Clients, createClients } from '../../../src/aws/clients.ts';
import { Inventory } from '../../../src/aws/inventory.ts';
import { CallMeter } from '../../../src/aws/meter.ts';
import { findWayIn } from '../../../src/cli/real-adapters.ts';
import type { Simulation } from '../../../src/cli/simulation.ts';
import type { Config } from '../../../src/config/config.ts';
import { createVirtualClock, realClock } from '../../../src/engine/clock.ts';
import type { ClusterControl } from '../../../src/elasticsearch/client.ts';
import { createSimulatedAccount } from '../../../src/simulator/account.ts';
import type { ClusterAccess } from '../../../src/steps/adapters.ts';
import { aroundControl } from '../../access/around-control.ts';
import type { Sshd } from './sshd.ts';

/** The real pause after an answer that will be asked for again: the account's own clock would not pause at all. */
const pauseMs = 500;

/** What the product's own way in is led through. */
export interface BastionOptions {
  readonly simulation: Simulation;
  readonly config: Config;
  readonly sshd: Sshd;
  readonly knownHostsFile: string;
  /** Where a node's host is on this machine. */
  readonly addressOf: (node: string) => string;
  /** How many nodes' containers run. */
  readonly running: () => number;
}

/**
 * The product's own way in: bastion, hosts, key and secrets are looked up in the account; then only the addresses are those of
 * an sshd and of containers on loopback.
 */
export function throughBastion(options: BastionOptions): ClusterAccess {
  const { simulation, config, sshd, knownHostsFile, addressOf } = options;
  let connection: ClusterConnection | undefined;
  const close = (): void => {
    connection?.close();
    connection = undefined;
  };
  return {
    connect: async () => {
      close();
      const { keys } = simulation.adapters;
      const clients = clientsOfCopy(simulation, config);
      const inventory = new Inventory(clients, config.name);
      const way = await findWayIn({ config, clients, inventory, keys, knownHostsFile });
      if ('blocked' in way || way.route === undefined) throw new Error('the config has a bastion');
      const { route, doors } = way;
      connection = connectCluster(
        {
          ...way,
          doors: doors.map((door) => ({ ...door, host: addressOf(door.name) })),
          route: {
            ...route,
            bastion: { ...route.bastion, address: '127.0.0.1' },
            port: sshd.port,
            user: sshd.user,
          },
        },
        realClock,
      );
      return inRealTime(connection.control, options);
    },
    close,
  };
}

/**
 * Of a copy of the account as it is now, with a time of its own: whoever connects has stopped the account's, in which calls take
 * their time.
 */
function clientsOfCopy({ account, credentials }: Simulation, config: Config): Clients {
  const snapshot = account.snapshot();
  const clock = createVirtualClock({ startMs: snapshot.nowMs });
  const copy = createSimulatedAccount({ clock, region: config.region, snapshot });
  return createClients({
    region: config.region,
    clock,
    meter: new CallMeter(),
    credentials,
    attach: (client) => {
      copy.attach(client);
    },
  });
}

/** While a question is under way the account's time stands still; whoever will ask again waits in real time first. */
function inRealTime(control: ClusterControl, { simulation, running }: BastionOptions): ClusterControl {
  const { clock } = simulation;
  const pausing = async <Value>(ask: () => Promise<Value>, isFinal: (value: Value) => boolean) => {
    try {
      const value = await ask();
      if (!isFinal(value)) await setTimeout(pauseMs);
      return value;
    } catch (error) {
      await setTimeout(pauseMs);
      throw error;
    }
  };
  return {
    ...aroundControl(control, (_method, ask) => clock.hold(pausing(ask, () => true))),
    health: () =>
      clock.hold(
        pausing(
          () => control.health(),
          ({ status }) => status === 'green',
        ),
      ),
    nodes: () =>
      clock.hold(
        pausing(
          () => control.nodes(),
          (nodes) => nodes.length >= running(),
        ),
      ),
  };
}
