import { describe, expect, it } from 'vitest';

import { type Asked, decide } from '../../../src/simulator/policy/decide.ts';
import { parsePolicy } from '../../../src/simulator/policy/documents.ts';

const vpc: Asked = {
  action: 'ec2:DeleteVpc',
  resource: 'arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-0a',
  kind: 'vpc',
  tags: { 'es-ecs-cluster': 'search', Team: 'data' },
};
const global = {
  'aws:sourceip': '203.0.113.7',
  'aws:requestedregion': 'eu-west-1',
  'aws:viaawsservice': 'false',
};

function outcome(asked: Asked, ...statements: readonly object[]): string {
  const all = statements.map((one) => ({ Effect: 'Allow', Action: '*', Resource: '*', ...one }));
  return decide(parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: all })), asked, global)
    .outcome;
}

describe('policies', () => {
  it('refuse what nothing allows, and a denial outdoes all', () => {
    expect(outcome(vpc, { Action: 'ec2:CreateVpc' })).toBe('refused');
    expect(outcome(vpc, { Action: 'ec2:DeleteVpc' })).toBe('allowed');
    expect(outcome(vpc, {}, { Effect: 'Deny', Action: 'ec2:Delete*' })).toBe('denied');
    expect(outcome(vpc, {}, { Effect: 'Deny', Action: 'ec2:Delete?' })).toBe('allowed');
  });

  it('take actions in any case, and resources as they are', () => {
    expect(outcome(vpc, { Action: 'EC2:deletevpc' })).toBe('allowed');
    expect(outcome(vpc, { Resource: 'arn:aws:ec2:*:*:VPC/*' })).toBe('refused');
    expect(outcome(vpc, { Resource: 'arn:aws:ec2:*:*:vpc/*' })).toBe('allowed');
    expect(outcome(vpc, { Resource: 'arn:aws:ec2:*:*:vpc/vpc-0b' })).toBe('refused');
    expect(outcome(vpc, { Resource: 'arn:aws-cn:ec2:*:*:vpc/*' })).toBe('refused');
  });

  it('read a star within one part of an ARN', () => {
    const secret: Asked = {
      action: 'secretsmanager:GetSecretValue',
      kind: 'Secret',
      resource: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:es-ecs/search/password-AbCdEf',
    };
    expect(outcome(secret, { Resource: 'arn:aws:secretsmanager:*:*:secret:es-ecs/*' })).toBe('allowed');
    expect(outcome(secret, { Resource: 'arn:aws:secretsmanager:*:*:secret:es-ecs/*/password-??????' })).toBe(
      'allowed',
    );
    expect(outcome(secret, { Resource: 'arn:aws:secretsmanager:*:*:secret:es-ecs/*/password-?????' })).toBe(
      'refused',
    );
    expect(outcome(secret, { Resource: 'arn:aws:s*:es-ecs/search/password-AbCdEf:x:y' })).toBe('refused');
  });

  it('mean the others by NotAction and NotResource', () => {
    expect(outcome(vpc, { Action: undefined, NotAction: 'iam:*' })).toBe('allowed');
    expect(outcome(vpc, { Action: undefined, NotAction: 'ec2:*' })).toBe('refused');
    expect(outcome(vpc, { Resource: undefined, NotResource: 'arn:aws:ec2:*:*:subnet/*' })).toBe('allowed');
    expect(outcome(vpc, { Resource: undefined, NotResource: 'arn:aws:ec2:*:*:vpc/*' })).toBe('refused');
  });
});

describe('conditions', () => {
  it.each([
    [{ StringEquals: { 'aws:ResourceTag/es-ecs-cluster': 'search' } }, 'allowed'],
    [{ StringEquals: { 'AWS:resourcetag/ES-ECS-CLUSTER': ['other', 'search'] } }, 'allowed'],
    [{ StringEquals: { 'ec2:ResourceTag/Team': 'data' } }, 'allowed'],
    [{ StringEquals: { 'aws:ResourceTag/es-ecs-cluster': 'Search' } }, 'refused'],
    [{ StringEqualsIgnoreCase: { 'aws:ResourceTag/es-ecs-cluster': 'Search' } }, 'allowed'],
    [{ StringLike: { 'aws:ResourceTag/es-ecs-cluster': 's*' } }, 'allowed'],
    [{ StringNotLike: { 'aws:ResourceTag/es-ecs-cluster': 's*' } }, 'refused'],
    [{ StringEquals: { 'aws:ResourceTag/none': 'x' } }, 'refused'],
    [{ StringNotEquals: { 'aws:ResourceTag/none': 'x' } }, 'allowed'],
    [{ StringEqualsIfExists: { 'aws:ResourceTag/none': 'x' } }, 'allowed'],
    [{ Null: { 'aws:ResourceTag/none': 'true' } }, 'allowed'],
    [{ Null: { 'aws:ResourceTag/Team': true } }, 'refused'],
    [{ Null: { 'aws:ResourceTag/Team': 'false' } }, 'allowed'],
    // DeleteVpc knows no tags of the request: the key is not there, whatever is asked.
    [{ StringEquals: { 'aws:RequestTag/Team': 'data' } }, 'refused'],
    [{ IpAddress: { 'aws:SourceIp': ['198.51.100.0/24', '203.0.113.0/24'] } }, 'allowed'],
    [{ NotIpAddress: { 'aws:SourceIp': '203.0.113.7' } }, 'refused'],
    [{ StringEquals: { 'aws:RequestedRegion': 'eu-central-1' } }, 'refused'],
    [{ Bool: { 'aws:ViaAWSService': 'false' } }, 'allowed'],
    // A user with keys of his own has no second factor in them.
    [{ Bool: { 'aws:MultiFactorAuthPresent': 'true' } }, 'refused'],
    [{ BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } }, 'allowed'],
    [
      { StringEquals: { 'aws:ResourceTag/Team': 'data', 'aws:ResourceTag/es-ecs-cluster': 'other' } },
      'refused',
    ],
  ])('%j: %s', (Condition, expected) => {
    expect(outcome(vpc, { Condition })).toBe(expected);
  });

  it('of many values hold for all, for any, or for none', () => {
    const tagging: Asked = { ...vpc, action: 'ec2:CreateTags', requestTags: { a: '1', b: '2' } };
    const of = (Condition: object): string => outcome(tagging, { Condition });
    expect(of({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a', 'b', 'c'] } })).toBe('allowed');
    expect(of({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a'] } })).toBe('refused');
    expect(of({ 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['b'] } })).toBe('allowed');
    expect(of({ 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['c'] } })).toBe('refused');
    const none = { ...tagging, requestTags: {} };
    const all = { Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a'] } } };
    expect(outcome(none, all)).toBe('allowed');
    expect(outcome(none, { Condition: { Null: { 'aws:TagKeys': 'false' } } })).toBe('refused');
    expect(of({ StringEquals: { 'aws:RequestTag/a': '1' } })).toBe('allowed');
    expect(of({ StringEquals: { 'aws:RequestTag/a': '2' } })).toBe('refused');
  });
});
