import type { ClusterHealth, ClusterIndex, ClusterNode, ClusterView, ShardCopy } from '../client.ts';

/** A replica that no node of the cluster can ever take, as the cluster and the index are. */
export interface Homeless {
  readonly index: string;
  readonly shard: number;
  /** A sentence without a full stop. */
  readonly because: string;
}

/** What is looked at to find them. */
interface Seen {
  readonly health: ClusterHealth;
  readonly nodes: readonly ClusterNode[];
  readonly shards: readonly ShardCopy[];
  readonly indices: readonly ClusterIndex[];
}

/**
 * The deciders whose no lasts as long as the nodes and the index are what they are: a copy is there already, the node is of another
 * tier, its zone has as many copies as it may. All others pass or are held by somebody: a full disk, throttling, two versions side by
 * side, `enable`, a filter.
 */
const lasting = ['same_shard', 'data_tier', 'awareness'] as const;

/** Groups of replicas that are asked for at one look; the others are waited for. */
const mostAsked = 20;

/**
 * Yellow, and no copy is on its way. One that is counted as delayed may be on none either: where a node that has come back took another of the
 * missing replicas than the one it had, the count goes on until the delay is over (8.19.13: ten minutes for each restart of a node that
 * holds a shard with more replicas than there are nodes). Of each the explanation tells.
 */
export function isYellowAtRest({ status, initializing, relocating }: ClusterHealth): boolean {
  return status === 'yellow' && initializing + relocating === 0;
}

/**
 * The replicas for which every node says no in a way that lasts, by Elasticsearch's own word. One is asked of all that have their
 * other copies on the same nodes, as many of them, and the same tiers: for these the answers are the same.
 */
export async function findHomeless(
  view: Pick<ClusterView, 'explainReplica'>,
  { health, nodes, shards, indices }: Seen,
): Promise<readonly Homeless[]> {
  if (!isYellowAtRest(health)) return [];
  const groups = new Map<string, ShardCopy[]>();
  for (const copy of shards) {
    if (copy.isPrimary || copy.state !== 'unassigned') continue;
    const index = indices.find(({ name }) => name === copy.index);
    const on = shards
      .filter((one) => one.index === copy.index && one.shard === copy.shard && one.node !== undefined)
      .map(({ node }) => node);
    const key = [index?.tierPreference, index?.replicas, ...on.toSorted()].join(' ');
    groups.set(key, [...(groups.get(key) ?? []), copy]);
  }
  const found = await Promise.all(
    [...groups.values()].slice(0, mostAsked).map(async (copies): Promise<readonly Homeless[]> => {
      const [first] = copies;
      if (first === undefined) return [];
      const verdict = await view.explainReplica(first.index, first.shard);
      if (verdict?.isRefused !== true) return [];
      const noes = verdict.refusals.map((names) => lasting.filter((name) => names.includes(name)));
      if (noes.length === 0 || noes.some((names) => names.length === 0)) return [];
      return copies.map(({ index, shard }) => ({
        index,
        shard,
        because: sentence(
          noes,
          indices.find(({ name }) => name === index),
          nodes,
        ),
      }));
    }),
  );
  return found.flat();
}

function sentence(
  noes: readonly (readonly string[])[],
  index: ClusterIndex | undefined,
  nodes: readonly ClusterNode[],
): string {
  const replicas = index?.replicas ?? 1;
  const wants = `the index ${index?.name ?? ''} wants ${replicas} ${replicas === 1 ? 'replica' : 'replicas'} beside each primary`;
  const free = noes.filter((names) => !names.includes('same_shard'));
  if (free.length === 0) {
    const there = noes.length === 1 ? 'there is one data node' : `there are ${noes.length} data nodes`;
    return `${wants}, and ${there}`;
  }
  if (free.every((names) => names.includes('data_tier'))) {
    const tiers = (index?.tierPreference ?? '').split(',');
    const tier = tiers.find((name) =>
      nodes.some(({ roles }) => roles.includes(name) || roles.includes('data')),
    );
    const holders = noes.length - free.length;
    return `${wants}, and ${holders === 1 ? 'one node has' : `${holders} nodes have`} the tier ${tier ?? tiers.join(', ')} that it is kept on`;
  }
  return `${wants}, and no other zone has a node that may hold one`;
}

/** Each index once, with its reason. */
export function homelessReasons(homeless: readonly Homeless[]): readonly string[] {
  return [...new Map(homeless.map(({ index, because }) => [index, because])).values()];
}

/** Whether every copy that is missing is one of these. */
export function isAllHomeless(shards: readonly ShardCopy[], homeless: readonly Homeless[]): boolean {
  const known = new Set(homeless.map(({ index, shard }) => `${index} ${shard}`));
  const missing = shards.filter(({ state }) => state === 'unassigned');
  return (
    missing.length > 0 &&
    missing.every(({ isPrimary, index, shard }) => !isPrimary && known.has(`${index} ${shard}`))
  );
}
