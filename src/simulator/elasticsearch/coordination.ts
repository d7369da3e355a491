import type { World } from '../core/world.ts';
import { allocate } from './allocation.ts';
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

/** Fewer voters are left only on purpose ("Voting configurations", Elasticsearch reference). */
const fewestVoters = 3;

/** The nodes of a cluster name that answer each other. */
export function nodesUp(world: World, clusterName: string): NodeIdentity[] {
  const up: NodeIdentity[] = [];
  for (const { node, isUp } of world.rows(programs).values()) {
    if (isUp && node?.clusterName === clusterName) up.push(node);
  }
  return up;
}

/** Later rather than at once: several nodes that come together are settled together. */
export function settleSoon(world: World, clusterName: string, afterMs: number): void {
  world.schedule(elasticsearchEvents.settle, afterMs, clusterName);
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
  if (leading !== undefined) join(world, leading, fresh);
  for (const cluster of leading === undefined || own.includes(leading) ? own : [...own, leading]) {
    if (cluster.masterDiskId === undefined) continue;
    const nodes = up.filter((node) => uuidOf(node) === cluster.uuid);
    cluster.votingConfiguration = reconfigured(cluster, nodes);
    const nextMs = allocate(world, cluster, nodes);
    if (nextMs !== undefined) settleSoon(world, clusterName, nextMs - world.nowMs);
  }
}

function isMasterEligible(node: NodeIdentity): boolean {
  return node.roles.includes('master');
}

/** The master stays while it is there and a majority is; without a majority nobody leads. */
function elect(cluster: SimulatedClusterRow, nodes: readonly NodeIdentity[]): void {
  const voters = nodes.filter(
    (node) => isMasterEligible(node) && cluster.votingConfiguration.includes(node.diskId),
  );
  if (voters.length * 2 <= cluster.votingConfiguration.length) {
    cluster.masterDiskId = undefined;
    return;
  }
  const isStill = voters.some((node) => node.diskId === cluster.masterDiskId);
  if (!isStill) cluster.masterDiskId = voters[0]?.diskId;
  cluster.members = nodes.map((node) => node.diskId);
}

function join(world: World, cluster: SimulatedClusterRow, fresh: readonly NodeIdentity[]): void {
  for (const node of fresh) {
    const disk = world.rows(disks).get(node.diskId);
    if (disk === undefined || disk.clusterUuid !== undefined) continue;
    disk.clusterUuid = cluster.uuid;
    cluster.members = [...cluster.members, node.diskId];
  }
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
  for (const { initialMasters } of fresh.filter(isMasterEligible)) {
    const present = fresh.filter((node) => isMasterEligible(node) && initialMasters.includes(node.name));
    if (initialMasters.length === 0 || present.length * 2 <= initialMasters.length) continue;
    const absent = initialMasters.filter((name) => !present.some((node) => node.name === name));
    const cluster: SimulatedClusterRow = {
      uuid: newUuid(world),
      clusterName,
      members: [],
      masterDiskId: present[0]?.diskId,
      votingConfiguration: [...present.map((node) => node.diskId), ...absent.map((name) => `{${name}}`)],
      // What a cluster makes for itself when security is on and history is kept.
      indices: ['.security-7', '.ds-ilm-history-7'].map((name) => ({ name, shards: 1, replicas: '0-1' })),
      copies: [],
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

/**
 * The voting configuration follows the master-eligible nodes: an odd number of the living, and never fewer than three
 * once there were three, so that two of three cannot shrink the votes to themselves one by one (Reconfigurator.java).
 */
function reconfigured(cluster: SimulatedClusterRow, nodes: readonly NodeIdentity[]): readonly string[] {
  const living = nodes.filter(isMasterEligible).map((node) => node.diskId);
  const current = cluster.votingConfiguration;
  const candidates = [
    ...living.filter((disk) => current.includes(disk)),
    ...living.filter((disk) => !current.includes(disk)),
    ...current.filter((disk) => !living.includes(disk)),
  ];
  const odd = living.length % 2 === 0 ? living.length - 1 : living.length;
  const size = Math.max(odd, current.length < fewestVoters ? 1 : fewestVoters);
  const next = candidates.slice(0, size);
  return next.filter((disk) => living.includes(disk)).length * 2 > next.length ? next : current;
}
