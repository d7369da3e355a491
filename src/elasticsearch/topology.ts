import { invariant } from '../errors.ts';

/** What a topology is made from: the part of the config that concerns it. */
export interface TopologyConfig {
  readonly name: string;
  readonly nodeGroups: readonly NodeGroup[];
}

interface NodeGroup {
  readonly name: string;
  readonly count: number;
  readonly roles: readonly string[];
}

/** One Elasticsearch node: a data volume, a host and a service of this name, in one zone for life. */
export interface Node {
  /** `<cluster>-<index>`: stable, unique, and what Elasticsearch calls the node. */
  readonly name: string;
  /** Position over all groups, in the order of the config, from 0. */
  readonly index: number;
  /** The node group's name. */
  readonly group: string;
  readonly zone: string;
  /** As in `node.roles`; [] is a node that only coordinates. */
  readonly roles: readonly string[];
  readonly masterEligible: boolean;
}

/** How many nodes are named in the first election; see `initialMasters`. */
const initialMasterCount = 3;

/**
 * Every node of the cluster: groups in the order of the config, node i in zone i mod n. The zone goes by the index
 * over all groups, so three dedicated masters and three data nodes each get three zones.
 *
 * @param zones the zones' names, resolved; at least one.
 */
export function topology(config: TopologyConfig, zones: readonly string[]): readonly Node[] {
  invariant(zones.length > 0, 'a topology needs a zone');
  const groups = config.nodeGroups.flatMap((group) => Array.from({ length: group.count }, () => group));
  return groups.map((group, index) => ({
    name: nodeName(config.name, index),
    index,
    group: group.name,
    zone: zones[index % zones.length] ?? '',
    roles: group.roles,
    masterEligible: group.roles.includes('master'),
  }));
}

/** The name of the node at a position. */
function nodeName(cluster: string, index: number): string {
  return `${cluster}-${index}`;
}

/**
 * The nodes whose votes count in the very first election, and so those whose first volumes carry the right to
 * bootstrap: up to three that may become master, of different zones where there are such.
 *
 * Not all of them: Elasticsearch takes further master-eligible nodes into the voting configuration by itself as they
 * join, while every name in `cluster.initial_master_nodes` is one more that a majority is counted from (reference,
 * "Bootstrapping a cluster"). Three is also the least that survives the loss of one.
 */
export function initialMasters(nodes: readonly Node[]): readonly string[] {
  const eligible = nodes.filter((node) => node.masterEligible);
  const firstOfZone = eligible.filter(
    (node) => eligible.find((other) => other.zone === node.zone)?.index === node.index,
  );
  const others = eligible.filter((node) => !firstOfZone.includes(node));
  return [...firstOfZone, ...others]
    .slice(0, initialMasterCount)
    .sort((a, b) => a.index - b.index)
    .map((node) => node.name);
}

/** How many master-eligible nodes may be lost before no master can be elected. */
export function tolerableMasterLosses(masterEligible: number): number {
  return Math.max(0, Math.ceil(masterEligible / 2) - 1);
}
