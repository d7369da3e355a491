import { logsPrincipal } from '../../aws/partitions.ts';
import { setGovernance } from '../core/governance.ts';
import type { World } from '../core/world.ts';
import { addKey, setEbsKey } from '../kms/keys.ts';
import { scalingRole } from '../kms/use.ts';
import { setGuardRail } from '../policy/guard-rails.ts';

/** The boundary that the company's accounts have, and demand of every role. */
const boundary = 'policy/company/boundary';

/** The key of the company that clusters may use. */
const goodKey = 'alias/company/es-ecs';
/** Its default for disks, made before anybody there knew of Auto Scaling. */
const diskKey = 'alias/company/ebs';

/**
 * An account of a company: its organisation lets nobody make or change a role without the boundary, nor take a tag off a thing of EC2;
 * what is made there gets the company's own tags a minute later; and disks get a key of the company's by which Auto Scaling starts nothing.
 */
export function openCompany(world: World): void {
  const { partition, accountId } = world;
  setGuardRail(world, {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'RolesWithBoundary',
        Effect: 'Deny',
        Action: ['iam:CreateRole', 'iam:PutRolePolicy', 'iam:AttachRolePolicy'],
        Resource: '*',
        Condition: {
          StringNotEquals: {
            'iam:PermissionsBoundary': `arn:${partition}:iam::${accountId}:${boundary}`,
          },
        },
      },
      { Sid: 'TagsStay', Effect: 'Deny', Action: 'ec2:DeleteTags', Resource: '*' },
    ],
  });
  setGovernance(world, {
    afterMs: 60_000,
    tags: { CostCentre: '4711', 'governance:owner': 'platform', Backup: 'daily' },
  });
  setEbsKey(world, addKey(world, { alias: diskKey }).arn);
  addKey(world, { alias: goodKey, policy: policyOfGoodKey(world) });
}

/** All that docs/encryption.md asks of a key's policy, for clusters of any name. */
function policyOfGoodKey(world: World): object {
  const { partition, region, accountId } = world;
  const use = ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'];
  const scaling = { AWS: scalingRole(world).arn };
  const allow = { Effect: 'Allow', Resource: '*' };
  return {
    Version: '2012-10-17',
    Statement: [
      {
        ...allow,
        Sid: 'ByIam',
        Principal: { AWS: `arn:${partition}:iam::${accountId}:root` },
        Action: 'kms:*',
      },
      { ...allow, Sid: 'Launch', Principal: scaling, Action: use },
      {
        ...allow,
        Sid: 'LaunchGrants',
        Principal: scaling,
        Action: 'kms:CreateGrant',
        Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
      },
      {
        ...allow,
        Sid: 'Logs',
        Principal: { Service: logsPrincipal(region) },
        Action: use,
        Condition: {
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${accountId}:log-group:/es-ecs/*`,
          },
        },
      },
    ],
  };
}
