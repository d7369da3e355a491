import type {
  ContainerDefinition,
  DeleteTaskDefinitionsCommandInput,
  DeleteTaskDefinitionsCommandOutput,
  DeregisterTaskDefinitionCommandInput,
  DeregisterTaskDefinitionCommandOutput,
  DescribeTaskDefinitionCommandInput,
  DescribeTaskDefinitionCommandOutput,
  Failure,
  ListTaskDefinitionFamiliesCommandInput,
  ListTaskDefinitionFamiliesCommandOutput,
  ListTaskDefinitionsCommandInput,
  ListTaskDefinitionsCommandOutput,
  RegisterTaskDefinitionCommandInput,
  RegisterTaskDefinitionCommandOutput,
  TaskDefinition,
} from '@aws-sdk/client-ecs';

import { page } from '../core/operation.ts';
import { table, type World } from '../core/world.ts';
import {
  type Answer,
  atMost,
  clientFailure,
  dateOf,
  ecsArn,
  ecsEvents,
  type EcsTags,
  fromTags,
  invalidParameter,
  shortName,
  toEcsTags,
} from './common.ts';
import { checkTaskDefinition } from './task-definition-rules.ts';

export interface TaskDefinitionRow {
  readonly arn: string;
  readonly family: string;
  readonly revision: number;
  status: 'ACTIVE' | 'INACTIVE' | 'DELETE_IN_PROGRESS';
  /** As registered, with the defaults that ECS fills in. */
  readonly definition: Omit<TaskDefinition, 'registeredAt' | 'deregisteredAt' | 'status'>;
  readonly registeredAtMs: number;
  deregisteredAtMs: number | undefined;
  tags: EcsTags;
}

/** By ARN. */
export const taskDefinitions = table<TaskDefinitionRow>('ecs/task-definitions');

/** The revision that a family was given last; numbers are never given again, even after a deletion. */
const lastRevisions = table<{ revision: number }>('ecs/task-definition-revisions');

/** ECS deletes at its leisure, and not while something still uses the revision. */
export const definitionGoneMs = 60_000;

/** By ARN, `family:revision` or `family`, which stands for its latest ACTIVE revision. */
export function findTaskDefinition(world: World, name: string | undefined): TaskDefinitionRow | undefined {
  const [family = '', revision] = shortName(name ?? '').split(':');
  const rows = [...world.rows(taskDefinitions).values()].filter((row) => row.family === family);
  if (revision !== undefined) return rows.find((row) => String(row.revision) === revision);
  return rows.filter((row) => row.status === 'ACTIVE').at(-1);
}

/**
 * The defaults that ECS adds, which a later describe shows. Environment and secrets come back in an order of ECS's own.
 */
function withDefaults(container: ContainerDefinition, networkMode: string): ContainerDefinition {
  const byName = <Named extends { readonly name?: string | undefined }>(
    list: readonly Named[] = [],
  ): Named[] => list.toSorted((one, other) => ((one.name ?? '') < (other.name ?? '') ? 1 : -1));
  const { healthCheck, secrets } = container;
  return {
    ...container,
    cpu: container.cpu ?? 0,
    essential: container.essential ?? true,
    environment: byName(container.environment),
    mountPoints: container.mountPoints ?? [],
    volumesFrom: container.volumesFrom ?? [],
    systemControls: container.systemControls ?? [],
    portMappings: (container.portMappings ?? []).map((mapping) => ({
      ...mapping,
      hostPort: mapping.hostPort ?? (networkMode === 'host' ? mapping.containerPort : 0),
      protocol: mapping.protocol ?? 'tcp',
    })),
    ...(secrets === undefined ? {} : { secrets: byName(secrets) }),
    ...(healthCheck === undefined
      ? {}
      : { healthCheck: { interval: 30, timeout: 5, retries: 3, ...healthCheck } }),
  };
}

function toTaskDefinition(row: TaskDefinitionRow): TaskDefinition {
  return {
    ...row.definition,
    status: row.status,
    registeredAt: dateOf(row.registeredAtMs),
    ...(row.deregisteredAtMs === undefined ? {} : { deregisteredAt: dateOf(row.deregisteredAtMs) }),
  };
}

function requireRevision(world: World, name: string | undefined): TaskDefinitionRow {
  if (!/:\d+$/.test(name ?? '')) throw clientFailure('Revision is missing.');
  const row = findTaskDefinition(world, name);
  if (row === undefined) throw clientFailure('The specified task definition does not exist.');
  return row;
}

