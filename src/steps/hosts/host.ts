import type { Node } from '../../elasticsearch/topology.ts';
import type { Phase, Resource } from '../../engine/resource.ts';
import type { StepContext } from '../context.ts';
import { clusterName, groupName } from '../names.ts';
import { type ContainerInstance, containerInstanceKey, containerInstances } from './container-instances.ts';
import { explainActivities, type Group, type GroupInstance, groups, isOfAnother } from './group.ts';
import { type LaunchTemplate, originOf } from './launch-template.ts';
import {
  cureOf,
  type HostTrouble,
  lookForTrouble,
  readContainerInstance,
  troubleOf,
} from './host-trouble.ts';
import { explainInstance, nodeInstances, nodeKey, type RunningHost } from './instances.ts';
import { problemTag } from '../policies/instance.ts';

export interface Host {
  readonly node: string;
  readonly instanceId: string;
  readonly instanceType: string | undefined;
  /** Made from a launch template, or a version of it, that made other hosts than those of now: its node's service has it replaced, come up or not. */
  readonly isOutdated: boolean;
  /** What keeps it from running the node. */
  readonly trouble: HostTrouble | undefined;
  /** It has lasted for longer than it may: its node's service has the host replaced; with what only a person mends the wait is over. */
  readonly isLasting: boolean;
  /** Undefined until its agent has registered. */
  readonly containerInstance: ContainerInstance | undefined;
}

/** What a host needs of others. */
export type HostNeeds = {
  readonly group: Resource<unknown, Group>;
  readonly launchTemplate: Resource<unknown, LaunchTemplate>;
};

const minute = 60_000;

/** A host that waits for a person looks again every minute. */
const personMs = 1.5 * minute;
/** From when on a host that does not register is asked what it says of itself. */
const lateMs = 2 * minute;

/**
 * A gate: the group's one instance is a container instance with its agent connected and its node's name. ECS places a
 * service on nothing else. It makes nothing; its instance belongs to the group, and ECS is told of its end by the cluster.
 *
 * What keeps a host from that and has lasted for long enough is no longer waited for: the gate opens, and the node's service has the
 * host replaced.
 */
export function host(context: StepContext, node: Node, needs: HostNeeds): Resource<unknown, Host, HostNeeds> {
  const address = `hosts/host/${node.name}`;
  const watch = new HostWatch(context, node);
  return {
    address,
    needs,
    gate: true,
    waits: { for: 'the ECS agent', usualMs: minute, everyMs: 5_000, limitMs: 15 * minute },
    desired: () => undefined,
    find: async ({ fresh, inputs }) => {
      const { group, launchTemplate } = inputs;
      const known = group?.instances[0];
      const look = (instance: GroupInstance, hosts: readonly RunningHost[]): Promise<Host> =>
        watch.look({ launchTemplate, instance, hosts, fresh });
      const first = known === undefined ? undefined : await look(known, group?.hosts ?? []);
      if (first !== undefined && phaseOf(first) === 'ready') return first;
      // While it is waited for, an instance may fail and be replaced by its group.
      const name = groupName(node.name);
      const found = await context.inventory.find(groups, `hosts/group/${node.name}`, { id: name, fresh });
      const instance = found?.instances[0];
      if (instance === undefined) return undefined;
      return instance.instanceId === first?.instanceId ? first : look(instance, group?.hosts ?? []);
    },
    id: (observed) => observed.instanceId,
    phase: (observed) => phaseOf(observed),
    diff: () => [],
    explain: (observed) => explain(context, node, observed),
  };
}

/** How a host is looked at. */
interface HostSight {
  readonly launchTemplate: LaunchTemplate | undefined;
  readonly instance: GroupInstance;
  /** Those of its group as EC2 showed them when this run read them. */
  readonly hosts: readonly RunningHost[];
  readonly fresh: boolean;
}

/** Remembers since when a host of this node is in trouble. */
class HostWatch {
  readonly #context: StepContext;
  readonly #node: Node;
  readonly #beganMs: number;
  #firstFreshMs: number | undefined;
  #trouble: { readonly instanceId: string; readonly sinceMs: number } | undefined;

