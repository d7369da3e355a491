import {
  DescribeInstancesCommand,
  GetConsoleOutputCommand,
  type Instance as SdkInstance,
  paginateDescribeInstances,
} from '@aws-sdk/client-ec2';

import type { Clients } from '../../aws/clients.ts';
import { collectPages, ec2Filters, longestPage } from '../../aws/ec2.ts';
import type { Collection } from '../../aws/inventory.ts';
import { fromCapitalTags, isOf, nodeTag, type Tags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import { type ClusterInstance, clusterInstances, toClusterInstance, unended } from '../cluster-instances.ts';
import type { StepContext } from '../context.ts';
import { problemTag } from '../policies/instance.ts';

/** The instances of one node that have not ended: one, and for a while also the one before it. */
export interface NodeInstances {
  /** `<cluster>/<node>`. */
  readonly key: string;
  readonly instanceIds: readonly string[];
  /** Those among them that nobody has told to end. */
  readonly living: readonly string[];
  readonly hosts: readonly RunningHost[];
  readonly tags: Tags;
}

/** What somebody can change in a host while it runs. */
export type RunningHost = ClusterInstance;

/**
 * Whether EC2 takes changes of an instance, and what is in it is what its launch template made of it: not while it comes up or goes.
 */
export function isSettled({ state }: Pick<RunningHost, 'state'>): boolean {
  return state === 'running' || state === 'stopped';
}

/** Values that all filters of a call have together, else `FilterLimitExceeded`: here one is the cluster's, and some are states. */
const nodesInCall = 200 - 1 - unended.length;

/** Instances by their node, so that all nodes that are looked for at once share a call. */
export const nodeInstances: Collection<NodeInstances> = {
  name: 'instances',
  byIds: async (clients, keys) => {
    const cluster = keys[0]?.split('/')[0] ?? '';
    const nodes = keys.map((key) => key.slice(cluster.length + 1));
    const found = await listUnended(clients, cluster, nodes);
    return keys.flatMap((key) => ofNode(key, found.get(key) ?? []));
  },
  chunk: nodesInCall,
  id: (instances) => instances.key,
  tags: (instances) => instances.tags,
};

function ofNode(key: string, own: readonly RunningHost[]): NodeInstances[] {
  const [first] = own;
  if (first === undefined) return [];
  const living = own.filter((one) => one.state !== 'shutting-down');
  return [
    {
      key,
      instanceIds: own.map((one) => one.instanceId),
      living: living.map((one) => one.instanceId),
      hosts: own,
      tags: first.tags,
    },
  ];
}

/** Lists by their nodes: a plan asks for each of a thousand. */
const sorted = new WeakMap<readonly RunningHost[], ReadonlyMap<string, readonly RunningHost[]>>();

function byNode(cluster: string, all: readonly RunningHost[]): ReadonlyMap<string, readonly RunningHost[]> {
  const known = sorted.get(all);
  if (known !== undefined) return known;
  const found = new Map<string, RunningHost[]>();
  for (const one of all) {
    const key = nodeKey(cluster, one.tags[nodeTag] ?? '');
    const own = found.get(key) ?? [];
    own.push(one);
    found.set(key, own);
  }
  sorted.set(all, found);
  return found;
}

/** The instances of a node: as the run's list of all shows them, or as they are now. */
export async function instancesOf(
  { inventory, config }: Pick<StepContext, 'inventory' | 'config'>,
  node: string,
  fresh: boolean,
): Promise<NodeInstances | undefined> {
  const key = nodeKey(config.name, node);
  if (fresh) return inventory.find(nodeInstances, key, { id: undefined, fresh, name: key });
  const all = await inventory.owned(clusterInstances);
  return ofNode(key, byNode(config.name, all).get(key) ?? [])[0];
}

/** The key of a node's instances in the collection. */
export function nodeKey(cluster: string, node: string): string {
  return `${cluster}/${node}`;
}

async function listUnended(
  clients: Clients,
  cluster: string,
  nodes: readonly string[],
): Promise<ReadonlyMap<string, readonly RunningHost[]>> {
  const reservations = await collectPages(
    paginateDescribeInstances(
      { client: clients.ec2 },
      {
        Filters: [
          ...ec2Filters(cluster),
          { Name: `tag:${nodeTag}`, Values: [...nodes] },
          { Name: 'instance-state-name', Values: unended },
        ],
        MaxResults: longestPage,
      },
    ),
    (page) => page.Reservations,
  );
  const found = reservations
    .flatMap((reservation) => reservation.Instances ?? [])
    .map(toClusterInstance)
    .filter(({ state, tags }) => isOf(cluster, tags) && unended.includes(state));
  return byNode(cluster, found);
}

/** Lines of the console that are shown. */
const consoleLines = 6;

/** Why an instance does not become a host: what EC2 says, what user data left in its tag, the console's last lines. */
export async function explainInstance(clients: Clients, instanceId: string): Promise<string> {
  const missing = ['InvalidInstanceID.NotFound', 'InvalidInstanceID.Malformed'];
  const [described, output] = await Promise.all([
    unless(missing, clients.ec2.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] }))),
    // Only instances on Nitro give their latest output; others refuse, and then there is none to show.
    unless(
      [...missing, 'UnsupportedOperation', 'InvalidParameterCombination'],
      clients.ec2.send(new GetConsoleOutputCommand({ InstanceId: instanceId, Latest: true })),
    ),
  ]);
  const instance = described?.Reservations?.[0]?.Instances?.[0];
  if (instance === undefined) return `${instanceId} does not exist any more`;
  return [stateSentence(instanceId, instance), problemSentence(instance), consoleTail(output?.Output)]
    .filter((part) => part !== undefined)
    .join('; ');
}

function stateSentence(instanceId: string, instance: SdkInstance): string {
  const { StateReason: reason, StateTransitionReason: transition = '' } = instance;
  const state = `${instanceId} is ${instance.State?.Name ?? 'in no known state'}`;
  const why = [reason?.Message ?? '', transition].filter((part) => part !== '');
  return why.length === 0 ? state : `${state} (${[...new Set(why)].join('; ')})`;
}

function problemSentence(instance: SdkInstance): string | undefined {
  const problem = fromCapitalTags(instance.Tags)[problemTag];
  return problem === undefined ? undefined : `the host says: ${problem}`;
}

/** @param output base64, as EC2 gives it. */
function consoleTail(output: string | undefined): string | undefined {
  if (output === undefined || output === '') return undefined;
  const lines = Buffer.from(output, 'base64')
    .toString('utf8')
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
  return `the console's last lines:\n${lines.slice(-consoleLines).join('\n')}`;
}
