import { CreateVpcCommand, DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';

import { type Clients, createClients } from '../../src/aws/clients.ts';
import { CallMeter } from '../../src/aws/meter.ts';
import { createVirtualClock, type VirtualClock } from '../../src/engine/clock.ts';
import { createSimulatedAccount, type Fault } from '../../src/simulator/index.ts';

interface Stage {
  readonly clock: VirtualClock;
  readonly meter: CallMeter;
  readonly clients: Clients;
}

function stage(...faults: readonly Fault[]): Stage {
  const clock = createVirtualClock({ startMs: 0 });
  const account = createSimulatedAccount({ clock, faults });
  const meter = new CallMeter();
  const clients = createClients({
    region: 'eu-west-1',
    clock,
    meter,
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
    attach: account.attach.bind(account),
  });
  return { clock, meter, clients };
}

const createVpc = new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' });

describe('the retry strategy', () => {
  it('repeats throttled calls, on the injected clock', async () => {
    const operation = 'DescribeVpcs';
    const { clock, meter, clients } = stage({
      operation,
      code: 'RequestLimitExceeded',
      status: 503,
      times: 4,
    });
    await clients.ec2.send(new DescribeVpcsCommand({}));
    expect(meter.byOperation).toEqual({ DescribeVpcs: 5 });
    expect(clock.now()).toBeGreaterThan(1_000);
  });

  it('gives up after eight attempts, with the error that AWS gave', async () => {
    const operation = 'DescribeVpcs';
    const { meter, clients } = stage({ operation, code: 'RequestLimitExceeded', status: 503, times: 99 });
    const call = clients.ec2.send(new DescribeVpcsCommand({}));
    await expect(call).rejects.toMatchObject({ name: 'RequestLimitExceeded' });
    expect(meter.byOperation).toEqual({ DescribeVpcs: 8 });
  });

  it('repeats no call that was refused', async () => {
    const { meter, clients } = stage({
      operation: 'DescribeVpcs',
      code: 'UnauthorizedOperation',
      status: 403,
    });
    await expect(clients.ec2.send(new DescribeVpcsCommand({}))).rejects.toThrow();
    expect(meter.calls.total).toBe(1);
  });

  it('repeats no create that takes no token when its answer is lost: one VPC, not two', async () => {
    const { meter, clients } = stage({
      operation: 'CreateVpc',
      code: 'InternalError',
      status: 500,
      answerLost: true,
    });
    await expect(clients.ec2.send(createVpc)).rejects.toMatchObject({ name: 'InternalError' });
    expect(meter.byOperation).toEqual({ CreateVpc: 1 });
  });

  it('repeats even such a create when it was throttled', async () => {
    const { meter, clients } = stage({ operation: 'CreateVpc', code: 'RequestLimitExceeded', status: 503 });
    await clients.ec2.send(createVpc);
    expect(meter.byOperation).toEqual({ CreateVpc: 2 });
  });
});
