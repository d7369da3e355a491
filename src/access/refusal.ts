import type { ElasticsearchAnswer } from '../elasticsearch/client.ts';
import { EsEcsError } from '../errors.ts';
import type { ServerRequest } from './server.ts';

/** What was waited for did not come, whatever the status: 429 since 9.0, 500 or 503 before. */
const waitOver = 'timeout_exception';

/** What a node says of itself: its memory or its queues are full. */
const ofNode = ['circuit_breaking_exception', 'es_rejected_execution_exception'];

/**
 * What passes, and of which nobody knows whether it was done: the elected master had too much to do (429 since 9.0, 503 before), it did
 * not hear from a node in time (429, 500), or a node has no room for the request.
 */
const busy = [
  'process_cluster_event_timeout_exception',
  'receive_timeout_transport_exception',
  waitOver,
  ...ofNode,
];

/** Who answered what. */
export interface Answered {
  /** As a person knows it: `search-0 (10.0.1.5:9200)`. */
  readonly who: string;
  readonly clusterName: string;
  readonly request: ServerRequest;
}

/**
 * Why an answer is none to its request, as a sentence; undefined when it is one. A refused password and the want of a
 * master are never answers.
 */
export function answerFailure(answer: ElasticsearchAnswer, answered: Answered): EsEcsError | undefined {
  const { status } = answer;
  const { who, clusterName, request } = answered;
  const { type, reason } = reasonOf(request.asText === true ? parsed(answer.body) : answer.body);
  if (status === 401) {
    return new EsEcsError('CLUSTER_PASSWORD', `${who} refuses the password of the user elastic`, {
      hint: [
        `write the one that it takes into the secret es-ecs/${clusterName}/password, as {"password": "…"}`,
        // Without its index of users, the server answers to the right password as to a wrong one.
        'or is a node away that holds its users? es-ecs status  shows it',
      ],
    });
  }
  if (type === 'master_not_discovered_exception') {
    return new EsEcsError(
      'CLUSTER_NO_MASTER',
      `${who} answers, and the cluster has no elected master: too few of the nodes that may become one see each other`,
      { hint: 'es-ecs status  shows which nodes are away' },
    );
  }
  if (isAccepted(status, request)) return undefined;
  const words = [type, reason].filter((word) => word !== undefined && word !== '').join(': ');
  if (type === waitOver && request.isWait === true) {
    return new EsEcsError('CLUSTER_REFUSED', `Elasticsearch has waited in vain: ${reason ?? ''}`, {
      hint: 'es-ecs status  shows how the cluster is',
    });
  }
  if (status === 429 || busy.includes(type ?? '')) return tooBusy(answered, words);
  if (status >= 500) {
    return new EsEcsError(
      'CLUSTER_UNREACHABLE',
      `${who} answers with status ${status}${words === '' ? '' : `: ${words}`}`,
    );
  }
  const [path] = request.path.split('?');
  return new EsEcsError(
    'CLUSTER_REFUSED',
    `Elasticsearch refuses ${request.method} ${path ?? ''} with status ${status}${words === '' ? '' : `: ${words}`}`,
    { hint: 'es-ecs status  shows how the cluster is; nothing of this request was carried out' },
  );
}

function tooBusy({ who, request }: Answered, words: string): EsEcsError {
  const { method } = request;
  const [path = ''] = request.path.split('?');
  const isQuestion = method === 'GET' || method === 'HEAD';
  const doubt = isQuestion ? '' : `, and nobody knows whether ${method} ${path} was carried out`;
  const because = words === '' ? '' : `: ${words}`;
  return new EsEcsError('CLUSTER_BUSY', `${who} is too busy to answer${doubt}${because}`, {
    hint: 'es-ecs status  shows how the cluster is; run the same command again once it has less to do',
  });
}

/** Whether it is one node that is too busy, so that another may answer. */
export function isOneTooBusy({ body }: ElasticsearchAnswer): boolean {
  return ofNode.includes(reasonOf(parsed(body)).type ?? '');
}

function isAccepted(status: number, { accepts }: ServerRequest): boolean {
  if (status >= 200 && status < 300) return true;
  return accepts !== undefined && (accepts === 'any' || accepts.includes(status));
}

function parsed(body: unknown): unknown {
  if (typeof body !== 'string') return body;
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

/** `{ error: { type, reason } }`, or a text, or nothing: what answers need not be Elasticsearch. */
function reasonOf(body: unknown): { readonly type: string | undefined; readonly reason: string | undefined } {
  const error = field(body, 'error');
  if (typeof error === 'string') return { type: undefined, reason: error };
  return { type: text(field(error, 'type')), reason: text(field(error, 'reason')) };
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
