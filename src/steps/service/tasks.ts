import type { Task as SdkTask } from '@aws-sdk/client-ecs';

import type { Clients } from '../../aws/clients.ts';
import type { Collection } from '../../aws/inventory.ts';
import { clusterTag, fromSmallTags, type Tags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import { describeTasks, listTasks } from './list-tasks.ts';

/** The task of a node's service: the running one, else the one on its way. */
export interface NodeTask {
  /** `<ECS cluster>/<service>`. */
  readonly key: string;
  readonly taskArn: string;
  /** `PROVISIONING`, `PENDING`, `RUNNING`, … */
  readonly status: string;
  /** `HEALTHY`, `UNHEALTHY` or `UNKNOWN`, by the container's own health check. */
  readonly health: string;
  readonly containerInstanceArn: string | undefined;
  readonly taskDefinitionArn: string;
  readonly startedAtMs: number | undefined;
  /** Whose it is. */
  readonly tags: Tags;
  /** Those that it carries. */
  readonly ownTags: Tags;
}

/** Tasks by the service that started them; all that are asked for at once share one look at the whole cluster. */
export const nodeTasks: Collection<NodeTask> = {
  name: 'tasks',
  byIds: (clients, keys) => readAll(clients, keys[0]?.split('/')[0] ?? ''),
  chunk: 1_000,
  id: (task) => task.key,
  tags: (task) => task.tags,
};

/** Whether a node's task runs and its own health check says that it is well. */
export function isServing(task: NodeTask | undefined): boolean {
  return task?.status === 'RUNNING' && task.health === 'HEALTHY';
}

async function readAll({ ecs }: Clients, cluster: string): Promise<readonly NodeTask[]> {
  const arns = (await unless(['ClusterNotFoundException'], listTasks(ecs, { cluster }))) ?? [];
  const found = await describeTasks(ecs, { cluster, arns, include: ['TAGS'] });
  const tasks = found.map((task) => toTask(cluster, task));
  // Of several tasks of one service the last in the list is taken: the one that runs.
  return tasks.sort((a, b) => Number(a.status === 'RUNNING') - Number(b.status === 'RUNNING'));
}

function toTask(cluster: string, found: SdkTask): NodeTask {
  return {
    key: `${cluster}/${(found.group ?? '').replace(/^service:/, '')}`,
    taskArn: found.taskArn ?? '',
    status: found.lastStatus ?? '',
    health: found.healthStatus ?? 'UNKNOWN',
    containerInstanceArn: found.containerInstanceArn,
    taskDefinitionArn: found.taskDefinitionArn ?? '',
    startedAtMs: found.startedAt?.getTime(),
    // Whatever runs in the cluster is the cluster's.
    tags: { [clusterTag]: cluster.replace(/^es-ecs-/, '') },
    ownTags: fromSmallTags(found.tags),
  };
}
