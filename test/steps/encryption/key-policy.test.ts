import { describe, expect, it } from 'vitest';

import { type KeyWish, refusedActions } from '../../../src/steps/encryption/key-policy.ts';

const account = '123456789012';
const root = `arn:aws:iam::${account}:root`;
const hosts = `arn:aws:iam::${account}:role/es-ecs-search-instance`;
const logs = 'logs.eu-west-1.amazonaws.com';
const scaling = `arn:aws:iam::${account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`;

/** A role of the account, whom IAM may let, by EC2. */
const byHosts: KeyWish = {
  actions: ['kms:CreateGrant'],
  principals: [hosts],
  byIam: true,
  keys: {
    'kms:viaservice': 'ec2.eu-west-1.amazonaws.com',
    'kms:calleraccount': account,
    'kms:grantisforawsresource': 'true',
  },
};
/** A role that no policy of the account reaches. */
const byScaling: KeyWish = { ...byHosts, principals: [scaling], byIam: false };
const byLogs: KeyWish = { actions: ['kms:Encrypt'], principals: [logs], byIam: false, keys: {} };

type Statement = Readonly<Record<string, unknown>>;

const everything: Statement = { Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*' };

/** What of a wish is refused by a policy of these statements. */
function refused(wish: KeyWish, ...statements: readonly Statement[]): readonly string[] {
  return refusedActions(JSON.stringify({ Version: '2012-10-17', Statement: statements }), account, wish);
}

/** Whether the only action of a wish is refused. */
function isRefused(wish: KeyWish, ...statements: readonly Statement[]): boolean {
  return refused(wish, ...statements).length > 0;
}

/**
 * Neither allowed for sure nor refused for sure: it is no refusal, alone or with a Deny of the same kind beside an Allow of everything, and
 * nothing is made of it where the other half decides.
 */
function expectUnsure(wish: KeyWish, part: Statement): void {
  expect(isRefused(wish, { ...everything, ...part })).toBe(false);
  expect(isRefused(wish, everything, { ...everything, ...part, Effect: 'Deny' })).toBe(false);
}

/** It fits for sure: it allows, and where it denies it refuses. */
function expectFits(wish: KeyWish, part: Statement): void {
  expect(isRefused(wish, { ...everything, ...part })).toBe(false);
  expect(isRefused(wish, everything, { ...everything, ...part, Effect: 'Deny' })).toBe(true);
}

/** It is about something else for sure: it does not allow, and where it denies it refuses nothing. */
function expectElse(wish: KeyWish, part: Statement): void {
  expect(isRefused(wish, { ...everything, ...part })).toBe(true);
  expect(isRefused(wish, everything, { ...everything, ...part, Effect: 'Deny' })).toBe(false);
}

/** A statement without one of its parts. */
function without(name: string, rest: Statement): Statement {
  return Object.fromEntries(Object.entries({ ...everything, ...rest }).filter(([key]) => key !== name));
}

describe('a key policy', () => {
  it('refuses what it does not speak of, each action for itself', () => {
    const wish = { ...byScaling, actions: ['kms:Decrypt', 'kms:CreateGrant', 'kms:ReEncryptTo'] };
    expect(refused(wish)).toEqual(wish.actions);
    expect(refused(wish, { ...everything, Action: ['kms:Decrypt', 'kms:ReEncrypt*'] })).toEqual([
      'kms:CreateGrant',
    ]);
    expect(refused(wish, everything)).toEqual([]);
  });

  it('denies before it allows, in whatever order', () => {
    const deny = { ...everything, Effect: 'Deny' };
    expect(isRefused(byHosts, everything, deny)).toBe(true);
    expect(isRefused(byHosts, deny, everything)).toBe(true);
  });

  it('is one statement as well as a list of them', () => {
    expect(refusedActions(JSON.stringify({ Statement: everything }), account, byHosts)).toEqual([]);
    expect(
      refusedActions(JSON.stringify({ Statement: { ...everything, Action: 'kms:List*' } }), account, byHosts),
    ).toEqual(['kms:CreateGrant']);
  });

  it.each(['', 'no JSON', 'null', '[]', '{}', '"text"'])('refuses nothing where it is none: %j', (text) => {
    expect(refusedActions(text, account, byScaling)).toEqual([]);
  });
});

describe('the action of a statement', () => {
  it.each(['kms:CreateGrant', 'kms:*', '*', 'kms:Create*', 'KMS:creategrant', 'kms:Create?rant'])(
    'is meant by %s',
    (Action) => {
      expectFits(byHosts, { Action });
      expectFits(byHosts, { Action: ['kms:Decrypt', Action] });
    },
  );

  it.each(['kms:CreateKey', 'kms:Create', 'ec2:*', 'kms.CreateGrant', 'kms:CreateGran?s', ''])(
    'is not meant by "%s"',
    (Action) => {
      expectElse(byHosts, { Action });
    },
  );

  it('is unsure by NotAction', () => {
    const part = without('Action', { NotAction: 'kms:ScheduleKeyDeletion' });
    expect(isRefused(byScaling, part)).toBe(false);
    expect(isRefused(byScaling, everything, { ...part, Effect: 'Deny' })).toBe(false);
  });
});

describe('the resource of a statement', () => {
  it('is this key by *', () => {
    expectFits(byHosts, { Resource: ['*'] });
  });

  it('is unsure by anything else, as the policy does not say which key it is of', () => {
    expectUnsure(byHosts, {
      Resource: `arn:aws:kms:eu-west-1:${account}:key/0a1b2c3d-0000-4000-8000-000000000001`,
    });
    const part = without('Resource', { NotResource: 'arn:aws:kms:*:210987654321:key/*' });
    expect(isRefused(byScaling, part)).toBe(false);
    expect(isRefused(byScaling, everything, { ...part, Effect: 'Deny' })).toBe(false);
  });

  it('is no key where it is left out', () => {
    const part = without('Resource', {});
    expect(isRefused(byScaling, part)).toBe(true);
    expect(isRefused(byScaling, everything, { ...part, Effect: 'Deny' })).toBe(false);
  });
});

describe('the principal of a statement', () => {
  it.each<[string, unknown]>([
    ['everybody', '*'],
    ['everybody of AWS', { AWS: '*' }],
    ['the role', { AWS: hosts }],
    ['the role among others', { AWS: [`arn:aws:iam::${account}:role/other`, hosts] }],
  ])('is a role: %s', (_what, Principal) => {
    expectFits(byHosts, { Principal });
  });

  it.each<[string, unknown]>([
    ['another role', { AWS: `arn:aws:iam::${account}:role/other` }],
    ['the role of the same name of another account', { AWS: hosts.replace(account, '210987654321') }],
    ['another account', { AWS: 'arn:aws:iam::210987654321:root' }],
    ['another account by its number', { AWS: '210987654321' }],
    ['a service', { Service: logs }],
    ['nobody', undefined],
  ])('is not a role: %s', (_what, Principal) => {
    expectElse(byHosts, { Principal });
  });

  it('is a service by its name, and by no other', () => {
    expectFits(byLogs, { Principal: { Service: logs } });
    expectFits(byLogs, { Principal: '*' });
    expectElse(byLogs, { Principal: { Service: 'logs.eu-west-2.amazonaws.com' } });
  });

  it.each<[string, unknown]>([
    ['its root', { AWS: root }],
    ['its number', { AWS: account }],
  ])('is the account by %s: IAM decides for its roles, and for nobody else', (_what, Principal) => {
    const part = { ...everything, Principal };
    expect(isRefused(byHosts, part)).toBe(false);
    // No policy of the account reaches them ("Allows access to the AWS account and enables IAM policies").
    expect(isRefused(byScaling, part)).toBe(true);
    expect(isRefused(byLogs, part)).toBe(true);
    // A Deny of the account is one of everybody in it, and no service is.
    const deny = { ...part, Effect: 'Deny' };
    expect(isRefused(byHosts, everything, deny)).toBe(true);
    expect(isRefused(byScaling, everything, deny)).toBe(true);
    expect(isRefused(byLogs, everything, deny)).toBe(false);
  });

  it('is unsure by NotPrincipal', () => {
    const part = without('Principal', { NotPrincipal: { AWS: `arn:aws:iam::${account}:role/other` } });
    expect(isRefused(byScaling, part)).toBe(false);
    expect(isRefused(byScaling, everything, { ...part, Effect: 'Deny' })).toBe(false);
  });

  it('is a session by its role, whose path nobody knows', () => {
    const roles = `arn:aws:iam::${account}:role/`;
    const session = {
      ...byHosts,
      principals: [`arn:aws:sts::${account}:assumed-role/admin/me`, `${roles}admin`, `${roles}*/admin`],
    };
    expectFits(session, { Principal: { AWS: `arn:aws:iam::${account}:role/admin` } });
    expectFits(session, { Principal: { AWS: `arn:aws:iam::${account}:role/company/people/admin` } });
    expectElse(session, { Principal: { AWS: `arn:aws:iam::${account}:role/company/people/reader` } });
  });
});

describe('the condition of a statement', () => {
  it.each<[string, object]>([
    ['the service', { StringEquals: { 'kms:ViaService': 'ec2.eu-west-1.amazonaws.com' } }],
    [
      'the service among others',
      { StringEquals: { 'kms:ViaService': ['rds.eu-west-1.amazonaws.com', 'ec2.eu-west-1.amazonaws.com'] } },
    ],
    ['a pattern of services', { StringLike: { 'kms:ViaService': 'ec2.*.amazonaws.com' } }],
    ['the account', { StringEquals: { 'kms:CallerAccount': account } }],
    ['the account, as a number', { StringEquals: { 'kms:CallerAccount': Number(account) } }],
    ['the key in other letters', { StringEquals: { 'KMS:callerACCOUNT': account } }],
    ['a grant for a resource, as text', { Bool: { 'kms:GrantIsForAWSResource': 'true' } }],
    ['a grant for a resource, as a truth value', { Bool: { 'kms:GrantIsForAWSResource': true } }],
    [
      'all of it',
      { StringEquals: { 'kms:CallerAccount': account }, Bool: { 'kms:GrantIsForAWSResource': true } },
    ],
  ])('fits: %s', (_what, Condition) => {
    expectFits(byHosts, { Condition });
  });

  it.each<[string, object]>([
    ['another service', { StringEquals: { 'kms:ViaService': 'rds.eu-west-1.amazonaws.com' } }],
    ['another region', { StringLike: { 'kms:ViaService': 'ec2.us-*.amazonaws.com' } }],
    ['another account', { StringEquals: { 'kms:CallerAccount': '210987654321' } }],
    ['a grant for no resource', { Bool: { 'kms:GrantIsForAWSResource': 'false' } }],
    [
      'one of two',
      { StringEquals: { 'kms:CallerAccount': '210987654321', 'aws:PrincipalOrgID': 'o-1234567890' } },
    ],
  ])('does not fit: %s', (_what, Condition) => {
    expectElse(byHosts, { Condition });
  });

  it.each<[string, unknown]>([
    ['a key of which nothing is known', { StringEquals: { 'aws:PrincipalOrgID': 'o-1234567890' } }],
    ['another operator of a known key', { StringNotEquals: { 'kms:CallerAccount': '210987654321' } }],
    ['IfExists', { StringEqualsIfExists: { 'kms:ViaService': 'rds.eu-west-1.amazonaws.com' } }],
    ['a list of keys', { 'ForAnyValue:StringEquals': { 'kms:EncryptionContextKeys': 'aws:ebs:id' } }],
    ['Null', { Null: { 'kms:ViaService': 'true' } }],
    ['an address', { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } }],
    ['a variable', { StringEquals: { 'kms:CallerAccount': '${aws:PrincipalAccount}' } }],
    ['nothing that is one', { StringEquals: 'text' }],
    [
      'one that fits and one that is unsure',
      { Bool: { 'kms:GrantIsForAWSResource': true, 'aws:SecureTransport': true } },
    ],
  ])('is unsure: %s', (_what, Condition) => {
    expectUnsure(byHosts, { Condition });
  });

  it('on a grant for a resource does not let do anything but make grants', () => {
    const part = { Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } } };
    expectElse({ ...byHosts, actions: ['kms:Decrypt'] }, part);
    expectFits(byHosts, part);
  });

  it('on a service is unsure for whom it is not known by which he comes', () => {
    const { 'kms:viaservice': _, ...keys } = byHosts.keys;
    expectUnsure(
      { ...byHosts, keys },
      { Condition: { StringEquals: { 'kms:ViaService': 'rds.eu-west-1.amazonaws.com' } } },
    );
  });
});

describe('what is unsure', () => {
  const unsure = { Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1234567890' } } };
  const other = { ...everything, Action: 'kms:List*' };

  it('hides neither an Allow nor a Deny that is sure', () => {
    expect(isRefused(byScaling, { ...everything, ...unsure }, other)).toBe(false);
    expect(isRefused(byScaling, { ...everything, ...unsure }, { ...everything, Effect: 'Deny' })).toBe(true);
  });

  it('is a Deny that refuses nothing of what is allowed, and what nothing allows is refused whatever it says', () => {
    const deny = { ...everything, ...unsure, Effect: 'Deny' };
    expect(isRefused(byScaling, everything, deny)).toBe(false);
    expect(isRefused(byScaling, other, deny)).toBe(true);
  });
});
