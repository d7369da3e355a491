import { type EventRule, table, type World } from './world.ts';

interface GovernanceRow {
  readonly afterMs: number;
  readonly tags: Readonly<Record<string, string>>;
  /** It is going to look once more. */
  isAwake: boolean;
}

/** What an organisation does to everything in its account by itself. */
const governance = table<GovernanceRow>('organisation/governance');

/** Tables whose rows carry tags, by the beginnings of their names. */
const tagged = [
  'auto-scaling/groups',
  'ec2/',
  'ecr/repositories',
  'ecs/',
  'iam/instance-profiles',
  'iam/roles',
  'logs/',
  'secrets-manager/',
  'ssm/',
];

/** Lets everything that is made get these tags a while later, as tag policies' remediation, cost and backup tools do. */
export function setGovernance(
  world: World,
  { afterMs, tags }: Pick<GovernanceRow, 'afterMs' | 'tags'>,
): void {
  world.rows(governance).set('tags', { afterMs, tags, isAwake: false });
}

/** Called whenever something may have been made. */
export function wakeGovernance(world: World): void {
  const row = world.rows(governance).get('tags');
  if (row === undefined || row.isAwake) return;
  row.isAwake = true;
  world.schedule('governance', row.afterMs, 'tags');
}

/** What happens by itself in an account that is governed. */
export const governanceRules: Readonly<Record<string, EventRule>> = {
  governance: (world, target) => {
    const row = world.rows(governance).get(target);
    if (row === undefined) return;
    row.isAwake = false;
    for (const prefix of tagged) {
      // Of a role one that is spelt otherwise is the same, and is replaced ("Rules for tagging in IAM and AWS STS", case sensitivity).
      const sameKey: KeyCase = prefix === 'iam/roles' ? (key) => key.toLowerCase() : (key) => key;
      for (const rows of world.tablesUnder(prefix)) {
        // Put in again, as there are indexes by tag.
        for (const [id, one] of [...rows]) if (tag(one, row.tags, sameKey)) rows.set(id, one);
      }
    }
  },
};

/** Whether something was added to a row. */
function tag(row: unknown, added: GovernanceRow['tags'], sameKey: KeyCase): boolean {
  if (!carriesTags(row)) return false;
  const there = isGroups(row.tags) ? row.tags.map(({ key }) => key) : Object.keys(row.tags);
  const missing = Object.entries(added).filter(([key]) => !there.includes(key));
  if (missing.length === 0) return false;
  // A group's do not reach the instances that are there already.
  row.tags = isGroups(row.tags)
    ? [...row.tags, ...missing.map(([key, value]) => ({ key, value, propagates: false }))]
    : {
        ...without(row.tags, new Set(missing.map(([key]) => sameKey(key))), sameKey),
        ...Object.fromEntries(missing),
      };
  return true;
}

type KeyCase = (key: string) => string;

function without(
  tags: Readonly<Record<string, string>>,
  keys: ReadonlySet<string>,
  sameKey: KeyCase,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.has(sameKey(key))));
}

interface GroupTag {
  readonly key: string;
  readonly value: string;
  readonly propagates: boolean;
}

/** The tags of most things, or those of an Auto Scaling group. */
type RowTags = Readonly<Record<string, string>> | readonly GroupTag[];

function isGroups(tags: RowTags): tags is readonly GroupTag[] {
  return Array.isArray(tags);
}

function carriesTags(row: unknown): row is { tags: RowTags } {
  return (
    typeof row === 'object' &&
    row !== null &&
    'tags' in row &&
    typeof row.tags === 'object' &&
    row.tags !== null
  );
}
