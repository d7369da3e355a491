import { describe, expect, it } from 'vitest';

import { createVirtualClock } from '../../../src/engine/clock.ts';
import { createSimulatedAccount, type SimulatedAccount } from '../../../src/simulator/account.ts';
import { SimulatedFailure } from '../../../src/simulator/core/failure.ts';
import { parsePolicy } from '../../../src/simulator/policy/documents.ts';
import { askedOf } from '../../../src/simulator/policy/permissions.ts';
import { referenceOf } from '../../../src/simulator/policy/reference.ts';
import { services } from '../../../src/simulator/services.ts';

function account(...statements: readonly object[]): SimulatedAccount {
  const document = JSON.stringify({ Version: '2012-10-17', Statement: statements });
  return createSimulatedAccount({
    clock: createVirtualClock({ startMs: 0 }),
    ...(statements.length === 0 ? {} : { permissions: parsePolicy(document) }),
  });
}

/** `action resource`, one line each. */
function asked(service: string, operation: string, input: object): readonly string[] {
  return askedOf(account().world, { service, operation, input }).map(({ action, resource }) =>
    [action, resource.replace(':eu-west-1:123456789012:', ':R:A:').replace('::123456789012:', '::A:')].join(
      ' ',
    ),
  );
}

const tags = [{ Key: 'es-ecs-cluster', Value: 'search' }];

describe('every operation that is simulated', () => {
  const prefixes: Readonly<Record<string, string>> = { AutoScaling: 'autoscaling', CloudWatchLogs: 'logs' };
  const all = Object.entries(services).flatMap(([service, operations]) =>
    Object.keys(operations).map((operation) => [service, operation] as const),
  );

  it('has a line in the reference, and is checked for itself first', () => {
    const { world } = account();
    const wrong = all
      .filter(([service]) => service !== 'STS')
      .filter(([service, operation]) => {
        const action = `${prefixes[service] ?? service.toLowerCase()}:${operation}`;
        referenceOf(action);
        const checks = askedOf(world, { service, operation, input: {} });
        return checks[0]?.action !== action;
      });
    expect(wrong).toEqual([]);
    expect(all.length).toBeGreaterThan(190);
  });
});

