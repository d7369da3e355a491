import {
  DescribeInstancesCommand,
  DescribeNatGatewaysCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVolumesCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';

import { blockersOfGroup, blockersOfSubnet, volumeHolders } from '../../../src/steps/network/blockers.ts';
import { createBench } from '../support/bench.ts';

const ownTag = { Key: 'es-ecs-cluster', Value: 'search' };
const look = 'aws ec2 describe-network-interfaces --network-interface-ids';

interface Seen {
  readonly interfaces?: object[];
  readonly instances?: object[];
  readonly gateways?: object[];
  readonly groups?: object[];
  readonly volumes?: object[];
}

function account(seen: Seen) {
  const bench = createBench();
  const stub = bench.stub('ec2');
  stub.answer(DescribeNetworkInterfacesCommand, { NetworkInterfaces: seen.interfaces ?? [] });
  stub.answer(DescribeInstancesCommand, { Reservations: [{ Instances: seen.instances ?? [] }] });
  stub.answer(DescribeNatGatewaysCommand, { NatGateways: seen.gateways ?? [] });
  stub.answer(DescribeSecurityGroupsCommand, { SecurityGroups: seen.groups ?? [] });
  stub.answer(DescribeVolumesCommand, { Volumes: seen.volumes ?? [] });
  return { context: bench.context, stub };
}

describe('what holds a subnet', () => {
  it("names a load balancer's interface, with who made it, as somebody else's", async () => {
    const eni = {
      NetworkInterfaceId: 'eni-1',
      Description: 'ELB net/theirs/50dc6c495c0c9188',
      RequesterManaged: true,
      RequesterId: 'amazon-elb',
      Attachment: { InstanceOwnerId: 'amazon-aws' },
    };
    const { context, stub } = account({ interfaces: [eni] });
    expect(await blockersOfSubnet(context, 'subnet-1')).toEqual([
      {
        what: 'eni-1 ("ELB net/theirs/50dc6c495c0c9188"), made by amazon-elb, which es-ecs did not make',
        passes: false,
        look: `${look} eni-1`,
      },
    ]);
    expect(stub.sent(DescribeNetworkInterfacesCommand)).toMatchObject([
      { Filters: [{ Name: 'subnet-id', Values: ['subnet-1'] }] },
    ]);
    expect(stub.sent(DescribeInstancesCommand)).toEqual([]);
  });

  it('knows its own NAT gateway, and its own host that is ending, as what goes by itself', async () => {
    const { context } = account({
      interfaces: [
        {
          NetworkInterfaceId: 'eni-2',
          Description: 'Interface for NAT Gateway nat-1',
          RequesterManaged: true,
        },
        { NetworkInterfaceId: 'eni-3', Attachment: { InstanceId: 'i-1' } },
        { NetworkInterfaceId: 'eni-4', Attachment: { InstanceId: 'i-2' } },
      ],
      gateways: [{ NatGatewayId: 'nat-1', State: 'deleting', Tags: [ownTag] }],
      instances: [
        { InstanceId: 'i-1', State: { Name: 'running' }, Tags: [ownTag, { Key: 'Name', Value: 'search-0' }] },
        { InstanceId: 'i-2', State: { Name: 'shutting-down' } },
      ],
    });
    expect(await blockersOfSubnet(context, 'subnet-1')).toMatchObject([
      { what: 'eni-2 ("Interface for NAT Gateway nat-1")', passes: true },
      { what: 'eni-3 of the instance i-1 ("search-0"), running', passes: true },
      { what: 'eni-4 of the instance i-2, shutting-down, which es-ecs did not make', passes: true },
    ]);
  });
});

describe('what holds a security group', () => {
  it('names other groups whose rules name it, and not itself', async () => {
    const { context } = account({
      groups: [
        { GroupId: 'sg-1', GroupName: 'own', Tags: [ownTag] },
        { GroupId: 'sg-2', GroupName: 'theirs' },
      ],
    });
    expect(await blockersOfGroup(context, 'sg-1')).toEqual([
      {
        what: 'a rule of sg-2 (theirs), which es-ecs did not make',
        passes: false,
        look: 'aws ec2 describe-security-groups --group-ids sg-2',
      },
    ]);
  });
});

describe('what holds a volume', () => {
  it('names the instance it is attached to, and whose that is', async () => {
    const { context } = account({
      volumes: [{ VolumeId: 'vol-1', Attachments: [{ InstanceId: 'i-9' }] }],
      instances: [{ InstanceId: 'i-9', State: { Name: 'running' } }],
    });
    expect(await volumeHolders(context, 'vol-1')).toEqual([
      {
        what: 'the instance i-9, running, which es-ecs did not make',
        passes: false,
        look: 'aws ec2 describe-instances --instance-ids i-9',
      },
    ]);
  });
});
