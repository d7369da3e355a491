import { CreateVolumeCommand } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';

import { createClients } from '../../src/aws/clients.ts';
import { CallMeter } from '../../src/aws/meter.ts';
import { isRefusal, lostAnswer } from '../../src/aws/refusal.ts';
import { createVirtualClock } from '../../src/engine/clock.ts';
import { createSimulatedAccount, type Fault } from '../../src/simulator/index.ts';

/** What a call throws that meets these, one after the other. */
async function thrownAfter(...faults: readonly Omit<Fault, 'operation'>[]): Promise<unknown> {
  const clock = createVirtualClock({ startMs: 0 });
  const account = createSimulatedAccount({
    clock,
    faults: faults.map((fault) => ({ operation: 'CreateVolume', ...fault })),
  });
  const { ec2 } = createClients({
    region: 'eu-west-1',
    clock,
    meter: new CallMeter(),
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
    attach: account.attach.bind(account),
  });
  const command = new CreateVolumeCommand({ AvailabilityZone: 'eu-west-1a', Size: 8, ClientToken: 'token' });
  return ec2.send(command).then(
    () => undefined,
    (error: unknown) => error,
  );
}

const always = { times: Infinity } as const;

describe('whether nothing was carried out', () => {
  it.each([
    ['a refusal', true, [{ code: 'UnauthorizedOperation' }]],
    ['a throttle, which EC2 sends with a status of 503', true, [{ code: 'Throttling', ...always }]],
    ['want of capacity, sent with a status of 500', true, [{ code: 'InsufficientInstanceCapacity' }]],
    ['a call that never left', true, [{ code: 'ECONNREFUSED', ...always }]],
    ['a failure of the service', false, [{ code: 'InternalError', ...always }]],
    ['an answer that was lost', false, [{ code: 'ECONNRESET', ...always }]],
    ['a throttle after such', false, [{ code: 'InternalError' }, { code: 'Throttling', ...always }]],
    ['a refusal after such', false, [{ code: 'InternalError' }, { code: 'UnauthorizedOperation' }]],
    ['a token used before', false, [{ code: 'IdempotentParameterMismatch' }]],
  ] as const)('%s: %s', async (_, isSo, faults) => {
    expect(isRefusal(await thrownAfter(...faults))).toBe(isSo);
  });
});

describe('whether a call that failed may have been carried out', () => {
  it.each([
    ['a refusal', undefined, [{ code: 'UnauthorizedOperation' }]],
    ['a throttle', undefined, [{ code: 'Throttling', ...always }]],
    ['want of capacity, sent with a status of 500', undefined, [{ code: 'InsufficientInstanceCapacity' }]],
    ['a role that is not ready, sent so too', undefined, [{ code: 'ServiceLinkedRoleFailure', status: 500 }]],
    ['a call that never left', undefined, [{ code: 'ECONNREFUSED', ...always }]],
    [
      'a refusal after an answer that was lost',
      'repeated',
      [{ code: 'ECONNRESET' }, { code: 'UnauthorizedOperation' }],
    ],
    [
      'a refusal after a failure of the service',
      'repeated',
      [{ code: 'InternalError' }, { code: 'VolumeLimitExceeded' }],
    ],
    ['answers that are lost throughout', 'repeated', [{ code: 'ECONNRESET', ...always }]],
    ['a service that fails throughout', 'repeated', [{ code: 'InternalError', ...always }]],
  ] as const)('%s: %s', async (_, wanted, faults) => {
    expect(lostAnswer(await thrownAfter(...faults))).toBe(wanted);
  });

  it('not an error of our own', () => {
    expect(lostAnswer(new TypeError('not a function'))).toBeUndefined();
    expect(lostAnswer(Object.assign(new Error('no such file'), { code: 'ENOENT' }))).toBeUndefined();
  });
});
