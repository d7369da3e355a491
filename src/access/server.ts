import type { ElasticsearchAnswer, ElasticsearchRequest } from '../elasticsearch/client.ts';

/** A request, and what is known of it. */
export interface ServerRequest extends ElasticsearchRequest {
  /** The statuses that are an answer: these beside 2xx, or any. The others are thrown as sentences. */
  readonly accepts?: readonly number[] | 'any';
  /** Whether it may be sent again where it may have been carried out already; default: unless it is a POST. */
  readonly isRepeatable?: boolean;
  /**
   * It is a question of the cluster's state, which a node of 9.x answers from its own memory while it has no master. `in the answer`:
   * the answer names the master itself; `beside it`: the same node is asked for its master before and after. Without one it is no answer.
   */
  readonly master?: 'in the answer' | 'beside it';
  /** It is nothing but a wait: that the time is over is its answer, and asking again is no help. */
  readonly isWait?: boolean;
}

/** What answers requests: real nodes behind their doors, or the simulated cluster. */
export interface ClusterServer {
  /** @throws EsEcsError of the codes that begin with CLUSTER, and for real nodes those of the way to them */
  send(request: ServerRequest): Promise<ElasticsearchAnswer>;
}
