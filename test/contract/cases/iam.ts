import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  DeleteInstanceProfileCommand,
  DeleteRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetAccountAuthorizationDetailsCommand,
  GetInstanceProfileCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  RemoveRoleFromInstanceProfileCommand,
  TagInstanceProfileCommand,
  TagRoleCommand,
  UntagInstanceProfileCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';

import type { Clients } from '../../../src/aws/clients.ts';
import { outcome, tagsOf } from '../case.ts';
import type { ContractCase } from '../case.ts';

const trust = (service: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
  });
const policy = (action: string): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }] });
const managed = 'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore';

async function makeRole({ iam }: Clients, RoleName: string) {
  const AssumeRolePolicyDocument = trust('ec2.amazonaws.com');
  const Tags = [{ Key: 'es-ecs-cluster', Value: 'search' }];
  const { Role } = await iam.send(
    new CreateRoleCommand({ RoleName, Description: 'hosts of search', AssumeRolePolicyDocument, Tags }),
  );
  return Role;
}

async function getRole({ iam }: Clients, RoleName: string) {
  return (await iam.send(new GetRoleCommand({ RoleName }))).Role;
}

async function getProfile({ iam }: Clients, InstanceProfileName: string) {
  return (await iam.send(new GetInstanceProfileCommand({ InstanceProfileName }))).InstanceProfile;
}

/** The document and how it was written: IAM's are URL-encoded. */
function read(document: string | undefined): readonly [string, unknown] {
  const text = document ?? '';
  return [text.startsWith('%7B') ? 'URL-encoded' : 'plain', JSON.parse(decodeURIComponent(text))];
}

