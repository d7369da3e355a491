import { describe, expect, it } from 'vitest';

import { canonicalPolicy, samePolicy } from '../../src/aws/policy.ts';

const policy = (statement: unknown): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statement });

describe('samePolicy', () => {
  it.each([
    [
      'the order of keys',
      policy([{ Effect: 'Allow', Action: 'a:B' }]),
      policy([{ Action: 'a:B', Effect: 'Allow' }]),
    ],
    ['one statement or a list of one', policy({ Effect: 'Allow' }), policy([{ Effect: 'Allow' }])],
    ['one action or a list of one', policy([{ Action: 'a:B' }]), policy([{ Action: ['a:B'] }])],
    ['the order of resources', policy([{ Resource: ['x', 'y'] }]), policy([{ Resource: ['y', 'x'] }])],
    ['two spellings of everybody', policy([{ Principal: '*' }]), policy([{ Principal: { AWS: ['*'] } }])],
    [
      'one value of a condition or a list of one',
      policy([{ Condition: { StringEquals: { 'a:b': 'c' } } }]),
      policy([{ Condition: { StringEquals: { 'a:b': ['c'] } } }]),
    ],
    [
      'white space',
      policy([{ Effect: 'Allow' }]),
      JSON.stringify(JSON.parse(policy([{ Effect: 'Allow' }])), null, 2),
    ],
  ])('%s means nothing', (_what, one, other) => {
    expect(one).not.toBe(other);
    expect(samePolicy(one, other)).toBe(true);
  });

  it.each([
    ['an effect', policy([{ Effect: 'Allow' }]), policy([{ Effect: 'Deny' }])],
    ['an action more', policy([{ Action: ['a:B'] }]), policy([{ Action: ['a:B', 'a:C'] }])],
    [
      'a condition',
      policy([{ Action: 'a:B' }]),
      policy([{ Action: 'a:B', Condition: { Bool: { x: 'true' } } }]),
    ],
    [
      'a service for an account',
      policy([{ Principal: { Service: 'x' } }]),
      policy([{ Principal: { AWS: 'x' } }]),
    ],
  ])('%s is a difference', (_what, one, other) => {
    expect(samePolicy(one, other)).toBe(false);
  });

  it('leaves alone what is no JSON', () => {
    expect(canonicalPolicy('not JSON')).toBe('not JSON');
  });
});
