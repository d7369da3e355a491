import { DescribeSubnetsCommand, DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import { GetRoleCommand } from '@aws-sdk/client-iam';
import { describe, expect, it } from 'vitest';

import { createClients } from '../../src/aws/clients.ts';
import { existing } from '../../src/aws/ec2.ts';
import { actionOf, CallMeter, isRead } from '../../src/aws/meter.ts';
import { diffTags } from '../../src/aws/tags.ts';
import { unless } from '../../src/aws/unless.ts';
import { createVirtualClock } from '../../src/engine/clock.ts';
import { createSimulatedAccount } from '../../src/simulator/index.ts';

const named = (name: string): Error => Object.assign(new Error(name), { name });

describe('CallMeter', () => {
  it('tells reads from writes', () => {
    expect(['DescribeVpcs', 'GetAuthorizationToken', 'ListTasks', 'BatchGetImage'].every(isRead)).toBe(true);
    expect(['CreateVpc', 'RunInstances', 'BatchDeleteImage'].some(isRead)).toBe(false);
  });

  it('counts how many trips deep it went, and on which trip a call was first asked for', async () => {
    const clock = createVirtualClock({ startMs: 0 });
    const account = createSimulatedAccount({ clock });
    const meter = new CallMeter();
    const { ec2, iam } = createClients({
      region: 'eu-west-1',
      clock,
      meter,
      credentials: { accessKeyId: 'simulated', secretAccessKey: 'simulated' },
      attach: account.attach.bind(account),
    });
    expect(meter.tripsDeep).toBe(0);
    await Promise.all([ec2.send(new DescribeVpcsCommand({})), ec2.send(new DescribeVpcsCommand({}))]);
    expect(meter.tripsDeep).toBe(1);
    // A refusal is an answer, too; what goes beside it is on the same trip.
    await Promise.all([
      expect(iam.send(new GetRoleCommand({ RoleName: 'nobody' }))).rejects.toThrow(),
      ec2.send(new DescribeVpcsCommand({})),
    ]);
    await ec2.send(new DescribeSubnetsCommand({}));
    expect(meter.tripsDeep).toBe(3);
    expect(meter.firstTrips).toEqual({ DescribeVpcs: 1, GetRole: 2, DescribeSubnets: 3 });
  });

  it('notes on an error which call it came out of, that of missing credentials too', async () => {
    const clock = createVirtualClock({ startMs: 0 });
    const account = createSimulatedAccount({ clock });
    const { ec2 } = createClients({
      region: 'eu-west-1',
      clock,
      meter: new CallMeter(),
      credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
      attach: account.attach.bind(account),
    });
    const lost = named('CredentialsProviderError');
    ec2.config.credentials = () => Promise.reject(lost);
    await expect(ec2.send(new DescribeVpcsCommand({}))).rejects.toBe(lost);
    expect(actionOf(lost)).toBe('ec2:DescribeVpcs');
    expect(actionOf(named('Other'))).toBeUndefined();
  });
});

describe('existing', () => {
  it('asks one by one for those that exist when one of them does not', async () => {
    const there = new Set(['a', 'c']);
    const read = async (ids: readonly string[]): Promise<readonly string[]> => {
      if (ids.every((id) => there.has(id))) return ids;
      throw named('NotFound');
    };
    expect(await existing(['a', 'b', 'c'], 'NotFound', read)).toEqual(['a', 'c']);
    await expect(existing(['b'], 'SomethingElse', read)).rejects.toThrow('NotFound');
  });
});

describe('unless', () => {
  it('forgives the names it is given and no other', async () => {
    expect(await unless(['Gone'], Promise.reject<number>(named('Gone')))).toBeUndefined();
    await expect(unless(['Gone'], Promise.reject(named('Denied')))).rejects.toThrow('Denied');
    expect(await unless(['Gone'], Promise.resolve(1))).toBe(1);
  });
});

describe('diffTags', () => {
  const calls: unknown[] = [];
  const writer = {
    set: async (tags: object) => {
      calls.push(tags);
    },
    unset: async (keys: readonly string[]) => {
      calls.push(keys);
    },
    former: new Set(['old', 'older', 'constructor']),
  };

  const valued = (changes: ReturnType<typeof diffTags>): unknown =>
    changes.map(({ path, before, after }) => [path, before, after]);

  it('takes away what the config has left out, then gives; what others have given is no difference', async () => {
    const observed = { a: '1', b: '9', old: 'x', older: 'y', theirs: 's', 'aws:cloudformation': 'z' };
    const changes = diffTags({ a: '1', b: '2', c: '3' }, observed, writer);
    expect(valued(changes)).toEqual([
      ['tags.old', 'x', undefined],
      ['tags.older', 'y', undefined],
      ['tags.b', '9', '2'],
      ['tags.c', undefined, '3'],
    ]);
    for (const apply of new Set(changes.map((change) => change.apply))) await apply?.();
    expect(calls).toEqual([['old', 'older'], { b: '2', c: '3' }]);
  });

  it('minds the case of keys but where there is only one of them', () => {
    const [desired, observed] = [{ Team: 'a' }, { team: 'a' }];
    expect(valued(diffTags(desired, observed, writer))).toEqual([['tags.Team', undefined, 'a']]);
    const rules = { ...writer, ignoresCase: true as const };
    const given = { ...rules, former: new Set(['team']) };
    expect(valued(diffTags(desired, observed, given))).toEqual([
      ['tags.team', 'a', undefined],
      ['tags.Team', undefined, 'a'],
    ]);
    // One that others have given stays, as there is no room for both; but for those by which things are found again.
    expect(valued(diffTags({ Team: 'a', b: '1' }, { team: 'x' }, rules))).toEqual([
      ['tags.b', undefined, '1'],
    ]);
    expect(valued(diffTags({ 'es-ecs-cluster': 'a' }, { 'ES-ECS-Cluster': 'x' }, rules))).toEqual([
      ['tags.ES-ECS-Cluster', 'x', undefined],
      ['tags.es-ecs-cluster', undefined, 'a'],
    ]);
  });

  it('knows names that every object has for keys like any other', () => {
    const named = (value: string): Record<string, string> =>
      Object.fromEntries(['constructor', '__proto__', 'toString'].map((key) => [key, value]));
    expect(valued(diffTags(named('1'), named('1'), writer))).toEqual([]);
    const given = diffTags(named('1'), {}, writer);
    expect(valued(given)).toEqual([
      ['tags.constructor', undefined, '1'],
      ['tags.__proto__', undefined, '1'],
      ['tags.toString', undefined, '1'],
    ]);
    const after = given.reduce<unknown>((tags, change) => change.becomes?.(tags), { tags: {} });
    expect(Object.entries((after as { readonly tags: object }).tags)).toEqual(Object.entries(named('1')));
    expect(valued(diffTags({}, named('1'), writer))).toEqual([['tags.constructor', '1', undefined]]);
  });
});
