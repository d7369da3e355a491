import { ec2Principal, linkedRoleArn, servicePrincipals } from '../partitions.ts';
import { givenTag, tagged, viaServices } from './conditions.ts';
import { ownRoles, rolesOnly } from './roles.ts';
import { arnIn, type Conditions, type Permission, type Policy, type Scope } from './statement.ts';

/** What `up`, `restart`, `replace`, `destroy` and `unlock` need besides what they read: four policies, as one would be too long. */
export function operatorPolicies(scope: Scope): readonly Policy[] {
  return [
    { name: 'es-ecs-network', permissions: network(scope) },
    { name: 'es-ecs-hosts', permissions: hosts(scope) },
    { name: 'es-ecs-keys', permissions: keys(scope) },
    { name: 'es-ecs-services', permissions: [...services(scope), ...roles(scope)] },
  ];
}

/** Kinds of EC2 that es-ecs makes and tags in the same call. */
const networkKinds = [
  'elastic-ip',
  'internet-gateway',
  'natgateway',
  'route-table',
  'security-group',
  'subnet',
  'vpc',
  'vpc-endpoint',
  'vpc-flow-log',
] as const;
const networkCreates = [
  'AllocateAddress',
  'CreateFlowLogs',
  'CreateInternetGateway',
  'CreateNatGateway',
  'CreateRouteTable',
  'CreateSecurityGroup',
  'CreateSubnet',
  'CreateVpc',
  'CreateVpcEndpoint',
] as const;
const hostKinds = ['instance', 'key-pair', 'launch-template', 'volume'] as const;
const hostCreates = ['CreateLaunchTemplate', 'CreateVolume', 'ImportKeyPair', 'RunInstances'] as const;

function ec2All(scope: Scope, kinds: readonly string[]): readonly string[] {
  return kinds.map((kind) => arnIn(scope, 'ec2', `${kind}/*`));
}

function ec2Actions(operations: readonly string[]): readonly string[] {
  return operations.map((operation) => `ec2:${operation}`);
}

function network(scope: Scope): readonly Permission[] {
  return [
    {
      sid: 'MakeNetwork',
      because: 'the network, each thing with the tag of its cluster from the first moment',
      actions: ec2Actions(networkCreates),
      resources: ec2All(scope, networkKinds),
      condition: givenTag,
    },
    {
      sid: 'MakeNetworkWithin',
      because: 'and only in what carries that tag already',
      actions: ec2Actions(
        networkCreates.filter(
          (one) => !['AllocateAddress', 'CreateInternetGateway', 'CreateVpc'].includes(one),
        ),
      ),
      resources: ec2All(scope, ['elastic-ip', 'route-table', 'subnet', 'vpc']),
      condition: tagged,
    },
    {
      sid: 'TagNewNetwork',
      because: 'tags given at the making are a second action for AWS',
      actions: ['ec2:CreateTags'],
      resources: ec2All(scope, networkKinds),
      condition: { StringEquals: { 'ec2:CreateAction': [...networkCreates] } },
    },
    {
      sid: 'ChangeNetwork',
      because: 'what carries the tag of a cluster is changed and deleted, and nothing else',
      actions: [
        'ec2:AssociateRouteTable',
        'ec2:AttachInternetGateway',
        'ec2:AuthorizeSecurityGroupEgress',
        'ec2:AuthorizeSecurityGroupIngress',
        'ec2:CreateRoute',
        'ec2:DeleteFlowLogs',
        'ec2:DeleteInternetGateway',
        'ec2:DeleteNatGateway',
        'ec2:DeleteRoute',
        'ec2:DeleteRouteTable',
        'ec2:DeleteSecurityGroup',
        'ec2:DeleteSubnet',
        'ec2:DeleteVpc',
        'ec2:DeleteVpcEndpoints',
        'ec2:DetachInternetGateway',
        'ec2:DisassociateRouteTable',
        'ec2:ModifySubnetAttribute',
        'ec2:ModifyVpcAttribute',
        'ec2:ModifyVpcEndpoint',
        'ec2:ReleaseAddress',
        'ec2:ReplaceRoute',
        'ec2:ReplaceRouteTableAssociation',
        'ec2:UpdateSecurityGroupRuleDescriptionsEgress',
        'ec2:UpdateSecurityGroupRuleDescriptionsIngress',
      ],
      resources: ec2All(scope, networkKinds),
      condition: tagged,
    },
    {
      sid: 'CloseGroups',
      because: "rules are taken out of the VPC's default group as well, which AWS makes without tags",
      actions: ['ec2:RevokeSecurityGroupEgress', 'ec2:RevokeSecurityGroupIngress'],
      resources: [arnIn(scope, 'ec2', 'security-group/*')],
    },
  ];
}

