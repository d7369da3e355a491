import { existsSync } from 'node:fs';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { parseFault } from '../../src/cli/simulated-faults.ts';
import { Story } from '../lifecycle/story.ts';

describe('a fault as it is typed', () => {
  it.each([
    ['CreateVpc:VpcLimitExceeded', { operation: 'CreateVpc', code: 'VpcLimitExceeded' }],
    ['EC2:CreateVpc:VpcLimitExceeded', { operation: 'EC2:CreateVpc', code: 'VpcLimitExceeded' }],
    ['ec2:CreateVpc:Throttling:3', { operation: 'EC2:CreateVpc', code: 'Throttling', times: 3 }],
    ['logs:*:Throttling', { operation: 'CloudWatchLogs:*', code: 'Throttling' }],
    ['*:Throttling:30%', { operation: '*', code: 'Throttling', times: Infinity, share: 0.3 }],
    ['*:ExpiredToken:always:40', { operation: '*', code: 'ExpiredToken', times: Infinity, after: 40 }],
    ['CreateSubnet:ECONNRESET:1:2', { operation: 'CreateSubnet', code: 'ECONNRESET', times: 1, after: 2 }],
    [
      'RunInstances:InsufficientInstanceCapacity:3',
      { operation: 'RunInstances', code: 'InsufficientInstanceCapacity', times: 3, meetsLaunches: true },
    ],
  ])('%s', (text, fault) => {
    expect(parseFault(text)).toEqual(fault);
  });
});

describe('a fault that cannot be', () => {
  let story: Story;
  beforeEach(() => {
    story = new Story();
  });
  afterEach(() => {
    story.end();
  });

  it.each([
    ['CreateVpc', 'it takes at least an operation and an error code'],
    ['EC2:CreateVpc', 'it takes at least an operation and an error code'],
    ['CreateVpx:Throttling', 'CreateVpx is no operation that the simulated account knows'],
    ['createvpc:Throttling', 'createvpc is no operation that the simulated account knows; CreateVpc is'],
    ['ECS:CreateVpc:Throttling', 'CreateVpc is no operation that its ECS knows'],
    ['CreateVpc:', 'nothing is no error code of AWS'],
    ['CreateVpc:503', '503 is no error code of AWS'],
    [
      'CreateVpc:ENOSPC',
      'ENOSPC is no failure of the network that is simulated; ECONNREFUSED, ECONNRESET, EHOSTUNREACH, ENETUNREACH, ENOTFOUND, EPIPE, ETIMEDOUT, TimeoutError are',
    ],
    ['CreateVpc:Throttling:0', '0 is not how often: a whole number from 1, 1% to 100%, or always'],
    ['CreateVpc:Throttling:0%', '0% is not how often: a whole number from 1, 1% to 100%, or always'],
    ['CreateVpc:Throttling:101%', '101% is not how often: a whole number from 1, 1% to 100%, or always'],
    ['CreateVpc:Throttling:often', 'often is not how often: a whole number from 1, 1% to 100%, or always'],
    ['CreateVpc:Throttling:1:-1', '-1 is not how many calls go well first: a whole number from 0'],
    ['CreateVpc:Throttling:1:1:1', 'it takes four words at most'],
  ])('%s: one sentence, and nothing is made', async (fault, why) => {
    const told = await story.run('up', '--simulate-fault', 'CreateVpc:Throttling', '--simulate-fault', fault);
    expect(told.status).toBe(2);
    const [sentence, ...hints] = told.stderr.split('\n');
    expect(sentence).toBe(`✖ --simulate-fault ${fault}: ${why}`);
    expect(hints.join('\n')).toContain('--simulate-fault RunInstances:InsufficientInstanceCapacity:3');
    expect(existsSync(story.accountFile)).toBe(false);
  });

  it('is refused on a real account, before anything is asked', async () => {
    const told = await story.runForReal('up', '--yes', '--simulate-fault', 'CreateVpc:Throttling');
    expect(told.status).toBe(2);
    expect(told.stderr).toMatch(/^✖ --simulate-fault is for rehearsals: it needs --simulate\n/);
  });
});
