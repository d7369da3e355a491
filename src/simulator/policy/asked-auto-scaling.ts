import { activities, groups } from '../auto-scaling/rows.ts';
import type { World } from '../core/world.ts';
import { launchAsked } from './asked-ec2.ts';
import { serviceLinkedRole } from './asked-iam.ts';
import type { Asked } from './decide.ts';
import { type Input, objectOf, objectsOf, tagsOf, textOf } from './input.ts';
import { referenceOf } from './reference.ts';

/** A group's ARN has an id of its own in it, which one that is yet to be made has not. */
function groupArn(world: World, name: string): string {
  const { partition, region, accountId } = world;
  const known = world.rows(groups).get(name)?.arn;
  return (
    known ??
    `arn:${partition}:autoscaling:${region}:${accountId}:autoScalingGroup:*:autoScalingGroupName/${name}`
  );
}

/**
 * What Auto Scaling looks at before it carries out a call. Making a group with tags is tagging it, and whoever gives it a launch template
 * must be allowed to launch from it himself ("Control Amazon EC2 launch template usage in Auto Scaling groups").
 */
export function askedOfAutoScaling(world: World, operation: string, input: Input): readonly Asked[] {
  const action = `autoscaling:${operation}`;
  if (referenceOf(action).kinds.length === 0) return [{ action, resource: '*' }];
  const requestTags = tagsOf(input, 'Tags');
  const own = namesIn(world, input).map((name): Asked => {
    const row = world.rows(groups).get(name);
    return {
      action,
      resource: groupArn(world, name),
      kind: 'autoScalingGroup',
      ...(row === undefined
        ? {}
        : { tags: Object.fromEntries(row.tags.map(({ key, value }) => [key, value])) }),
      ...(requestTags === undefined ? {} : { requestTags }),
    };
  });
  return [...own, ...impliedBy(world, operation, own), ...launches(world, operation, input)];
}

function namesIn(world: World, input: Input): readonly string[] {
  const instance = textOf(input, 'InstanceId');
  const byInstance = [...world.rows(groups).values()].find((row) =>
    row.members.some((member) => member.instanceId === instance),
  )?.name;
  const tagged = objectsOf(input, 'Tags').map((tag) => textOf(tag, 'ResourceId'));
  const named = [textOf(input, 'AutoScalingGroupName'), byInstance, ...tagged];
  return [...new Set(named.filter((name) => name !== undefined))];
}

function impliedBy(world: World, operation: string, own: readonly Asked[]): readonly Asked[] {
  if (operation !== 'CreateAutoScalingGroup') return [];
  const isFirst = world.rows(groups).size === 0 && world.rows(activities).size === 0;
  return [
    ...own
      .filter(({ requestTags }) => requestTags !== undefined)
      .map((one) => ({ ...one, action: 'autoscaling:CreateOrUpdateTags' })),
    ...(isFirst ? [serviceLinkedRole(world, 'autoScaling')] : []),
  ];
}

/** A group that is made or given another template is tried with a launch by the caller's own permissions. */
function launches(world: World, operation: string, input: Input): readonly Asked[] {
  const LaunchTemplate = objectOf(input, 'LaunchTemplate');
  if (
    !['CreateAutoScalingGroup', 'UpdateAutoScalingGroup'].includes(operation) ||
    LaunchTemplate === undefined
  )
    return [];
  const row = world.rows(groups).get(textOf(input, 'AutoScalingGroupName') ?? '');
  const subnets = textOf(input, 'VPCZoneIdentifier')?.split(',') ?? row?.subnetIds ?? [];
  const template =
    textOf(LaunchTemplate, 'LaunchTemplateId') ?? textOf(LaunchTemplate, 'LaunchTemplateName') ?? '';
  return subnets.flatMap((SubnetId) =>
    launchAsked(world, { LaunchTemplate, SubnetId: SubnetId.trim() }).map((asked) => ({
      ...asked,
      template,
    })),
  );
}
