import {
  AssociateKmsKeyCommand,
  CreateLogGroupCommand,
  DescribeLogGroupsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { GetEbsDefaultKmsKeyIdCommand } from '@aws-sdk/client-ec2';
import {
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  DescribeKeyCommand,
  GetKeyPolicyCommand,
  ListGrantsCommand,
} from '@aws-sdk/client-kms';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager';

import type { Clients } from '../../../src/aws/clients.ts';
import type { ContractCase } from '../case.ts';
import { answer, outcome } from '../case.ts';

const policy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::123456789012:root' }, Action: 'kms:*', Resource: '*' },
    {
      Effect: 'Allow',
      Principal: { Service: 'logs.eu-west-1.amazonaws.com' },
      Action: 'kms:*',
      Resource: '*',
    },
  ],
});

async function makeKey(
  { kms }: Clients,
  Policy: string,
): Promise<{ readonly arn: string; readonly id: string }> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Policy }));
  return { arn: KeyMetadata?.Arn ?? '', id: KeyMetadata?.KeyId ?? '' };
}

export const keyCases: readonly ContractCase[] = [
  {
    name: 'key: by its names',
    calls: ['KMS:DescribeKey'],
    // KMS API reference, DescribeKey, KeyId: id, ARN, alias, ARN of an alias.
    expected: {
      'by each name': [true, true, true, true],
      'what it is': ['Enabled', 'CUSTOMER', 'ENCRYPT_DECRYPT', 'SYMMETRIC_DEFAULT', false],
      'an unknown id': 'NotFoundException',
      'an unknown alias': 'NotFoundException',
    },
    run: async (clients, scratch) => {
      const { kms } = clients;
      const { arn, id } = await makeKey(clients, policy);
      const AliasName = `alias/${scratch.name('key')}`;
      await kms.send(new CreateAliasCommand({ AliasName, TargetKeyId: id }));
      const look = (KeyId: string) => kms.send(new DescribeKeyCommand({ KeyId }));
      const names = [id, arn, AliasName, arn.replace(/key\/.*/, AliasName)];
      const seen = await Promise.all(names.map(async (name) => (await look(name)).KeyMetadata));
      const [one] = seen;
      return {
        'by each name': seen.map((key) => key?.Arn === arn),
        'what it is': [one?.KeyState, one?.KeyManager, one?.KeyUsage, one?.KeySpec, one?.MultiRegion],
        'an unknown id': await outcome(look('0a1b2c3d-0000-4000-8000-00000000dead')),
        'an unknown alias': await outcome(look('alias/nobody')),
      };
    },
  },
  {
    name: 'key: its policy and its grants',
    calls: ['KMS:GetKeyPolicy', 'KMS:ListGrants'],
    expected: { policy: true, grants: [['arn:aws:iam::123456789012:role/someone', ['Decrypt']]] },
    run: async (clients) => {
      const { kms } = clients;
      const { id: KeyId } = await makeKey(clients, policy);
      const GranteePrincipal = 'arn:aws:iam::123456789012:role/someone';
      await kms.send(new CreateGrantCommand({ KeyId, GranteePrincipal, Operations: ['Decrypt'] }));
      const { Policy = '' } = await kms.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'default' }));
      const { Grants = [] } = await kms.send(new ListGrantsCommand({ KeyId }));
      return {
        policy: JSON.stringify(JSON.parse(Policy)) === policy,
        grants: Grants.map((one) => [one.GranteePrincipal, one.Operations]),
      };
    },
  },
  {
    name: 'key: of a secret, and another one',
    calls: ['SecretsManager:UpdateSecret'],
    // Secrets Manager API reference, UpdateSecret, KmsKeyId.
    expected: { made: true, then: true },
    run: async (clients, scratch) => {
      const { secretsManager } = clients;
      const [first, second] = [await makeKey(clients, policy), await makeKey(clients, policy)];
      const SecretId = scratch.name('keyed');
      await secretsManager.send(
        new CreateSecretCommand({ Name: SecretId, SecretString: 'x', KmsKeyId: first.arn }),
      );
      const keyOf = async () => (await secretsManager.send(new DescribeSecretCommand({ SecretId }))).KmsKeyId;
      const made = (await keyOf()) === first.arn;
      await secretsManager.send(new UpdateSecretCommand({ SecretId, KmsKeyId: second.arn }));
      return { made, then: (await keyOf()) === second.arn };
    },
  },
  {
    name: 'key: of a log group',
    calls: ['CloudWatchLogs:AssociateKmsKey'],
    // CloudWatch Logs API reference, AssociateKmsKey.
    expected: { 'giving it': 'done', then: true },
    run: async (clients, scratch) => {
      const { logs } = clients;
      const { arn } = await makeKey(clients, policy);
      const logGroupName = `/es-ecs/${scratch.name('keyed')}`;
      await logs.send(new CreateLogGroupCommand({ logGroupName }));
      const given = await outcome(logs.send(new AssociateKmsKeyCommand({ logGroupName, kmsKeyId: arn })));
      const { logGroups } = await logs.send(
        new DescribeLogGroupsCommand({ logGroupNamePrefix: logGroupName }),
      );
      return { 'giving it': given, then: logGroups?.[0]?.kmsKeyId === arn };
    },
  },
  {
    name: "key: the account's own for disks",
    calls: ['EC2:GetEbsDefaultKmsKeyId'],
    // EBS user guide, "Amazon EBS encryption", default KMS key: "alias/aws/ebs".
    expected: { "EBS's own": true },
    run: async ({ ec2 }) => ({
      "EBS's own": await answer(ec2.send(new GetEbsDefaultKmsKeyIdCommand({})), ({ KmsKeyId = '' }) =>
        /(^|:)alias\/aws\/ebs$/.test(KmsKeyId),
      ),
    }),
  },
];
