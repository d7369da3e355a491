import fc from 'fast-check';

import type { Cluster } from './cluster.ts';
import { groupNames, isPossible, type ModelGroup, nodesText, purposes } from './groups.ts';
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

/** Somebody changes what groups there are, their counts or their roles; what would make no cluster he does not write. */
class Regroup extends Move {
  readonly what: string;
  readonly change: (groups: readonly ModelGroup[]) => readonly ModelGroup[];

  constructor(what: string, change: Regroup['change']) {
    super();
    this.what = what;
    this.change = change;
  }

  toString(): string {
    return this.what;
  }

  protected happen(cluster: Cluster): Promise<void> {
    const groups = this.change(cluster.settings.groups);
    if (isPossible(groups)) cluster.edit({ ...cluster.settings, groups });
    cluster.log.push(`nodes: ${nodesText(cluster.settings.groups)}`);
    return Promise.resolve();
  }
}

const count = fc.integer({ min: 1, max: 3 });
const which = fc.nat({ max: 2 });
const purpose = fc.constantFrom(...purposes);

function changeOne(
  groups: readonly ModelGroup[],
  index: number,
  change: Partial<ModelGroup>,
): readonly ModelGroup[] {
  return groups.map((group, at) => (at === index % groups.length ? { ...group, ...change } : group));
}

/** A name that no group has; undefined where all are taken. */
function freeName(groups: readonly ModelGroup[]): string | undefined {
  return groupNames.find((name) => !groups.some((group) => group.name === name));
}

const counting = fc
  .tuple(which, count)
  .map(
    ([index, to]) =>
      new Regroup(`count of group ${index}: ${to}`, (groups) => changeOne(groups, index, { count: to })),
  );
const giving = fc
  .tuple(which, purpose)
  .map(
    ([index, to]) =>
      new Regroup(`roles of group ${index}: ${to}`, (groups) => changeOne(groups, index, { purpose: to })),
  );
const renaming = which.map(
  (index) =>
    new Regroup(`another name for group ${index}`, (groups) => {
      const name = freeName(groups);
      return name === undefined ? groups : changeOne(groups, index, { name });
    }),
);
const adding = fc.tuple(count, purpose).map(
  ([to, as]) =>
    new Regroup(`a new group: ${to} ${as}`, (groups) => {
      const name = freeName(groups);
      return name === undefined ? groups : [...groups, { name, count: to, purpose: as }];
    }),
);
const removing = which.map(
  (index) =>
    new Regroup(`without group ${index}`, (groups) =>
      groups.length < 2 ? groups : groups.filter((_, at) => at !== index % groups.length),
    ),
);

export const regroup = fc.oneof(counting, counting, giving, giving, renaming, adding, adding, removing);

export const edit = fc
  .oneof(
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