/** Task definitions, as the ECS API reference describes them. Registering takes no client token: each call is a revision. */
export const taskDefinitionOperations = {
  RegisterTaskDefinition(
    world: World,
    input: RegisterTaskDefinitionCommandInput,
  ): Answer<RegisterTaskDefinitionCommandOutput> {
    checkTaskDefinition(input);
    const { tags, ...rest } = input;
    const family = input.family ?? '';
    const revision = (world.rows(lastRevisions).get(family)?.revision ?? 0) + 1;
    world.rows(lastRevisions).set(family, { revision });
    const arn = ecsArn(world, `task-definition/${family}:${revision}`);
    const networkMode = input.networkMode ?? 'bridge';
    const row: TaskDefinitionRow = {
      arn,
      family,
      revision,
      status: 'ACTIVE',
      definition: {
        ...rest,
        taskDefinitionArn: arn,
        family,
        revision,
        networkMode,
        containerDefinitions: (input.containerDefinitions ?? []).map((one) => withDefaults(one, networkMode)),
        volumes: input.volumes ?? [],
        placementConstraints: input.placementConstraints ?? [],
        compatibilities: ['EXTERNAL', 'EC2'],
        requiresAttributes: [{ name: 'com.amazonaws.ecs.capability.docker-remote-api.1.29' }],
        registeredBy: `arn:${world.partition}:iam::${world.accountId}:user/simulated`,
      },
      registeredAtMs: world.nowMs,
      deregisteredAtMs: undefined,
      tags: fromTags(tags),
    };
    world.rows(taskDefinitions).set(arn, row);
    return { taskDefinition: toTaskDefinition(row), tags: toEcsTags(row.tags) };
  },

  /** Also INACTIVE ones can be described. */
  DescribeTaskDefinition(
    world: World,
    input: DescribeTaskDefinitionCommandInput,
  ): Answer<DescribeTaskDefinitionCommandOutput> {
    const row = findTaskDefinition(world, input.taskDefinition);
    if (row === undefined) throw clientFailure('Unable to describe task definition.');
    return {
      taskDefinition: toTaskDefinition(row),
      ...(input.include?.includes('TAGS') === true ? { tags: toEcsTags(row.tags) } : {}),
    };
  },

  /** `familyPrefix` is, its name notwithstanding, the whole family name (ECS API reference). */
  ListTaskDefinitions(
    world: World,
    input: ListTaskDefinitionsCommandInput,
  ): Answer<ListTaskDefinitionsCommandOutput> {
    const status = input.status ?? 'ACTIVE';
    const found = [...world.rows(taskDefinitions).values()]
      .filter((row) => row.status === status)
      .filter((row) => input.familyPrefix === undefined || row.family === input.familyPrefix)
      .sort((one, other) =>
        one.family === other.family ? one.revision - other.revision : one.family < other.family ? -1 : 1,
      );
    if (input.sort === 'DESC') found.reverse();
    const { items, nextToken } = page(found, input.nextToken, input.maxResults, 100);
    return { taskDefinitionArns: items.map((row) => row.arn), nextToken };
  },

  ListTaskDefinitionFamilies(
    world: World,
    input: ListTaskDefinitionFamiliesCommandInput,
  ): Answer<ListTaskDefinitionFamiliesCommandOutput> {
    const status = input.status ?? 'ACTIVE';
    const rows = [...world.rows(taskDefinitions).values()].filter((row) =>
      row.family.startsWith(input.familyPrefix ?? ''),
    );
    const active = new Set(rows.filter((row) => row.status === 'ACTIVE').map((row) => row.family));
    const families = [...new Set(rows.map((row) => row.family))].filter(
      (family) => status === 'ALL' || active.has(family) === (status === 'ACTIVE'),
    );
    const { items, nextToken } = page(families, input.nextToken, input.maxResults, 100);
    return { families: items, nextToken };
  },

  DeregisterTaskDefinition(
    world: World,
    input: DeregisterTaskDefinitionCommandInput,
  ): Answer<DeregisterTaskDefinitionCommandOutput> {
    const row = requireRevision(world, input.taskDefinition);
    if (row.status !== 'ACTIVE') {
      throw clientFailure('The specified task definition is inactive. You can only deregister active ones.');
    }
    row.status = 'INACTIVE';
    row.deregisteredAtMs = world.nowMs;
    return { taskDefinition: toTaskDefinition(row) };
  },

  DeleteTaskDefinitions(
    world: World,
    input: DeleteTaskDefinitionsCommandInput,
  ): Answer<DeleteTaskDefinitionsCommandOutput> {
    const asked = input.taskDefinitions ?? [];
    if (asked.length === 0) throw invalidParameter('Task definitions cannot be empty.');
    atMost('Task definitions', asked, 10);
    const deleted: TaskDefinition[] = [];
    const failures: Failure[] = [];
    for (const one of asked) {
      const row = findTaskDefinition(world, one);
      if (row === undefined || row.status === 'ACTIVE') {
        failures.push({
          arn: row?.arn ?? ecsArn(world, `task-definition/${shortName(one)}`),
          reason:
            row === undefined
              ? 'The specified task definition does not exist. Specify a valid account, family, revision and try again.'
              : 'The specified task definition is still in ACTIVE status. Please deregister the target and try again.',
        });
        continue;
      }
      row.status = 'DELETE_IN_PROGRESS';
      world.schedule(ecsEvents.definitionGone, definitionGoneMs, row.arn);
      deleted.push(toTaskDefinition(row));
    }
    return { taskDefinitions: deleted, failures };
  },
} as const;
