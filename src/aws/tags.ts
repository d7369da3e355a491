import type { Change } from '../engine/resource.ts';

/**
 * The tags by which everything is found again when the state file is gone. Hyphens, as Elasticsearch's discovery-ec2
 * plugin accepts only ASCII letters, digits, '-' and '_' in `discovery.ec2.tag.NAME`.
 */
export const clusterTag = 'es-ecs-cluster';
export const resourceTag = 'es-ecs-resource';
/** Carries the node's name; reaches user data through instance metadata tags. */
export const nodeTag = 'es-ecs-node';

export type Tags = Readonly<Record<string, string>>;

/**
 * Whether what carries these tags is the cluster's. Asked of every answer, whatever it was filtered by: a service that ignores a
 * filter it does not know answers with everybody's.
 */
export function isOf(cluster: string, tags: Tags): boolean {
  return tags[clusterTag] === cluster;
}

/** EC2, IAM, Auto Scaling, ECR, SSM and Secrets Manager spell a tag this way. */
export interface CapitalTag {
  Key?: string | undefined;
  Value?: string | undefined;
}

/** ECS and ECR's newer calls spell it this way. */
export interface SmallTag {
  key?: string | undefined;
  value?: string | undefined;
}

export function toCapitalTags(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

export function toSmallTags(tags: Tags): { key: string; value: string }[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}

export function fromCapitalTags(tags: readonly CapitalTag[] | undefined): Tags {
  return Object.fromEntries((tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? '']));
}

export function fromSmallTags(tags: readonly SmallTag[] | undefined): Tags {
  return Object.fromEntries((tags ?? []).map((tag) => [tag.key ?? '', tag.value ?? '']));
}

/** How a service sets and removes tags on one thing. */
export interface TagWriter {
  set(tags: Tags): Promise<void>;
  unset(keys: readonly string[]): Promise<void>;
}

/**
 * The differences between tags; tags that AWS itself sets (`aws:`) are not ours to judge.
 * `keeps` names keys that others may write (a node's status, for one) and that are left alone.
 */
export function diffTags(
  desired: Tags,
  observed: Tags,
  writer: TagWriter & { readonly keeps?: readonly string[] },
): readonly Change[] {
  const wrong = Object.entries(desired).filter(([key, value]) => observed[key] !== value);
  const surplus = Object.keys(observed).filter(
    (key) => !(key in desired) && !key.startsWith('aws:') && writer.keeps?.includes(key) !== true,
  );
  const set = (): Promise<void> => writer.set(Object.fromEntries(wrong));
  const unset = (): Promise<void> => writer.unset(surplus);
  const tagged =
    (change: (tags: Tags) => Tags) =>
    <Observed extends { readonly tags: Tags }>(before: Observed): Observed => ({
      ...before,
      tags: change(before.tags),
    });
  return [
    ...wrong.map(
      ([key, value]): Change => ({
        path: `tags.${key}`,
        before: observed[key],
        after: value,
        impact: 'in-place',
        apply: set,
        becomes: tagged((tags) => ({ ...tags, [key]: value })),
      }),
    ),
    ...surplus.map(
      (key): Change => ({
        path: `tags.${key}`,
        before: observed[key],
        after: undefined,
        impact: 'in-place',
        because: 'not declared here',
        apply: unset,
        becomes: tagged((tags) => Object.fromEntries(Object.entries(tags).filter(([name]) => name !== key))),
      }),
    ),
  ];
}
