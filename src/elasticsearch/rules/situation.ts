import type {
  ClusterHealth,
  ClusterIndex,
  ClusterNode,
  ClusterView,
  RunningSnapshot,
  ShardCopy,
  VotingConfiguration,
} from '../client.ts';
import { findHomeless, type Homeless, isAllHomeless, isYellowAtRest } from './homeless.ts';
import type { ClusterSettings } from '../cluster-settings.ts';
import type { Watermarks } from '../watermarks.ts';

/** A cluster as it was at one moment: all that the rules look at. */
export interface Situation {
  readonly health: ClusterHealth;
  readonly nodes: readonly ClusterNode[];
  readonly shards: readonly ShardCopy[];
  readonly indices: readonly ClusterIndex[];
  readonly voting: VotingConfiguration;
  readonly watermarks: Watermarks;
  readonly snapshots: readonly RunningSnapshot[];
  readonly settings: ClusterSettings;
  /** Replicas that no node can take, while nothing else is on its way. */
  readonly homeless: readonly Homeless[];
}

/**
 * Looks at everything.
 *
 * @throws EsEcsError when the cluster does not answer
 */
export async function lookAt(view: ClusterView): Promise<Situation> {
  // First by itself: what has no master takes its time to say so, and says it to every question.
  const health = await view.health();
  const [nodes, shards, indices, voting, watermarks, snapshots, settings] = await Promise.all([
    view.nodes(),
    view.shards(),
    view.indices(),
    view.voting(),
    view.watermarks(),
    view.runningSnapshots(),
    view.settings(),
  ]);
  const homeless = await findHomeless(view, { health, nodes, shards, indices });
  return { health, nodes, shards, indices, voting, watermarks, snapshots, settings, homeless };
}

/** Whether a node is in the cluster. */
export function isIn(situation: Situation, name: string): boolean {
  return situation.nodes.some((node) => node.name === name);
}

/** The nodes that hold shards. */
export function dataNodes({ nodes }: Pick<Situation, 'nodes'>): readonly ClusterNode[] {
  return nodes.filter(({ roles }) => roles.some(isDataRole));
}

/** `data` is every tier at once. */
export function isDataRole(role: string): boolean {
  return role === 'data' || role.startsWith('data_');
}

/** Whether nodes of more than one version are in the cluster, as while an upgrade rolls. */
function isMixed({ nodes }: Situation): boolean {
  return new Set(nodes.map((node) => node.version).filter((version) => version !== '')).size > 1;
}

/**
 * Whether everything that can be assigned is: green; or yellow with nothing on its way, where each missing replica has no node to go
 * to, or while two versions run side by side, as a replica cannot be on an older node than its primary ("Upgrade Elasticsearch").
 */
export function isSettled(situation: Situation): boolean {
  const { health, shards, homeless } = situation;
  if (health.status === 'green') return true;
  if (!isYellowAtRest(health)) return false;
  return (isMixed(situation) && health.delayedUnassigned === 0) || isAllHomeless(shards, homeless);
}
