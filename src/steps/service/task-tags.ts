import { diffTags, type Tags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { Change } from '../../engine/resource.ts';
import type { StepContext } from '../context.ts';
import { ecsTags } from '../hosts/cluster.ts';
import type { Retagging } from '../parts.ts';
import { type NodeService, type ServiceDesired, versionTag } from './node-service.ts';

const ended = ['ResourceNotFoundException'];

/** How a thing's tags are set and removed. */
interface Tagging {
  readonly set: (tags: Tags) => Promise<void>;
  readonly unset: (keys: readonly string[]) => Promise<void>;
}

/**
 * The same, and it is remembered that this run has changed tags: from then on the task is looked at again, as one that came up
 * meanwhile, unseen by the plan, has the tags that its service had before.
 */
export function begins(retagging: Retagging, tagging: Tagging): Tagging {
  return {
    set: (tags) => {
      retagging.hasBegun = true;
      return tagging.set(tags);
    },
    unset: (keys) => {
      retagging.hasBegun = true;
      return tagging.unset(keys);
    },
  };
}

/**
 * A task has the tags that its service had when it began; later ones are given to it as it runs, and restart nothing. Its version is no
 * matter of its own: that is noted on the service alone.
 */
export function taskTagChanges(
  context: StepContext,
  desired: ServiceDesired,
  seen: { readonly task: NodeService['task']; readonly retagging: Retagging },
): readonly Change[] {
  const { task, retagging } = seen;
  if (task === undefined) return [];
  const tags = Object.fromEntries(Object.entries(desired.tags).filter(([key]) => key !== versionTag));
  const tagging = begins(retagging, ecsTags(context.clients.ecs, task.taskArn));
  // One that has ended meanwhile needs none; its successor has those of the service.
  const rules = {
    set: async (some: Tags) => {
      await unless(ended, tagging.set(some));
    },
    unset: async (keys: readonly string[]) => {
      await unless(ended, tagging.unset(keys));
    },
    former: context.formerTags,
  };
  return diffTags(tags, task.ownTags, rules).map((change) => ({
    ...change,
    path: `task.${change.path}`,
    of: task.taskArn,
    // What becomes of tags is said of anything that has some.
    becomes: (before: NodeService): NodeService => {
      if (before.task === undefined) return before;
      const after = change.becomes?.({ tags: before.task.ownTags }) as Pick<NodeService, 'tags'>;
      return { ...before, task: { ...before.task, ownTags: after.tags } };
    },
  }));
}
