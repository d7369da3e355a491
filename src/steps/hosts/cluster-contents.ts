import { paginateListServices } from '@aws-sdk/client-ecs';

import { collectPages } from '../../aws/ec2.ts';
import { isOf } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { Blocker } from '../../engine/resource.ts';
import { inChunks } from '../chunks.ts';
import type { StepContext } from '../context.ts';
import { describeTasks, listTasks } from '../service/list-tasks.ts';
import { serviceKey, services } from '../service/services.ts';

const missing = ['ClusterNotFoundException'];
const notOurs = ', which es-ecs did not make';

/** What keeps an ECS cluster: services and tasks in it. Hosts are taken off its list as often as it is tried. */
export async function contentsOfCluster(context: StepContext, cluster: string): Promise<readonly Blocker[]> {
  const [own, tasks] = await Promise.all([serviceBlockers(context, cluster), taskBlockers(context, cluster)]);
  return [...own, ...tasks];
}

async function serviceBlockers({ clients, config }: StepContext, cluster: string): Promise<Blocker[]> {
  const arns = await unless(
    missing,
    collectPages(paginateListServices({ client: clients.ecs }, { cluster }), (page) => page.serviceArns),
  );
  const keys = (arns ?? []).map((arn) => serviceKey(cluster, arn.split('/').at(-1) ?? ''));
  const found = await Promise.all(
    inChunks(keys, services.chunk).map((some) => services.byIds(clients, some, 'there')),
  );
  return found
    .flat()
    .filter(({ status }) => status !== 'INACTIVE')
    .map(({ serviceName, status, tags }) => {
      const isOurs = isOf(config.name, tags);
      return {
        what: `the service ${serviceName}, ${status}${isOurs ? '' : notOurs}`,
        passes: isOurs || status === 'DRAINING',
        look: `aws ecs describe-services --cluster ${cluster} --services ${serviceName}`,
      };
    });
}

async function taskBlockers({ clients: { ecs } }: StepContext, cluster: string): Promise<Blocker[]> {
  const arns = (await unless(missing, listTasks(ecs, { cluster }))) ?? [];
  const tasks = await describeTasks(ecs, { cluster, arns });
  return tasks.map(({ taskArn = '', group = '', lastStatus = '', desiredStatus }) => {
    const id = taskArn.split('/').at(-1) ?? '';
    // Whose a service is, the service says.
    const isOfService = group.startsWith('service:');
    return {
      what: `the task ${id} of ${group}, ${lastStatus}${isOfService ? '' : notOurs}`,
      passes: isOfService || desiredStatus === 'STOPPED',
      look: `aws ecs describe-tasks --cluster ${cluster} --tasks ${id}`,
    };
  });
}
