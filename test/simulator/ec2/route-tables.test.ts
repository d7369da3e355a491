import {
  AssociateRouteTableCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  CreateVpcEndpointCommand,
  DeleteNatGatewayCommand,
  DeleteRouteCommand,
  DeleteRouteTableCommand,
  DeleteVpcCommand,
  DeleteVpcEndpointsCommand,
  DescribeRouteTablesCommand,
  DescribeVpcEndpointsCommand,
  DetachInternetGatewayCommand,
  DisassociateRouteTableCommand,
  type EC2Client,
  ModifyVpcEndpointCommand,
  ReplaceRouteCommand,
  ReplaceRouteTableAssociationCommand,
  type RouteTable,
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

const everywhere = '0.0.0.0/0';

async function makeRouteTable(ec2: EC2Client, vpcId: string): Promise<string> {
  const { RouteTable: made } = await ec2.send(new CreateRouteTableCommand({ VpcId: vpcId }));
  return given(made?.RouteTableId);
}

async function routeTable(ec2: EC2Client, id: string): Promise<RouteTable> {
  const { RouteTables } = await ec2.send(new DescribeRouteTablesCommand({ RouteTableIds: [id] }));
  return given(RouteTables?.[0]);
}

async function network(ec2: EC2Client) {
  const vpcId = await makeVpc(ec2);
  const gatewayId = await makeInternetGateway(ec2, vpcId);
  const subnetId = await makeSubnet(ec2, vpcId, '10.0.0.0/24');
  const tableId = await makeRouteTable(ec2, vpcId);
  return { vpcId, gatewayId, subnetId, tableId };
}

describe('route tables of the simulated account', () => {
  it('are made once for a client token', async () => {
    const { ec2 } = openAccount();
    const call = { VpcId: await makeVpc(ec2), ClientToken: 'once' };
    const first = await ec2.send(new CreateRouteTableCommand(call));
    const second = await ec2.send(new CreateRouteTableCommand(call));
    expect(second.RouteTable?.RouteTableId).toBe(first.RouteTable?.RouteTableId);
    const VpcId = await makeVpc(ec2);
    expect(await refusal(ec2.send(new CreateRouteTableCommand({ ...call, VpcId })))).toBe(
      'IdempotentParameterMismatch',
    );
  });

  it('lead through gateways, and into a black hole when those are gone', async () => {
    const { ec2, clock } = openAccount();
    const { vpcId, gatewayId, subnetId, tableId } = await network(ec2);
    const natId = await makeNatGateway(ec2, subnetId, await makeAddress(ec2));
    const viaGateway = { RouteTableId: tableId, DestinationCidrBlock: everywhere, GatewayId: gatewayId };
    const viaNat = { RouteTableId: tableId, DestinationCidrBlock: '1.0.0.0/8', NatGatewayId: natId };
    await ec2.send(new CreateRouteCommand(viaGateway));
    await ec2.send(new CreateRouteCommand(viaNat));
    expect((await routeTable(ec2, tableId)).Routes).toMatchObject([
      { GatewayId: 'local', State: 'active' },
      { DestinationCidrBlock: everywhere, GatewayId: gatewayId, State: 'active' },
      { DestinationCidrBlock: '1.0.0.0/8', NatGatewayId: natId, State: 'active' },
    ]);
    await ec2.send(new DeleteNatGatewayCommand({ NatGatewayId: natId }));
    await clock.sleep(60_000);
    await ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId: gatewayId, VpcId: vpcId }));
    const states = (await routeTable(ec2, tableId)).Routes?.map((route) => route.State);
    expect(states).toEqual(['active', 'blackhole', 'blackhole']);
  });

  it('refuse wrong routes', async () => {
    const { ec2 } = openAccount();
    const { gatewayId, tableId } = await network(ec2);
    const base = { RouteTableId: tableId, DestinationCidrBlock: everywhere };
    const elsewhere = await makeInternetGateway(ec2, await makeVpc(ec2));
    const create = (more: object): Promise<string> =>
      refusal(ec2.send(new CreateRouteCommand({ ...base, ...more })));
    expect(await create({ GatewayId: 'igw-0' })).toBe('InvalidGatewayID.NotFound');
    expect(await create({ GatewayId: 'nat-0' })).toBe('InvalidGatewayID.NotFound');
    expect(await create({ NatGatewayId: 'nat-0' })).toBe('InvalidNatGatewayID.NotFound');
    expect(await create({ GatewayId: elsewhere })).toBe('InvalidParameterValue');
    expect(await create({ GatewayId: gatewayId, NatGatewayId: 'nat-0' })).toBe('InvalidParameterCombination');
    expect(await create({ GatewayId: gatewayId, DestinationCidrBlock: 'all' })).toBe('InvalidParameterValue');
    expect(await create({ GatewayId: gatewayId, DestinationCidrBlock: '10.0.0.0/16' })).toBe(
      'RouteAlreadyExists',
    );
    expect(await create({ GatewayId: gatewayId, RouteTableId: 'rtb-0' })).toBe(
      'InvalidRouteTableID.NotFound',
    );
    const replace = new ReplaceRouteCommand({ ...base, GatewayId: gatewayId });
    expect(await refusal(ec2.send(replace))).toBe('InvalidParameterValue');
    await ec2.send(new CreateRouteCommand({ ...base, GatewayId: gatewayId }));
    expect(await create({ GatewayId: gatewayId })).toBe('RouteAlreadyExists');
    await ec2.send(replace);
    await ec2.send(new DeleteRouteCommand(base));
    expect(await refusal(ec2.send(new DeleteRouteCommand(base)))).toBe('InvalidRoute.NotFound');
    const local = new DeleteRouteCommand({ ...base, DestinationCidrBlock: '10.0.0.0/16' });
    expect(await refusal(ec2.send(local))).toBe('InvalidParameterValue');
  });

  it('serve a subnet one at a time, and stay while they do', async () => {
    const { ec2 } = openAccount();
    const { vpcId, subnetId, tableId } = await network(ec2);
    const other = await makeRouteTable(ec2, vpcId);
    const foreign = await makeRouteTable(ec2, await makeVpc(ec2));
    const associate = (RouteTableId: string) =>
      ec2.send(new AssociateRouteTableCommand({ RouteTableId, SubnetId: subnetId }));
    const { AssociationId } = await associate(tableId);
    expect((await associate(tableId)).AssociationId).toBe(AssociationId);
    expect(await refusal(associate(other))).toBe('Resource.AlreadyAssociated');
    expect(await refusal(associate(foreign))).toBe('InvalidParameterValue');
    const remove = (RouteTableId: string): Promise<unknown> =>
      ec2.send(new DeleteRouteTableCommand({ RouteTableId }));
    expect(await refusal(remove(tableId))).toBe('DependencyViolation');

    const { NewAssociationId } = await ec2.send(
      new ReplaceRouteTableAssociationCommand({ AssociationId, RouteTableId: other }),
    );
    await remove(tableId);
    expect(await refusal(remove(tableId))).toBe('InvalidRouteTableID.NotFound');
    expect((await routeTable(ec2, other)).Associations).toMatchObject([
      { RouteTableAssociationId: NewAssociationId, SubnetId: subnetId, Main: false },
    ]);
    const disassociate = new DisassociateRouteTableCommand({ AssociationId: NewAssociationId });
    await ec2.send(disassociate);
    expect(await refusal(ec2.send(disassociate))).toBe('InvalidAssociationID.NotFound');
    await remove(other);
  });

  it('are not deleted nor disassociated as the main one', async () => {
    const { ec2, clock } = openAccount();
    await makeVpc(ec2);
    await clock.sleep(2_000);
    const Filters = [{ Name: 'association.main', Values: ['true'] }];
    const { RouteTables } = await ec2.send(new DescribeRouteTablesCommand({ Filters }));
    const main = given(RouteTables?.[0]);
    const AssociationId = main.Associations?.[0]?.RouteTableAssociationId;
    expect(await refusal(ec2.send(new DeleteRouteTableCommand({ RouteTableId: main.RouteTableId })))).toBe(
      'DependencyViolation',
    );
    expect(await refusal(ec2.send(new DisassociateRouteTableCommand({ AssociationId })))).toBe(
      'InvalidParameterValue',
    );
  });
});

