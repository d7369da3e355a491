import type { ClusterView } from '../../elasticsearch/client.ts';
import type { Node } from '../../elasticsearch/topology.ts';
import type { Phase, Resource } from '../../engine/resource.ts';
import { EsEcsError } from '../../errors.ts';
import type { StepContext } from '../context.ts';
import { clusterName, logGroupName } from '../names.ts';
import { explainService } from './explain.ts';
import { primary, type Service, serviceKey, services } from './services.ts';
import { isServing, type NodeTask, nodeTasks } from './tasks.ts';

/** A node as ECS sees it. */
export interface NodeState {
  readonly node: string;
  readonly service: Service | undefined;
  readonly task: NodeTask | undefined;
}

/** The cluster as it says of itself; undefined fields are what it could not be asked. */
export interface ClusterState {
  readonly nodes: readonly NodeState[];
  /** False where there is no way in from here: then ECS's word is the last one. */
  readonly isAsked: boolean;
  readonly uuid: string | undefined;
  readonly health: 'green' | 'yellow' | 'red' | undefined;
  readonly joined: readonly string[];
  /** Why it does not answer. */
  readonly problem: string | undefined;
}

const minute = 60_000;

/**
 * The last gate: every node's task runs and is healthy by its own check; and, where there is a way in, every node has joined one
 * cluster, and it is green. Its id is the cluster's UUID.
 *
 * @param needs the services of all nodes, by the node's name.
 */
export function clusterGate(
  context: StepContext,
  nodes: readonly Node[],
  needs: Readonly<Record<string, Resource>>,
): Resource<unknown, ClusterState> {
  const names = nodes.map((node) => node.name);
  const ask = asker(context);
  return {
    address: 'service/cluster',
    needs,
    gate: true,
    waits: { for: 'the cluster to form', usualMs: 90_000, everyMs: 5_000, limitMs: 30 * minute },
    desired: () => undefined,
    find: async ({ fresh }) => {
      const seen = await Promise.all(names.map((name) => nodeState(context, name, fresh)));
      if (seen.every((one) => one.service === undefined)) return undefined;
      if (!seen.every((one) => isServing(one.task))) return { ...unasked, nodes: seen };
      return { ...(await ask()), nodes: seen };
    },
    // Where nobody can ask the cluster, the id is that of ECS's.
    id: (observed) => observed.uuid ?? clusterName(context.config),
    phase: (observed) => phaseOf(observed, names),
    diff: () => [],
    explain: (observed) => explain(context, observed, names),
  };
}

type Answer = Omit<ClusterState, 'nodes'>;

const unasked: Answer = {
  isAsked: false,
  uuid: undefined,
  health: undefined,
  joined: [],
  problem: undefined,
};

/** Asks the cluster, keeping the way in open from one look to the next. */
function asker(context: StepContext): () => Promise<Answer> {
  let view: ClusterView | undefined;
  return async () => {
    try {
      view ??= await context.adapters.cluster.connect();
      if (view === undefined) return unasked;
      const [uuid, health, joined] = await Promise.all([view.clusterUuid(), view.health(), view.nodes()]);
      return {
        isAsked: true,
        uuid,
        health: health.status,
        joined: joined.map((node) => node.name),
        problem: undefined,
      };
    } catch (error) {
      // A cluster that has not elected its master yet answers with an error; a bug is still a bug.
      if (!(error instanceof EsEcsError)) throw error;
      view = undefined;
      return { ...unasked, isAsked: true, problem: error.message };
    }
  };
}

async function nodeState(context: StepContext, node: string, fresh: boolean): Promise<NodeState> {
  const key = serviceKey(clusterName(context.config), node);
  const sight = { id: undefined, fresh, name: key };
  const [service, task] = await Promise.all([
    context.inventory.find(services, `service/service/${node}`, sight),
    context.inventory.find(nodeTasks, key, sight),
  ]);
  return { node, service, task };
}

function phaseOf(observed: ClusterState, names: readonly string[]): Phase {
  const gaveUp = observed.nodes.some(
    ({ service }) => service !== undefined && primary(service)?.rollout === 'FAILED',
  );
  if (gaveUp) return 'failed';
  if (!observed.nodes.every(({ task }) => isServing(task))) return 'pending';
  if (!observed.isAsked) return 'ready';
  const hasAll = names.every((name) => observed.joined.includes(name));
  return observed.uuid !== undefined && observed.health === 'green' && hasAll ? 'ready' : 'pending';
}

async function explain(
  context: StepContext,
  observed: ClusterState | undefined,
  names: readonly string[],
): Promise<string | undefined> {
  if (observed === undefined) return 'no node has a service';
  const away = observed.nodes.find(({ task }) => !isServing(task));
  if (away === undefined) return explainCluster(observed, names);
  const { node, service, task } = away;
  const state = task === undefined ? 'has no task' : `has a task that is ${task.status}, ${task.health}`;
  if (service === undefined) return `${node} has no service`;
  return `${node} ${state}; ${await explainService(context.clients, service, logGroupName(context.config))}`;
}

function explainCluster(observed: ClusterState, names: readonly string[]): string {
  if (observed.problem !== undefined) return `Elasticsearch does not answer: ${observed.problem}`;
  if (observed.uuid === undefined) return 'Elasticsearch answers, and has not formed a cluster';
  const missing = names.filter((name) => !observed.joined.includes(name));
  if (missing.length > 0) return `${missing.join(', ')} did not join`;
  return `the cluster is ${observed.health ?? 'of unknown health'}`;
}
