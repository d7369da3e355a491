import { errors } from '@elastic/elasticsearch';

import type { EsEcsError } from '../errors.ts';
import { type Door, unreachable } from './dial.ts';

/** Who was asked. */
export interface Asked {
  readonly door: Door;
  /** Why there was no connection, where that is the reason. */
  readonly dialled: EsEcsError | undefined;
}

/**
 * What the client threw without having an answer, as a sentence. The cause is left out: the client's errors carry the
 * request, and it the password.
 */
export function requestFailure(error: unknown, { door, dialled }: Asked): unknown {
  if (!(error instanceof errors.ElasticsearchClientError)) return error;
  if (dialled !== undefined) return dialled;
  if (error instanceof errors.ProductNotSupportedError)
    return unreachable(door, 'what answers there is not Elasticsearch');
  if (error instanceof errors.DeserializationError) return unreachable(door, 'its answer is not JSON');
  return unreachable(door, error.message);
}
