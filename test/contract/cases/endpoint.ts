import {
  CreateVpcEndpointCommand,
  DeleteRouteTableCommand,
  DeleteVpcCommand,
  DeleteVpcEndpointsCommand,
  DescribeRouteTablesCommand,
  DescribeVpcEndpointsCommand,
  ModifyVpcEndpointCommand,
} from '@aws-sdk/client-ec2';

import type { Clients } from '../../../src/aws/clients.ts';
import { given, isId, outcome, tagsOf } from '../case.ts';
import type { ContractCase } from '../case.ts';
import { makeRouteTable, makeVpc, unknown } from '../fixtures.ts';

const ServiceName = 'com.amazonaws.eu-west-1.s3';
const policy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: ['arn:aws:s3:::bucket/*'] },
  ],
});

async function make(
  clients: Clients,
  VpcId: string,
  more: Partial<ConstructorParameters<typeof CreateVpcEndpointCommand>[0]> = {},
) {
  const command = new CreateVpcEndpointCommand({ VpcEndpointType: 'Gateway', VpcId, ServiceName, ...more });
  return (await clients.ec2.send(command)).VpcEndpoint;
}

async function look({ ec2 }: Clients, id: string) {
  const answer = await ec2.send(new DescribeVpcEndpointsCommand({ VpcEndpointIds: [id] }));
  return answer.VpcEndpoints?.[0];
}

