/** What a choice of zones is made from. Pure. */
export interface ZoneChoices {
  /** One for each zone that is wanted: where something stands already; undefined: free. */
  readonly places: readonly (string | undefined)[];
  /** What may be taken, best first. */
  readonly candidates: readonly string[];
  /** Whether everything that is wanted is offered there, in this order: the order decides which node stands where. */
  readonly suits: (zones: readonly string[]) => boolean;
}

/**
 * Fills the free places. The first choice that suits, trying candidates in their order; undefined where none does.
 * A region has at most six zones, so there are at most 720 choices.
 */
export function chooseZones({ places, candidates, suits }: ZoneChoices): readonly string[] | undefined {
  const free = candidates.filter((zone) => !places.includes(zone));
  return fill(places, free, suits);
}

function fill(
  places: readonly (string | undefined)[],
  free: readonly string[],
  suits: ZoneChoices['suits'],
): readonly string[] | undefined {
  const index = places.indexOf(undefined);
  if (index < 0) {
    const zones = places.filter((zone) => zone !== undefined);
    return suits(zones) ? zones : undefined;
  }
  for (const zone of free) {
    const rest = free.filter((other) => other !== zone);
    const found = fill(places.with(index, zone), rest, suits);
    if (found !== undefined) return found;
  }
  return undefined;
}
