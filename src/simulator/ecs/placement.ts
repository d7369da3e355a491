import type { ContainerDefinition, PlacementConstraint } from '@aws-sdk/client-ecs';

import type { World } from '../core/world.ts';
import {
  type ContainerInstanceRow,
  factsOf,
  instancesOf,
  reservedPorts,
  tasksOn,
} from './container-instances.ts';
import { type Expression, matchesExpression, parseExpression } from './expression.ts';
import { shortName } from './common.ts';
import type { TaskDefinitionRow } from './task-definitions.ts';

/** What a task takes of a host. */
export interface TaskNeeds {
  readonly memoryMiB: number;
  readonly cpuUnits: number;
  readonly hostPorts: readonly number[];
}

/** What a task definition takes of a host: the hard or, where there is none, the soft limits of its containers. */
export function needsOf(row: TaskDefinitionRow): TaskNeeds {
  const { definition } = row;
  const containers = definition.containerDefinitions ?? [];
  const sum = (of: (container: ContainerDefinition) => number): number =>
    containers.reduce((total, container) => total + of(container), 0);
  return {
    memoryMiB: definition.memory === undefined ? sum(reservedMemory) : Number(definition.memory),
    cpuUnits: definition.cpu === undefined ? sum((container) => container.cpu ?? 0) : Number(definition.cpu),
    hostPorts: containers.flatMap((container) =>
      (container.portMappings ?? []).map((mapping) => mapping.hostPort ?? 0).filter((port) => port > 0),
    ),
  };
}

function reservedMemory(container: ContainerDefinition): number {
  return container.memoryReservation ?? container.memory ?? 0;
}

export interface PlacementRequest {
  readonly clusterName: string;
  readonly definition: TaskDefinitionRow;
  readonly group: string;
  readonly constraints: readonly PlacementConstraint[];
}

/** A place, or the sentence that the service event gives. */
export type Placement =
  | { readonly instance: ContainerInstanceRow }
  | { readonly instance: undefined; readonly because: string };

/** The checks in ECS's order; the instance that gets furthest is "the closest matching". */
type Check = (instance: ContainerInstanceRow) => string | undefined;

/** Finds a host for one task: of those that meet every requirement, the one with the fewest tasks. */
export function place(world: World, request: PlacementRequest): Placement {
  const instances = instancesOf(world, request.clusterName).filter((row) => row.status === 'ACTIVE');
  const checks = checksFor(world, request);
  let closest: { readonly id: string; readonly passed: number; readonly because: string } | undefined;
  const fitting: ContainerInstanceRow[] = [];
  for (const instance of instances) {
    const failed = checks.findIndex((check) => check(instance) !== undefined);
    if (failed < 0) {
      fitting.push(instance);
      continue;
    }
    if (closest !== undefined && closest.passed >= failed) continue;
    closest = {
      id: shortName(instance.arn),
      passed: failed,
      because: checks[failed]?.(instance) ?? '',
    };
  }
  const [best] = fitting.sort(
    (one, other) => tasksOn(world, one.arn).length - tasksOn(world, other.arn).length,
  );
  if (best !== undefined) return { instance: best };
  return {
    instance: undefined,
    because:
      closest === undefined
        ? 'Reason: No Container Instances were found in your cluster.'
        : `The closest matching container-instance ${closest.id} ${closest.because}`,
  };
}

function checksFor(world: World, request: PlacementRequest): Check[] {
  const needs = needsOf(request.definition);
  const architecture = request.definition.definition.runtimePlatform?.cpuArchitecture;
  const here = new Map<string, ReturnType<typeof tasksOn>>();
  const tasksHere = (row: ContainerInstanceRow): ReturnType<typeof tasksOn> => {
    const known = here.get(row.arn) ?? tasksOn(world, row.arn);
    here.set(row.arn, known);
    return known;
  };
  const free = (row: ContainerInstanceRow, total: number, of: 'memoryMiB' | 'cpuUnits'): number =>
    tasksHere(row).reduce((left, task) => left - task[of], total);
  const failing = (isMet: (row: ContainerInstanceRow) => boolean, because: string): Check => {
    return (row) => (isMet(row) ? undefined : because);
  };
  return [
    ...memberOfChecks(world, request),
    failing(
      (row) => architecture === undefined || fitsArchitecture(row, architecture),
      'is missing an attribute required by your task.',
    ),
    failing((row) => row.agentConnected, "isn't connected: the container agent is disconnected."),
    failing(
      (row) => free(row, row.memoryMiB, 'memoryMiB') >= needs.memoryMiB,
      'has insufficient memory available.',
    ),
    failing(
      (row) => free(row, row.cpuUnits, 'cpuUnits') >= needs.cpuUnits,
      'has insufficient CPU units available.',
    ),
    failing((row) => {
      const taken = [...reservedPorts, ...tasksHere(row).flatMap((task) => task.hostPorts)];
      return !needs.hostPorts.some((port) => taken.includes(port));
    }, 'is already using a port required by your task.'),
    failing(
      (row) => !isDistinct(request) || !tasksHere(row).some((task) => task.group === request.group),
      'encountered error "DistinctInstance placement constraint unsatisfied.".',
    ),
  ];
}

function isDistinct(request: PlacementRequest): boolean {
  return request.constraints.some((constraint) => constraint.type === 'distinctInstance');
}

function memberOfChecks(world: World, request: PlacementRequest): Check[] {
  const all = [...request.constraints, ...(request.definition.definition.placementConstraints ?? [])];
  const expressions: Expression[] = all
    .filter((constraint) => constraint.type === 'memberOf')
    .map((constraint) => parseExpression(constraint.expression ?? ''));
  return expressions.map(
    (expression) => (row) =>
      matchesExpression(expression, factsOf(world, row))
        ? undefined
        : 'encountered error "MemberOf placement constraint unsatisfied.".',
  );
}

/** The agent says `x86_64` or `arm64`, the task definition `X86_64` or `ARM64`. */
function fitsArchitecture(row: ContainerInstanceRow, wanted: string): boolean {
  const actual = row.attributes['ecs.cpu-architecture'];
  return actual === undefined || actual.toLowerCase() === wanted.toLowerCase();
}
