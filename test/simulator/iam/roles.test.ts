import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  DeleteInstanceProfileCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetInstanceProfileCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
  ListRoleTagsCommand,
  PutRolePolicyCommand,
  RemoveRoleFromInstanceProfileCommand,
  TagRoleCommand,
  UntagInstanceProfileCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { beforeEach, describe, expect, it } from 'vitest';

import { must, refusal, type Stage, stage } from '../stage.ts';

const RoleName = 'es-ecs-search-eu-west-1-task';
const PolicyArn = 'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore';

const policy = (statement: object): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] });
const trust = policy({ Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' });
const reading = policy({ Action: 'ec2:DescribeVolumes', Resource: '*' });

let on: Stage;
let iam: Stage['clients']['iam'];

beforeEach(async () => {
  on = stage();
  ({ iam } = on.clients);
  await iam.send(
    new CreateRoleCommand({
      RoleName,
      AssumeRolePolicyDocument: trust,
      Tags: [{ Key: 'es-ecs-cluster', Value: 'search' }],
    }),
  );
});

describe('a role', () => {
  it('is there by name at once, in lists later, with its documents URL-encoded', async () => {
    const { Role } = await iam.send(new GetRoleCommand({ RoleName }));
    expect(Role?.Arn).toBe(`arn:aws:iam::123456789012:role/${RoleName}`);
    expect(decodeURIComponent(must(Role?.AssumeRolePolicyDocument))).toBe(trust);
    expect(Role?.AssumeRolePolicyDocument).toContain('%7B%22Version%22');
    expect(Role?.Tags).toEqual([{ Key: 'es-ecs-cluster', Value: 'search' }]);
    expect((await iam.send(new ListRolesCommand({}))).Roles).toEqual([]);
    await on.clock.sleep(2_000);
    expect((await iam.send(new ListRolesCommand({}))).Roles).toHaveLength(1);
  });

  it('is refused a second time, and an unknown one is named so', async () => {
    const again = new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust });
    expect(await refusal(iam.send(again))).toBe('EntityAlreadyExistsException');
    expect(await refusal(iam.send(new GetRoleCommand({ RoleName: 'nobody' })))).toBe('NoSuchEntityException');
  });

  it.each([
    ['no JSON', '{'],
    ['no statement', '{"Version":"2012-10-17"}'],
    ['no principal', policy({ Action: 'sts:AssumeRole' })],
    ['a resource', policy({ Action: 'sts:AssumeRole', Principal: '*', Resource: '*' })],
  ])('refuses a trust policy with %s', async (_what, PolicyDocument) => {
    const call = iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }));
    expect(await refusal(call)).toBe('MalformedPolicyDocumentException');
  });

  it('keeps inline policies and gives them back', async () => {
    const put = (PolicyDocument: string): Promise<unknown> =>
      iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'volume', PolicyDocument }));
    await put(reading);
    const got = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: 'volume' }));
    expect(decodeURIComponent(must(got.PolicyDocument))).toBe(reading);
    expect((await iam.send(new ListRolePoliciesCommand({ RoleName }))).PolicyNames).toEqual(['volume']);
    expect(await refusal(put(policy({ Action: 'describe', Resource: '*' })))).toBe(
      'MalformedPolicyDocumentException',
    );
    const long = policy({
      Action: 'ec2:Describe*',
      Resource: Array.from({ length: 500 }, (_, i) => `arn:aws:ec2:::x${i}`),
    });
    expect(await refusal(put(long))).toBe('LimitExceededException');
    const none = new GetRolePolicyCommand({ RoleName, PolicyName: 'other' });
    expect(await refusal(iam.send(none))).toBe('NoSuchEntityException');
  });

  it('goes only when nothing hangs on it', async () => {
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'volume', PolicyDocument: reading }));
    await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
    await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: RoleName }));
    const membership = { InstanceProfileName: RoleName, RoleName };
    await iam.send(new AddRoleToInstanceProfileCommand(membership));
    const end = (): Promise<string | undefined> => refusal(iam.send(new DeleteRoleCommand({ RoleName })));
    expect(await end()).toBe('DeleteConflictException');
    await iam.send(new RemoveRoleFromInstanceProfileCommand(membership));
    expect(await end()).toBe('DeleteConflictException');
    await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }));
    expect(await end()).toBe('DeleteConflictException');
    await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'volume' }));
    expect(await end()).toBeUndefined();
    expect(await end()).toBe('NoSuchEntityException');
  });

  it('takes managed policies that exist, each once', async () => {
    await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
    await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
    const { AttachedPolicies } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }));
    expect(AttachedPolicies).toEqual([{ PolicyArn, PolicyName: 'AmazonSSMManagedInstanceCore' }]);
    const unknown = new AttachRolePolicyCommand({ RoleName, PolicyArn: 'arn:aws:iam::aws:policy/Nothing' });
    expect(await refusal(iam.send(unknown))).toBe('NoSuchEntityException');
  });

  it('has tags whose keys do not differ by case', async () => {
    const tag = (Key: string): Promise<unknown> =>
      iam.send(new TagRoleCommand({ RoleName, Tags: [{ Key, Value: 'other' }] }));
    await tag('ES-ECS-CLUSTER');
    expect((await iam.send(new ListRoleTagsCommand({ RoleName }))).Tags).toEqual([
      { Key: 'ES-ECS-CLUSTER', Value: 'other' },
    ]);
    expect(await refusal(tag('aws:mine'))).toBe('InvalidInputException');
    await iam.send(new UntagRoleCommand({ RoleName, TagKeys: ['es-ecs-cluster', 'never'] }));
    expect((await iam.send(new ListRoleTagsCommand({ RoleName }))).Tags).toEqual([]);
  });
});

describe('an instance profile', () => {
  it('has tags whose keys may differ by nothing but their case', async () => {
    const InstanceProfileName = 'tagged';
    const Tags = ['team', 'Team'].map((Key) => ({ Key, Value: Key }));
    await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName, Tags }));
    await iam.send(new UntagInstanceProfileCommand({ InstanceProfileName, TagKeys: ['team'] }));
    const { InstanceProfile } = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName }));
    expect(InstanceProfile?.Tags).toEqual([{ Key: 'Team', Value: 'Team' }]);
  });

  it('holds one role, and goes only without it', async () => {
    const InstanceProfileName = 'host';
    await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName }));
    expect(await refusal(iam.send(new CreateInstanceProfileCommand({ InstanceProfileName })))).toBe(
      'EntityAlreadyExistsException',
    );
    const add = (): Promise<unknown> =>
      iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName }));
    await add();
    expect(await refusal(add())).toBe('LimitExceededException');
    const { InstanceProfile } = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName }));
    expect(InstanceProfile?.Roles?.map((role) => role.RoleName)).toEqual([RoleName]);
    const end = new DeleteInstanceProfileCommand({ InstanceProfileName });
    expect(await refusal(iam.send(end))).toBe('DeleteConflictException');
    await iam.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName }));
    await iam.send(end);
    expect(await refusal(iam.send(end))).toBe('NoSuchEntityException');
  });
});
