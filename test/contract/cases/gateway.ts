import {
  AllocateAddressCommand,
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateNatGatewayCommand,
  DeleteInternetGatewayCommand,
  DescribeAddressesCommand,
  DescribeInternetGatewaysCommand,
  DetachInternetGatewayCommand,
  ReleaseAddressCommand,
} from '@aws-sdk/client-ec2';

import { given, isId, outcome, tagsOf } from '../case.ts';
import type { ContractCase } from '../case.ts';
import { makeInternetGateway, makeSubnet, makeVpc, unknown } from '../fixtures.ts';

export const gatewayCases: readonly ContractCase[] = [
  {
    name: 'internet gateway: create, attach, detach, delete',
    calls: [
      'EC2:CreateInternetGateway',
      'EC2:AttachInternetGateway',
      'EC2:DescribeInternetGateways',
      'EC2:DetachInternetGateway',
      'EC2:DeleteInternetGateway',
    ],
    // InternetGatewayAttachment: "For an internet gateway, the state is available when attached to a VPC."
    expected: {
      'has an id': true,
      'attachments at first': [],
      tags: { 'es-ecs-cluster': 'search' },
      attaching: 'done',
      'attachments then': [['available', true]],
      'deleting while attached': 'DependencyViolation',
      detaching: 'done',
      'detaching again': 'Gateway.NotAttached',
      deleting: 'done',
      'deleting again': 'InvalidInternetGatewayID.NotFound',
      'looking at it': 'InvalidInternetGatewayID.NotFound',
    },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const VpcId = await makeVpc(clients);
      const Tags = [{ Key: 'es-ecs-cluster', Value: 'search' }];
      const { InternetGateway: made } = await ec2.send(
        new CreateInternetGatewayCommand({ TagSpecifications: [{ ResourceType: 'internet-gateway', Tags }] }),
      );
      const InternetGatewayId = given(made?.InternetGatewayId);
      const look = async () =>
        (await ec2.send(new DescribeInternetGatewaysCommand({ InternetGatewayIds: [InternetGatewayId] })))
          .InternetGateways?.[0];
      const attachments = (seen: Awaited<ReturnType<typeof look>>) =>
        (seen?.Attachments ?? []).map((one) => [one.State, one.VpcId === VpcId]);
      const first = await look();
      const place = { InternetGatewayId, VpcId };
      const attaching = await outcome(ec2.send(new AttachInternetGatewayCommand(place)));
      const then = await scratch.until(look, (seen) => seen?.Attachments?.[0]?.State !== undefined);
      const remove = () => outcome(ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId })));
      return {
        'has an id': isId('igw', InternetGatewayId),
        'attachments at first': attachments(first),
        tags: tagsOf(first?.Tags),
        attaching,
        'attachments then': attachments(then),
        'deleting while attached': await remove(),
        detaching: await outcome(ec2.send(new DetachInternetGatewayCommand(place))),
        'detaching again': await outcome(ec2.send(new DetachInternetGatewayCommand(place))),
        deleting: await remove(),
        'deleting again': await remove(),
        'looking at it': await outcome(look()),
      };
    },
  },
  {
    name: 'internet gateway: one VPC each',
    calls: ['EC2:AttachInternetGateway'],
    expected: {
      'to a second VPC': 'Resource.AlreadyAssociated',
      'to an unknown VPC': 'InvalidVpcID.NotFound',
      'an unknown one': 'InvalidInternetGatewayID.NotFound',
      'detaching an unknown one': 'InvalidInternetGatewayID.NotFound',
    },
    run: async (clients) => {
      const { ec2 } = clients;
      const [first, second] = [await makeVpc(clients), await makeVpc(clients)];
      const gateway = await makeInternetGateway(clients, first);
      const attach = (InternetGatewayId: string, VpcId: string) =>
        outcome(ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId, VpcId })));
      const { InternetGateway: free } = await ec2.send(new CreateInternetGatewayCommand({}));
      return {
        'to a second VPC': await attach(gateway, second),
        'to an unknown VPC': await attach(given(free?.InternetGatewayId), unknown.vpc),
        'an unknown one': await attach(unknown.internetGateway, second),
        'detaching an unknown one': await outcome(
          ec2.send(
            new DetachInternetGatewayCommand({ InternetGatewayId: unknown.internetGateway, VpcId: second }),
          ),
        ),
      };
    },
  },
  {
    name: 'elastic IP: allocate, look at it, release it',
    calls: ['EC2:AllocateAddress', 'EC2:DescribeAddresses', 'EC2:ReleaseAddress'],
    expected: {
      'has an id': true,
      domain: 'vpc',
      'the same address': true,
      tags: { 'es-ecs-cluster': 'search' },
      'held by': undefined,
      releasing: 'done',
      'releasing again': 'InvalidAllocationID.NotFound',
      'looking at it': 'InvalidAllocationID.NotFound',
    },
    run: async ({ ec2 }) => {
      const Tags = [{ Key: 'es-ecs-cluster', Value: 'search' }];
      const made = await ec2.send(
        new AllocateAddressCommand({
          Domain: 'vpc',
          TagSpecifications: [{ ResourceType: 'elastic-ip', Tags }],
        }),
      );
      const AllocationId = given(made.AllocationId);
      const look = async () =>
        (await ec2.send(new DescribeAddressesCommand({ AllocationIds: [AllocationId] }))).Addresses?.[0];
      const seen = await look();
      const release = () => outcome(ec2.send(new ReleaseAddressCommand({ AllocationId })));
      return {
        'has an id': isId('eipalloc', AllocationId),
        domain: seen?.Domain,
        'the same address': seen?.PublicIp !== undefined && seen.PublicIp === made.PublicIp,
        tags: tagsOf(seen?.Tags),
        'held by': seen?.AssociationId,
        releasing: await release(),
        'releasing again': await release(),
        'looking at it': await outcome(look()),
      };
    },
  },
  {
    name: 'elastic IP: not released while a NAT gateway has it',
    calls: ['EC2:ReleaseAddress', 'EC2:CreateNatGateway'],
    // ReleaseAddress names InvalidIPAddress.InUse, for addresses that one could disassociate. Of a NAT gateway's, which nobody can, EC2 says
    // what it says of bad credentials (kubernetes/kops issue 938, genevieve/leftovers issue 33).
    expected: { releasing: 'AuthFailure' },
    run: async (clients) => {
      const { ec2 } = clients;
      const vpc = await makeVpc(clients);
      await makeInternetGateway(clients, vpc);
      const SubnetId = await makeSubnet(clients, vpc);
      const { AllocationId } = await ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }));
      await ec2.send(new CreateNatGatewayCommand({ SubnetId, AllocationId }));
      return { releasing: await outcome(ec2.send(new ReleaseAddressCommand({ AllocationId }))) };
    },
  },
];
