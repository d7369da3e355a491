import net from 'node:net';

import pLimit from 'p-limit';

import type { Clock } from '../engine/clock.ts';
import { EsEcsError, type ErrorCode } from '../errors.ts';
import { Caller } from './caller.ts';
import type { WayIn } from './cluster.ts';
import type { Door } from './dial.ts';
import { listenLocally } from './local-port.ts';

/** Where a tunnel leads, and through what. */
export type Path = Pick<WayIn, 'doors' | 'route'>;

/** What a tunnel is opened with. */
export interface TunnelOptions {
  /** On 127.0.0.1. */
  readonly port: number;
  readonly path: Path;
  /** Looks it up anew: hosts and the bastion get other addresses when they are replaced. */
  readonly findPath: () => Promise<Path>;
  readonly clock: Clock;
  /** A client could not be connected. The tunnel stays open, and the next may well be. */
  readonly onFailure: (failure: EsEcsError) => void;
  /** Connections go to another node than before. */
  readonly onDoor: (door: Door) => void;
}

/** A port of this machine that leads to the cluster. */
export interface Tunnel {
  readonly port: number;
  /** Ends the port and all connections. */
  close(): void;
}

/** Connections that are being made at the same time; sshd refuses some from the tenth on (`MaxStartups` in sshd_config). */
const dialledTogether = 4;

/** Between two looks for new addresses. */
const lookPauseMs = 5_000;

/** A failure is said once in this time. */
const quietMs = 10_000;

/**
 * Opens a port on 127.0.0.1 and connects who comes there to the cluster. Each client gets a connection of its own, made
 * when it comes: so whatever restarts on the way, the next client finds it again.
 *
 * @throws EsEcsError PORT_UNUSABLE
 */
export async function openTunnel(options: TunnelOptions): Promise<Tunnel> {
  const lead = new Lead(options);
  const sockets = new Set<net.Socket>();
  const limit = pLimit(dialledTogether);
  const tell = quietly(options);
  const serve = async (socket: net.Socket): Promise<void> => {
    const caller = new Caller(socket);
    if (!(await caller.greets())) return;
    try {
      await limit(() => lead.connect(caller));
    } catch (error) {
      caller.hangUp();
      if (!(error instanceof EsEcsError)) throw error;
      tell(error);
    }
  };
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    void serve(socket);
  });
  const port = await listenLocally(server, options.port);
  return {
    port,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Says the same only once in a while: a client that tries again and again fills no screen. */
function quietly({ clock, onFailure }: TunnelOptions): (failure: EsEcsError) => void {
  let last: { readonly message: string; readonly atMs: number } | undefined;
  return (failure) => {
    const nowMs = clock.now();
    if (last?.message === failure.message && nowMs - last.atMs < quietMs) return;
    last = { message: failure.message, atMs: nowMs };
    onFailure(failure);
  };
}

/** What a look says of the way itself: the bastion does not run, no host does. */
const known: readonly ErrorCode[] = ['BASTION_UNREACHABLE', 'CLUSTER_UNREACHABLE'];

/** Knows the way, and finds a new one when it ends. */
class Lead {
  readonly #options: TunnelOptions;
  #path: Path;
  /** The door that answered last: the next client begins there. */
  #last: Door | undefined;
  #look: { readonly atMs: number; readonly found: Promise<Path> } | undefined;

  constructor(options: TunnelOptions) {
    this.#options = options;
    this.#path = options.path;
  }

  /** @throws EsEcsError when no door answers, at the addresses of now either */
  async connect(caller: Caller): Promise<void> {
    try {
      await this.#tryDoors(caller);
    } catch (error) {
      if (!(error instanceof EsEcsError)) throw error;
      const before = JSON.stringify(this.#path);
      this.#path = await this.#lookAgain(error);
      if (JSON.stringify(this.#path) === before) throw error;
      await this.#tryDoors(caller);
    }
  }

  async #tryDoors(caller: Caller): Promise<void> {
    const { route, doors } = this.#path;
    const { clock } = this.#options;
    let failure: unknown;
    for (const door of this.#inTurn(doors)) {
      try {
        await caller.connect(door, { route, clock });
        this.#answered(door);
        return;
      } catch (error) {
        failure = error;
        // Anything else lies before the doors, and is so for every one.
        if (!(error instanceof EsEcsError) || error.code !== 'CLUSTER_UNREACHABLE') break;
      }
    }
    throw failure;
  }

  #inTurn(doors: readonly Door[]): readonly Door[] {
    const first = doors.filter((door) => door.host === this.#last?.host);
    return [...first, ...doors.filter((door) => !first.includes(door))];
  }

  #answered(door: Door): void {
    if (this.#last !== undefined && this.#last.host !== door.host) this.#options.onDoor(door);
    this.#last = door;
  }

  /** @throws EsEcsError why there is no way now, or the failure that made us look */
  async #lookAgain(failure: EsEcsError): Promise<Path> {
    const nowMs = this.#options.clock.now();
    if (this.#look === undefined || nowMs - this.#look.atMs > lookPauseMs)
      this.#look = { atMs: nowMs, found: this.#options.findPath() };
    try {
      return await this.#look.found;
    } catch (error) {
      if (!(error instanceof EsEcsError)) throw error;
      if (known.includes(error.code)) throw error;
      throw new EsEcsError(failure.code, failure.message, {
        hint: [...failure.hints, `looking for new addresses failed as well: ${error.message}`],
      });
    }
  }
}
