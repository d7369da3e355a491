import { type Address, type AnyResource, kindOf } from './resource.ts';

/** A thing that carries the cluster's tag and that no resource claims. */
export interface Orphan {
  /** `network/vpc (vpc-0a…)`: the address that its tag names, or its kind's, and its id. */
  readonly address: Address;
  readonly id: string;
  readonly observed: unknown;
  /** A resource of its kind, which knows how such a thing is found by its id and destroyed. */
  readonly kin: AnyResource;
}

/**
 * The things of all kinds that no resource claims: a second one of an address, one of an address that the config does not know,
 * one without an address.
 *
 * @param observed what each resource was found to be; what is in it is claimed.
 */
export async function findOrphans(
  resources: readonly AnyResource[],
  observed: ReadonlyMap<Address, unknown>,
): Promise<readonly Orphan[]> {
  const claimed = new Set<string>();
  for (const resource of resources) {
    const one = observed.get(resource.address);
    if (one !== undefined) claimed.add(keyOf(resource, resource.id(one)));
  }
  const orphans = new Map<string, Orphan>();
  const kinds = onePerKind(resources);
  const things = await Promise.all(kinds.map(async (kin) => kin.all?.()));
  for (const [index, kin] of kinds.entries()) {
    for (const thing of things[index] ?? []) {
      const id = kin.id(thing.observed);
      const key = keyOf(kin, id);
      if (claimed.has(key) || kin.phase(thing.observed) === 'gone') continue;
      const address = `${thing.address ?? kindOf(kin.address)} (${id})`;
      orphans.set(key, { address, id, observed: thing.observed, kin });
    }
  }
  return [...orphans.values()];
}

/** An orphan as a resource of its own: found by its id alone, and wanted by nobody. */
export function resourceOf(orphan: Orphan): AnyResource {
  const { address, id, kin } = orphan;
  return {
    ...kin,
    address,
    needs: {},
    unwanted: true,
    find: ({ fresh }) => kin.find({ id, fresh, inputs: {} }),
  };
}

/** Resources of one kind give the same list. */
function onePerKind(resources: readonly AnyResource[]): readonly AnyResource[] {
  const byKind = new Map<string, AnyResource>();
  for (const resource of resources) {
    const kind = kindOf(resource.address);
    if (resource.all !== undefined && !byKind.has(kind)) byKind.set(kind, resource);
  }
  return [...byKind.values()];
}

function keyOf(resource: AnyResource, id: string): string {
  return `${kindOf(resource.address)} ${id}`;
}
