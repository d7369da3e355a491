import {
  AssociateIamInstanceProfileCommand,
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateRouteTableCommand,
  CreateTagsCommand,
  DeleteRouteTableCommand,
  DescribeInstancesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcsCommand,
  ModifyInstanceAttributeCommand,
  ModifyInstanceMetadataOptionsCommand,
  ModifySubnetAttributeCommand,
  ModifyVpcAttributeCommand,
  ModifyVpcEndpointCommand,
  type IpPermission,
  ReplaceRouteCommand,
  ReplaceRouteTableAssociationCommand,
  RevokeSecurityGroupIngressCommand,
  StopInstancesCommand,
  UpdateSecurityGroupRuleDescriptionsIngressCommand,
  UpdateSecurityGroupRuleDescriptionsEgressCommand,
} from '@aws-sdk/client-ec2';
import { SuspendProcessesCommand } from '@aws-sdk/client-auto-scaling';
import { PutRetentionPolicyCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  DeleteLifecyclePolicyCommand,
  PutImageScanningConfigurationCommand,
  PutImageTagMutabilityCommand,
} from '@aws-sdk/client-ecr';
import { UpdateClusterSettingsCommand } from '@aws-sdk/client-ecs';
import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import {
  DeleteSecretCommand,
  PutResourcePolicyCommand,
  TagResourceCommand as TagSecret,
} from '@aws-sdk/client-secrets-manager';

import { GetParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';

import type { Clients } from '../../src/aws/clients.ts';
import type { World } from '../../src/simulator/core/world.ts';
import type { Delays } from '../../src/simulator/core/delays.ts';
import { containerInstances } from '../../src/simulator/ecs/container-instances.ts';
import { addKey } from '../../src/simulator/kms/keys.ts';
import { scalingRole } from '../../src/simulator/kms/use.ts';
import { keyPolicy } from './key-policy.ts';
import type { Permitted } from './permitted.ts';
import { configText } from './story.ts';
import { secretReaders } from '../secret-readers.ts';

/** A part of a cluster's life. */
export interface Scene {
  readonly what: string;
  /** Done behind es-ecs's back, by somebody who may do everything. */
  readonly before?: (permitted: Permitted) => Promise<unknown>;
  /** Commands, with their options; each must succeed. */
  readonly commands: readonly (readonly [string, ...string[]])[];
  /** Its last command ends with an error, and that is right. */
  readonly fails?: true;
  /** How long things take in it, where it is not as long as usual. */
  readonly delays?: Partial<Delays>;
}

const role = 'es-ecs-search-eu-west-1-instance';
const extra = 'network: { flowLogs: true }\n';

const tagged = (address: string) => [{ Name: 'tag:es-ecs-resource', Values: [address] }];

async function groupId({ ec2 }: Clients, name: string): Promise<string> {
  const { SecurityGroups } = await ec2.send(
    new DescribeSecurityGroupsCommand({ Filters: tagged(`network/security-group/${name}`) }),
  );
  return SecurityGroups?.[0]?.GroupId ?? '';
}

async function vpcId({ ec2 }: Clients): Promise<string> {
  const { Vpcs } = await ec2.send(new DescribeVpcsCommand({ Filters: tagged('network/vpc') }));
  return Vpcs?.[0]?.VpcId ?? '';
}

/** Other words at the rules of a group, in both directions. */
async function reworded({ ec2 }: Clients, GroupId: string): Promise<void> {
  const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [GroupId] }));
  const [group] = SecurityGroups ?? [];
  const otherwise = (rules: readonly IpPermission[] | undefined): IpPermission[] =>
    (rules ?? []).map((rule) => ({
      ...rule,
      IpRanges: rule.IpRanges?.map((range) => ({ ...range, Description: 'mine' })),
      UserIdGroupPairs: rule.UserIdGroupPairs?.map((pair) => ({ ...pair, Description: 'mine' })),
    }));
  await ec2.send(
    new UpdateSecurityGroupRuleDescriptionsIngressCommand({
      GroupId,
      IpPermissions: otherwise(group?.IpPermissions),
    }),
  );
  await ec2.send(
    new UpdateSecurityGroupRuleDescriptionsEgressCommand({
      GroupId,
      IpPermissions: otherwise(group?.IpPermissionsEgress),
    }),
  );
}

