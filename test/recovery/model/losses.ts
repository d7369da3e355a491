import fc from 'fast-check';

import type { Cluster } from './cluster.ts';
import { Move } from './move.ts';

/** The state file is gone, or all that lay beside the config. */
class Loss extends Move {
  readonly all: boolean;

  constructor(all: boolean) {
    super();
    this.all = all;
  }

  toString(): string {
    return this.all ? 'the directory is lost' : 'the state file is lost';
  }

  protected happen(cluster: Cluster): Promise<void> {
    cluster.loseState(this.all);
    return Promise.resolve();
  }
}

/** Time passes: things come into sight, locks expire, hosts come up. */
class Pause extends Move {
  readonly seconds: number;

  constructor(seconds: number) {
    super();
    this.seconds = seconds;
  }

  toString(): string {
    return `${String(this.seconds)} seconds pass`;
  }

  protected happen(cluster: Cluster): Promise<void> {
    return cluster.wait(this.seconds * 1000);
  }
}

export const loss = fc.boolean().map((all) => new Loss(all));
export const pause = fc.integer({ min: 1, max: 400 }).map((seconds) => new Pause(seconds));
