import {
  AllocateAddressCommand,
  AssociateRouteTableCommand,
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateLaunchTemplateCommand,
  CreateNatGatewayCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  CreateSubnetCommand,
  CreateVolumeCommand,
  CreateVpcCommand,
  type RequestLaunchTemplateData,
} from '@aws-sdk/client-ec2';
import { CreateClusterCommand } from '@aws-sdk/client-ecs';
import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { GetParameterCommand } from '@aws-sdk/client-ssm';

import { type Clients, createClients } from '../../src/aws/clients.ts';
import { CallMeter } from '../../src/aws/meter.ts';
import { createVirtualClock, type VirtualClock } from '../../src/engine/clock.ts';
import {
  createSimulatedAccount,
  type SimulatedAccount,
  type SimulatedAccountOptions,
} from '../../src/simulator/account.ts';
import { renderUserData } from '../../src/templates/user-data.ts';

const region = 'eu-west-1';
export const zones = ['a', 'b', 'c'].map((letter) => region + letter);

export interface Stage {
  readonly account: SimulatedAccount;
  readonly clients: Clients;
  readonly clock: VirtualClock;
}

/** An empty simulated account with clients. */
export function stage(options: Partial<SimulatedAccountOptions> = {}): Stage {
  const clock = createVirtualClock({ startMs: Date.UTC(2026, 0, 1) });
  const account = createSimulatedAccount({ region, ...options, clock });
  const clients = createClients({
    region,
    clock,
    meter: new CallMeter(),
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
    attach: (client) => {
      account.attach(client);
    },
  });
  return { account, clients, clock };
}

/** What a call was refused with, by name; undefined when it was not. */
export async function refusal(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

/** The message beside the name. */
export async function complaint(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export const imageParameter = '/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id';

export async function imageId({ clients }: Stage, name: string = imageParameter): Promise<string> {
  const { Parameter } = await clients.ssm.send(new GetParameterCommand({ Name: name }));
  return must(Parameter?.Value);
}

/** For what the API always answers. */
export function must<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('missing');
  return value;
}

export interface Network {
  readonly vpcId: string;
  /** One a zone, with a way out through a NAT gateway unless `noWayOut`. */
  readonly privateSubnetIds: readonly string[];
  readonly publicSubnetId: string;
}

/** A VPC with a public subnet and three private ones. */
export async function network(
  { clients: { ec2 }, clock }: Stage,
  options: { readonly noWayOut?: boolean } = {},
): Promise<Network> {
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
  const VpcId = must(Vpc?.VpcId);
  const subnet = async (zone: string, third: number): Promise<string> => {
    const made = await ec2.send(
      new CreateSubnetCommand({ VpcId, AvailabilityZone: zone, CidrBlock: `10.0.${third}.0/24` }),
    );
    return must(made.Subnet?.SubnetId);
  };
  const publicSubnetId = await subnet(must(zones[0]), 0);
  const privateSubnetIds = await Promise.all(zones.map((zone, index) => subnet(zone, index + 1)));
  const gateway = await ec2.send(new CreateInternetGatewayCommand({}));
  const InternetGatewayId = must(gateway.InternetGateway?.InternetGatewayId);
  await ec2.send(new AttachInternetGatewayCommand({ VpcId, InternetGatewayId }));
  const routed = async (subnetIds: readonly string[], target: object): Promise<void> => {
    const { RouteTable } = await ec2.send(new CreateRouteTableCommand({ VpcId }));
    const RouteTableId = must(RouteTable?.RouteTableId);
    await ec2.send(new CreateRouteCommand({ RouteTableId, DestinationCidrBlock: '0.0.0.0/0', ...target }));
    for (const SubnetId of subnetIds) {
      await ec2.send(new AssociateRouteTableCommand({ RouteTableId, SubnetId }));
    }
  };
  await routed([publicSubnetId], { GatewayId: InternetGatewayId });
  if (options.noWayOut !== true) {
    const { AllocationId } = await ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }));
    const { NatGateway } = await ec2.send(
      new CreateNatGatewayCommand({ SubnetId: publicSubnetId, AllocationId }),
    );
    await clock.sleep(200_000);
    await routed(privateSubnetIds, { NatGatewayId: must(NatGateway?.NatGatewayId) });
  }
  return { vpcId: VpcId, privateSubnetIds, publicSubnetId };
}

export const ecsCluster = 'es-ecs-search';
export const profileName = 'es-ecs-search-eu-west-1-instance';

const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

/** An instance profile whose role may do what a host does, old enough to be used. */
export async function profile({ clients: { iam }, clock }: Stage): Promise<void> {
  await iam.send(new CreateRoleCommand({ RoleName: profileName, AssumeRolePolicyDocument: trust }));
  await iam.send(
    new AttachRolePolicyCommand({
      RoleName: profileName,
      PolicyArn: 'arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role',
    }),
  );
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: profileName,
      PolicyName: 'volume',
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: ['ec2:DescribeVolumes', 'ec2:CreateTags'],
            Resource: '*',
          },
          {
            Effect: 'Allow',
            Action: 'ec2:AttachVolume',
            Resource: '*',
            Condition: { StringLike: { 'aws:ResourceTag/es-ecs-node': 'search-*' } },
          },
        ],
      }),
    }),
  );
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: profileName }));
  await iam.send(
    new AddRoleToInstanceProfileCommand({ InstanceProfileName: profileName, RoleName: profileName }),
  );
  await clock.sleep(10_000);
}

/** The project's own user data, rendered as it is for a host. */
export async function hostUserData(): Promise<string> {
  const text = renderUserData({
    cluster: 'search',
    ecsCluster,
    volumeAddressPrefix: 'hosts/volume/',
    region: 'eu-west-1',
    dnsSuffix: 'amazonaws.com',
  });
  return Buffer.from(text).toString('base64');
}

/** A launch template for hosts; returns its id. */
export async function template(on: Stage, more: RequestLaunchTemplateData = {}): Promise<string> {
  const { LaunchTemplate } = await on.clients.ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: 'es-ecs-search',
      LaunchTemplateData: {
        ImageId: await imageId(on),
        InstanceType: 'm7g.large',
        IamInstanceProfile: { Name: profileName },
        UserData: await hostUserData(),
        MetadataOptions: { HttpTokens: 'required', InstanceMetadataTags: 'enabled' },
        ...more,
      },
    }),
  );
  return must(LaunchTemplate?.LaunchTemplateId);
}

export async function cluster({ clients }: Stage): Promise<void> {
  await clients.ecs.send(new CreateClusterCommand({ clusterName: ecsCluster }));
}

/** The data volume of a node; returns its id. */
export async function volume(
  { clients }: Stage,
  node: string,
  zone: string = must(zones[0]),
): Promise<string> {
  const { VolumeId } = await clients.ec2.send(
    new CreateVolumeCommand({
      AvailabilityZone: zone,
      Size: 100,
      VolumeType: 'gp3',
      Encrypted: true,
      TagSpecifications: [
        {
          ResourceType: 'volume',
          Tags: [
            { Key: 'es-ecs-cluster', Value: 'search' },
            { Key: 'es-ecs-resource', Value: `hosts/volume/${node}` },
            { Key: 'es-ecs-node', Value: node },
          ],
        },
      ],
    }),
  );
  return must(VolumeId);
}
