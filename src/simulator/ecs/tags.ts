import type {
  ListTagsForResourceCommandInput,
  ListTagsForResourceCommandOutput,
  TagResourceCommandInput,
  UntagResourceCommandInput,
} from '@aws-sdk/client-ecs';

import { SimulatedFailure } from '../core/failure.ts';
import type { World } from '../core/world.ts';
import { clusters } from './clusters.ts';
import { type Answer, type EcsTags, fromTags, invalidParameter, shortName, toEcsTags } from './common.ts';
import { containerInstances } from './container-instances.ts';
import { services } from './services-table.ts';
import { taskDefinitions } from './task-definitions.ts';
import { tasks } from './tasks-table.ts';

/** @throws SimulatedFailure InvalidParameterException, ClusterNotFoundException, ResourceNotFoundException */
function taggedRow(world: World, arn: string | undefined): { tags: EcsTags } {
  const found = /^arn:[^:]+:ecs:[^:]+:\d+:(cluster|service|task|task-definition|container-instance)\/.+/.exec(
    arn ?? '',
  );
  if (arn === undefined || found === null) throw invalidParameter(`Invalid resource ARN: ${arn ?? ''}`);
  if (found[1] === 'cluster') return taggedCluster(world, shortName(arn));
  const row =
    world.rows(services).get(arn) ??
    world.rows(taskDefinitions).get(arn) ??
    world.rows(tasks).get(arn) ??
    world.rows(containerInstances).get(arn);
  if (row === undefined || ('status' in row && row.status === 'INACTIVE' && found[1] !== 'task-definition')) {
    throw new SimulatedFailure(
      'ResourceNotFoundException',
      'The specified resource is not found. Specify an active resource and try again.',
    );
  }
  return row;
}

function taggedCluster(world: World, name: string): { tags: EcsTags } {
  const row = world.rows(clusters).get(name);
  if (row === undefined) throw new SimulatedFailure('ClusterNotFoundException', 'Cluster not found.');
  if (row.status === 'INACTIVE') {
    throw invalidParameter('The specified cluster is inactive. Specify an active cluster and try again.');
  }
  return row;
}

/** Tags of anything in ECS that has an ARN. */
export const ecsTagOperations = {
  TagResource(world: World, input: TagResourceCommandInput): object {
    const row = taggedRow(world, input.resourceArn);
    const tags = { ...row.tags, ...fromTags(input.tags) };
    if (Object.keys(tags).some((key) => /^aws:/i.test(key) && !Object.hasOwn(row.tags, key))) {
      throw invalidParameter('Tag keys that begin with aws: are reserved.');
    }
    if (Object.keys(tags).length > 50) throw invalidParameter('A resource cannot have more than 50 tags.');
    row.tags = tags;
    return {};
  },

  UntagResource(world: World, input: UntagResourceCommandInput): object {
    const row = taggedRow(world, input.resourceArn);
    row.tags = Object.fromEntries(
      Object.entries(row.tags).filter(([key]) => !(input.tagKeys ?? []).includes(key)),
    );
    return {};
  },

  ListTagsForResource(
    world: World,
    input: ListTagsForResourceCommandInput,
  ): Answer<ListTagsForResourceCommandOutput> {
    return { tags: toEcsTags(taggedRow(world, input.resourceArn).tags) };
  },
} as const;
