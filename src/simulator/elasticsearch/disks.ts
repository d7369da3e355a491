import { createHash } from 'node:crypto';

import { allocationOf } from '../../elasticsearch/cluster-settings.ts';
import { freeBytesFor, type Watermark, type Watermarks } from '../../elasticsearch/watermarks.ts';
import type { World } from '../core/world.ts';
import { fileSystems } from '../hosts/boot.ts';
import { instances } from '../ec2/instance-rows.ts';
import { volumes } from '../ec2/volumes.ts';
import { disks, type DiskRow, type NodeIdentity, type SimulatedClusterRow } from './rows.ts';
import { isOlder } from './start-troubles.ts';

const gib = 1024 ** 3;

/** A root disk's, and that of a disk which no volume stands for. */
const usualSizeGiB = 30;

/** What a data path takes without any shard: translogs, cluster state, the file system itself. */
const emptyBytes = gib / 2;

/** The data path of a node that starts: made on an empty disk, and marked with the version that has opened it. */
export function openDisk(world: World, node: NodeIdentity): DiskRow {
  const known = world.rows(disks).get(node.diskId);
  if (known !== undefined) {
    known.nodeName = node.name;
    if (isOlder(known.version, node.version)) known.version = node.version;
    return known;
  }
  const row: DiskRow = {
    id: node.diskId,
    clusterUuid: undefined,
    nodeName: node.name,
    nodeId: idFor(`node on ${node.diskId}`),
    version: node.version,
  };
  world.rows(disks).set(row.id, row);
  return row;
}

/** 22 characters of URL-safe base64, as Elasticsearch makes them; the same for the same text. */
export function idFor(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}

/** The node's own id; its disk's, where no node has opened that yet. */
export function nodeIdOf(world: World, diskId: string): string {
  return world.rows(disks).get(diskId)?.nodeId ?? diskId;
}

/** Whether what was written to a disk can still be had: a deleted volume and a terminated host's own disk are gone. */
export function isDiskThere(world: World, diskId: string): boolean {
  if (diskId.startsWith('vol-')) {
    const volume = world.rows(volumes).get(diskId);
    return volume !== undefined && !volume.isDeleting;
  }
  const host = world.rows(instances).get(diskId);
  return host === undefined || (host.state !== 'terminated' && host.state !== 'shutting-down');
}

/** How full a disk is. */
export interface DiskUse {
  readonly totalBytes: number;
  readonly usedBytes: number;
}

/** As the file system says: its size, which follows that of its volume a little later, and all that lies there, what is stale or on its way too. */
export function diskUse(world: World, cluster: SimulatedClusterRow, diskId: string): DiskUse {
  const volume = world.rows(volumes).get(diskId)?.specification.sizeGiB;
  const sizeGiB = world.rows(fileSystems).get(diskId)?.sizeGiB ?? volume ?? usualSizeGiB;
  const bytes = new Map(cluster.indices.map((index) => [index.name, index.bytes]));
  const usedBytes = cluster.copies
    .filter((copy) => copy.diskId === diskId)
    .reduce((sum, copy) => sum + (bytes.get(copy.index) ?? 0), emptyBytes);
  return { totalBytes: sizeGiB * gib, usedBytes };
}

/** Elasticsearch's defaults ("Disk-based shard allocation settings"). */
export const diskDefaults = {
  'cluster.routing.allocation.disk.threshold_enabled': 'true',
  'cluster.routing.allocation.disk.watermark.low': '85%',
  'cluster.routing.allocation.disk.watermark.low.max_headroom': '200GB',
  'cluster.routing.allocation.disk.watermark.high': '90%',
  'cluster.routing.allocation.disk.watermark.high.max_headroom': '150GB',
  'cluster.routing.allocation.disk.watermark.flood_stage': '95%',
  'cluster.routing.allocation.disk.watermark.flood_stage.max_headroom': '100GB',
} as const;

/** The settings that decide where shards may go. */
export interface AllocationRules extends ReturnType<typeof allocationOf> {
  readonly watermarks: Watermarks;
  readonly rebalances: boolean;
  /** `cluster.routing.allocation.exclude.zone`. */
  readonly excludedZones: readonly string[];
}

/** The settings of the cluster as they are in force. */
export function rulesOf(cluster: SimulatedClusterRow): AllocationRules {
  const set = { ...cluster.persistent, ...cluster.transient };
  const watermark = (name: 'low' | 'high' | 'flood_stage'): Watermark => {
    const key = `cluster.routing.allocation.disk.watermark.${name}` as const;
    const own = set[key];
    const headroom = set[`${key}.max_headroom`];
    // A default headroom does not hold for a watermark that somebody has set.
    const usual = own === undefined ? diskDefaults[`${key}.max_headroom`] : '-1';
    return { value: String(own ?? diskDefaults[key]), maxHeadroom: String(headroom ?? usual) };
  };
  return {
    ...allocationOf(cluster),
    excludedZones: String(set['cluster.routing.allocation.exclude.zone'] ?? '')
      .split(',')
      .filter((zone) => zone !== ''),
    rebalances: (set['cluster.routing.rebalance.enable'] ?? 'all') !== 'none',
    watermarks: {
      isEnabled: String(set['cluster.routing.allocation.disk.threshold_enabled'] ?? 'true') === 'true',
      low: watermark('low'),
      high: watermark('high'),
      floodStage: watermark('flood_stage'),
    },
  };
}

/** Whether a disk with so much on it leaves less free than a watermark wants. */
export function isAbove(watermark: Watermark, { totalBytes, usedBytes }: DiskUse): boolean {
  const free = freeBytesFor(watermark, totalBytes);
  return free !== undefined && totalBytes - usedBytes < free;
}
