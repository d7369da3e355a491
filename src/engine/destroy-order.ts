import type { Doomed } from './destroy.ts';
import type { Graph } from './graph.ts';
import { type Address, type AnyResource, kindOf } from './resource.ts';

/**
 * For each doomed thing those that must be gone before it: whatever needs it. What an orphan needs is not known, so that its
 * kind decides: it goes after everything of the kinds that need its kind, and before everything of the kinds that its own needs.
 */
export function destroyOrder(
  doomed: readonly Doomed[],
  graph: Graph,
): ReadonlyMap<Address, ReadonlySet<Address>> {
  const claimed = new Map(
    doomed.filter((one) => one.isOrphan !== true).map((one) => [one.resource.address, one]),
  );
  const orphans = doomed.filter((one) => one.isOrphan === true);
  const above = orphans.length === 0 ? new Map<string, Set<string>>() : kindsAbove(graph);
  const isAbove = (upper: Doomed, lower: Doomed): boolean =>
    above.get(kindOf(lower.resource.address))?.has(kindOf(upper.resource.address)) === true;
  return new Map(
    doomed.map((one) => {
      const others = one.isOrphan === true ? doomed : orphans;
      const byKind = others.filter((other) => isAbove(other, one)).map((other) => other.resource.address);
      const byNeed = one.isOrphan === true ? [] : doomedAbove(one.resource, graph, claimed);
      return [one.resource.address, new Set([...byNeed, ...byKind])];
    }),
  );
}

/** Doomed things that need this one, also through things that are already gone. */
function doomedAbove(
  resource: AnyResource,
  graph: Graph,
  doomed: ReadonlyMap<Address, Doomed>,
): ReadonlySet<Address> {
  const above = new Set<Address>();
  for (const dependant of graph.neededBy(resource)) {
    if (doomed.has(dependant.address)) above.add(dependant.address);
    else for (const address of doomedAbove(dependant, graph, doomed)) above.add(address);
  }
  return above;
}

/** By kind, the other kinds that need it, also through others. */
function kindsAbove(graph: Graph): ReadonlyMap<string, ReadonlySet<string>> {
  const direct = new Map<string, Set<string>>();
  for (const resource of graph.resources) {
    for (const needed of graph.needsOf(resource)) {
      const kind = kindOf(needed.address);
      direct.set(kind, (direct.get(kind) ?? new Set()).add(kindOf(resource.address)));
    }
  }
  return new Map([...direct.keys()].map((kind) => [kind, reachable(direct, kind)]));
}

function reachable(direct: ReadonlyMap<string, ReadonlySet<string>>, from: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = [from];
  for (let kind = open.pop(); kind !== undefined; kind = open.pop()) {
    for (const upper of direct.get(kind) ?? []) {
      if (upper === from || seen.has(upper)) continue;
      seen.add(upper);
      open.push(upper);
    }
  }
  return seen;
}
