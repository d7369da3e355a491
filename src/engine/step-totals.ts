import type { StepTotal } from './events.ts';
import { type Address, stepOf } from './resource.ts';

/** How many resources of each step have something to do, in the order given; a step with nothing to do counts as none. */
export function stepTotals(
  resources: readonly { readonly address: Address; readonly works: boolean }[],
): readonly StepTotal[] {
  const counted = new Map<string, number>();
  for (const { address, works } of resources) {
    const step = stepOf(address);
    counted.set(step, (counted.get(step) ?? 0) + (works ? 1 : 0));
  }
  return [...counted].map(([step, total]) => ({ step, total }));
}
