import { CreateVpcCommand } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';

import { createClients } from '../../src/aws/clients.ts';
import { toEsEcsError } from '../../src/aws/errors.ts';
import { CallMeter } from '../../src/aws/meter.ts';
import { createVirtualClock } from '../../src/engine/clock.ts';
import { EsEcsError } from '../../src/errors.ts';
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

describe('toEsEcsError', () => {
  it.each([
    ['UnauthorizedOperation', 'ACCESS_DENIED', 'ec2:CreateVpc is not allowed'],
    ['AccessDeniedException', 'ACCESS_DENIED', 'ec2:CreateVpc is not allowed'],
    ['ExpiredToken', 'CREDENTIALS', 'the AWS credentials have expired (ExpiredToken)'],
    ['RequestExpired', 'CREDENTIALS', 'the AWS credentials have expired (RequestExpired)'],
    ['AuthFailure', 'CREDENTIALS', 'AWS does not accept these credentials (AuthFailure in ec2:CreateVpc)'],
    [
      'RequestLimitExceeded',
      'AWS',
      'AWS still throttles ec2:CreateVpc after all retries (RequestLimitExceeded)',
    ],
    ['VpcLimitExceeded', 'AWS', 'a quota of the account is used up: no (VpcLimitExceeded)'],
    [
      'InsufficientInstanceCapacity',
      'AWS',
      'AWS has no capacity for it now: no (InsufficientInstanceCapacity)',
    ],
    ['InvalidVpcRange', 'AWS', 'ec2:CreateVpc was refused: no (InvalidVpcRange)'],
  ] as const)('%s is %s: %s', async (name, code, message) => {
    const error = toEsEcsError(await thrownFor(name), { address: 'network/vpc' });
    expect(error).toBeInstanceOf(EsEcsError);
    expect(error).toMatchObject({ code, message, address: 'network/vpc' });
    expect(error.hints[0]).toMatch(/\w/);
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
    expect(toEsEcsError(error, { operation: 'ecr:PutImage' }).message).toBe('ecr:PutImage is not allowed');
  });

  it('passes our own errors on and throws bugs as they are', () => {
    const own = new EsEcsError('LOCKED', 'another run holds the lock');
    expect(toEsEcsError(own)).toBe(own);
    const bug = new TypeError('x is undefined');
    expect(() => toEsEcsError(bug)).toThrow(bug);
  });
});
