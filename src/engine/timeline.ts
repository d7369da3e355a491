import type { Plan } from './plan.ts';
import type { Address } from './resource.ts';
import type { Span } from './run.ts';

/** The chain of resources, each waiting for the one before, that took the longest to get through. */
export interface CriticalPath {
  /** The time that the chain spends waiting for the account; no run can be faster. */
  readonly ms: number;
  readonly addresses: readonly Address[];
}

interface Chain {
  readonly ms: number;
  readonly addresses: readonly Address[];
}

/** Finds the longest chain of waits; a resource that waited for nothing costs nothing in it. */
export function criticalPath(spans: readonly Span[]): CriticalPath {
  const chains = new Map<Address, Chain>();
  let longest: Chain = { ms: 0, addresses: [] };
  for (const span of [...spans].sort((a, b) => a.endMs - b.endMs)) {
    let before: Chain = { ms: 0, addresses: [] };
    for (const need of span.needs) {
      const chain = chains.get(need);
      if (chain !== undefined && chain.ms > before.ms) before = chain;
    }
    const chain: Chain =
      span.waitedMs > 0
        ? { ms: before.ms + span.waitedMs, addresses: [...before.addresses, span.address] }
        : before;
    chains.set(span.address, chain);
    if (chain.ms > longest.ms) longest = chain;
  }
  return longest;
}

/** How long a plan will take, by the usual length of each wait along the longest chain. */
export function forecastMs(plan: Plan, awaitGates: boolean): number {
  const ends = new Map<Address, number>();
  for (const { resource, action } of plan.entries) {
    const begins = Math.max(
      0,
      ...Object.values(resource.needs).map((needed) => ends.get(needed.address) ?? 0),
    );
    const works = action === 'create' || action === 'replace' || (action === 'gate' && awaitGates);
    ends.set(resource.address, begins + (works ? resource.waits.usualMs : 0));
  }
  return Math.max(0, ...ends.values());
}
