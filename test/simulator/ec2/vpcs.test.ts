import {
  CreateVpcCommand,
  DeleteVpcCommand,
  DescribeNetworkAclsCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcsCommand,
  ModifyVpcAttributeCommand,
  paginateDescribeVpcs,
} from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';

import { makeInternetGateway, makeSubnet, makeVpc, openAccount, refusal } from './account.ts';

describe('VPCs of the simulated account', () => {
  it('come with a main route table, a default group and a default network ACL, and take them away', async () => {
    const { ec2, account, clock } = openAccount();
    const vpcId = await makeVpc(ec2);
    await clock.sleep(2_000);
    const Filters = [{ Name: 'vpc-id', Values: [vpcId] }];
    const { RouteTables } = await ec2.send(new DescribeRouteTablesCommand({ Filters }));
    expect(RouteTables).toMatchObject([
      {
        Associations: [{ Main: true }],
        Routes: [{ DestinationCidrBlock: '10.0.0.0/16', GatewayId: 'local', Origin: 'CreateRouteTable' }],
      },
    ]);
    const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
    const group = SecurityGroups?.[0];
    expect(SecurityGroups).toHaveLength(1);
    expect(group?.GroupName).toBe('default');
    expect(group?.IpPermissions?.[0]?.UserIdGroupPairs?.[0]?.GroupId).toBe(group?.GroupId);
    const { NetworkAcls } = await ec2.send(new DescribeNetworkAclsCommand({ Filters }));
    expect(NetworkAcls).toMatchObject([{ IsDefault: true, VpcId: vpcId }]);

    await ec2.send(new DeleteVpcCommand({ VpcId: vpcId }));
    const left = Object.entries(account.snapshot().tables).filter(([, rows]) => rows.length > 0);
    expect(left).toEqual([]);
  });

  it('are pending at first, and seen by filter a little later than by id', async () => {
    const { ec2, clock } = openAccount();
    const { Vpc } = await ec2.send(
      new CreateVpcCommand({
        CidrBlock: '10.0.0.0/16',
        TagSpecifications: [{ ResourceType: 'vpc', Tags: [{ Key: 'Name', Value: 'one' }] }],
      }),
    );
    const byId = new DescribeVpcsCommand({ VpcIds: [Vpc?.VpcId ?? ''] });
    const byTag = new DescribeVpcsCommand({ Filters: [{ Name: 'tag:Name', Values: ['o*'] }] });
    expect((await ec2.send(byId)).Vpcs).toMatchObject([{ State: 'pending', Tags: [{ Value: 'one' }] }]);
    expect((await ec2.send(byTag)).Vpcs).toEqual([]);
    await clock.sleep(2_000);
    expect((await ec2.send(byTag)).Vpcs).toMatchObject([{ State: 'available' }]);
  });

  it('can be made to be unknown by their id for a while', async () => {
    const { ec2, clock } = openAccount({ delays: { visibleById: 3_000 } });
    const vpcId = await makeVpc(ec2);
    const byId = new DescribeVpcsCommand({ VpcIds: [vpcId] });
    expect(await refusal(ec2.send(byId))).toBe('InvalidVpcID.NotFound');
    expect(await refusal(makeSubnet(ec2, vpcId, '10.0.0.0/24'))).toBe('InvalidVpcID.NotFound');
    await clock.sleep(3_000);
    expect((await ec2.send(byId)).Vpcs).toHaveLength(1);
  });

  it.each([
    ['10.0.0.0/33', 'InvalidParameterValue'],
    ['ten', 'InvalidParameterValue'],
    ['10.0.0.0/8', 'InvalidVpc.Range'],
    ['10.0.0.0/29', 'InvalidVpc.Range'],
  ])('refuse the CIDR %s with %s', async (cidr, code) => {
    expect(await refusal(makeVpc(openAccount().ec2, cidr))).toBe(code);
  });

  it('bring a CIDR into its canonical form', async () => {
    const { Vpc } = await openAccount().ec2.send(new CreateVpcCommand({ CidrBlock: '10.1.2.3/16' }));
    expect(Vpc?.CidrBlock).toBe('10.1.0.0/16');
  });

  it('have a quota, and pages', async () => {
    const { ec2, clock } = openAccount({ quotas: { vpcs: 30 } });
    for (let index = 0; index < 30; index += 1) await makeVpc(ec2, `10.${index}.0.0/16`);
    expect(await refusal(makeVpc(ec2))).toBe('VpcLimitExceeded');
    await clock.sleep(2_000);
    const sizes: number[] = [];
    for await (const page of paginateDescribeVpcs({ client: ec2 }, {})) sizes.push(page.Vpcs?.length ?? 0);
    expect(sizes).toEqual([20, 10]);
    expect(await refusal(ec2.send(new DescribeVpcsCommand({ MaxResults: 2 })))).toBe('InvalidParameterValue');
    expect(await refusal(ec2.send(new DescribeVpcsCommand({ NextToken: 'nonsense' })))).toBe(
      'InvalidNextToken',
    );
  });

  it('are not deleted while anything is in them', async () => {
    const { ec2 } = openAccount();
    const withSubnet = await makeVpc(ec2);
    await makeSubnet(ec2, withSubnet, '10.0.0.0/24');
    const withGateway = await makeVpc(ec2);
    await makeInternetGateway(ec2, withGateway);
    for (const VpcId of [withSubnet, withGateway]) {
      expect(await refusal(ec2.send(new DeleteVpcCommand({ VpcId })))).toBe('DependencyViolation');
    }
    expect(await refusal(ec2.send(new DeleteVpcCommand({ VpcId: 'vpc-0' })))).toBe('InvalidVpcID.NotFound');
  });

  it('change one attribute at a time', async () => {
    const { ec2 } = openAccount();
    const VpcId = await makeVpc(ec2);
    const both = { EnableDnsSupport: { Value: true }, EnableDnsHostnames: { Value: true } };
    expect(await refusal(ec2.send(new ModifyVpcAttributeCommand({ VpcId, ...both })))).toBe(
      'InvalidParameterCombination',
    );
    const { EnableDnsHostnames } = both;
    await ec2.send(new ModifyVpcAttributeCommand({ VpcId, EnableDnsHostnames }));
    const answer = await ec2.send(
      new DescribeVpcAttributeCommand({ VpcId, Attribute: 'enableDnsHostnames' }),
    );
    expect(answer.EnableDnsHostnames?.Value).toBe(true);
  });

  it('refuse a filter that EC2 does not know, and tags for another type', async () => {
    const { ec2 } = openAccount();
    const Filters = [{ Name: 'vpc', Values: ['x'] }];
    await makeVpc(ec2);
    expect(await refusal(ec2.send(new DescribeVpcsCommand({ Filters })))).toBe('InvalidParameterValue');
    const TagSpecifications = [{ ResourceType: 'subnet' as const, Tags: [{ Key: 'a', Value: 'b' }] }];
    const call = new CreateVpcCommand({ CidrBlock: '10.0.0.0/16', TagSpecifications });
    expect(await refusal(ec2.send(call))).toBe('InvalidParameterValue');
  });
});
