import { ec2Principal, linkedRoleArn, servicePrincipals } from '../../aws/partitions.ts';
import type { World } from '../core/world.ts';
import { instanceProfiles } from '../iam/instance-profiles.ts';
import { roles } from '../iam/roles.ts';
import type { Asked } from './decide.ts';
import { type Input, tagKeysOf, tagsOf, textOf } from './input.ts';
import { referenceOf } from './reference.ts';

function iamArn({ partition, accountId }: World, resource: string): string {
  return `arn:${partition}:iam::${accountId}:${resource}`;
}

/** A role as a call names it: one that is not there has the path that the call says, and else none. */
function roleArn(world: World, name: string, path = '/'): string {
  return world.rows(roles).get(name)?.arn ?? iamArn(world, `role${path}${name}`);
}

function profileArn(world: World, name: string, path = '/'): string {
  return world.rows(instanceProfiles).get(name)?.arn ?? iamArn(world, `instance-profile${path}${name}`);
}

/**
 * What IAM looks at before it carries out a call. Whoever puts a role into a profile passes it to EC2 as well, and what is made with
 * tags is tagged ("Actions, resources, and condition keys for AWS Identity and Access Management").
 */
export function askedOfIam(world: World, operation: string, input: Input): readonly Asked[] {
  const action = `iam:${operation}`;
  const [kind] = referenceOf(action).kinds;
  if (kind === undefined) return [{ action, resource: '*' }];
  const resource = ownArn(world, kind.name, input);
  const requestTags = tagsOf(input, 'Tags') ?? tagKeysOf(input, 'TagKeys');
  const asked: Asked = {
    action,
    resource,
    kind: kind.name,
    keys: keysOf(world, operation, input),
    ...(requestTags === undefined ? {} : { requestTags }),
  };
  const passed =
    operation === 'AddRoleToInstanceProfile'
      ? passedRole(world, roleArn(world, textOf(input, 'RoleName') ?? ''), ec2Principal(world.partition))
      : [];
  return [asked, ...taggingAsked(operation, asked), ...passed];
}

function ownArn(world: World, kind: string, input: Input): string {
  const path = textOf(input, 'Path');
  if (kind === 'instance-profile')
    return profileArn(world, textOf(input, 'InstanceProfileName') ?? '*', path);
  return roleArn(world, textOf(input, 'RoleName') ?? '*', path);
}

/** The boundary that the call sets, or else the one that the role has ("IAM condition keys": iam:PermissionsBoundary). */
function keysOf(world: World, operation: string, input: Input): Readonly<Record<string, string>> {
  const role = world.rows(roles).get(textOf(input, 'RoleName') ?? '');
  const sets = operation === 'CreateRole' || operation === 'PutRolePermissionsBoundary';
  const boundary = sets ? textOf(input, 'PermissionsBoundary') : role?.boundary;
  const policyArn = textOf(input, 'PolicyArn');
  return {
    ...(boundary === undefined ? {} : { 'iam:permissionsboundary': boundary }),
    ...(policyArn === undefined ? {} : { 'iam:policyarn': policyArn }),
  };
}

function taggingAsked(operation: string, { resource, kind, requestTags }: Asked): readonly Asked[] {
  if (requestTags === undefined || !operation.startsWith('Create')) return [];
  const action = kind === 'role' ? 'iam:TagRole' : 'iam:TagInstanceProfile';
  return [{ action, resource, requestTags, ...(kind === undefined ? {} : { kind }) }];
}

/** Handing a role to a service; `role` is an ARN or undefined, where none is handed on. */
export function passedRole(world: World, role: string | undefined, service: string): readonly Asked[] {
  if (role === undefined) return [];
  const resource = role.startsWith('arn:') ? role : roleArn(world, role);
  return [{ action: 'iam:PassRole', resource, kind: 'role', keys: { 'iam:passedtoservice': service } }];
}

/** The role in an instance profile, by which a launch carries it into a host. */
export function roleOfProfile(world: World, reference: Input): string | undefined {
  const arn = textOf(reference, 'Arn');
  const name = textOf(reference, 'Name');
  const profile = [...world.rows(instanceProfiles).values()].find((row) =>
    arn === undefined ? row.name === name : row.arn === arn,
  );
  return profile?.roleName === undefined ? undefined : roleArn(world, profile.roleName);
}

/** The role that a service makes for itself, by whoever uses it first ("Using service-linked roles"). */
export function serviceLinkedRole(world: World, service: 'autoScaling' | 'ecs'): Asked {
  return {
    action: 'iam:CreateServiceLinkedRole',
    resource: linkedRoleArn(service, world),
    kind: 'role',
    keys: { 'iam:awsservicename': servicePrincipals[service] },
  };
}
