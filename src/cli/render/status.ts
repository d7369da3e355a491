import type { Inspected, Inspection } from '../../engine/inspect.ts';
import { observedOf } from '../../steps/index.ts';
import type { ClusterState, NodeState } from '../../steps/service/cluster.ts';
import type { Session } from '../session.ts';
import { duration } from './duration.ts';
import { styleFor } from './style.ts';
import { renderTable } from './table.ts';

/** One node through all layers; `undefined` is "there is none". */
export interface NodeStatus {
  readonly name: string;
  readonly zone: string;
  readonly instanceId: string | undefined;
  readonly instanceType: string | undefined;
  readonly volumeId: string | undefined;
  readonly agent: 'connected' | 'disconnected' | 'not registered';
  /** ECS's own word in lower case, or `none`. */
  readonly task: string;
  /** The container's own check: `healthy`, `unhealthy`, `unknown`; `none` without a task. */
  readonly health: string;
  /** Whether the cluster counts it; undefined when the cluster could not be asked. */
  readonly joined: boolean | undefined;
  readonly taskStartedMs: number | undefined;
}

/** What `status` found. */
export interface Status {
  readonly outcome: 'healthy' | 'degraded' | 'absent';
  /** What is wrong, most important first. */
  readonly problems: readonly string[];
  readonly elasticsearch: {
    readonly status: string;
    readonly nodes: number;
    readonly problem: string | undefined;
  };
  readonly nodes: readonly NodeStatus[];
  readonly resources: readonly Inspected[];
}

/** Draws what a person must know out of everything that was observed. Pure. */
export function readStatus(inspection: Inspection, session: Session): Status {
  const { resources, observed } = inspection;
  const cluster = observedOf(observed, session.steps.cluster);
  const nodes = session.steps.nodes.map((node): NodeStatus => {
    const host = observedOf(observed, node.host);
    const volume = observedOf(observed, node.volume);
    const seen = cluster?.nodes.find((one) => one.node === node.name);
    return {
      name: node.name,
      zone: node.zone,
      instanceId: host?.instanceId,
      instanceType: host?.instanceType,
      volumeId: volume?.volumeId,
      agent: agentWord(host?.containerInstance),
      ...taskWords(seen),
      joined: cluster?.isAsked === true ? cluster.joined.includes(node.name) : undefined,
    };
  });
  const exists = resources.some((one) => one.phase !== 'gone');
  const problems = exists ? problemsOf(nodes, cluster, resources) : [];
  return {
    outcome: exists ? (problems.length === 0 ? 'healthy' : 'degraded') : 'absent',
    problems,
    elasticsearch: {
      status: cluster?.health ?? 'unknown',
      nodes: cluster?.joined.length ?? 0,
      problem: cluster?.problem,
    },
    nodes,
    resources,
  };
}

function agentWord(containerInstance: { readonly isConnected: boolean } | undefined): NodeStatus['agent'] {
  if (containerInstance === undefined) return 'not registered';
  return containerInstance.isConnected ? 'connected' : 'disconnected';
}

function taskWords(seen: NodeState | undefined): Pick<NodeStatus, 'task' | 'health' | 'taskStartedMs'> {
  const task = seen?.task;
  if (task === undefined) return { task: 'none', health: 'none', taskStartedMs: undefined };
  return {
    task: task.status.toLowerCase(),
    health: task.health.toLowerCase(),
    taskStartedMs: task.startedAtMs,
  };
}

function problemsOf(
  nodes: readonly NodeStatus[],
  cluster: ClusterState | undefined,
  resources: readonly Inspected[],
): readonly string[] {
  const problems: string[] = [];
  for (const node of nodes) {
    if (node.instanceId === undefined) problems.push(`${node.name} has no host`);
    else if (node.agent !== 'connected') problems.push(`${node.name}: its host's ECS agent is ${node.agent}`);
    else if (node.task === 'none') problems.push(`${node.name} has no task`);
    else if (node.task !== 'running') problems.push(`${node.name}: its task is ${node.task}`);
    else if (node.health !== 'healthy') problems.push(`${node.name}: its task is ${node.health}`);
    else if (node.joined === false) problems.push(`${node.name} has not joined the cluster`);
  }
  if (cluster?.problem !== undefined) problems.push(`Elasticsearch does not answer: ${cluster.problem}`);
  else if (cluster?.isAsked === true && cluster.health !== 'green')
    problems.push(`the cluster is ${cluster.health ?? 'unknown'}`);
  for (const one of resources) {
    if (one.phase === 'failed') problems.push(`${one.address} has failed`);
  }
  return problems;
}

