import type { Inspected, Inspection } from '../../engine/inspect.ts';
import type { Orphan } from '../../engine/orphans.ts';
import type { EsEcsError } from '../../errors.ts';
import { observedOf } from '../../steps/index.ts';
import { cureOf, type HostTrouble } from '../../steps/hosts/host-trouble.ts';
import type { ClusterState, NodeState } from '../../steps/service/cluster.ts';
import type { Session } from '../session.ts';
import { duration } from './duration.ts';
import { orphanDocuments, orphanLines } from './orphans.ts';
import { refusalDocument, refusalLines } from './refusals.ts';
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
  /** What is wrong with its host, and what `up` does about it. */
  readonly hostProblem: string | undefined;
  /** ECS's own word in lower case, or `none`. */
  readonly task: string;
  /** The container's own check: `healthy`, `unhealthy`, `unknown`; `none` without a task. */
  readonly health: string;
  /** Whether the cluster counts it; undefined when the cluster could not be asked. */
  readonly joined: boolean | undefined;
  readonly isMaster: boolean;
  /** What it runs, which differs from node to node while an upgrade rolls. */
  readonly version: string | undefined;
  readonly diskUsedPercent: number | undefined;
  readonly heapUsedPercent: number | undefined;
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
    /** Active ones; undefined where the cluster was not asked. */
    readonly shards: number | undefined;
    readonly unassigned: number | undefined;
    readonly uuid: string | undefined;
    readonly problem: string | undefined;
  };
  /** Whole days until the first of the certificates ends; undefined where they could not be read. */
  readonly certificateDaysLeft: number | undefined;
  readonly nodes: readonly NodeStatus[];
  readonly resources: readonly Inspected[];
  /** What carries the cluster's tag and is nobody's. */
  readonly orphans: readonly Orphan[];
  /** What will go wrong, though nothing does yet. */
  readonly concerns: readonly EsEcsError[];
}

/**
 * Draws what a person must know out of everything that was observed. Pure.
 *
 * @param beside what `status` has read of the certificates and of keys.
 */
export function readStatus(
  inspection: Inspection,
  session: Session,
  beside: Pick<Status, 'certificateDaysLeft' | 'concerns'>,
): Status {
  const { resources, observed } = inspection;
  const cluster = observedOf(observed, session.steps.cluster);
  const nodes = session.steps.nodes.map((node): NodeStatus => {
    const host = observedOf(observed, node.host);
    const volume = observedOf(observed, node.volume);
    const seen = cluster?.nodes.find((one) => one.node === node.name);
    const member = cluster?.members.find((one) => one.name === node.name);
    return {
      name: node.name,
      zone: node.zone,
      instanceId: host?.instanceId,
      instanceType: host?.instanceType,
      volumeId: volume?.volumeId,
      agent: agentWord(host?.containerInstance),
      hostProblem: troubleWords(host?.trouble),
      ...taskWords(seen),
      joined: cluster?.health === undefined ? undefined : member !== undefined,
      isMaster: member?.isMaster ?? false,
      version: member?.version,
      diskUsedPercent: member?.diskUsedPercent,
      heapUsedPercent: member?.heapUsedPercent,
    };
  });
  const exists = resources.some((one) => one.phase !== 'gone');
  const problems = exists ? problemsOf(nodes, cluster, resources) : [];
  return {
    outcome: exists ? (problems.length === 0 ? 'healthy' : 'degraded') : 'absent',
    problems,
    elasticsearch: {
      status: cluster?.health?.status ?? 'unknown',
      nodes: cluster?.members.length ?? 0,
      shards: cluster?.health?.shards,
      unassigned: cluster?.health?.unassigned,
      uuid: cluster?.uuid,
      problem: cluster?.problem,
    },
    nodes,
    resources,
    orphans: inspection.plan.orphans,
    ...beside,
  };
}

function agentWord(containerInstance: { readonly isConnected: boolean } | undefined): NodeStatus['agent'] {
  if (containerInstance === undefined) return 'not registered';
  return containerInstance.isConnected ? 'connected' : 'disconnected';
}

