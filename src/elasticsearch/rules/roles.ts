import { coversRole, departureRefusal, type RemainingNode } from './departure.ts';
import { isDataRole, type Situation } from './situation.ts';
import { shardsOn } from './stopping.ts';

/** What a node is about to lose by its restart. */
export interface RoleLoss {
  readonly name: string;
  /** Tiers, or `data`: shards that it holds may not stay. */
  readonly data: readonly string[];
  /** It votes no more. */
  readonly isDemoted: boolean;
  /** What it has before and after, and so at any time. */
  readonly kept: readonly string[];
}

/** The nodes in the cluster that are to come back with fewer roles than they have, of those whose loss can do harm. */
export function roleLosses(
  situation: Pick<Situation, 'nodes' | 'shards' | 'indices'>,
  wanted: readonly RemainingNode[],
): readonly RoleLoss[] {
  const { nodes } = situation;
  return wanted.flatMap(({ name, roles: after }) => {
    const before = nodes.find((node) => node.name === name)?.roles ?? after;
    const lost = lostTiers(before, after);
    const data = mayAllStay(situation, { name, roles: after }, wanted) ? [] : lost;
    const isDemoted = before.includes('master') && !after.includes('master');
    if (data.length === 0 && !isDemoted) return [];
    return [{ name, data, isDemoted, kept: after.filter((role) => coversRole(before, role)) }];
  });
}

/**
 * Whether each shard on a node may stay with the roles that it is to have: the tier that its index is on, the first of those it prefers that any node
 * will have, is among them. Told to give up its shards the node could not: Elasticsearch takes them nowhere but to that tier.
 */
function mayAllStay(
  situation: Pick<Situation, 'shards' | 'indices'>,
  { name, roles }: RemainingNode,
  wanted: readonly RemainingNode[],
): boolean {
  if (!roles.some(isDataRole)) return false;
  return shardsOn(situation, name).every(({ index }) => {
    const preference = situation.indices.find((one) => one.name === index)?.tierPreference;
    const tier = preference?.split(',').find((one) => wanted.some((node) => coversRole(node.roles, one)));
    return tier !== undefined && coversRole(roles, tier);
  });
}

/** All that `data` stands for; the frozen tier is one only of nodes that have no other. */
const tiers = ['data_content', 'data_hot', 'data_warm', 'data_cold'] as const;

/** The roles for data by which shards may be on a node before, and may not after. */
export function lostTiers(before: readonly string[], after: readonly string[]): readonly string[] {
  const tiersOf = (roles: readonly string[]): readonly string[] =>
    roles.filter(isDataRole).join() === 'data_frozen'
      ? ['data_frozen']
      : tiers.filter((tier) => coversRole(roles, tier));
  const left = tiersOf(after);
  return tiersOf(before).filter((tier) => !left.includes(tier));
}

/**
 * Why roles must not be taken from nodes: the same as for nodes that leave, as their shards move and their votes are taken in the same way.
 * What another node only gets by a restart that takes something from it does not count: nobody knows which would come first.
 */
export function roleRefusal(situation: Situation, wanted: readonly RemainingNode[]): string | undefined {
  const losses = roleLosses(situation, wanted);
  if (losses.length === 0) return undefined;
  const remaining = wanted.map((node) => {
    const loss = losses.find(({ name }) => name === node.name);
    return loss === undefined ? node : { name: node.name, roles: loss.kept };
  });
  const drained = losses.filter(({ data }) => data.length > 0).map(({ name }) => name);
  const demoted = losses.filter(({ isDemoted }) => isDemoted).map(({ name }) => name);
  const because =
    (drained.length === 0
      ? undefined
      : departureRefusal(situation, { leaving: drained, remaining })?.because) ??
    // Their shards stay with them.
    (demoted.length === 0
      ? undefined
      : departureRefusal({ ...situation, shards: [] }, { leaving: demoted, remaining })?.because);
  if (because === undefined) return undefined;
  const isOrphaned = because.startsWith('no node with the role');
  return `${because}${isOrphaned ? '; give the role to other nodes first, with an up of its own' : ''}`;
}
