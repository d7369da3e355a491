import {
  CreateSubnetCommand,
  DeleteSubnetCommand,
  DescribeSubnetsCommand,
  ModifySubnetAttributeCommand,
} from '@aws-sdk/client-ec2';

import { given, isId, outcome, tagsOf } from '../case.ts';
import type { ContractCase } from '../case.ts';
import { makeSubnet, makeVpc, unknown, zone } from '../fixtures.ts';

export const subnetCases: readonly ContractCase[] = [
  {
    name: 'subnet: create, look at it, delete it',
    calls: ['EC2:CreateSubnet', 'EC2:DescribeSubnets', 'EC2:DeleteSubnet'],
    // VPC user guide, "Subnet CIDR blocks": AWS keeps the first four addresses and the last one for itself.
    expected: {
      'has an id': true,
      seen: {
        zone,
        cidr: '10.0.1.0/24',
        state: 'available',
        'public addresses': false,
        free: 251,
        'in its VPC': true,
      },
      tags: { 'es-ecs-cluster': 'search' },
      deleting: 'done',
      'deleting again': 'InvalidSubnetID.NotFound',
      'looking at it': 'InvalidSubnetID.NotFound',
    },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const VpcId = await makeVpc(clients);
      const { Subnet: made } = await ec2.send(
        new CreateSubnetCommand({
          VpcId,
          CidrBlock: '10.0.1.0/24',
          AvailabilityZone: zone,
          TagSpecifications: [{ ResourceType: 'subnet', Tags: [{ Key: 'es-ecs-cluster', Value: 'search' }] }],
        }),
      );
      const SubnetId = given(made?.SubnetId);
      const look = async () =>
        (await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [SubnetId] }))).Subnets?.[0];
      const seen = await scratch.until(look, (subnet) => subnet?.State === 'available');
      return {
        'has an id': isId('subnet', SubnetId),
        seen: {
          zone: seen?.AvailabilityZone,
          cidr: seen?.CidrBlock,
          state: seen?.State,
          'public addresses': seen?.MapPublicIpOnLaunch,
          free: seen?.AvailableIpAddressCount,
          'in its VPC': seen?.VpcId === VpcId,
        },
        tags: tagsOf(seen?.Tags),
        deleting: await outcome(ec2.send(new DeleteSubnetCommand({ SubnetId }))),
        'deleting again': await outcome(ec2.send(new DeleteSubnetCommand({ SubnetId }))),
        'looking at it': await outcome(look()),
      };
    },
  },
  {
    name: 'subnet: what cannot be made',
    calls: ['EC2:CreateSubnet'],
    // EC2 API reference, error codes.
    expected: {
      'overlapping another': 'InvalidSubnet.Conflict',
      'outside the VPC': 'InvalidSubnet.Range',
      'of an unknown VPC': 'InvalidVpcID.NotFound',
      'in a zone of nobody': 'InvalidParameterValue',
      'of a /29': 'InvalidSubnet.Range',
    },
    run: async (clients) => {
      const VpcId = await makeVpc(clients);
      await makeSubnet(clients, VpcId, '10.0.0.0/20');
      const make = (CidrBlock: string, AvailabilityZone: string = zone, vpc: string = VpcId) =>
        outcome(clients.ec2.send(new CreateSubnetCommand({ VpcId: vpc, CidrBlock, AvailabilityZone })));
      return {
        'overlapping another': await make('10.0.8.0/24'),
        'outside the VPC': await make('10.1.0.0/24'),
        'of an unknown VPC': await make('10.0.16.0/24', zone, unknown.vpc),
        'in a zone of nobody': await make('10.0.16.0/24', 'eu-west-1z'),
        'of a /29': await make('10.0.16.0/29'),
      };
    },
  },
  {
    name: 'subnet: public addresses are a later change',
    calls: ['EC2:ModifySubnetAttribute', 'EC2:DescribeSubnets'],
    expected: { on: true, off: false, 'of an unknown subnet': 'InvalidSubnetID.NotFound' },
    run: async (clients) => {
      const { ec2 } = clients;
      const SubnetId = await makeSubnet(clients, await makeVpc(clients));
      const set = async (Value: boolean): Promise<boolean | undefined> => {
        await ec2.send(new ModifySubnetAttributeCommand({ SubnetId, MapPublicIpOnLaunch: { Value } }));
        const { Subnets } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [SubnetId] }));
        return Subnets?.[0]?.MapPublicIpOnLaunch;
      };
      return {
        on: await set(true),
        off: await set(false),
        'of an unknown subnet': await outcome(
          ec2.send(
            new ModifySubnetAttributeCommand({
              SubnetId: unknown.subnet,
              MapPublicIpOnLaunch: { Value: true },
            }),
          ),
        ),
      };
    },
  },
];
