import type { Node } from '../../elasticsearch/topology.ts';
import { seconds } from '../../engine/wait.ts';
import { EsEcsError } from '../../errors.ts';
import type { StepContext } from '../context.ts';
import { clusterName } from '../names.ts';
import { personMark, problemTag } from '../policies/instance.ts';
import { type ContainerInstance, type RegisteredHosts, registeredHosts } from './container-instances.ts';
import type { RunningHost } from './instances.ts';
import { volumeAddressPrefix } from './launch-template-data.ts';
import { type Volume, volumes } from './volume.ts';

/** What keeps a host from running its node, though its group takes it for a healthy one. */
export interface HostTrouble {
  /** What is wrong, after "its host": "has lost its data volume". */
  readonly what: string;
  /** How long it may still pass by itself before the host is replaced; undefined: a new host would find the same, and only a person helps. */
  readonly patienceMs: number | undefined;
}

const minute = 60_000;

/** Agents come and go several times an hour ("agentConnected", ECS); one that stays away for as long has ended. */
const agentPatienceMs = 10 * minute;
/** A host registers within two minutes or so; what it waits for since may have been mended by this very run, and it looks twice a minute. */
const registrationMs = 15 * minute;
const lateRegistrationMs = 3 * minute;

/** What is known of a host that is in service. */
export interface SeenHost {
  readonly node: string;
  readonly instanceId: string;
  readonly containerInstance: ContainerInstance | undefined;
  /** The instance, as EC2 shows it; undefined where it does not. */
  readonly instance: Pick<RunningHost, 'launchedAtMs' | 'tags'> | undefined;
  /** The node's data volume, if there is one; `unknown` where that cannot be told. */
  readonly volume: Pick<Volume, 'volumeId' | 'holders'> | undefined | 'unknown';
}

/**
 * What is wrong with a host, if something is. One that comes up as it should has nothing wrong with it.
 *
 * @param beganMs when the run began: what it launches itself is waited for, and only the next run finds it late.
 */
export function troubleOf(host: SeenHost, beganMs: number): HostTrouble | undefined {
  const { containerInstance } = host;
  if (containerInstance === undefined) return unregistered(host, beganMs);
  const { status, isConnected, node } = containerInstance;
  if (node !== host.node)
    return { what: `is registered as the node ${node ?? 'of no name'}, not ${host.node}`, patienceMs: 0 };
  if (status === 'DRAINING')
    return {
      what: 'is draining: somebody has told ECS to stop what runs there, and to start nothing',
      patienceMs: 0,
    };
  const lost = volumeTrouble(host);
  if (lost !== undefined) return lost;
  return isConnected
    ? undefined
    : { what: 'has an ECS agent that is not connected', patienceMs: agentPatienceMs };
}

function unregistered({ instance }: SeenHost, beganMs: number): HostTrouble | undefined {
  const problem = instance?.tags[problemTag];
  if (problem?.startsWith(personMark) === true)
    return { what: `waits for a person: ${problem.slice(personMark.length).trim()}`, patienceMs: undefined };
  const ageMs = beganMs - (instance?.launchedAtMs ?? beganMs);
  if (ageMs < registrationMs) return undefined;
  const says = problem === undefined ? '' : `; it says: ${problem}`;
  const what = `is not registered with ECS, and was launched ${seconds(ageMs)} ago${says}`;
  return { what, patienceMs: lateRegistrationMs };
}

function volumeTrouble({ volume, instanceId }: SeenHost): HostTrouble | undefined {
  if (volume === 'unknown') return undefined;
  if (volume === undefined) return { what: 'has lost its data volume, which is gone', patienceMs: 0 };
  if (volume.holders.includes(instanceId)) return undefined;
  return { what: `does not have its data volume: ${volume.volumeId} is not attached to it`, patienceMs: 0 };
}

/**
 * Looks at a host by what this run has read.
 *
 * @param seen the instance as its group shows it, and `beganMs` as `troubleOf` takes it.
 */
export async function lookForTrouble(
  context: StepContext,
  node: Node,
  seen: Pick<SeenHost, 'instanceId' | 'instance'> & { readonly beganMs: number },
): Promise<HostTrouble | undefined> {
  const { instanceId, instance, beganMs } = seen;
  const [containerInstance, volume] = await Promise.all([
    readContainerInstance(context, instanceId),
    volumeOf(context, node),
  ]);
  return troubleOf({ node: node.name, instanceId, containerInstance, instance, volume }, beganMs);
}

/** A host as ECS knew it when this run read all of them. */
export async function readContainerInstance(
  context: StepContext,
  instanceId: string,
): Promise<ContainerInstance | undefined> {
  const all = await readRegisteredHosts(context);
  return all?.hosts.find((one) => one.instanceId === instanceId);
}

/** All hosts that ECS knows, read once a run. */
export function readRegisteredHosts({
  inventory,
  config,
}: StepContext): Promise<RegisteredHosts | undefined> {
  const name = clusterName(config);
  return inventory.find(registeredHosts, name, { id: undefined, fresh: false, name });
}

/** What is done about it, as a sentence's end: "a new host, unless that passes within 10 minutes". */
export function cureOf({ patienceMs }: HostTrouble): string | undefined {
  if (patienceMs === undefined) return undefined;
  return patienceMs === 0
    ? 'a new host'
    : `a new host, unless that passes within ${String(Math.round(patienceMs / minute))} minutes`;
}

/** Of several volumes of one address its own resource says that a person has to choose. */
async function volumeOf(context: StepContext, node: Node): Promise<SeenHost['volume']> {
  try {
    const address = `${volumeAddressPrefix}${node.name}`;
    return await context.inventory.find(volumes, address, { id: undefined, fresh: false });
  } catch (error) {
    if (error instanceof EsEcsError) return 'unknown';
    throw error;
  }
}
