import type fc from 'fast-check';

import { broken } from './invariants.ts';
import type { Cluster } from './cluster.ts';

/** What a sequence remembers of what there has been. */
export interface Past {
  readonly volumes: Set<string>;
}

/** One thing that happens to a cluster: a person's doing, AWS's, or chance's. */
export abstract class Move implements fc.AsyncCommand<Past, Cluster> {
  /** How it reads in a failing sequence. */
  abstract toString(): string;

  protected abstract happen(cluster: Cluster): Promise<void>;

  check(): boolean {
    return true;
  }

  async run(past: Past, cluster: Cluster): Promise<void> {
    cluster.log.push(this.toString());
    await this.happen(cluster);
    mustHold(cluster, past);
  }
}

/** @throws Error naming what does not hold, and what has happened so far. */
export function mustHold(cluster: Cluster, past: Past): void {
  const told = [
    ...broken(cluster.account.snapshot(), past.volumes),
    ...cluster.watch.told(cluster.account.world),
  ];
  if (told.length > 0) throw new Error([...told, 'after', ...cluster.log].join('\n'));
}
