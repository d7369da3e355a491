import type { ClusterControl, ClusterHealth, ClusterNode, Delays } from '../../elasticsearch/client.ts';
import { demotedNode, endDemotion, endLeaving, leavingNodes } from '../../elasticsearch/departure-marks.ts';
import { hasGrownTo } from '../../elasticsearch/disk-growth.ts';
import {
  findHomeless,
  homelessReasons,
  isAllHomeless,
  isYellowAtRest,
} from '../../elasticsearch/rules/homeless.ts';
import { restoreAllocation, rollingNode } from '../../elasticsearch/roll-marks.ts';
import { newIndexSettings } from '../../elasticsearch/settings.ts';
import type { Node } from '../../elasticsearch/topology.ts';
import type { Change, Phase, Resource } from '../../engine/resource.ts';
import type { StepContext } from '../context.ts';
import { formerNodes } from '../hosts/former-nodes.ts';
import { volumeAddressPrefix } from '../hosts/launch-template-data.ts';
import { clusterName, logGroupName } from '../names.ts';
import type { ClusterAsker } from './ask-cluster.ts';
import { explainService } from './explain.ts';
import { isBeingReplaced, primary, type Service, serviceKey, services } from './services.ts';
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
  /** The node with which a roll was cut off, if one was: shards are not assigned as they should be. */
  readonly cutOffAt: string | undefined;
  /** The node with whose loss of its vote a roll was cut off, if one was. */
  readonly demoted: string | undefined;
  /** Nodes that have been told to give up their shards, by this run or by one that was cut off. */
  readonly leaving: readonly string[];
  /** Why it stays yellow though nothing is on its way, an index a sentence; undefined where that is not so. */
  readonly lastingYellow: readonly string[] | undefined;
  /** Undefined where it was not asked: a look alone changes nothing. */
  readonly delays: Delays | undefined;
  /** Why it does not answer. */
  readonly problem: string | undefined;
}

const minute = 60_000;

/** What the gate stands on. */
export interface ClusterParts {
  /** The services of all nodes, by the node's name, and what else is to come before. */
  readonly needs: Readonly<Record<string, Resource>>;
  readonly asker: ClusterAsker;
  /** The names of nodes whose volumes this run has made larger. */
  readonly grown: ReadonlySet<string>;
}

interface Growing {
  /** By the node's name, GiB. */
  readonly sizes: ReadonlyMap<string, number>;
  readonly grown: ReadonlySet<string>;
}

function sizesOf({ config }: StepContext, nodes: readonly Node[]): ReadonlyMap<string, number> {
  return new Map(
    nodes.map((node) => {
      const group = config.nodeGroups.find((one) => one.name === node.group);
      return [node.name, group?.storage.sizeGiB ?? 0];
    }),
  );
}

/**
 * The last gate: every node's task runs and is healthy by its own check; and, where there is a way in, every node has joined one
 * cluster, and it is green. Its id is the cluster's UUID.
 *
 * Where this run has made volumes larger, it also waits until Elasticsearch sees that: hosts grow their file systems themselves.
 */
export function clusterGate(
  context: StepContext,
  nodes: readonly Node[],
  parts: ClusterParts,
): Resource<unknown, ClusterState> {
  const { needs, asker } = parts;
  const growing: Growing = { sizes: sizesOf(context, nodes), grown: parts.grown };
  const names = nodes.map((node) => node.name);
  return {
    address: 'service/cluster',
    needs,
    gate: true,
    waits: { for: 'the cluster to form', usualMs: 90_000, everyMs: 5_000, limitMs: 30 * minute },
    desired: () => undefined,
    find: async ({ fresh }) => {
      const seen = await Promise.all(names.map((name) => nodeState(context, name, fresh)));
      if (seen.every((one) => one.service === undefined)) return undefined;
      // Whoever only looks wants to know how it is without those that are away; whoever waits waits for all of them first.
      const serves = ({ task }: NodeState): boolean => isServing(task);
      if (!(fresh ? seen.every(serves) : seen.some(serves))) return { ...unasked, nodes: seen };
      return { ...(await ask(asker, fresh)), nodes: seen };
    },
    // Where nobody can ask the cluster, the id is that of ECS's.
    id: (observed) => observed.uuid ?? clusterName(context.config),
    phase: (observed) => phaseOf(observed, names, growing),
    unseen: (observed) => unseenOf(observed, growing),
    remarks: ({ lastingYellow = [] }) =>
      lastingYellow.map((because) => `the cluster stays yellow: ${because}`),
    diff: (_desired, observed) => leftovers(asker, observed, names),
    explain: (observed) => explain(context, observed, { nodes, growing }),
  };
}

type Answer = Omit<ClusterState, 'nodes'>;

const unasked: Answer = {
  isAsked: false,
  uuid: undefined,
  health: undefined,
  members: [],
  cutOffAt: undefined,
  demoted: undefined,
  leaving: [],
  lastingYellow: undefined,
  delays: undefined,
  problem: undefined,
};

