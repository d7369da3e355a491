import {
  AllocateAddressCommand,
  CreateNatGatewayCommand,
  DeleteNatGatewayCommand,
  DeleteSubnetCommand,
  DescribeAddressesCommand,
  DescribeNatGatewaysCommand,
  DetachInternetGatewayCommand,
} from '@aws-sdk/client-ec2';

import type { Clients } from '../../../src/aws/clients.ts';
import { answer, given, isId, outcome, tagsOf } from '../case.ts';
import type { ContractCase } from '../case.ts';
import { makeInternetGateway, makeSubnet, makeVpc, unknown } from '../fixtures.ts';

/** All that a NAT gateway stands on. */
async function place(clients: Clients) {
  const VpcId = await makeVpc(clients);
  const InternetGatewayId = await makeInternetGateway(clients, VpcId);
  const SubnetId = await makeSubnet(clients, VpcId);
  const { AllocationId } = await clients.ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }));
  return { VpcId, InternetGatewayId, SubnetId, AllocationId: given(AllocationId) };
}

async function look({ ec2 }: Clients, id: string) {
  const answer = await ec2.send(new DescribeNatGatewaysCommand({ NatGatewayIds: [id] }));
  return answer.NatGateways?.[0];
}

export const natGatewayCases: readonly ContractCase[] = [
  {
    name: 'NAT gateway: create, wait, look at it',
    calls: ['EC2:CreateNatGateway', 'EC2:DescribeNatGateways'],
    expected: {
      'has an id': true,
      'state in the end': 'available',
      'kind, subnet, VPC': ['public', true, true],
      'its address': [true, true],
      tags: { 'es-ecs-cluster': 'search' },
      'of an unknown id': 'NatGatewayNotFound',
    },
    run: async (clients, scratch) => {
      const { SubnetId, AllocationId, VpcId } = await place(clients);
      const Tags = [{ Key: 'es-ecs-cluster', Value: 'search' }];
      const { NatGateway: made } = await clients.ec2.send(
        new CreateNatGatewayCommand({
          SubnetId,
          AllocationId,
          ConnectivityType: 'public',
          TagSpecifications: [{ ResourceType: 'natgateway', Tags }],
        }),
      );
      const id = given(made?.NatGatewayId);
      const seen = await scratch.until(
        () => look(clients, id),
        (one) => one?.State === 'available',
      );
      const { Addresses } = await clients.ec2.send(
        new DescribeAddressesCommand({ AllocationIds: [AllocationId] }),
      );
      const [address] = seen?.NatGatewayAddresses ?? [];
      return {
        'has an id': isId('nat', id),
        'state in the end': seen?.State,
        'kind, subnet, VPC': [seen?.ConnectivityType, seen?.SubnetId === SubnetId, seen?.VpcId === VpcId],
        'its address': [
          address?.AllocationId === AllocationId,
          address?.PublicIp === Addresses?.[0]?.PublicIp,
        ],
        tags: tagsOf(seen?.Tags),
        'of an unknown id': await outcome(look(clients, unknown.natGateway)),
      };
    },
  },
  {
    name: 'NAT gateway: takes its time',
    calls: ['EC2:CreateNatGateway', 'EC2:DeleteNatGateway', 'EC2:DescribeNatGateways'],
    // VPC user guide, "NAT gateway basics": pending, failed, available, deleting, deleted; deleted ones are
    // shown for about an hour.
    expected: {
      'state right after creation': 'pending',
      'state right after deletion': 'deleting',
      'state in the end': 'deleted',
    },
    run: async (clients, scratch) => {
      const { SubnetId, AllocationId } = await place(clients);
      const { NatGateway: made } = await clients.ec2.send(
        new CreateNatGatewayCommand({ SubnetId, AllocationId }),
      );
      const id = given(made?.NatGatewayId);
      const see = async () => {
        const answer = await clients.ec2.send(new DescribeNatGatewaysCommand({}));
        return answer.NatGateways?.find((one) => one.NatGatewayId === id)?.State;
      };
      await scratch.until(see, (state) => state === 'available');
      await clients.ec2.send(new DeleteNatGatewayCommand({ NatGatewayId: id }));
      return {
        'state right after creation': made?.State,
        'state right after deletion': await see(),
        'state in the end': await scratch.until(see, (state) => state === 'deleted'),
      };
    },
  },
  {
    name: 'NAT gateway: what cannot be made or deleted',
    calls: ['EC2:CreateNatGateway', 'EC2:DeleteNatGateway'],
    expected: {
      'in an unknown subnet': 'InvalidSubnetID.NotFound',
      'deleting an unknown one': 'NatGatewayNotFound',
    },
    run: async (clients) => {
      const { AllocationId } = await place(clients);
      return {
        'in an unknown subnet': await outcome(
          clients.ec2.send(new CreateNatGatewayCommand({ SubnetId: unknown.subnet, AllocationId })),
        ),
        'deleting an unknown one': await outcome(
          clients.ec2.send(new DeleteNatGatewayCommand({ NatGatewayId: unknown.natGateway })),
        ),
      };
    },
  },
  {
    name: 'NAT gateway: without an internet gateway it fails',
    calls: ['EC2:CreateNatGateway', 'EC2:DescribeNatGateways'],
    // "Troubleshoot NAT gateways": "Network vpc-… has no Internet gateway attached", FailureCode
    // Gateway.NotAttached.
    expected: { creating: 'pending', 'in the end': ['failed', 'Gateway.NotAttached'] },
    run: async (clients, scratch) => {
      const { SubnetId, AllocationId, InternetGatewayId, VpcId } = await place(clients);
      await clients.ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId, VpcId }));
      const { NatGateway: made } = await clients.ec2.send(
        new CreateNatGatewayCommand({ SubnetId, AllocationId }),
      );
      const seen = await scratch.until(
        () => look(clients, given(made?.NatGatewayId)),
        (one) => one?.State === 'failed',
      );
      return { creating: made?.State, 'in the end': [seen?.State, seen?.FailureCode] };
    },
  },
  {
    name: 'NAT gateway: a client token makes one',
    calls: ['EC2:CreateNatGateway'],
    // "Ensuring idempotency in Amazon EC2 API requests".
    expected: { 'the same one': true, 'with other parameters': 'IdempotentParameterMismatch' },
    run: async (clients, scratch) => {
      const { SubnetId, AllocationId, VpcId } = await place(clients);
      const ClientToken = scratch.name('token');
      const make = (input: { SubnetId: string }) =>
        clients.ec2.send(new CreateNatGatewayCommand({ ...input, AllocationId, ClientToken }));
      const first = await make({ SubnetId });
      const otherSubnet = await makeSubnet(clients, VpcId, '10.0.2.0/24');
      return {
        'the same one': await answer(
          make({ SubnetId }),
          (second) => second.NatGateway?.NatGatewayId === first.NatGateway?.NatGatewayId,
        ),
        'with other parameters': await outcome(make({ SubnetId: otherSubnet })),
      };
    },
  },
  {
    name: 'NAT gateway: holds its subnet and the internet gateway',
    calls: ['EC2:DeleteSubnet', 'EC2:DetachInternetGateway'],
    // VPC user guide: a subnet is deleted without network interfaces in it, an internet gateway is detached
    // without mapped public addresses.
    expected: {
      'deleting its subnet': 'DependencyViolation',
      'detaching the gateway': 'DependencyViolation',
    },
    run: async (clients, scratch) => {
      const { SubnetId, AllocationId, InternetGatewayId, VpcId } = await place(clients);
      const { NatGateway: made } = await clients.ec2.send(
        new CreateNatGatewayCommand({ SubnetId, AllocationId }),
      );
      await scratch.until(
        () => look(clients, given(made?.NatGatewayId)),
        (one) => one?.State === 'available',
      );
      return {
        'deleting its subnet': await outcome(clients.ec2.send(new DeleteSubnetCommand({ SubnetId }))),
        'detaching the gateway': await outcome(
          clients.ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId, VpcId })),
        ),
      };
    },
  },
];
