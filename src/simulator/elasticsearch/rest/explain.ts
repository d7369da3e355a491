import { isAwaited } from '../allocation.ts';
import { copiesOf, mayHold, refusalsOf, type Shard, wantedReplicas } from '../deciders.ts';
import { nodeIdOf } from '../disks.ts';
import { type Asked, ok, recordOf, refused, type Route } from './asked.ts';

/** `_cluster/allocation/explain`, of a named replica or primary. */
export const explainRoutes: Route = (asked) => {
  if (asked.words.join('/') !== '_cluster/allocation/explain') return undefined;
  if (asked.method !== 'GET' && asked.method !== 'POST') return undefined;
  const { index: name, shard: number, primary } = recordOf(asked.body);
  const index = asked.cluster.indices.find((one) => one.name === name);
  if (typeof name !== 'string') return anyOf(asked);
  if (index === undefined) return refused(404, 'index_not_found_exception', `no such index [${name}]`);
  return explain(asked, { index, shard: Number(number) }, primary === true);
};

const nothing = (of: string): ReturnType<Route> =>
  refused(400, 'illegal_argument_exception', `unable to find any ${of}`);

/** Without a body it explains a shard that is on no node, where there is one. */
function anyOf(asked: Asked): ReturnType<Route> {
  for (const index of asked.cluster.indices) {
    for (let shard = 0; shard < index.shards; shard += 1) {
      const isMissing = assignedOf(asked, { index, shard }).length < 1 + wantedReplicas(index, asked.board);
      if (isMissing) return explain(asked, { index, shard }, false);
    }
  }
  return nothing('unassigned shards to explain. This may indicate that all shards are assigned.');
}

function assignedOf({ cluster }: Asked, shard: Shard): ReturnType<typeof copiesOf> {
  return copiesOf(cluster, shard).filter((copy) => copy.state !== 'away' && copy.movesFrom === undefined);
}

function explain(asked: Asked, shard: Shard, isPrimary: boolean): ReturnType<Route> {
  const { board, world } = asked;
  const assigned = assignedOf(asked, shard);
  const hasPrimary = assigned.some((copy) => copy.isPrimary);
  const wanted = isPrimary ? 1 : wantedReplicas(shard.index, board);
  const there = assigned.filter((copy) => copy.isPrimary === isPrimary);
  if (shard.shard >= shard.index.shards || wanted === 0) {
    const words = `index=${shard.index.name},shard=${shard.shard},primary?=${isPrimary}`;
    return nothing(`shards to explain [ClusterAllocationExplainRequest[${words}] in the routing table`);
  }
  const head = { index: shard.index.name, shard: shard.shard, primary: isPrimary };
  const [copy] = there;
  if (copy !== undefined && there.length >= wanted)
    return ok({ ...head, current_state: copy.state, current_node: { id: nodeIdOf(world, copy.diskId) } });
  const kind = isPrimary ? 'primary' : 'replica';
  const decisions = board.nodes.map((node) => {
    const existing = copiesOf(asked.cluster, shard).find(
      (one) => one.state === 'away' && one.diskId === node.diskId,
    );
    const placement = { shard, kind, ...(existing === undefined ? {} : { existing }) } as const;
    const names = refusalsOf(board, node, placement);
    return { node, names, isBusy: names.length === 0 && !mayHold(board, node, placement) };
  });
  const isDelayed = copiesOf(asked.cluster, shard).some((one) => isAwaited(board, shard, one));
  return ok({
    ...head,
    current_state: 'unassigned',
    can_allocate: verdict(decisions, { isDelayed, isHeld: !isPrimary && !hasPrimary }),
    node_allocation_decisions: decisions.map(({ node, names }) => ({
      node_id: nodeIdOf(world, node.diskId),
      node_name: node.name,
      roles: node.roles,
      node_decision: names.length === 0 ? 'yes' : 'no',
      deciders: names.map((decider) => ({ decider, decision: 'NO', explanation: decider })),
    })),
  });
}

function verdict(
  decisions: readonly { readonly names: readonly string[]; readonly isBusy: boolean }[],
  { isDelayed, isHeld }: { readonly isDelayed: boolean; readonly isHeld: boolean },
): string {
  if (!isHeld && decisions.some(({ names, isBusy }) => names.length === 0 && !isBusy)) return 'yes';
  if (isDelayed) return 'allocation_delayed';
  return decisions.some(({ isBusy }) => isBusy) ? 'throttled' : 'no';
}
