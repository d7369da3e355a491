import type { EventRule } from '../core/world.ts';
import { hostDead, hostForgotten, launchTask, observeTask } from './agent.ts';
import { ecsEvents } from './common.ts';
import { capacityChanged, reconcileService, serviceDrained } from './scheduler.ts';
import { services } from './services-table.ts';
import { definitionGoneMs, taskDefinitions } from './task-definitions.ts';
import { tasks } from './tasks-table.ts';

/** A revision goes once no service and no task uses it any more. */
const deleteDefinition: EventRule = (world, arn) => {
  const isUsed =
    [...world.rows(tasks).values()].some(
      (task) => task.taskDefinitionArn === arn && task.lastStatus !== 'STOPPED',
    ) ||
    [...world.rows(services).values()].some(
      (service) => service.taskDefinitionArn === arn && service.status !== 'INACTIVE',
    );
  if (isUsed) world.schedule(ecsEvents.definitionGone, definitionGoneMs, arn);
  else world.rows(taskDefinitions).delete(arn);
};

/** What happens by itself in ECS. */
export const ecsRules: Readonly<Record<string, EventRule>> = {
  [ecsEvents.reconcile]: reconcileService,
  [ecsEvents.drained]: serviceDrained,
  [ecsEvents.capacity]: capacityChanged,
  [ecsEvents.launch]: launchTask,
  [ecsEvents.observe]: observeTask,
  [ecsEvents.hostDead]: hostDead,
  [ecsEvents.hostGone]: hostForgotten,
  [ecsEvents.definitionGone]: deleteDefinition,
};
