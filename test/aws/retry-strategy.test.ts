import { CreateVpcCommand, DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';

import { type Clients, createClients } from '../../src/aws/clients.ts';
import { toEsEcsError } from '../../src/aws/errors.ts';
import { CallMeter } from '../../src/aws/meter.ts';
import { createVirtualClock, type VirtualClock } from '../../src/engine/clock.ts';
import { createSimulatedAccount, type Fault, type SimulatedAccount } from '../../src/simulator/index.ts';

interface Stage {
  readonly account: SimulatedAccount;
  readonly clock: VirtualClock;
  readonly meter: CallMeter;
  readonly clients: Clients;
}

function stage(fault: Fault, signal?: AbortSignal): Stage {
  const clock = createVirtualClock({ startMs: 0 });
  const account = createSimulatedAccount({ clock, faults: [fault] });
  const meter = new CallMeter();
  const clients = createClients({
    region: 'eu-west-1',
    clock,
    meter,
    ...(signal === undefined ? {} : { signal }),
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
    attach: account.attach.bind(account),
  });
  return { account, clock, meter, clients };
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

  it('gives up after fourteen attempts, with the error that AWS gave', async () => {
    const operation = 'DescribeVpcs';
    const { meter, clients } = stage({ operation, code: 'RequestLimitExceeded', status: 503, times: 99 });
    const call = clients.ec2.send(new DescribeVpcsCommand({}));
    await expect(call).rejects.toMatchObject({ name: 'RequestLimitExceeded' });
    expect(meter.byOperation).toEqual({ DescribeVpcs: 14 });
  });

  it.each([
    ['a quota that the SDK takes for a throttle', 'LimitExceededException'],
    ['want of capacity, which takes minutes and not seconds', 'InsufficientInstanceCapacity'],
  ])('does not repeat %s', async (_, code) => {
    const { meter, clients } = stage({ operation: 'DescribeVpcs', code, times: 99 });
    await expect(clients.ec2.send(new DescribeVpcsCommand({}))).rejects.toMatchObject({ name: code });
    expect(meter.calls.total).toBe(1);
  });

  it.each([
    ['IAM', 'ConcurrentModificationException'],
    ['Systems Manager', 'TooManyUpdates'],
    ['CloudWatch Logs', 'OperationAbortedException'],
  ])('waits while %s is busy with another change: %s', async (_, code) => {
    const { meter, clients } = stage({ operation: 'CreateVpc', code, times: 3 });
    await clients.ec2.send(createVpc);
    expect(meter.byOperation).toEqual({ CreateVpc: 4 });
  });

  it.each(['ECONNRESET', 'ETIMEDOUT', 'TimeoutError', 'EPIPE', 'ECONNREFUSED'])(
    'repeats a read after %s',
    async (code) => {
      const { meter, clients } = stage({ operation: 'DescribeVpcs', code, times: 2 });
      await clients.ec2.send(new DescribeVpcsCommand({}));
      expect(meter.byOperation).toEqual({ DescribeVpcs: 3 });
    },
  );

  it('repeats a create without a token only when the call never left', async () => {
    const { account, meter, clients } = stage({ operation: 'CreateVpc', code: 'ECONNREFUSED', times: 2 });
    await clients.ec2.send(createVpc);
    expect(meter.byOperation).toEqual({ CreateVpc: 3 });
    account.inject({ operation: 'CreateVpc', code: 'ECONNRESET' });
    await expect(clients.ec2.send(createVpc)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(meter.byOperation).toEqual({ CreateVpc: 4 });
  });

  it('asks a service that is down about a hundred times more than usual, for all calls together', async () => {
    const { meter, clients } = stage({ operation: '*', code: 'Unavailable', times: Infinity });
    const calls = Array.from({ length: 300 }, () => clients.ec2.send(new DescribeVpcsCommand({})));
    const ended = await Promise.allSettled(calls);
    expect(ended.every(({ status }) => status === 'rejected')).toBe(true);
    expect(meter.calls.total).toBe(400);
  });

  it('waits no longer for another attempt once the run is told to stop', async () => {
    const stop = new AbortController();
    const { clock, meter, clients } = stage(
      { operation: 'DescribeVpcs', code: 'Throttling', times: Infinity },
      stop.signal,
    );
    const call = clients.ec2.send(new DescribeVpcsCommand({}));
    await clock.sleep(150);
    stop.abort();
    const thrown: unknown = await call.catch((error: unknown) => error);
    expect(toEsEcsError(thrown)).toMatchObject({ code: 'INTERRUPTED' });
    expect(meter.calls.total).toBeLessThanOrEqual(2);
    expect(clock.now()).toBeLessThan(1_000);
  });

  it('still says what must be said after that, a few times', async () => {
    const stop = new AbortController();
    stop.abort();
    const { clock, meter, clients } = stage(
      { operation: 'DescribeVpcs', code: 'Throttling', times: Infinity },
      stop.signal,
    );
    await expect(clients.ec2.send(new DescribeVpcsCommand({}))).rejects.toThrow();
    expect(meter.calls.total).toBe(3);
    expect(clock.now()).toBeLessThan(2_000);
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
