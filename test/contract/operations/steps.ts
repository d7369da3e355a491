/** A call, in words that JSON has: bytes are `{ $bytes: base64 }`. */
import { secretReaders } from '../../secret-readers.ts';
export interface OperationStep {
  /** By the SDK's client and the operation, as `EC2:CreateVpc`. */
  readonly call: string;
  /** Texts such as `$vpc` stand for what an earlier answer had. */
  readonly params: object;
  /** What later calls need of the answer, by where it is: `{ vpc: 'Vpc.VpcId' }`. */
  readonly keeps?: Readonly<Record<string, string>>;
  /** How long the account's time goes on afterwards. */
  readonly thenSeconds?: number;
}

type Row = readonly [
  call: string,
  params: object,
  keeps?: Readonly<Record<string, string>> | undefined,
  thenSeconds?: number,
];

const rows = (service: string, all: readonly Row[]): OperationStep[] =>
  all.map(([operation, params, keeps, thenSeconds]) => ({
    call: `${service}:${operation}`,
    params,
    ...(keeps === undefined ? {} : { keeps }),
    ...(thenSeconds === undefined ? {} : { thenSeconds }),
  }));

const trust = (service: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
  });
const policy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['logs:PutLogEvents'], Resource: '*' }],
});
/** IAM and Parameter Store take fewer signs than EC2. */
const plainTag = { Key: 'Team', Value: 'a +b' };
const tag = { Key: 'Team', Value: 'a & <b> "ü"' };
const port = (number: number): object => ({
  IpProtocol: 'tcp',
  FromPort: number,
  ToPort: number,
  IpRanges: [{ CidrIp: '203.0.113.0/24', Description: 'a test' }],
});
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ test';

const identity = rows('STS', [['GetCallerIdentity', {}]]);

const keyPolicy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { AWS: '123456789012' }, Action: 'kms:*', Resource: '*' },
    {
      Effect: 'Allow',
      Principal: { Service: 'logs.eu-west-1.amazonaws.com' },
      Action: 'kms:*',
      Resource: '*',
    },
  ],
});

const encryption = [
  ...rows('KMS', [
    ['CreateKey', { Policy: keyPolicy }, { key: 'KeyMetadata.Arn' }],
    ['CreateAlias', { AliasName: 'alias/operations', TargetKeyId: '$key' }],
    ['DescribeKey', { KeyId: 'alias/operations' }],
    ['GetKeyPolicy', { KeyId: '$key', PolicyName: 'default' }],
    ['PutKeyPolicy', { KeyId: '$key', PolicyName: 'default', Policy: keyPolicy }],
    [
      'CreateGrant',
      {
        KeyId: '$key',
        GranteePrincipal: 'arn:aws:iam::123456789012:user/simulated',
        Operations: ['Decrypt'],
      },
    ],
    ['ListGrants', { KeyId: '$key' }],
  ]),
  ...rows('EC2', [['GetEbsDefaultKmsKeyId', {}]]),
];

const quotas = rows('ServiceQuotas', [
  ['GetServiceQuota', { ServiceCode: 'autoscaling', QuotaCode: 'L-CDE20ADC' }],
]);

const plan = rows('FreeTier', [['GetAccountPlanState', {}]]);