function troubleWords(trouble: HostTrouble | undefined): string | undefined {
  if (trouble === undefined) return undefined;
  const cure = cureOf(trouble);
  return cure === undefined ? trouble.what : `${trouble.what}; es-ecs up gives it ${cure}`;
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
    else if (node.hostProblem !== undefined) problems.push(`${node.name}: its host ${node.hostProblem}`);
    else if (node.agent !== 'connected') problems.push(`${node.name}: its host's ECS agent is ${node.agent}`);
    else if (node.task === 'none') problems.push(`${node.name} has no task`);
    else if (node.task !== 'running') problems.push(`${node.name}: its task is ${node.task}`);
    else if (node.health !== 'healthy') problems.push(`${node.name}: its task is ${node.health}`);
    else if (node.joined === false) problems.push(`${node.name} has not joined the cluster`);
  }
  if (cluster?.problem !== undefined) problems.push(`Elasticsearch does not answer: ${cluster.problem}`);
  else if (cluster?.health !== undefined && cluster.health.status !== 'green')
    problems.push(`the cluster is ${cluster.health.status}${unassignedWords(cluster.health.unassigned)}`);
  if (cluster?.cutOffAt !== undefined) {
    problems.push(
      `a roll was cut off at ${cluster.cutOffAt}: replicas are not assigned until es-ecs up takes that back`,
    );
  }
  const leaving = cluster?.leaving ?? [];
  if (leaving.length > 0) {
    const are = leaving.length === 1 ? 'is' : 'are';
    problems.push(
      `${leaving.join(', ')} ${are} giving up shards: es-ecs up goes on with that or takes it back`,
    );
  }
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
  if (seen.outcome === 'absent') {
    const absent = `${config.name} does not exist in ${config.region}\n  es-ecs up${flag}  makes it`;
    return [absent, ...orphanLines(seen.orphans, flag)].join('\n');
  }
  const paint = seen.outcome === 'healthy' ? style.green : style.red;
  const { elasticsearch } = seen;
  const word =
    elasticsearch.status === 'unknown'
      ? 'Elasticsearch was not asked'
      : `${paint(elasticsearch.status)}${shardWords(elasticsearch)}`;
  const head =
    seen.outcome === 'healthy'
      ? `${config.name}  ${config.region}  Elasticsearch ${versionWords(seen.nodes, config.elasticsearch.version)}  ${word}`
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
    ...(seen.outcome === 'healthy' || elasticsearch.status === 'unknown'
      ? []
      : [`Elasticsearch ${versionWords(seen.nodes, config.elasticsearch.version)}`]),
    ...(seen.certificateDaysLeft === undefined ? [] : [certificateWords(seen.certificateDaysLeft)]),
    ...imageLines(session, flag),
    drift,
    ...orphanLines(seen.orphans, flag),
    ...refusalLines(seen.concerns),
    seen.outcome === 'healthy' && drifted.length === 0
      ? `es-ecs plan${flag}  shows details`
      : `es-ecs up${flag}  puts it right; es-ecs plan${flag}  shows how`,
  ].join('\n');
}

/** What the nodes run, as they say themselves; what the config asks for, where nobody could ask them or that is another. */
function versionWords(nodes: readonly NodeStatus[], asked: string): string {
  const running = [
    ...new Set(nodes.flatMap(({ version }) => (version === undefined || version === '' ? [] : [version]))),
  ];
  if (running.length === 0) return asked;
  const words = running.toSorted().join(' and ');
  return running.length === 1 && running[0] === asked ? words : `${words} (the config asks for ${asked})`;
}

function shardWords({ shards, unassigned }: Status['elasticsearch']): string {
  return shards === undefined ? '' : `  ${shards} shards, ${unassigned ?? 0} unassigned`;
}

function unassignedWords(unassigned: number): string {
  if (unassigned === 0) return '';
  return `: ${unassigned} ${unassigned === 1 ? 'shard is' : 'shards are'} unassigned`;
}

function certificateWords(daysLeft: number): string {
  return daysLeft < 0 ? `certificates ended ${-daysLeft} days ago` : `certificates ${daysLeft} days left`;
}

/** How old what hosts run from is: an image is chosen once, and only a person says when a newer one is taken. */
function imageAges({
  context,
  clock,
}: Session): readonly { readonly imageId: string; readonly days: number }[] {
  return [...context.facts.hostImages.values()].flatMap(({ imageId, createdAtMs }) =>
    createdAtMs === undefined ? [] : [{ imageId, days: Math.floor((clock.now() - createdAtMs) / dayMs) }],
  );
}

const dayMs = 24 * 3600 * 1000;
/** Amazon publishes new images about every second week; past this much a reader should think of it. */
const oldImageDays = 90;

function imageLines(session: Session, flag: string): readonly string[] {
  return imageAges(session).map(({ imageId, days }) => {
    const newer = days > oldImageDays ? `; es-ecs up --refresh-ami${flag}  takes the newest` : '';
    return `machine image ${imageId} ${days} ${days === 1 ? 'day' : 'days'} old${newer}`;
  });
}

function percentWords(percent: number | undefined): string {
  return percent === undefined ? '' : `${Math.round(percent)} %`;
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
    node.isMaster && node.health === 'healthy' ? 'master' : node.health,
    percentWords(node.diskUsedPercent),
    node.taskStartedMs === undefined ? '' : duration(nowMs - node.taskStartedMs),
  ]);
  return renderTable(['node', 'zone', 'host', 'agent', 'task', 'health', 'disk', 'since'], rows);
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
    elasticsearch: {
      status: seen.elasticsearch.status,
      nodes: seen.elasticsearch.nodes,
      shards: seen.elasticsearch.shards ?? null,
      unassigned: seen.elasticsearch.unassigned ?? null,
      uuid: seen.elasticsearch.uuid ?? null,
    },
    certificateDaysLeft: seen.certificateDaysLeft ?? null,
    hostImages: imageAges(session).map(({ imageId, days }) => ({ imageId, ageDays: days })),
    nodes: seen.nodes.map(nodeDocument),
    resources: seen.resources.map(({ address, id, phase, inSync }) => ({
      address,
      id: id ?? null,
      phase,
      inSync,
    })),
    orphans: orphanDocuments(seen.orphans),
    concerns: seen.concerns.map(refusalDocument),
    apiCalls: session.meter.calls,
  };
}

function nodeDocument(node: NodeStatus): object {
  const { name, zone, instanceId, volumeId, agent, task, health, isMaster } = node;
  return {
    name,
    zone,
    instanceId: instanceId ?? null,
    volumeId: volumeId ?? null,
    agent,
    task,
    health,
    isMaster,
    version: node.version ?? null,
    diskUsedPercent: node.diskUsedPercent ?? null,
    heapUsedPercent: node.heapUsedPercent ?? null,
  };
}
