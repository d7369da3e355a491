import type { World } from '../core/world.ts';
import { allocate } from './allocation.ts';
import { noteHealth } from './history.ts';
import { newIndex } from './seeds.ts';
import { isOlder } from './start-troubles.ts';
import { isMasterEligible, reconfigure } from './voting.ts';
import {
  disks,
  elasticsearchEvents,
  type NodeIdentity,
  programs,
  type SimulatedClusterRow,
  simulatedClusters,
} from './rows.ts';

/** From a node's coming or going until the others have taken note and elected. */
export const settleMs = { joined: 3_000, left: 1_000 } as const;

/** The nodes of a cluster name that answer each other. */
export function nodesUp(world: World, clusterName: string): NodeIdentity[] {
  const up: NodeIdentity[] = [];
  for (const { node, isUp } of world.rows(programs).values()) {
    if (isUp && node?.clusterName === clusterName && node.isLost !== true) up.push(node);
  }
  return up;
}

/** How often a master takes up what has come together meanwhile: joins are queued, and it answers all of them with one new state. */
const batchMs = 500;

/** Later rather than at once, and all of a batch together: of a thousand nodes that come within a minute each would else be a look at all. */
export function settleSoon(world: World, clusterName: string, afterMs: number): void {
  const atMs = Math.ceil((world.nowMs + Math.max(0, afterMs)) / batchMs) * batchMs;
  world.scheduleOnce(elasticsearchEvents.settle, atMs - world.nowMs, clusterName);
}

/** Nodes of one name find each other: they elect where there is a majority, join where there is a master, or bootstrap. */
export function settle(world: World, clusterName: string): void {
  const up = nodesUp(world, clusterName);
  const uuidOf = (node: NodeIdentity): string | undefined => world.rows(disks).get(node.diskId)?.clusterUuid;
  const own = [...world.rows(simulatedClusters).values()].filter((row) => row.clusterName === clusterName);
  for (const cluster of own) {
    elect(
      cluster,
      up.filter((node) => uuidOf(node) === cluster.uuid),
    );
  }
  const fresh = up.filter((node) => uuidOf(node) === undefined);
  const leading =
    own.find((cluster) => cluster.masterDiskId !== undefined) ?? bootstrap(world, clusterName, fresh);
  if (leading !== undefined) join(world, leading, { fresh, up });
  for (const cluster of leading === undefined || own.includes(leading) ? own : [...own, leading])
    lead(world, cluster, up);
}

/** What the elected master does: votes, shards, and the state of things. */
function lead(world: World, cluster: SimulatedClusterRow, up: readonly NodeIdentity[]): void {
  if (cluster.masterDiskId === undefined) {
    const own = up.filter((node) => world.rows(disks).get(node.diskId)?.clusterUuid === cluster.uuid);
    // What was set transiently lives in the nodes' memory alone.
    if (own.length === 0) cluster.transient = {};
    noteHealth(world, cluster, own);
    return;
  }
  const members = new Set(cluster.members);
  const nodes = up.filter((node) => members.has(node.diskId));
  reconfigure(cluster, nodes);
  abdicate(cluster, nodes);
  const nextMs = allocate(world, cluster, nodes);
  noteHealth(world, cluster, nodes);
  if (nextMs !== undefined) settleSoon(world, cluster.clusterName, nextMs - world.nowMs);
}

/** The master stays while it is there and a majority is; without a majority nobody leads. */
function elect(cluster: SimulatedClusterRow, nodes: readonly NodeIdentity[]): void {
  const voting = new Set(cluster.votingConfiguration);
  const voters = nodes.filter((node) => isMasterEligible(node) && voting.has(node.diskId));
  if (voters.length * 2 <= cluster.votingConfiguration.length) {
    cluster.masterDiskId = undefined;
    return;
  }
  const isStill = voters.some((node) => node.diskId === cluster.masterDiskId);
  if (!isStill) cluster.masterDiskId = voters[0]?.diskId;
  const members = new Set(cluster.members);
  const staying = nodes.filter((node) => members.has(node.diskId));
  const joins = gateOf(staying);
  cluster.members = nodes.filter(joins).map((node) => node.diskId);
}

/** A master that has lost its vote hands over to one that has one. */
function abdicate(cluster: SimulatedClusterRow, nodes: readonly NodeIdentity[]): void {
  const { votingConfiguration: voters } = cluster;
  if (cluster.masterDiskId === undefined || voters.includes(cluster.masterDiskId)) return;
  const heir = nodes.find((node) => isMasterEligible(node) && voters.includes(node.diskId));
  if (heir !== undefined) cluster.masterDiskId = heir.diskId;
}

/** None that is older than every node that is there ("may not join a cluster comprising only nodes of version …"). */
function gateOf(members: readonly NodeIdentity[]): (node: NodeIdentity) => boolean {
  const known = new Set(members.map((member) => member.diskId));
  const versions = [...new Set(members.map((member) => member.version))];
  return (node) =>
    known.size === 0 || known.has(node.diskId) || versions.some((version) => !isOlder(node.version, version));
}

function join(
  world: World,
  cluster: SimulatedClusterRow,
  { fresh, up }: { readonly fresh: readonly NodeIdentity[]; readonly up: readonly NodeIdentity[] },
): void {
  const members = new Set(cluster.members);
  const joins = gateOf(up.filter((node) => members.has(node.diskId)));
  for (const node of fresh) {
    const disk = world.rows(disks).get(node.diskId);
    if (disk === undefined || disk.clusterUuid !== undefined || !joins(node)) continue;
    disk.clusterUuid = cluster.uuid;
    members.add(node.diskId);
  }
  cluster.members = [...members];
}

/**
 * The very first formation: empty nodes that have the right to it, and are more than half of the names in
 * `cluster.initial_master_nodes`. Nodes with another list form another cluster, as they would ("Bootstrapping a cluster").
 */
function bootstrap(
  world: World,
  clusterName: string,
  fresh: readonly NodeIdentity[],
): SimulatedClusterRow | undefined {
  const candidates = fresh.filter(isMasterEligible);
  // Most carry the same list, which is looked at once.
  const lists = new Map(candidates.map(({ initialMasters }) => [initialMasters.join(), initialMasters]));
  for (const initialMasters of lists.values()) {
    const names = new Set(initialMasters);
    const present = candidates.filter((node) => names.has(node.name));
    if (initialMasters.length === 0 || present.length * 2 <= initialMasters.length) continue;
    const there = new Set(present.map((node) => node.name));
    const absent = initialMasters.filter((name) => !there.has(name));
    const cluster: SimulatedClusterRow = {
      uuid: newUuid(world),
      clusterName,
      members: [],
      masterDiskId: present[0]?.diskId,
      votingConfiguration: [...present.map((node) => node.diskId), ...absent.map((name) => `{${name}}`)],
      voteExclusions: [],
      // What a cluster makes for itself when security is on and history is kept.
      indices: ['.security-7', '.ds-ilm-history-7'].map((name) => newIndex(name, { autoExpand: '0-1' })),
      copies: [],
      persistent: {},
      transient: {},
      snapshots: [],
      history: [],
    };
    world.rows(simulatedClusters).set(cluster.uuid, cluster);
    return cluster;
  }
  return undefined;
}

/** 22 characters of URL-safe base64, as Elasticsearch makes them. */
function newUuid(world: World): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return Array.from({ length: 22 }, () => letters[Math.floor(world.random() * letters.length)] ?? 'A').join(
    '',
  );
}
