import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetAccountAuthorizationDetailsCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  type IAMClient,
  paginateListAttachedRolePolicies,
  paginateListRolePolicies,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  type RoleDetail,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';

import type { Clients } from '../../aws/clients.ts';
import { collectPages } from '../../aws/ec2.ts';
import type { Collection } from '../../aws/inventory.ts';
import { canonicalPolicy, samePolicy } from '../../aws/policy.ts';
import { diffTags, fromCapitalTags, type Tags, type TagWriter, toCapitalTags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { Address, Change, Resource } from '../../engine/resource.ts';
import { invariant } from '../../errors.ts';
import { ownTags, type StepContext } from '../context.ts';
import type { PolicyDocument } from '../policies/document.ts';
import { brief } from '../waits.ts';

export interface RoleDesired {
  readonly roleName: string;
  readonly description: string;
  /** Begins and ends with a slash. */
  readonly path: string;
  /** JSON. */
  readonly trust: string;
  /** JSON; the one inline policy. */
  readonly policy: string;
  /** The ARN of the managed policy beyond which no other policy takes it. */
  readonly boundary: string | undefined;
  readonly tags: Tags;
}

export interface Role {
  readonly roleName: string;
  readonly roleArn: string;
  readonly path: string;
  readonly trust: string;
  /** Undefined: the role has no inline policy of our name. */
  readonly policy: string | undefined;
  /** ARNs of managed policies; none is ours. */
  readonly attached: readonly string[];
  /** The names of inline policies beside ours; none is to be. */
  readonly further: readonly string[];
  readonly boundary: string | undefined;
  readonly tags: Tags;
}

/** The name of the one inline policy of each role. */
const policyName = 'es-ecs';
const missing = ['NoSuchEntityException'];

const roles: Collection<Role> = {
  name: 'roles',
  byIds: readRoles,
  chunk: 20,
  id: (role) => role.roleName,
  tags: (role) => role.tags,
};

/** What tells one role from another. */
export interface RoleOptions {
  readonly address: Address;
  readonly roleName: string;
  readonly description: string;
  readonly trust: PolicyDocument;
  readonly policy: PolicyDocument;
}

/**
 * A role with one inline policy and nothing else. Names are unique in the account, so a repeated create makes no second one.
 * Roles cost nothing.
 */
export function role(context: StepContext, options: RoleOptions): Resource<RoleDesired, Role> {
  const { address, roleName, description } = options;
  const { iam } = context.clients;
  return {
    address,
    needs: {},
    waits: { ...brief, for: 'the role' },
    desired: () => ({
      roleName,
      description,
      path: context.config.iam.path,
      trust: JSON.stringify(options.trust),
      policy: JSON.stringify(options.policy),
      boundary: context.config.iam.permissionsBoundary,
      tags: ownTags(context, address),
    }),
    find: (sight) => context.inventory.find(roles, address, { ...sight, name: roleName }),
    id: (observed) => observed.roleName,
    phase: () => 'ready',
    diff: (desired, observed) => [
      ...pathRefusal(desired, observed),
      // First of all: where a company demands it, IAM refuses every other change of a role without it.
      ...boundaryChange(iam, desired, observed),
      ...trustChange(iam, desired, observed),
      ...policyChange(iam, desired, observed),
      ...observed.attached.map((PolicyArn) =>
        undeclared('attachedPolicies', PolicyArn, () =>
          iam.send(new DetachRolePolicyCommand({ RoleName: roleName, PolicyArn })),
        ),
      ),
      ...observed.further.map((PolicyName) =>
        undeclared('inlinePolicies', PolicyName, () =>
          iam.send(new DeleteRolePolicyCommand({ RoleName: roleName, PolicyName })),
        ),
      ),
      ...diffTags(desired.tags, observed.tags, {
        ...roleTags(iam, roleName),
        former: context.formerTags,
        ignoresCase: true,
      }),
    ],
    create: async (desired) => {
      const { Role: made } = await iam.send(
        new CreateRoleCommand({
          RoleName: desired.roleName,
          Path: desired.path,
          Description: desired.description,
          PermissionsBoundary: desired.boundary,
          AssumeRolePolicyDocument: desired.trust,
          Tags: toCapitalTags(desired.tags),
        }),
      );
      invariant(made?.RoleName, 'CreateRole answers with a name');
      const { path, trust, boundary, tags } = desired;
      const { RoleName, Arn = '' } = made;
      return {
        id: RoleName,
        observed: {
          roleName: RoleName,
          roleArn: Arn,
          path,
          trust,
          policy: undefined,
          attached: [],
          further: [],
          boundary,
          tags,
        },
      };
    },
    once: { by: 'name', refusals: ['EntityAlreadyExistsException'] },
    // The policy of a role that was made a moment ago.
    createRetries: { names: missing, limitMs: 60_000 },
    destroy: (observed) => destroyRole(iam, observed),
    goneWhenAnswered: true,
    // Taken out of its instance profile a moment ago, IAM may still see it there.
    destroyRetries: {
      names: ['DeleteConflictException', 'ConcurrentModificationException'],
      limitMs: 120_000,
    },
  };
}

function trustChange(iam: IAMClient, desired: RoleDesired, observed: Role): readonly Change[] {
  if (samePolicy(desired.trust, observed.trust)) return [];
  return [
    {
      path: 'trust',
      before: canonicalPolicy(observed.trust),
      after: canonicalPolicy(desired.trust),
      impact: 'in-place',
      apply: async () => {
        await iam.send(
          new UpdateAssumeRolePolicyCommand({ RoleName: desired.roleName, PolicyDocument: desired.trust }),
        );
      },
      becomes: (before: Role): Role => ({ ...before, trust: desired.trust }),
    },
  ];
}

function policyChange(iam: IAMClient, desired: RoleDesired, observed: Role): readonly Change[] {
  if (observed.policy !== undefined && samePolicy(desired.policy, observed.policy)) return [];
  return [
    {
      path: 'policy',
      before: observed.policy === undefined ? undefined : canonicalPolicy(observed.policy),
      after: canonicalPolicy(desired.policy),
      impact: 'in-place',
      apply: () => putPolicy(iam, desired),
      becomes: (before: Role): Role => ({ ...before, policy: desired.policy }),
    },
  ];
}

async function putPolicy(iam: IAMClient, desired: RoleDesired): Promise<void> {
  const { roleName, policy } = desired;
  await iam.send(
    new PutRolePolicyCommand({ RoleName: roleName, PolicyName: policyName, PolicyDocument: policy }),
  );
}

/**
 * IAM has no call that moves a role or a profile, and one that is deleted under a running host or task breaks it ("DeleteRole": make sure that no
 * instance runs with it).
 */
export function pathRefusal(
  desired: { readonly path: string },
  observed: { readonly path: string },
): readonly Change[] {
  if (desired.path === observed.path) return [];
  return [
    {
      path: 'path',
      before: observed.path,
      after: desired.path,
      impact: 'refuse',
      because:
        `IAM cannot move it, and hosts and tasks run with it: set iam.path back to ${observed.path}, ` +
        'or es-ecs destroy, which keeps data and secrets, and then es-ecs up',
    },
  ];
}

/** The boundary of the config, and no other: without it a policy that is added later goes as far as it likes. */
function boundaryChange(iam: IAMClient, desired: RoleDesired, observed: Role): readonly Change[] {
  const { roleName: RoleName, boundary } = desired;
  if (boundary === observed.boundary) return [];
  return [
    {
      path: 'permissionsBoundary',
      before: observed.boundary,
      after: boundary,
      impact: 'in-place',
      ...(boundary === undefined ? { because: 'not declared here' } : {}),
      apply: async () => {
        const command =
          boundary === undefined
            ? unless(missing, iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName })))
            : iam.send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary: boundary }));
        await command;
      },
      becomes: (before: Role): Role => ({ ...before, boundary }),
    },
  ];
}

