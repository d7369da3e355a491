import type { Graph } from './graph.ts';
import type { Memory } from './memory.ts';
import { makePlan, type Plan } from './plan.ts';
import type { Address, Phase } from './resource.ts';

/** What one resource is, seen without changing anything. */
export interface Inspected {
  readonly address: Address;
  readonly id: string | undefined;
  /** `absent` is `gone`. */
  readonly phase: Phase;
  readonly inSync: boolean;
}

export interface Inspection {
  readonly resources: readonly Inspected[];
  readonly observed: ReadonlyMap<Address, unknown>;
  readonly plan: Plan;
}

/** Looks at everything, gates included. Reads only. */
export async function inspect(graph: Graph, memory: Memory): Promise<Inspection> {
  const plan = await makePlan(graph, memory);
  const observed = new Map<Address, unknown>();
  for (const entry of plan.entries) {
    if (entry.observed !== undefined) observed.set(entry.resource.address, entry.observed);
  }
  const resources: Inspected[] = [];
  for (const { resource, action, id } of plan.entries) {
    const { address } = resource;
    if (resource.unwanted === true && action === 'in-sync') continue;
    if (resource.gate !== true) {
      const one = observed.get(address);
      const phase = one === undefined ? 'gone' : resource.phase(one);
      resources.push({ address, id, phase, inSync: action === 'in-sync' });
      continue;
    }
    // A gate looks at what it needs; in the graph's order that is known by now.
    const inputs = Object.fromEntries(
      Object.entries(resource.needs).map(([name, needed]) => [name, observed.get(needed.address)]),
    );
    const one = await resource.find({ id: memory.id(address), fresh: false, inputs });
    if (one !== undefined) observed.set(address, one);
    const phase = one === undefined ? 'gone' : resource.phase(one);
    resources.push({
      address,
      id: one === undefined ? undefined : resource.id(one),
      phase,
      // It has nothing that could drift; what it waits for is its phase.
      inSync: true,
    });
  }
  return { resources, observed, plan };
}
