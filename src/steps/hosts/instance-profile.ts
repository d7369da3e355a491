import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  DeleteInstanceProfileCommand,
  GetInstanceProfileCommand,
  type IAMClient,
  RemoveRoleFromInstanceProfileCommand,
  TagInstanceProfileCommand,
  UntagInstanceProfileCommand,
} from '@aws-sdk/client-iam';

import type { Clients } from '../../aws/clients.ts';
import type { Collection } from '../../aws/inventory.ts';
import { diffTags, fromCapitalTags, type Tags, type TagWriter, toCapitalTags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { Change, Resource } from '../../engine/resource.ts';
import { invariant } from '../../errors.ts';
import { ownTags, type StepContext } from '../context.ts';
import { pathRefusal, type Role } from '../iam/role.ts';
import { roleName } from '../names.ts';
import { brief } from '../waits.ts';

export interface InstanceProfileDesired {
  readonly profileName: string;
  /** Begins and ends with a slash. */
  readonly path: string;
  readonly roleName: string;
  readonly tags: Tags;
}

export interface InstanceProfile {
  readonly profileName: string;
  readonly profileArn: string;
  readonly path: string;
  /** The one role that AWS allows in a profile. */
  readonly roleName: string | undefined;
  readonly tags: Tags;
}

type Needs = { readonly role: Resource<unknown, Role> };

const missing = ['NoSuchEntityException'];
/** Then the role stays a difference, which is retried; the profile itself must not be made twice. */
const roleNotKnownYet = missing;

const profiles: Collection<InstanceProfile> = {
  name: 'instance profiles',
  byIds: async (clients, names) => {
    const found = await Promise.all(names.map((name) => read(clients, name)));
    return found.filter((profile) => profile !== undefined);
  },
  chunk: 20,
  id: (profile) => profile.profileName,
  tags: (profile) => profile.tags,
};

/**
 * What carries the instance role into the hosts. EC2 learns of a new profile some seconds after IAM has it, so that
 * whoever uses it first must be ready to be refused. Named like its role, which is unique in the account,
 * so a repeated create makes no second one.
 */
export function instanceProfile(
  context: StepContext,
  needs: Needs,
): Resource<InstanceProfileDesired, InstanceProfile, Needs> {
  const address = 'hosts/instance-profile';
  const profileName = roleName(context.config, 'instance');
  const { iam } = context.clients;
  return {
    address,
    needs,
    // Its name is its own, and groups are refused one that is not there.
    provenByAnswers: true,
    waits: { ...brief, for: 'the instance profile' },
    desired: ({ role }) => ({
      profileName,
      path: context.config.iam.path,
      roleName: role.roleName,
      tags: ownTags(context, address),
    }),
    find: (sight) => context.inventory.find(profiles, address, { ...sight, name: profileName }),
    id: (observed) => observed.profileName,
    phase: () => 'ready',
    diff: (desired, observed) => [
      ...pathRefusal(desired, observed),
      ...roleChange(iam, desired, observed),
      ...diffTags(desired.tags, observed.tags, {
        ...profileTags(iam, profileName),
        former: context.formerTags,
      }),
    ],
    create: async (desired) => {
      const { InstanceProfile: made } = await iam.send(
        new CreateInstanceProfileCommand({
          InstanceProfileName: desired.profileName,
          Path: desired.path,
          Tags: toCapitalTags(desired.tags),
        }),
      );
      invariant(made?.InstanceProfileName, 'CreateInstanceProfile answers with a name');
      // A difference like any other, should a crash come between; here it saves another look at the profile.
      const isAdded = (await unless(roleNotKnownYet, addRole(iam, desired))) !== undefined;
      return {
        id: made.InstanceProfileName,
        observed: {
          profileName: made.InstanceProfileName,
          profileArn: made.Arn ?? '',
          path: desired.path,
          roleName: isAdded ? desired.roleName : undefined,
          tags: desired.tags,
        },
      };
    },
    // The role may be a moment old.
    once: { by: 'name', refusals: ['EntityAlreadyExistsException'] },
    createRetries: { names: missing, limitMs: 60_000 },
    goneWhenAnswered: true,
    destroy: async (observed) => {
      await removeRole(iam, observed);
      await unless(
        missing,
        iam.send(new DeleteInstanceProfileCommand({ InstanceProfileName: observed.profileName })),
      );
    },
    destroyRetries: { names: ['DeleteConflictException'], limitMs: 60_000 },
  };
}

function roleChange(
  iam: IAMClient,
  desired: InstanceProfileDesired,
  observed: InstanceProfile,
): readonly Change[] {
  if (desired.roleName === observed.roleName) return [];
  return [
    {
      path: 'role',
      before: observed.roleName,
      after: desired.roleName,
      impact: 'in-place',
      apply: async () => {
        await removeRole(iam, observed);
        await addRole(iam, desired);
      },
      becomes: (before: InstanceProfile): InstanceProfile => ({ ...before, roleName: desired.roleName }),
    },
  ];
}

function addRole(
  iam: IAMClient,
  { profileName: InstanceProfileName, roleName: RoleName }: InstanceProfileDesired,
): Promise<object> {
  return iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName }));
}

async function removeRole(iam: IAMClient, observed: InstanceProfile): Promise<void> {
  if (observed.roleName === undefined) return;
  await unless(
    missing,
    iam.send(
      new RemoveRoleFromInstanceProfileCommand({
        InstanceProfileName: observed.profileName,
        RoleName: observed.roleName,
      }),
    ),
  );
}

function profileTags(iam: IAMClient, profileName: string): TagWriter {
  return {
    set: async (tags) => {
      await iam.send(
        new TagInstanceProfileCommand({ InstanceProfileName: profileName, Tags: toCapitalTags(tags) }),
      );
    },
    unset: async (keys) => {
      await iam.send(
        new UntagInstanceProfileCommand({ InstanceProfileName: profileName, TagKeys: [...keys] }),
      );
    },
  };
}

async function read({ iam }: Clients, name: string): Promise<InstanceProfile | undefined> {
  const answer = await unless(
    missing,
    iam.send(new GetInstanceProfileCommand({ InstanceProfileName: name })),
  );
  const found = answer?.InstanceProfile;
  if (found === undefined) return undefined;
  return {
    profileName: found.InstanceProfileName ?? name,
    profileArn: found.Arn ?? '',
    path: found.Path ?? '/',
    roleName: found.Roles?.[0]?.RoleName,
    tags: fromCapitalTags(found.Tags),
  };
}
