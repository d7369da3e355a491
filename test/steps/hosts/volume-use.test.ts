import { DescribeScalingActivitiesCommand } from '@aws-sdk/client-auto-scaling';
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { expect, it } from 'vitest';

import { type VolumePast, whyUsed } from '../../../src/steps/hosts/volume-use.ts';
import { createBench } from '../support/bench.ts';

const node = { name: 'search-0' };
const now = Date.UTC(2026, 0, 1);
const day = 24 * 3_600_000;
/** Made an hour ago, empty, and held by nobody. */
const past: VolumePast = {
  tags: {},
  holders: [],
  state: 'available',
  madeMs: now - 3_600_000,
  isCopy: false,
};

const at = (ms: number) => ({ StartTime: new Date(ms), EndTime: new Date(ms + 60_000) });
const launch = (status: string, more: object = {}): object => ({
  AutoScalingGroupName: 'es-ecs-search-0',
  Description: 'Launching a new EC2 instance: i-0a',
  StatusCode: status,
  ...at(now - 1_800_000),
  ...more,
});
const refused = launch('Failed', {
  Description: 'Launching a new EC2 instance.  Status Reason: no capacity',
});
const death = (reason: string): object =>
  launch('Cancelled', {
    StatusMessage: `Instance became unhealthy while waiting for instance to be in InService state. Termination Reason: ${reason}`,
  });
const end = (ms: number): object =>
  launch('Successful', { Description: 'Terminating EC2 instance: i-0a', ...at(ms) });

function why(
  activities: readonly object[],
  over: Partial<VolumePast> = {},
  instances: readonly object[] = [],
): Promise<string | undefined> {
  const bench = createBench();
  bench.stub('autoScaling').answer(DescribeScalingActivitiesCommand, { Activities: activities });
  bench.stub('ec2').answer(DescribeInstancesCommand, { Reservations: [{ Instances: instances }] });
  return whyUsed(bench.context, node, { ...past, ...over });
}

it.each([
  ['its group has done nothing', []],
  ['EC2 has refused every launch', [refused, refused]],
  ['the key let no root disk be made', [death('Client.InvalidKMSKey.InvalidState: The KMS key is disabled')]],
  [
    'the host that there was had ended before it was made',
    [end(now - 2 * day), launch('Successful', at(now - 3 * day))],
  ],
])('nothing can be on it where %s', async (_, activities) => {
  expect(await why(activities)).toBeUndefined();
});

it.each([
  ['a host came up', [launch('Successful')]],
  ['a host is coming up', [refused, launch('InProgress', { EndTime: undefined })]],
  ['a host came up and was ended since', [end(now - 60_000), launch('Successful')]],
  [
    'a host from before it was made was ended since',
    [end(now - 60_000), launch('Successful', at(now - day))],
  ],
  ['a host from before it was made has no end that is told', [launch('Successful', at(now - day))]],
  ['a host died of itself', [death('Client.InstanceInitiatedShutdown: Instance initiated shutdown')]],
  ['a person ended it', [death('Client.UserInitiatedShutdown: User initiated shutdown')]],
  ['a launch failed after there was an instance', [launch('Failed')]],
])('something may be on it where %s', async (_, activities) => {
  expect(await why(activities)).toMatch(
    /^its node has had a host \(202[56]-.* UTC\), so that it may hold data$/,
  );
});

it.each([
  [{ tags: { 'es-ecs-cluster-uuid': 'abc' } }, 'it holds data'],
  [{ isCopy: true }, 'it was made from a snapshot, and holds what was on that'],
  [{ holders: ['i-0b'], state: 'in-use' }, 'i-0b holds it'],
  [{ state: 'error' }, 'it is error'],
  [
    { madeMs: now - 41 * day },
    'it is older than what AWS tells of hosts, so that nobody knows whether it holds data',
  ],
])('something may be on one with %j', async (over, words) => {
  expect(await why([], over)).toBe(words);
});

it('something may be on it where an instance of the node lives that no group tells of', async () => {
  const Tags = [
    { Key: 'es-ecs-cluster', Value: 'search' },
    { Key: 'es-ecs-node', Value: 'search-0' },
  ];
  const instance = { InstanceId: 'i-0c', State: { Name: 'running' }, Tags };
  expect(await why([], {}, [instance])).toBe('i-0c may be writing to it');
});

it('groups that are gone count as well, also where their name is not known any more', async () => {
  const bench = createBench();
  const autoScaling = bench.stub('autoScaling');
  autoScaling.answer(
    DescribeScalingActivitiesCommand,
    Object.assign(new Error('name not found'), { name: 'ValidationError' }),
  );
  bench.stub('ec2').answer(DescribeInstancesCommand, { Reservations: [] });
  await expect(whyUsed(bench.context, node, past)).rejects.toMatchObject({ name: 'ValidationError' });
  expect(autoScaling.sent(DescribeScalingActivitiesCommand)).toEqual([
    { AutoScalingGroupName: 'es-ecs-search-0', IncludeDeletedGroups: true, MaxRecords: 100 },
    { IncludeDeletedGroups: true, MaxRecords: 100 },
  ]);
});
