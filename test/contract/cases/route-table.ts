import {
  AllocateAddressCommand,
  AssociateRouteTableCommand,
  CreateNatGatewayCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  DeleteNatGatewayCommand,
  DeleteRouteCommand,
  DeleteRouteTableCommand,
  DeleteSubnetCommand,
  DescribeNatGatewaysCommand,
  DescribeRouteTablesCommand,
  DisassociateRouteTableCommand,
  ReplaceRouteCommand,
  ReplaceRouteTableAssociationCommand,
} from '@aws-sdk/client-ec2';

import type { Clients } from '../../../src/aws/clients.ts';
import { given, isId, outcome, tagsOf } from '../case.ts';
import type { ContractCase, Scratch } from '../case.ts';
import { makeInternetGateway, makeRouteTable, makeSubnet, makeVpc, unknown } from '../fixtures.ts';

const everywhere = '0.0.0.0/0';

async function look({ ec2 }: Clients, id: string) {
  const answer = await ec2.send(new DescribeRouteTablesCommand({ RouteTableIds: [id] }));
  return answer.RouteTables?.[0];
}

async function makeNatGateway(clients: Clients, scratch: Scratch, SubnetId: string): Promise<string> {
  const { ec2 } = clients;
  const { AllocationId } = await ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }));
  const { NatGateway } = await ec2.send(new CreateNatGatewayCommand({ SubnetId, AllocationId }));
  const id = given(NatGateway?.NatGatewayId);
  await scratch.until(
    async () => (await ec2.send(new DescribeNatGatewaysCommand({ NatGatewayIds: [id] }))).NatGateways?.[0],
    (one) => one?.State === 'available',
  );
  return id;
}

/** The default route as [what kind of target, state, origin]. */
async function defaultRoute(clients: Clients, id: string) {
  const table = await look(clients, id);
  const route = table?.Routes?.find((one) => one.DestinationCidrBlock === everywhere);
  if (route === undefined) return undefined;
  const target = route.NatGatewayId === undefined ? route.GatewayId : route.NatGatewayId;
  return [target?.split('-')[0], route.State, route.Origin];
}