async function driftOfNetwork(clients: Clients): Promise<void> {
  const { ec2 } = clients;
  const id = await vpcId(clients);
  const node = await groupId(clients, 'node');
  const { SecurityGroups } = await ec2.send(
    new DescribeSecurityGroupsCommand({
      Filters: [
        { Name: 'vpc-id', Values: [id] },
        { Name: 'group-name', Values: ['default'] },
      ],
    }),
  );
  const ssh = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] };
  // AWS's own group has no tag of ours.
  await ec2.send(
    new AuthorizeSecurityGroupIngressCommand({
      GroupId: SecurityGroups?.[0]?.GroupId ?? '',
      IpPermissions: [ssh],
    }),
  );
  await ec2.send(new AuthorizeSecurityGroupEgressCommand({ GroupId: node, IpPermissions: [ssh] }));
  const { SecurityGroups: groups } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [node] }));
  const [ingress] = groups?.[0]?.IpPermissions ?? [];
  if (ingress !== undefined) {
    await ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: node, IpPermissions: [ingress] }));
  }
  await reworded(clients, await groupId(clients, 'bastion'));
  await ec2.send(new ModifyVpcAttributeCommand({ VpcId: id, EnableDnsHostnames: { Value: false } }));
  const { Subnets } = await ec2.send(
    new DescribeSubnetsCommand({ Filters: tagged('network/subnet/public/eu-west-1a') }),
  );
  const SubnetId = Subnets?.[0]?.SubnetId ?? '';
  await ec2.send(new ModifySubnetAttributeCommand({ SubnetId, MapPublicIpOnLaunch: { Value: true } }));
  await ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'Name', Value: 'mine' }] }));
  const { VpcEndpoints } = await ec2.send(new DescribeVpcEndpointsCommand({}));
  const endpoint = VpcEndpoints?.[0];
  await ec2.send(
    new ModifyVpcEndpointCommand({
      VpcEndpointId: endpoint?.VpcEndpointId ?? '',
      RemoveRouteTableIds: endpoint?.RouteTableIds?.slice(0, 1),
    }),
  );
}

async function driftOfRoutes({ ec2 }: Clients): Promise<void> {
  const { RouteTables } = await ec2.send(new DescribeRouteTablesCommand({}));
  const named = (address: string) =>
    RouteTables?.find((one) =>
      one.Tags?.some((tag) => tag.Key === 'es-ecs-resource' && tag.Value === address),
    );
  const [one, other] = ['a', 'b'].map((zone) => named(`network/route-table/private/eu-west-1${zone}`));
  // A subnet at the wrong table.
  await ec2.send(
    new ReplaceRouteTableAssociationCommand({
      AssociationId: other?.Associations?.[0]?.RouteTableAssociationId ?? '',
      RouteTableId: one?.RouteTableId ?? '',
    }),
  );
  const target = one?.Routes?.find((route) => route.DestinationCidrBlock === '0.0.0.0/0');
  await ec2.send(
    new ReplaceRouteCommand({
      RouteTableId: other?.RouteTableId ?? '',
      DestinationCidrBlock: '0.0.0.0/0',
      ...(target?.NatGatewayId === undefined ? {} : { NatGatewayId: target.NatGatewayId }),
    }),
  );
}

async function driftOfBastion(clients: Clients): Promise<void> {
  const { ec2 } = clients;
  const { Reservations } = await ec2.send(
    new DescribeInstancesCommand({ Filters: tagged('bastion/instance') }),
  );
  const InstanceId = Reservations?.[0]?.Instances?.[0]?.InstanceId ?? '';
  await ec2.send(
    new ModifyInstanceAttributeCommand({ InstanceId, Groups: [await groupId(clients, 'node')] }),
  );
  await ec2.send(new ModifyInstanceMetadataOptionsCommand({ InstanceId, HttpTokens: 'optional' }));
  await ec2.send(new AssociateIamInstanceProfileCommand({ InstanceId, IamInstanceProfile: { Name: role } }));
  await ec2.send(new StopInstancesCommand({ InstanceIds: [InstanceId] }));
}

