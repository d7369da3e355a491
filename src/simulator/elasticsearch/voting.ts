import type { NodeIdentity, SimulatedClusterRow } from './rows.ts';

/** Fewer voters are left only on purpose ("Voting configurations", Elasticsearch reference). */
const fewestVoters = 3;

/** Whether a node may become master. */
export function isMasterEligible(node: NodeIdentity): boolean {
  return node.roles.includes('master');
}

/** Whether a node's vote was taken by API. */
function isDeprived(cluster: SimulatedClusterRow, node: NodeIdentity): boolean {
  return cluster.voteExclusions.some((one) => one.diskId === node.diskId || one.name === node.name);
}

/**
 * The voting configuration follows the master-eligible nodes: an odd number of the living, and never fewer than three
 * once there were three, so that two of three cannot shrink the votes to themselves one by one (Reconfigurator.java). Those
 * deprived of their vote are left out, which is the way below three: first two votes, then one.
 */
export function reconfigure(cluster: SimulatedClusterRow, nodes: readonly NodeIdentity[]): void {
  for (let again = true; again; ) {
    const next = reconfigured(cluster, nodes);
    again = next.length !== cluster.votingConfiguration.length;
    cluster.votingConfiguration = next;
  }
}

function reconfigured(cluster: SimulatedClusterRow, nodes: readonly NodeIdentity[]): readonly string[] {
  const present = nodes.filter(isMasterEligible);
  const deprived = new Set(present.filter((node) => isDeprived(cluster, node)).map((node) => node.diskId));
  for (const { diskId } of cluster.voteExclusions) if (diskId !== undefined) deprived.add(diskId);
  const current = cluster.votingConfiguration;
  const voting = new Set(current);
  const living = present.map((node) => node.diskId).filter((disk) => !deprived.has(disk));
  const all = new Set(present.map((node) => node.diskId));
  const candidates = [
    ...living.filter((disk) => voting.has(disk)),
    ...living.filter((disk) => !voting.has(disk)),
    ...current.filter((disk) => !all.has(disk) && !deprived.has(disk)),
  ];
  const odd = living.length % 2 === 0 ? living.length - 1 : living.length;
  const size = Math.max(odd, current.length < fewestVoters ? 1 : fewestVoters);
  const next = candidates.slice(0, size);
  return next.filter((disk) => all.has(disk)).length * 2 > next.length ? next : current;
}
