import { z } from 'zod';

import type { Voter, VotingConfiguration } from '../elasticsearch/client.ts';
import { askFor, pathOf } from './answers.ts';
import { masterTimeout } from './limits.ts';
import type { ClusterServer } from './server.ts';

/** What a cluster that has not formed says instead of its UUID. */
const noUuid = '_na_';

/** What stands for the name of a node whose vote was taken by its id while it was not in the cluster. */
const absent = '_absent_';

/** What is read of `GET _cluster/state`; each question asks for parts of it. */
const stateAnswer = z.object({
  cluster_uuid: z.string().optional(),
  master_node: z.string().optional(),
  nodes: z
    .record(
      z.string(),
      z.object({
        name: z.string(),
        ephemeral_id: z.string().optional(),
        attributes: z.object({ zone: z.string().optional() }).optional(),
        roles: z.array(z.string()).optional(),
      }),
    )
    .optional(),
  metadata: z
    .object({
      cluster_coordination: z
        .object({
          last_committed_config: z.array(z.string()).optional(),
          voting_config_exclusions: z
            .array(z.object({ node_id: z.string(), node_name: z.string() }))
            .optional(),
        })
        .optional(),
    })
    .optional(),
});

/**
 * The state as the elected master has published it: of a node without one this is no answer, as it would tell what once was.
 *
 * @param parts as `filter_path` has them; the master is added, as what tells the one from the other.
 */
export async function readState(server: ClusterServer, parts: string): Promise<z.infer<typeof stateAnswer>> {
  const path = pathOf('/_cluster/state/master_node,nodes,metadata', {
    filter_path: `master_node,${parts}`,
    master_timeout: masterTimeout,
  });
  return askFor(server, stateAnswer, { method: 'GET', path, master: 'in the answer' });
}

/** Undefined until the cluster has formed. */
export async function askUuid(server: ClusterServer): Promise<string | undefined> {
  const { cluster_uuid: uuid } = await readState(server, 'cluster_uuid');
  return uuid === undefined || uuid === noUuid ? undefined : uuid;
}

/** Of the configuration that was last committed: one that is only accepted elects nobody yet. */
export async function askVoting(server: ClusterServer): Promise<VotingConfiguration> {
  const state = await readState(server, 'nodes.*.name,metadata.cluster_coordination');
  const { nodes = {}, metadata } = state;
  const coordination = metadata?.cluster_coordination;
  const voters = (coordination?.last_committed_config ?? []).map(
    (id): Voter => ({ id, name: nodes[id]?.name }),
  );
  const exclusions = (coordination?.voting_config_exclusions ?? []).map(
    ({ node_id: id, node_name: name }): Voter => ({ id, name: name === absent ? undefined : name }),
  );
  return { voters, exclusions };
}
