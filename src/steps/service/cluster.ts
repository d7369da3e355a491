import { resourceTag } from '../../aws/tags.ts';
import { clusterUuidTagKey } from '../../elasticsearch/bootstrap.ts';
import type { ClusterHealth, ClusterNode, ClusterView } from '../../elasticsearch/client.ts';
import type { Node } from '../../elasticsearch/topology.ts';
import type { Phase, Resource } from '../../engine/resource.ts';
import { EsEcsError, type ErrorCode } from '../../errors.ts';
import type { StepContext } from '../context.ts';
import { volumeAddressPrefix } from '../hosts/launch-template-data.ts';
import { volumes } from '../hosts/volume.ts';
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
  readonly health: ClusterHealth | undefined;
  /** The nodes that have joined, as the elected master knows them. */
  readonly members: readonly ClusterNode[];
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
  const asker = new Asker(context);
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
      return { ...(await asker.ask(fresh)), nodes: seen };
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
  members: [],
  problem: undefined,
};

/**
 * How long a problem may last while the cluster is waited for. Those that are not here may last as long as the wait: a
 * cluster that has not elected its master yet answers with an error too.
 */
const patienceMs: Partial<Record<ErrorCode, number>> = {
  ACCESS_DENIED: 0,
  CLUSTER_FOREIGN: 0,
  CLUSTER_UNTRUSTED: 0,
  HOST_KEY_CHANGED: 0,
  NOT_FOUND: 0,
  SSH: 0,
  // A node that has just started may not have read its users yet.
  CLUSTER_PASSWORD: minute,
  // A bastion runs some time before it lets anybody in.
  BASTION_UNREACHABLE: 3 * minute,
  KEY_UNUSABLE: minute,
};

/** After these the way in itself may have changed: another bastion, other hosts. */
const reconnects: readonly ErrorCode[] = ['BASTION_UNREACHABLE', 'CLUSTER_UNREACHABLE', 'KEY_UNUSABLE'];

/** Asks the cluster, keeping the way in open from one look to the next. */
class Asker {
  readonly #context: StepContext;
  #view: ClusterView | undefined;
  /** The problem of the last look, and since when it has been the same. */
  #lasting: { readonly code: ErrorCode; readonly sinceMs: number } | undefined;

  constructor(context: StepContext) {
    this.#context = context;
  }

  /**
   * @param insists that an answer is being waited for: then a problem that no waiting ends is thrown.
   * @throws EsEcsError of the codes in `patienceMs`.
   */
  async ask(insists: boolean): Promise<Answer> {
    const { clock } = this.#context;
    try {
      const answer = await this.#answer();
      this.#lasting = undefined;
      return answer;
    } catch (error) {
      // A bug is still a bug.
      if (!(error instanceof EsEcsError)) throw error;
      if (reconnects.includes(error.code)) this.#view = undefined;
      const nowMs = clock.now();
      if (this.#lasting?.code !== error.code) this.#lasting = { code: error.code, sinceMs: nowMs };
      const limitMs = patienceMs[error.code];
      if (insists && limitMs !== undefined && nowMs - this.#lasting.sinceMs >= limitMs) throw error;
      return { ...unasked, isAsked: true, problem: error.message };
    }
  }

  async #answer(): Promise<Answer> {
    this.#view ??= await this.#context.adapters.cluster.connect();
    const view = this.#view;
    if (view === undefined) return unasked;
    const { clock } = this.#context;
    // First by itself: what has no master takes its time to say so, and says it to every question.
    const health = await clock.hold(view.health());
    const [uuid, members] = await clock.hold(Promise.all([view.clusterUuid(), view.nodes()]));
    if (uuid !== undefined) await assertOurs(this.#context, uuid);
    return { isAsked: true, uuid, health, members, problem: undefined };
  }
}

/**
 * Compares with what the data volumes have noted, as the run saw them at its beginning.
 *
 * @throws EsEcsError CLUSTER_FOREIGN
 */
async function assertOurs(context: StepContext, uuid: string): Promise<void> {
  const noted = (await context.inventory.owned(volumes)).filter((volume) =>
    volume.tags[resourceTag]?.startsWith(volumeAddressPrefix),
  );
  const foreign = noted.find((volume) => (volume.tags[clusterUuidTagKey] ?? uuid) !== uuid);
  if (foreign === undefined) return;
  throw new EsEcsError(
    'CLUSTER_FOREIGN',
    `the cluster that answers is ${uuid}, and ${foreign.volumeId} holds data of ${foreign.tags[clusterUuidTagKey] ?? ''}`,
    {
      address: 'service/cluster',
      hint: [
        `aws ec2 describe-volumes --filters Name=tag-key,Values=${clusterUuidTagKey}`,
        'es-ecs ssh  looks at what the nodes say of themselves; nothing was changed',
      ],
    },
  );
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
  const isWhole = observed.uuid !== undefined && missingOf(observed, names).length === 0;
  return isWhole && observed.health?.status === 'green' ? 'ready' : 'pending';
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
  const missing = missingOf(observed, names);
  if (missing.length > 0) return `${missing.join(', ')} did not join`;
  return `the cluster is ${observed.health?.status ?? 'of unknown health'}`;
}

function missingOf({ members }: ClusterState, names: readonly string[]): readonly string[] {
  return names.filter((name) => !members.some((member) => member.name === name));
}
