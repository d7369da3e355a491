import type { DesiredStatus, Task } from '@aws-sdk/client-ecs';

import { stopTimeoutSeconds } from '../../elasticsearch/container.ts';
import { EsEcsError } from '../../errors.ts';
import type { StepContext } from '../context.ts';
import { containerInstanceKey, containerInstances } from '../hosts/container-instances.ts';
import { describeTasks, listTasks } from './list-tasks.ts';

/** Longer than any stop timeout; what is left then is stuck on a host that does not answer. */
const stopLimitMs = 5 * 60_000;
const stopEveryMs = 2_000;
/** An agent is away for moments every now and then. One that is for longer than a stop takes neither stops a task nor tells of its end. */
const agentGoneMs = (stopTimeoutSeconds + 30) * 1000;

/** A service and the hosts that its tasks may be on. */
export interface Ending {
  readonly node: string;
  readonly clusterName: string;
  readonly serviceName: string;
  readonly instanceIds: readonly string[];
}

/**
 * Waits until no task of a service is left that has not ended: not those alone that are to run, but those that are stopping. ECS lists
 * the former by default and the latter only when asked for ("ListTasks", `desiredStatus`), and Elasticsearch takes its time to stop.
 *
 * @throws EsEcsError WAIT_TIMEOUT naming what does not stop although its agent is there.
 */
export async function untilStopped(context: StepContext, ending: Ending): Promise<void> {
  const { clock } = context;
  const begunMs = clock.now();
  let heardMs = begunMs;
  for (;;) {
    const left = await unfinished(context, ending);
    if (left.length === 0) return;
    if (await isHeard(context, ending)) heardMs = clock.now();
    if (clock.now() - heardMs >= agentGoneMs) return;
    if (clock.now() - begunMs >= stopLimitMs) {
      const status = left[0]?.lastStatus ?? 'away';
      throw new EsEcsError('WAIT_TIMEOUT', `the task of ${ending.node} does not stop: it is ${status}`, {
        address: `service/service/${ending.node}`,
        hint: 'es-ecs status  says how its host is; run the same command again to go on',
      });
    }
    await clock.sleep(stopEveryMs);
  }
}

async function unfinished({ clients: { ecs } }: StepContext, ending: Ending): Promise<readonly Task[]> {
  const { clusterName: cluster, serviceName } = ending;
  const list = (desiredStatus: DesiredStatus): Promise<readonly string[]> =>
    listTasks(ecs, { cluster, serviceName, desiredStatus });
  // Those that are to run first: one that goes over to the others meanwhile is seen twice rather than not at all.
  const arns = new Set([...(await list('RUNNING')), ...(await list('STOPPED'))]);
  const tasks = await describeTasks(ecs, { cluster, arns: [...arns] });
  return tasks.filter(({ lastStatus }) => lastStatus !== 'STOPPED');
}

/** Whether the agent of any of the hosts is there. */
async function isHeard(context: StepContext, { clusterName, instanceIds }: Ending): Promise<boolean> {
  const found = await Promise.all(
    instanceIds.map((id) => {
      const key = containerInstanceKey(clusterName, id);
      return context.inventory.find(containerInstances, key, { id: undefined, fresh: true, name: key });
    }),
  );
  return found.some((host) => host?.isConnected === true);
}
