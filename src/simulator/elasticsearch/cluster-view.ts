import type { ClusterHealth, ClusterNode, ClusterView, HealthStatus } from '../../elasticsearch/client.ts';
import { EsEcsError } from '../../errors.ts';
import type { World } from '../core/world.ts';
import { holdsData, wantedReplicas } from './allocation.ts';
import { nodesUp } from './coordination.ts';
import { type NodeIdentity, type SimulatedClusterRow, simulatedClusters } from './rows.ts';

/** A cluster that answers: its state, and its nodes as the elected master knows them. */
interface Led {
  readonly cluster: SimulatedClusterRow;
  readonly nodes: readonly NodeIdentity[];
}

/** The cluster that has an elected master, if any; of several of one name, the one with the most nodes. */
function led(world: World, clusterName: string): Led | undefined {
  const up = nodesUp(world, clusterName);
  const leading = [...world.rows(simulatedClusters).values()]
    .filter((row) => row.clusterName === clusterName)
    .filter((row) => up.some((node) => node.diskId === row.masterDiskId))
    .map((cluster) => ({ cluster, nodes: up.filter((node) => cluster.members.includes(node.diskId)) }))
    .sort((one, other) => other.nodes.length - one.nodes.length);
  return leading[0];
}

function requireLed(world: World, clusterName: string): Led {
  const found = led(world, clusterName);
  if (found !== undefined) return found;
  const count = nodesUp(world, clusterName).length;
  if (count === 0) {
    throw new EsEcsError('CLUSTER_UNREACHABLE', `no node of ${clusterName} answers`, {
      hint: 'es-ecs status  shows which tasks run',
    });
  }
  const answering = count === 1 ? 'one node answers' : `${count} nodes answer`;
  throw new EsEcsError('CLUSTER_NO_MASTER', `${answering}, and the cluster has no elected master`, {
    hint: 'es-ecs status  shows which nodes are away',
  });
}

function healthOf({ cluster, nodes }: Led): ClusterHealth {
  const dataNodes = nodes.filter(holdsData).length;
  const started = cluster.copies.filter((copy) => copy.state === 'started');
  const assigned = cluster.copies.filter((copy) => copy.state !== 'away').length;
  let status: HealthStatus = 'green';
  let wanted = 0;
  for (const index of cluster.indices) {
    const replicas = wantedReplicas(index, dataNodes);
    for (let shard = 0; shard < index.shards; shard += 1) {
      wanted += 1 + replicas;
      const copies = started.filter((copy) => copy.index === index.name && copy.shard === shard);
      if (!copies.some((copy) => copy.isPrimary)) status = 'red';
      else if (copies.length < 1 + replicas && status === 'green') status = 'yellow';
    }
  }
  return {
    status,
    nodes: cluster.members.length,
    shards: started.length,
    unassigned: Math.max(0, wanted - assigned),
  };
}

/** The simulated Elasticsearch of a cluster name, as its own client would see it. */
export function simulatedClusterView(world: World, clusterName: string): ClusterView {
  const answer = <Result>(ask: () => Result): Promise<Result> =>
    Promise.resolve().then(() => {
      world.catchUp();
      return ask();
    });
  return {
    health: () => answer(() => healthOf(requireLed(world, clusterName))),
    nodes: () =>
      answer(() => {
        const { cluster, nodes } = requireLed(world, clusterName);
        return nodes
          .map(
            (node): ClusterNode => ({
              name: node.name,
              zone: node.zone,
              roles: node.roles,
              version: node.version,
              isMaster: node.diskId === cluster.masterDiskId,
              diskUsedPercent: 1,
              heapUsedPercent: 30,
            }),
          )
          .sort((one, other) => (one.name < other.name ? -1 : 1));
      }),
    clusterUuid: () => answer(() => led(world, clusterName)?.cluster.uuid),
  };
}
