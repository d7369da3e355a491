import { invariant } from '../errors.ts';
import type { Address, AnyResource } from './resource.ts';

/** Resources in an order in which each comes after what it needs; the same for the same input. */
export interface Graph {
  readonly resources: readonly AnyResource[];
  get(address: Address): AnyResource | undefined;
  needsOf(resource: AnyResource): readonly AnyResource[];
  neededBy(resource: AnyResource): readonly AnyResource[];
}

/**
 * Orders resources by what they need; among equals the given order stays.
 *
 * @throws Error (a bug) on a duplicate address or on a needed resource that is not in the list. Cycles cannot be
 *   written, as a resource needs objects that exist before it.
 */
export function createGraph(resources: readonly AnyResource[]): Graph {
  const byAddress = new Map<Address, AnyResource>();
  for (const resource of resources) {
    invariant(!byAddress.has(resource.address), `two resources have the address ${resource.address}`);
    byAddress.set(resource.address, resource);
  }
  const dependants = new Map<Address, AnyResource[]>();
  const ordered: AnyResource[] = [];
  const seen = new Set<Address>();
  const visit = (resource: AnyResource): void => {
    if (seen.has(resource.address)) return;
    seen.add(resource.address);
    for (const needed of Object.values(resource.needs)) {
      invariant(
        byAddress.get(needed.address) === needed,
        `${resource.address} needs ${needed.address}, which is not in the list`,
      );
      visit(needed);
      const list = dependants.get(needed.address) ?? [];
      list.push(resource);
      dependants.set(needed.address, list);
    }
    ordered.push(resource);
  };
  for (const resource of resources) visit(resource);
  return {
    resources: ordered,
    get: (address) => byAddress.get(address),
    needsOf: (resource) => Object.values(resource.needs),
    neededBy: (resource) => dependants.get(resource.address) ?? [],
  };
}