/** Everything that the gate wants to know, in one go. */
async function ask(asker: ClusterAsker, insists: boolean): Promise<Answer> {
  const reply = await asker.ask(insists, async (control, { health, uuid }): Promise<Answer> => {
    const [members, settings, delays] = await Promise.all([
      control.nodes(),
      control.settings(),
      insists ? control.delays() : undefined,
    ]);
    const left = {
      cutOffAt: rollingNode(settings),
      demoted: demotedNode(settings),
      leaving: leavingNodes(settings),
    };
    const lastingYellow = await lastingYellowOf(control, { health, nodes: members });
    return { isAsked: true, uuid, health, members, ...left, lastingYellow, delays, problem: undefined };
  });
  if (reply.kind === 'answer') return reply.answer;
  return reply.kind === 'problem' ? { ...unasked, isAsked: true, problem: reply.problem } : unasked;
}

/** Asked only of what is yellow: of a green cluster it costs nothing. */
async function lastingYellowOf(
  control: ClusterControl,
  { health, nodes }: { readonly health: ClusterHealth; readonly nodes: readonly ClusterNode[] },
): Promise<readonly string[] | undefined> {
  if (!isYellowAtRest(health)) return undefined;
  const [shards, indices] = await Promise.all([control.shards(), control.indices()]);
  const homeless = await findHomeless(control, { health, nodes, shards, indices });
  return isAllHomeless(shards, homeless) ? homelessReasons(homeless) : undefined;
}

/** What runs that were killed have left in the cluster's settings. */
function leftovers(asker: ClusterAsker, observed: ClusterState, names: readonly string[]): readonly Change[] {
  return [
    ...rollLeftover(observed, () => asker.tell(restoreAllocation)),
    ...demotionLeftover(observed, () => asker.tell(endDemotion)),
    ...shortDelays(observed, (silent) => asker.tell((control) => control.lengthenDelays(silent))),
    ...departureLeftover(observed, names, (gone) => asker.tell((control) => endLeaving(control, gone))),
  ];
}

/** With it the cluster may never be green. */
function rollLeftover({ cutOffAt }: ClusterState, apply: () => Promise<void>): readonly Change[] {
  if (cutOffAt === undefined) return [];
  return [
    {
      path: 'cluster.routing.allocation.enable',
      before: 'primaries',
      after: undefined,
      impact: 'in-place',
      because: `left by a roll that was cut off at ${cutOffAt}`,
      apply,
    },
  ];
}

/** As long as the list of votes stands, nobody else's can be taken. */
function demotionLeftover({ demoted }: ClusterState, apply: () => Promise<void>): readonly Change[] {
  if (demoted === undefined) return [];
  return [
    {
      path: 'voting_config_exclusions',
      before: demoted,
      after: undefined,
      impact: 'in-place',
      because: `left by a roll that was cut off at ${demoted}, which was to lose the role master`,
      apply,
    },
  ];
}

/**
 * A replaced host is back in minutes, with its data: shards wait for it, where nobody has said otherwise. Told at each `up`, as what a composable
 * template makes (data streams among it) has nothing of the template of es-ecs.
 */
function shortDelays(
  { delays }: ClusterState,
  apply: (silent: readonly string[]) => Promise<void>,
): readonly Change[] {
  if (delays === undefined || (delays.hasTemplate && delays.silent.length === 0)) return [];
  return [
    {
      path: 'index.unassigned.node_left.delayed_timeout',
      before: undefined,
      after: newIndexSettings['index.unassigned.node_left.delayed_timeout'],
      impact: 'in-place',
      because: 'a host that is replaced is back with its data before that',
      apply: () => apply(delays.silent),
    },
  ];
}

/** Nodes that were to leave and are wanted again, or have left: no shard would ever go there again. */
function departureLeftover(
  { leaving, members }: ClusterState,
  names: readonly string[],
  end: (names: readonly string[]) => Promise<void>,
): readonly Change[] {
  const isOver = (name: string): boolean =>
    names.includes(name) || !members.some((member) => member.name === name);
  const over = leaving.filter(isOver);
  if (over.length === 0) return [];
  const still = leaving.filter((name) => !over.includes(name));
  return [
    {
      path: 'cluster.routing.allocation.exclude._name',
      before: leaving.join(','),
      after: still.length === 0 ? undefined : still.join(','),
      impact: 'in-place',
      because: `${over.join(', ')} ${over.length === 1 ? 'has' : 'have'} left, or stay after all`,
      apply: () => end(over),
    },
  ];
}

/** A node's service and task. */
export async function nodeState(context: StepContext, node: string, fresh: boolean): Promise<NodeState> {
  const key = serviceKey(clusterName(context.config), node);
  const sight = { id: undefined, fresh, name: key };
  const [service, task] = await Promise.all([
    context.inventory.find(services, `service/service/${node}`, sight),
    context.inventory.find(nodeTasks, key, sight),
  ]);
  return { node, service, task };
}