/** Open to others, and with a metadata service that answers anybody. */
async function driftOfHosts(clients: Clients): Promise<void> {
  const { ec2 } = clients;
  const { Reservations } = await ec2.send(
    new DescribeInstancesCommand({ Filters: tagged('hosts/group/search-0') }),
  );
  const InstanceId = Reservations?.[0]?.Instances?.[0]?.InstanceId ?? '';
  const Groups = await Promise.all(['node', 'bastion'].map((name) => groupId(clients, name)));
  await ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, Groups }));
  await ec2.send(new ModifyInstanceMetadataOptionsCommand({ InstanceId, HttpTokens: 'optional' }));
}

async function driftOfServices({ ecs, ecr, logs, secretsManager, autoScaling }: Clients): Promise<void> {
  await ecs.send(
    new UpdateClusterSettingsCommand({
      cluster: 'es-ecs-search',
      settings: [{ name: 'containerInsights', value: 'enhanced' }],
    }),
  );
  const repositoryName = 'es-ecs/search';
  await ecr.send(new PutImageTagMutabilityCommand({ repositoryName, imageTagMutability: 'MUTABLE' }));
  await ecr.send(
    new PutImageScanningConfigurationCommand({
      repositoryName,
      imageScanningConfiguration: { scanOnPush: false },
    }),
  );
  await ecr.send(new DeleteLifecyclePolicyCommand({ repositoryName }));
  await logs.send(new PutRetentionPolicyCommand({ logGroupName: '/es-ecs/search', retentionInDays: 1 }));
  await secretsManager.send(
    new PutResourcePolicyCommand({
      SecretId: 'es-ecs/search/password',
      ResourcePolicy: secretReaders('210987654321'),
    }),
  );
  await secretsManager.send(
    new DeleteSecretCommand({ SecretId: 'es-ecs/search/authority', RecoveryWindowInDays: 7 }),
  );
  await autoScaling.send(
    new SuspendProcessesCommand({ AutoScalingGroupName: 'es-ecs-search-0', ScalingProcesses: ['Launch'] }),
  );
}

/** More than one page of them, so that those of the cluster are asked for by name. */
async function manyRoles({ iam }: Clients): Promise<void> {
  const AssumeRolePolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  });
  for (let count = 0; count < 100; count += 1) {
    await iam.send(new CreateRoleCommand({ RoleName: `another-${String(count)}`, AssumeRolePolicyDocument }));
  }
}

async function driftOfRoles({ iam }: Clients): Promise<void> {
  await iam.send(
    new PutRolePermissionsBoundaryCommand({
      RoleName: role,
      PermissionsBoundary: 'arn:aws:iam::123456789012:policy/company',
    }),
  );
  const wide = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  };
  await iam.send(
    new PutRolePolicyCommand({ RoleName: role, PolicyName: 'es-ecs', PolicyDocument: JSON.stringify(wide) }),
  );
  await iam.send(
    new PutRolePolicyCommand({ RoleName: role, PolicyName: 'more', PolicyDocument: JSON.stringify(wide) }),
  );
  await iam.send(
    new AttachRolePolicyCommand({
      RoleName: role,
      PolicyArn: 'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore',
    }),
  );
  const trust = {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ],
  };
  await iam.send(
    new UpdateAssumeRolePolicyCommand({ RoleName: role, PolicyDocument: JSON.stringify(trust) }),
  );
}

/** Certificates that near their end: the nodes restart with the next. */
async function certificatesEnd({ secretsManager }: Clients, world: World): Promise<void> {
  const soon = new Date(world.nowMs + 30 * 86_400_000).toISOString().slice(0, 10);
  await secretsManager.send(
    new TagSecret({ SecretId: 'es-ecs/search/certificates', Tags: [{ Key: 'es-ecs-until', Value: soon }] }),
  );
}

