import https from 'node:https';
import type { Duplex } from 'node:stream';

import type { Clock } from '../engine/clock.ts';
import { EsEcsError } from '../errors.ts';
import type { SshRoute } from '../ssh/arguments.ts';
import { dial, type Door, type Trust } from './dial.ts';
import { connectLimitMs, within } from './limits.ts';

/** What an agent needs to connect. */
export interface AgentOptions {
  readonly door: Door;
  readonly trust: Trust;
  readonly route: SshRoute | undefined;
  readonly clock: Clock;
}

/**
 * Gives the client its connections, all to one door. One at a time, and kept: each is an ssh of its own, and requests made
 * together go one after the other.
 */
export class DoorAgent extends https.Agent {
  readonly #options: AgentOptions;
  #failure: EsEcsError | undefined;

  constructor(options: AgentOptions) {
    super({ keepAlive: true, maxSockets: 1 });
    this.#options = options;
  }

  /** Why the last connection could not be made; the client itself keeps only the message of such an error. */
  get failure(): EsEcsError | undefined {
    return this.#failure;
  }

  override createConnection(
    _options: https.RequestOptions,
    done: (error: Error | null, stream?: Duplex) => void,
  ): undefined {
    const { door, trust, route, clock } = this.#options;
    this.#failure = undefined;
    within(clock, connectLimitMs, (timeUp) => dial(door, { trust, route, timeUp })).then(
      (secured) => {
        done(null, secured);
      },
      (error: unknown) => {
        if (error instanceof EsEcsError) this.#failure = error;
        done(error instanceof Error ? error : new Error('no connection'));
      },
    );
  }
}
