import { setGovernance } from '../core/governance.ts';
import type { World } from '../core/world.ts';
import { setGuardRail } from '../policy/guard-rails.ts';

/** The boundary that the company's accounts have, and demand of every role. */
const boundary = 'policy/company/boundary';

/**
 * An account of a company: its organisation lets nobody make or change a role without the boundary, nor take a tag off a thing of EC2;
 * and what is made there gets the company's own tags a minute later.
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
}
