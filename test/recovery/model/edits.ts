import fc from 'fast-check';

import type { Cluster } from './cluster.ts';
import { Move } from './move.ts';
import { type Settings, versions } from './settings.ts';

/** Somebody edits the config; the next run will see it. */
class Edit extends Move {
  readonly change: Partial<Settings>;

  constructor(change: Partial<Settings>) {
    super();
    this.change = change;
  }

  toString(): string {
    return `edit ${JSON.stringify(this.change)}`;
  }

  protected happen(cluster: Cluster): Promise<void> {
    cluster.edit({ ...cluster.settings, ...this.change });
    return Promise.resolve();
  }
}

export const edit = fc
  .oneof(
    ...Array.from({ length: 4 }, () => fc.record({ nodes: fc.integer({ min: 1, max: 3 }) })),
    fc.record({ version: fc.constant(versions[1]) }),
    fc.record({ instanceType: fc.constantFrom('m7g.large', 'm7g.xlarge') }),
    fc.record({ indexBuffer: fc.constantFrom('20%', undefined) }),
    fc.record({ team: fc.constantFrom('red', 'blue', undefined) }),
    fc.record({ retentionDays: fc.constantFrom(7, 30, 90) }),
    fc.record({ cidrs: fc.subarray(['10.8.0.0/16', '10.9.0.0/16']) }),
    fc.record({ flowLogs: fc.boolean() }),
    fc.record({ heapMiB: fc.constantFrom(1024, 2048, undefined) }),
  )
  .map((change) => new Edit(change as Partial<Settings>));
