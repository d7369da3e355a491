import type {
  AddRoleToInstanceProfileCommandInput,
  CreateInstanceProfileCommandInput,
  CreateInstanceProfileCommandOutput,
  DeleteInstanceProfileCommandInput,
  GetInstanceProfileCommandInput,
  GetInstanceProfileCommandOutput,
  InstanceProfile,
  ListInstanceProfilesCommandInput,
  ListInstanceProfilesCommandOutput,
  ListInstanceProfilesForRoleCommandInput,
  ListInstanceProfilesForRoleCommandOutput,
  ListInstanceProfileTagsCommandInput,
  ListInstanceProfileTagsCommandOutput,
  RemoveRoleFromInstanceProfileCommandInput,
  TagInstanceProfileCommandInput,
  UntagInstanceProfileCommandInput,
} from '@aws-sdk/client-iam';

import { SimulatedFailure } from '../core/failure.ts';
import { table, type World } from '../core/world.ts';
import {
  alreadyExists,
  checkedName,
  checkedPath,
  deleteConflict,
  iamId,
  iamPage,
  type IamTags,
  mindingCase,
  limitExceeded,
  noSuchEntity,
  toIamTags,
  withoutTags,
  withTags,
} from './common.ts';
import { requireKnownRole, requireRole, roles, toRole } from './roles.ts';

type Answer<Output> = Omit<Output, '$metadata'>;

export interface InstanceProfileRow {
  readonly name: string;
  readonly id: string;
  readonly arn: string;
  readonly path: string;
  readonly createdAtMs: number;
  /** From when lists show it. By name it shows at once. */
  readonly visibleAtMs: number;
  /** From when EC2 knows it: IAM is eventually consistent, and other services hear of it later. */
  readonly usableAtMs: number;
  roleName: string | undefined;
  tags: IamTags;
}

/** Instance profiles by name. */
export const instanceProfiles = table<InstanceProfileRow>('iam/instance-profiles');

/** @throws SimulatedFailure NoSuchEntityException */
function requireInstanceProfile(world: World, name: string | undefined): InstanceProfileRow {
  const row = world.rows(instanceProfiles).get(name ?? '');
  if (row === undefined) throw noSuchEntity(`Instance Profile ${name ?? ''} cannot be found.`);
  return row;
}

/** How RunInstances and launch templates name a profile. */
export interface ProfileReference {
  readonly Arn?: string | undefined;
  readonly Name?: string | undefined;
}

/**
 * The profile as EC2 sees it: unknown until IAM has spread the word, and useless without a role.
 *
 * @throws SimulatedFailure InvalidParameterValue
 */
export function requireUsableProfile(world: World, reference: ProfileReference): InstanceProfileRow {
  const { Arn: arn, Name: name } = reference;
  const field = arn === undefined ? 'name' : 'arn';
  const row = [...world.rows(instanceProfiles).values()].find((one) =>
    arn === undefined ? one.name === name : one.arn === arn,
  );
  if (row === undefined || world.nowMs < row.usableAtMs) {
    throw new SimulatedFailure(
      'InvalidParameterValue',
      `Value (${arn ?? name ?? ''}) for parameter iamInstanceProfile.${field} is invalid. Invalid IAM Instance Profile ${field === 'name' ? 'name' : 'ARN'}`,
    );
  }
  if (row.roleName === undefined) {
    throw new SimulatedFailure(
      'InvalidParameterValue',
      `IAM Instance Profile "${row.arn}" has no associated IAM Roles`,
    );
  }
  return row;
}

function toInstanceProfile(world: World, row: InstanceProfileRow): InstanceProfile {
  const role = row.roleName === undefined ? undefined : world.rows(roles).get(row.roleName);
  return {
    InstanceProfileName: row.name,
    InstanceProfileId: row.id,
    Arn: row.arn,
    Path: row.path,
    CreateDate: new Date(row.createdAtMs),
    Roles: role === undefined ? [] : [toRole(role)],
  };
}

function tagsOf(row: InstanceProfileRow): Pick<InstanceProfile, 'Tags'> {
  return { Tags: toIamTags(row.tags) };
}

