import { describe, expect, it } from 'vitest';

import { answerFailure, isOneTooBusy } from '../../src/access/refusal.ts';
import type { ServerRequest } from '../../src/access/server.ts';

const who = 'search-0 (10.0.1.5:9200)';
const read: ServerRequest = { method: 'GET', path: '/_cluster/health?master_timeout=5s' };

function failureOf(status: number, body: unknown, request = read): string | undefined {
  const failure = answerFailure({ status, body }, { who, clusterName: 'search', request });
  return failure === undefined ? undefined : `${failure.code}: ${failure.message}`;
}

describe('an answer that is none', () => {
  it.each([
    [
      401,
      { error: { type: 'security_exception' } },
      `CLUSTER_PASSWORD: ${who} refuses the password of the user elastic`,
    ],
    [
      503,
      { error: { type: 'master_not_discovered_exception' } },
      `CLUSTER_NO_MASTER: ${who} answers, and the cluster has no elected master: too few of the nodes that may become one see each other`,
    ],
    [
      503,
      { error: { type: 'other', reason: 'busy' } },
      `CLUSTER_UNREACHABLE: ${who} answers with status 503: other: busy`,
    ],
    // 9.x, and 8.x of the same.
    ...[429, 503].map((status): [number, object, string] => [
      status,
      { error: { type: 'process_cluster_event_timeout_exception', reason: 'within 5s' } },
      `CLUSTER_BUSY: ${who} is too busy to answer: process_cluster_event_timeout_exception: within 5s`,
    ]),
    ...[429, 500].map((status): [number, object, string] => [
      status,
      { error: { type: 'receive_timeout_transport_exception', reason: '[search-1]' } },
      `CLUSTER_BUSY: ${who} is too busy to answer: receive_timeout_transport_exception: [search-1]`,
    ]),
    [
      429,
      { error: { type: 'circuit_breaking_exception', reason: 'Data too large' } },
      `CLUSTER_BUSY: ${who} is too busy to answer: circuit_breaking_exception: Data too large`,
    ],
    [429, 'Too Many Requests', `CLUSTER_BUSY: ${who} is too busy to answer`],
    [
      429,
      { error: { type: 'timeout_exception', reason: 'waiting for voting config exclusions' } },
      `CLUSTER_BUSY: ${who} is too busy to answer: timeout_exception: waiting for voting config exclusions`,
    ],
    [502, '<html>Bad Gateway</html>', `CLUSTER_UNREACHABLE: ${who} answers with status 502`],
    [
      400,
      { error: { type: 'illegal_argument_exception', reason: 'unknown setting [x]' } },
      'CLUSTER_REFUSED: Elasticsearch refuses GET /_cluster/health with status 400: illegal_argument_exception: unknown setting [x]',
    ],
    [
      405,
      { error: 'Incorrect HTTP method' },
      'CLUSTER_REFUSED: Elasticsearch refuses GET /_cluster/health with status 405: Incorrect HTTP method',
    ],
    [403, null, 'CLUSTER_REFUSED: Elasticsearch refuses GET /_cluster/health with status 403'],
  ])('status %i with %j', (status, body, sentence) => {
    expect(failureOf(status, body)).toBe(sentence);
  });
});

describe('what is too much at the moment', () => {
  const put: ServerRequest = { method: 'PUT', path: '/_cluster/settings?flat_settings=true', body: {} };

  it('may have been carried out, which is said of whatever changes something', () => {
    const late = { error: { type: 'process_cluster_event_timeout_exception', reason: 'within 5s' } };
    expect(failureOf(429, late, put)).toBe(
      `CLUSTER_BUSY: ${who} is too busy to answer, and nobody knows whether PUT /_cluster/settings was carried out: process_cluster_event_timeout_exception: within 5s`,
    );
  });

  it('is one node where its memory or its queues are full, and the whole cluster where the master is slow', () => {
    const of = (type: string): boolean => isOneTooBusy({ status: 429, body: { error: { type } } });
    expect(of('circuit_breaking_exception')).toBe(true);
    expect(of('es_rejected_execution_exception')).toBe(true);
    expect(of('process_cluster_event_timeout_exception')).toBe(false);
  });

  it('is an answer to a request that is nothing but a wait', () => {
    const over = { error: { type: 'timeout_exception', reason: 'timed out waiting for removal of nodes' } };
    const clear: ServerRequest = {
      method: 'DELETE',
      path: '/_cluster/voting_config_exclusions',
      isWait: true,
    };
    for (const status of [429, 500])
      expect(failureOf(status, over, clear)).toBe(
        'CLUSTER_REFUSED: Elasticsearch has waited in vain: timed out waiting for removal of nodes',
      );
  });
});

describe('an answer', () => {
  it('is every success, and every status that the request takes for one', () => {
    expect(failureOf(200, {})).toBeUndefined();
    expect(failureOf(408, {})).toContain('CLUSTER_REFUSED');
    expect(failureOf(408, {}, { ...read, accepts: [408] })).toBeUndefined();
    expect(failureOf(500, {}, { ...read, accepts: 'any' })).toBeUndefined();
  });

  it('may have been asked for as text, and is understood all the same', () => {
    const asText: ServerRequest = { ...read, asText: true };
    const masterless = JSON.stringify({ error: { type: 'master_not_discovered_exception' } });
    expect(failureOf(503, masterless, asText)).toContain('CLUSTER_NO_MASTER');
    expect(failureOf(404, 'no JSON', asText)).toContain('CLUSTER_REFUSED');
    expect(failureOf(200, 'no JSON', asText)).toBeUndefined();
  });

  it('is never a refused password, nor the want of a master', () => {
    const any: ServerRequest = { ...read, accepts: 'any' };
    expect(failureOf(401, {}, any)).toContain('CLUSTER_PASSWORD');
    const masterless = { error: { type: 'master_not_discovered_exception' } };
    expect(failureOf(503, masterless, any)).toContain('CLUSTER_NO_MASTER');
  });
});