/** A host that ended while its agent was not connected: ECS never forgets it by itself. */
function leaveHost(world: World): void {
  const rows = world.rows(containerInstances);
  const [row] = rows.values();
  if (row === undefined) throw new Error('there are hosts');
  const arn = `${row.arn.slice(0, -4)}dead`;
  rows.set(arn, { ...row, arn, status: 'ACTIVE', instanceId: 'i-0dead0dead0dead00', agentConnected: false });
}

const larger = configText(
  `${extra}tags: { team: search }\niam: { permissionsBoundary: "arn:aws:iam::123456789012:policy/company" }\nstorage: { sizeGiB: 300 }\ninstanceType: m7g.xlarge\n`,
);

/** Somebody's own table takes a subnet: it is taken back in a call that leaves no moment without a table. */
async function foreignTable(clients: Clients): Promise<void> {
  const { ec2 } = clients;
  const { RouteTable } = await ec2.send(new CreateRouteTableCommand({ VpcId: await vpcId(clients) }));
  const { RouteTables } = await ec2.send(
    new DescribeRouteTablesCommand({ Filters: tagged('network/route-table/private/eu-west-1a') }),
  );
  await ec2.send(
    new ReplaceRouteTableAssociationCommand({
      AssociationId: RouteTables?.[0]?.Associations?.[0]?.RouteTableAssociationId ?? '',
      RouteTableId: RouteTable?.RouteTableId ?? '',
    }),
  );
}

async function withoutForeignTable({ ec2 }: Clients): Promise<void> {
  const { RouteTables = [] } = await ec2.send(new DescribeRouteTablesCommand({}));
  const foreign = RouteTables.filter(
    ({ Tags = [], Associations = [] }) => Tags.length === 0 && !Associations.some(({ Main }) => Main),
  );
  for (const { RouteTableId } of foreign) await ec2.send(new DeleteRouteTableCommand({ RouteTableId }));
}

/** A run that lives elsewhere holds the lock. */
async function holdLock({ ssm }: Clients, world: World): Promise<void> {
  const Name = '/es-ecs/search/lock';
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name }));
  const record = {
    ...(JSON.parse(Parameter?.Value ?? '{}') as Record<string, unknown>),
    run: 'elsewhere',
    who: 'ben',
    host: 'build-7',
    since: new Date(world.nowMs).toISOString(),
    event: 'taken',
    after: { version: Parameter?.Version ?? 0, run: runOf(Parameter?.Value) },
  };
  await ssm.send(new PutParameterCommand({ Name, Overwrite: true, Value: JSON.stringify(record) }));
}

function runOf(value: string | undefined): unknown {
  return (JSON.parse(value ?? '{}') as { readonly run?: unknown }).run;
}

const comesUp: Scene = {
  what: 'it comes up, though an answer of the lock is lost',
  commands: [['up', '--simulate-fault', 'PutParameter:ECONNRESET:1']],
};

const isMended: Scene = {
  what: 'what was changed by hand everywhere is mended, and a tag leaves the config',
  before: ({ story }) => {
    story.write(configText(extra));
    return story.behindTheBack(async (clients) => {
      await driftOfNetwork(clients);
      await driftOfRoutes(clients);
      await driftOfBastion(clients);
      await driftOfHosts(clients);
      await driftOfServices(clients);
      await driftOfRoles(clients);
    });
  },
  commands: [['up']],
};

const goes: Scene = {
  what: 'everything goes, though something is in its way',
  before: ({ story }) =>
    story.behindTheBack((_clients, world) => {
      leaveHost(world);
      return Promise.resolve();
    }),
  commands: [
    ['destroy', '--yes', '--delete-data', '--simulate-fault', 'DeleteSubnet:DependencyViolation:30'],
  ],
};

