import { CreateVpcCommand } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';

import { createClients } from '../../src/aws/clients.ts';
import { toEsEcsError } from '../../src/aws/errors.ts';
import { CallMeter } from '../../src/aws/meter.ts';
import { createVirtualClock } from '../../src/engine/clock.ts';
import { EsEcsError } from '../../src/errors.ts';
import { noteProxy, ProxyRefusal } from '../../src/proxy/failure.ts';
import { createSimulatedAccount } from '../../src/simulator/index.ts';

/** What a real client throws when the account answers so. */
async function thrownFor(code: string, message = 'No.'): Promise<unknown> {
  const clock = createVirtualClock({ startMs: 0 });
  const account = createSimulatedAccount({
    clock,
    faults: [{ operation: 'CreateVpc', code, message, times: 99 }],
  });
  const { ec2 } = createClients({
    region: 'eu-west-1',
    clock,
    meter: new CallMeter(),
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
    attach: account.attach.bind(account),
  });
  return ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' })).then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** An error of the way to AWS. */
function failure(name: string, more: object = {}): Error {
  return Object.assign(new Error('Could not load credentials from any providers.'), { name }, more);
}

describe('a proxy in between', () => {
  const told = (error: Error): EsEcsError => {
    noteProxy(error, { host: 'proxy.example.com:3128', variable: 'HTTPS_PROXY' });
    return toEsEcsError(error, { operation: 'sts:GetCallerIdentity' });
  };

  it.each([
    [
      new ProxyRefusal(407),
      'asks for a user and a password',
      'export HTTPS_PROXY=http://USER:PASSWORD@proxy.example.com:3128',
    ],
    [new ProxyRefusal(401), 'asks for a user and a password', 'export HTTPS_PROXY='],
    [new ProxyRefusal(403), 'does not let this through (403)', 'NO_PROXY'],
    [new ProxyRefusal(503), 'could not connect to the other side (503)', 'NO_PROXY'],
    [failure('Error', { code: 'ECONNREFUSED' }), 'does not answer (ECONNREFUSED)', 'unset HTTPS_PROXY'],
    [failure('Error', { code: 'ENOTFOUND' }), 'does not answer (ENOTFOUND)', 'unset HTTPS_PROXY'],
    [
      failure('Error', { code: 'SELF_SIGNED_CERT_IN_CHAIN' }),
      'a certificate that is not trusted',
      'NODE_EXTRA_CA_CERTS',
    ],
    [failure('CredentialsProviderError', { code: 'ECONNREFUSED' }), 'does not answer', 'unset HTTPS_PROXY'],
  ])('is named with its variable: %s', (error, sentence, hint) => {
    const { code, message, hints } = told(error);
    expect(code).toBe('UNREACHABLE');
    expect(message).toContain('the proxy proxy.example.com:3128 of HTTPS_PROXY');
    expect(message).toContain(sentence);
    expect(hints.join('\n')).toContain(hint);
  });
});

describe('toEsEcsError', () => {
  it.each([
    ['UnauthorizedOperation', 'ACCESS_DENIED', 'ec2:CreateVpc is not allowed'],
    ['AccessDeniedException', 'ACCESS_DENIED', 'ec2:CreateVpc is not allowed'],
    ['ExpiredTokenException', 'CREDENTIALS', 'the AWS credentials have expired; what was done is recorded'],
    ['RequestExpired', 'CREDENTIALS', 'the AWS credentials have expired; what was done is recorded'],
    ['AuthFailure', 'CREDENTIALS', 'AWS does not accept these credentials for ec2:CreateVpc'],
    ['VpcLimitExceeded', 'AWS', 'the account may have no more VPCs in this region: its quota is used up'],
    ['LimitExceededException', 'AWS', 'a quota of the account is used up'],
    ['InsufficientInstanceCapacity', 'AWS', 'AWS has no capacity for it now'],
    ['InvalidVpcRange', 'AWS', 'ec2:CreateVpc was refused'],
  ] as const)('%s is %s: %s', async (name, code, message) => {
    const error = toEsEcsError(await thrownFor(name), { address: 'network/vpc', command: 'up' });
    expect(error).toBeInstanceOf(EsEcsError);
    expect(error).toMatchObject({ code, address: 'network/vpc' });
    expect(error.message.split('\n')).toEqual([message, `AWS: ${name}: no`]);
    expect(error.hints[0]).toMatch(/\w/);
  });

  it('says how often and how long it was tried', async () => {
    const { message } = toEsEcsError(await thrownFor('RequestLimitExceeded'));
    expect(message).toMatch(
      /^AWS still throttles ec2:CreateVpc after all retries\nAWS: RequestLimitExceeded: no \(tried 14 times over \d+m\d\ds\)$/,
    );
  });

  it('keeps the long text of a refusal out of the sentence, and says how to read it', async () => {
    const text = 'You are not authorized. Encoded authorization failure message: aGVsbG8';
    const { message, hints } = toEsEcsError(await thrownFor('UnauthorizedOperation', text));
    expect(message).toBe('ec2:CreateVpc is not allowed\nAWS: UnauthorizedOperation: you are not authorized');
    expect(hints).toContain('aws sts decode-authorization-message --encoded-message aGVsbG8');
  });

  it('names the command that was running as the way on', async () => {
    const { hints } = toEsEcsError(await thrownFor('InvalidVpcRange'), { command: 'destroy' });
    expect(hints.join('\n')).toMatch(/^es-ecs destroy +goes on/);
  });

  it('names none where nothing was running that could go on', async () => {
    const { hints } = toEsEcsError(await thrownFor('AccessDenied'));
    expect(hints.join('\n')).toContain('have ec2:CreateVpc allowed');
    expect(hints.join('\n')).not.toContain('goes on');
  });

  it('does not take a lost answer to a create without a token for a refusal', async () => {
    const { code, message, hints } = toEsEcsError(await thrownFor('ECONNRESET'), { command: 'up' });
    expect(code).toBe('UNREACHABLE');
    expect(message).toBe(
      'the answer to ec2:CreateVpc was lost, so nobody knows whether it was carried out (ECONNRESET)',
    );
    expect(hints.join('\n')).toContain('by its tags');
  });

  it('names a certificate that is not trusted', () => {
    const error = toEsEcsError(failure('Error', { code: 'SELF_SIGNED_CERT_IN_CHAIN' }));
    expect(error).toMatchObject({ code: 'UNREACHABLE' });
    expect(error.message).toContain('SELF_SIGNED_CERT_IN_CHAIN');
    expect(error.hints.join('\n')).toContain('NODE_EXTRA_CA_CERTS');
  });

  it('names the quota to raise', async () => {
    const { hints } = toEsEcsError(await thrownFor('VpcLimitExceeded'));
    expect(hints[0]).toContain('--service-code vpc --quota-code L-F678F1CE');
    const unknown = toEsEcsError(await thrownFor('SubnetLimitExceeded'));
    expect(unknown.hints[0]).toContain('Service Quotas');
  });

  it('says where credentials come from when there are none', () => {
    const error = toEsEcsError(failure('CredentialsProviderError'));
    expect(error).toMatchObject({
      code: 'CREDENTIALS',
      message: 'there are no AWS credentials: could not load credentials from any providers',
    });
    expect(error.hints.join('\n')).toContain('aws sso login');
  });

  it('says that a host that does not exist may be a region that does not', () => {
    const error = toEsEcsError(
      failure('Error', { code: 'ENOTFOUND', hostname: 'ec2.eu-west-9.amazonaws.com' }),
    );
    expect(error.code).toBe('UNREACHABLE');
    expect(error.message).toBe('AWS cannot be reached: ENOTFOUND (ec2.eu-west-9.amazonaws.com)');
    expect(error.hints[0]).toContain('region');
  });

  it.each(['ECONNREFUSED', 'ETIMEDOUT'])('%s is the network', (code) => {
    expect(toEsEcsError(failure('Error', { code })).code).toBe('UNREACHABLE');
  });

  it("counts the SDK's own timeout as the network", () => {
    expect(toEsEcsError(failure('TimeoutError')).code).toBe('UNREACHABLE');
  });

  it('takes the operation from the caller where no client of ours made the call', () => {
    const error = failure('AccessDenied', { $metadata: {}, $fault: 'client' });
    expect(toEsEcsError(error, { operation: 'ecr:PutImage' }).message).toContain(
      'ecr:PutImage is not allowed\n',
    );
  });

  it('passes our own errors on and throws bugs as they are', () => {
    const own = new EsEcsError('LOCKED', 'another run holds the lock');
    expect(toEsEcsError(own)).toBe(own);
    const bug = new TypeError('x is undefined');
    expect(() => toEsEcsError(bug)).toThrow(bug);
  });
});
