import { afterEach, expect, it } from 'vitest';

import { isRead } from '../../src/aws/meter.ts';
import { createSimulation } from '../../src/cli/simulation.ts';
import type { RecordedCall } from '../../src/simulator/account.ts';
import { Story } from './story.ts';

// Upper bounds: who saves a call lowers them.

const stories: Story[] = [];

afterEach(() => {
  for (const story of stories.splice(0)) story.end();
});

function storyOf(nodes: number): Story {
  const story = new Story(
    `name: search\nregion: eu-west-1\nelasticsearch: { version: 9.4.6 }\nnodes: ${String(nodes)}\n`,
  );
  stories.push(story);
  return story;
}

interface Counted {
  readonly operations: readonly string[];
  readonly total: number;
  readonly trips: number;
}

async function counted(story: Story, command: string, ...options: readonly string[]): Promise<Counted> {
  let calls: readonly RecordedCall[] = [];
  const told = await story.run(command, '--json', ...options, {
    openSimulation: async (how) => {
      const simulation = await createSimulation(how);
      ({ calls } = simulation.account);
      return simulation;
    },
  });
  expect(told.status, told.stderr).toBe(0);
  // Every document of these commands has it.
  const { apiCalls } = JSON.parse(told.stdout) as { apiCalls: { total: number; tripsDeep: number } };
  return {
    operations: calls.map(({ operation }) => operation),
    total: apiCalls.total,
    trips: apiCalls.tripsDeep,
  };
}

it('asks little more than once for each type of three nodes', async () => {
  const story = storyOf(3);
  expect((await counted(story, 'up')).total).toBeLessThanOrEqual(179);
  const plan = await counted(story, 'plan');
  // Of these, two look at what ECS knows of the hosts, and each secret's own policy is a call.
  expect(plan.total).toBeLessThanOrEqual(37);
  const often = (name: string): number => plan.operations.filter((one) => one === name).length;
  expect(often('DescribeInstances')).toBe(1);
  // Nothing is looked for on what is no resource as long as the config gives no tags.
  expect(['DescribeNetworkInterfaces', 'ListTasks', 'DescribeTasks'].map(often)).toEqual([0, 0, 0]);
  expect(plan.trips).toBeLessThanOrEqual(2);
  // A few more where looks that could share a call do not fall into the same moment.
  expect((await counted(story, 'destroy', '--delete-data', '--yes')).total).toBeLessThanOrEqual(160);
});

it('asks for sixty nodes hardly more than for three', async () => {
  const story = storyOf(60);
  expect((await counted(story, 'up')).total).toBeLessThanOrEqual(179 + 57 * 4);
  expect((await counted(story, 'plan')).total).toBeLessThanOrEqual(42);
});

it('believes what its calls are answered with, and looks at each type once, at the end', async () => {
  const { operations } = await counted(storyOf(3), 'up', '--no-wait');
  const reads = operations.slice(operations.indexOf('CreateVpc')).filter(isRead);
  const often = (name: string): number => reads.filter((one) => one === name).length;
  const once = [
    'DescribeSubnets',
    'DescribeRouteTables',
    'DescribeVpcEndpoints',
    'GetAccountAuthorizationDetails',
  ];
  expect(once.map((name) => [name, often(name)])).toEqual(once.map((name) => [name, 1]));
  const never = [
    ...['DescribeSecret', 'GetSecretValue', 'GetRole', 'DescribeKeyPairs', 'DescribeClusters'],
    // What subnets, routes, NAT gateways and groups stand on, and could not without.
    ...['DescribeVpcs', 'DescribeVpcAttribute', 'DescribeInternetGateways', 'DescribeAddresses'],
    ...['GetInstanceProfile', 'DescribeLaunchTemplates', 'DescribeLaunchTemplateVersions'],
  ];
  expect(never.filter((name) => often(name) > 0)).toEqual([]);
});