/** Instance profiles, as the IAM API reference describes them. */
export const instanceProfileOperations = {
  CreateInstanceProfile(
    world: World,
    input: CreateInstanceProfileCommandInput,
  ): Answer<CreateInstanceProfileCommandOutput> {
    const name = checkedName(input.InstanceProfileName, 'instanceProfileName', 128);
    if (world.rows(instanceProfiles).has(name)) {
      throw alreadyExists(`Instance Profile ${name} already exists.`);
    }
    const path = checkedPath(input.Path);
    const row: InstanceProfileRow = {
      name,
      id: iamId(world, 'AIPA'),
      arn: `arn:${world.partition}:iam::${world.accountId}:instance-profile${path}${name}`,
      path,
      createdAtMs: world.nowMs,
      visibleAtMs: world.nowMs + world.vary(world.delays.visible),
      usableAtMs: world.nowMs + world.vary(world.delays.instanceProfile),
      roleName: undefined,
      tags: withTags({}, input.Tags, mindingCase),
    };
    world.rows(instanceProfiles).set(name, row);
    return { InstanceProfile: { ...toInstanceProfile(world, row), ...tagsOf(row) } };
  },

  GetInstanceProfile(
    world: World,
    input: GetInstanceProfileCommandInput,
  ): Answer<GetInstanceProfileCommandOutput> {
    const row = requireInstanceProfile(world, input.InstanceProfileName);
    return { InstanceProfile: { ...toInstanceProfile(world, row), ...tagsOf(row) } };
  },

  ListInstanceProfiles(
    world: World,
    input: ListInstanceProfilesCommandInput,
  ): Answer<ListInstanceProfilesCommandOutput> {
    const found = [...world.rows(instanceProfiles).values()].filter(
      (row) => row.visibleAtMs <= world.nowMs && row.path.startsWith(input.PathPrefix ?? '/'),
    );
    const { items, ...rest } = iamPage(found, input.Marker, input.MaxItems);
    return { InstanceProfiles: items.map((row) => toInstanceProfile(world, row)), ...rest };
  },

  ListInstanceProfilesForRole(
    world: World,
    input: ListInstanceProfilesForRoleCommandInput,
  ): Answer<ListInstanceProfilesForRoleCommandOutput> {
    const role = requireRole(world, input.RoleName);
    const found = [...world.rows(instanceProfiles).values()].filter((row) => row.roleName === role.name);
    const { items, ...rest } = iamPage(found, input.Marker, input.MaxItems);
    return { InstanceProfiles: items.map((row) => toInstanceProfile(world, row)), ...rest };
  },

  AddRoleToInstanceProfile(world: World, input: AddRoleToInstanceProfileCommandInput): object {
    const row = requireInstanceProfile(world, input.InstanceProfileName);
    const role = requireKnownRole(world, input.RoleName);
    if (row.roleName !== undefined) {
      throw limitExceeded('Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1');
    }
    row.roleName = role.name;
    return {};
  },

  RemoveRoleFromInstanceProfile(world: World, input: RemoveRoleFromInstanceProfileCommandInput): object {
    const row = requireInstanceProfile(world, input.InstanceProfileName);
    requireRole(world, input.RoleName);
    if (row.roleName !== input.RoleName) {
      throw noSuchEntity(`Role ${input.RoleName ?? ''} in InstanceProfile ${row.name} cannot be found.`);
    }
    row.roleName = undefined;
    return {};
  },

  DeleteInstanceProfile(world: World, input: DeleteInstanceProfileCommandInput): object {
    const row = requireInstanceProfile(world, input.InstanceProfileName);
    if (row.roleName !== undefined) {
      throw deleteConflict('Cannot delete entity, must remove roles from instance profile first.');
    }
    world.rows(instanceProfiles).delete(row.name);
    return {};
  },

  TagInstanceProfile(world: World, input: TagInstanceProfileCommandInput): object {
    const row = requireInstanceProfile(world, input.InstanceProfileName);
    row.tags = withTags(row.tags, input.Tags, mindingCase);
    return {};
  },

  UntagInstanceProfile(world: World, input: UntagInstanceProfileCommandInput): object {
    const row = requireInstanceProfile(world, input.InstanceProfileName);
    row.tags = withoutTags(row.tags, input.TagKeys, mindingCase);
    return {};
  },

  ListInstanceProfileTags(
    world: World,
    input: ListInstanceProfileTagsCommandInput,
  ): Answer<ListInstanceProfileTagsCommandOutput> {
    const row = requireInstanceProfile(world, input.InstanceProfileName);
    const { items, ...rest } = iamPage(toIamTags(row.tags), input.Marker, input.MaxItems);
    return { Tags: items, ...rest };
  },
} as const;
