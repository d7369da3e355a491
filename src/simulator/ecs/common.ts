import type { Tag } from '@aws-sdk/client-ecs';

import { SimulatedFailure } from '../core/failure.ts';
import { unfitTag } from '../core/tag-signs.ts';
import type { World } from '../core/world.ts';

/** What an operation of the simulated account gives back for an SDK output. */
export type Answer<Output> = Omit<Output, '$metadata'>;

/** ECS tags as rows keep them. */
export type EcsTags = Record<string, string>;

/** The kinds of events that ECS schedules for itself; the rules are in `ecs/rules.ts`. */
export const ecsEvents = {
  /** Target: a service's ARN. */
  reconcile: 'ecs/service-reconcile',
  /** Target: a service's ARN; its last task has stopped. */
  drained: 'ecs/service-drained',
  /** Target: a cluster's name: every service of it looks for places again. */
  capacity: 'ecs/cluster-capacity',
  /** Target: a task's ARN; its host's agent begins to work on it. */
  launch: 'ecs/task-launch',
  /** Target: a task's ARN; its runtime has news. */
  observe: 'ecs/task-observe',
  /** Target: an instance id; it has no power, and what ran on it has ended. */
  hostDead: 'ecs/host-dead',
  /** Target: an instance id; EC2 has told ECS that it is gone. */
  hostGone: 'ecs/host-gone',
  /** Target: a task definition's ARN. */
  definitionGone: 'ecs/task-definition-gone',
} as const;

/** What ECS says as long as it cannot use the role that it has made for itself (awslabs/fargatecli issue 35). */
export function roleNotAssumable(): SimulatedFailure {
  return invalidParameter(
    'Unable to assume the service linked role. Please verify that the ECS service linked role exists.',
  );
}

/** `arn:aws:ecs:eu-west-1:123456789012:` and the rest. */
export function ecsArn(world: World, rest: string): string {
  return `arn:${world.partition}:ecs:${world.region}:${world.accountId}:${rest}`;
}

/** What stands behind the last slash of an ARN; a plain name is its own. */
export function shortName(nameOrArn: string): string {
  return nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1);
}

/** A task's or container instance's id: 32 hexadecimal digits. */
export function ecsId(world: World): string {
  const serial = world.next();
  const digits = Array.from({ length: 3 }, (_, index) =>
    (Math.imul(serial + index, 2_654_435_761) >>> 0).toString(16).padStart(8, '0'),
  );
  return `${digits.join('')}${serial.toString(16).padStart(8, '0')}`;
}

/**
 * Tags as they were given.
 *
 * @throws SimulatedFailure InvalidParameterException for what ECS does not take (Tag, ECS API reference)
 */
export function fromTags(tags: readonly Tag[] | undefined): EcsTags {
  const pairs = (tags ?? []).map((tag): [string, string] => [tag.key ?? '', tag.value ?? '']);
  const wrong = unfitTag(pairs);
  if (wrong !== undefined) throw invalidParameter(`Invalid tag: ${wrong.join(' = ')}`);
  return Object.fromEntries(pairs);
}

export function toEcsTags(tags: Readonly<EcsTags>): Tag[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}

export function dateOf(ms: number | undefined): Date | undefined {
  return ms === undefined ? undefined : new Date(ms);
}

export function invalidParameter(message: string): SimulatedFailure {
  return new SimulatedFailure('InvalidParameterException', message);
}

export function clientFailure(message: string): SimulatedFailure {
  return new SimulatedFailure('ClientException', message);
}

/**
 * Refuses a list that is longer than the operation takes.
 *
 * @throws SimulatedFailure InvalidParameterException
 */
export function atMost(what: string, list: readonly unknown[] | undefined, limit: number): void {
  if ((list ?? []).length > limit) {
    throw invalidParameter(`${what} cannot have more than ${limit} elements`);
  }
}
