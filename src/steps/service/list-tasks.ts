import {
  DescribeTasksCommand,
  type ECSClient,
  type ListTasksCommandInput,
  paginateListTasks,
  type Task,
  type TaskField,
} from '@aws-sdk/client-ecs';

import { collectPages } from '../../aws/ec2.ts';
import { inChunks } from '../chunks.ts';

/** DescribeTasks takes so many at once. */
const describedAtOnce = 100;

/** The ARNs of a cluster's tasks; where no status is asked for, of those alone that are to run ("ListTasks", `desiredStatus`). */
export function listTasks(
  client: ECSClient,
  asked: Pick<ListTasksCommandInput, 'cluster' | 'serviceName' | 'desiredStatus'>,
): Promise<readonly string[]> {
  return collectPages(paginateListTasks({ client }, asked), (page) => page.taskArns);
}

/** What ECS knows of tasks, however many; those that it has forgotten are left out. */
export async function describeTasks(
  client: ECSClient,
  asked: { readonly cluster: string; readonly arns: readonly string[]; readonly include?: TaskField[] },
): Promise<readonly Task[]> {
  const { cluster, arns, include } = asked;
  const answers = await Promise.all(
    inChunks(arns, describedAtOnce).map((tasks) =>
      client.send(new DescribeTasksCommand({ cluster, tasks, include })),
    ),
  );
  return answers.flatMap(({ tasks = [] }) => tasks);
}