describe('what is looked at before a call', () => {
  it.each<[string, string, object, readonly string[]]>([
    ['EC2', 'DescribeVpcs', {}, ['ec2:DescribeVpcs *']],
    [
      'EC2',
      'CreateVpc',
      { CidrBlock: '10.0.0.0/16', TagSpecifications: [{ ResourceType: 'vpc', Tags: tags }] },
      ['ec2:CreateVpc arn:aws:ec2:R:A:vpc/*', 'ec2:CreateTags arn:aws:ec2:R:A:vpc/*'],
    ],
    ['EC2', 'CreateVpc', { CidrBlock: '10.0.0.0/16' }, ['ec2:CreateVpc arn:aws:ec2:R:A:vpc/*']],
    [
      'EC2',
      'CreateSubnet',
      { VpcId: 'vpc-0a0a0a0a0a0a0a0a0', CidrBlock: '10.0.0.0/24' },
      [
        'ec2:CreateSubnet arn:aws:ec2:R:A:subnet/*',
        'ec2:CreateSubnet arn:aws:ec2:R:A:vpc/vpc-0a0a0a0a0a0a0a0a0',
      ],
    ],
    [
      'EC2',
      'ImportKeyPair',
      { KeyName: 'es-ecs-search' },
      ['ec2:ImportKeyPair arn:aws:ec2:R:A:key-pair/es-ecs-search'],
    ],
    [
      'EC2',
      'AuthorizeSecurityGroupIngress',
      {
        GroupId: 'sg-0a0a0a0a0a0a0a0a0',
        IpPermissions: [{ UserIdGroupPairs: [{ GroupId: 'sg-0b0b0b0b0b0b0b0b0' }] }],
      },
      ['ec2:AuthorizeSecurityGroupIngress arn:aws:ec2:R:A:security-group/sg-0a0a0a0a0a0a0a0a0'],
    ],
    [
      'EC2',
      'RunInstances',
      { ImageId: 'ami-0a0a0a0a0a0a0a0a0', SubnetId: 'subnet-0a0a0a0a0a0a0a0a0' },
      [
        'ec2:RunInstances arn:aws:ec2:eu-west-1::image/ami-0a0a0a0a0a0a0a0a0',
        'ec2:RunInstances arn:aws:ec2:R:A:instance/*',
        'ec2:RunInstances arn:aws:ec2:R:A:network-interface/*',
        'ec2:RunInstances arn:aws:ec2:R:A:subnet/subnet-0a0a0a0a0a0a0a0a0',
        'ec2:RunInstances arn:aws:ec2:R:A:volume/*',
      ],
    ],
    [
      'EC2',
      'CreateFlowLogs',
      {
        ResourceIds: ['vpc-0a0a0a0a0a0a0a0a0'],
        DeliverLogsPermissionArn: 'arn:aws:iam::123456789012:role/flows',
      },
      [
        'ec2:CreateFlowLogs arn:aws:ec2:R:A:vpc-flow-log/*',
        'ec2:CreateFlowLogs arn:aws:ec2:R:A:vpc/vpc-0a0a0a0a0a0a0a0a0',
        'iam:PassRole arn:aws:iam::A:role/flows',
      ],
    ],
    [
      'AutoScaling',
      'CreateAutoScalingGroup',
      { AutoScalingGroupName: 'es-ecs-search-0', Tags: tags },
      [
        'autoscaling:CreateAutoScalingGroup arn:aws:autoscaling:R:A:autoScalingGroup:*:autoScalingGroupName/es-ecs-search-0',
        'autoscaling:CreateOrUpdateTags arn:aws:autoscaling:R:A:autoScalingGroup:*:autoScalingGroupName/es-ecs-search-0',
        'iam:CreateServiceLinkedRole arn:aws:iam::A:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling',
      ],
    ],
    [
      'ECS',
      'RegisterTaskDefinition',
      {
        family: 'es-ecs-search',
        executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
        taskRoleArn: 'arn:aws:iam::123456789012:role/task',
        tags: [{ key: 'a', value: 'b' }],
      },
      [
        'ecs:RegisterTaskDefinition arn:aws:ecs:R:A:task-definition/es-ecs-search:*',
        'ecs:TagResource arn:aws:ecs:R:A:task-definition/es-ecs-search:*',
        'iam:PassRole arn:aws:iam::A:role/execution',
        'iam:PassRole arn:aws:iam::A:role/task',
      ],
    ],
    ['ECS', 'ListTasks', { cluster: 'es-ecs-search' }, ['ecs:ListTasks *']],
    [
      'ECS',
      'DescribeServices',
      { cluster: 'es-ecs-search', services: ['a', 'b'] },
      [
        'ecs:DescribeServices arn:aws:ecs:R:A:service/es-ecs-search/a',
        'ecs:DescribeServices arn:aws:ecs:R:A:service/es-ecs-search/b',
      ],
    ],
    [
      'IAM',
      'CreateRole',
      { RoleName: 'es-ecs-task', Path: '/team/', Tags: tags },
      [
        'iam:CreateRole arn:aws:iam::A:role/team/es-ecs-task',
        'iam:TagRole arn:aws:iam::A:role/team/es-ecs-task',
      ],
    ],
    // Of what is not there IAM knows no path.
    ['IAM', 'GetRole', { RoleName: 'es-ecs-task' }, ['iam:GetRole arn:aws:iam::A:role/es-ecs-task']],
    [
      'IAM',
      'AddRoleToInstanceProfile',
      { RoleName: 'r', InstanceProfileName: 'p' },
      [
        'iam:AddRoleToInstanceProfile arn:aws:iam::A:instance-profile/p',
        'iam:PassRole arn:aws:iam::A:role/r',
      ],
    ],
    [
      'ECR',
      'CreateRepository',
      { repositoryName: 'es-ecs/search', tags },
      [
        'ecr:CreateRepository arn:aws:ecr:R:A:repository/es-ecs/search',
        'ecr:TagResource arn:aws:ecr:R:A:repository/es-ecs/search',
      ],
    ],
    [
      'CloudWatchLogs',
      'CreateLogGroup',
      { logGroupName: '/es-ecs/search', tags: { a: 'b' } },
      [
        'logs:CreateLogGroup arn:aws:logs:R:A:log-group:/es-ecs/search:log-stream:',
        'logs:TagResource arn:aws:logs:R:A:log-group:/es-ecs/search:log-stream:',
      ],
    ],
    [
      'SecretsManager',
      'CreateSecret',
      { Name: 'es-ecs/search/password', Tags: tags },
      [
        'secretsmanager:CreateSecret arn:aws:secretsmanager:R:A:secret:es-ecs/search/password',
        'secretsmanager:TagResource arn:aws:secretsmanager:R:A:secret:es-ecs/search/password',
      ],
    ],
    [
      'SSM',
      'PutParameter',
      { Name: '/es-ecs/search/lock', Tags: tags },
      [
        'ssm:PutParameter arn:aws:ssm:R:A:parameter/es-ecs/search/lock',
        'ssm:AddTagsToResource arn:aws:ssm:R:A:parameter/es-ecs/search/lock',
      ],
    ],
    [
      'SSM',
      'GetParameters',
      { Names: ['/aws/service/one'] },
      ['ssm:GetParameters arn:aws:ssm:eu-west-1::parameter/aws/service/one'],
    ],
    ['STS', 'GetCallerIdentity', {}, []],
  ])('%s %s %j', (service, operation, input, expected) => {
    expect(asked(service, operation, input)).toEqual(expected);
  });
});

