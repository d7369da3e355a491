import {
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateRouteTableCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { GetParameterCommand } from '@aws-sdk/client-ssm';

import type { Clients } from '../../src/aws/clients.ts';
import type { Scratch } from './case.ts';
import { given } from './case.ts';

/** A zone that both accounts have. */
export const zone = 'eu-west-1a';
export const otherZone = 'eu-west-1b';

/** Ids of the right form that nobody has. */
export const unknown = {
  vpc: 'vpc-0123456789abcdef0',
  subnet: 'subnet-0123456789abcdef0',
  internetGateway: 'igw-0123456789abcdef0',
  allocation: 'eipalloc-0123456789abcdef0',
  natGateway: 'nat-0123456789abcdef0',
  routeTable: 'rtb-0123456789abcdef0',
  association: 'rtbassoc-0123456789abcdef0',
  endpoint: 'vpce-0123456789abcdef0',
  securityGroup: 'sg-0123456789abcdef0',
  keyPair: 'key-0123456789abcdef0',
  instance: 'i-0123456789abcdef0',
  volume: 'vol-0123456789abcdef0',
  launchTemplate: 'lt-0123456789abcdef0',
} as const;

/** A VPC of 10.0.0.0/16; its id. */
export async function makeVpc({ ec2 }: Clients): Promise<string> {
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
  return given(Vpc?.VpcId);
}

/** A subnet; its id. */
export async function makeSubnet(
  { ec2 }: Clients,
  VpcId: string,
  CidrBlock = '10.0.1.0/24',
): Promise<string> {
  const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock, AvailabilityZone: zone }));
  return given(Subnet?.SubnetId);
}

/** An internet gateway, attached; its id. */
export async function makeInternetGateway({ ec2 }: Clients, VpcId: string): Promise<string> {
  const { InternetGateway } = await ec2.send(new CreateInternetGatewayCommand({}));
  const InternetGatewayId = given(InternetGateway?.InternetGatewayId);
  await ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId, VpcId }));
  return InternetGatewayId;
}

/** A route table; its id. */
export async function makeRouteTable({ ec2 }: Clients, VpcId: string): Promise<string> {
  const { RouteTable } = await ec2.send(new CreateRouteTableCommand({ VpcId }));
  return given(RouteTable?.RouteTableId);
}

/** A security group; its id. */
export async function makeSecurityGroup({ ec2 }: Clients, scratch: Scratch, VpcId: string): Promise<string> {
  const { GroupId } = await ec2.send(
    new CreateSecurityGroupCommand({
      VpcId,
      GroupName: scratch.name('group'),
      Description: 'for a contract',
    }),
  );
  return given(GroupId);
}

/** The ECS-optimised image of today. */
export async function hostImage({ ssm }: Clients): Promise<string> {
  const Name = '/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id';
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name }));
  return given(Parameter?.Value);
}

/** An ed25519 public key in OpenSSH's format; another one for another seed. */
export function publicKey(seed: number): string {
  const kind = Buffer.from('ssh-ed25519');
  const length = (bytes: number): Buffer => Buffer.from([0, 0, 0, bytes]);
  const body = Buffer.concat([length(kind.length), kind, length(32), Buffer.alloc(32, seed)]);
  return `ssh-ed25519 ${body.toString('base64')} contract`;
}

/** An instance, in a network of its own; its id. */
export async function makeInstance(clients: Clients): Promise<string> {
  const SubnetId = await makeSubnet(clients, await makeVpc(clients));
  const { Instances } = await clients.ec2.send(
    new RunInstancesCommand({
      MinCount: 1,
      MaxCount: 1,
      ImageId: await hostImage(clients),
      InstanceType: 't3.micro',
      SubnetId,
    }),
  );
  return given(Instances?.[0]?.InstanceId);
}