const permissions = rows('IAM', [
  [
    'CreateRole',
    { RoleName: 'other', AssumeRolePolicyDocument: trust('ec2.amazonaws.com'), Tags: [plainTag] },
    { role: 'Role.Arn' },
  ],
  ['GetRole', { RoleName: 'other' }],
  ['GetAccountAuthorizationDetails', { Filter: ['Role'] }],
  ['ListRoles', {}],
  ['UpdateRole', { RoleName: 'other', Description: 'for a test' }],
  ['UpdateAssumeRolePolicy', { RoleName: 'other', PolicyDocument: trust('vpc-flow-logs.amazonaws.com') }],
  ['TagRole', { RoleName: 'other', Tags: [{ Key: 'Stage', Value: 'test' }] }],
  ['ListRoleTags', { RoleName: 'other' }],
  ['UntagRole', { RoleName: 'other', TagKeys: ['Stage'] }],
  ['PutRolePolicy', { RoleName: 'other', PolicyName: 'one', PolicyDocument: policy }],
  ['ListRolePolicies', { RoleName: 'other' }],
  ['GetRolePolicy', { RoleName: 'other', PolicyName: 'one' }],
  ['DeleteRolePolicy', { RoleName: 'other', PolicyName: 'one' }],
  [
    'PutRolePermissionsBoundary',
    {
      RoleName: 'other',
      PermissionsBoundary: 'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore',
    },
  ],
  ['GetRole', { RoleName: 'other' }],
  ['DeleteRolePermissionsBoundary', { RoleName: 'other' }],
  [
    'AttachRolePolicy',
    { RoleName: 'other', PolicyArn: 'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore' },
  ],
  ['ListAttachedRolePolicies', { RoleName: 'other' }],
  [
    'DetachRolePolicy',
    { RoleName: 'other', PolicyArn: 'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore' },
  ],
  ['CreateInstanceProfile', { InstanceProfileName: 'other' }],
  ['GetInstanceProfile', { InstanceProfileName: 'other' }],
  ['ListInstanceProfiles', {}],
  ['AddRoleToInstanceProfile', { InstanceProfileName: 'other', RoleName: 'other' }],
  ['ListInstanceProfilesForRole', { RoleName: 'other' }],
  ['TagInstanceProfile', { InstanceProfileName: 'other', Tags: [plainTag] }],
  ['ListInstanceProfileTags', { InstanceProfileName: 'other' }],
  ['UntagInstanceProfile', { InstanceProfileName: 'other', TagKeys: [plainTag.Key] }],
]);

const logs = rows('CloudWatchLogs', [
  ['CreateLogGroup', { logGroupName: '/other', tags: { Team: 'a' } }],
  ['DescribeLogGroups', { logGroupNamePrefix: '/other' }, { logGroup: 'logGroups.0.logGroupArn' }],
  ['PutRetentionPolicy', { logGroupName: '/other', retentionInDays: 7 }],
  ['AssociateKmsKey', { logGroupName: '/other', kmsKeyId: '$key' }],
  ['DisassociateKmsKey', { logGroupName: '/other' }],
  ['DeleteRetentionPolicy', { logGroupName: '/other' }],
  ['TagResource', { resourceArn: '$logGroup', tags: { Stage: 'test' } }],
  ['ListTagsForResource', { resourceArn: '$logGroup' }],
  ['UntagResource', { resourceArn: '$logGroup', tagKeys: ['Stage'] }],
  ['DescribeLogGroups', { logGroupNamePrefix: '/es-ecs' }, { tasksLog: 'logGroups.0.logGroupName' }],
  ['DescribeLogStreams', { logGroupName: '$tasksLog' }, { stream: 'logStreams.0.logStreamName' }],
  ['GetLogEvents', { logGroupName: '$tasksLog', logStreamName: '$stream', startFromHead: true }],
  ['FilterLogEvents', { logGroupName: '$tasksLog', limit: 5 }],
]);

const parameters = rows('SSM', [
  ['PutParameter', { Name: '/other/one', Value: 'x', Type: 'String', Tags: [plainTag] }],
  ['GetParameter', { Name: '/other/one' }],
  ['GetParameters', { Names: ['/other/one', '/other/none'] }],
  ['PutParameter', { Name: '/other/one', Value: 'y', Type: 'String', Overwrite: true }],
  ['GetParameterHistory', { Name: '/other/one' }],
  ['AddTagsToResource', { ResourceType: 'Parameter', ResourceId: '/other/one', Tags: [plainTag] }],
  ['ListTagsForResource', { ResourceType: 'Parameter', ResourceId: '/other/one' }],
  [
    'RemoveTagsFromResource',
    { ResourceType: 'Parameter', ResourceId: '/other/one', TagKeys: [plainTag.Key] },
  ],
  ['DeleteParameter', { Name: '/other/one' }],
  [
    'GetParameter',
    { Name: '/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id' },
    { image: 'Parameter.Value' },
  ],
]);

const secretPolicy = secretReaders('123456789012');

