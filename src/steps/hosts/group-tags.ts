import {
  type AutoScalingClient,
  CreateOrUpdateTagsCommand,
  DeleteTagsCommand,
  type Tag,
} from '@aws-sdk/client-auto-scaling';

import type { Tags, TagWriter } from '../../aws/tags.ts';

/** A group's tags go on to its instance: so the host knows its node, and discovery finds it. */
export function toGroupTags(group: string, tags: Tags): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({
    ResourceId: group,
    ResourceType: 'auto-scaling-group',
    Key,
    Value,
    PropagateAtLaunch: true,
  }));
}

/** Sets and removes tags on one group; the instance that runs keeps those it was started with. */
export function groupTags(autoScaling: AutoScalingClient, group: string): TagWriter {
  return {
    set: async (tags) => {
      await autoScaling.send(new CreateOrUpdateTagsCommand({ Tags: toGroupTags(group, tags) }));
    },
    unset: async (keys) => {
      const Tags = keys.map((Key) => ({ ResourceId: group, ResourceType: 'auto-scaling-group', Key }));
      await autoScaling.send(new DeleteTagsCommand({ Tags }));
    },
  };
}
