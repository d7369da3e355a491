import { viaOf } from '../../aws/partitions.ts';
import type { StepContext } from '../context.ts';
import { arn, secretName } from '../names.ts';
import type { Statement } from './document.ts';

type Context = Pick<StepContext, 'config' | 'facts'>;

/** By whose hand alone a key is used: "kms:ViaService". */
function via({ facts }: Context, service: string): string {
  return viaOf(service, facts.region);
}

/**
 * What attaching a disk takes that a customer key encrypts: EC2 makes a grant in the host's name, by which the disk's own key is decrypted
 * ("How Amazon EBS uses AWS KMS"; kubernetes issue 62171). By EC2 alone, which attaches no other cluster's disks for this role. The key is
 * not named: a disk keeps the one that it was made with, which may be the account's default key of another day.
 */
export function diskKeyStatements(context: Context): readonly Statement[] {
  const Resource = [arn(context.facts, 'kms', 'key/*')];
  const StringEquals = { 'kms:ViaService': via(context, 'ec2') };
  return [
    {
      Sid: 'OpenDisk',
      Effect: 'Allow',
      Action: ['kms:CreateGrant'],
      Resource,
      Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' }, StringEquals },
    },
    {
      Sid: 'SeeDiskKey',
      Effect: 'Allow',
      Action: ['kms:Decrypt', 'kms:DescribeKey'],
      Resource,
      Condition: { StringEquals },
    },
  ];
}

/**
 * Reading the secrets of the nodes where a customer key encrypts them. Not the key is named but what it opens: the two secrets, by Secrets Manager
 * alone ("Secret encryption and decryption in AWS Secrets Manager", encryption context). So a change of the key shuts nobody out.
 */
export function secretKeyStatement(context: Context): Statement {
  const { config, facts } = context;
  return {
    Sid: 'DecryptSecrets',
    Effect: 'Allow',
    Action: ['kms:Decrypt'],
    Resource: [arn(facts, 'kms', 'key/*')],
    Condition: {
      StringEquals: { 'kms:ViaService': via(context, 'secretsmanager') },
      StringLike: {
        'kms:EncryptionContext:SecretARN': (['certificates', 'password'] as const).map((secret) =>
          arn(facts, 'secretsmanager', `secret:${secretName(config, secret)}-??????`),
        ),
      },
    },
  };
}
