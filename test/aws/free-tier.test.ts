import { HttpResponse } from '@smithy/core/protocols';
import type { HttpRequest } from '@smithy/types';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { FreeTierClient, GetAccountPlanStateCommand } from '../../src/aws/free-tier.ts';

/** A client whose answers are these, and what it asked. */
function client(
  status: number,
  body: object,
): { readonly free: FreeTierClient; readonly asked: HttpRequest[] } {
  const asked: HttpRequest[] = [];
  const free = new FreeTierClient({
    region: 'eu-west-1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    requestHandler: {
      handle: (request: HttpRequest) => {
        asked.push(request);
        const text = new TextEncoder().encode(JSON.stringify(body));
        const headers = { 'content-type': 'application/x-amz-json-1.0' };
        return Promise.resolve({ response: new HttpResponse({ statusCode: status, headers, body: text }) });
      },
    },
  });
  return { free, asked };
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the account’s plan', () => {
  it('is asked as the service’s model says, of its one address, whatever the region', async () => {
    const { free, asked } = client(200, {
      accountId: '123456789012',
      accountPlanType: 'FREE',
      accountPlanStatus: 'ACTIVE',
      accountPlanRemainingCredits: { amount: 119.5, unit: 'USD' },
    });
    expect(await free.send(new GetAccountPlanStateCommand({}))).toMatchObject({
      accountPlanType: 'FREE',
      accountPlanStatus: 'ACTIVE',
    });
    const [request] = asked;
    expect(request).toMatchObject({
      protocol: 'https:',
      hostname: 'freetier.us-east-1.api.aws',
      method: 'POST',
      path: '/',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'AWSFreeTierService.GetAccountPlanState',
        authorization: expect.stringContaining('/us-east-1/freetier/aws4_request'),
      },
    });
  });

  it('is asked where AWS_ENDPOINT_URL says', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:9');
    const { free, asked } = client(200, {});
    await free.send(new GetAccountPlanStateCommand({}));
    expect(asked[0]).toMatchObject({ hostname: '127.0.0.1', port: 9, protocol: 'http:' });
  });

  it('is refused under the name that the service gives', async () => {
    const { free } = client(400, {
      __type: 'com.amazonaws.freetier#AccessDeniedException',
      message: 'no',
    });
    await expect(free.send(new GetAccountPlanStateCommand({}))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });
});
