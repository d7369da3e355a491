import type {
  CreateOrUpdateTagsCommandInput,
  DeleteTagsCommandInput,
  DescribeTagsCommandInput,
  DescribeTagsCommandOutput,
  Filter,
  Tag,
  TagDescription,
} from '@aws-sdk/client-auto-scaling';

import { page } from '../core/operation.ts';
import type { World } from '../core/world.ts';
import type { Answer } from '../ec2/common.ts';
import { groups, type GroupTag, requireGroup, validationError } from './rows.ts';

/** @throws SimulatedFailure ValidationError for an empty or reserved key */
export function toGroupTag(tag: Tag): GroupTag {
  const key = tag.Key ?? '';
  if (key === '' || key.length > 128 || /^aws:/i.test(key)) {
    throw validationError(
      `The tag key '${key}' is invalid: 1 to 128 characters, and not beginning with aws:`,
    );
  }
  return { key, value: tag.Value ?? '', propagates: tag.PropagateAtLaunch ?? false };
}

/** The tag as Describe gives it, with the group's name in it. */
export function toTagDescription(groupName: string, tag: GroupTag): TagDescription {
  return {
    ResourceId: groupName,
    ResourceType: 'auto-scaling-group',
    Key: tag.key,
    Value: tag.value,
    PropagateAtLaunch: tag.propagates,
  };
}

function matches(tag: TagDescription, { Name: name = '', Values: values = [] }: Filter): boolean {
  const fields: Readonly<Record<string, string | undefined>> = {
    'auto-scaling-group': tag.ResourceId,
    key: tag.Key,
    value: tag.Value,
    'propagate-at-launch': String(tag.PropagateAtLaunch),
  };
  if (!(name in fields)) throw validationError(`Filter type ${name} is not correct.`);
  return values.includes(fields[name] ?? '');
}

/** Tags on groups. Those of the instances that are there already do not change with them. */
export const groupTagOperations = {
  CreateOrUpdateTags(world: World, input: CreateOrUpdateTagsCommandInput): object {
    const changes = (input.Tags ?? []).map((tag) => ({
      row: requireGroup(world, tag.ResourceId),
      tag: toGroupTag(tag),
    }));
    for (const { row, tag } of changes) {
      const others = row.tags.filter((one) => one.key !== tag.key);
      if (others.length >= 50) throw validationError('The number of tags exceeds the limit of 50');
      row.tags = [...others, tag];
    }
    return {};
  },

  DeleteTags(world: World, input: DeleteTagsCommandInput): object {
    const gone = (input.Tags ?? []).map((tag) => ({
      row: requireGroup(world, tag.ResourceId),
      key: tag.Key,
    }));
    for (const { row, key } of gone) row.tags = row.tags.filter((one) => one.key !== key);
    return {};
  },

  DescribeTags(world: World, input: DescribeTagsCommandInput): Answer<DescribeTagsCommandOutput> {
    const all = [...world.rows(groups).values()].flatMap((row) =>
      row.tags.map((tag) => toTagDescription(row.name, tag)),
    );
    const found = all.filter((tag) => (input.Filters ?? []).every((filter) => matches(tag, filter)));
    const { items, nextToken } = page(found, input.NextToken, input.MaxRecords);
    return { Tags: items, NextToken: nextToken };
  },
} as const;
