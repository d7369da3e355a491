import { z } from 'zod';

import type { ReplicaVerdict } from '../elasticsearch/client.ts';
import { askFor, pathOf } from './answers.ts';
import { masterTimeout } from './limits.ts';
import type { ClusterServer } from './server.ts';

const explainAnswer = z.object({
  current_state: z.string().optional(),
  can_allocate: z.string().optional(),
  node_allocation_decisions: z
    .array(
      z.object({ deciders: z.array(z.object({ decider: z.string(), decision: z.string() })).optional() }),
    )
    .optional(),
});

/**
 * "Cluster allocation explain API": of several replicas of a shard it takes one that is on no node, where there is one. A shard that is not
 * there (any more) is refused with 400, an index with 404.
 */
export async function askReplica(
  server: ClusterServer,
  index: string,
  shard: number,
): Promise<ReplicaVerdict | undefined> {
  const said = await askFor(server, explainAnswer, {
    method: 'POST',
    path: pathOf('/_cluster/allocation/explain', { master_timeout: masterTimeout }),
    body: { index, shard, primary: false },
    isRepeatable: true,
    accepts: [400, 404],
  });
  if (said.current_state === undefined) return undefined;
  const refusals = (said.node_allocation_decisions ?? []).map(({ deciders = [] }) =>
    deciders.filter(({ decision }) => decision.toUpperCase() === 'NO').map(({ decider }) => decider),
  );
  return { isRefused: said.current_state === 'unassigned' && said.can_allocate === 'no', refusals };
}
