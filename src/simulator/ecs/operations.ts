import { attributeOperations } from './attributes.ts';
import { clusterOperations } from './clusters.ts';
import { containerInstanceOperations } from './container-instances.ts';
import { serviceOperations } from './services.ts';
import { ecsTagOperations } from './tags.ts';
import { taskDefinitionOperations } from './task-definitions.ts';
import { taskOperations } from './tasks.ts';

/** All of ECS that the account plays. */
export const ecsOperations = {
  ...attributeOperations,
  ...clusterOperations,
  ...containerInstanceOperations,
  ...ecsTagOperations,
  ...serviceOperations,
  ...taskDefinitionOperations,
  ...taskOperations,
} as const;
