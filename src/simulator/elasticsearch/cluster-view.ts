import { clusterControl } from '../../access/control.ts';
import { askLed } from '../../access/led.ts';
import { answerFailure } from '../../access/refusal.ts';
import type { ServerRequest } from '../../access/server.ts';
import type { ClusterControl, ElasticsearchAnswer } from '../../elasticsearch/client.ts';
import { EsEcsError } from '../../errors.ts';
import type { World } from '../core/world.ts';
import { nodesUp, settle } from './coordination.ts';
import { boardOf } from './deciders.ts';
import { type Asked, ok, refused, type Route } from './rest/asked.ts';
import { catRoutes } from './rest/cat.ts';
import { clusterRoutes } from './rest/cluster.ts';
import { explainRoutes } from './rest/explain.ts';
import { filtered } from './rest/filter.ts';
import { indexRoutes } from './rest/indices.ts';
import { securityRoutes } from './rest/security.ts';
import { settingsRoutes } from './rest/settings.ts';
import { templateRoutes } from './rest/templates.ts';
import { voteRoutes } from './rest/votes.ts';
import { interjectionTo } from './interjections.ts';
import { takesOneOf } from './logins.ts';
import { disks, type NodeIdentity, type SimulatedClusterRow, simulatedClusters } from './rows.ts';
import { isOlder } from './start-troubles.ts';
import { UnknownRequest } from './unknown-request.ts';

/** A cluster that answers: its state, and its nodes as the elected master knows them. */
interface Led {
  readonly cluster: SimulatedClusterRow;
  readonly nodes: readonly NodeIdentity[];
}

/** The cluster that has an elected master, if any; of several of one name, the one with the most nodes. */
function led(world: World, clusterName: string, up: readonly NodeIdentity[]): Led | undefined {
  const leading = [...world.rows(simulatedClusters).values()]
    .filter((row) => row.clusterName === clusterName)
    .filter((row) => up.some((node) => node.diskId === row.masterDiskId))
    .map((cluster) => {
      const members = new Set(cluster.members);
      return { cluster, nodes: up.filter((node) => members.has(node.diskId)) };
    })
    .sort((one, other) => other.nodes.length - one.nodes.length);
  return leading[0];
}

/** @throws EsEcsError CLUSTER_UNREACHABLE, CLUSTER_NO_MASTER */
function requireLed(world: World, clusterName: string): Led {
  const up = nodesUp(world, clusterName);
  const found = led(world, clusterName, up);
  if (found !== undefined) return found;
  if (up.length === 0) {
    throw new EsEcsError('CLUSTER_UNREACHABLE', `no node of ${clusterName} answers`, {
      hint: 'es-ecs status  shows which tasks run',
    });
  }
  const answering = up.length === 1 ? 'one node answers' : `${up.length} nodes answer`;
  throw new EsEcsError('CLUSTER_NO_MASTER', `${answering}, and the cluster has no elected master`, {
    hint: 'es-ecs status  shows which nodes are away',
  });
}

/** What a node of 9.x without a master answers from its own memory; see `askLed`. */
const byMemory = /^\/(_cluster\/(state|settings)\b|_cat\/(shards|indices)\b|[^/]+\/_settings\b)/;

/** The cluster as a node remembers it that has lost its master: nothing where it never had one. */
function remembered(world: World, clusterName: string, request: ServerRequest): Led | undefined {
  const up = nodesUp(world, clusterName);
  const [node] = up;
  if (node === undefined || request.method !== 'GET' || !byMemory.test(request.path)) return undefined;
  if (isOlder(node.version, '9.0.0') || led(world, clusterName, up) !== undefined) return undefined;
  const uuid = world.rows(disks).get(node.diskId)?.clusterUuid;
  const cluster = uuid === undefined ? undefined : world.rows(simulatedClusters).get(uuid);
  return cluster === undefined ? undefined : { cluster, nodes: up };
}

const routes: readonly Route[] = [
  clusterRoutes,
  explainRoutes,
  settingsRoutes,
  voteRoutes,
  templateRoutes,
  catRoutes,
  securityRoutes,
  indexRoutes,
];

/** What a node says of itself, without asking its master; the only thing that is answered without one. */
function greeting(world: World, clusterName: string): ElasticsearchAnswer | undefined {
  const up = nodesUp(world, clusterName);
  const [node] = up;
  if (node === undefined) return undefined;
  return ok({
    name: node.name,
    cluster_name: clusterName,
    cluster_uuid: led(world, clusterName, up)?.cluster.uuid ?? '_na_',
    version: { number: node.version, build_flavor: 'default' },
    tagline: 'You Know, for Search',
  });
}

function answer(world: World, clusterName: string, request: ServerRequest): ElasticsearchAnswer {
  const { pathname, searchParams: query } = new URL(request.path, 'https://simulated');
  const words = pathname
    .split('/')
    .filter((word) => word !== '')
    .map(decodeURIComponent);
  const greeted = words.length === 0 ? greeting(world, clusterName) : undefined;
  if (greeted !== undefined) return greeted;
  const { cluster, nodes } = remembered(world, clusterName, request) ?? requireLed(world, clusterName);
  const body = bodyOf(request);
  if (body === 'no JSON') return refused(400, 'parse_exception', 'Failed to parse content to map');
  const { method } = request;
  const interjection = interjectionTo(world, clusterName, request);
  if (interjection?.isDone === false) return interjection.answer;
  const board = boardOf(world, cluster, nodes);
  const asked: Asked = { world, cluster, nodes, board, method, words, query, body };
  for (const route of routes) {
    const said = route(asked);
    if (said === undefined) continue;
    // What was changed has its consequences at once, and others later.
    if (method !== 'GET' && method !== 'HEAD' && said.status < 300) settle(world, clusterName);
    if (interjection !== undefined) return interjection.answer;
    return { ...said, body: filtered(said.body, query.get('filter_path')) };
  }
  throw new UnknownRequest(method, pathname);
}

function bodyOf({ body }: ServerRequest): unknown {
  if (typeof body !== 'string') return body;
  try {
    return JSON.parse(body);
  } catch {
    return 'no JSON';
  }
}

/** The answer to a password that no node takes. */
function unauthenticated({ path }: ServerRequest): ElasticsearchAnswer {
  return refused(
    401,
    'security_exception',
    `unable to authenticate user [elastic] for REST request [${path}]`,
  );
}

/**
 * The simulated Elasticsearch of a cluster name, asked in the way the real one is.
 *
 * @param passwords of the user `elastic`, of which one must be taken; absent: nobody asks for one.
 */
export function simulatedClusterView(
  world: World,
  clusterName: string,
  passwords?: readonly string[],
): ClusterControl {
  const answerKnown = (request: ServerRequest): ElasticsearchAnswer => {
    const up = nodesUp(world, clusterName);
    const isKnown = passwords === undefined || takesOneOf(world, up, passwords);
    return isKnown ? answer(world, clusterName, request) : unauthenticated(request);
  };
  return clusterControl({
    send: (request) =>
      Promise.resolve()
        .then(() => {
          world.catchUp();
          return askLed((one) => Promise.resolve(answerKnown(one)), request);
        })
        .then((said) => {
          const failure = answerFailure(said, { who: clusterName, clusterName, request });
          if (failure !== undefined) throw failure;
          return request.method === 'HEAD' ? { status: said.status, body: undefined } : structuredClone(said);
        }),
  });
}
