import fc from 'fast-check';

import type { Cluster } from './cluster.ts';
import { Move } from './move.ts';
import { isAllocationHeld, writeIndex } from './watch.ts';

/** Somebody writes to Elasticsearch. */
class Writing extends Move {
  toString(): string {
    return 'an index is written';
  }

  protected happen(cluster: Cluster): Promise<void> {
    const { world } = cluster.account;
    // Of an index that is made while a roll holds allocation there is one copy, which may be on the very node that goes.
    if (isAllocationHeld(world)) cluster.watch.end();
    if (!writeIndex(world)) cluster.log.push('there is no cluster to write to');
    return Promise.resolve();
  }
}

export const writing = fc.constant(new Writing());
