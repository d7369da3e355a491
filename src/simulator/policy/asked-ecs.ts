import { servicePrincipals } from '../../aws/partitions.ts';
import type { World } from '../core/world.ts';
import { clusterNameOf, clusters } from '../ecs/clusters.ts';
import { ecsArn, shortName } from '../ecs/common.ts';
import { containerInstances } from '../ecs/container-instances.ts';
import { services } from '../ecs/services-table.ts';
import { findTaskDefinition } from '../ecs/task-definitions.ts';
import { tasks } from '../ecs/tasks-table.ts';
import { passedRole, serviceLinkedRole } from './asked-iam.ts';
import type { Asked } from './decide.ts';
import { type Input, tagKeysOf, tagsOf, textOf, textsOf } from './input.ts';
import { referenceOf } from './reference.ts';

/** A thing of ECS that a call is about. */
interface Thing {
  readonly kind: string;
  readonly arn: string;
}

/** Calls that make something, and what they make. */
const makes: Readonly<Record<string, string>> = {
  CreateCluster: 'cluster',
  CreateService: 'service',
  RegisterTaskDefinition: 'task-definition',
  RunTask: 'task',
};

/**
 * What ECS looks at before it carries out a call ("Actions, resources, and condition keys for Amazon Elastic Container Service"): tags
 * given at the making are tagging, roles of a task definition are passed, and the first cluster of an account makes ECS's own role.
 */
export function askedOfEcs(world: World, operation: string, input: Input): readonly Asked[] {
  const action = `ecs:${operation}`;
  const { kinds } = referenceOf(action);
  const keys = clusterKey(world, operation, input);
  const requestTags = tagsOf(input, 'tags') ?? tagKeysOf(input, 'tagKeys');
  const more = { keys, ...(requestTags === undefined ? {} : { requestTags }) };
  const things = thingsIn(world, operation, input).filter((thing) =>
    kinds.some(({ name }) => name === thing.kind),
  );
  const own: readonly Asked[] =
    things.length === 0
      ? [{ action, resource: '*', ...more }]
      : things.map((thing) => ({ ...ofThing(world, action, thing), ...more }));
  return [...own, ...taggingAsked(operation, own, requestTags), ...rolesAsked(world, operation, input)];
}

function clusterKey(world: World, operation: string, input: Input): Readonly<Record<string, string>> {
  const cluster = textOf(input, 'cluster');
  if (cluster === undefined || operation === 'DescribeClusters') return {};
  return { 'ecs:cluster': clusterArn(world, cluster) };
}

function clusterArn(world: World, nameOrArn: string | undefined): string {
  return ecsArn(world, `cluster/${clusterNameOf(nameOrArn)}`);
}

/** Everything that a call names, whether its action looks at it or not. */
function thingsIn(world: World, operation: string, input: Input): readonly Thing[] {
  const cluster = clusterNameOf(textOf(input, 'cluster'));
  const inCluster = (kind: string, names: readonly string[]): readonly Thing[] =>
    names.map((name) => ({ kind, arn: ecsArn(world, `${kind}/${cluster}/${shortName(name)}`) }));
  const one = (name: string): readonly string[] => [textOf(input, name)].filter((text) => text !== undefined);
  const tagged = textOf(input, 'resourceArn');
  const clusterNames = [...textsOf(input, 'clusters'), ...one('clusterName'), ...one('cluster')];
  const definitions = [
    ...textsOf(input, 'taskDefinitions'),
    ...(operation === 'RunTask' ? one('taskDefinition') : []),
  ];
  const family = textOf(input, 'family');
  return [
    ...clusterNames.map((name) => ({ kind: 'cluster', arn: clusterArn(world, name) })),
    ...inCluster('service', [...textsOf(input, 'services'), ...one('service'), ...one('serviceName')]),
    ...inCluster('task', [...textsOf(input, 'tasks'), ...one('task')]),
    ...inCluster('container-instance', [
      ...textsOf(input, 'containerInstances'),
      ...one('containerInstance'),
    ]),
    ...definitions.map((name) => ({
      kind: 'task-definition',
      arn: findTaskDefinition(world, name)?.arn ?? name,
    })),
    ...(operation === 'RegisterTaskDefinition' && family !== undefined
      ? [{ kind: 'task-definition', arn: ecsArn(world, `task-definition/${family}:*`) }]
      : []),
    ...(tagged === undefined ? [] : [{ kind: /:([a-z-]+)\//.exec(tagged)?.[1] ?? '', arn: tagged }]),
  ];
}

function ofThing(world: World, action: string, { kind, arn }: Thing): Asked {
  const tables = [services, tasks, containerInstances] as const;
  const row =
    kind === 'cluster'
      ? world.rows(clusters).get(shortName(arn))
      : kind === 'task-definition'
        ? findTaskDefinition(world, arn)
        : tables
            .map((table) => world.rows<{ tags: Record<string, string> }>(table).get(arn))
            .find((one) => one !== undefined);
  return { action, resource: arn, kind, ...(row === undefined ? {} : { tags: row.tags }) };
}

function taggingAsked(
  operation: string,
  own: readonly Asked[],
  requestTags: Readonly<Record<string, string>> | undefined,
): readonly Asked[] {
  if (makes[operation] === undefined || requestTags === undefined) return [];
  return own
    .filter(({ kind }) => kind === makes[operation])
    .map(({ resource, kind = '' }) => ({
      action: 'ecs:TagResource',
      resource,
      kind,
      requestTags,
      keys: { 'ecs:createaction': operation },
    }));
}

function rolesAsked(world: World, operation: string, input: Input): readonly Asked[] {
  if (operation === 'CreateCluster' && world.rows(clusters).size === 0) {
    return [serviceLinkedRole(world, 'ecs')];
  }
  if (operation !== 'RegisterTaskDefinition') return [];
  return ['executionRoleArn', 'taskRoleArn'].flatMap((name) =>
    passedRole(world, textOf(input, name), servicePrincipals.ecsTasks),
  );
}