/** Whoever gives a role a further policy gives it to whoever is on the host. */
function undeclared(path: string, policy: string, takeOff: () => Promise<unknown>): Change {
  return {
    path,
    before: policy,
    after: undefined,
    impact: 'in-place',
    because: 'not declared here',
    apply: async () => {
      await unless(missing, takeOff());
    },
  };
}

function roleTags(iam: IAMClient, roleName: string): TagWriter {
  return {
    set: async (tags) => {
      await iam.send(new TagRoleCommand({ RoleName: roleName, Tags: toCapitalTags(tags) }));
    },
    unset: async (keys) => {
      await iam.send(new UntagRoleCommand({ RoleName: roleName, TagKeys: [...keys] }));
    },
  };
}

/**
 * A role is deleted only once it has no policies, ours or others' (IAM API reference, DeleteRole). They are asked for where they are not
 * known, and where one must have come since.
 */
async function destroyRole(client: IAMClient, observed: Role): Promise<void> {
  const { roleName, policy, further, attached } = observed;
  const policies = { inline: [...(policy === undefined ? [] : [policyName]), ...further], attached };
  try {
    await destroyWith(client, roleName, policies);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'DeleteConflictException') throw error;
    await destroyWith(client, roleName, await policiesOf(client, roleName));
  }
}

interface RolePolicies {
  readonly inline: readonly string[];
  readonly attached: readonly string[];
}

async function policiesOf(client: IAMClient, roleName: string): Promise<RolePolicies> {
  const [inline, attached] = await Promise.all([
    unless(missing, listInline(client, roleName)),
    unless(missing, listAttached(client, roleName)),
  ]);
  return { inline: inline ?? [], attached: attached ?? [] };
}

