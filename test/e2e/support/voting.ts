import type { LivingCluster } from './living-cluster.ts';

/** Who votes, by name where the node is in the cluster, and how many nodes have had their votes taken. */
export interface Voting {
  readonly voters: readonly string[];
  readonly exclusions: number;
}

/** As the elected master has it. */
export async function votingOf({ body }: Pick<LivingCluster, 'body'>): Promise<Voting> {
  const { metadata } = await body<{ metadata: { cluster_coordination: Coordination } }>(
    '/_cluster/state/metadata?filter_path=metadata.cluster_coordination',
  );
  const { last_committed_config: committed, voting_config_exclusions: excluded } =
    metadata.cluster_coordination;
  const nodes = await body<{ name: string; id: string }[]>('/_cat/nodes?h=name,id&full_id&format=json');
  const names = new Map(nodes.map(({ name, id }) => [id, name]));
  return { voters: committed.map((id) => names.get(id) ?? id).sort(), exclusions: excluded.length };
}

/** Of the cluster state: ids of nodes. */
interface Coordination {
  readonly last_committed_config: readonly string[];
  readonly voting_config_exclusions: readonly object[];
}
