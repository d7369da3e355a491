import { errors } from '@elastic/elasticsearch';
import { describe, expect, it } from 'vitest';

import { requestFailure } from '../../src/access/failure.ts';
import { EsEcsError } from '../../src/errors.ts';

const asked = {
  door: { name: 'search-0', host: '10.0.1.5', port: 9200 },
  dialled: undefined,
};

describe('what the client throws', () => {
  it('gives way to the reason why there was no connection, which the client forgets', () => {
    const dialled = new EsEcsError('HOST_KEY_CHANGED', 'another key');
    expect(requestFailure(new errors.ConnectionError('another key'), { ...asked, dialled })).toBe(dialled);
  });

  it('carries nothing of the request, which has the password', () => {
    expect(requestFailure(new errors.TimeoutError('Request timed out'), asked)).not.toHaveProperty('cause');
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
