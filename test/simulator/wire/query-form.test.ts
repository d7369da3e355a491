import { DescribeInstancesCommand, ModifyInstanceAttributeCommand } from '@aws-sdk/client-ec2';
import { CreateOrUpdateTagsCommand } from '@aws-sdk/client-auto-scaling';
import type { $SchemaRef } from '@smithy/types';
import { describe, expect, it } from 'vitest';

import { MalformedValue, readForm } from '../../../src/simulator/wire/query-form.ts';

/** The input's schema of a command. */
function inputOf({ schema }: { readonly schema?: unknown }): $SchemaRef {
  // An operation's schema is a tuple with the input's in the fifth place.
  return (schema as readonly $SchemaRef[])[4] ?? 'unit';
}

const describeInstances = inputOf(new DescribeInstancesCommand({}));
const modifyAttribute = inputOf(new ModifyInstanceAttributeCommand({ InstanceId: '' }));
const tagGroups = inputOf(new CreateOrUpdateTagsCommand({ Tags: [] }));

function read(schema: $SchemaRef, text: string, isEc2 = true): ReturnType<typeof readForm> {
  return readForm(schema, new URLSearchParams(text), isEc2);
}

describe('a form of EC2', () => {
  it('has flat lists, by their numbers and not by their order', () => {
    const { input } = read(
      describeInstances,
      'Action=DescribeInstances&Version=2016-11-15&InstanceId.10=c&InstanceId.2=b&InstanceId.1=a&MaxResults=7&DryRun=true',
    );
    expect(input).toEqual({ InstanceIds: ['a', 'b', 'c'], MaxResults: 7, DryRun: true });
  });

  it('has lists in lists', () => {
    const { input } = read(
      describeInstances,
      'Filter.1.Name=tag%3ATeam&Filter.1.Value.1=a%26b&Filter.1.Value.2=c&Filter.2.Name=vpc-id&Filter.2.Value.1=d',
    );
    expect(input).toEqual({
      Filters: [
        { Name: 'tag:Team', Values: ['a&b', 'c'] },
        { Name: 'vpc-id', Values: ['d'] },
      ],
    });
  });

  it('has names of its own for some members, and bytes in base64', () => {
    const { input, unknown } = read(modifyAttribute, 'InstanceId=i-1&GroupId.1=sg-1&UserData.Value=AAH%2F');
    expect(unknown).toEqual([]);
    expect(input).toEqual({
      InstanceId: 'i-1',
      Groups: ['sg-1'],
      UserData: { Value: new Uint8Array([0, 1, 255]) },
    });
  });

  it('says what nobody asked for', () => {
    const { unknown } = read(describeInstances, 'InstanceIds.1=a&Filter.1.Nome=x&Filter.1.Name=y');
    expect(unknown).toEqual(['InstanceIds', 'Filter.1.Nome']);
  });

  it.each([
    ['MaxResults=many', 'many is no number'],
    ['MaxResults=', ' is no number'],
    ['DryRun=perhaps', 'perhaps is neither true nor false'],
    [`${'a.'.repeat(20)}a=1`, 'is no parameter'],
  ])('refuses %s', (text, because) => {
    expect(() => read(describeInstances, text)).toThrow(MalformedValue);
    expect(() => read(describeInstances, text)).toThrow(because);
  });

  it('takes names that objects have of themselves for what they are', () => {
    const { input, unknown } = read(
      describeInstances,
      '__proto__.polluted=1&constructor=2&Filter.1.Name=__proto__',
    );
    expect(input).toEqual({ Filters: [{ Name: '__proto__' }] });
    expect(unknown).toEqual(['__proto__', 'constructor']);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});

describe('a form of a query service', () => {
  it('has the word member in its lists', () => {
    const { input } = read(
      tagGroups,
      'Tags.member.1.Key=a&Tags.member.1.Value=b&Tags.member.1.PropagateAtLaunch=false&Tags.member.2.Key=c',
      false,
    );
    expect(input).toEqual({ Tags: [{ Key: 'a', Value: 'b', PropagateAtLaunch: false }, { Key: 'c' }] });
  });

  it('may have a list that is empty', () => {
    expect(read(tagGroups, 'Tags=', false).input).toEqual({ Tags: [] });
  });
});
