import https from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

import type { ElasticsearchAnswer, ElasticsearchRequest } from '../../elasticsearch/client.ts';
import { EsEcsError } from '../../errors.ts';
import { answerText } from './answer-text.ts';
import { UnknownRequest } from './unknown-request.ts';

/** What the simulated cluster is served with: what the account's secrets hold. */
export interface ServedCluster {
  /** PEM, of the nodes. */
  readonly certificate: string;
  readonly privateKey: string;
  /** Whether this is the password of the user `elastic` now. */
  takes(password: string): Promise<boolean>;
  ask(request: ElasticsearchRequest): Promise<ElasticsearchAnswer>;
}

/** The simulated cluster behind real TLS and the real password, so that a rehearsal's curl is the real one. */
export function createClusterServer(served: ServedCluster): https.Server {
  return https.createServer({ cert: served.certificate, key: served.privateKey }, (request, response) => {
    void serve(served, request, response);
  });
}

async function serve(
  served: ServedCluster,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = request.url ?? '/';
  const { status, body } = await answerTo(served, request, path);
  const said = answerText({ path }, { body });
  response.writeHead(status, {
    'content-type': said.type,
    'x-elastic-product': 'Elasticsearch',
    ...(status === 401 ? { 'www-authenticate': 'Basic realm="security", charset="UTF-8"' } : {}),
  });
  response.end(said.text);
}

async function answerTo(
  served: ServedCluster,
  request: IncomingMessage,
  path: string,
): Promise<ElasticsearchAnswer> {
  if (!(await isKnown(served, request.headers.authorization)))
    return failure(401, 'security_exception', `unable to authenticate user for REST request [${path}]`);
  const method = methods.find((one) => one === request.method);
  if (method === undefined)
    return failure(405, 'method_not_allowed', `unknown method ${request.method ?? ''}`);
  const body = await text(request);
  try {
    return await served.ask({ method, path, ...(body === '' ? {} : { body }) });
  } catch (error) {
    if (error instanceof UnknownRequest) return failure(501, 'not_simulated', error.message);
    if (!(error instanceof EsEcsError)) throw error;
    const type = error.code === 'CLUSTER_NO_MASTER' ? 'master_not_discovered_exception' : 'unavailable';
    return failure(503, type, error.message);
  }
}

async function isKnown(served: ServedCluster, authorization: string | undefined): Promise<boolean> {
  const [scheme = '', encoded = ''] = (authorization ?? '').split(' ');
  const [user, ...password] = Buffer.from(encoded, 'base64').toString().split(':');
  return scheme.toLowerCase() === 'basic' && user === 'elastic' && served.takes(password.join(':'));
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'] as const;

/** As Elasticsearch says that something went wrong. */
function failure(status: number, type: string, reason: string): ElasticsearchAnswer {
  return { status, body: { error: { type, reason }, status } };
}
