import { topology } from '../../elasticsearch/topology.ts';
import { EsEcsError } from '../../errors.ts';
import type { StepContext } from '../context.ts';
import { containerInstanceKey, containerInstances } from '../hosts/container-instances.ts';
import { clusterName } from '../names.ts';
import { isDeployed, primary, type Service, serviceKey, services } from './services.ts';
import { isServing, nodeTasks } from './tasks.ts';

/** How long another node may be away before a restart is given up rather than waited with. */
const patienceMs = 15 * 60_000;
const everyMs = 10_000;

/**
 * Whether a node serves: its task runs and is healthy, on the given instance where one is given. A node whose service does not
 * exist yet has nothing to lose.
 */
export async function isSteady(
  context: StepContext,
  node: string,
  on: { readonly instanceId: string },
): Promise<boolean> {
  const cluster = clusterName(context.config);
  const service = await look(context, services, serviceKey(cluster, node));
  if (service === undefined) return true;
  const task = await look(context, nodeTasks, serviceKey(cluster, node));
  if (!isServing(task)) return false;
  const host = await look(context, containerInstances, containerInstanceKey(cluster, on.instanceId));
  return host !== undefined && host.containerInstanceArn === task?.containerInstanceArn;
}

/**
 * Those of the nodes that ECS is restarting, or is about to: a run that was killed may have ordered it a moment ago, and for some
 * seconds such a node is still there and well.
 */
export async function nodesUnderWay(
  context: Pick<StepContext, 'config' | 'inventory'>,
  names: readonly string[],
): Promise<readonly string[]> {
  const cluster = clusterName(context.config);
  const found = await Promise.all(names.map((name) => look(context, services, serviceKey(cluster, name))));
  return names.filter((_, index) => isUnderWay(found[index]));
}

/** Those of the nodes whose task does not run, or is not healthy. */
export async function nodesAway(
  context: Pick<StepContext, 'config' | 'inventory'>,
  names: readonly string[],
): Promise<readonly string[]> {
  const cluster = clusterName(context.config);
  const tasks = await Promise.all(names.map((name) => look(context, nodeTasks, serviceKey(cluster, name))));
  return names.filter((_, index) => !isServing(tasks[index]));
}

function isUnderWay(service: Service | undefined): boolean {
  if (service === undefined) return false;
  // Stopped for the time that its host is replaced.
  if (service.desiredCount < 1) return true;
  return !isDeployed(service) && primary(service)?.rollout !== 'FAILED';
}

/**
 * Waits until every node but this one serves and goes on serving, so that no two are away at once. A cluster of which nothing runs
 * has nothing to lose, and may need just this change to come up at all; neither has a node that does not serve itself.
 *
 * @throws EsEcsError WAIT_TIMEOUT naming the nodes that are away.
 */
export async function othersHold(context: StepContext, node: string): Promise<void> {
  const { clock, config, facts } = context;
  const names = topology(config, facts).map((one) => one.name);
  const untilMs = clock.now() + patienceMs;
  for (;;) {
    const down = await nodesAway(context, names);
    const going = await nodesUnderWay(context, names);
    const away = names.filter((name) => name !== node && (down.includes(name) || going.includes(name)));
    if (away.length === 0 || down.includes(node)) return;
    if (clock.now() >= untilMs) {
      throw new EsEcsError(
        'WAIT_TIMEOUT',
        `${node} is not restarted while ${away.join(', ')} ${away.length === 1 ? 'is' : 'are'} away`,
        { hint: 'es-ecs status  says why; run the same command again once every node serves' },
      );
    }
    await clock.sleep(everyMs);
  }
}
function look<Item>(
  context: Pick<StepContext, 'inventory'>,
  collection: Parameters<typeof context.inventory.find<Item>>[0],
  key: string,
): Promise<Item | undefined> {
  return context.inventory.find(collection, key, { id: undefined, fresh: true, name: key });
}
