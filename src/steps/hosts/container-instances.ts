import {
  type ContainerInstance as SdkContainerInstance,
  DescribeContainerInstancesCommand,
  paginateListContainerInstances,
} from '@aws-sdk/client-ecs';

import type { Clients } from '../../aws/clients.ts';
import { collectPages } from '../../aws/ec2.ts';
import type { Collection } from '../../aws/inventory.ts';
import { clusterTag, nodeTag, type Tags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import { inChunks } from '../chunks.ts';

/** A host, as ECS knows it. */
export interface ContainerInstance {
  /** `<ECS cluster>/<instance id>`. */
  readonly key: string;
  readonly containerInstanceArn: string;
  readonly instanceId: string;
  readonly status: string;
  readonly isConnected: boolean;
  /** The node's name, from the attribute that user data has the agent register with. */
  readonly node: string | undefined;
  readonly tags: Tags;
}

/** DescribeContainerInstances and DescribeTasks take so many at once. */
const describedAtOnce = 100;

/** Container instances by the instance they are; all that are asked for at once share one look at the whole cluster. */
export const containerInstances: Collection<ContainerInstance> = {
  name: 'container instances',
  byIds: (clients, keys) => readAll(clients, keys[0]?.split('/')[0] ?? ''),
  chunk: 1_000,
  id: (instance) => instance.key,
  tags: (instance) => instance.tags,
};

/** All of an ECS cluster, by its name: what a plan asks for before it knows of which hosts. */
export const registeredHosts: Collection<RegisteredHosts> = {
  name: 'container instances',
  byIds: async (clients, [cluster = '']) => [{ cluster, hosts: await readAll(clients, cluster) }],
  chunk: 1,
  id: (all) => all.cluster,
  tags: (all) => tagsOf(all.cluster),
};

/** Those that have registered with an ECS cluster. */
export interface RegisteredHosts {
  readonly cluster: string;
  readonly hosts: readonly ContainerInstance[];
}

/** The key of an instance in the collection. */
export function containerInstanceKey(ecsCluster: string, instanceId: string): string {
  return `${ecsCluster}/${instanceId}`;
}

async function readAll({ ecs }: Clients, cluster: string): Promise<readonly ContainerInstance[]> {
  const arns = await unless(
    ['ClusterNotFoundException'],
    collectPages(
      paginateListContainerInstances({ client: ecs }, { cluster }),
      (page) => page.containerInstanceArns,
    ),
  );
  const answers = await Promise.all(
    inChunks(arns ?? [], describedAtOnce).map((some) =>
      ecs.send(new DescribeContainerInstancesCommand({ cluster, containerInstances: some })),
    ),
  );
  return answers
    .flatMap((answer) => answer.containerInstances ?? [])
    .map((found) => toContainerInstance(cluster, found));
}

function toContainerInstance(cluster: string, found: SdkContainerInstance): ContainerInstance {
  const instanceId = found.ec2InstanceId ?? '';
  return {
    key: containerInstanceKey(cluster, instanceId),
    containerInstanceArn: found.containerInstanceArn ?? '',
    instanceId,
    status: found.status ?? '',
    isConnected: found.agentConnected ?? false,
    node: (found.attributes ?? []).find((attribute) => attribute.name === nodeTag)?.value,
    tags: tagsOf(cluster),
  };
}

/** Whatever is in the cluster is the cluster's; agents tag nothing. */
function tagsOf(cluster: string): Tags {
  return { [clusterTag]: cluster.replace(/^es-ecs-/, '') };
}
