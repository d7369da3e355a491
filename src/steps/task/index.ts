import type { AnyResource, Resource } from '../../engine/resource.ts';
import { invariant } from '../../errors.ts';
import type { StepContext } from '../context.ts';
import { type Role, role } from '../iam/role.ts';
import type { ImageSource } from '../image/index.ts';
import { logGroup } from '../logs/log-group.ts';
import { logGroupName, roleName } from '../names.ts';
import { executionPolicy } from '../policies/execution.ts';
import { taskPolicy } from '../policies/task.ts';
import { taskTrust } from '../policies/trust.ts';
import type { NodeGroup } from '../../config/config.ts';
import { type Definition, definition, type DefinitionNeeds } from './definition.ts';
import { formerDefinition } from './former-definition.ts';
import { type Secrets, secrets } from './secrets.ts';

/** The step and what later ones need of it. */
export interface TaskStep {
  readonly resources: readonly AnyResource[];
  /** By the node group's name. */
  readonly definitions: ReadonlyMap<string, Resource<unknown, Definition>>;
  readonly secrets: Secrets;
  /** Of node groups that the config no longer has; their services go before. */
  readonly former: readonly Resource[];
}

/** How nodes run: logs, secrets, the two roles, and a task definition for each node group. */
export function taskStep(
  context: StepContext,
  source: ImageSource,
  { formerTemplates }: { readonly formerTemplates: ReadonlyMap<string, Resource> },
): TaskStep {
  const logs = logGroup(context, { address: 'task/log-group', name: logGroupName(context.config) });
  const own = secrets(context);
  const execution = executionRole(context);
  const task = taskRole(context);
  const definitions = new Map(
    context.config.nodeGroups.map((group) => [
      group.name,
      definition(context, group, {
        logGroup: logs,
        certificates: own.certificates,
        password: own.password,
        executionRole: execution,
        taskRole: task,
        ...imageNeeds(context, source, group),
      }),
    ]),
  );
  const former = [...formerTemplates].map(([group, template]) =>
    formerDefinition(context, group, { template }),
  );
  return {
    resources: [
      logs,
      own.authority,
      own.certificates,
      own.password,
      execution,
      task,
      ...definitions.values(),
      ...former,
    ],
    former,
    definitions,
    secrets: own,
  };
}

function imageNeeds(
  context: StepContext,
  source: ImageSource,
  group: NodeGroup,
): Pick<DefinitionNeeds, 'repository' | 'image'> {
  if ('uri' in source) return {};
  const instanceType = context.facts.instanceTypes.get(group.instanceType);
  invariant(instanceType, `nothing is known of the instance type ${group.instanceType}`);
  const image = source.images.get(instanceType.architecture);
  invariant(image, `there is no image for ${instanceType.architecture}`);
  return { repository: source.repository, image };
}

function executionRole(context: StepContext): Resource<unknown, Role> {
  return role(context, {
    address: 'task/role/execution',
    roleName: roleName(context.config, 'execution'),
    description: `what ECS does for the tasks of the Elasticsearch cluster ${context.config.name}`,
    trust: taskTrust(context.facts),
    policy: executionPolicy(context),
  });
}

function taskRole(context: StepContext): Resource<unknown, Role> {
  return role(context, {
    address: 'task/role/task',
    roleName: roleName(context.config, 'task'),
    description: `what the nodes of the Elasticsearch cluster ${context.config.name} may do`,
    trust: taskTrust(context.facts),
    policy: taskPolicy(),
  });
}
