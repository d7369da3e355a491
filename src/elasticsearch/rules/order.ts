import type { ClusterNode } from '../client.ts';
import { compareVersions, parseVersion, type Version } from '../versions.ts';

/** Tiers in the order in which Elastic's guide to rolling upgrades takes them; a node with several counts by the last of them. */
const tiers = ['data_frozen', 'data_cold', 'data_warm', 'data_hot'] as const;

/**
 * The order in which nodes restart: those that are away first, as they can only gain; then frozen, cold, warm, hot and other
 * data nodes, then what holds neither data nor a vote, then nodes that may become master, the elected one last of all, so that
 * the cluster elects a new one only once. Among equals the given order stays.
 *
 * Where an upgrade was cut off, nodes of the older version come before all others: what is written on a newer one can have no copy
 * on an older one, so that the newer ones may hold the only copies until none is left.
 *
 * @param names of the nodes to be restarted
 * @param nodes of the cluster, as it says itself
 */
export function restartOrder(names: readonly string[], nodes: readonly ClusterNode[]): readonly string[] {
  const found = (name: string): ClusterNode | undefined => nodes.find((node) => node.name === name);
  const rank = (name: string): number => rankOf(found(name));
  return [...names].sort((a, b) => byVersion(found(a), found(b)) || rank(a) - rank(b));
}

/** Those that are away have none, and come first by their rank. */
function byVersion(a: ClusterNode | undefined, b: ClusterNode | undefined): number {
  if (a === undefined || b === undefined) return 0;
  return compareVersions(versionOf(a), versionOf(b));
}

/** One that cannot be read counts as the oldest. */
function versionOf({ version }: ClusterNode): Version {
  return parseVersion(version) ?? { major: 0, minor: 0, patch: 0 };
}

function rankOf(node: ClusterNode | undefined): number {
  if (node === undefined) return -1;
  const { roles, isMaster } = node;
  if (isMaster) return tiers.length + 3;
  if (roles.includes('master')) return tiers.length + 2;
  if (!roles.some((role) => role === 'data' || role.startsWith('data_'))) return tiers.length + 1;
  if (roles.includes('data') || roles.includes('data_content')) return tiers.length;
  return Math.max(...tiers.map((tier, index) => (roles.includes(tier) ? index : -1)), 0);
}
