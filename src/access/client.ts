import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

import { Client, errors, HttpConnection, Transport } from '@elastic/elasticsearch';

import type { ElasticsearchAnswer } from '../elasticsearch/client.ts';
import type { DoorAgent } from './agent.ts';
import { answerLimitMs } from './limits.ts';
import type { ServerRequest } from './server.ts';

/** The user that every cluster has. */
const user = 'elastic';

/** By which the logs of Elasticsearch tell whose requests are es-ecs's ("X-Opaque-Id", in its deprecation and slow logs). */
const opaqueId = 'es-ecs';

/** The name that the client puts into `Host`; where it goes is the agent's. */
function urlOf(clusterName: string): string {
  return `https://${clusterName}:9200`;
}

type TransportOptions = ConstructorParameters<typeof Transport>[0];

/**
 * Plain JSON instead of `compatible-with=9`, which the client says by itself and servers of version 8 refuse
 * ("Accept version must be either version 8 or 7, but found 9"). Without it a server answers as its own version does, and
 * 8.13 to 9.x answer alike to all that is asked here.
 */
class PlainTransport extends Transport {
  constructor(options: TransportOptions) {
    super({
      ...options,
      vendoredHeaders: {
        jsonContentType: 'application/json',
        ndjsonContentType: 'application/x-ndjson',
        accept: 'application/json,text/plain',
      },
    });
  }
}

/** Elastic's own client over an agent's connections, without retries and sniffing of its own: which node is asked is not its choice. */
export function createClient(agent: DoorAgent, login: { clusterName: string; password: string }): Client {
  return new Client({
    node: urlOf(login.clusterName),
    auth: { username: user, password: login.password },
    Connection: HttpConnection,
    Transport: PlainTransport,
    agent: () => agent,
    maxRetries: 0,
    requestTimeout: answerLimitMs,
    enableMetaHeader: false,
  });
}

/**
 * One request through the client; whatever status comes back is an answer.
 *
 * @throws ElasticsearchClientError where there is none
 */
export async function exchange(client: Client, request: ServerRequest): Promise<ElasticsearchAnswer> {
  const { method, path: whole, body, limitMs, asText } = request;
  const [path = '', query = ''] = whole.split(/\?(.*)/s);
  const isHead = method === 'HEAD';
  try {
    const answer = await client.transport.request(
      { method, path, querystring: query, ...(body === undefined ? {} : { body }) },
      {
        meta: true,
        opaqueId,
        // The client would call a text plain.
        ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' } }),
        ...(limitMs === undefined ? {} : { requestTimeout: limitMs }),
        ...(asText === true ? { asStream: true } : {}),
      },
    );
    if (asText === true) return { status: answer.statusCode, body: something(await readText(answer.body)) };
    return { status: answer.statusCode, body: isHead ? undefined : something(answer.body) };
  } catch (error) {
    if (!(error instanceof errors.ResponseError)) throw error;
    return { status: error.meta.statusCode ?? 0, body: isHead ? undefined : something(error.body) };
  }
}

/** @throws ElasticsearchClientError where the answer breaks off */
async function readText(body: unknown): Promise<string> {
  if (!(body instanceof Readable)) return '';
  try {
    return await text(body);
  } catch (error) {
    throw new errors.ConnectionError(error instanceof Error ? error.message : String(error));
  }
}

function something(body: unknown): unknown {
  return body === '' ? undefined : body;
}
