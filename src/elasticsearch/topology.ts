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
  /** `<cluster>-<group>-<index>`, in the plain group `<cluster>-<index>`: stable, unique, and what Elasticsearch calls the node. */
  readonly name: string;
  /** The node group's name. */
  readonly group: string;
  readonly zone: string;
  /** As in `node.roles`; [] is a node that only coordinates. */
  readonly roles: readonly string[];
  readonly masterEligible: boolean;
}

/** Where nodes may stand, and where some stand already. */
export interface Places {
  /** The zones' names, resolved, best first; at least one. */
  readonly zones: readonly string[];
  /** By the node's name, where its data volume stands, which cannot leave its zone. Nodes that the config no longer has may be among them. */
  readonly volumeZones: ReadonlyMap<string, string>;
}

/** The group of `nodes: 3`; it keeps the plain names, so that a second group beside it renames nothing. */
export const plainGroup = 'default';

/** How many nodes are named in the first election; see `initialMasters`. */
const initialMasterCount = 3;

/** The names of a group's nodes: counted within it, so that no other group's count turns them into something else, and the last leaves first. */
export function namesOfGroup(
  cluster: string,
  { name, count }: Pick<NodeGroup, 'name' | 'count'>,
): readonly string[] {
  const prefix = name === plainGroup ? cluster : `${cluster}-${name}`;
  return Array.from({ length: count }, (_, index) => `${prefix}-${String(index)}`);
}

/** The group that a node of that name belongs to, whether or not the config has it. */
export function groupOfNode(cluster: string, node: string): string {
  const own = node.slice(cluster.length + 1);
  const dash = own.lastIndexOf('-');
  return dash < 0 ? plainGroup : own.slice(0, dash);
}

/**
 * Every node of the cluster, groups in the order of the config. A node stands where its data volume does. One that has none yet goes to the
 * zone with the fewest nodes of its group; among such, if it may become master, to one with the fewest of those, so that they stand in as
 * many zones as there are; and among such to one with the fewest nodes at all.
 */
export function topology(config: TopologyConfig, { zones, volumeZones }: Places): readonly Node[] {
  invariant(zones.length > 0, 'a topology needs a zone');
  const wanted = config.nodeGroups.flatMap((group) =>
    namesOfGroup(config.name, group).map((name) => ({
      name,
      group: group.name,
      roles: group.roles,
      masterEligible: group.roles.includes('master'),
    })),
  );
  const placed = new Map<string, Node>();
  const place = (node: Omit<Node, 'zone'>, zone: string): void => {
    placed.set(node.name, { ...node, zone });
  };
  for (const node of wanted) {
    const zone = volumeZones.get(node.name);
    if (zone !== undefined && zones.includes(zone)) place(node, zone);
  }
  for (const node of wanted) {
    if (!placed.has(node.name)) place(node, freestZone(node, zones, [...placed.values()]));
  }
  return wanted.flatMap(({ name }) => placed.get(name) ?? []);
}

function freestZone(node: Omit<Node, 'zone'>, zones: readonly string[], nodes: readonly Node[]): string {
  const counts = zones.map((zone) => {
    const here = nodes.filter((other) => other.zone === zone);
    const kin = here.filter(({ group }) => group === node.group).length;
    const masters = node.masterEligible ? here.filter(({ masterEligible }) => masterEligible).length : 0;
    return { zone, kin, masters, all: here.length };
  });
  // The order of the zones stays among equals.
  const [best] = counts.sort((a, b) => a.kin - b.kin || a.masters - b.masters || a.all - b.all);
  return best?.zone ?? '';
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
  const firstOfZone = eligible.filter((node) => eligible.find(({ zone }) => zone === node.zone) === node);
  const others = eligible.filter((node) => !firstOfZone.includes(node));
  const chosen = [...firstOfZone, ...others].slice(0, initialMasterCount);
  return eligible.filter((node) => chosen.includes(node)).map(({ name }) => name);
}

/** How many master-eligible nodes may be lost before no master can be elected. */
export function tolerableMasterLosses(masterEligible: number): number {
  return Math.max(0, Math.ceil(masterEligible / 2) - 1);
}
