import type { Lane } from '../engine/lane.ts';
import type { Review } from '../engine/resource.ts';

/** How nodes that the config no longer has leave a cluster that goes on without them. */
export interface Departures {
  /** In which their services end. */
  readonly lane: Lane;
  /** What the end of a node's service means, and whether it may leave. The cluster is asked, once for all of them. */
  review(node: string): Promise<Review>;
}