/** Another life of the same cluster, with keys of its own. */
const withKeys: readonly Scene[] = [
  {
    what: 'it comes up again, with a key of its own',
    before: ({ story }) => {
      story.write(configText(`${extra}encryption: { kmsKeyId: alias/search }\n`));
      return story.behindTheBack((_clients, world) => {
        makeKey(world, 'alias/search', ['Launch', 'LaunchGrants']);
        return Promise.resolve();
      });
    },
    commands: [['up']],
  },
  {
    what: 'it gets another key',
    before: ({ story }) => {
      story.write(configText(`${extra}encryption: { kmsKeyId: alias/next }\n`));
      return story.behindTheBack((_clients, world) => {
        makeKey(world, 'alias/next', []);
        return Promise.resolve();
      });
    },
    commands: [['up']],
  },
  { what: 'it goes for good', commands: [['destroy', '--yes', '--delete-data']] },
];

/** What every check plays: made, mended, gone; and again with a key. */
export const shortLife: readonly Scene[] = [comesUp, isMended, goes, ...withKeys];

/** Every command, and what is rare. */
export const longLife: readonly Scene[] = [
  { what: 'it is planned', commands: [['plan']] },
  { ...comesUp, before: ({ story }) => story.behindTheBack(manyRoles) },
  {
    what: 'it is used',
    commands: [
      ['plan'],
      ['status'],
      ['credentials', '--password'],
      ['es', 'GET', '/_cluster/health'],
      ['ssh'],
      ['ssh', 'search-0'],
      ['tunnel', '--port', '39217'],
    ],
  },
  isMended,
  {
    what: 'it is changed, with new certificates, and tasks are slow',
    before: async ({ story }) => {
      await story.behindTheBack(certificatesEnd);
      story.write(larger);
    },
    commands: [['up']],
    delays: { taskHealthy: 180_000 },
  },
  {
    what: 'a subnet is taken by another table, and a volume is changed again',
    before: async ({ story }) => {
      await story.behindTheBack(foreignTable);
      story.write(larger.replace('sizeGiB: 300', 'sizeGiB: 310'));
    },
    commands: [['up']],
    // AWS takes no second change of a volume before it is through with the first.
    fails: true,
  },
  { what: 'it is given another password', commands: [['rotate password', '--yes']] },
  { what: 'a node restarts', commands: [['restart', 'search-0', '--yes']] },
  {
    what: 'a host is replaced',
    commands: [['replace', 'search-1', '--yes']],
  },
  {
    what: 'it grows, by hosts that are hard to get and slow',
    before: ({ story }) => {
      story.write(larger.replace('nodes: 3', 'nodes: 5'));
      return Promise.resolve();
    },
    commands: [['up', '--simulate-fault', 'RunInstances:InsufficientInstanceCapacity:10']],
    delays: { instanceBoot: 180_000 },
  },
  {
    what: 'it shrinks',
    before: ({ story }) => {
      story.write(larger);
      return Promise.resolve();
    },
    commands: [['up']],
  },
  {
    what: 'the lock is taken from a run elsewhere',
    before: ({ story }) => story.behindTheBack(holdLock),
    commands: [['unlock', '--yes']],
  },
  { what: 'its state is found again', commands: [['state rebuild']] },
  {
    ...goes,
    before: ({ story }) =>
      story.behindTheBack(async (clients, world) => {
        await withoutForeignTable(clients);
        leaveHost(world);
      }),
  },
  ...withKeys,
];

/** Makes a key, and leaves what its policy lacks to a grant. */
function makeKey(world: World, alias: string, sids: readonly string[]): void {
  const row = addKey(world, { alias, policy: keyPolicy(...sids) });
  const operations = ['CreateGrant', 'Decrypt', 'DescribeKey', 'GenerateDataKeyWithoutPlaintext'];
  row.grants = [
    {
      id: '0'.repeat(64),
      grantee: scalingRole(world).arn,
      operations: [...operations, 'ReEncryptFrom', 'ReEncryptTo'],
      createdAtMs: world.nowMs,
    },
  ];
}

/** The config with which both lives begin. */
export const lifeConfig = configText(`${extra}tags: { owner: me }\n`);
