import { z } from 'zod';

import type { ClusterControl, ElasticsearchRequest } from '../../elasticsearch/client.ts';
import type { Clock } from '../../engine/clock.ts';
import { EsEcsError } from '../../errors.ts';
import type { World } from '../core/world.ts';
import { simulatedClusterView } from './cluster-view.ts';
import { nodesUp, settle } from './coordination.ts';
import { boardOf } from './deciders.ts';
import { diskUse, isAbove, rulesOf } from './disks.ts';
import { countIndex } from './history.ts';
import { documentBytes } from './rest/indices.ts';
import { type IndexRow, type SimulatedClusterRow, simulatedClusters } from './rows.ts';

const gib = 1024 ** 3;

/** What a cluster of a few nodes takes in a second, together. */
const bytesPerSecond = 40 * 1024 ** 2;

/** How long the shards of a new index may take to start. */
const startLimitMs = 60_000;
const startLookMs = 500;

/** Documents for an index. */
export interface BulkWrite {
  readonly world: World;
  readonly clock: Clock;
  readonly cluster: string;
  readonly index: string;
  readonly sizeGiB: number;
}

/** What has come of it. */
export interface Written {
  readonly isNewIndex: boolean;
  /** Of the index, all in all. */
  readonly documents: number;
  readonly sizeGiB: number;
  readonly copies: number;
  /** By node, in the order of their names. */
  readonly disks: readonly { readonly node: string; readonly usedPercent: number }[];
}

/**
 * Documents are written to an index, which is made if it is not there, as a client's bulk requests would: to each of its copies.
 *
 * @throws EsEcsError CLUSTER_UNREACHABLE, CLUSTER_NO_MASTER, CLUSTER_REFUSED: then the account is not to be kept.
 */
export async function writeDocuments(asked: BulkWrite): Promise<Written> {
  const { world, clock, cluster, index, sizeGiB } = asked;
  const control = simulatedClusterView(world, cluster);
  const path = `/${encodeURIComponent(index)}`;
  const isNewIndex = found(asked) === undefined;
  if (isNewIndex) await taken(control, { method: 'PUT', path });
  await untilStarted(asked);
  // One by the API: whatever refuses that would refuse all of them.
  await taken(control, { method: 'POST', path: `${path}/_doc`, body: {} });
  const { formed, row } = find(asked);
  const bytes = sizeGiB * gib;
  row.bytes += bytes / row.shards;
  row.documents += Math.round(bytes / documentBytes) - 1;
  refuseFull(asked, formed);
  await clock.sleep((bytes / bytesPerSecond) * 1_000);
  world.catchUp();
  settle(world, cluster);
  const copies = formed.copies.filter((copy) => copy.index === index && copy.state === 'started').length;
  return {
    isNewIndex,
    documents: row.documents,
    sizeGiB: (row.bytes * row.shards) / gib,
    copies: copies / row.shards,
    disks: disksOf(world, formed),
  };
}

/** @throws EsEcsError CLUSTER_REFUSED in Elasticsearch's own words */
async function taken(control: ClusterControl, request: ElasticsearchRequest): Promise<void> {
  const { status, body } = await control.request(request);
  if (status < 300) return;
  const said = z.object({ error: z.object({ reason: z.string() }) }).safeParse(body);
  const why = said.success ? said.data.error.reason : `it answers ${String(status)}`;
  throw new EsEcsError('CLUSTER_REFUSED', `Elasticsearch does not take that: ${why}`, {
    hint: 'es-ecs es --simulate GET /_cat/indices  shows the indices, and es-ecs status --simulate  how the cluster is',
  });
}

/** A new index takes a second or two. */
async function untilStarted(asked: BulkWrite): Promise<void> {
  const { world, clock, cluster } = asked;
  const endMs = clock.now() + startLimitMs;
  while (clock.now() < endMs) {
    const { formed, row } = find(asked);
    const board = boardOf(world, formed, nodesUp(world, cluster));
    if (countIndex(board, row).activePrimaries === row.shards) return;
    await clock.sleep(startLookMs);
    world.catchUp();
  }
}

interface Found {
  readonly formed: SimulatedClusterRow;
  readonly row: IndexRow;
}

function found({ world, cluster, index }: BulkWrite): Found | undefined {
  for (const formed of world.rows(simulatedClusters).values()) {
    const row = formed.indices.find(({ name }) => name === index);
    if (formed.clusterName === cluster && row !== undefined) return { formed, row };
  }
  return undefined;
}

function find(asked: BulkWrite): Found {
  const there = found(asked);
  if (there === undefined) throw new Error(`${asked.index} was there a moment ago`);
  return there;
}

/** Elasticsearch blocks an index as soon as one of its copies lies on a disk beyond the flood stage. */
function refuseFull({ world, cluster, index, sizeGiB }: BulkWrite, formed: SimulatedClusterRow): void {
  const { watermarks } = rulesOf(formed);
  if (!watermarks.isEnabled) return;
  const full = nodesUp(world, cluster).find(
    ({ diskId }) =>
      formed.copies.some((copy) => copy.index === index && copy.diskId === diskId) &&
      isAbove(watermarks.floodStage, diskUse(world, formed, diskId)),
  );
  if (full === undefined) return;
  throw new EsEcsError(
    'CLUSTER_REFUSED',
    `${String(sizeGiB)} GiB more in ${index} would fill the disk of ${full.name} beyond the flood stage (${watermarks.floodStage.value}), where Elasticsearch takes no more writes`,
    { hint: ['write less', 'storage.sizeGiB in the config, and es-ecs up --simulate  give each node more'] },
  );
}

function disksOf(world: World, formed: SimulatedClusterRow): Written['disks'] {
  return nodesUp(world, formed.clusterName)
    .filter(({ diskId }) => formed.members.includes(diskId))
    .map(({ name: node, diskId }) => {
      const { usedBytes, totalBytes } = diskUse(world, formed, diskId);
      return { node, usedPercent: (usedBytes / totalBytes) * 100 };
    })
    .toSorted((one, other) => one.node.localeCompare(other.node, 'en', { numeric: true }));
}
