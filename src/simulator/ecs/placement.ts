import type { ContainerDefinition, PlacementConstraint } from '@aws-sdk/client-ecs';

import type { World } from '../core/world.ts';
import {
  attributeKey,
  type ContainerInstanceRow,
  factsOf,
  instancesByAttribute,
  instancesOf,
  reservedPorts,
  tasksOn,
} from './container-instances.ts';
import { type Expression, matchesExpression, parseExpression, pinOf } from './expression.ts';
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
  const expressions = expressionsOf(request);
  const instances = candidatesFor(world, request.clusterName, expressions[0]);
  const checks = checksFor(world, request, expressions);
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
  return { instance: undefined, because: closestWords(world, request.clusterName, closest) };
}

/** An instance that fits nothing is the closest there is, as long as there is any. */
function closestWords(
  world: World,
  clusterName: string,
  closest: { readonly id: string; readonly because: string } | undefined,
): string {
  const [any] = closest === undefined ? activeOnes(world, clusterName) : [];
  const found = closest ?? (any && { id: shortName(any.arn), because: notAMember });
  return found === undefined
    ? 'Reason: No Container Instances were found in your cluster.'
    : `The closest matching container-instance ${found.id} ${found.because}`;
}

const notAMember = 'encountered error "MemberOf placement constraint unsatisfied.".';

function activeOnes(world: World, clusterName: string): ContainerInstanceRow[] {
  return instancesOf(world, clusterName).filter((row) => row.status === 'ACTIVE');
}

/**
 * Those that may pass the first check. A service of one node asks for the host of that node, and to look at all hosts for each of a
 * thousand services would be a million looks.
 */
function candidatesFor(
  world: World,
  clusterName: string,
  first: Expression | undefined,
): readonly ContainerInstanceRow[] {
  const pin = first && pinOf(first);
  if (pin === undefined) return activeOnes(world, clusterName);
  const found = pin.values.flatMap((value) =>
    world.rowsBy(instancesByAttribute, attributeKey(clusterName, pin.name, value)),
  );
  return [...new Set(found)].filter((row) => row.status === 'ACTIVE');
}

function expressionsOf(request: PlacementRequest): readonly Expression[] {
  return [...request.constraints, ...(request.definition.definition.placementConstraints ?? [])]
    .filter((constraint) => constraint.type === 'memberOf')
    .map((constraint) => parseExpression(constraint.expression ?? ''));
}

function checksFor(world: World, request: PlacementRequest, expressions: readonly Expression[]): Check[] {
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
    ...expressions.map((expression): Check => {
      return (row) => (matchesExpression(expression, factsOf(world, row)) ? undefined : notAMember);
    }),
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

/** The agent says `x86_64` or `arm64`, the task definition `X86_64` or `ARM64`. */
function fitsArchitecture(row: ContainerInstanceRow, wanted: string): boolean {
  const actual = row.attributes['ecs.cpu-architecture'];
  return actual === undefined || actual.toLowerCase() === wanted.toLowerCase();
}
