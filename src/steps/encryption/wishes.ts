import { linkedRoleArn, logsPrincipal, viaOf } from '../../aws/partitions.ts';
import type { StepContext } from '../context.ts';
import { arn, flowLogGroupName, logGroupName, roleName } from '../names.ts';
import type { KeyWish } from './key-policy.ts';

type Context = Pick<StepContext, 'config' | 'facts'>;

/** What a key's policy must allow, and how that is said. */
export interface KeyNeed extends KeyWish {
  /** Who it is, as the middle of a sentence. */
  readonly who: string;
  /** What does not go without it. */
  readonly forWhat: string;
  /** What would have to be added to the key's policy. */
  readonly statements: readonly object[];
  /** Whether a grant would do as well: one can be given to a role, and to no service. */
  readonly grantee?: string;
}

/** As AWS's examples have it ("Required AWS KMS key policy for use with encrypted volumes"). */
const useActions = [
  'kms:Encrypt',
  'kms:Decrypt',
  'kms:ReEncrypt*',
  'kms:GenerateDataKey*',
  'kms:DescribeKey',
];

/** What making a disk asks of its key ("Requirements for Amazon EBS encryption"). */
export const diskActions = [
  'kms:CreateGrant',
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];

/** The command that lets Auto Scaling use a key without another policy (Auto Scaling user guide, the same page: cross-account access by a grant). */
export function grantCommand(arn: string, facts: Context['facts']): string {
  const operations =
    'CreateGrant Decrypt DescribeKey Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext ReEncryptFrom ReEncryptTo';
  return `aws kms create-grant --region ${facts.region} --key-id ${arn} --grantee-principal ${linkedRoleArn('autoScaling', facts)} --operations ${operations}`;
}

/** Auto Scaling's own role launches the hosts, and no policy of the account reaches it: the key's must name it. */
export function scalingNeed({ facts }: Context): KeyNeed {
  const role = linkedRoleArn('autoScaling', facts);
  const AWS = role;
  return {
    who: 'the role AWSServiceRoleForAutoScaling',
    forWhat: 'no host starts',
    actions: diskActions,
    principals: [role],
    byIam: false,
    keys: viaService(facts, 'ec2', { 'kms:grantisforawsresource': 'true' }),
    grantee: role,
    statements: [
      { Sid: 'Launch', Effect: 'Allow', Principal: { AWS }, Action: useActions, Resource: '*' },
      {
        Sid: 'LaunchGrants',
        Effect: 'Allow',
        Principal: { AWS },
        Action: 'kms:CreateGrant',
        Resource: '*',
        Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
      },
    ],
  };
}

/** CloudWatch Logs uses the key by its own name, for each log group ("Encrypt log data in CloudWatch Logs using AWS KMS"). */
export function logNeeds({ config, facts }: Context): readonly KeyNeed[] {
  const Service = logsPrincipal(facts.region);
  const names = [logGroupName(config), ...(config.network.flowLogs ? [flowLogGroupName(config)] : [])];
  return names.map((name) => ({
    who: `CloudWatch Logs, for the log group ${name},`,
    forWhat: 'the log group gets no key',
    actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:GenerateDataKey'],
    principals: [Service],
    byIam: false,
    keys: {
      'kms:encryptioncontext:aws:logs:arn': arn(facts, 'logs', `log-group:${name}`),
      'aws:sourceaccount': facts.accountId,
    },
    statements: [
      {
        Sid: 'Logs',
        Effect: 'Allow',
        Principal: { Service },
        Action: useActions,
        Resource: '*',
        Condition: {
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn': arn(facts, 'logs', `log-group:${logGroupName(config)}*`),
          },
        },
      },
    ],
  }));
}

/** Whoever runs es-ecs makes data volumes, the bastion and the first of everything. */
export function callerNeed({ facts }: Context, what: 'disks' | 'everything'): KeyNeed {
  const { callerArn: caller } = facts;
  const others = what === 'disks' ? [] : ['kms:GenerateDataKey'];
  return {
    who: caller,
    forWhat: what === 'disks' ? 'no data volume is made' : 'neither disks nor secrets are made',
    actions: [...diskActions, ...others],
    principals: namesOf(caller),
    byIam: true,
    keys: { 'kms:grantisforawsresource': 'true', 'kms:calleraccount': facts.accountId },
    statements: byIam(facts),
  };
}

/** The hosts attach their data volumes themselves. */
export function hostNeed({ config, facts }: Context): KeyNeed {
  return roleNeed({ config, facts }, 'instance', {
    who: 'the role of the hosts',
    forWhat: 'no host gets its data volume',
    actions: ['kms:CreateGrant'],
    keys: viaService(facts, 'ec2', { 'kms:grantisforawsresource': 'true' }),
  });
}

/** ECS reads the secrets with the execution role, before a task starts. */
export function executionNeed({ config, facts }: Context): KeyNeed {
  return roleNeed({ config, facts }, 'execution', {
    who: 'the execution role',
    forWhat: 'no task starts',
    actions: ['kms:Decrypt'],
    keys: viaService(facts, 'secretsmanager', {}),
  });
}

function roleNeed(
  { config, facts }: Context,
  role: 'instance' | 'execution',
  need: Pick<KeyNeed, 'who' | 'forWhat' | 'actions' | 'keys'>,
): KeyNeed {
  const name = `arn:${facts.partition}:iam::${facts.accountId}:role${config.iam.path}${roleName(config, role)}`;
  return { ...need, principals: [name], byIam: true, statements: byIam(facts) };
}

function viaService(
  facts: Context['facts'],
  service: string,
  others: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return {
    'kms:viaservice': viaOf(service, facts.region),
    'kms:calleraccount': facts.accountId,
    ...others,
  };
}

/** "Allows access to the AWS account and enables IAM policies": roles that are not there yet can be named by no policy. */
function byIam({ partition, accountId }: Context['facts']): readonly object[] {
  return [
    {
      Sid: 'ByIam',
      Effect: 'Allow',
      Principal: { AWS: `arn:${partition}:iam::${accountId}:root` },
      Action: 'kms:*',
      Resource: '*',
    },
  ];
}

/** A session of a role goes by the role too, whose path does not show in the session's ARN. */
function namesOf(caller: string): readonly string[] {
  const [, partition, account, role] = /^arn:([^:]+):sts::(\d+):assumed-role\/([^/]+)\//.exec(caller) ?? [];
  if (role === undefined) return [caller];
  const roles = `arn:${String(partition)}:iam::${String(account)}:role/`;
  return [caller, `${roles}${role}`, `${roles}*/${role}`];
}