describe('what is not allowed is refused', () => {
  const nothing = { Effect: 'Allow', Action: 'sts:*', Resource: '*' };
  const user = 'arn:aws:iam::123456789012:user/simulated';

  function refusal(service: string, operation: string, input: object): SimulatedFailure {
    try {
      account(nothing).authorize({ service, operation, input });
    } catch (error) {
      if (error instanceof SimulatedFailure) return error;
      throw error;
    }
    throw new Error('it was allowed');
  }

  it('by EC2 with an encoded message, but for describes', () => {
    const failure = refusal('EC2', 'CreateVpc', {});
    expect(failure).toMatchObject({ code: 'UnauthorizedOperation', status: 403 });
    expect(failure.message).toMatch(
      /^You are not authorized to perform this operation\. User: arn:aws:iam::123456789012:user\/simulated is not authorized to perform: ec2:CreateVpc on resource: arn:aws:ec2:eu-west-1:123456789012:vpc\/\* because no identity-based policy allows the ec2:CreateVpc action\. Encoded authorization failure message: [\w-]+$/,
    );
    expect(refusal('EC2', 'DescribeVpcs', {}).message).toBe(
      `You are not authorized to perform this operation. User: ${user} is not authorized to perform: ec2:DescribeVpcs because no identity-based policy allows the ec2:DescribeVpcs action`,
    );
  });

  it('by the query services and by those that speak JSON, each under its own name', () => {
    expect(refusal('IAM', 'GetRole', { RoleName: 'r' })).toMatchObject({
      code: 'AccessDenied',
      status: 403,
      message: `User: ${user} is not authorized to perform: iam:GetRole on resource: arn:aws:iam::123456789012:role/r because no identity-based policy allows the iam:GetRole action`,
    });
    expect(refusal('ECS', 'ListTaskDefinitions', {})).toMatchObject({
      code: 'AccessDeniedException',
      status: 400,
    });
  });

  it('and says where it was denied outright', () => {
    const denied = account(
      { Effect: 'Allow', Action: '*', Resource: '*' },
      { Effect: 'Deny', Action: 'iam:*', Resource: '*' },
    );
    expect(() => {
      denied.authorize({ service: 'IAM', operation: 'GetRole', input: { RoleName: 'r' } });
    }).toThrow('with an explicit deny in an identity-based policy');
  });

  it('and leaves to the call what is not there, where only a condition was in the way', () => {
    const tagged = account({
      Effect: 'Allow',
      Action: 'ec2:DeleteVpc',
      Resource: '*',
      Condition: { StringLike: { 'aws:ResourceTag/es-ecs-cluster': '*' } },
    });
    const input = { VpcId: 'vpc-0a0a0a0a0a0a0a0a0' };
    expect(() => {
      tagged.authorize({ service: 'EC2', operation: 'DeleteVpc', input });
    }).not.toThrow();
    expect(() => {
      tagged.authorize({ service: 'EC2', operation: 'ModifyVpcAttribute', input });
    }).toThrow(SimulatedFailure);
  });
});
