import { Sha256 } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { describe, expect, it } from 'vitest';

import { createClients } from '../../../src/aws/clients.ts';
import { CallMeter } from '../../../src/aws/meter.ts';
import { createVirtualClock } from '../../../src/engine/clock.ts';
import { createSimulatedAccount, type SimulatedAccount } from '../../../src/simulator/account.ts';
import type { WireAnswer } from '../../../src/simulator/wire/answers.ts';
import { BrokenConnection, type Desk, respond } from '../../../src/simulator/wire/respond.ts';
import { loadService } from '../../../src/simulator/wire/served-service.ts';
import type { WireRequest } from '../../../src/simulator/wire/signature.ts';

const credentials = { accessKeyId: 'KEY', secretAccessKey: 'a secret' };
const nowMs = Date.UTC(2026, 10, 28, 12);

interface Bench {
  readonly account: SimulatedAccount;
  readonly told: string[];
  readonly carriedOut: string[];
  ask(request: WireRequest): Promise<WireAnswer>;
}

function bench(): Bench {
  const clock = createVirtualClock({ startMs: nowMs });
  const account = createSimulatedAccount({ clock, delays: { call: 0 } });
  const clients = createClients({ region: 'eu-west-1', clock, meter: new CallMeter(), credentials });
  const told: string[] = [];
  const carriedOut: string[] = [];
  const names = { ec2: clients.ec2, ecs: clients.ecs, iam: clients.iam } as const;
  const desk: Desk = {
    account,
    credentials,
    now: () => nowMs,
    service: async (name) =>
      name === 'ec2' || name === 'ecs' || name === 'iam' ? loadService(name, names[name]) : undefined,
    afterCall: (operation) => {
      carriedOut.push(operation);
      return Promise.resolve();
    },
    tell: (text) => told.push(text),
  };
  return { account, told, carriedOut, ask: (request) => respond(desk, request) };
}

interface Signed {
  readonly service: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly region?: string;
  readonly atMs?: number;
  readonly secretAccessKey?: string;
}

/** A request as the SDKs sign it. */
async function signed(wanted: Signed): Promise<WireRequest> {
  const {
    service,
    body,
    region = 'eu-west-1',
    atMs = nowMs,
    secretAccessKey = credentials.secretAccessKey,
  } = wanted;
  const signer = new SignatureV4({
    service,
    region,
    sha256: Sha256,
    applyChecksum: false,
    credentials: { accessKeyId: credentials.accessKeyId, secretAccessKey },
  });
  const headers = { host: '127.0.0.1:1', ...wanted.headers };
  const request = new HttpRequest({ method: 'POST', path: '/', headers, body });
  const { headers: all } = await signer.sign(request, { signingDate: new Date(atMs) });
  return { method: 'POST', path: '/', query: new URLSearchParams(), headers: all, body: Buffer.from(body) };
}

const form = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
const ec2 = (body: string, more: Partial<Signed> = {}): Promise<WireRequest> =>
  signed({ service: 'ec2', body: `${body}&Version=2016-11-15`, headers: form, ...more });
const iam = (body: string): Promise<WireRequest> =>
  signed({ service: 'iam', region: 'us-east-1', body: `${body}&Version=2010-05-08`, headers: form });
