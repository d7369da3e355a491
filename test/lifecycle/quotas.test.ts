import { AllocateAddressCommand } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, expect, it } from 'vitest';

import type { Quotas } from '../../src/simulator/core/quotas.ts';
import { configText, type PlanDocument, Story } from './story.ts';

let story: Story;
beforeEach(async () => {
  story = new Story();
  await story.run('plan');
});
afterEach(() => {
  story.end();
});

function limit(quotas: Partial<Quotas>): Promise<void> {
  return story.behindTheBack((_, world) => {
    for (const [name, value] of Object.entries(quotas)) world.setQuota(name as keyof Quotas, value);
    return Promise.resolve();
  });
}

interface Refused extends PlanDocument {
  readonly refusals: readonly { readonly code: string; readonly message: string; readonly hints: string[] }[];
}

it.each([
  [
    'vcpus',
    7,
    'not enough vCPUs of running on-demand instances in eu-west-1: the plan needs 8 more, and 0 of at most 7',
    'ec2 --quota-code L-1216C47A --desired-value 8',
  ],
  [
    'addresses',
    2,
    'not enough Elastic IP addresses in eu-west-1: the plan needs 3 more, and 0 of at most 2',
    'ec2 --quota-code L-0263D0A3 --desired-value 3',
  ],
  [
    'vpcs',
    0,
    'not enough VPCs in eu-west-1: the plan needs 1 more, and 0 of at most 0',
    'vpc --quota-code L-F678F1CE --desired-value 1',
  ],
  [
    'natGateways',
    0,
    'not enough NAT gateways in eu-west-1a: the plan needs 1 more, and 0 of at most 0',
    'vpc --quota-code L-FE5A380F --desired-value 1',
  ],
  [
    'gp3TiB',
    0.5,
    'not enough TiB of gp3 volumes in eu-west-1: the plan needs 0.7 more, and 0 of at most 0.5',
    'ebs --quota-code L-7A658B76 --desired-value 1',
  ],
  [
    'groups',
    2,
    'not enough Auto Scaling groups in eu-west-1: the plan needs 3 more, and 0 of at most 2',
    'autoscaling --quota-code L-CDE20ADC --desired-value 3',
  ],
] as const)(
  '%s of %d are refused in the plan, and nothing is made',
  async (name, value, message, command) => {
    await limit({ [name]: value });
    const plan = await story.run('plan');
    expect(plan.stdout).toContain(`\n! ${message} are in use\n`);
    expect(plan.stdout).toContain(command);
    expect(plan.stdout).toMatch(/es-ecs up {2}is refused until there is room for it$/);
    const before = story.account.tables;
    const up = await story.run('up', '--yes');
    expect(up.status).toBe(1);
    expect(up.stderr).toContain(message);
    expect(story.account.tables).toEqual(before);
  },
);

it('counts what is in use, whoever made it', async () => {
  await limit({ addresses: 4 });
  expect((await story.json<Refused>('plan')).refusals).toEqual([]);
  await story.behindTheBack(async ({ ec2 }) => {
    await ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }));
    await ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }));
  });
  story.later(60_000);
  const { refusals } = await story.json<Refused>('plan');
  expect(refusals).toMatchObject([
    { code: 'QUOTA', message: expect.stringContaining('and 2 of at most 4 are in use') },
  ]);
});

it('names every shortage at once', async () => {
  await limit({ vcpus: 1, gp3TiB: 0.1 });
  const up = await story.run('up', '--yes');
  expect(up.stderr).toContain('L-1216C47A');
  expect(up.stderr).toContain('L-7A658B76');
});

it('asks for nothing once all is there, and for a node more only what that takes', async () => {
  story.end();
  story = await Story.standing();
  await limit({ vcpus: 8, addresses: 3, vpcs: 1, natGateways: 1, groups: 3 });
  expect((await story.json<Refused>('plan')).refusals).toEqual([]);
  story.write(configText().replace('nodes: 3', 'nodes: 4'));
  const { refusals } = await story.json<Refused>('plan');
  expect(refusals.map(({ message }) => message)).toEqual([
    'not enough vCPUs of running on-demand instances in eu-west-1: the plan needs 2 more, and 8 of at most 8 are in use',
    'not enough Auto Scaling groups in eu-west-1: the plan needs 1 more, and 3 of at most 3 are in use',
  ]);
});

it('counts what hosts of a larger type take beyond those that they replace', async () => {
  story.end();
  story = await Story.standing();
  await limit({ vcpus: 25 });
  story.write(configText('instanceType: m7g.2xlarge\n'));
  const { refusals } = await story.json<Refused>('plan');
  expect(refusals.map(({ message }) => message)).toEqual([
    'not enough vCPUs of running on-demand instances in eu-west-1: the plan needs 18 more, and 8 of at most 25 are in use',
  ]);
  expect((await story.run('up', '--yes')).status).toBe(1);
  await limit({ vcpus: 26 });
  expect((await story.json<Refused>('plan')).refusals).toEqual([]);
  story.write(configText('instanceType: m7g.medium\n'));
  await limit({ vcpus: 1 });
  expect((await story.json<Refused>('plan')).refusals).toEqual([]);
});

it('says nothing where quotas may not be looked at, and meets them as before', async () => {
  await limit({ vpcs: 0 });
  const blind = ['--simulate-fault', 'GetServiceQuota:AccessDeniedException:100'];
  expect((await story.json<Refused>('plan', ...blind)).refusals).toEqual([]);
  const up = await story.run('up', '--yes', ...blind);
  expect(up.status).toBe(1);
  expect(up.stderr).toContain('the account may have no more VPCs in this region');
});

it('refuses a new cluster that nobody could reach, and leaves an old one alone', async () => {
  story.write(configText('bastion: false\n'));
  const plan = await story.run('plan');
  expect(plan.stdout).toContain(
    'with the bastion off and no access.endpoint, es-ecs has no way to Elasticsearch',
  );
  expect(plan.stdout).toMatch(/is refused until the config is changed$/);
  expect((await story.run('up', '--yes')).status).toBe(1);
  story.write(configText('bastion: false\naccess: { endpoint: "https://search.example.com:9200" }\n'));
  expect((await story.json<Refused>('plan')).refusals).toEqual([]);
});