const secrets = rows('SecretsManager', [
  ['CreateSecret', { Name: 'other', SecretString: 'one', Tags: [tag] }],
  ['DescribeSecret', { SecretId: 'other' }],
  ['GetSecretValue', { SecretId: 'other' }],
  ['PutSecretValue', { SecretId: 'other', SecretBinary: { $bytes: 'AAH/' } }],
  ['GetSecretValue', { SecretId: 'other' }],
  ['UpdateSecret', { SecretId: 'other', Description: 'of a test' }],
  ['TagResource', { SecretId: 'other', Tags: [{ Key: 'Stage', Value: 'test' }] }],
  ['UntagResource', { SecretId: 'other', TagKeys: ['Stage'] }],
  ['GetResourcePolicy', { SecretId: 'other' }],
  ['PutResourcePolicy', { SecretId: 'other', ResourcePolicy: secretPolicy, BlockPublicPolicy: true }],
  ['GetResourcePolicy', { SecretId: 'other' }],
  ['DeleteResourcePolicy', { SecretId: 'other' }],
  ['ListSecretVersionIds', { SecretId: 'other' }],
  ['BatchGetSecretValue', { SecretIdList: ['other', 'none'] }],
  ['ListSecrets', { Filters: [{ Key: 'name', Values: ['es-ecs/'] }] }],
  ['DeleteSecret', { SecretId: 'other', RecoveryWindowInDays: 7 }],
  ['RestoreSecret', { SecretId: 'other' }],
  ['DeleteSecret', { SecretId: 'other', ForceDeleteWithoutRecovery: true }],
]);

const network = rows('EC2', [
  ['DescribeRegions', {}],
  ['DescribeAvailabilityZones', {}],
  ['DescribeVpcs', { Filters: [{ Name: 'tag-key', Values: ['es-ecs-cluster'] }] }],
  [
    'CreateVpc',
    { CidrBlock: '10.9.0.0/16', TagSpecifications: [{ ResourceType: 'vpc', Tags: [tag] }] },
    { vpc: 'Vpc.VpcId' },
    5,
  ],
  ['ModifyVpcAttribute', { VpcId: '$vpc', EnableDnsHostnames: { Value: true } }],
  ['ModifyVpcAttribute', { VpcId: '$vpc', EnableNetworkAddressUsageMetrics: { Value: true } }],
  ['DescribeVpcAttribute', { VpcId: '$vpc', Attribute: 'enableDnsHostnames' }],
  ['DescribeVpcAttribute', { VpcId: '$vpc', Attribute: 'enableNetworkAddressUsageMetrics' }],
  [
    'CreateSubnet',
    { VpcId: '$vpc', CidrBlock: '10.9.1.0/24', AvailabilityZone: 'eu-west-1a' },
    { subnet: 'Subnet.SubnetId' },
    5,
  ],
  ['ModifySubnetAttribute', { SubnetId: '$subnet', MapPublicIpOnLaunch: { Value: true } }],
  ['DescribeSubnets', {}],
  ['DescribeNetworkAcls', {}],
  ['CreateInternetGateway', {}, { internetGateway: 'InternetGateway.InternetGatewayId' }],
  ['AttachInternetGateway', { InternetGatewayId: '$internetGateway', VpcId: '$vpc' }],
  ['DescribeInternetGateways', {}],
  ['AllocateAddress', { Domain: 'vpc' }, { address: 'AllocationId' }],
  ['DescribeAddresses', {}],
  ['DescribeAddressesAttribute', { Attribute: 'domain-name' }],
  ['CreateRouteTable', { VpcId: '$vpc' }, { table: 'RouteTable.RouteTableId' }],
  ['CreateRouteTable', { VpcId: '$vpc' }, { otherTable: 'RouteTable.RouteTableId' }],
  [
    'CreateRoute',
    { RouteTableId: '$table', DestinationCidrBlock: '0.0.0.0/0', GatewayId: '$internetGateway' },
  ],
  ['AssociateRouteTable', { RouteTableId: '$table', SubnetId: '$subnet' }, { association: 'AssociationId' }],
  [
    'CreateNatGateway',
    { SubnetId: '$subnet', AllocationId: '$address' },
    { nat: 'NatGateway.NatGatewayId' },
    200,
  ],
  ['DescribeNatGateways', {}],
  [
    'CreateRoute',
    { RouteTableId: '$otherTable', DestinationCidrBlock: '0.0.0.0/0', GatewayId: '$internetGateway' },
  ],
  ['ReplaceRoute', { RouteTableId: '$otherTable', DestinationCidrBlock: '0.0.0.0/0', NatGatewayId: '$nat' }],
  ['DescribeRouteTables', {}],
  [
    'CreateVpcEndpoint',
    { VpcId: '$vpc', ServiceName: 'com.amazonaws.eu-west-1.s3', RouteTableIds: ['$otherTable'] },
    { endpoint: 'VpcEndpoint.VpcEndpointId' },
    5,
  ],
  ['ModifyVpcEndpoint', { VpcEndpointId: '$endpoint', AddRouteTableIds: ['$table'] }],
  ['DescribeVpcEndpoints', {}],
  ['DeleteVpcEndpoints', { VpcEndpointIds: ['$endpoint'] }, undefined, 120],
  ['DeleteRoute', { RouteTableId: '$otherTable', DestinationCidrBlock: '0.0.0.0/0' }],
  [
    'ReplaceRouteTableAssociation',
    { AssociationId: '$association', RouteTableId: '$otherTable' },
    { association: 'NewAssociationId' },
  ],
  ['DisassociateRouteTable', { AssociationId: '$association' }],
  ['DeleteRouteTable', { RouteTableId: '$otherTable' }],
  [
    'CreateFlowLogs',
    {
      ResourceIds: ['$vpc'],
      ResourceType: 'VPC',
      TrafficType: 'REJECT',
      LogGroupName: '/other',
      DeliverLogsPermissionArn: '$role',
    },
    { flowLog: 'FlowLogIds.0' },
  ],
  ['DescribeFlowLogs', {}],
  ['DeleteFlowLogs', { FlowLogIds: ['$flowLog'] }],
  [
    'CreateSecurityGroup',
    { VpcId: '$vpc', GroupName: 'other', Description: 'of a test' },
    { group: 'GroupId' },
  ],
  [
    'AuthorizeSecurityGroupIngress',
    { GroupId: '$group', IpPermissions: [port(443)] },
    { rule: 'SecurityGroupRules.0.SecurityGroupRuleId' },
  ],
  ['AuthorizeSecurityGroupEgress', { GroupId: '$group', IpPermissions: [port(443)] }],
  ['UpdateSecurityGroupRuleDescriptionsIngress', { GroupId: '$group', IpPermissions: [port(443)] }],
  ['UpdateSecurityGroupRuleDescriptionsEgress', { GroupId: '$group', IpPermissions: [port(443)] }],
  ['DescribeSecurityGroups', {}],
  ['DescribeSecurityGroupRules', { Filters: [{ Name: 'group-id', Values: ['$group'] }] }],
  [
    'ModifySecurityGroupRules',
    {
      GroupId: '$group',
      SecurityGroupRules: [
        {
          SecurityGroupRuleId: '$rule',
          SecurityGroupRule: { IpProtocol: 'tcp', FromPort: 444, ToPort: 444, CidrIpv4: '203.0.113.0/24' },
        },
      ],
    },
  ],
  ['RevokeSecurityGroupIngress', { GroupId: '$group', SecurityGroupRuleIds: ['$rule'] }],
  ['RevokeSecurityGroupEgress', { GroupId: '$group', IpPermissions: [port(443)] }],
]);