const ecs = (operation: string, body: string): Promise<WireRequest> =>
  signed({
    service: 'ecs',
    body,
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AmazonEC2ContainerServiceV20141113.${operation}`,
    },
  });

describe('a request that is signed', () => {
  it('is answered by EC2 in XML, with the id of the request in it', async () => {
    const { ask, carriedOut } = bench();
    const { status, body, headers } = await ask(await ec2('Action=CreateVpc&CidrBlock=10.0.0.0%2F16'));
    expect(status).toBe(200);
    expect(body).toContain('<CreateVpcResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15"><requestId>');
    expect(body).toContain('<cidrBlock>10.0.0.0/16</cidrBlock>');
    expect(body).toContain(headers['x-amzn-requestid'] ?? 'none');
    expect(carriedOut).toEqual(['CreateVpc']);
  });

  it('is answered by IAM in its own wrapping, though it is signed for another region', async () => {
    const { ask } = bench();
    const { body } = await ask(await iam('Action=ListRoles'));
    expect(body).toContain(
      '<ListRolesResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListRolesResult>',
    );
    expect(body).toMatch(/<ResponseMetadata><RequestId>[0-9a-f-]{36}<\/RequestId><\/ResponseMetadata>/);
  });

  it('is answered by ECS in JSON', async () => {
    const { ask } = bench();
    const { body, headers } = await ask(await ecs('ListClusters', '{}'));
    expect(JSON.parse(body)).toEqual({ clusterArns: [] });
    expect(headers['content-type']).toBe('application/x-amz-json-1.1');
  });

  it('may come as GET, with all of it in its address', async () => {
    const { ask } = bench();
    const signer = new SignatureV4({
      service: 'ec2',
      region: 'eu-west-1',
      sha256: Sha256,
      applyChecksum: false,
      credentials,
    });
    const query = {
      Action: 'DescribeVpcs',
      Version: '2016-11-15',
      'Filter.1.Name': 'tag:a b',
      'Filter.1.Value.1': 'é/+',
    };
    const request = new HttpRequest({ method: 'GET', path: '/', query, headers: { host: '127.0.0.1:1' } });
    const { headers } = await signer.sign(request, { signingDate: new Date(nowMs) });
    const { status, body } = await ask({
      method: 'GET',
      path: '/',
      query: new URLSearchParams(query),
      headers,
      body: Buffer.alloc(0),
    });
    expect(status).toBe(200);
    expect(body).toContain('<vpcSet/>');
  });
});

describe('a request is refused', () => {
  it.each<[string, () => Promise<WireRequest>, number, string]>([
    [
      'without a signature',
      async () => ({ ...(await ec2('Action=DescribeVpcs')), headers: {} }),
      403,
      '<Code>MissingAuthenticationToken</Code>',
    ],
    [
      'with another secret',
      () => ec2('Action=DescribeVpcs', { secretAccessKey: 'x' }),
      403,
      '<Code>AuthFailure</Code>',
    ],
    [
      'that was changed on its way',
      async () => ({ ...(await ec2('Action=DescribeVpcs')), body: Buffer.from('Action=DescribeSubnets') }),
      403,
      '<Code>AuthFailure</Code>',
    ],
    [
      'that says of itself what its body is, and is another',
      () => ec2('Action=DescribeVpcs', { headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }),
      403,
      '<Code>AuthFailure</Code>',
    ],
    [
      'of yesterday',
      () => ec2('Action=DescribeVpcs', { atMs: nowMs - 86_400_000 }),
      403,
      'Signature expired',
    ],
    ['of tomorrow', () => ec2('Action=DescribeVpcs', { atMs: nowMs + 86_400_000 }), 403, 'not yet current'],
    [
      'for another region',
      () => ec2('Action=DescribeVpcs', { region: 'us-east-1' }),
      403,
      'the simulated account has eu-west-1 only',
    ],
    [
      'for a service that is not simulated',
      () => signed({ service: 's3', body: '' }),
      400,
      'The simulated account has no s3.',
    ],
    ['for an operation of nobody', () => ec2('Action=Describe'), 400, '<Code>InvalidAction</Code>'],
    [
      'for what objects have of themselves',
      () => ec2('Action=constructor'),
      400,
      '<Code>InvalidAction</Code>',
    ],
    [
      'for an operation that is not simulated',
      () => ec2('Action=DescribeSnapshots'),
      400,
      'It is not simulated.',
    ],
    ['without what it must have', () => ec2('Action=DeleteVpc'), 400, '<Code>MissingParameter</Code>'],
    [
      'with a parameter of nobody',
      () => ec2('Action=DescribeVpcs&VpcIds.1=a'),
      400,
      '<Code>UnknownParameter</Code>',
    ],
    [
      'with a number that is none',
      () => ec2('Action=DescribeVpcs&MaxResults=x'),
      400,
      '<Code>InvalidParameterValue</Code>',
    ],
    [
      'only tried',
      () => ec2('Action=CreateVpc&CidrBlock=10.0.0.0%2F16&DryRun=true'),
      412,
      '<Code>DryRunOperation</Code>',
    ],
    [
      'by IAM, under the shorter name, with its status',
      () => iam('Action=GetRole&RoleName=nobody'),
      404,
      '<Code>NoSuchEntity</Code>',
    ],
    ['by IAM without what it must have', () => iam('Action=GetRole'), 400, '<Code>ValidationError</Code>'],
    [
      'by ECS',
      () => ecs('DescribeServices', '{"services":["a"]}'),
      400,
      '"__type":"ClusterNotFoundException"',
    ],
    [
      'by ECS with a body that is no JSON',
      () => ecs('ListClusters', '{'),
      400,
      '"__type":"SerializationException"',
    ],
    ['by ECS with JSON that is no object', () => ecs('DescribeServices', '"text"'), 400, '"__type":"'],
    [
      'by ECS with another type',
      () => ecs('DescribeServices', '{"services":"a"}'),
      400,
      '"__type":"SerializationException"',
    ],
    [
      'by ECS for an operation of nobody',
      () => ecs('Nothing', '{}'),
      400,
      '"__type":"UnknownOperationException"',
    ],
  ])('%s', async (_what, request, status, words) => {
    const { ask, account, carriedOut } = bench();
    const answer = await ask(await request());
    expect(answer.body).toContain(words);
    expect(answer.status).toBe(status);
    expect(account.world.tablesUnder('ec2/vpcs').flatMap((rows) => [...rows])).toEqual([]);
    expect(carriedOut).toEqual([]);
  });
});

describe('what goes wrong', () => {
  it('breaks the connection where a fault of the network was asked for', async () => {
    const { ask, account } = bench();
    account.inject({ operation: 'DescribeVpcs', code: 'ECONNRESET' });
    await expect(ask(await ec2('Action=DescribeVpcs'))).rejects.toBeInstanceOf(BrokenConnection);
    expect((await ask(await ec2('Action=DescribeVpcs'))).status).toBe(200);
  });

  it('has the status that the service gives it', async () => {
    const { ask, account } = bench();
    account.inject({ operation: 'DescribeVpcs', code: 'Throttling' });
    const { status, body } = await ask(await ec2('Action=DescribeVpcs'));
    expect([status, body]).toEqual([503, expect.stringContaining('<Code>RequestLimitExceeded</Code>')]);
  });

  it('in the account itself is an internal failure to the caller, and told to whoever serves it', async () => {
    const { ask, account, told } = bench();
    account.world.schedule('no such event', 0, '');
    const { status, body } = await ask(await ec2('Action=DescribeVpcs'));
    expect([status, body]).toEqual([500, expect.stringContaining('<Code>InternalFailure</Code>')]);
    expect(told.join('\n')).toContain('no rule for the event');
  });

  it('is told of what somebody asked for in vain', async () => {
    const { ask, told } = bench();
    await ask(await ec2('Action=DescribeSnapshots'));
    await ask(await signed({ service: 's3', body: '' }));
    expect(told).toEqual(['! EC2 DescribeSnapshots is not simulated', '! the service s3 is not simulated']);
  });
});
