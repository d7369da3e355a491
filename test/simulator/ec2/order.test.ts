import {
  AssociateRouteTableCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  CreateSecurityGroupCommand,
  CreateVpcEndpointCommand,
  DeleteInternetGatewayCommand,
  DeleteNatGatewayCommand,
  DeleteRouteTableCommand,
  DeleteSecurityGroupCommand,
  DeleteSubnetCommand,
  DeleteVpcCommand,
  DeleteVpcEndpointsCommand,
  DescribeVpcsCommand,
  DetachInternetGatewayCommand,
  DisassociateRouteTableCommand,
  type EC2Client,
  ReleaseAddressCommand,
} from '@aws-sdk/client-ec2';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  given,
  makeAddress,
  makeInternetGateway,
  makeNatGateway,
  makeSubnet,
  makeVpc,
  openAccount,
  type TestAccount,
} from './account.ts';

/** The steps that take a network away, in an order in which AWS lets them all through. */
const rightOrder = [
  'endpoint',
  'nat gateway',
  'address',
  'association',
  'route table',
  'subnet',
  'detach',
  'internet gateway',
  'node group',
  'bastion group',
  'vpc',
] as const;

type Step = (typeof rightOrder)[number];
type Steps = Readonly<Record<Step, () => Promise<unknown>>>;

async function makeGroup(ec2: EC2Client, VpcId: string, GroupName: string): Promise<string> {
  const { GroupId } = await ec2.send(
    new CreateSecurityGroupCommand({ VpcId, GroupName, Description: GroupName }),
  );
  return given(GroupId);
}

async function makeNetwork(ec2: EC2Client): Promise<Steps> {
  const VpcId = await makeVpc(ec2);
  const InternetGatewayId = await makeInternetGateway(ec2, VpcId);
  const SubnetId = await makeSubnet(ec2, VpcId, '10.0.0.0/24');
  const AllocationId = await makeAddress(ec2);
  const NatGatewayId = await makeNatGateway(ec2, SubnetId, AllocationId);
  const table = await ec2.send(new CreateRouteTableCommand({ VpcId }));
  const RouteTableId = given(table.RouteTable?.RouteTableId);
  await ec2.send(new CreateRouteCommand({ RouteTableId, DestinationCidrBlock: '0.0.0.0/0', NatGatewayId }));
  const { AssociationId } = await ec2.send(new AssociateRouteTableCommand({ RouteTableId, SubnetId }));
  const endpoint = await ec2.send(
    new CreateVpcEndpointCommand({
      VpcId,
      ServiceName: 'com.amazonaws.eu-west-1.s3',
      RouteTableIds: [RouteTableId],
    }),
  );
  const VpcEndpointIds = [given(endpoint.VpcEndpoint?.VpcEndpointId)];
  const bastion = await makeGroup(ec2, VpcId, 'bastion');
  const node = await makeGroup(ec2, VpcId, 'node');
  await ec2.send(
    new AuthorizeSecurityGroupIngressCommand({
      GroupId: node,
      IpPermissions: [
        { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, UserIdGroupPairs: [{ GroupId: bastion }] },
      ],
    }),
  );
  return {
    endpoint: () => ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds })),
    'nat gateway': () => ec2.send(new DeleteNatGatewayCommand({ NatGatewayId })),
    address: () => ec2.send(new ReleaseAddressCommand({ AllocationId })),
    association: () => ec2.send(new DisassociateRouteTableCommand({ AssociationId })),
    'route table': () => ec2.send(new DeleteRouteTableCommand({ RouteTableId })),
    subnet: () => ec2.send(new DeleteSubnetCommand({ SubnetId })),
    detach: () => ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId, VpcId })),
    'internet gateway': () => ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId })),
    'node group': () => ec2.send(new DeleteSecurityGroupCommand({ GroupId: node })),
    'bastion group': () => ec2.send(new DeleteSecurityGroupCommand({ GroupId: bastion })),
    vpc: () => ec2.send(new DeleteVpcCommand({ VpcId })),
  };
}

/** What is still there, apart from the memory of tokens. */
function left({ account }: TestAccount): string[] {
  return Object.entries(account.snapshot().tables)
    .filter(([name, rows]) => name.startsWith('ec2/') && rows.length > 0)
    .map(([name]) => name);
}

/** AWS's words for "not yet". A step whose thing went with another's is done: a subnet takes its association. */
const notYet = new Set(['AuthFailure', 'DependencyViolation']);
const doneAlready = new Set(['InvalidAssociationID.NotFound']);

async function isDone(step: () => Promise<unknown>): Promise<boolean> {
  try {
    await step();
    return true;
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    if (notYet.has(name)) return false;
    if (doneAlready.has(name)) return true;
    throw error;
  }
}

describe('taking a network away', () => {
  it('goes through in the right order, and leaves nothing', async () => {
    const test = openAccount();
    const steps = await makeNetwork(test.ec2);
    for (const name of rightOrder) {
      await steps[name]();
      if (name === 'nat gateway' || name === 'endpoint') await test.clock.sleep(60_000);
    }
    await test.clock.sleep(4_000_000);
    // Time shows with the next call.
    await test.ec2.send(new DescribeVpcsCommand({}));
    expect(left(test)).toEqual([]);
  });

  it('is refused step by step in any other order, and gets there all the same', async () => {
    const orders = fc.shuffledSubarray([...rightOrder], { minLength: rightOrder.length });
    await fc.assert(
      fc.asyncProperty(orders, async (order) => {
        const test = openAccount();
        const steps = await makeNetwork(test.ec2);
        const done: Step[] = [];
        for (let pass = 0; pass < rightOrder.length && done.length < order.length; pass += 1) {
          for (const name of order.filter((one) => !done.includes(one))) {
            if (await isDone(steps[name])) done.push(name);
          }
          await test.clock.sleep(60_000);
        }
        expect(done).toHaveLength(order.length);
        expectBefore(done, 'nat gateway', ['address', 'subnet', 'detach']);
        expectBefore(done, 'detach', ['internet gateway']);
        expectBefore(done, 'node group', ['bastion group']);
        expect(done.at(-1) === 'vpc' || afterVpc(done).every((one) => outlivesVpc.has(one))).toBe(true);
      }),
      { numRuns: 20 },
    );
  });
});

/** What does not lie in a VPC, so that it may go after it. */
const outlivesVpc: ReadonlySet<Step> = new Set<Step>(['address', 'internet gateway', 'association']);

function afterVpc(done: readonly Step[]): readonly Step[] {
  return done.slice(done.indexOf('vpc') + 1);
}

function expectBefore(done: readonly Step[], first: Step, later: readonly Step[]): void {
  for (const one of later) expect(done.indexOf(first)).toBeLessThan(done.indexOf(one));
}
