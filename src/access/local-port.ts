import net, { type Server } from 'node:net';

import { EsEcsError, invariant } from '../errors.ts';

/** Of this machine only. */
const loopback = '127.0.0.1';

/** How many of the next ports are tried for a free one to name. */
const tried = 20;

/**
 * Lets a server listen on a port of this machine, where only this machine's own programs reach it.
 *
 * @param command that of the hint
 * @returns the port, which is another one than asked for only where 0 was.
 * @throws EsEcsError PORT_UNUSABLE, with another one in the hint
 */
export async function listenLocally(
  server: Server,
  port: number,
  command = 'es-ecs tunnel',
): Promise<number> {
  const code = await listen(server, port);
  if (code === undefined) {
    const address = server.address();
    invariant(typeof address === 'object' && address !== null, 'a server that listens has a port');
    return address.port;
  }
  const because = reasons[code] ?? code;
  throw new EsEcsError('PORT_UNUSABLE', `port ${port} of this machine cannot be used: ${because}`, {
    hint: `${command} --port ${await freePort(port)}`,
  });
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'it takes more rights than yours',
};

/** The error's code, where it cannot. */
function listen(server: Server, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const failed = (error: Error): void => {
      resolve('code' in error ? String(error.code) : error.message);
    };
    server.once('error', failed);
    server.listen(port, loopback, () => {
      server.off('error', failed);
      resolve(undefined);
    });
  });
}

/** The next that is free, or any. */
async function freePort(after: number): Promise<number> {
  const next = Array.from({ length: tried }, (_, index) => after + 1 + index).filter(
    (port) => port > 1023 && port < 65_536,
  );
  for (const port of [...next, 0]) {
    const server = net.createServer();
    if ((await listen(server, port)) !== undefined) continue;
    const address = server.address();
    await new Promise((resolve) => server.close(resolve));
    if (typeof address === 'object' && address !== null) return address.port;
  }
  return 0;
}
