import { TerminateInstanceInAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import {
  TagResourceCommand,
  UpdateServiceCommand,
  type UpdateServiceCommandInput,
} from '@aws-sdk/client-ecs';

import { unless } from '../../aws/unless.ts';
import { parseVersion, upgradePath } from '../../elasticsearch/versions.ts';
import type { Change } from '../../engine/resource.ts';
import type { AskedRestart, StepContext } from '../context.ts';
import { isOfAnother } from '../hosts/group.ts';
import { cureOf, type HostTrouble } from '../hosts/host-trouble.ts';
import { type NodeService, type ServiceDesired, versionTag } from './node-service.ts';
import { primary } from './services.ts';
import { othersHold } from './steadiness.ts';
import { untilStopped } from './task-end.ts';

/** What a run remembers of the nodes that it has restarted itself. */
export interface Restarted {
  /** Set once it has: then the node is ready only when it serves again. */
  hasBegun: boolean;
  /** Hosts that it has sent away; the node must be back on another. */
  readonly sentAway: Set<string>;
}

/** A node's restart, and what for. */
export interface Restart {
  readonly node: string;
  readonly desired: ServiceDesired;
  readonly observed: NodeService;
  readonly restarted: Restarted;
}

/**
 * Everything for which a node has to restart, all of it in one: another task definition, another Elasticsearch, a host of an older
 * launch template version or one that something is wrong with, or a deployment that the circuit breaker gave up.
 */
export function restarts(context: StepContext, restart: Restart): readonly Change[] {
  const { desired, observed } = restart;
  const apply = (): Promise<void> => restartNode(context, restart);
  const rolling = (path: string, values: readonly [string, string], because: string): Change => {
    const [before, after] = values;
    return { path, before, after, impact: 'rolling', because, apply };
  };
  const changes = [
    ...oldHosts(context, restart).map((host) =>
      rolling(
        'host',
        hostWords(context, restart, host),
        'the host is replaced by its group; its data volume and its name stay',
      ),
    ),
    ...(isNew(restart)
      ? [
          rolling(
            'taskDefinition',
            [shortName(observed.taskDefinitionArn), shortName(desired.taskDefinitionArn)],
            'the node restarts with it',
          ),
        ]
      : []),
    ...versionChanges(context, restart, apply),
    ...(isAsked(context, restart, 'restart')
      ? [rolling('restart', ['as it runs', 'restarted'], 'asked for')]
      : []),
  ];
  const { rollout, reason } = primary(observed) ?? {};
  if (changes.length > 0 || rollout !== 'FAILED') return changes;
  return [rolling('deployment', ['failed', 'started again'], reason ?? 'ECS has given it up')];
}

/** Before this version of es-ecs nobody noted which Elasticsearch a service runs. */
function versionChanges(
  context: StepContext,
  restart: Restart,
  apply: () => Promise<void>,
): readonly Change[] {
  const { desired, observed } = restart;
  const before = observed.tags[versionTag];
  const after = desired.version;
  if (before === after) return [];
  if (before === undefined) {
    const note = (): Promise<void> => noteVersion(context, restart);
    return [{ path: `tags.${versionTag}`, before, after, impact: 'in-place', apply: note }];
  }
  const [from, to] = [parseVersion(before), parseVersion(after)];
  const path = from === undefined || to === undefined ? undefined : upgradePath(from, to);
  if (path?.kind === 'refused') {
    const first = path.first === undefined ? '' : `; first go to the newest ${path.first}`;
    return [{ path: 'version', before, after, impact: 'refuse', because: `${path.because}${first}` }];
  }
  return [{ path: 'version', before, after, impact: 'rolling', because: 'the node restarts with it', apply }];
}

function oldHosts(context: StepContext, restart: Restart): NodeService['hosts'] {
  const { desired, observed, restarted } = restart;
  const isReplaced = isAsked(context, restart, 'replace');
  return observed.hosts.filter(
    (host) =>
      !restarted.sentAway.has(host.instanceId) &&
      ((isReplaced && host.launchTemplateVersion !== undefined) ||
        isOfAnother(host, desired) ||
        curableIn(context, restart, host) !== undefined),
  );
}

/**
 * What is wrong with a host that another one would not have. The plan saw it before its gate was waited for, which may have seen it pass, or
 * begin.
 */
function curableIn(
  { isImpatient = false }: StepContext,
  { desired }: Restart,
  host: NodeService['hosts'][number],
): HostTrouble | undefined {
  const isGateHis = desired.host?.instanceId === host.instanceId;
  const seen = isGateHis ? desired.host.trouble : undefined;
  const isPassed = isGateHis && host.trouble?.patienceMs !== 0;
  const trouble = seen ?? (isPassed ? undefined : host.trouble);
  if (trouble?.patienceMs === undefined || (isImpatient && trouble.patienceMs > 0)) return undefined;
  return trouble;
}

/** What it says of a host that is to go, and what is to come in its place. */
function hostWords(
  context: StepContext,
  restart: Restart,
  host: NodeService['hosts'][number],
): readonly [string, string] {
  const { desired } = restart;
  const trouble = curableIn(context, restart, host);
  if (trouble === undefined || isOfAnother(host, desired))
    return [`${host.instanceId}, ${templateWords(host, desired)}`, templateWords(desired, host)];
  return [`${host.instanceId}, which ${trouble.what}`, cureOf(trouble) ?? ''];
}

type Template = Pick<NodeService['hosts'][number], 'launchTemplateId' | 'launchTemplateVersion'>;

/** The version of a launch template, and which template it is where the other is another one. */
function templateWords(template: Template, other: Template): string {
  const version = `version ${String(template.launchTemplateVersion)}`;
  const { launchTemplateId: id } = template;
  return id === undefined || id === other.launchTemplateId ? version : `${version} of ${id}`;
}

/** Whether a person wants just this, and it has not been done yet. */
function isAsked({ asked }: StepContext, { node, restarted }: Restart, kind: AskedRestart['kind']): boolean {
  return asked?.kind === kind && asked.nodes.has(node) && !restarted.hasBegun;
}

function isNew({ desired, observed }: Restart): boolean {
  return desired.taskDefinitionArn !== observed.taskDefinitionArn;
}

/** `es-ecs-search:7` of an ARN. */
function shortName(taskDefinitionArn: string): string {
  return taskDefinitionArn.split('/').at(-1) ?? taskDefinitionArn;
}

/**
 * Restarts a node, on a new host where it has to be one. Can be cut off anywhere: what is not done yet is a difference again.
 *
 * @throws EsEcsError WAIT_TIMEOUT naming the nodes that are away, or a task that does not stop.
 */
async function restartNode(context: StepContext, restart: Restart): Promise<void> {
  const { node, observed, restarted } = restart;
  await othersHold(context, node);
  // Before the node can have written anything: that it may not go back is noted rather too early than too late.
  if (observed.tags[versionTag] !== restart.desired.version) await noteVersion(context, restart);
  const old = oldHosts(context, restart);
  restarted.hasBegun = true;
  const definition: Partial<UpdateServiceCommandInput> = isNew(restart)
    ? { taskDefinition: restart.desired.taskDefinitionArn }
    : { forceNewDeployment: true };
  if (old.length === 0) {
    await update(context, restart, definition);
    return;
  }
  // The task ends with its whole stop timeout, on a host that is still there, and only then the host goes.
  await update(context, restart, { ...definition, desiredCount: 0 });
  const { clusterName, serviceName } = restart.desired;
  const instanceIds = old.map(({ instanceId }) => instanceId);
  await untilStopped(context, { node, clusterName, serviceName, instanceIds });
  for (const { instanceId } of old) {
    restarted.sentAway.add(instanceId);
    await unless(
      // "No managed instance found": it has ended meanwhile.
      ['ValidationError'],
      context.clients.autoScaling.send(
        new TerminateInstanceInAutoScalingGroupCommand({
          InstanceId: instanceId,
          ShouldDecrementDesiredCapacity: false,
        }),
      ),
    );
  }
  await update(context, restart, { desiredCount: 1 });
}

async function update(
  { clients }: StepContext,
  { desired }: Restart,
  what: Partial<UpdateServiceCommandInput>,
): Promise<void> {
  const { clusterName: cluster, serviceName: service } = desired;
  await clients.ecs.send(new UpdateServiceCommand({ cluster, service, ...what }));
}

async function noteVersion({ clients }: StepContext, { desired, observed }: Restart): Promise<void> {
  await clients.ecs.send(
    new TagResourceCommand({
      resourceArn: observed.serviceArn,
      tags: [{ key: versionTag, value: desired.version }],
    }),
  );
}
