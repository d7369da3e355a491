import { Readable } from 'node:stream';

import { DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import { ListClustersCommand } from '@aws-sdk/client-ecs';
import { HttpResponse } from '@smithy/core/protocols';
import { describe, expect, it } from 'vitest';

import { type AnyClient, type Clients, createClients } from '../../src/aws/clients.ts';
import { toEsEcsError } from '../../src/aws/errors.ts';
import { CallMeter } from '../../src/aws/meter.ts';
import { createVirtualClock } from '../../src/engine/clock.ts';

interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Clients that get these answers in turn, the last one for ever, as if they had come over the wire. */
function answered(...pages: readonly Page[]): { readonly clients: Clients; readonly meter: CallMeter } {
  const meter = new CallMeter();
  let count = 0;
  const handle = async (): Promise<{ response: HttpResponse }> => {
    const page = pages[Math.min(count, pages.length - 1)];
    count += 1;
    if (page === undefined) throw new Error('there is no answer');
    const headers = { 'content-type': page.type };
    const body = Readable.from([Buffer.from(page.body)]);
    return { response: new HttpResponse({ statusCode: page.status, headers, body }) };
  };
  const clients = createClients({
    region: 'eu-west-1',
    clock: createVirtualClock({ startMs: 0 }),
    meter,
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
    attach: (client: AnyClient) => {
      // What a client's configuration holds at the end; nothing else is between it and the wire.
      Object.assign(client.config, { requestHandler: { handle } });
    },
  });
  return { clients, meter };
}

const html = (title: string): string =>
  `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body>Please sign in</body></html>`;
const signIn: Page = { status: 200, type: 'text/html; charset=utf-8', body: html('Hotel  Wi-Fi') };
const vpcs: Page = {
  status: 200,
  type: 'text/xml;charset=UTF-8',
  body: '<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet></DescribeVpcsResponse>',
};

const describeVpcs = new DescribeVpcsCommand({});
const thrown = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

describe('a web page in the place of an answer', () => {
  it('is no empty account: it is said what stands in between', async () => {
    const { clients, meter } = answered(signIn);
    const error = toEsEcsError(await thrown(clients.ec2.send(describeVpcs)));
    expect(error).toMatchObject({
      code: 'UNREACHABLE',
      message:
        'AWS cannot be reached: in its place ec2:DescribeVpcs got a web page, "Hotel Wi-Fi" (HTTP status 200)',
    });
    expect(error.hints.join('\n')).toContain('HTTPS_PROXY');
    expect(meter.calls.total).toBe(1);
  });

  it('is refused at services that speak JSON, too', async () => {
    const { clients } = answered({ ...signIn, status: 403, body: html('') });
    const error = toEsEcsError(await thrown(clients.ecs.send(new ListClustersCommand({}))));
    expect(error.message).toBe(
      'AWS cannot be reached: in its place ecs:ListClusters got a web page (HTTP status 403)',
    );
  });

  it("is asked past when a load balancer of AWS's own sent it", async () => {
    const { clients, meter } = answered({ ...signIn, status: 503 }, { ...signIn, status: 503 }, vpcs);
    const { Vpcs } = await clients.ec2.send(describeVpcs);
    expect(Vpcs).toMatchObject([{ VpcId: 'vpc-1' }]);
    expect(meter.calls.total).toBe(3);
  });

  it('is only a page, whatever the type says: an answer under that type is read', async () => {
    const { clients } = answered({ ...vpcs, type: 'text/html' });
    const { Vpcs } = await clients.ec2.send(describeVpcs);
    expect(Vpcs).toMatchObject([{ VpcId: 'vpc-1' }]);
  });

  it('and what is neither XML nor JSON is no bug of es-ecs', async () => {
    const { clients } = answered({ status: 200, type: 'text/plain', body: 'blocked by policy' });
    const error = toEsEcsError(await thrown(clients.ecs.send(new ListClustersCommand({}))));
    expect(error).toMatchObject({
      code: 'UNREACHABLE',
      message: 'AWS cannot be reached: in its place ecs:ListClusters got something that is no answer of AWS',
    });
    expect(error.hints.join('\n')).not.toContain('$response');
  });
});
