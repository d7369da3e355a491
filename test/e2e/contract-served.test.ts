import type { Server } from 'node:http';

import { afterEach, describe } from 'vitest';

import { contractSuite } from '../contract/suite.ts';
import { servedTarget } from './support/served-target.ts';

describe('the contract on the simulated account, over the wire', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
  });
  contractSuite('served', () => servedTarget(servers));
});
