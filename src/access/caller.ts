import type net from 'node:net';
import type { Duplex } from 'node:stream';

import type { Clock } from '../engine/clock.ts';
import type { SshRoute } from '../ssh/arguments.ts';
import { belowFailure, type Door, openBelow, tooLate, unreachable } from './dial.ts';
import { connectLimitMs, within } from './limits.ts';

/** What is kept of a greeting: a ClientHello is a few hundred bytes, two thousand at most. */
const greetingBytes = 64 * 1024;

/**
 * A client of the tunnel. It is connected byte by byte, and TLS is its own. ssh does not say when it is connected, so a door
 * counts as open when something comes back; until then what the client said is kept, to be said to the next door. That is
 * harmless, as it is the greeting of TLS and no request.
 */
export class Caller {
  readonly #socket: net.Socket;
  readonly #said: Buffer[] = [];
  #far: Duplex | undefined;

  constructor(socket: net.Socket) {
    this.#socket = socket;
    // A client that breaks off is no news.
    socket.on('error', () => undefined);
    socket.on('data', this.#hear);
  }

  /** Whether it says something before it goes away. Some only look whether the port is open: for them nothing is opened. */
  greets(): Promise<boolean> {
    const socket = this.#socket;
    return new Promise((resolve) => {
      socket.once('data', () => {
        resolve(true);
      });
      socket.once('close', () => {
        resolve(false);
      });
    });
  }

  /**
   * Connects it to a door, and returns when the door has answered, or the client went away.
   *
   * @throws EsEcsError as `dial`, but for TLS; the client is left open, and can be connected to another door.
   */
  async connect(door: Door, { route, clock }: { route: SshRoute | undefined; clock: Clock }): Promise<void> {
    if (this.#socket.destroyed) return;
    const far = await openBelow(door, route);
    this.#far = far;
    try {
      for (const chunk of this.#said) far.write(chunk);
      await within(clock, connectLimitMs, (timeUp) => this.#answered(far, door, timeUp));
    } catch (error) {
      this.#far = undefined;
      far.destroy();
      throw error;
    }
    this.#join(far);
  }

  /** Ends the connection: there is nobody to connect it to. */
  hangUp(): void {
    this.#socket.destroy();
  }

  readonly #hear = (chunk: Buffer): void => {
    this.#said.push(chunk);
    this.#far?.write(chunk);
    if (this.#said.reduce((sum, one) => sum + one.length, 0) > greetingBytes) this.#socket.pause();
  };

  #answered(far: Duplex, door: Door, timeUp: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      // Not `once`: it may fail later too, when this promise is settled and nobody else listens.
      far.on('error', (error) => {
        reject(belowFailure(door, error));
      });
      far.once('readable', () => {
        if (far.readableLength > 0) resolve();
        else reject(unreachable(door, 'it ended the connection without a word'));
      });
      timeUp.addEventListener(
        'abort',
        () => {
          reject(tooLate(door));
        },
        { once: true },
      );
      this.#socket.once('close', resolve);
    });
  }

  #join(far: Duplex): void {
    const socket = this.#socket;
    socket.off('data', this.#hear);
    // An end that comes by itself lets what is still on its way arrive; a failure does not.
    far.once('error', () => {
      socket.destroy();
    });
    if (socket.destroyed) {
      far.destroy();
      return;
    }
    socket.once('close', () => {
      far.destroy();
    });
    socket.pipe(far);
    far.pipe(socket);
  }
}