  constructor(context: StepContext, node: Node) {
    this.#context = context;
    this.#node = node;
    this.#beganMs = context.clock.now();
  }

  async look({ launchTemplate: template, instance, hosts, fresh }: HostSight): Promise<Host> {
    const { instanceId, instanceType } = instance;
    const nowMs = this.#context.clock.now();
    if (fresh) this.#firstFreshMs ??= nowMs;
    const isOutdated = template !== undefined && isOfAnother(instance, originOf(template));
    const key = containerInstanceKey(clusterName(this.#context.config), instanceId);
    const containerInstance = fresh
      ? await this.#context.inventory.find(containerInstances, key, { id: undefined, fresh, name: key })
      : await readContainerInstance(this.#context, instanceId);
    const known = hosts.find((one) => one.instanceId === instanceId);
    const trouble = fresh
      ? troubleOf(
          {
            node: this.#node.name,
            instanceId,
            containerInstance,
            instance: containerInstance === undefined ? await this.#asItIs(instanceId, known) : known,
            // Where it is changes while hosts come up; one that has lost it was seen by the plan.
            volume: 'unknown',
          },
          this.#beganMs,
        )
      : await lookForTrouble(this.#context, this.#node, {
          instanceId,
          instance: known,
          beganMs: this.#beganMs,
        });
    const isLasting = this.#lasts(instanceId, trouble);
    return {
      node: this.#node.name,
      instanceId,
      instanceType,
      isOutdated,
      trouble,
      isLasting,
      containerInstance,
    };
  }

  /** With what it says of itself by now, once it is late. */
  async #asItIs(instanceId: string, known: RunningHost | undefined): Promise<RunningHost | undefined> {
    const { clock, inventory, config } = this.#context;
    const says = known?.tags[problemTag];
    const afterMs = says === undefined ? lateMs : minute;
    if (clock.now() - (this.#firstFreshMs ?? clock.now()) < afterMs) return known;
    const name = nodeKey(config.name, this.#node.name);
    const found = await inventory.find(nodeInstances, name, { id: undefined, fresh: true, name });
    return found?.hosts.find((one) => one.instanceId === instanceId) ?? known;
  }

  #lasts(instanceId: string, trouble: HostTrouble | undefined): boolean {
    const nowMs = this.#context.clock.now();
    if (trouble === undefined) {
      this.#trouble = undefined;
      return false;
    }
    if (this.#trouble?.instanceId !== instanceId) this.#trouble = { instanceId, sinceMs: nowMs };
    return nowMs - this.#trouble.sinceMs >= (trouble.patienceMs ?? personMs);
  }
}

function phaseOf({ node, isOutdated, trouble, isLasting, containerInstance }: Host): Phase {
  if (isOutdated) return 'ready';
  if (trouble !== undefined && isLasting) return trouble.patienceMs === undefined ? 'failed' : 'ready';
  if (trouble !== undefined || containerInstance === undefined) return 'pending';
  const { status, isConnected } = containerInstance;
  return status === 'ACTIVE' && isConnected && containerInstance.node === node ? 'ready' : 'pending';
}

async function explain(context: StepContext, node: Node, observed: Host | undefined): Promise<string> {
  if (observed === undefined) {
    return `its group has no instance: ${await explainActivities(context.clients, groupName(node.name))}`;
  }
  const { containerInstance, instanceId, trouble } = observed;
  const cure = trouble && cureOf(trouble);
  // What a person is to mend it says itself, below.
  const wrong = trouble?.patienceMs === undefined ? 'waits for a person' : trouble.what;
  const seen = [
    trouble === undefined ? ecsSentence(containerInstance) : `its host ${wrong}`,
    ...(cure === undefined ? [] : [`it gets ${cure}`]),
    await explainInstance(context.clients, instanceId),
  ];
  return seen.join('; ');
}

function ecsSentence(containerInstance: ContainerInstance | undefined): string {
  if (containerInstance === undefined) return 'its agent has not registered with the ECS cluster';
  return `ECS calls it ${containerInstance.status}`;
}