function hosts(scope: Scope): readonly Permission[] {
  const groups = arnIn(scope, 'autoscaling', 'autoScalingGroup:*:autoScalingGroupName/es-ecs-*');
  return [
    {
      sid: 'MakeHosts',
      because:
        'key pair, launch template, volumes, disks and network interfaces of hosts, each with the tag of its cluster',
      actions: ec2Actions(hostCreates),
      resources: ec2All(scope, ['key-pair', 'launch-template', 'network-interface', 'volume']),
      condition: givenTag,
    },
    {
      sid: 'LaunchWithin',
      because:
        'a launch is only allowed into subnets and groups that carry the tag; making a group is checked as a launch',
      actions: ['ec2:RunInstances'],
      resources: ec2All(scope, ['key-pair', 'launch-template', 'security-group', 'subnet']),
      condition: tagged,
    },
    {
      sid: 'LaunchFrom',
      because:
        "machine images and their snapshots are Amazon's; a host gets its tags from its group, after the launch template was tried",
      actions: ['ec2:RunInstances'],
      resources: [
        `arn:${scope.partition}:ec2:*::image/*`,
        `arn:${scope.partition}:ec2:*::snapshot/*`,
        ...ec2All(scope, ['instance']),
      ],
    },
    {
      sid: 'TagNewHosts',
      because: 'tags given at the making are a second action for AWS',
      actions: ['ec2:CreateTags'],
      resources: ec2All(scope, [...hostKinds, 'network-interface']),
      condition: { StringEquals: { 'ec2:CreateAction': [...hostCreates] } },
    },
    {
      sid: 'ChangeHosts',
      because: 'what carries the tag of a cluster is changed and deleted, and nothing else',
      actions: [
        'ec2:CreateLaunchTemplateVersion',
        'ec2:DeleteKeyPair',
        'ec2:DeleteLaunchTemplate',
        'ec2:DeleteVolume',
        'ec2:DisassociateIamInstanceProfile',
        'ec2:ModifyInstanceAttribute',
        'ec2:ModifyInstanceMetadataOptions',
        'ec2:ModifyLaunchTemplate',
        'ec2:ModifyVolume',
        'ec2:StartInstances',
        'ec2:TerminateInstances',
      ],
      resources: ec2All(scope, [...hostKinds, 'security-group']),
      condition: tagged,
    },
    {
      sid: 'TagOwn',
      because:
        "tags of the config, and the marks by which nodes are known; nobody else's things can be made one's own by a tag",
      actions: ['ec2:CreateTags', 'ec2:DeleteTags'],
      resources: [arnIn(scope, 'ec2', '*/*')],
      condition: tagged,
    },
    {
      sid: 'Groups',
      because: 'one Auto Scaling group a node',
      actions: [
        'autoscaling:CreateAutoScalingGroup',
        'autoscaling:CreateOrUpdateTags',
        'autoscaling:DeleteAutoScalingGroup',
        'autoscaling:DeleteTags',
        'autoscaling:ResumeProcesses',
        'autoscaling:TerminateInstanceInAutoScalingGroup',
        'autoscaling:UpdateAutoScalingGroup',
      ],
      resources: [groups],
    },
  ];
}