/** A run that was killed has told ECS to restart it, and its task still runs as if nothing were. */
function isAboutToGo({ service }: NodeState): boolean {
  return service !== undefined && isBeingReplaced(service);
}

function phaseOf(observed: ClusterState, names: readonly string[], growing: Growing): Phase {
  const gaveUp = observed.nodes.some(
    ({ service }) => service !== undefined && primary(service)?.rollout === 'FAILED',
  );
  if (gaveUp) return 'failed';
  if (!observed.nodes.every(({ task }) => isServing(task))) return 'pending';
  if (observed.nodes.some(isAboutToGo)) return 'pending';
  if (!observed.isAsked) return 'ready';
  const isWhole = observed.uuid !== undefined && missingOf(observed, names).length === 0;
  const isSettled = observed.health?.status === 'green' || observed.lastingYellow !== undefined;
  return isWhole && isSettled && smallDisks(observed, growing).length === 0 ? 'ready' : 'pending';
}

async function explain(
  context: StepContext,
  observed: ClusterState | undefined,
  wanted: { readonly nodes: readonly Node[]; readonly growing: Growing },
): Promise<string | undefined> {
  if (observed === undefined) return 'no node has a service';
  const away = observed.nodes.find(({ task }) => !isServing(task));
  const going = observed.nodes.filter(isAboutToGo).map(({ node }) => node);
  if (away === undefined && going.length > 0) return `ECS is about to restart ${going.join(', ')}`;
  if (away === undefined)
    return `${explainCluster(observed, wanted)}${absentees(context, observed, wanted.nodes)}`;
  const { node, service, task } = away;
  const state = task === undefined ? 'has no task' : `has a task that is ${task.status}, ${task.health}`;
  if (service === undefined) return `${node} has no service`;
  return `${node} ${state}; ${await explainService(context.clients, service, logGroupName(context.config))}`;
}

function explainCluster(
  observed: ClusterState,
  { nodes, growing }: { readonly nodes: readonly Node[]; readonly growing: Growing },
): string {
  if (observed.problem !== undefined) return `Elasticsearch does not answer: ${observed.problem}`;
  if (observed.uuid === undefined) return 'Elasticsearch answers, and has not formed a cluster';
  const names = nodes.map((node) => node.name);
  const missing = missingOf(observed, names);
  if (missing.length > 0) return `${missing.join(', ')} did not join`;
  const [small] = smallDisks(observed, growing);
  const isSettled = observed.health?.status === 'green' || observed.lastingYellow !== undefined;
  if (small !== undefined && isSettled) return small;
  return `the cluster is ${observed.health?.status ?? 'of unknown health'}`;
}

/**
 * A cluster that was destroyed with its data kept, and comes back with fewer nodes than it had, lacks their votes and copies: nobody
 * could ask it to let them go.
 */
function absentees(context: StepContext, { problem, health }: ClusterState, nodes: readonly Node[]): string {
  const former = formerNodes(context, nodes, volumeAddressPrefix).map(({ name }) => name);
  if (former.length === 0 || (problem === undefined && health?.status !== 'red')) return '';
  const [whose, volumes] = former.length === 1 ? ['its', 'volume'] : ['their', 'volumes'];
  return `; the config no longer has ${former.join(', ')}, and ${whose} ${volumes}, kept, may hold votes or shards that are needed now: nodes put back into the config bring them back`;
}

/** Of the volumes that have grown, each whose node still sees less; a node that says nothing of its disk is not waited for. */
function smallDisks({ members }: ClusterState, { sizes, grown }: Growing): readonly string[] {
  return members.flatMap(({ name, diskTotalBytes }) => {
    const sizeGiB = sizes.get(name);
    if (!grown.has(name) || sizeGiB === undefined || diskTotalBytes === undefined) return [];
    if (hasGrownTo(diskTotalBytes, sizeGiB)) return [];
    const seenGiB = Math.round(diskTotalBytes / 1024 ** 3);
    return [
      `${name} sees ${String(seenGiB)} of ${String(sizeGiB)} GiB: its file system has not grown; it does so within a minute, or with the next start of its host`,
    ];
  });
}

function unseenOf({ isAsked, members }: ClusterState, { grown }: Growing): string | undefined {
  const silent = [...grown].filter(
    (name) => members.find((member) => member.name === name)?.diskTotalBytes === undefined,
  );
  if (silent.length === 0) return undefined;
  const why = isAsked ? 'Elasticsearch does not say' : 'there is no way in from here';
  return `whether the file systems of ${silent.join(', ')} have grown: ${why}`;
}

function missingOf({ members }: ClusterState, names: readonly string[]): readonly string[] {
  return names.filter((name) => !members.some((member) => member.name === name));
}