/** What `status` is shown on. */
export interface StatusLook {
  readonly hasColour: boolean;
  readonly verbose: boolean;
}

/** The status as a person reads it: what is wrong first, what to do last. */
export function renderStatus(seen: Status, session: Session, look: StatusLook): string {
  const { config, simulation } = session;
  const style = styleFor(look.hasColour);
  const flag = simulation === undefined ? '' : ' --simulate';
  if (seen.outcome === 'absent')
    return `${config.name} does not exist in ${config.region}\n  es-ecs up${flag}  makes it`;
  const paint = seen.outcome === 'healthy' ? style.green : style.red;
  const { elasticsearch } = seen;
  const word =
    elasticsearch.status === 'unknown' ? 'Elasticsearch was not asked' : paint(elasticsearch.status);
  const head =
    seen.outcome === 'healthy'
      ? `${config.name}  ${config.region}  Elasticsearch ${config.elasticsearch.version}  ${word}`
      : paint(`${config.name} is degraded: ${seen.problems[0] ?? ''}`);
  const drifted = seen.resources.filter((one) => !one.inSync);
  const drift =
    drifted.length === 0
      ? `drift: none of ${seen.resources.length} resources`
      : `drift: ${drifted.length} of ${seen.resources.length} resources: ${drifted
          .slice(0, 3)
          .map((one) => one.address)
          .join(', ')}${drifted.length > 3 ? ', …' : ''}`;
  return [
    head,
    ...seen.problems.slice(1).map((problem) => `  ${problem}`),
    '',
    nodeTable(seen.nodes, session.clock.now()),
    '',
    ...(look.verbose ? [resourceTable(seen.resources), ''] : []),
    drift,
    seen.outcome === 'healthy' && drifted.length === 0
      ? `es-ecs plan${flag}  shows details`
      : `es-ecs up${flag}  puts it right; es-ecs plan${flag}  shows how`,
  ].join('\n');
}

function nodeTable(nodes: readonly NodeStatus[], nowMs: number): string {
  const rows = nodes.map((node) => [
    node.name,
    node.zone,
    node.instanceId === undefined
      ? 'none'
      : `${node.instanceId.slice(0, 10)}… ${node.instanceType ?? ''}`.trim(),
    node.agent,
    node.task,
    node.health,
    node.taskStartedMs === undefined ? '' : duration(nowMs - node.taskStartedMs),
  ]);
  return renderTable(['node', 'zone', 'host', 'agent', 'task', 'health', 'since'], rows);
}

function resourceTable(resources: readonly Inspected[]): string {
  const rows = resources.map((one) => [one.address, one.id ?? '', one.phase, one.inSync ? '' : 'differs']);
  return renderTable(['resource', 'id', 'phase', 'drift'], rows);
}

/** The status as `--json` gives it. */
export function statusDocument(seen: Status, session: Session): object {
  return {
    cluster: session.config.name,
    outcome: seen.outcome,
    problems: seen.problems,
    elasticsearch: { status: seen.elasticsearch.status, nodes: seen.elasticsearch.nodes },
    nodes: seen.nodes.map(({ name, zone, instanceId, volumeId, agent, task, health }) => ({
      name,
      zone,
      instanceId: instanceId ?? null,
      volumeId: volumeId ?? null,
      agent,
      task,
      health,
    })),
    resources: seen.resources.map(({ address, id, phase, inSync }) => ({
      address,
      id: id ?? null,
      phase,
      inSync,
    })),
    apiCalls: session.meter.calls,
  };
}