/** What AWS's services do with a customer key in the name of whoever makes something that it encrypts; nobody can do it himself by this. */
function keys(scope: Scope): readonly Permission[] {
  const resources = [arnIn(scope, 'kms', 'key/*')];
  const by = (...services: readonly string[]): Conditions => ({
    StringLike: { 'kms:ViaService': viaServices(...services) },
  });
  return [
    {
      sid: 'Encrypt',
      because:
        'disks and secrets under a key of yours, and nothing without EC2 or Secrets Manager; for one key, write its ARN in place of the star',
      actions: [
        'kms:Decrypt',
        'kms:GenerateDataKey',
        'kms:GenerateDataKeyWithoutPlaintext',
        'kms:ReEncryptFrom',
        'kms:ReEncryptTo',
      ],
      resources,
      condition: by('ec2', 'secretsmanager'),
    },
    {
      sid: 'Grants',
      because: 'EC2 and ECR pass the key on to a disk or repository by grants in your name',
      actions: ['kms:CreateGrant'],
      resources,
      condition: by('ec2', 'ecr'),
    },
    {
      sid: 'RetireGrants',
      because: 'with a repository its grants go',
      actions: ['kms:RetireGrant'],
      resources,
      condition: by('ecr'),
    },
  ];
}

function services(scope: Scope): readonly Permission[] {
  const definitions = arnIn(scope, 'ecs', 'task-definition/es-ecs-*:*');
  return [
    {
      sid: 'Cluster',
      because: 'the ECS cluster, its services and task definitions; tasks only get tags',
      actions: [
        'ecs:CreateCluster',
        'ecs:CreateService',
        'ecs:DeleteCluster',
        'ecs:DeleteService',
        'ecs:DeleteTaskDefinitions',
        'ecs:DeregisterContainerInstance',
        'ecs:RegisterTaskDefinition',
        'ecs:TagResource',
        'ecs:UntagResource',
        'ecs:UpdateClusterSettings',
        'ecs:UpdateService',
      ],
      resources: [
        arnIn(scope, 'ecs', 'cluster/es-ecs-*'),
        arnIn(scope, 'ecs', 'service/es-ecs-*/*'),
        arnIn(scope, 'ecs', 'task/es-ecs-*/*'),
        definitions,
      ],
    },
    {
      sid: 'Deregister',
      because:
        'AWS knows no resource and no condition for it; it only hides a task definition, which runs on where it runs',
      actions: ['ecs:DeregisterTaskDefinition'],
      resources: ['*'],
    },
    {
      sid: 'Images',
      because:
        "the repository, and the push into it, which docker, podman or buildah does with the caller's token",
      actions: [
        'ecr:BatchCheckLayerAvailability',
        'ecr:BatchDeleteImage',
        'ecr:CompleteLayerUpload',
        'ecr:CreateRepository',
        'ecr:DeleteRepository',
        'ecr:InitiateLayerUpload',
        'ecr:PutImage',
        'ecr:PutImageScanningConfiguration',
        'ecr:PutImageTagMutability',
        'ecr:PutLifecyclePolicy',
        'ecr:TagResource',
        'ecr:UntagResource',
        'ecr:UploadLayerPart',
      ],
      resources: [arnIn(scope, 'ecr', 'repository/es-ecs/*')],
    },
    {
      sid: 'LogInToRegistry',
      because: 'a token is for the registry as a whole: AWS knows no narrower resource for it',
      actions: ['ecr:GetAuthorizationToken'],
      resources: ['*'],
    },
    {
      sid: 'Logs',
      because: 'the log groups of the containers and of the flow log',
      actions: [
        'logs:AssociateKmsKey',
        'logs:CreateLogGroup',
        'logs:DeleteLogGroup',
        'logs:PutRetentionPolicy',
        'logs:TagResource',
        'logs:UntagResource',
      ],
      resources: [arnIn(scope, 'logs', 'log-group:/es-ecs/*')],
    },
    {
      sid: 'Secrets',
      because:
        'certificates and password, made here; they are read again to be renewed and rotated, and for the cluster to be told the password',
      actions: [
        'secretsmanager:CreateSecret',
        'secretsmanager:DeleteResourcePolicy',
        'secretsmanager:DeleteSecret',
        'secretsmanager:GetSecretValue',
        'secretsmanager:PutSecretValue',
        'secretsmanager:RestoreSecret',
        'secretsmanager:TagResource',
        'secretsmanager:UntagResource',
        'secretsmanager:UpdateSecret',
      ],
      resources: [arnIn(scope, 'secretsmanager', 'secret:es-ecs/*')],
    },
    {
      sid: 'Lock',
      because: "the account's lock",
      actions: [
        'ssm:AddTagsToResource',
        'ssm:DeleteParameter',
        'ssm:ListTagsForResource',
        'ssm:PutParameter',
        'ssm:RemoveTagsFromResource',
      ],
      resources: [arnIn(scope, 'ssm', 'parameter/es-ecs/*')],
    },
  ];
}