describe('gateway endpoints of the simulated account', () => {
  const serviceName = 'com.amazonaws.eu-west-1.s3';

  it('come, put routes into their tables, change, and go', async () => {
    const { ec2, clock } = openAccount();
    const { vpcId, tableId } = await network(ec2);
    const other = await makeRouteTable(ec2, vpcId);
    const call = { VpcId: vpcId, ServiceName: serviceName, RouteTableIds: [tableId], ClientToken: 'once' };
    const { VpcEndpoint: made } = await ec2.send(new CreateVpcEndpointCommand(call));
    const id = given(made?.VpcEndpointId);
    expect(made?.State).toBe('pending');
    expect((await ec2.send(new CreateVpcEndpointCommand(call))).VpcEndpoint?.VpcEndpointId).toBe(id);
    const routes = (await routeTable(ec2, tableId)).Routes;
    expect(routes?.[1]).toMatchObject({ GatewayId: id, State: 'active' });
    expect(routes?.[1]?.DestinationPrefixListId).toMatch(/^pl-/);
    expect(await refusal(ec2.send(new CreateVpcEndpointCommand({ ...call, ClientToken: 'twice' })))).toBe(
      'RouteAlreadyExists',
    );
    await clock.sleep(3_000);
    const policy = JSON.stringify({ Version: '2012-10-17', Statement: [] });
    await ec2.send(
      new ModifyVpcEndpointCommand({
        VpcEndpointId: id,
        AddRouteTableIds: [other],
        RemoveRouteTableIds: [tableId],
        PolicyDocument: policy,
      }),
    );
    const byId = new DescribeVpcEndpointsCommand({ VpcEndpointIds: [id] });
    expect((await ec2.send(byId)).VpcEndpoints).toMatchObject([
      { State: 'available', RouteTableIds: [other], PolicyDocument: policy },
    ]);
    expect((await routeTable(ec2, tableId)).Routes).toHaveLength(1);

    const { Unsuccessful } = await ec2.send(
      new DeleteVpcEndpointsCommand({ VpcEndpointIds: [id, 'vpce-0'] }),
    );
    expect(Unsuccessful).toMatchObject([
      { ResourceId: 'vpce-0', Error: { Code: 'InvalidVpcEndpoint.NotFound' } },
    ]);
    expect((await ec2.send(byId)).VpcEndpoints).toMatchObject([{ State: 'deleting' }]);
    expect(await refusal(ec2.send(new DeleteVpcCommand({ VpcId: vpcId })))).toBe('DependencyViolation');
    await clock.sleep(3_000);
    expect((await ec2.send(byId)).VpcEndpoints).toMatchObject([{ State: 'deleted' }]);
    await clock.sleep(60_000);
    expect(await refusal(ec2.send(byId))).toBe('InvalidVpcEndpointId.NotFound');
  });

  it('refuse a wrong service, table or policy', async () => {
    const { ec2 } = openAccount();
    const { vpcId, tableId } = await network(ec2);
    const foreign = await makeRouteTable(ec2, await makeVpc(ec2));
    const create = (more: object): Promise<string> => {
      const call = { VpcId: vpcId, ServiceName: serviceName, RouteTableIds: [tableId], ...more };
      return refusal(ec2.send(new CreateVpcEndpointCommand(call)));
    };
    expect(await create({ ServiceName: 'com.amazonaws.eu-west-2.s3' })).toBe('InvalidServiceName');
    expect(await create({ RouteTableIds: ['rtb-0'] })).toBe('InvalidRouteTableId.NotFound');
    expect(await create({ RouteTableIds: [foreign] })).toBe('InvalidParameter');
    expect(await create({ PolicyDocument: '{' })).toBe('InvalidPolicyDocument');
    expect(await create({ VpcId: 'vpc-0' })).toBe('InvalidVpcID.NotFound');
  });
});
