import type {
  AttachRolePolicyCommandInput,
  CreateRoleCommandInput,
  CreateRoleCommandOutput,
  DeleteRoleCommandInput,
  DeleteRolePermissionsBoundaryCommandInput,
  DeleteRolePolicyCommandInput,
  DetachRolePolicyCommandInput,
  GetRoleCommandInput,
  GetRoleCommandOutput,
  GetRolePolicyCommandInput,
  GetRolePolicyCommandOutput,
  ListAttachedRolePoliciesCommandInput,
  ListAttachedRolePoliciesCommandOutput,
  ListRolePoliciesCommandInput,
  ListRolePoliciesCommandOutput,
  ListRolesCommandInput,
  ListRolesCommandOutput,
  ListRoleTagsCommandInput,
  ListRoleTagsCommandOutput,
  PutRolePermissionsBoundaryCommandInput,
  PutRolePolicyCommandInput,
  Role,
  TagRoleCommandInput,
  UntagRoleCommandInput,
  UpdateAssumeRolePolicyCommandInput,
  UpdateRoleCommandInput,
} from '@aws-sdk/client-iam';

import { ec2Principal, isServicePrincipal } from '../../aws/partitions.ts';
import { SimulatedFailure } from '../core/failure.ts';
import { table, type World } from '../core/world.ts';
import {
  alreadyExists,
  checkedName,
  checkedPath,
  deleteConflict,
  iamId,
  ignoringCase,
  iamPage,
  type IamTags,
  limitExceeded,
  noSuchEntity,
  toIamTags,
  withoutTags,
  withTags,
} from './common.ts';
import { instanceProfiles } from './instance-profiles.ts';
import { managedPolicyDocument } from './managed-policies.ts';
import { allows, checkPolicy, encodePolicy, policySize, trustedServices } from './policy-documents.ts';

type Answer<Output> = Omit<Output, '$metadata'>;

export interface RoleRow {
  readonly name: string;
  readonly id: string;
  readonly arn: string;
  readonly path: string;
  readonly createdAtMs: number;
  /** From when lists show it. By name it shows at once. */
  readonly visibleAtMs: number;
  /** From when what is to be written to it finds it. Roles saved by an earlier es-ecs: since their making. */
  readonly knownAtMs?: number;
  trust: string;
  description: string | undefined;
  maxSessionSeconds: number;
  tags: IamTags;
  /** Inline policies by name. */
  inline: Record<string, string>;
  /** ARNs of managed policies. */
  attached: string[];
  /** The ARN of the managed policy that bounds it. */
  boundary?: string | undefined;
}

/** Roles by name. */
export const roles = table<RoleRow>('iam/roles');

const quotas = { trustBytes: 2048, inlineBytes: 10_240, attached: 10 } as const;

/** @throws SimulatedFailure NoSuchEntityException */
export function requireRole(world: World, name: string | undefined): RoleRow {
  const row = world.rows(roles).get(name ?? '');
  if (row === undefined) throw noSuchEntity(`The role with name ${name ?? ''} cannot be found.`);
  return row;
}

/**
 * The role for a write to it, which may reach a part of IAM that has not heard of it yet ("Changes that I make are not always immediately
 * visible", IAM user guide).
 *
 * @throws SimulatedFailure NoSuchEntityException
 */
export function requireKnownRole(world: World, name: string | undefined): RoleRow {
  const row = requireRole(world, name);
  if ((row.knownAtMs ?? 0) > world.nowMs)
    throw noSuchEntity(`The role with name ${row.name} cannot be found.`);
  return row;
}