function roles(scope: Scope): readonly Permission[] {
  const { autoScaling, ecs, ecsTasks, flowLogs } = servicePrincipals;
  const anywhere = { partition: scope.partition, accountId: '*' };
  return [
    ...ownRoleStatements(scope),
    {
      sid: 'PassRoles',
      because: 'they are handed to hosts, tasks and the flow log, and to no other service',
      actions: ['iam:PassRole'],
      resources: rolesOnly(scope),
      condition: {
        StringEquals: {
          'iam:PassedToService': [ec2Principal(scope.partition), ecsTasks, flowLogs],
        },
      },
    },
    {
      sid: 'ServiceRoles',
      because:
        'the first ECS cluster and the first Auto Scaling group of an account make the role of their service',
      actions: ['iam:CreateServiceLinkedRole'],
      resources: [linkedRoleArn('autoScaling', anywhere), linkedRoleArn('ecs', anywhere)],
      condition: {
        StringEquals: { 'iam:AWSServiceName': [autoScaling, ecs] },
      },
    },
  ];
}

/** What is done to roles in which whoever does it could give himself more. */
const wideningActions = [
  'iam:CreateRole',
  'iam:PutRolePermissionsBoundary',
  'iam:PutRolePolicy',
  'iam:UpdateAssumeRolePolicy',
];
const otherRoleActions = [
  'iam:AddRoleToInstanceProfile',
  'iam:CreateInstanceProfile',
  'iam:DeleteInstanceProfile',
  'iam:DeleteRole',
  'iam:DeleteRolePolicy',
  'iam:DetachRolePolicy',
  'iam:RemoveRoleFromInstanceProfile',
  'iam:TagInstanceProfile',
  'iam:TagRole',
  'iam:UntagInstanceProfile',
  'iam:UntagRole',
];

/** With a boundary, roles are made and given policies only with it, and nobody takes it off. */
function ownRoleStatements(scope: Scope): readonly Permission[] {
  const { boundary } = scope;
  if (boundary === undefined) {
    return [
      {
        sid: 'Roles',
        because:
          'the roles of hosts and tasks, one inline policy each, and the profile that carries one into the hosts',
        actions: [...wideningActions, ...otherRoleActions, 'iam:DeleteRolePermissionsBoundary'].sort(),
        resources: ownRoles(scope),
      },
    ];
  }
  return [
    {
      sid: 'BoundRoles',
      because:
        'the roles of hosts and tasks: made with the boundary, and given a policy only while they have it',
      actions: wideningActions,
      resources: rolesOnly(scope),
      condition: { StringEquals: { 'iam:PermissionsBoundary': boundary } },
    },
    {
      sid: 'OtherwiseRoles',
      because: 'what takes from a role and never adds to it, and the profile that carries one into the hosts',
      actions: otherRoleActions,
      resources: ownRoles(scope),
    },
  ];
}

/** The statements that stand in place of `Roles` where a company demands a boundary. */
export function boundedRoles(scope: Scope & { readonly boundary: string }): Policy {
  return { name: 'bounded-roles', permissions: ownRoleStatements(scope) };
}
