import type {
  GetAccountAuthorizationDetailsCommandInput,
  GetAccountAuthorizationDetailsCommandOutput,
  RoleDetail,
} from '@aws-sdk/client-iam';

import type { World } from '../core/world.ts';
import { iamPage, toIamTags } from './common.ts';
import { instanceProfiles } from './instance-profiles.ts';
import { encodePolicy } from './policy-documents.ts';
import { boundaryOf, type RoleRow, roles, toRole } from './roles.ts';

/** "If you do not include this parameter, the number of items defaults to 100"; at most 1000 (IAM API reference). */
const pageSizes = { usual: 100, most: 1_000 } as const;

/** All that belongs to the roles of an account, in one call. Lists lag behind: a role that was made a moment ago is not in it. */
export const accountDetailOperations = {
  GetAccountAuthorizationDetails(
    world: World,
    input: GetAccountAuthorizationDetailsCommandInput,
  ): Omit<GetAccountAuthorizationDetailsCommandOutput, '$metadata'> {
    // Nothing said is everything; and roles are all that there is.
    const asked = input.Filter ?? [];
    const wanted = asked.length === 0 || asked.includes('Role') ? [...world.rows(roles).values()] : [];
    const found = wanted.filter((row) => row.visibleAtMs <= world.nowMs);
    const size = Math.min(input.MaxItems ?? pageSizes.usual, pageSizes.most);
    const { items, ...rest } = iamPage(found, input.Marker, size, pageSizes.most);
    return {
      UserDetailList: [],
      GroupDetailList: [],
      RoleDetailList: items.map((row) => toDetail(world, row)),
      Policies: [],
      ...rest,
    };
  },
} as const;

function toDetail(world: World, row: RoleRow): RoleDetail {
  const { RoleName, RoleId, Arn, Path, CreateDate, AssumeRolePolicyDocument } = toRole(row);
  return {
    RoleName,
    RoleId,
    Arn,
    Path,
    CreateDate,
    AssumeRolePolicyDocument,
    InstanceProfileList: [...world.rows(instanceProfiles).values()]
      .filter((profile) => profile.roleName === row.name)
      .map((profile) => ({
        InstanceProfileName: profile.name,
        InstanceProfileId: profile.id,
        Arn: profile.arn,
        Path: profile.path,
        CreateDate: new Date(profile.createdAtMs),
        Roles: [toRole(row)],
      })),
    RolePolicyList: Object.entries(row.inline).map(([PolicyName, document]) => ({
      PolicyName,
      PolicyDocument: encodePolicy(document),
    })),
    AttachedManagedPolicies: row.attached.map((arn) => ({
      PolicyArn: arn,
      PolicyName: arn.split('/').at(-1),
    })),
    ...boundaryOf(row),
    Tags: toIamTags(row.tags),
    RoleLastUsed: {},
  };
}
