import { errors } from '@elastic/elasticsearch';

import { EsEcsError } from '../errors.ts';
import { type Door, doorName, unreachable } from './dial.ts';

/** Who was asked. */
export interface Asked {
  readonly door: Door;
  readonly clusterName: string;
  /** Why there was no connection, where that is the reason. */
  readonly dialled: EsEcsError | undefined;
}

/** What the client threw, as a sentence. The cause is left out: the client's errors carry the request, and it the password. */
export function requestFailure(error: unknown, asked: Asked): unknown {
  const { door, dialled } = asked;
  if (error instanceof errors.ResponseError) return responseFailure(error, asked);
  if (!(error instanceof errors.ElasticsearchClientError)) return error;
  if (dialled !== undefined) return dialled;
  if (error instanceof errors.ProductNotSupportedError)
    return unreachable(door, 'what answers there is not Elasticsearch');
  if (error instanceof errors.DeserializationError) return unreachable(door, 'its answer is not JSON');
  return unreachable(door, error.message);
}

function responseFailure(error: errors.ResponseError, { door, clusterName }: Asked): EsEcsError {
  const { statusCode = 0 } = error;
  const { type, reason } = reasonOf(error.body);
  if (statusCode === 401) {
    return new EsEcsError('CLUSTER_PASSWORD', `${doorName(door)} refuses the password of the user elastic`, {
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
      `${doorName(door)} answers, and the cluster has no elected master: too few of the nodes that may become one see each other`,
      { hint: 'es-ecs status  shows which nodes are away' },
    );
  }
  const words = [type, reason].filter((word) => word !== undefined && word !== '').join(': ');
  return new EsEcsError(
    'CLUSTER_UNREACHABLE',
    `${doorName(door)} answers with status ${statusCode}${words === '' ? '' : `: ${words}`}`,
  );
}

/** `{ error: { type, reason } }`, or a text, or nothing: what answers need not be Elasticsearch. */
function reasonOf(body: unknown): { readonly type: string | undefined; readonly reason: string | undefined } {
  const error = field(body, 'error');
  return { type: text(field(error, 'type')), reason: text(field(error, 'reason')) };
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
