import { nodeIdOf } from '../disks.ts';
import { countAll, countIndex, type ShardCount } from '../history.ts';
import { disks } from '../rows.ts';
import { type Asked, nested, ok, type Route } from './asked.ts';
import { flatSettings } from './indices.ts';
import { indicesOf } from './targets.ts';

const statuses = ['red', 'yellow', 'green'];

/** `_cluster/health` and `_cluster/state`, `_snapshot/_status` and `_flush`. */
export const clusterRoutes: Route = (asked) => {
  const { method, words, board, cluster, world } = asked;
  const path = `${method} ${words.slice(0, 2).join('/')}`;
  if (path === 'GET _cluster/health') return health(asked);
  if (path === 'GET _cluster/state') return ok(state(asked));
  if (path === 'GET _snapshot/_status') {
    const running = cluster.snapshots.filter((one) => one.endsAtMs > world.nowMs);
    return ok({
      snapshots: running.map(({ repository, snapshot }) => ({ repository, snapshot, state: 'STARTED' })),
    });
  }
  if (path === 'GET _migration/deprecations') return ok(deprecations(asked));
  if (path === 'POST _flush') {
    const { active, unassigned, initializing } = countAll(board);
    return ok({ _shards: { total: active + unassigned + initializing, successful: active, failed: 0 } });
  }
  return undefined;
};

/** As "Deprecation info API" has it. */
function deprecations({ cluster }: Asked): object {
  const found = (cluster.critical ?? []).map((message) => ({
    level: 'critical',
    message,
    url: 'https://www.elastic.co/docs/release-notes/elasticsearch/breaking-changes',
    details: message,
    resolve_during_rolling_upgrade: false,
  }));
  return { cluster_settings: found, node_settings: [], index_settings: {}, ml_settings: [] };
}

function healthBody(asked: Asked, count: ShardCount): Readonly<Record<string, unknown>> {
  const { cluster, board } = asked;
  return {
    cluster_name: cluster.clusterName,
    status: count.status,
    timed_out: false,
    number_of_nodes: cluster.members.length,
    number_of_data_nodes: board.nodes.length,
    active_primary_shards: count.activePrimaries,
    active_shards: count.active,
    relocating_shards: count.relocating,
    initializing_shards: count.initializing,
    unassigned_shards: count.unassigned,
    delayed_unassigned_shards: count.delayed,
    number_of_pending_tasks: 0,
    number_of_in_flight_fetch: 0,
    task_max_waiting_in_queue_millis: 0,
  };
}

/** A wait is over at once: nothing happens while it is asked. */
function health(asked: Asked): ReturnType<Route> {
  const { query, words, cluster, board } = asked;
  const name = words[2];
  const index = cluster.indices.find((one) => one.name === name);
  // It waits for the index to come, and says in the end that all is not well.
  if (name !== undefined && index === undefined) {
    const none = { active: 0, activePrimaries: 0, initializing: 0, relocating: 0, unassigned: 0, delayed: 0 };
    return { status: 408, body: { ...healthBody(asked, { ...none, status: 'red' }), timed_out: true } };
  }
  const count = index === undefined ? countAll(board) : countIndex(board, index);
  const wantedStatus = query.get('wait_for_status');
  const wantedNodes = query.get('wait_for_nodes')?.replace(/^>=|^ge\(|\)$/g, '');
  const isReached =
    (wantedStatus === null || statuses.indexOf(count.status) >= statuses.indexOf(wantedStatus)) &&
    (wantedNodes === undefined || cluster.members.length >= Number(wantedNodes)) &&
    (query.get('wait_for_no_relocating_shards') !== 'true' || count.relocating === 0) &&
    (query.get('wait_for_no_initializing_shards') !== 'true' || count.initializing === 0);
  const body = healthBody(asked, count);
  return isReached ? ok(body) : { status: 408, body: { ...body, timed_out: true } };
}

/** Of a node that has lost its master it is what that last knew, without one. */
function state(asked: Asked): object {
  const { world, cluster, nodes, words, query } = asked;
  const id = (diskId: string): string => nodeIdOf(world, diskId);
  const nameOf = (diskId: string | undefined): string =>
    world.rows(disks).get(diskId ?? '')?.nodeName ?? '_absent_';
  return {
    cluster_name: cluster.clusterName,
    cluster_uuid: cluster.uuid,
    master_node: cluster.masterDiskId === undefined ? null : id(cluster.masterDiskId),
    nodes: Object.fromEntries(
      nodes.map((node) => [
        id(node.diskId),
        {
          name: node.name,
          ephemeral_id: node.ephemeralId,
          attributes: { zone: node.zone },
          roles: node.roles,
        },
      ]),
    ),
    metadata: {
      indices: Object.fromEntries(
        indicesOf(cluster.indices, words[3] ?? '_all', query).map((index) => [
          index.name,
          {
            state: index.isClosed === true ? 'close' : 'open',
            settings: nested(flatSettings(index, asked)),
          },
        ]),
      ),
      cluster_coordination: {
        last_committed_config: cluster.votingConfiguration.map(id),
        voting_config_exclusions: cluster.voteExclusions.map(({ diskId, name }) => ({
          node_id: diskId === undefined ? '_absent_' : id(diskId),
          node_name: name === '' ? nameOf(diskId) : name,
        })),
      },
    },
  };
}