export const endpointCases: readonly ContractCase[] = [
  {
    name: 'endpoint: create, look at it, change it',
    calls: ['EC2:CreateVpcEndpoint', 'EC2:DescribeVpcEndpoints', 'EC2:ModifyVpcEndpoint'],
    expected: {
      'has an id': true,
      seen: ['available', 'Gateway', ServiceName],
      'serves its table': true,
      tags: { 'es-ecs-cluster': 'search' },
      'the policy says': ['s3:GetObject'],
      'moving to another table': 'done',
      'then it serves the other': true,
      'another policy': 'done',
      'then it says': ['*'],
      'an unknown one': 'InvalidVpcEndpointId.NotFound',
      'changing an unknown one': 'InvalidVpcEndpointId.NotFound',
    },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const vpc = await makeVpc(clients);
      const [table, other] = [await makeRouteTable(clients, vpc), await makeRouteTable(clients, vpc)];
      const Tags = [{ Key: 'es-ecs-cluster', Value: 'search' }];
      const made = await make(clients, vpc, {
        RouteTableIds: [table],
        PolicyDocument: policy,
        TagSpecifications: [{ ResourceType: 'vpc-endpoint', Tags }],
      });
      const VpcEndpointId = given(made?.VpcEndpointId);
      const see = () => look(clients, VpcEndpointId);
      const isAvailable = (one: Awaited<ReturnType<typeof see>>) => one?.State?.toLowerCase() === 'available';
      const actions = (one: Awaited<ReturnType<typeof see>>) => {
        const document = JSON.parse(one?.PolicyDocument ?? '{}') as { Statement?: { Action: string }[] };
        return document.Statement?.map((statement) => statement.Action);
      };
      const seen = await scratch.until(see, isAvailable);
      const modify = (change: object, id = VpcEndpointId) =>
        outcome(ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId: id, ...change })));
      const moving = await modify({ AddRouteTableIds: [other], RemoveRouteTableIds: [table] });
      const moved = await see();
      const rewriting = await modify({ PolicyDocument: policy.replace('s3:GetObject', '*') });
      return {
        'has an id': isId('vpce', VpcEndpointId),
        // "The model says `Available`, the wire `available`": the product reads either.
        seen: [seen?.State?.toLowerCase(), seen?.VpcEndpointType, seen?.ServiceName],
        'serves its table': seen?.RouteTableIds?.join() === table,
        tags: tagsOf(seen?.Tags),
        'the policy says': actions(seen),
        'moving to another table': moving,
        'then it serves the other': moved?.RouteTableIds?.join() === other,
        'another policy': rewriting,
        'then it says': actions(await see()),
        'an unknown one': await outcome(look(clients, unknown.endpoint)),
        'changing an unknown one': await modify({ AddRouteTableIds: [table] }, unknown.endpoint),
      };
    },
  },
  {
    name: 'endpoint: deleting',
    calls: ['EC2:DeleteVpcEndpoints', 'EC2:DescribeVpcEndpoints'],
    // DeleteVpcEndpoints answers with those it could not delete; deleting a gateway endpoint takes its routes
    // away.
    expected: {
      deleting: 'done',
      'refused ones': [],
      'in the end it is gone': true,
      'deleting an unknown one': 'done',
      // EC2's error codes list both InvalidVpcEndpoint.NotFound and InvalidVpcEndpointId.NotFound; the
      // product takes either.
      'unknown ones are refused': [true],
    },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const vpc = await makeVpc(clients);
      const made = await make(clients, vpc, { RouteTableIds: [await makeRouteTable(clients, vpc)] });
      const id = given(made?.VpcEndpointId);
      const remove = (one: string) => ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [one] }));
      let refused: unknown;
      const deleting = await outcome(
        remove(id).then((answer) => {
          refused = answer.Unsuccessful ?? [];
        }),
      );
      const see = async () => {
        const { VpcEndpoints = [] } = await ec2.send(new DescribeVpcEndpointsCommand({}));
        return VpcEndpoints.find((one) => one.VpcEndpointId === id)?.State?.toLowerCase();
      };
      const state = await scratch.until(see, (one) => one === undefined || one === 'deleted');
      let codes: unknown;
      const again = await outcome(
        remove(unknown.endpoint).then((answer) => {
          codes = (answer.Unsuccessful ?? []).map((one) =>
            /^InvalidVpcEndpoint(Id)?\.NotFound$/.test(one.Error?.Code ?? ''),
          );
        }),
      );
      return {
        deleting,
        'refused ones': refused,
        'in the end it is gone': state === undefined || state === 'deleted',
        'deleting an unknown one': again,
        'unknown ones are refused': codes,
      };
    },
  },
  {
    name: 'endpoint: what cannot be made',
    calls: ['EC2:CreateVpcEndpoint'],
    // Gateway endpoints: "You can't have multiple … to the same service in a single route table",
    // RouteAlreadyExists.
    expected: {
      'in an unknown VPC': 'InvalidVpcID.NotFound',
      // EC2 spells it with Id here and with ID elsewhere.
      'with an unknown table': true,
      'of a service of nobody': 'InvalidServiceName',
      'a second one for a table': 'RouteAlreadyExists',
    },
    run: async (clients) => {
      const vpc = await makeVpc(clients);
      const table = await makeRouteTable(clients, vpc);
      await make(clients, vpc, { RouteTableIds: [table] });
      return {
        'in an unknown VPC': await outcome(make(clients, unknown.vpc)),
        'with an unknown table': /^InvalidRouteTableI[dD]\.NotFound$/.test(
          await outcome(make(clients, vpc, { RouteTableIds: [unknown.routeTable] })),
        ),
        'of a service of nobody': await outcome(
          make(clients, vpc, { ServiceName: 'com.amazonaws.eu-west-1.nobody' }),
        ),
        'a second one for a table': await outcome(make(clients, vpc, { RouteTableIds: [table] })),
      };
    },
  },
  {
    name: 'endpoint: a client token makes one',
    calls: ['EC2:CreateVpcEndpoint'],
    expected: { 'the same one': true, 'with other parameters': 'IdempotentParameterMismatch' },
    run: async (clients, scratch) => {
      const [vpc, other] = [await makeVpc(clients), await makeVpc(clients)];
      const ClientToken = scratch.name('token');
      const [first, second] = [
        await make(clients, vpc, { ClientToken }),
        await make(clients, vpc, { ClientToken }),
      ];
      return {
        'the same one': first?.VpcEndpointId === second?.VpcEndpointId,
        'with other parameters': await outcome(make(clients, other, { ClientToken })),
      };
    },
  },
  {
    name: 'endpoint: its route is in the table, and goes with it',
    calls: ['EC2:DescribeRouteTables', 'EC2:DeleteRouteTable', 'EC2:DeleteVpc'],
    // "Gateway endpoints": a route from the prefix list to the endpoint is added to the tables that are
    // chosen.
    expected: {
      route: [['pl', 'vpce', 'active']],
      'deleting the table': 'done',
      'tables that it serves then': 0,
      'deleting the VPC': 'DependencyViolation',
    },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const VpcId = await makeVpc(clients);
      const RouteTableId = await makeRouteTable(clients, VpcId);
      const made = await make(clients, VpcId, { RouteTableIds: [RouteTableId] });
      const id = given(made?.VpcEndpointId);
      await scratch.until(
        () => look(clients, id),
        (one) => one?.State?.toLowerCase() === 'available',
      );
      const { RouteTables } = await ec2.send(
        new DescribeRouteTablesCommand({ RouteTableIds: [RouteTableId] }),
      );
      const routes = RouteTables?.[0]?.Routes?.filter((one) => one.DestinationPrefixListId !== undefined);
      const deleting = await outcome(ec2.send(new DeleteRouteTableCommand({ RouteTableId })));
      const seen = await look(clients, id);
      return {
        route: routes?.map((one) => [
          one.DestinationPrefixListId?.split('-')[0],
          one.GatewayId?.split('-')[0],
          one.State,
        ]),
        'deleting the table': deleting,
        'tables that it serves then': seen?.RouteTableIds?.length ?? 0,
        'deleting the VPC': await outcome(ec2.send(new DeleteVpcCommand({ VpcId }))),
      };
    },
  },
];
