import { nodeIdOf } from '../disks.ts';
import { disks } from '../rows.ts';
import { type Asked, ok, refused, type Route, timeoutStatus } from './asked.ts';

/** Exclusions that may be listed at a time (`cluster.max_voting_config_exclusions`). */
const most = 10;

/** The name of a node that was named by its id and is not in the cluster (`VotingConfigExclusion`). */
const absent = '_absent_';

/** `_cluster/voting_config_exclusions`. */
export const voteRoutes: Route = (asked) => {
  const { words, method } = asked;
  if (words.join('/') !== '_cluster/voting_config_exclusions') return undefined;
  if (method === 'POST') return exclude(asked);
  if (method === 'DELETE') return clear(asked);
  return undefined;
};

/** Without a body, as Elasticsearch has it; the votes themselves move when the cluster settles. */
function exclude(asked: Asked): ReturnType<Route> {
  const { cluster } = asked;
  const [names, ids] = [listOf(asked, 'node_names'), listOf(asked, 'node_ids')];
  if ((names.length === 0) === (ids.length === 0)) {
    return refused(
      400,
      'illegal_argument_exception',
      'Please set node identifiers correctly. One and only one of [node_name], [node_names] and [node_ids] has to be set',
    );
  }
  const named = [...names.map((name) => byName(asked, name)), ...ids.map((id) => byId(asked, id))];
  const fresh = named.filter(
    ({ name, diskId }) =>
      !cluster.voteExclusions.some((one) => (name === absent ? one.diskId === diskId : one.name === name)),
  );
  if (cluster.voteExclusions.length + fresh.length > most) {
    const words = fresh.map(({ name }) => `{${name}}`).join(', ');
    return refused(
      400,
      'illegal_argument_exception',
      `add voting config exclusions request for [${[...names, ...ids].join(', ')}] would add [${words}] to the existing [${cluster.voteExclusions.length}] exclusions, exceeding the maximum of [${most}] set by [cluster.max_voting_config_exclusions]`,
    );
  }
  cluster.voteExclusions.push(...fresh);
  return ok(undefined);
}

function listOf({ query }: Asked, key: string): readonly string[] {
  return (query.get(key) ?? '').split(',').filter((text) => text !== '');
}

type Exclusion = Asked['cluster']['voteExclusions'][number];

function byName({ nodes }: Asked, name: string): Exclusion {
  return { name, diskId: nodes.find((node) => node.name === name)?.diskId };
}

/** Of a node that is not there nobody knows the name. */
function byId({ world, nodes }: Asked, id: string): Exclusion {
  const node = nodes.find(({ diskId }) => nodeIdOf(world, diskId) === id);
  const known = [...world.rows(disks).values()].find(({ nodeId }) => nodeId === id);
  return { name: node?.name ?? absent, diskId: node?.diskId ?? known?.id ?? id };
}

/** The cluster waits as long as `master_timeout` says, in which nothing happens here; what was listed stays listed. */
function clear(asked: Asked): ReturnType<Route> {
  const { world, cluster, query } = asked;
  const present = cluster.voteExclusions.filter(
    ({ diskId }) => diskId !== undefined && cluster.members.includes(diskId),
  );
  if (query.get('wait_for_removal') !== 'false' && present.length > 0) {
    const names = present.map(
      ({ diskId = '' }) => `{${world.rows(disks).get(diskId)?.nodeName ?? ''}}{${nodeIdOf(world, diskId)}}`,
    );
    return refused(
      timeoutStatus(asked),
      'timeout_exception',
      `timed out waiting for removal of nodes; if nodes should not be removed, set ?wait_for_removal=false. [${names.join(', ')}]`,
    );
  }
  cluster.voteExclusions = [];
  return ok({ acknowledged: true });
}