async function destroyWith(client: IAMClient, roleName: string, policies: RolePolicies): Promise<void> {
  const deletions = policies.inline.map((PolicyName) =>
    client.send(new DeleteRolePolicyCommand({ RoleName: roleName, PolicyName })),
  );
  const detachments = policies.attached.map((PolicyArn) =>
    client.send(new DetachRolePolicyCommand({ RoleName: roleName, PolicyArn })),
  );
  await Promise.all([...deletions, ...detachments].map((call) => unless<unknown>(missing, call)));
  await unless(missing, client.send(new DeleteRoleCommand({ RoleName: roleName })));
}

async function listInline(client: IAMClient, roleName: string): Promise<string[]> {
  const all = await collectPages(
    paginateListRolePolicies({ client }, { RoleName: roleName }),
    (page) => page.PolicyNames,
  );
  return all.sort();
}

async function listAttached(client: IAMClient, roleName: string): Promise<string[]> {
  const all = await collectPages(
    paginateListAttachedRolePolicies({ client }, { RoleName: roleName }),
    (page) => page.AttachedPolicies,
  );
  return all.map((one) => one.PolicyArn ?? '').sort();
}

/** As many as GetAccountAuthorizationDetails gives where nothing is said: an answer that is still read quickly. */
const rolesAtOnce = 100;

/**
 * IAM lists no roles by tag. One call tells all of the account's roles with everything that belongs to them; that is worth it for
 * several roles in an account with few. Where it cannot tell all (there are too many, or these credentials may not ask) they are asked for
 * by name: one call for a role that does not exist, four for one that does. One that was made a moment ago and is not told yet is found
 * when it is to be made: its name is taken.
 */
async function readRoles(clients: Clients, names: readonly string[]): Promise<readonly Role[]> {
  const listed = names.length < 2 ? undefined : await listRoles(clients.iam);
  const known = new Map(listed?.roles.map((role) => [role.roleName, role]));
  const rest = listed?.isAll === true ? [] : names.filter((name) => !known.has(name));
  const found = await Promise.all(rest.map((name) => readRole(clients, name)));
  return [...names.map((name) => known.get(name)), ...found].filter((role) => role !== undefined);
}

async function listRoles(
  iam: IAMClient,
): Promise<{ readonly roles: readonly Role[]; readonly isAll: boolean } | undefined> {
  const command = new GetAccountAuthorizationDetailsCommand({ Filter: ['Role'], MaxItems: rolesAtOnce });
  const answer = await unless(['AccessDenied', 'AccessDeniedException'], iam.send(command));
  if (answer === undefined) return undefined;
  return { roles: (answer.RoleDetailList ?? []).map(fromDetail), isAll: answer.IsTruncated !== true };
}

function fromDetail(detail: RoleDetail): Role {
  const inline = detail.RolePolicyList ?? [];
  const own = inline.find((policy) => policy.PolicyName === policyName)?.PolicyDocument;
  return {
    roleName: detail.RoleName ?? '',
    roleArn: detail.Arn ?? '',
    path: detail.Path ?? '/',
    trust: decoded(detail.AssumeRolePolicyDocument ?? ''),
    policy: own === undefined ? undefined : decoded(own),
    attached: (detail.AttachedManagedPolicies ?? []).map((policy) => policy.PolicyArn ?? '').sort(),
    further: inline
      .map((policy) => policy.PolicyName ?? '')
      .filter((name) => name !== policyName)
      .sort(),
    boundary: detail.PermissionsBoundary?.PermissionsBoundaryArn,
    tags: fromCapitalTags(detail.Tags),
  };
}

async function readRole({ iam }: Clients, roleName: string): Promise<Role | undefined> {
  const found = await unless(missing, iam.send(new GetRoleCommand({ RoleName: roleName })));
  if (found?.Role === undefined) return undefined;
  const [own, inline, attached] = await Promise.all([
    unless(missing, iam.send(new GetRolePolicyCommand({ RoleName: roleName, PolicyName: policyName }))),
    unless(missing, listInline(iam, roleName)),
    unless(missing, listAttached(iam, roleName)),
  ]);
  return {
    roleName: found.Role.RoleName ?? roleName,
    roleArn: found.Role.Arn ?? '',
    path: found.Role.Path ?? '/',
    trust: decoded(found.Role.AssumeRolePolicyDocument ?? ''),
    policy: own?.PolicyDocument === undefined ? undefined : decoded(own.PolicyDocument),
    attached: attached ?? [],
    further: (inline ?? []).filter((name) => name !== policyName),
    boundary: found.Role.PermissionsBoundary?.PermissionsBoundaryArn,
    tags: fromCapitalTags(found.Role.Tags),
  };
}

/** "Policies returned by this operation are URL-encoded compliant with RFC 3986" (IAM API reference, GetRole). */
function decoded(document: string): string {
  return document.startsWith('%7B') ? decodeURIComponent(document) : document;
}
