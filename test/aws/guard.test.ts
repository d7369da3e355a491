import { DeleteVpcCommand, DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';

import { createClients } from '../../src/aws/clients.ts';
import { CallMeter } from '../../src/aws/meter.ts';
import { createVirtualClock } from '../../src/engine/clock.ts';
import { EsEcsError } from '../../src/errors.ts';
import { createSimulatedAccount } from '../../src/simulator/account.ts';

/** Clients of a run that may be told to stop. */
function ground() {
  const clock = createVirtualClock({ startMs: 0 });
  const account = createSimulatedAccount({ clock });
  const run = { isStopped: false, lockTaken: 0 };
  const meter = new CallMeter();
  const clients = createClients({
    region: 'eu-west-1',
    clock,
    meter,
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
    attach: (client) => {
      account.attach(client);
    },
    beforeSend: () => {
      if (run.isStopped) throw new EsEcsError('INTERRUPTED', 'stopped');
    },
    beforeWrite: () => {
      run.lockTaken += 1;
      return Promise.resolve();
    },
  });
  return { clients, meter, run };
}

describe('the guard before each call', () => {
  it('takes the lock before what changes something, and before nothing else', async () => {
    const { clients, run } = ground();
    await clients.ec2.send(new DescribeVpcsCommand({}));
    expect(run.lockTaken).toBe(0);
    await expect(clients.ec2.send(new DeleteVpcCommand({ VpcId: 'vpc-0' }))).rejects.toThrow();
    expect(run.lockTaken).toBe(1);
  });

  it('sends nothing for a run that was told to stop, but what the lock needs', async () => {
    const { clients, meter, run } = ground();
    run.isStopped = true;
    await expect(clients.ec2.send(new DescribeVpcsCommand({}))).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
    await expect(clients.ec2.send(new DeleteVpcCommand({ VpcId: 'vpc-0' }))).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
    expect({ calls: meter.calls.total, lockTaken: run.lockTaken }).toEqual({ calls: 0, lockTaken: 0 });
    await expect(clients.ssm.send(new GetParameterCommand({ Name: '/none' }))).rejects.toMatchObject({
      name: 'ParameterNotFound',
    });
  });
});