const hosts = rows('EC2', [
  ['DescribeInstanceTypes', { InstanceTypes: ['t3.micro', 'm7g.large'] }],
  [
    'DescribeInstanceTypeOfferings',
    { LocationType: 'availability-zone', Filters: [{ Name: 'instance-type', Values: ['m7g.*'] }] },
  ],
  ['DescribeImages', { ImageIds: ['$image'] }],
  ['ImportKeyPair', { KeyName: 'other', PublicKeyMaterial: { $bytes: Buffer.from(key).toString('base64') } }],
  ['DescribeKeyPairs', {}],
  [
    'CreateLaunchTemplate',
    { LaunchTemplateName: 'other', LaunchTemplateData: { ImageId: '$image', InstanceType: 't3.micro' } },
    { template: 'LaunchTemplate.LaunchTemplateId' },
  ],
  [
    'CreateLaunchTemplateVersion',
    {
      LaunchTemplateId: '$template',
      LaunchTemplateData: { ImageId: '$image', InstanceType: 't3.micro', EbsOptimized: true },
    },
  ],
  ['ModifyLaunchTemplate', { LaunchTemplateId: '$template', DefaultVersion: '2' }],
  ['DescribeLaunchTemplates', {}],
  ['DescribeLaunchTemplateVersions', { LaunchTemplateId: '$template' }],
  [
    'RunInstances',
    {
      ImageId: '$image',
      InstanceType: 't3.micro',
      MinCount: 1,
      MaxCount: 1,
      SubnetId: '$subnet',
      SecurityGroupIds: ['$group'],
      KeyName: 'other',
      UserData: { $base64: '#!/bin/sh\ntrue\n' },
    },
    { instance: 'Instances.0.InstanceId' },
    60,
  ],
  ['DescribeInstances', {}],
  ['DescribeInstanceStatus', {}],
  ...[
    'instanceType',
    'kernel',
    'ramdisk',
    'userData',
    'disableApiTermination',
    'instanceInitiatedShutdownBehavior',
    'rootDeviceName',
    'blockDeviceMapping',
    'productCodes',
    'sourceDestCheck',
    'groupSet',
    'ebsOptimized',
    'sriovNetSupport',
    'enaSupport',
    'enclaveOptions',
    'disableApiStop',
  ].map((Attribute): Row => ['DescribeInstanceAttribute', { InstanceId: '$instance', Attribute }]),
  ['ModifyInstanceAttribute', { InstanceId: '$instance', SourceDestCheck: { Value: false } }],
  ['ModifyInstanceMetadataOptions', { InstanceId: '$instance', HttpTokens: 'required' }],
  [
    'AssociateIamInstanceProfile',
    { InstanceId: '$instance', IamInstanceProfile: { Name: 'other' } },
    { profileAssociation: 'IamInstanceProfileAssociation.AssociationId' },
  ],
  ['DescribeIamInstanceProfileAssociations', { Filters: [{ Name: 'instance-id', Values: ['$instance'] }] }],
  ['DisassociateIamInstanceProfile', { AssociationId: '$profileAssociation' }],
  ['DescribeNetworkInterfaces', {}],
  ['GetConsoleOutput', { InstanceId: '$instance' }],
  [
    'CreateVolume',
    { AvailabilityZone: 'eu-west-1a', Size: 8, VolumeType: 'gp3', Encrypted: true },
    { volume: 'VolumeId' },
    10,
  ],
  ['AttachVolume', { VolumeId: '$volume', InstanceId: '$instance', Device: '/dev/xvdf' }],
  ['DescribeVolumes', {}],
  ['ModifyVolume', { VolumeId: '$volume', Size: 9 }],
  ['DescribeVolumesModifications', { VolumeIds: ['$volume'] }],
  ['DetachVolume', { VolumeId: '$volume' }, undefined, 60],
  ['DeleteVolume', { VolumeId: '$volume' }],
  ['CreateTags', { Resources: ['$instance', '$vpc'], Tags: [tag] }, undefined, 5],
  ['DescribeTags', { Filters: [{ Name: 'resource-id', Values: ['$instance', '$vpc'] }] }],
  ['DeleteTags', { Resources: ['$instance'], Tags: [{ Key: tag.Key }] }],
  ['StopInstances', { InstanceIds: ['$instance'] }, undefined, 120],
  ['StartInstances', { InstanceIds: ['$instance'] }, undefined, 120],
]);

