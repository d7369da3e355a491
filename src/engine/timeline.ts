import type { Lane } from './lane.ts';
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

/** The nodes that a plan restarts, and how long their lanes usually take for it. */
export interface RollForecast {
  readonly addresses: readonly Address[];
  readonly ms: number;
}

/** What of a plan restarts nodes. Lanes go side by side, the turns within one do not. */
export function forecastRoll(plan: Plan): RollForecast {
  const rolling = plan.entries.filter(({ action, impact }) => action === 'change' && impact === 'rolling');
  const lanes = new Map<Lane | undefined, number>();
  for (const { resource } of rolling) {
    const { usualMs } = resource.rollingWaits ?? resource.waits;
    lanes.set(resource.lane, (lanes.get(resource.lane) ?? 0) + usualMs);
  }
  return {
    addresses: rolling.map(({ resource }) => resource.address),
    ms: Math.max(0, ...lanes.values()),
  };
}

/** How long a plan will take, by the usual length of each wait along the longest chain. */
export function forecastMs(plan: Plan, awaitGates: boolean): number {
  const ends = new Map<Address, number>();
  const laneEnds = new Map<Lane, number>();
  let leavesMs = 0;
  for (const { resource, action, impact, takesMs } of plan.entries) {
    const begins = Math.max(
      0,
      ...Object.values(resource.needs).map((needed) => ends.get(needed.address) ?? 0),
    );
    const { lane } = resource;
    if (lane !== undefined && action === 'change' && impact === 'rolling') {
      const { usualMs } = resource.rollingWaits ?? resource.waits;
      const end = Math.max(begins, laneEnds.get(lane) ?? 0) + usualMs;
      laneEnds.set(lane, end);
      ends.set(resource.address, end);
      continue;
    }
    if (action === 'destroy' && takesMs !== undefined) leavesMs = Math.max(leavesMs, takesMs);
    const works = action === 'create' || action === 'replace' || (action === 'gate' && awaitGates);
    ends.set(resource.address, begins + (works ? resource.waits.usualMs : 0));
  }
  // What goes with care goes once all else is done.
  return Math.max(0, ...ends.values()) + leavesMs;
}
