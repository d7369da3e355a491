import { z } from 'zod';

import type { ClusterHealth, HealthWait, WantedHealth } from '../elasticsearch/client.ts';
import { EsEcsError } from '../errors.ts';
import { askFor, pathOf } from './answers.ts';
import { healthWait, masterTimeout } from './limits.ts';
import type { ClusterServer } from './server.ts';

/** What is read of `GET _cluster/health`; older servers write the status in capitals as well. */
const healthAnswer = z
  .object({
    status: z
      .string()
      .toLowerCase()
      .pipe(z.enum(['green', 'yellow', 'red'])),
    timed_out: z.boolean(),
    number_of_nodes: z.number(),
    number_of_data_nodes: z.number(),
    active_shards: z.number(),
    initializing_shards: z.number(),
    relocating_shards: z.number(),
    unassigned_shards: z.number(),
    delayed_unassigned_shards: z.number(),
  })
  .transform((said) => ({
    isTimedOut: said.timed_out,
    health: {
      status: said.status,
      nodes: said.number_of_nodes,
      dataNodes: said.number_of_data_nodes,
      shards: said.active_shards,
      initializing: said.initializing_shards,
      relocating: said.relocating_shards,
      unassigned: said.unassigned_shards,
      delayedUnassigned: said.delayed_unassigned_shards,
    },
  }));

/** A health that did not come in time has status 408, and is an answer by its form ("Cluster health API"). */
const accepts = [408];

/**
 * `GET _cluster/health`, answered by the elected master; never `local=true`, which goes on saying what once was.
 *
 * @throws EsEcsError CLUSTER_BUSY, where the master does not answer the node that was asked
 */
export async function askHealth(server: ClusterServer): Promise<ClusterHealth> {
  const path = pathOf('/_cluster/health', { master_timeout: masterTimeout });
  const { isTimedOut, health } = await askFor(server, healthAnswer, { method: 'GET', path, accepts });
  if (!isTimedOut) return health;
  throw new EsEcsError('CLUSTER_BUSY', 'the elected master does not answer in time', {
    hint: 'es-ecs status  shows which tasks run',
  });
}

/** The same, once it is as wanted or the server has waited long enough. */
export async function awaitHealth(server: ClusterServer, wanted: WantedHealth): Promise<HealthWait> {
  const path = pathOf('/_cluster/health', {
    wait_for_status: wanted.status,
    ...(wanted.nodes === undefined ? {} : { wait_for_nodes: `>=${wanted.nodes}` }),
    ...(wanted.atRest === true
      ? { wait_for_no_initializing_shards: 'true', wait_for_no_relocating_shards: 'true' }
      : {}),
    // What was changed a moment ago is in the answer.
    wait_for_events: 'languid',
    timeout: healthWait,
    master_timeout: masterTimeout,
  });
  const { isTimedOut, health } = await askFor(server, healthAnswer, { method: 'GET', path, accepts });
  return { isReached: !isTimedOut, health };
}