const groups = rows('AutoScaling', [
  [
    'CreateAutoScalingGroup',
    {
      AutoScalingGroupName: 'other',
      LaunchTemplate: { LaunchTemplateId: '$template', Version: '1' },
      MinSize: 0,
      MaxSize: 2,
      DesiredCapacity: 1,
      VPCZoneIdentifier: '$subnet',
      Tags: [{ ...tag, PropagateAtLaunch: true }],
    },
    undefined,
    60,
  ],
  [
    'DescribeAutoScalingGroups',
    { AutoScalingGroupNames: ['other'] },
    { member: 'AutoScalingGroups.0.Instances.0.InstanceId' },
  ],
  ['DescribeAutoScalingInstances', {}],
  ['UpdateAutoScalingGroup', { AutoScalingGroupName: 'other', MaxSize: 3 }],
  ['SetDesiredCapacity', { AutoScalingGroupName: 'other', DesiredCapacity: 2 }, undefined, 60],
  [
    'SetInstanceProtection',
    { AutoScalingGroupName: 'other', InstanceIds: ['$member'], ProtectedFromScaleIn: true },
  ],
  ['SuspendProcesses', { AutoScalingGroupName: 'other', ScalingProcesses: ['AZRebalance'] }],
  ['ResumeProcesses', { AutoScalingGroupName: 'other', ScalingProcesses: ['AZRebalance'] }],
  [
    'CreateOrUpdateTags',
    {
      Tags: [
        {
          ResourceId: 'other',
          ResourceType: 'auto-scaling-group',
          PropagateAtLaunch: false,
          Key: 'Stage',
          Value: 'test',
        },
      ],
    },
  ],
  ['DescribeTags', { Filters: [{ Name: 'auto-scaling-group', Values: ['other'] }] }],
  ['DeleteTags', { Tags: [{ ResourceId: 'other', ResourceType: 'auto-scaling-group', Key: 'Stage' }] }],
  [
    'TerminateInstanceInAutoScalingGroup',
    { InstanceId: '$member', ShouldDecrementDesiredCapacity: true },
    undefined,
    90,
  ],
  ['DescribeScalingActivities', { AutoScalingGroupName: 'other' }],
  ['DeleteAutoScalingGroup', { AutoScalingGroupName: 'other', ForceDelete: true }, undefined, 300],
]);

