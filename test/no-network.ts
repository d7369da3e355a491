import net from 'node:net';
import { beforeAll } from 'vitest';

/** Unit tests touch no network: opening any socket is a failure, not a slow success. */
beforeAll(() => {
  net.Socket.prototype.connect = function connect(): never {
    throw new Error('a unit test tried to open a socket');
  };
});
