import type { World } from '../../../src/simulator/core/world.ts';
import { healthHistory, lostShards } from '../../../src/simulator/elasticsearch/history.ts';
import { type SimulatedClusterRow, simulatedClusters } from '../../../src/simulator/elasticsearch/rows.ts';
import { seedIndex } from '../../../src/simulator/elasticsearch/seeds.ts';
import { areEnough, type ModelGroup } from './groups.ts';

const name = 'search';

/**
 * Watches a cluster's Elasticsearch from one time that all was well to the next: as long as only es-ecs touches its nodes, it never
 * lacks a master or a shard, whatever becomes of the runs.
 */
export class Watch {
  #sinceMs: number | undefined;
  /** Runs since then, and whether each of them was for nodes enough. */
  #runs = 0;
  #areEnough = true;

  /** An `up` has ended well, or the cluster stood when the sequence began. */
  begin(groups: readonly ModelGroup[], nowMs: number): void {
    this.#areEnough = areEnough(groups);
    this.#sinceMs = this.#areEnough ? nowMs : undefined;
    this.#runs = 0;
  }

  /** A node was taken behind es-ecs's back, or all of them are about to be destroyed. */
  end(): void {
    this.#sinceMs = undefined;
  }

  /** An `up` for these nodes begins. Those that an earlier one has begun to take away may have left few. */
  expect(groups: readonly ModelGroup[]): void {
    this.#areEnough &&= areEnough(groups);
    if (this.#runs > 0 && !this.#areEnough) this.end();
    this.#runs += 1;
  }

  /** What has been that must not be. */
  told(world: World): readonly string[] {
    const lost = lostShards(world, name).map((shard) => `no copy of ${shard} is left`);
    const sinceMs = this.#sinceMs;
    if (sinceMs === undefined) return lost;
    const bad = healthHistory(world, name).find(
      ({ atMs, status }) => atMs > sinceMs && (status === 'red' || status === 'none'),
    );
    if (bad === undefined) return lost;
    const state = bad.status === 'red' ? 'red' : 'without a master';
    return [
      ...lost,
      `Elasticsearch was ${state} with ${String(bad.nodes)} nodes, ${String(bad.atMs - sinceMs)} ms after all was well`,
    ];
  }
}

/** Somebody writes: another index, of which there is a copy more wherever there is a node more. False where no cluster has formed. */
export function writeIndex(world: World): boolean {
  const cluster = clusterIn(world);
  if (cluster?.masterDiskId === undefined) return false;
  const index = `logs-${String(cluster.indices.length)}`;
  seedIndex(world, name, { name: index, shards: 2, autoExpand: '0-1', bytes: 50 * 1024 ** 2 });
  return true;
}

/** Whether a roll that was cut off has left it that only primaries are assigned. */
export function isAllocationHeld(world: World): boolean {
  return clusterIn(world)?.persistent['cluster.routing.allocation.enable'] === 'primaries';
}

/** What is not as it must be at the end of an `up` that went well. */
export function untidy(world: World, nodes: number): readonly string[] {
  const cluster = clusterIn(world);
  if (cluster === undefined) return ['Elasticsearch has formed no cluster'];
  const last = cluster.history.at(-1);
  const left = Object.keys(cluster.persistent).filter((key) =>
    /^cluster\.(routing\.allocation|metadata\.es_ecs)/.test(key),
  );
  return [
    ...(last?.status === 'green' && last.nodes === nodes
      ? []
      : [`Elasticsearch is ${last?.status ?? 'new'} with ${String(last?.nodes)} nodes`]),
    ...cluster.voteExclusions.map((node) => `the vote of ${node.name} is still taken`),
    ...left.map((key) => `${key} is still set`),
  ];
}

function clusterIn(world: World): SimulatedClusterRow | undefined {
  return [...world.rows(simulatedClusters).values()].find((row) => row.clusterName === name);
}
