import { z } from 'zod';

import type { ClusterNode } from '../elasticsearch/client.ts';
import { askFor, catNumber, catText, pathOf } from './answers.ts';
import { readState } from './cluster-state.ts';
import { masterTimeout } from './limits.ts';
import type { ClusterServer } from './server.ts';

const rowsAnswer = z.array(
  z.object({
    id: z.string(),
    version: catText,
    uptime: catNumber,
    'disk.total': catNumber,
    'disk.avail': catNumber,
    'disk.used_percent': catNumber,
    'heap.max': catNumber,
    'heap.percent': catNumber,
  }),
);

const stateParts = 'nodes.*.name,nodes.*.ephemeral_id,nodes.*.attributes.zone,nodes.*.roles';

/** Who is in the cluster is the elected master's word; version, uptime, disk and heap are each node's own. */
export async function askNodes(server: ClusterServer): Promise<readonly ClusterNode[]> {
  const path = pathOf('/_cat/nodes', {
    format: 'json',
    full_id: 'true',
    bytes: 'b',
    time: 'ms',
    h: 'id,version,uptime,disk.total,disk.avail,disk.used_percent,heap.max,heap.percent',
    master_timeout: masterTimeout,
  });
  // First by itself: without a master the rows take half a minute to be refused, whatever `master_timeout` says.
  const state = await readState(server, stateParts);
  const rows = await askFor(server, rowsAnswer, { method: 'GET', path });
  return Object.entries(state.nodes ?? {})
    .map(([id, node]): ClusterNode => {
      const row = rows.find((one) => one.id === id);
      return {
        name: node.name,
        id,
        ephemeralId: node.ephemeral_id ?? '',
        zone: node.attributes?.zone,
        roles: node.roles ?? [],
        version: row?.version ?? '',
        isMaster: id === state.master_node,
        uptimeMs: row?.uptime,
        diskTotalBytes: row?.['disk.total'],
        diskAvailableBytes: row?.['disk.avail'],
        diskUsedPercent: row?.['disk.used_percent'],
        heapMaxBytes: row?.['heap.max'],
        heapUsedPercent: row?.['heap.percent'],
      };
    })
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}