const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
  config: {
    mediaType: 'application/vnd.docker.container.image.v1+json',
    size: 2,
    digest: `sha256:${'a'.repeat(64)}`,
  },
  layers: [],
});
const lifecycle = JSON.stringify({
  rules: [
    {
      rulePriority: 1,
      selection: { tagStatus: 'untagged', countType: 'imageCountMoreThan', countNumber: 1 },
      action: { type: 'expire' },
    },
  ],
});
const repositoryPolicy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: '*', Action: 'ecr:BatchGetImage' }],
});

const images = rows('ECR', [
  ['CreateRepository', { repositoryName: 'other', tags: [tag] }, { repository: 'repository.repositoryArn' }],
  ['DescribeRepositories', {}],
  ['GetAuthorizationToken', {}],
  [
    'PutImageScanningConfiguration',
    { repositoryName: 'other', imageScanningConfiguration: { scanOnPush: true } },
  ],
  ['PutImageTagMutability', { repositoryName: 'other', imageTagMutability: 'IMMUTABLE' }],
  ['TagResource', { resourceArn: '$repository', tags: [{ Key: 'Stage', Value: 'test' }] }],
  ['ListTagsForResource', { resourceArn: '$repository' }],
  ['UntagResource', { resourceArn: '$repository', tagKeys: ['Stage'] }],
  ['PutLifecyclePolicy', { repositoryName: 'other', lifecyclePolicyText: lifecycle }],
  ['GetLifecyclePolicy', { repositoryName: 'other' }],
  ['DeleteLifecyclePolicy', { repositoryName: 'other' }],
  ['SetRepositoryPolicy', { repositoryName: 'other', policyText: repositoryPolicy }],
  ['GetRepositoryPolicy', { repositoryName: 'other' }],
  ['DeleteRepositoryPolicy', { repositoryName: 'other' }],
  ['PutImage', { repositoryName: 'other', imageManifest: manifest, imageTag: 'one' }],
  ['ListImages', { repositoryName: 'other' }],
  ['DescribeImages', { repositoryName: 'other' }],
  ['BatchGetImage', { repositoryName: 'other', imageIds: [{ imageTag: 'one' }, { imageTag: 'none' }] }],
  ['BatchDeleteImage', { repositoryName: 'other', imageIds: [{ imageTag: 'one' }] }],
  ['DeleteRepository', { repositoryName: 'other', force: true }],
]);

