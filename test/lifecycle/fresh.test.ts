import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createSimulation, type OpenSimulation } from '../../src/cli/simulation.ts';
import type { RecordedCall } from '../../src/simulator/account.ts';
import { setFreePlan } from '../../src/simulator/core/free-plan.ts';
import { configText, type PlanDocument, Story, type UpDocument } from './story.ts';

const asFresh = ['--simulate-account', 'fresh'] as const;

/** What a new account can have: one node and the bastion, of types of the free tier. */
const small = configText('instanceType: m7i-flex.large\nbastion: { instanceType: t3.micro }\n').replace(
  'nodes: 3',
  'nodes: 1',
);

interface Refused extends PlanDocument {
  readonly refusals: readonly { readonly code: string; readonly message: string; readonly hints: string[] }[];
}

let story: Story;
beforeEach(() => {
  story = new Story();
});
afterEach(() => {
  story.end();
});

/** A cluster is made, stays as it is, and is taken down with nothing left behind. */
async function livesAndGoes(): Promise<void> {
  expect(await story.json<UpDocument>('up')).toMatchObject({ outcome: 'applied' });
  expect(await story.json<UpDocument>('up')).toMatchObject({
    outcome: 'up-to-date',
    apiCalls: { writes: 0 },
  });
  expect((await story.run('status')).stdout).toContain('green');
  const destroyed = await story.run('destroy', '--yes', '--delete-data');
  expect(destroyed.status, destroyed.stderr).toBe(0);
  expect(destroyed.stdout + destroyed.stderr).toContain('nothing else carries its tag');
}

describe('a fresh account', () => {
  it('is told in the plan all that it may not have, with the commands that change it, and nothing is made', async () => {
    const { refusals } = await story.json<Refused>('plan', ...asFresh);
    expect(refusals.map(({ code, message }) => `${code} ${message}`)).toEqual([
      `INSTANCE_TYPE_UNFIT ${story.config}:1:1: m7g.large cannot be started: the account is on AWS's free plan, which has the types of the free tier alone`,
      expect.stringMatching(/^INSTANCE_TYPE_UNFIT .*: t4g\.nano cannot be started/),
      'QUOTA not enough vCPUs of running on-demand instances in eu-west-1: the plan needs 8 more, and 0 of at most 5 are in use',
    ]);
    const hints = refusals.map((one) => one.hints.join('\n'));
    expect(hints[0]).toContain(
      'of the free tier, the largest first: m7i-flex.large, c7i-flex.large, t3.small, t4g.small\n',
    );
    expect(hints[0]).toContain('aws freetier upgrade-account-plan --account-plan-type PAID');
    expect(hints[1]).toContain('t3.micro');
    expect(hints[2]).toContain('--service-code ec2 --quota-code L-1216C47A --desired-value 8');
    expect((await story.run('plan')).stdout).toMatch(
      /is refused until the account may start such instances, and there is room for it$/,
    );
    const before = story.account.tables;
    const up = await story.run('up', '--yes');
    expect(up.status).toBe(2);
    for (const { message } of refusals) expect(up.stderr).toContain(message);
    expect(story.account.tables).toEqual(before);
  });

  it('has a cluster of what it may have', async () => {
    story.write(small);
    expect((await story.json<Refused>('plan', ...asFresh)).refusals).toEqual([]);
    await livesAndGoes();
  });

  it('has any cluster once it has left the free plan and its quota is larger', async () => {
    await story.run('plan', ...asFresh);
    await story.behindTheBack((_, world) => {
      setFreePlan(world, false);
      world.setQuota('vcpus', 8);
      return Promise.resolve();
    });
    await livesAndGoes();
  });

  it('is told so of a type that its hosts are to have from now on', async () => {
    story.write(small);
    await story.json('up', ...asFresh);
    story.write(small.replace('m7i-flex.large', 'c7i.large'));
    const { refusals } = await story.json<Refused>('plan');
    expect(refusals.map(({ message }) => message)).toEqual([
      expect.stringContaining('c7i.large cannot be started'),
    ]);
  });

  it('says nothing of its plan where that may not be looked at', async () => {
    const blind = ['--simulate-fault', 'GetAccountPlanState:AccessDeniedException:always'];
    const { refusals } = await story.json<Refused>('plan', ...asFresh, ...blind);
    expect(refusals.map(({ code }) => code)).toEqual(['QUOTA']);
  });

  it('is asked for its plan where something is to be launched, and else not', async () => {
    story.write(small);
    const looks = async (): Promise<number> => {
      let calls: readonly RecordedCall[] = [];
      const openSimulation: OpenSimulation = async (options) => {
        const simulation = await createSimulation(options);
        ({ calls } = simulation.account);
        return simulation;
      };
      await story.run('up', '--yes', { openSimulation });
      return calls.filter(({ operation }) => operation === 'GetAccountPlanState').length;
    };
    await story.run('plan', ...asFresh);
    expect(await looks()).toBe(1);
    expect(await looks()).toBe(0);
  });
});

it('the plan of an account is not asked for in another partition, where there is none', async () => {
  story.write(configText().replace('eu-west-1', 'cn-north-1'));
  const { refusals } = await story.json<Refused>('plan', ...asFresh);
  expect(refusals.map(({ code }) => code)).toEqual(['QUOTA']);
});
