import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { floorMs, slowDown, slowNat } from '../../bench/slow-parts.ts';

const gateway = (id: string, state: string): string =>
  `<item><natGatewayAddressSet><item><allocationId>eipalloc-1</allocationId></item></natGatewayAddressSet><natGatewayId>${id}</natGatewayId><state>${state}</state></item>`;
const gateways = (...items: readonly string[]): string => `<natGatewaySet>${items.join('')}</natGatewaySet>`;
const instances = (state: string): string =>
  `<reservationSet><item><instancesSet><item><instanceId>i-1</instanceId><instanceState><code>16</code><name>${state}</name></instanceState></item></instancesSet></item></reservationSet>`;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** What a proxy with slow parts answers with. */
function wire() {
  const { rewrite } = slowDown(slowNat);
  return async (action: string, answer: string, body = ''): Promise<string> =>
    rewrite(
      answer,
      { service: 'ec2', action, status: 200, begunMs: 0, atMs: 0 },
      { service: 'ec2', action, body },
    );
}

describe('slow parts', () => {
  it('lets a NAT gateway be pending for 90 seconds, and no other', async () => {
    const ask = wire();
    const created = await ask(
      'CreateNatGateway',
      '<natGateway><natGatewayId>nat-1</natGatewayId><state>available</state></natGateway>',
    );
    expect(created).toContain('<state>pending</state>');
    const both = gateways(gateway('nat-0', 'available'), gateway('nat-1', 'available'));
    vi.advanceTimersByTime(89_999);
    expect(await ask('DescribeNatGateways', both)).toBe(
      gateways(gateway('nat-0', 'available'), gateway('nat-1', 'pending')),
    );
    vi.advanceTimersByTime(1);
    expect(await ask('DescribeNatGateways', both)).toBe(both);
  });

  it('lets it be deleting for 45 seconds', async () => {
    const ask = wire();
    await ask(
      'DeleteNatGateway',
      '<natGatewayId>nat-1</natGatewayId>',
      'Action=DeleteNatGateway&NatGatewayId=nat-1',
    );
    expect(await ask('DescribeNatGateways', gateways(gateway('nat-1', 'deleted')))).toContain('deleting');
    vi.advanceTimersByTime(45_000);
    expect(await ask('DescribeNatGateways', gateways(gateway('nat-1', 'deleted')))).toContain('deleted');
  });

  it('lets an instance come and go for 15 seconds', async () => {
    const ask = wire();
    await ask('RunInstances', '<instancesSet><item><instanceId>i-1</instanceId></item></instancesSet>');
    expect(await ask('DescribeInstances', instances('running'))).toContain('<name>pending</name>');
    vi.advanceTimersByTime(15_000);
    expect(await ask('DescribeInstances', instances('running'))).toContain('<name>running</name>');
    await ask('TerminateInstances', '', 'Action=TerminateInstances&InstanceId.1=i-1');
    expect(await ask('DescribeInstances', instances('terminated'))).toContain('<name>shutting-down</name>');
  });

  it('knows the least that it leaves', () => {
    expect(floorMs(slowNat, 100)).toEqual({ up: 90_500, destroy: 45_600 });
  });
});