export const routeTableCases: readonly ContractCase[] = [
  {
    name: 'route table: create, look at it, delete it',
    calls: ['EC2:CreateRouteTable', 'EC2:DescribeRouteTables', 'EC2:DeleteRouteTable'],
    expected: {
      'has an id': true,
      tags: { 'es-ecs-cluster': 'search' },
      routes: [['10.0.0.0/16', 'local', 'active', 'CreateRouteTable']],
      associations: [],
      'by its tag': 1,
      deleting: 'done',
      'deleting again': 'InvalidRouteTableID.NotFound',
      'looking at it': 'InvalidRouteTableID.NotFound',
      'in an unknown VPC': 'InvalidVpcID.NotFound',
    },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const VpcId = await makeVpc(clients);
      const Tags = [{ Key: 'es-ecs-cluster', Value: 'search' }];
      const { RouteTable: made } = await ec2.send(
        new CreateRouteTableCommand({ VpcId, TagSpecifications: [{ ResourceType: 'route-table', Tags }] }),
      );
      const RouteTableId = given(made?.RouteTableId);
      const seen = await look(clients, RouteTableId);
      await scratch.settle();
      const Filters = [
        { Name: 'tag:es-ecs-cluster', Values: ['search'] },
        { Name: 'vpc-id', Values: [VpcId] },
      ];
      const listed = await ec2.send(new DescribeRouteTablesCommand({ Filters }));
      const remove = () => outcome(ec2.send(new DeleteRouteTableCommand({ RouteTableId })));
      return {
        'has an id': isId('rtb', RouteTableId),
        tags: tagsOf(seen?.Tags),
        routes: seen?.Routes?.map((one) => [one.DestinationCidrBlock, one.GatewayId, one.State, one.Origin]),
        associations: seen?.Associations,
        'by its tag': listed.RouteTables?.length,
        deleting: await remove(),
        'deleting again': await remove(),
        'looking at it': await outcome(look(clients, RouteTableId)),
        'in an unknown VPC': await outcome(ec2.send(new CreateRouteTableCommand({ VpcId: unknown.vpc }))),
      };
    },
  },
  {
    name: 'route table: a client token makes one',
    calls: ['EC2:CreateRouteTable'],
    expected: { 'the same one': true, 'with other parameters': 'IdempotentParameterMismatch' },
    run: async (clients, scratch) => {
      const [VpcId, other] = [await makeVpc(clients), await makeVpc(clients)];
      const ClientToken = scratch.name('token');
      const make = (vpc: string) =>
        clients.ec2.send(new CreateRouteTableCommand({ VpcId: vpc, ClientToken }));
      const [first, second] = [await make(VpcId), await make(VpcId)];
      return {
        'the same one': first.RouteTable?.RouteTableId === second.RouteTable?.RouteTableId,
        'with other parameters': await outcome(make(other)),
      };
    },
  },
  {
    name: 'route table: the subnets it serves',
    calls: [
      'EC2:AssociateRouteTable',
      'EC2:DisassociateRouteTable',
      'EC2:ReplaceRouteTableAssociation',
      'EC2:DescribeRouteTables',
    ],
    expected: {
      'has an id': true,
      seen: [['associated', false, true]],
      'found by its subnet': true,
      'deleting the table': 'DependencyViolation',
      'giving the subnet another table': 'Resource.AlreadyAssociated',
      'replacing the association': 'done',
      'the id is a new one': true,
      'the old table serves': [],
      'the new table serves': [['associated', false, true]],
      'letting go': 'done',
      'letting go again': 'InvalidAssociationID.NotFound',
      'deleting the table then': 'done',
      'an unknown table': 'InvalidRouteTableID.NotFound',
      'an unknown subnet': 'InvalidSubnetID.NotFound',
      'replacing an unknown association': 'InvalidAssociationID.NotFound',
    },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const vpc = await makeVpc(clients);
      const SubnetId = await makeSubnet(clients, vpc);
      const [table, other] = [await makeRouteTable(clients, vpc), await makeRouteTable(clients, vpc)];
      const associate = (RouteTableId: string, subnet = SubnetId) =>
        ec2.send(new AssociateRouteTableCommand({ RouteTableId, SubnetId: subnet }));
      const { AssociationId } = await associate(table);
      const serves = async (id: string) =>
        (await look(clients, id))?.Associations?.map((one) => [
          one.AssociationState?.State,
          one.Main,
          one.SubnetId === SubnetId,
        ]);
      const seen = await serves(table);
      await scratch.settle();
      const Filters = [{ Name: 'association.subnet-id', Values: [SubnetId] }];
      const bySubnet = await ec2.send(new DescribeRouteTablesCommand({ Filters }));
      const remove = () => outcome(ec2.send(new DeleteRouteTableCommand({ RouteTableId: table })));
      const before = {
        'has an id': isId('rtbassoc', AssociationId),
        seen,
        'found by its subnet': bySubnet.RouteTables?.map((one) => one.RouteTableId).join() === table,
        'deleting the table': await remove(),
        'giving the subnet another table': await outcome(associate(other)),
      };
      const replaced = await ec2.send(
        new ReplaceRouteTableAssociationCommand({ AssociationId, RouteTableId: other }),
      );
      const after = { old: await serves(table), new: await serves(other) };
      const letGo = () =>
        outcome(ec2.send(new DisassociateRouteTableCommand({ AssociationId: replaced.NewAssociationId })));
      return {
        ...before,
        'replacing the association': 'done',
        'the id is a new one':
          isId('rtbassoc', replaced.NewAssociationId) && replaced.NewAssociationId !== AssociationId,
        'the old table serves': after.old,
        'the new table serves': after.new,
        'letting go': await letGo(),
        'letting go again': await letGo(),
        'deleting the table then': await remove(),
        'an unknown table': await outcome(associate(unknown.routeTable)),
        'an unknown subnet': await outcome(associate(other, unknown.subnet)),
        'replacing an unknown association': await outcome(
          ec2.send(
            new ReplaceRouteTableAssociationCommand({
              AssociationId: unknown.association,
              RouteTableId: other,
            }),
          ),
        ),
      };
    },
  },
  {
    name: 'route table: associating the same again is no error',
    calls: ['EC2:AssociateRouteTable'],
    // A subnet has one table at a time; the same association is there already.
    expected: { 'the same association': true },
    run: async (clients) => {
      const vpc = await makeVpc(clients);
      const SubnetId = await makeSubnet(clients, vpc);
      const RouteTableId = await makeRouteTable(clients, vpc);
      const associate = () => clients.ec2.send(new AssociateRouteTableCommand({ RouteTableId, SubnetId }));
      return {
        'the same association': (await associate()).AssociationId === (await associate()).AssociationId,
      };
    },
  },
  {
    name: 'route table: a subnet goes, and its association with it',
    calls: ['EC2:DeleteSubnet', 'EC2:DescribeRouteTables'],
    expected: { deleting: 'done', 'subnets that the table serves': 0 },
    run: async (clients) => {
      const vpc = await makeVpc(clients);
      const SubnetId = await makeSubnet(clients, vpc);
      const RouteTableId = await makeRouteTable(clients, vpc);
      await clients.ec2.send(new AssociateRouteTableCommand({ RouteTableId, SubnetId }));
      const deleting = await outcome(clients.ec2.send(new DeleteSubnetCommand({ SubnetId })));
      const table = await look(clients, RouteTableId);
      return { deleting, 'subnets that the table serves': table?.Associations?.length };
    },
  },
  {
    name: 'route: to the internet gateway, to a NAT gateway, away',
    calls: ['EC2:CreateRoute', 'EC2:ReplaceRoute', 'EC2:DeleteRoute'],
    expected: {
      creating: 'done',
      'then it leads': ['igw', 'active', 'CreateRoute'],
      'creating it again': 'RouteAlreadyExists',
      replacing: 'done',
      'then it leads elsewhere': ['nat', 'active', 'CreateRoute'],
      deleting: 'done',
      'then there is': undefined,
      'deleting again': 'InvalidRoute.NotFound',
    },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const vpc = await makeVpc(clients);
      const GatewayId = await makeInternetGateway(clients, vpc);
      const NatGatewayId = await makeNatGateway(clients, scratch, await makeSubnet(clients, vpc));
      const RouteTableId = await makeRouteTable(clients, vpc);
      const route = { RouteTableId, DestinationCidrBlock: everywhere };
      const create = () => outcome(ec2.send(new CreateRouteCommand({ ...route, GatewayId })));
      const remove = () => outcome(ec2.send(new DeleteRouteCommand(route)));
      return {
        creating: await create(),
        'then it leads': await defaultRoute(clients, RouteTableId),
        'creating it again': await create(),
        replacing: await outcome(ec2.send(new ReplaceRouteCommand({ ...route, NatGatewayId }))),
        'then it leads elsewhere': await defaultRoute(clients, RouteTableId),
        deleting: await remove(),
        'then there is': await defaultRoute(clients, RouteTableId),
        'deleting again': await remove(),
      };
    },
  },
  {
    name: 'route: what cannot be made',
    calls: ['EC2:CreateRoute', 'EC2:ReplaceRoute', 'EC2:DeleteRoute'],
    expected: {
      'in an unknown table': 'InvalidRouteTableID.NotFound',
      'to an unknown internet gateway': 'InvalidGatewayID.NotFound',
      'to an unknown NAT gateway': 'InvalidNatGatewayID.NotFound',
      'replacing in an unknown table': 'InvalidRouteTableID.NotFound',
      'deleting in an unknown table': 'InvalidRouteTableID.NotFound',
      'with no CIDR': 'InvalidParameterValue',
    },
    run: async (clients) => {
      const { ec2 } = clients;
      const vpc = await makeVpc(clients);
      const GatewayId = await makeInternetGateway(clients, vpc);
      const table = { RouteTableId: await makeRouteTable(clients, vpc), DestinationCidrBlock: everywhere };
      const nowhere = { ...table, RouteTableId: unknown.routeTable };
      const create = (input: ConstructorParameters<typeof CreateRouteCommand>[0]) =>
        outcome(ec2.send(new CreateRouteCommand(input)));
      return {
        'in an unknown table': await create({ ...nowhere, GatewayId }),
        'to an unknown internet gateway': await create({ ...table, GatewayId: unknown.internetGateway }),
        'to an unknown NAT gateway': await create({ ...table, NatGatewayId: unknown.natGateway }),
        'replacing in an unknown table': await outcome(
          ec2.send(new ReplaceRouteCommand({ ...nowhere, GatewayId })),
        ),
        'deleting in an unknown table': await outcome(ec2.send(new DeleteRouteCommand(nowhere))),
        'with no CIDR': await create({ ...table, DestinationCidrBlock: 'everywhere', GatewayId }),
      };
    },
  },
  {
    name: 'route: a black hole once its gateway is gone',
    calls: ['EC2:DescribeRouteTables', 'EC2:DeleteNatGateway'],
    // VPC user guide, "Work with NAT gateways": "Deleting a NAT gateway … does not delete the NAT gateway
    // routes from your route tables"; Route: "blackhole indicates that the route's target isn't available".
    expected: { route: ['nat', 'blackhole', 'CreateRoute'] },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const vpc = await makeVpc(clients);
      await makeInternetGateway(clients, vpc);
      const NatGatewayId = await makeNatGateway(clients, scratch, await makeSubnet(clients, vpc));
      const RouteTableId = await makeRouteTable(clients, vpc);
      await ec2.send(
        new CreateRouteCommand({ RouteTableId, DestinationCidrBlock: everywhere, NatGatewayId }),
      );
      await ec2.send(new DeleteNatGatewayCommand({ NatGatewayId }));
      const route = await scratch.until(
        () => defaultRoute(clients, RouteTableId),
        (seen) => seen?.[1] === 'blackhole',
      );
      return { route };
    },
  },
];
