import type { ElasticsearchAnswer } from '../elasticsearch/client.ts';
import { masterTimeout } from './limits.ts';
import type { ServerRequest } from './server.ts';

/** One request to one and the same node. */
type Exchange = (request: ServerRequest) => Promise<ElasticsearchAnswer>;

/** Answered by each node from the state that it has itself. */
const whoLeads: ServerRequest = {
  method: 'GET',
  path: `/_cluster/state/master_node?filter_path=master_node&master_timeout=${masterTimeout}`,
};

/** As all versions say it to what only a master answers, and those before 9 to every question. */
const masterless: ElasticsearchAnswer = {
  status: 503,
  body: { error: { type: 'master_not_discovered_exception', reason: null }, status: 503 },
};

/**
 * Puts a request to one node, and believes what it says of the cluster's state only while it has a master. Since 9.0 a node without one
 * answers `_cluster/state`, `_cluster/settings`, `_settings`, `_cat/shards` and `_cat/indices` with status 200 and what it last knew,
 * which may be long over, or nothing at all (seen of 9.4.3); 8.19 refuses all of them.
 */
export async function askLed(exchange: Exchange, request: ServerRequest): Promise<ElasticsearchAnswer> {
  if (request.master === undefined) return exchange(request);
  if (request.master === 'in the answer') return ledOr(await exchange(request));
  const before = ledOr(await exchange(whoLeads));
  if (!isSuccess(before)) return before;
  const answer = await exchange(request);
  const after = ledOr(await exchange(whoLeads));
  return isSuccess(after) ? answer : after;
}

/** The answer, unless it is a success that names no master. */
function ledOr(answer: ElasticsearchAnswer): ElasticsearchAnswer {
  return isSuccess(answer) && masterOf(answer.body) === undefined ? masterless : answer;
}

function isSuccess({ status }: ElasticsearchAnswer): boolean {
  return status >= 200 && status < 300;
}

function masterOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('master_node' in body)) return undefined;
  const { master_node: master } = body;
  return typeof master === 'string' && master !== '' ? master : undefined;
}
