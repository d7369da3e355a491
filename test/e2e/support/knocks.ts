import net from 'node:net';

/** Listens where nobody should come. */
export interface Door {
  /** How often somebody connected. */
  readonly knocks: number;
  close(): Promise<void>;
}

/** Counts who connects to an address, and talks to none of them. */
export async function listenForKnocks(address: string, port: number): Promise<Door> {
  let knocks = 0;
  const server = net.createServer((socket) => {
    knocks += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  return {
    get knocks() {
      return knocks;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
      }),
  };
}