export const iamCases: readonly ContractCase[] = [
  {
    name: 'role: create, look at it, delete it',
    calls: ['IAM:CreateRole', 'IAM:GetRole', 'IAM:UpdateAssumeRolePolicy', 'IAM:DeleteRole'],
    // GetRole: "Policies returned by this operation are URL-encoded compliant with RFC 3986."
    expected: {
      'name and ARN': [true, true],
      trust: ['URL-encoded', JSON.parse(trust('ec2.amazonaws.com'))],
      tags: { 'es-ecs-cluster': 'search' },
      'another of its name': 'EntityAlreadyExistsException',
      'other trust': 'done',
      'then it trusts': ['URL-encoded', JSON.parse(trust('ecs-tasks.amazonaws.com'))],
      deleting: 'done',
      'deleting again': 'NoSuchEntityException',
      'looking at it': 'NoSuchEntityException',
    },
    run: async (clients, scratch) => {
      const { iam } = clients;
      const RoleName = scratch.name('role');
      await makeRole(clients, RoleName);
      const seen = await getRole(clients, RoleName);
      const again = await outcome(makeRole(clients, RoleName));
      const PolicyDocument = trust('ecs-tasks.amazonaws.com');
      const other = await outcome(iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument })));
      const remove = () => outcome(iam.send(new DeleteRoleCommand({ RoleName })));
      return {
        'name and ARN': [
          seen?.RoleName === RoleName,
          seen?.Arn === `arn:aws:iam::123456789012:role/${RoleName}`,
        ],
        trust: read(seen?.AssumeRolePolicyDocument),
        tags: tagsOf(seen?.Tags),
        'another of its name': again,
        'other trust': other,
        'then it trusts': read((await getRole(clients, RoleName))?.AssumeRolePolicyDocument),
        deleting: await remove(),
        'deleting again': await remove(),
        'looking at it': await outcome(getRole(clients, RoleName)),
      };
    },
  },
  {
    name: 'role: its permissions boundary',
    calls: ['IAM:CreateRole', 'IAM:PutRolePermissionsBoundary', 'IAM:DeleteRolePermissionsBoundary'],
    // "Permissions boundaries for IAM entities"; GetRole tells it under PermissionsBoundary.
    expected: {
      'without one': undefined,
      'put on': managed,
      'taken off': undefined,
      'made with it': managed,
      'listed with it': managed,
      'of an unknown role': ['NoSuchEntityException', 'NoSuchEntityException'],
    },
    run: async (clients, scratch) => {
      const { iam } = clients;
      const RoleName = scratch.name('role');
      const boundary = async (name: string) =>
        (await getRole(clients, name))?.PermissionsBoundary?.PermissionsBoundaryArn;
      const put = (name: string) =>
        iam.send(new PutRolePermissionsBoundaryCommand({ RoleName: name, PermissionsBoundary: managed }));
      const take = (name: string) => iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName: name }));
      await makeRole(clients, RoleName);
      const bare = await boundary(RoleName);
      await put(RoleName);
      const bound = await boundary(RoleName);
      await take(RoleName);
      const other = scratch.name('role');
      const AssumeRolePolicyDocument = trust('ec2.amazonaws.com');
      await iam.send(
        new CreateRoleCommand({ RoleName: other, AssumeRolePolicyDocument, PermissionsBoundary: managed }),
      );
      await scratch.settle();
      const { RoleDetailList = [] } = await iam.send(
        new GetAccountAuthorizationDetailsCommand({ Filter: ['Role'] }),
      );
      const listed = RoleDetailList.find((one) => one.RoleName === other);
      const nobody = scratch.name('nobody');
      return {
        'without one': bare,
        'put on': bound,
        'taken off': await boundary(RoleName),
        'made with it': await boundary(other),
        'listed with it': listed?.PermissionsBoundary?.PermissionsBoundaryArn,
        'of an unknown role': [await outcome(put(nobody)), await outcome(take(nobody))],
      };
    },
  },
  {
    name: 'role: its inline policy',
    calls: ['IAM:PutRolePolicy', 'IAM:GetRolePolicy', 'IAM:ListRolePolicies', 'IAM:DeleteRolePolicy'],
    expected: {
      'before there is one': 'NoSuchEntityException',
      'then it is': ['URL-encoded', JSON.parse(policy('ecs:Poll'))],
      'put again it is': ['URL-encoded', JSON.parse(policy('ecs:*'))],
      listed: ['es-ecs'],
      'deleting the role with it': 'DeleteConflictException',
      deleting: 'done',
      'deleting again': 'NoSuchEntityException',
      'deleting the role then': 'done',
      'of an unknown role': ['NoSuchEntityException', 'NoSuchEntityException', 'NoSuchEntityException'],
    },
    run: async (clients, scratch) => {
      const { iam } = clients;
      const RoleName = scratch.name('role');
      await makeRole(clients, RoleName);
      const named = { RoleName, PolicyName: 'es-ecs' };
      const get = () => iam.send(new GetRolePolicyCommand(named));
      const put = (action: string, role = RoleName) =>
        iam.send(new PutRolePolicyCommand({ ...named, RoleName: role, PolicyDocument: policy(action) }));
      const before = await outcome(get());
      await put('ecs:Poll');
      const first = read((await get()).PolicyDocument);
      await put('ecs:*');
      const second = read((await get()).PolicyDocument);
      const { PolicyNames } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
      const removeRole = () => outcome(iam.send(new DeleteRoleCommand({ RoleName })));
      const remove = () => outcome(iam.send(new DeleteRolePolicyCommand(named)));
      const nobody = scratch.name('nobody');
      return {
        'before there is one': before,
        'then it is': first,
        'put again it is': second,
        listed: PolicyNames,
        'deleting the role with it': await removeRole(),
        deleting: await remove(),
        'deleting again': await remove(),
        'deleting the role then': await removeRole(),
        'of an unknown role': [
          await outcome(put('ecs:*', nobody)),
          await outcome(iam.send(new ListRolePoliciesCommand({ RoleName: nobody }))),
          await outcome(iam.send(new GetRolePolicyCommand({ ...named, RoleName: nobody }))),
        ],
      };
    },
  },
  {
    name: 'role: all of the account with everything that belongs to them',
    calls: ['IAM:GetAccountAuthorizationDetails'],
    expected: {
      name: true,
      trust: ['URL-encoded', JSON.parse(trust('ec2.amazonaws.com'))],
      inline: [['es-ecs', ['URL-encoded', JSON.parse(policy('ecs:*'))]]],
      attached: [managed],
      tags: { 'es-ecs-cluster': 'search' },
      'none but roles': [[], [], []],
    },
    run: async (clients, scratch) => {
      const { iam } = clients;
      const RoleName = scratch.name('role');
      const arn = (await makeRole(clients, RoleName))?.Arn;
      await iam.send(
        new PutRolePolicyCommand({ RoleName, PolicyName: 'es-ecs', PolicyDocument: policy('ecs:*') }),
      );
      await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: managed }));
      const find = async () => {
        const details = await iam.send(new GetAccountAuthorizationDetailsCommand({ Filter: ['Role'] }));
        return { details, found: details.RoleDetailList?.find((one) => one.RoleName === RoleName) };
      };
      const { details, found } = await scratch.until(find, ({ found: one }) => one !== undefined);
      const { UserDetailList: users = [], GroupDetailList: groups = [], Policies: policies = [] } = details;
      return {
        name: found?.Arn === arn,
        trust: read(found?.AssumeRolePolicyDocument),
        inline: found?.RolePolicyList?.map((one) => [one.PolicyName, read(one.PolicyDocument)]),
        attached: found?.AttachedManagedPolicies?.map((one) => one.PolicyArn),
        tags: tagsOf(found?.Tags),
        'none but roles': [users, groups, policies],
      };
    },
  },
  {
    name: 'role: policies that somebody attached',
    calls: ['IAM:ListAttachedRolePolicies', 'IAM:DetachRolePolicy'],
    expected: {
      listed: [managed],
      'deleting the role with it': 'DeleteConflictException',
      detaching: 'done',
      'detaching again': 'NoSuchEntityException',
      'listed then': [],
      'of an unknown role': 'NoSuchEntityException',
    },
    run: async (clients, scratch) => {
      const { iam } = clients;
      const RoleName = scratch.name('role');
      await makeRole(clients, RoleName);
      await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: managed }));
      const list = async (role = RoleName) =>
        (await iam.send(new ListAttachedRolePoliciesCommand({ RoleName: role }))).AttachedPolicies?.map(
          (one) => one.PolicyArn,
        );
      const detach = () => outcome(iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn: managed })));
      return {
        listed: await list(),
        'deleting the role with it': await outcome(iam.send(new DeleteRoleCommand({ RoleName }))),
        detaching: await detach(),
        'detaching again': await detach(),
        'listed then': await list(),
        'of an unknown role': await outcome(list(scratch.name('nobody'))),
      };
    },
  },
  {
    name: 'role: tags',
    calls: ['IAM:TagRole', 'IAM:UntagRole'],
    expected: {
      'with another': { 'es-ecs-cluster': 'search', team: 'new' },
      'without one': { team: 'new' },
      'removing one that is not there': 'done',
      'of an unknown role': ['NoSuchEntityException', 'NoSuchEntityException'],
    },
    run: async (clients, scratch) => {
      const { iam } = clients;
      const RoleName = scratch.name('role');
      await makeRole(clients, RoleName);
      const tag = (Value: string, role = RoleName) =>
        iam.send(new TagRoleCommand({ RoleName: role, Tags: [{ Key: 'team', Value }] }));
      const untag = (role = RoleName) =>
        iam.send(new UntagRoleCommand({ RoleName: role, TagKeys: ['es-ecs-cluster'] }));
      const tags = async () => tagsOf((await getRole(clients, RoleName))?.Tags);
      await tag('old');
      await tag('new');
      const more = await tags();
      await untag();
      const less = await tags();
      const nobody = scratch.name('nobody');
      return {
        'with another': more,
        'without one': less,
        'removing one that is not there': await outcome(untag()),
        'of an unknown role': [await outcome(tag('x', nobody)), await outcome(untag(nobody))],
      };
    },
  },
  {
    name: 'role: documents that are none',
    calls: ['IAM:CreateRole', 'IAM:PutRolePolicy'],
    expected: {
      'trust that is no JSON': 'MalformedPolicyDocumentException',
      'a policy that is no JSON': 'MalformedPolicyDocumentException',
      'trust in an unknown role': 'NoSuchEntityException',
    },
    run: async (clients, scratch) => {
      const { iam } = clients;
      const RoleName = scratch.name('role');
      await makeRole(clients, RoleName);
      const bad = 'this is no JSON';
      return {
        'trust that is no JSON': await outcome(
          iam.send(new CreateRoleCommand({ RoleName: scratch.name('role'), AssumeRolePolicyDocument: bad })),
        ),
        'a policy that is no JSON': await outcome(
          iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'es-ecs', PolicyDocument: bad })),
        ),
        'trust in an unknown role': await outcome(
          iam.send(
            new UpdateAssumeRolePolicyCommand({
              RoleName: scratch.name('nobody'),
              PolicyDocument: trust('ec2.amazonaws.com'),
            }),
          ),
        ),
      };
    },
  },
  {
    name: 'instance profile: create, look at it, delete it',
    calls: [
      'IAM:CreateInstanceProfile',
      'IAM:GetInstanceProfile',
      'IAM:AddRoleToInstanceProfile',
      'IAM:RemoveRoleFromInstanceProfile',
      'IAM:DeleteInstanceProfile',
    ],
    // DeleteInstanceProfile: "The instance profile must not have an associated role."
    expected: {
      'name and ARN': [true, true],
      tags: { 'es-ecs-cluster': 'search' },
      'another of its name': 'EntityAlreadyExistsException',
      'its roles at first': [],
      'with an unknown role': 'NoSuchEntityException',
      'its role': true,
      'a second role': 'LimitExceededException',
      'deleting it with its role': 'DeleteConflictException',
      'deleting its role': 'DeleteConflictException',
      'taking the role out': 'done',
      'taking it out again': 'NoSuchEntityException',
      deleting: 'done',
      'deleting again': 'NoSuchEntityException',
      'looking at it': 'NoSuchEntityException',
    },
    run: async (clients, scratch) => {
      const { iam } = clients;
      const [RoleName, other] = [scratch.name('role'), scratch.name('role')];
      await makeRole(clients, RoleName);
      await makeRole(clients, other);
      const InstanceProfileName = scratch.name('profile');
      const make = () =>
        iam.send(
          new CreateInstanceProfileCommand({
            InstanceProfileName,
            Tags: [{ Key: 'es-ecs-cluster', Value: 'search' }],
          }),
        );
      await make();
      const first = await getProfile(clients, InstanceProfileName);
      const add = (role: string) =>
        outcome(iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName: role })));
      const takeOut = () =>
        outcome(iam.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName })));
      const remove = () => outcome(iam.send(new DeleteInstanceProfileCommand({ InstanceProfileName })));
      const again = await outcome(make());
      const unknown = await add(scratch.name('nobody'));
      await add(RoleName);
      const second = await getProfile(clients, InstanceProfileName);
      return {
        'name and ARN': [
          first?.InstanceProfileName === InstanceProfileName,
          first?.Arn === `arn:aws:iam::123456789012:instance-profile/${InstanceProfileName}`,
        ],
        tags: tagsOf(first?.Tags),
        'another of its name': again,
        'its roles at first': first?.Roles,
        'with an unknown role': unknown,
        'its role': second?.Roles?.map((role) => role.RoleName).join() === RoleName,
        'a second role': await add(other),
        'deleting it with its role': await remove(),
        'deleting its role': await outcome(iam.send(new DeleteRoleCommand({ RoleName }))),
        'taking the role out': await takeOut(),
        'taking it out again': await takeOut(),
        deleting: await remove(),
        'deleting again': await remove(),
        'looking at it': await outcome(getProfile(clients, InstanceProfileName)),
      };
    },
  },
  {
    name: 'instance profile: tags',
    calls: ['IAM:TagInstanceProfile', 'IAM:UntagInstanceProfile'],
    expected: {
      'with one': { team: 'new' },
      'without one': {},
      'of an unknown one': ['NoSuchEntityException', 'NoSuchEntityException'],
    },
    run: async (clients, scratch) => {
      const { iam } = clients;
      const name = scratch.name('profile');
      await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: name }));
      const tag = (InstanceProfileName: string) =>
        outcome(
          iam.send(
            new TagInstanceProfileCommand({ InstanceProfileName, Tags: [{ Key: 'team', Value: 'new' }] }),
          ),
        );
      const untag = (InstanceProfileName: string) =>
        outcome(iam.send(new UntagInstanceProfileCommand({ InstanceProfileName, TagKeys: ['team'] })));
      await tag(name);
      const more = tagsOf((await getProfile(clients, name))?.Tags);
      await untag(name);
      const less = tagsOf((await getProfile(clients, name))?.Tags);
      const nobody = scratch.name('nobody');
      return {
        'with one': more,
        'without one': less,
        'of an unknown one': [await tag(nobody), await untag(nobody)],
      };
    },
  },
];