const containers = rows('ECS', [
  ['ListClusters', {}, { cluster: 'clusterArns.0' }],
  ['DescribeClusters', { clusters: ['$cluster'], include: ['SETTINGS', 'TAGS', 'STATISTICS'] }],
  ['ListContainerInstances', { cluster: '$cluster' }, { host: 'containerInstanceArns.0' }],
  ['DescribeContainerInstances', { cluster: '$cluster', containerInstances: ['$host'], include: ['TAGS'] }],
  [
    'PutAttributes',
    {
      cluster: '$cluster',
      attributes: [{ name: 'stage', value: 'test', targetType: 'container-instance', targetId: '$host' }],
    },
  ],
  ['ListAttributes', { cluster: '$cluster', targetType: 'container-instance', attributeName: 'stage' }],
  [
    'DeleteAttributes',
    {
      cluster: '$cluster',
      attributes: [{ name: 'stage', targetType: 'container-instance', targetId: '$host' }],
    },
  ],
  ['ListServices', { cluster: '$cluster' }, { service: 'serviceArns.0' }],
  ['DescribeServices', { cluster: '$cluster', services: ['$service'], include: ['TAGS'] }],
  ['ListTasks', { cluster: '$cluster' }, { task: 'taskArns.0' }],
  ['DescribeTasks', { cluster: '$cluster', tasks: ['$task'], include: ['TAGS'] }],
  ['ListTaskDefinitionFamilies', {}],
  ['ListTaskDefinitions', {}, { definition: 'taskDefinitionArns.0' }],
  ['DescribeTaskDefinition', { taskDefinition: '$definition', include: ['TAGS'] }],
  [
    'CreateCluster',
    { clusterName: 'other', tags: [{ key: 'Team', value: 'a' }] },
    { otherCluster: 'cluster.clusterArn' },
    5,
  ],
  [
    'UpdateClusterSettings',
    { cluster: 'other', settings: [{ name: 'containerInsights', value: 'enabled' }] },
  ],
  ['TagResource', { resourceArn: '$otherCluster', tags: [{ key: 'Stage', value: 'test' }] }],
  ['ListTagsForResource', { resourceArn: '$otherCluster' }],
  ['UntagResource', { resourceArn: '$otherCluster', tagKeys: ['Stage'] }],
  [
    'RegisterTaskDefinition',
    {
      family: 'other',
      containerDefinitions: [
        {
          name: 'one',
          image: 'registry.example.com/one:1',
          memory: 64,
          essential: true,
          environment: [{ name: 'A', value: 'b' }],
        },
      ],
    },
    { otherDefinition: 'taskDefinition.taskDefinitionArn' },
  ],
  [
    'CreateService',
    { cluster: 'other', serviceName: 'one', taskDefinition: 'other', desiredCount: 0 },
    undefined,
    5,
  ],
  ['UpdateService', { cluster: 'other', service: 'one', desiredCount: 1 }, undefined, 10],
  ['DeleteService', { cluster: 'other', service: 'one', force: true }, undefined, 120],
  [
    'RunTask',
    { cluster: '$cluster', taskDefinition: 'other', count: 1 },
    { ranTask: 'tasks.0.taskArn' },
    120,
  ],
  ['StopTask', { cluster: '$cluster', task: '$ranTask', reason: 'of a test' }, undefined, 120],
  [
    'UpdateContainerInstancesState',
    { cluster: '$cluster', containerInstances: ['$host'], status: 'DRAINING' },
  ],
  [
    'UpdateContainerInstancesState',
    { cluster: '$cluster', containerInstances: ['$host'], status: 'ACTIVE' },
    undefined,
    120,
  ],
  ['DeregisterTaskDefinition', { taskDefinition: '$otherDefinition' }],
  ['DeleteTaskDefinitions', { taskDefinitions: ['$otherDefinition'] }],
  ['DeleteCluster', { cluster: 'other' }],
  ['DeregisterContainerInstance', { cluster: '$cluster', containerInstance: '$host', force: true }],
]);

const away = [
  ...rows('EC2', [
    ['TerminateInstances', { InstanceIds: ['$instance'] }, undefined, 120],
    ['DeleteLaunchTemplate', { LaunchTemplateId: '$template' }],
    ['DeleteKeyPair', { KeyName: 'other' }],
    ['DeleteNatGateway', { NatGatewayId: '$nat' }, undefined, 120],
    ['ReleaseAddress', { AllocationId: '$address' }],
    ['DeleteSecurityGroup', { GroupId: '$group' }],
    ['DeleteSubnet', { SubnetId: '$subnet' }],
    ['DetachInternetGateway', { InternetGatewayId: '$internetGateway', VpcId: '$vpc' }],
    ['DeleteInternetGateway', { InternetGatewayId: '$internetGateway' }],
    ['DeleteRouteTable', { RouteTableId: '$table' }],
    ['DeleteVpc', { VpcId: '$vpc' }],
  ]),
  ...rows('IAM', [
    ['RemoveRoleFromInstanceProfile', { InstanceProfileName: 'other', RoleName: 'other' }],
    ['DeleteInstanceProfile', { InstanceProfileName: 'other' }],
    ['DeleteRole', { RoleName: 'other' }],
  ]),
  ...rows('CloudWatchLogs', [['DeleteLogGroup', { logGroupName: '/other' }]]),
];

/**
 * Every operation that is simulated, in an order in which each succeeds in the account of a cluster that runs; what they make is gone in
 * the end.
 */
export const operationSteps: readonly OperationStep[] = [
  ...identity,
  ...quotas,
  ...plan,
  ...encryption,
  ...permissions,
  ...logs,
  ...parameters,
  ...secrets,
  ...network,
  ...hosts,
  ...groups,
  ...images,
  ...containers,
  ...away,
];
