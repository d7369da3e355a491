import {
  CreateSubnetCommand,
  DeleteSubnetCommand,
  DescribeAvailabilityZonesCommand,
  DescribeSubnetsCommand,
  ModifySubnetAttributeCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';

import {
  makeAddress,
  makeInternetGateway,
  makeNatGateway,
  makeSubnet,
  makeVpc,
  openAccount,
  refusal,
} from './account.ts';

describe('subnets of the simulated account', () => {
  it('are pending, then available, and count their free addresses', async () => {
    const { ec2, clock } = openAccount();
    const vpcId = await makeVpc(ec2);
    const subnetId = await makeSubnet(ec2, vpcId, '10.0.1.0/28', 'eu-west-1b');
    const byId = new DescribeSubnetsCommand({ SubnetIds: [subnetId] });
    expect((await ec2.send(byId)).Subnets).toMatchObject([
      { State: 'pending', AvailabilityZone: 'eu-west-1b', AvailableIpAddressCount: 11 },
    ]);
    await clock.sleep(1_000);
    expect((await ec2.send(byId)).Subnets).toMatchObject([{ State: 'available' }]);
    await makeInternetGateway(ec2, vpcId);
    await makeNatGateway(ec2, subnetId, await makeAddress(ec2));
    expect((await ec2.send(byId)).Subnets).toMatchObject([{ AvailableIpAddressCount: 10 }]);
  });

  it.each([
    ['10.0.0.0/33', 'eu-west-1a', 'InvalidParameterValue'],
    ['10.1.0.0/24', 'eu-west-1a', 'InvalidSubnet.Range'],
    ['10.0.2.0/29', 'eu-west-1a', 'InvalidSubnet.Range'],
    ['10.0.0.128/25', 'eu-west-1a', 'InvalidSubnet.Conflict'],
    ['10.0.2.0/24', 'eu-west-1z', 'InvalidParameterValue'],
  ])('refuse %s in %s with %s', async (cidr, zone, code) => {
    const { ec2 } = openAccount();
    const vpcId = await makeVpc(ec2);
    await makeSubnet(ec2, vpcId, '10.0.0.0/24');
    expect(await refusal(makeSubnet(ec2, vpcId, cidr, zone))).toBe(code);
    expect(await refusal(makeSubnet(ec2, 'vpc-0', cidr, zone))).toBe('InvalidVpcID.NotFound');
  });

  it('take a zone by its id too', async () => {
    const { ec2 } = openAccount();
    const VpcId = await makeVpc(ec2);
    const { AvailabilityZones = [] } = await ec2.send(new DescribeAvailabilityZonesCommand({}));
    const [zone] = AvailabilityZones;
    const { Subnet } = await ec2.send(
      new CreateSubnetCommand({ VpcId, CidrBlock: '10.0.0.0/24', AvailabilityZoneId: zone?.ZoneId }),
    );
    expect(Subnet?.AvailabilityZone).toBe(zone?.ZoneName);
  });

  it('map public addresses when told to', async () => {
    const { ec2 } = openAccount();
    const SubnetId = await makeSubnet(ec2, await makeVpc(ec2), '10.0.0.0/24');
    await ec2.send(new ModifySubnetAttributeCommand({ SubnetId, MapPublicIpOnLaunch: { Value: true } }));
    const { Subnets } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [SubnetId] }));
    expect(Subnets).toMatchObject([{ MapPublicIpOnLaunch: true }]);
  });

  it('are gone once deleted, and unknown ids are not found', async () => {
    const { ec2 } = openAccount();
    const SubnetId = await makeSubnet(ec2, await makeVpc(ec2), '10.0.0.0/24');
    await ec2.send(new DeleteSubnetCommand({ SubnetId }));
    const notFound = 'InvalidSubnetID.NotFound';
    expect(await refusal(ec2.send(new DeleteSubnetCommand({ SubnetId })))).toBe(notFound);
    expect(await refusal(ec2.send(new DescribeSubnetsCommand({ SubnetIds: [SubnetId] })))).toBe(notFound);
  });
});

describe('zones of the simulated account', () => {
  it.each([
    ['eu-west-1', 3, 'euw1-az2'],
    ['us-east-1', 6, 'use1-az2'],
    ['ap-southeast-2', 3, 'apse2-az2'],
    ['us-gov-west-1', 3, 'usgw1-az2'],
  ])('of %s are %d, the first with the id %s', async (region, count, firstId) => {
    const { ec2 } = openAccount({ region });
    const Filters = [
      { Name: 'state', Values: ['available'] },
      { Name: 'zone-type', Values: ['availability-zone'] },
    ];
    const { AvailabilityZones = [] } = await ec2.send(new DescribeAvailabilityZonesCommand({ Filters }));
    expect(AvailabilityZones).toHaveLength(count);
    expect(AvailabilityZones[0]).toMatchObject({
      ZoneName: `${region}a`,
      ZoneId: firstId,
      OptInStatus: 'opt-in-not-required',
    });
  });

  it('of other kinds are listed where the account has opted in', async () => {
    const { ec2 } = openAccount({ region: 'us-east-1' });
    const { AvailabilityZones = [] } = await ec2.send(new DescribeAvailabilityZonesCommand({}));
    expect(AvailabilityZones.filter((zone) => zone.ZoneType !== 'availability-zone')).toMatchObject([
      { ZoneName: 'us-east-1-bos-1a', ZoneType: 'local-zone', OptInStatus: 'opted-in' },
      { ZoneName: 'us-east-1-wl1-bos-wlz-1', ZoneType: 'wavelength-zone', OptInStatus: 'opted-in' },
    ]);
  });

  it('that do not exist are refused', async () => {
    const { ec2 } = openAccount();
    const call = new DescribeAvailabilityZonesCommand({ ZoneNames: ['eu-west-1z'] });
    expect(await refusal(ec2.send(call))).toBe('InvalidParameterValue');
  });
});