/** What a role wants to do, and the tags of the thing it wants to do it to. */
export interface Attempt {
  readonly action: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Whether a role's policies allow an action, or an attempt on a thing with tags, as far as those two go. */
export function roleAllows(world: World, roleName: string, attempt: Attempt | string): boolean {
  const { action, tags = {} } = typeof attempt === 'string' ? { action: attempt } : attempt;
  const row = world.rows(roles).get(roleName);
  if (row === undefined) return false;
  const managed = row.attached.map((arn) => managedPolicyDocument(world, arn) ?? '{"Statement":[]}');
  return allows([...Object.values(row.inline), ...managed], action, tags);
}

/** Whether EC2 may hand the role to an instance: it goes by another name in some partitions. */
export function trustsEc2(world: World, roleName: string): boolean {
  const row = world.rows(roles).get(roleName);
  return row !== undefined && trustedServices(row.trust).includes(ec2Principal(world.partition));
}

/** The role as GetRole and GetInstanceProfile give it. */
export function toRole(row: RoleRow): Role {
  return {
    RoleName: row.name,
    RoleId: row.id,
    Arn: row.arn,
    Path: row.path,
    CreateDate: new Date(row.createdAtMs),
    AssumeRolePolicyDocument: encodePolicy(row.trust),
    ...(row.description === undefined ? {} : { Description: row.description }),
    MaxSessionDuration: row.maxSessionSeconds,
  };
}

/** How GetRole, CreateRole and GetAccountAuthorizationDetails tell the boundary; lists do not. */
export function boundaryOf({ boundary }: RoleRow): Pick<Role, 'PermissionsBoundary'> {
  if (boundary === undefined) return {};
  return {
    PermissionsBoundary: {
      PermissionsBoundaryType: 'PermissionsBoundaryPolicy',
      PermissionsBoundaryArn: boundary,
    },
  };
}

/**
 * A managed policy of AWS that is known here, or any of the account's own: those are not played, and of what they allow nothing is known.
 *
 * @throws SimulatedFailure InvalidInputException, NoSuchEntityException
 */
function checkedBoundary(world: World, arn: string): string {
  const parts = /^arn:([\w-]+):iam::(aws|\d{12}):policy\/.+$/.exec(arn);
  if (parts === null) {
    throw new SimulatedFailure('InvalidInputException', `ARN ${arn} is not valid.`);
  }
  const [, partition, owner] = parts;
  const isThere =
    owner === 'aws' ? managedPolicyDocument(world, arn) !== undefined : owner === world.accountId;
  if (isThere && partition === world.partition) return arn;
  throw noSuchEntity(`Scope ARN: ${arn} does not exist or is not attachable.`);
}

/** @throws SimulatedFailure MalformedPolicyDocumentException for a service that the partition does not know by that name */
function checkTrust(world: World, document: string | undefined): string {
  const trust = checkPolicy(document, 'trust');
  const stranger = trustedServices(trust).find((service) => !isServicePrincipal(world.partition, service));
  if (stranger !== undefined) {
    throw new SimulatedFailure(
      'MalformedPolicyDocumentException',
      `Invalid principal in policy: "SERVICE":"${stranger}"`,
    );
  }
  if (policySize(trust) > quotas.trustBytes) {
    throw limitExceeded(`Cannot exceed quota for ACLSizePerRole: ${quotas.trustBytes}`);
  }
  return trust;
}

/** Roles, as the IAM API reference describes them. */
export const roleOperations = {
  CreateRole(world: World, input: CreateRoleCommandInput): Answer<CreateRoleCommandOutput> {
    const name = checkedName(input.RoleName, 'roleName', 64);
    if (world.rows(roles).has(name)) throw alreadyExists(`Role with name ${name} already exists.`);
    const path = checkedPath(input.Path);
    const row: RoleRow = {
      name,
      id: iamId(world, 'AROA'),
      arn: `arn:${world.partition}:iam::${world.accountId}:role${path}${name}`,
      path,
      createdAtMs: world.nowMs,
      visibleAtMs: world.nowMs + world.vary(world.delays.visible),
      knownAtMs: world.nowMs + world.delays.visibleById,
      trust: checkTrust(world, input.AssumeRolePolicyDocument),
      description: input.Description,
      maxSessionSeconds: input.MaxSessionDuration ?? 3600,
      tags: withTags({}, input.Tags, ignoringCase),
      inline: {},
      attached: [],
      ...(input.PermissionsBoundary === undefined
        ? {}
        : { boundary: checkedBoundary(world, input.PermissionsBoundary) }),
    };
    world.rows(roles).set(name, row);
    return { Role: { ...toRole(row), ...boundaryOf(row), ...tagsOf(row) } };
  },

  GetRole(world: World, input: GetRoleCommandInput): Answer<GetRoleCommandOutput> {
    const row = requireRole(world, input.RoleName);
    return { Role: { ...toRole(row), ...boundaryOf(row), ...tagsOf(row), RoleLastUsed: {} } };
  },

  /** Gives neither tags nor last use ("ListRoles", IAM API reference). */
  ListRoles(world: World, input: ListRolesCommandInput): Answer<ListRolesCommandOutput> {
    const found = [...world.rows(roles).values()].filter(
      (row) => row.visibleAtMs <= world.nowMs && row.path.startsWith(input.PathPrefix ?? '/'),
    );
    const { items, ...rest } = iamPage(found, input.Marker, input.MaxItems);
    return { Roles: items.map(toRole), ...rest };
  },

  UpdateRole(world: World, input: UpdateRoleCommandInput): object {
    const row = requireRole(world, input.RoleName);
    row.description = input.Description ?? row.description;
    row.maxSessionSeconds = input.MaxSessionDuration ?? row.maxSessionSeconds;
    return {};
  },

  UpdateAssumeRolePolicy(world: World, input: UpdateAssumeRolePolicyCommandInput): object {
    requireRole(world, input.RoleName).trust = checkTrust(world, input.PolicyDocument);
    return {};
  },

  DeleteRole(world: World, input: DeleteRoleCommandInput): object {
    const row = requireRole(world, input.RoleName);
    const used = [...world.rows(instanceProfiles).values()].some((one) => one.roleName === row.name);
    if (used) throw deleteConflict('Cannot delete entity, must remove roles from instance profile first.');
    if (row.attached.length > 0) {
      throw deleteConflict('Cannot delete entity, must detach all policies first.');
    }
    if (Object.keys(row.inline).length > 0) {
      throw deleteConflict('Cannot delete entity, must delete policies first.');
    }
    world.rows(roles).delete(row.name);
    return {};
  },

  PutRolePermissionsBoundary(world: World, input: PutRolePermissionsBoundaryCommandInput): object {
    const row = requireRole(world, input.RoleName);
    row.boundary = checkedBoundary(world, input.PermissionsBoundary ?? '');
    return {};
  },

  DeleteRolePermissionsBoundary(world: World, input: DeleteRolePermissionsBoundaryCommandInput): object {
    const row = requireRole(world, input.RoleName);
    if (row.boundary === undefined) {
      throw noSuchEntity(`The role ${row.name} does not have a permissions boundary.`);
    }
    row.boundary = undefined;
    return {};
  },

  TagRole(world: World, input: TagRoleCommandInput): object {
    const row = requireRole(world, input.RoleName);
    row.tags = withTags(row.tags, input.Tags, ignoringCase);
    return {};
  },

  UntagRole(world: World, input: UntagRoleCommandInput): object {
    const row = requireRole(world, input.RoleName);
    row.tags = withoutTags(row.tags, input.TagKeys, ignoringCase);
    return {};
  },

  ListRoleTags(world: World, input: ListRoleTagsCommandInput): Answer<ListRoleTagsCommandOutput> {
    const row = requireRole(world, input.RoleName);
    const { items, ...rest } = iamPage(toIamTags(row.tags), input.Marker, input.MaxItems);
    return { Tags: items, ...rest };
  },
} as const;

function tagsOf(row: RoleRow): Pick<Role, 'Tags'> {
  return Object.keys(row.tags).length === 0 ? {} : { Tags: toIamTags(row.tags) };
}

/** What a role may do: its inline policies and the managed ones attached to it. */
export const rolePolicyOperations = {
  PutRolePolicy(world: World, input: PutRolePolicyCommandInput): object {
    const row = requireKnownRole(world, input.RoleName);
    const name = checkedName(input.PolicyName, 'policyName', 128);
    const document = checkPolicy(input.PolicyDocument, 'identity');
    const inline = { ...row.inline, [name]: document };
    const bytes = Object.values(inline).reduce((sum, one) => sum + policySize(one), 0);
    if (bytes > quotas.inlineBytes) {
      throw limitExceeded(`Maximum policy size of ${quotas.inlineBytes} bytes exceeded for role ${row.name}`);
    }
    row.inline = inline;
    return {};
  },

  GetRolePolicy(world: World, input: GetRolePolicyCommandInput): Answer<GetRolePolicyCommandOutput> {
    const row = requireRole(world, input.RoleName);
    const name = input.PolicyName ?? '';
    return { RoleName: row.name, PolicyName: name, PolicyDocument: encodePolicy(requireInline(row, name)) };
  },

  ListRolePolicies(world: World, input: ListRolePoliciesCommandInput): Answer<ListRolePoliciesCommandOutput> {
    const names = Object.keys(requireRole(world, input.RoleName).inline).sort();
    const { items, ...rest } = iamPage(names, input.Marker, input.MaxItems);
    return { PolicyNames: items, ...rest };
  },

  DeleteRolePolicy(world: World, input: DeleteRolePolicyCommandInput): object {
    const row = requireRole(world, input.RoleName);
    requireInline(row, input.PolicyName ?? '');
    row.inline = Object.fromEntries(Object.entries(row.inline).filter(([name]) => name !== input.PolicyName));
    return {};
  },

  /** Attaching what is attached is no error. */
  AttachRolePolicy(world: World, input: AttachRolePolicyCommandInput): object {
    const row = requireRole(world, input.RoleName);
    const arn = input.PolicyArn ?? '';
    if (managedPolicyDocument(world, arn) === undefined) {
      throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);
    }
    if (row.attached.includes(arn)) return {};
    if (row.attached.length >= quotas.attached) {
      throw limitExceeded(`Cannot exceed quota for PoliciesPerRole: ${quotas.attached}`);
    }
    row.attached.push(arn);
    return {};
  },

  DetachRolePolicy(world: World, input: DetachRolePolicyCommandInput): object {
    const row = requireRole(world, input.RoleName);
    const arn = input.PolicyArn ?? '';
    if (!row.attached.includes(arn)) throw noSuchEntity(`Policy ${arn} was not found.`);
    row.attached = row.attached.filter((one) => one !== arn);
    return {};
  },

  ListAttachedRolePolicies(
    world: World,
    input: ListAttachedRolePoliciesCommandInput,
  ): Answer<ListAttachedRolePoliciesCommandOutput> {
    const arns = requireRole(world, input.RoleName).attached;
    const { items, ...rest } = iamPage(arns, input.Marker, input.MaxItems);
    return {
      AttachedPolicies: items.map((arn) => ({ PolicyArn: arn, PolicyName: arn.split('/').at(-1) })),
      ...rest,
    };
  },
} as const;

function requireInline(row: RoleRow, name: string): string {
  const document = row.inline[name];
  if (document === undefined) throw noSuchEntity(`The role policy with name ${name} cannot be found.`);
  return document;
}
