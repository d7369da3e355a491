import { describe, expect, it } from 'vitest';

import { parsePolicy, PolicyProblem } from '../../../src/simulator/policy/documents.ts';

const statement = { Sid: 'One', Effect: 'Allow', Action: 'ec2:CreateVpc', Resource: '*' };

function policy(...statements: readonly object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}

describe('a policy document', () => {
  it('may say one thing alone or in a list', () => {
    const text = JSON.stringify({ Version: '2012-10-17', Id: 'mine', Statement: statement });
    expect(parsePolicy(text)).toEqual([
      {
        sid: 'One',
        effect: 'Allow',
        actions: ['ec2:CreateVpc'],
        isNotAction: false,
        resources: ['*'],
        isNotResource: false,
        conditions: {},
      },
    ]);
    expect(parsePolicy(policy({ ...statement, Action: ['ec2:CreateVpc'], Resource: ['*'] }))).toEqual(
      parsePolicy(text),
    );
  });

  it('takes NotAction and NotResource, and booleans in conditions', () => {
    const [parsed] = parsePolicy(
      policy({
        Effect: 'Deny',
        NotAction: 'iam:*',
        NotResource: 'arn:aws:iam::*:role/x',
        Condition: { Bool: { 'aws:SecureTransport': false } },
      }),
    );
    expect(parsed).toMatchObject({
      isNotAction: true,
      isNotResource: true,
      conditions: { Bool: { 'aws:SecureTransport': ['false'] } },
    });
  });

  it.each([
    ['{', 'JSON'],
    ['[]', 'expected object'],
    [JSON.stringify({ Statement: [statement] }), 'Version must be 2012-10-17'],
    [JSON.stringify({ Version: '2008-10-17', Statement: [statement] }), 'Version must be 2012-10-17'],
    [policy(), 'Statement'],
    [policy({ ...statement, Effect: 'allow' }), 'Statement'],
    [policy({ ...statement, Principal: '*' }), 'Statement'],
    [policy({ ...statement, NotAction: 'ec2:*' }), 'either Action or NotAction'],
    [policy({ Effect: 'Allow', Action: 'ec2:*' }), 'either Resource or NotResource'],
    [policy({ ...statement, Action: 'CreateVpc' }), 'One: CreateVpc is no action'],
    [policy({ ...statement, Resource: 'vpc/*' }), 'One: vpc/* is no ARN'],
    [policy({ ...statement, Resource: 'arn:aws:iam::*:user/${aws:username}' }), 'variables are not played'],
    [
      policy({ ...statement, Condition: { StringEquals: { 'ec2:InstanceType': 't3.micro' } } }),
      'the condition key ec2:InstanceType is not played',
    ],
    [
      policy({ ...statement, Condition: { NumericLessThan: { 'aws:MultiFactorAuthAge': 1 } } }),
      'the operator NumericLessThan is not played',
    ],
    [
      policy({ ...statement, Condition: { StringEquals: { 'aws:TagKeys/x': 'y' } } }),
      'the condition key aws:TagKeys/x is not played',
    ],
  ])('is refused whole where it says what is not weighed: %s', (text, because) => {
    expect(() => parsePolicy(text)).toThrow(PolicyProblem);
    expect(() => parsePolicy(text)).toThrow(because);
  });
});
