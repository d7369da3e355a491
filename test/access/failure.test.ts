import { errors } from '@elastic/elasticsearch';
import { describe, expect, it } from 'vitest';

import { requestFailure } from '../../src/access/failure.ts';
import { EsEcsError } from '../../src/errors.ts';

const asked = {
  door: { name: 'search-0', host: '10.0.1.5', port: 9200 },
  clusterName: 'search',
  dialled: undefined,
};

type Meta = ConstructorParameters<typeof errors.ResponseError>[0];

function response(statusCode: number, body: unknown): errors.ResponseError {
  // Only these two are read of it.
  return new errors.ResponseError({ statusCode, body, warnings: null, meta: {} } as Meta);
}

describe('what the client throws', () => {
  it.each([
    [401, { error: { type: 'security_exception' } }, 'CLUSTER_PASSWORD', 'refuses the password'],
    [503, { error: { type: 'master_not_discovered_exception' } }, 'CLUSTER_NO_MASTER', 'no elected master'],
    [503, { error: { type: 'other', reason: 'busy' } }, 'CLUSTER_UNREACHABLE', 'status 503: other: busy'],
    [502, '<html>Bad Gateway</html>', 'CLUSTER_UNREACHABLE', 'status 502'],
    [403, null, 'CLUSTER_UNREACHABLE', 'status 403'],
  ])('status %i with %j', (status, body, code, part) => {
    const failure = requestFailure(response(status, body), asked);
    expect(failure).toBeInstanceOf(EsEcsError);
    expect(failure).toMatchObject({ code });
    expect(String(failure)).toContain(part);
    expect(String(failure)).toContain('search-0 (10.0.1.5:9200)');
  });

  it('gives way to the reason why there was no connection, which the client forgets', () => {
    const dialled = new EsEcsError('HOST_KEY_CHANGED', 'another key');
    expect(requestFailure(new errors.ConnectionError('another key'), { ...asked, dialled })).toBe(dialled);
  });

  it('carries nothing of the request, which has the password', () => {
    for (const error of [response(401, {}), new errors.TimeoutError('Request timed out')])
      expect(requestFailure(error, asked)).not.toHaveProperty('cause');
  });

  it('keeps a bug a bug', () => {
    const bug = new TypeError('undefined is not a function');
    expect(requestFailure(bug, asked)).toBe(bug);
  });

  it('knows what is not Elasticsearch', () => {
    expect(requestFailure(new errors.ProductNotSupportedError('Elasticsearch'), asked)).toMatchObject({
      code: 'CLUSTER_UNREACHABLE',
      message: 'search-0 (10.0.1.5:9200) does not answer: what answers there is not Elasticsearch',
    });
  });
});
