import net from 'node:net';
import { afterAll, beforeAll } from 'vitest';

import { removeScratch } from './scratch.ts';

/** Unit tests touch no network: opening any socket is a failure, not a slow success. */
beforeAll(() => {
  net.Socket.prototype.connect = function connect(): never {
    throw new Error('a unit test tried to open a socket');
  };
});

afterAll(removeScratch);
