import type { World } from '../core/world.ts';
import { tierKey, usualTier } from './deciders.ts';
import {
  elasticsearchEvents,
  type IndexRow,
  simulatedClusters,
  type SimulatedClusterRow,
  type SnapshotRow,
} from './rows.ts';

/** An index to be made; what is left out is as Elasticsearch has it by default. */
export interface IndexSeed {
  readonly shards?: number;
  readonly replicas?: number;
  /** `0-1`, `0-all`. */
  readonly autoExpand?: string | undefined;
  /** Of each copy of each shard. */
  readonly bytes?: number;
  readonly documents?: number;
  readonly delayedTimeoutMs?: number | undefined;
  /** By their full names. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** x.y.z of the Elasticsearch that created it. */
  readonly createdVersion?: string | undefined;
  readonly isReadOnly?: boolean;
}

/** What an index takes on disk with nothing in it. */
const emptyIndexBytes = 256;

const minuteMs = 60_000;

/** A new index with one shard and one replica, unless the seed says otherwise. */
export function newIndex(name: string, seed: IndexSeed): IndexRow {
  return {
    name,
    shards: seed.shards ?? 1,
    replicas: seed.replicas ?? 1,
    autoExpand: seed.autoExpand,
    bytes: seed.bytes ?? emptyIndexBytes,
    documents: seed.documents ?? 0,
    delayedTimeoutMs: seed.delayedTimeoutMs ?? minuteMs,
    hasDelay: seed.delayedTimeoutMs !== undefined,
    settings: { [tierKey]: usualTier, ...seed.settings },
    createdVersion: seed.createdVersion,
    isReadOnly: seed.isReadOnly,
  };
}

/**
 * For tests and rehearsals: an index of a user with data in it, as if it had been written long ago; its copies are
 * assigned at once, and start with some delay.
 *
 * @throws Error where no cluster of the name has formed
 */
export function seedIndex(
  world: World,
  clusterName: string,
  index: IndexSeed & { readonly name: string },
): void {
  formed(world, clusterName).indices.push(newIndex(index.name, index));
  world.schedule(elasticsearchEvents.settle, 0, clusterName);
}

/** For tests and rehearsals: Elasticsearch's own check finds something that the next major version does not take. */
export function findCritical(world: World, clusterName: string, message: string): void {
  const cluster = formed(world, clusterName);
  cluster.critical = [...(cluster.critical ?? []), message];
}

/** For tests and rehearsals: a snapshot begins, and ends by itself. */
export function startSnapshot(
  world: World,
  clusterName: string,
  snapshot: Omit<SnapshotRow, 'endsAtMs'> & { readonly takesMs: number },
): void {
  const { takesMs, ...named } = snapshot;
  formed(world, clusterName).snapshots.push({ ...named, endsAtMs: world.nowMs + takesMs });
}

function formed(world: World, clusterName: string): SimulatedClusterRow {
  const rows = [...world.rows(simulatedClusters).values()];
  const cluster = rows.find((row) => row.clusterName === clusterName);
  if (cluster === undefined) throw new Error(`no cluster ${clusterName} has formed in the simulated account`);
  return cluster;
}
