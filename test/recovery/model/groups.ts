/** What the nodes of a group are for. */
export type Purpose = 'all' | 'master' | 'data';

/** A node group of the config. */
export interface ModelGroup {
  readonly name: string;
  readonly count: number;
  readonly purpose: Purpose;
}

export const purposes: readonly Purpose[] = ['all', 'master', 'data'];

/** `default` is the group of a plain number. */
export const groupNames = ['default', 'hot', 'cold'] as const;

/** The groups of `nodes: 3`. */
export function plain(count: number): readonly ModelGroup[] {
  return [{ name: 'default', count, purpose: 'all' }];
}

const roles: Readonly<Record<Purpose, string>> = {
  all: '',
  master: ', roles: [master]',
  data: ', roles: [data, ingest]',
};

/** As in the config. */
export function nodesText(groups: readonly ModelGroup[]): string {
  const [only, other] = groups;
  if (only?.name === 'default' && only.purpose === 'all' && other === undefined) return String(only.count);
  const lines = groups.map(
    ({ name, count, purpose }) => `{ name: ${name}, count: ${String(count)}${roles[purpose]} }`,
  );
  return `[${lines.join(', ')}]`;
}

function isFor(purpose: 'master' | 'data'): (group: ModelGroup) => boolean {
  return (group) => group.purpose === 'all' || group.purpose === purpose;
}

/** The number of nodes. */
export function countOf(groups: readonly ModelGroup[]): number {
  return groups.reduce((sum, { count }) => sum + count, 0);
}

/** Whether the config would be taken. */
export function isPossible(groups: readonly ModelGroup[]): boolean {
  return groups.some(isFor('master')) && groups.some(isFor('data'));
}

/** Whether a restart leaves a majority of votes, and a second copy. */
export function areEnough(groups: readonly ModelGroup[]): boolean {
  return countOf(groups.filter(isFor('master'))) >= 3 && countOf(groups.filter(isFor('data'))) >= 2;
}

/** All that either asks for: no node of the one or the other has to leave for it, and none to give up a role. */
export function union(some: readonly ModelGroup[], others: readonly ModelGroup[]): readonly ModelGroup[] {
  const merged = some.map((one): ModelGroup => {
    const other = others.find(({ name }) => name === one.name);
    if (other === undefined) return one;
    const purpose = other.purpose === one.purpose ? one.purpose : 'all';
    return { ...one, count: Math.max(one.count, other.count), purpose };
  });
  return [...merged, ...others.filter(({ name }) => !some.some((one) => one.name === name))];
}

/** Whether nodes have to leave, or to give up a role, on the way from all that was asked for. */
export function takes(asked: readonly ModelGroup[], groups: readonly ModelGroup[]): boolean {
  return asked.some(({ name, count, purpose }) => {
    const now = groups.find((group) => group.name === name);
    return now === undefined || now.count < count || (now.purpose !== purpose && now.purpose !== 'all');
  });
}

/** Whether a group of masters is to hold data instead, or the other way round: that takes two steps, if nobody else can have the role meanwhile. */
export function swaps(before: readonly ModelGroup[], groups: readonly ModelGroup[]): boolean {
  return groups.some(({ name, purpose }) => {
    const was = before.find((group) => group.name === name)?.purpose;
    return was !== undefined && was !== purpose && purpose !== 'all';
  });
}
