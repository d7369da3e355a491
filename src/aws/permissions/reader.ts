import { tagged, viaServices } from './conditions.ts';
import { arnIn, type Permission, type Policy, type Scope } from './statement.ts';
import { ownRoles } from './roles.ts';

/** What `plan` and `status` ask for, and every other command with them. Nothing of it changes anything or shows a secret. */
export function readerPolicy(scope: Scope): Policy {
  return { name: 'es-ecs-read', permissions: [lists, ...things(scope), ...named(scope)] };
}

/** What `es`, `tunnel` and `credentials` need besides, and whoever is to see in `status` how Elasticsearch is. */
export function passwordPolicy(scope: Scope): Policy {
  return {
    name: 'es-ecs-password',
    permissions: [
      {
        sid: 'ReadPassword',
        because:
          'the password of the user elastic, and the certificate by which the cluster is known; not the authority that signs them',
        actions: ['secretsmanager:GetSecretValue'],
        resources: ['certificates', 'password'].map((secret) =>
          arnIn(scope, 'secretsmanager', `secret:es-ecs/*/${secret}-??????`),
        ),
      },
      {
        sid: 'DecryptPassword',
        because:
          'the same, where a customer key encrypts them: by Secrets Manager alone, and nothing but them',
        actions: ['kms:Decrypt'],
        resources: [arnIn(scope, 'kms', 'key/*')],
        condition: {
          StringLike: {
            'kms:ViaService': viaServices('secretsmanager'),
            'kms:EncryptionContext:SecretARN': ['certificates', 'password'].map((secret) =>
              arnIn(scope, 'secretsmanager', `secret:es-ecs/*/${secret}-??????`),
            ),
          },
        },
      },
    ],
  };
}

const lists: Permission = {
  sid: 'List',
  because: 'lists and describes for which AWS knows no resource and no condition',
  actions: [
    'autoscaling:DescribeAutoScalingGroups',
    'autoscaling:DescribeScalingActivities',
    'ec2:DescribeAddresses',
    'ec2:DescribeAvailabilityZones',
    'ec2:DescribeFlowLogs',
    'ec2:DescribeIamInstanceProfileAssociations',
    'ec2:DescribeImages',
    'ec2:DescribeInstanceTypeOfferings',
    'ec2:DescribeInstanceTypes',
    'ec2:DescribeInstances',
    'ec2:DescribeInternetGateways',
    'ec2:DescribeKeyPairs',
    'ec2:DescribeLaunchTemplateVersions',
    'ec2:DescribeLaunchTemplates',
    'ec2:DescribeNatGateways',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeRouteTables',
    'ec2:DescribeSecurityGroups',
    'ec2:DescribeSubnets',
    'ec2:DescribeTags',
    'ec2:DescribeVolumes',
    'ec2:DescribeVolumesModifications',
    'ec2:DescribeVpcEndpoints',
    'ec2:DescribeVpcs',
    'ec2:GetEbsDefaultKmsKeyId',
    'ecs:DescribeTaskDefinition',
    'ecs:ListTaskDefinitionFamilies',
    'ecs:ListTaskDefinitions',
    'freetier:GetAccountPlanState',
    'iam:GetAccountAuthorizationDetails',
    'logs:DescribeLogGroups',
    'secretsmanager:ListSecrets',
    'servicequotas:GetServiceQuota',
  ],
  resources: ['*'],
};

function things(scope: Scope): readonly Permission[] {
  return [
    {
      sid: 'LookAtTagged',
      because: "a VPC's DNS settings, and what a host that is not ready wrote on its console",
      actions: ['ec2:DescribeVpcAttribute', 'ec2:GetConsoleOutput'],
      resources: [arnIn(scope, 'ec2', 'instance/*'), arnIn(scope, 'ec2', 'vpc/*')],
      condition: tagged,
    },
    {
      sid: 'LookAtCluster',
      because: 'the ECS cluster and what is in it',
      actions: [
        'ecs:DescribeClusters',
        'ecs:DescribeContainerInstances',
        'ecs:DescribeServices',
        'ecs:DescribeTasks',
        'ecs:ListContainerInstances',
      ],
      resources: [
        'cluster/es-ecs-*',
        'container-instance/es-ecs-*/*',
        'service/es-ecs-*/*',
        'task/es-ecs-*/*',
      ].map((one) => arnIn(scope, 'ecs', one)),
    },
    {
      sid: 'ListInCluster',
      because: 'the same, where AWS knows no resource but does know the cluster',
      actions: ['ecs:ListServices', 'ecs:ListTasks'],
      resources: ['*'],
      condition: { ArnLike: { 'ecs:cluster': arnIn(scope, 'ecs', 'cluster/es-ecs-*') } },
    },
  ];
}

function named(scope: Scope): readonly Permission[] {
  return [
    {
      sid: 'LookAtRoles',
      because: 'the roles of hosts and tasks, with their policies',
      actions: [
        'iam:GetInstanceProfile',
        'iam:GetRole',
        'iam:GetRolePolicy',
        'iam:ListAttachedRolePolicies',
        'iam:ListRolePolicies',
      ],
      resources: ownRoles(scope),
    },
    {
      sid: 'LookAtImages',
      because:
        'the repository, and whether the image of this config is in it: the one read that does not begin with Describe, Get or List',
      actions: [
        'ecr:BatchGetImage',
        'ecr:DescribeRepositories',
        'ecr:GetLifecyclePolicy',
        'ecr:ListTagsForResource',
      ],
      resources: [arnIn(scope, 'ecr', 'repository/es-ecs/*')],
    },
    {
      sid: 'LookAtLogs',
      because: 'tags of the log groups, and the last lines of a node that does not start',
      actions: ['logs:GetLogEvents', 'logs:ListTagsForResource'],
      resources: [arnIn(scope, 'logs', 'log-group:/es-ecs/*')],
    },
    {
      sid: 'LookAtSecrets',
      because:
        'whether the secrets are there, whose they are and who else may read them, never what is in them',
      actions: ['secretsmanager:DescribeSecret', 'secretsmanager:GetResourcePolicy'],
      resources: [arnIn(scope, 'secretsmanager', 'secret:es-ecs/*')],
    },
    {
      sid: 'LookAtKeys',
      because:
        'whether the keys that the cluster is encrypted with can be used, and by whom; keys have no names that one could go by',
      actions: ['kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:ListGrants'],
      resources: [arnIn(scope, 'kms', 'key/*')],
    },
    {
      sid: 'LookAtLock',
      because: "who holds the account's lock",
      actions: ['ssm:GetParameter', 'ssm:GetParameterHistory'],
      resources: [arnIn(scope, 'ssm', 'parameter/es-ecs/*')],
    },
    {
      sid: 'LookAtMachineImages',
      because: "the newest machine images, by AWS's own public parameters, which belong to no account",
      actions: ['ssm:GetParameters'],
      resources: [`arn:${scope.partition}:ssm:*::parameter/aws/service/*`],
    },
  ];
}
