import type { Server } from 'node:http';

import { createVirtualClock } from '../../../src/engine/clock.ts';
import { createSimulatedAccount } from '../../../src/simulator/account.ts';
import { createAccountServer } from '../../../src/simulator/wire/account-server.ts';
import { listenLocally } from '../../../src/access/local-port.ts';
import { simulatedScratch, type Target } from '../../contract/targets.ts';
import { awsEnvironment, bareClients } from './moto.ts';

/** A new simulated account on a virtual clock, behind HTTP, with bare SDK clients that talk to it over the wire. */
export async function servedTarget(servers: Server[]): Promise<Target> {
  const clock = createVirtualClock({ startMs: Date.UTC(2026, 0, 1) });
  const account = createSimulatedAccount({ clock, delays: { call: 0 } });
  const environment = awsEnvironment('');
  const server = createAccountServer({
    account,
    credentials: {
      accessKeyId: environment['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: environment['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
    save: () => Promise.resolve(),
    tell: (text) => {
      throw new Error(text);
    },
  });
  servers.push(server);
  const port = await listenLocally(server, 0);
  const clients = bareClients(`http://127.0.0.1:${String(port)}`);
  return { name: 'served', clients, scratch: simulatedScratch(account, clock) };
}
