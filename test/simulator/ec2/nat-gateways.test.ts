import {
  AttachInternetGatewayCommand,
  CreateNatGatewayCommand,
  DeleteInternetGatewayCommand,
  DeleteNatGatewayCommand,
  DeleteSubnetCommand,
  DescribeAddressesCommand,
  DescribeInternetGatewaysCommand,
  DescribeNatGatewaysCommand,
  DescribeNetworkInterfacesCommand,
  DetachInternetGatewayCommand,
  type EC2Client,
  type NatGateway,
  ReleaseAddressCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';

import {
  given,
  makeAddress,
  makeInternetGateway,
  makeNatGateway,
  makeSubnet,
  makeVpc,
  openAccount,
  refusal,
} from './account.ts';

async function natGateway(ec2: EC2Client, id: string): Promise<NatGateway> {
  const { NatGateways } = await ec2.send(new DescribeNatGatewaysCommand({ NatGatewayIds: [id] }));
  return given(NatGateways?.[0]);
}

async function publicNetwork(ec2: EC2Client) {
  const vpcId = await makeVpc(ec2);
  const gatewayId = await makeInternetGateway(ec2, vpcId);
  const subnetId = await makeSubnet(ec2, vpcId, '10.0.0.0/24');
  const allocationId = await makeAddress(ec2);
  return { vpcId, gatewayId, subnetId, allocationId };
}

describe('NAT gateways of the simulated account', () => {
  it('take their usual time to come, hold what they use until they are gone, and linger for an hour', async () => {
    const { ec2, clock } = openAccount();
    const { vpcId, gatewayId, subnetId, allocationId } = await publicNetwork(ec2);
    const id = await makeNatGateway(ec2, subnetId, allocationId);
    expect((await natGateway(ec2, id)).State).toBe('pending');
    await clock.sleep(90_000);
    expect((await natGateway(ec2, id)).State).toBe('pending');
    await clock.sleep(20_000);
    expect(await natGateway(ec2, id)).toMatchObject({
      State: 'available',
      NatGatewayAddresses: [{ AllocationId: allocationId, PrivateIp: '10.0.0.4' }],
    });
    const { Addresses } = await ec2.send(new DescribeAddressesCommand({ AllocationIds: [allocationId] }));
    const interfaces = await ec2.send(
      new DescribeNetworkInterfacesCommand({ Filters: [{ Name: 'subnet-id', Values: [subnetId] }] }),
    );
    expect(interfaces.NetworkInterfaces).toMatchObject([
      { InterfaceType: 'nat_gateway', NetworkInterfaceId: Addresses?.[0]?.NetworkInterfaceId },
    ]);

    await ec2.send(new DeleteNatGatewayCommand({ NatGatewayId: id }));
    expect((await natGateway(ec2, id)).State).toBe('deleting');
    await ec2.send(new DeleteNatGatewayCommand({ NatGatewayId: id }));
    const release = new ReleaseAddressCommand({ AllocationId: allocationId });
    const detach = new DetachInternetGatewayCommand({ InternetGatewayId: gatewayId, VpcId: vpcId });
    expect(await refusal(ec2.send(release))).toBe('AuthFailure');
    expect(await refusal(ec2.send(detach))).toBe('DependencyViolation');
    expect(await refusal(ec2.send(new DeleteSubnetCommand({ SubnetId: subnetId })))).toBe(
      'DependencyViolation',
    );
    await clock.sleep(60_000);
    expect(await natGateway(ec2, id)).toMatchObject({ State: 'deleted', DeleteTime: expect.any(Date) });
    await ec2.send(release);
    await ec2.send(detach);
    await ec2.send(new DeleteSubnetCommand({ SubnetId: subnetId }));
    await clock.sleep(3_600_000);
    expect(await refusal(natGateway(ec2, id))).toBe('NatGatewayNotFound');
  });

  it('are made once for a client token', async () => {
    const { ec2 } = openAccount();
    const { subnetId, allocationId } = await publicNetwork(ec2);
    const call = { SubnetId: subnetId, AllocationId: allocationId, ClientToken: 'once' };
    const first = await ec2.send(new CreateNatGatewayCommand(call));
    const second = await ec2.send(new CreateNatGatewayCommand(call));
    expect(second.NatGateway?.NatGatewayId).toBe(first.NatGateway?.NatGatewayId);
    expect(second.NatGateway?.State).toBe('pending');
    const other = await makeAddress(ec2);
    expect(await refusal(ec2.send(new CreateNatGatewayCommand({ ...call, AllocationId: other })))).toBe(
      'IdempotentParameterMismatch',
    );
  });

  it('answer a token with what was made, though it is gone', async () => {
    const { ec2, clock } = openAccount({ delays: { natGatewayShown: 1_000 } });
    const { subnetId, allocationId } = await publicNetwork(ec2);
    const call = { SubnetId: subnetId, AllocationId: allocationId, ClientToken: 'once' };
    const first = await ec2.send(new CreateNatGatewayCommand(call));
    const id = given(first.NatGateway?.NatGatewayId);
    await ec2.send(new DeleteNatGatewayCommand({ NatGatewayId: id }));
    await clock.sleep(120_000);
    const again = await ec2.send(new CreateNatGatewayCommand(call));
    expect(again.NatGateway?.NatGatewayId).toBe(id);
    expect(await refusal(natGateway(ec2, id))).toBe('NatGatewayNotFound');
  });

  it('fail later for an address that is wrong or in use, or without an internet gateway', async () => {
    const { ec2, clock } = openAccount();
    const { subnetId, allocationId } = await publicNetwork(ec2);
    const lonely = await makeSubnet(ec2, await makeVpc(ec2), '10.0.0.0/24');
    const spare = await makeAddress(ec2);
    await makeNatGateway(ec2, subnetId, allocationId);
    const wrong = [
      [await makeNatGateway(ec2, subnetId, 'eipalloc-0'), 'InvalidAllocationID.NotFound'],
      [await makeNatGateway(ec2, subnetId, allocationId), 'Resource.AlreadyAssociated'],
      [await makeNatGateway(ec2, lonely, spare), 'Gateway.NotAttached'],
    ] as const;
    for (const [id] of wrong) expect((await natGateway(ec2, id)).State).toBe('pending');
    await clock.sleep(20_000);
    for (const [id, FailureCode] of wrong) {
      expect(await natGateway(ec2, id)).toMatchObject({ State: 'failed', FailureCode });
    }
    await clock.sleep(4_000_000);
    for (const [id] of wrong) expect(await refusal(natGateway(ec2, id))).toBe('NatGatewayNotFound');
  });

  it('refuse an unknown subnet at once, and more than the quota of a zone', async () => {
    const { ec2 } = openAccount({ quotas: { natGateways: 1 } });
    const { vpcId, subnetId, allocationId } = await publicNetwork(ec2);
    expect(await refusal(makeNatGateway(ec2, 'subnet-0', allocationId))).toBe('InvalidSubnetID.NotFound');
    await makeNatGateway(ec2, subnetId, allocationId);
    const second = await makeAddress(ec2);
    expect(await refusal(makeNatGateway(ec2, subnetId, second))).toBe('NatGatewayLimitExceeded');
    const elsewhere = await makeSubnet(ec2, vpcId, '10.0.1.0/24', 'eu-west-1b');
    expect(await makeNatGateway(ec2, elsewhere, second)).toMatch(/^nat-/);
    expect(await refusal(ec2.send(new DeleteNatGatewayCommand({ NatGatewayId: 'nat-0' })))).toBe(
      'NatGatewayNotFound',
    );
  });

  it('go on by themselves after the account was put away and taken out again', async () => {
    const before = openAccount();
    const { subnetId, allocationId } = await publicNetwork(before.ec2);
    const id = await makeNatGateway(before.ec2, subnetId, allocationId);
    await before.ec2.send(new DeleteNatGatewayCommand({ NatGatewayId: id }));
    const snapshot = JSON.parse(JSON.stringify(before.account.snapshot())) as ReturnType<
      typeof before.account.snapshot
    >;
    const after = openAccount({ snapshot });
    await after.clock.sleep(70_000);
    expect((await natGateway(after.ec2, id)).State).toBe('deleted');
    await after.ec2.send(new ReleaseAddressCommand({ AllocationId: allocationId }));
  });
});

describe('elastic addresses of the simulated account', () => {
  it('have a quota of five unless told otherwise', async () => {
    const { ec2 } = openAccount();
    for (let count = 0; count < 5; count += 1) await makeAddress(ec2);
    expect(await refusal(makeAddress(ec2))).toBe('AddressLimitExceeded');
    const other = openAccount({ quotas: { addresses: 1 } }).ec2;
    await makeAddress(other);
    expect(await refusal(makeAddress(other))).toBe('AddressLimitExceeded');
  });

  it('are each another, found by id or by address, and released once', async () => {
    const { ec2 } = openAccount();
    const ids = [await makeAddress(ec2), await makeAddress(ec2)];
    const { Addresses = [] } = await ec2.send(new DescribeAddressesCommand({ AllocationIds: ids }));
    expect(new Set(Addresses.map((one) => one.PublicIp)).size).toBe(2);
    const PublicIps = [given(Addresses[0]?.PublicIp)];
    const found = await ec2.send(new DescribeAddressesCommand({ PublicIps }));
    expect(found.Addresses?.[0]?.AllocationId).toBe(ids[0]);
    const release = new ReleaseAddressCommand({ AllocationId: given(ids[0]) });
    await ec2.send(release);
    expect(await refusal(ec2.send(release))).toBe('InvalidAllocationID.NotFound');
    expect(await refusal(ec2.send(new DescribeAddressesCommand({ PublicIps })))).toBe(
      'InvalidAddress.NotFound',
    );
  });
});

describe('internet gateways of the simulated account', () => {
  it('attach to one network, and a network has one', async () => {
    const { ec2 } = openAccount();
    const [one, other] = [await makeVpc(ec2), await makeVpc(ec2)];
    const gateway = await makeInternetGateway(ec2, one);
    const spare = await makeInternetGateway(ec2);
    const attach = (InternetGatewayId: string, VpcId: string): Promise<unknown> =>
      ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId, VpcId }));
    expect(await refusal(attach(gateway, other))).toBe('Resource.AlreadyAssociated');
    expect(await refusal(attach(spare, one))).toBe('InvalidParameterValue');
    expect(await refusal(attach(spare, 'vpc-0'))).toBe('InvalidVpcID.NotFound');
    expect(await refusal(attach('igw-0', other))).toBe('InvalidInternetGatewayID.NotFound');
    const { InternetGateways } = await ec2.send(
      new DescribeInternetGatewaysCommand({ InternetGatewayIds: [gateway] }),
    );
    expect(InternetGateways).toMatchObject([{ Attachments: [{ VpcId: one, State: 'available' }] }]);
  });

  it('are deleted only when detached', async () => {
    const { ec2 } = openAccount({ quotas: { internetGateways: 1 } });
    const VpcId = await makeVpc(ec2);
    const InternetGatewayId = await makeInternetGateway(ec2, VpcId);
    expect(await refusal(makeInternetGateway(ec2))).toBe('InternetGatewayLimitExceeded');
    const remove = new DeleteInternetGatewayCommand({ InternetGatewayId });
    expect(await refusal(ec2.send(remove))).toBe('DependencyViolation');
    const detach = new DetachInternetGatewayCommand({ InternetGatewayId, VpcId });
    await ec2.send(detach);
    expect(await refusal(ec2.send(detach))).toBe('Gateway.NotAttached');
    await ec2.send(remove);
    expect(await refusal(ec2.send(remove))).toBe('InvalidInternetGatewayID.NotFound');
  });
});
