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

/** The value of a tag, whatever it is called: `constructor` is a key like any other. */
function tagOf(tags: Tags, key: string): string | undefined {
  return Object.hasOwn(tags, key) ? tags[key] : undefined;
}

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

/** What is known of the tags of a thing beside those that it should carry. */
export interface TagRules extends TagWriter {
  /** Keys that es-ecs has given and that the config does not name any more. */
  readonly former: ReadonlySet<string>;
  /** There is only one of keys that differ by nothing but their case ("Rules for tagging in IAM and AWS STS": roles and users). */
  readonly ignoresCase?: true;
}

/**
 * The differences between tags. What es-ecs has not given (by hand, by governance, cost or backup tools, by AWS itself) is nobody's
 * difference and stays. What goes, goes first: so a key whose case has changed can be given anew, and there is room for it.
 */
export function diffTags(desired: Tags, observed: Tags, rules: TagRules): readonly Change[] {
  const others = Object.keys(observed).filter((key) => !Object.hasOwn(desired, key));
  const isOfOthers = heldByOthers(others, rules);
  const surplus = others.filter(
    (key) => rules.former.has(key) || (rules.ignoresCase === true && isOwnKey(folded(key))),
  );
  const wrong = Object.entries(desired).filter(
    ([key, value]) => tagOf(observed, key) !== value && !isOfOthers(key),
  );
  const set = (): Promise<void> => rules.set(Object.fromEntries(wrong));
  const unset = (): Promise<void> => rules.unset(surplus);
  const tagged =
    (change: (tags: Tags) => Tags) =>
    <Observed extends { readonly tags: Tags }>(before: Observed): Observed => ({
      ...before,
      tags: change(before.tags),
    });
  return [
    ...surplus.map(
      (key): Change => ({
        path: `tags.${key}`,
        before: tagOf(observed, key),
        after: undefined,
        impact: 'in-place',
        because: 'the config no longer has it',
        apply: unset,
        becomes: tagged((tags) => Object.fromEntries(Object.entries(tags).filter(([name]) => name !== key))),
      }),
    ),
    ...wrong.map(
      ([key, value]): Change => ({
        path: `tags.${key}`,
        before: tagOf(observed, key),
        after: value,
        impact: 'in-place',
        apply: set,
        becomes: tagged((tags) => ({ ...tags, [key]: value })),
      }),
    ),
  ];
}

/**
 * Tells the keys under which somebody else has a tag already, spelt otherwise, where there can be only one: it stays, as every tag of others
 * does. To put ours in its place would take it off, and whoever gave it would take off ours.
 */
function heldByOthers(others: readonly string[], rules: TagRules): (key: string) => boolean {
  if (rules.ignoresCase !== true) return () => false;
  const held = new Set(others.filter((key) => !rules.former.has(key)).map(folded));
  // By these es-ecs finds its own things again.
  return (key) => !isOwnKey(key) && held.has(folded(key));
}

function isOwnKey(key: string): boolean {
  return key.startsWith('es-ecs-');
}

function folded(key: string): string {
  return key.toLowerCase();
}
