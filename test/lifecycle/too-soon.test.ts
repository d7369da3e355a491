import { describe, expect, it } from 'vitest';

import { person, directoryWith, run } from './people.ts';
import { configText } from './story.ts';
import { openAccount } from '../recovery/site.ts';
import { settledAccount } from '../recovery/settled-account.ts';
import { difference } from '../recovery/normal-account.ts';
import type { Ended } from '../recovery/process.ts';
import type { SimulatedAccount } from '../../src/simulator/account.ts';
import { troubleLaunches } from '../../src/simulator/ec2/launch-troubles.ts';
import { holdName } from '../../src/simulator/core/freed-names.ts';
import type { Delays } from '../../src/simulator/core/delays.ts';

// What AWS answers to a call that follows too soon after another, each by its exact name, and that it is waited for.

const config = configText('network: { nat: single }\n');
let lastPid = 0;

interface Desk {
  readonly account: SimulatedAccount;
  /** Runs a command of the same directory. */
  readonly go: (...words: string[]) => Promise<Ended>;
}

function desk(delays: Partial<Delays> = {}): Desk {
  const account = openAccount();
  Object.assign(account.world.delays, delays);
  const directory = directoryWith(config);
  const go = (...words: string[]): Promise<Ended> =>
    run({ words, directory, account, self: person('anna', 'laptop', (lastPid += 1)) });
  return { account, go };
}

/** How often each call was refused so: `IAM:PutRolePolicy NoSuchEntityException`. */
function refusals({ calls }: SimulatedAccount, ...errors: readonly string[]): readonly string[] {
  const refused = calls.flatMap(({ service, operation, error }) =>
    error !== undefined && errors.includes(error) ? [`${service}:${operation} ${error}`] : [],
  );
  return [...new Set(refused)].sort();
}

/** Ends as well as without the delays, and leaves the same. */
async function endsWell({ account, go }: Desk, words: readonly string[] = ['up']): Promise<void> {
  const usual = desk();
  for (const { status, stderr } of [await go(...words), await usual.go(...words)])
    expect(status, stderr).toBe(0);
  expect(difference(await settledAccount(usual.account), await settledAccount(account))).toEqual([]);
  expect(JSON.parse((await go('up', '--json')).stdout)).toMatchObject({ apiCalls: { writes: 0 } });
}

describe('what was made a moment ago and is not known everywhere yet', () => {
  it('is written to again: the policy of a role, a retention, a lifecycle policy', async () => {
    const slow = desk({ visibleById: 20_000 });
    await endsWell(slow);
    expect(
      refusals(
        slow.account,
        'NoSuchEntityException',
        'ResourceNotFoundException',
        'RepositoryNotFoundException',
      ).filter((one) => !/:(Get|List|Describe|BatchGet)/.test(one)),
    ).toEqual([
      'CloudWatchLogs:PutRetentionPolicy ResourceNotFoundException',
      'ECR:PutLifecyclePolicy RepositoryNotFoundException',
      'IAM:PutRolePolicy NoSuchEntityException',
    ]);
  });

  it('a log group that something else is doing something to is asked again', async () => {
    const { account, go } = desk();
    account.inject({ operation: 'PutRetentionPolicy', code: 'OperationAbortedException', times: 3 });
    expect(await go('up')).toMatchObject({ status: 0 });
    expect(refusals(account, 'OperationAbortedException')).toHaveLength(1);
  });

  it('an internet gateway: routes wait, and a NAT gateway that failed is made again', async () => {
    const slow = desk({ attachment: 15_000 });
    await endsWell(slow);
    expect(refusals(slow.account, 'InvalidParameterValue')).toEqual([
      'EC2:CreateRoute InvalidParameterValue',
    ]);
    const made = slow.account.calls.filter(({ operation }) => operation === 'CreateNatGateway');
    expect(made.length).toBeGreaterThan(1);
  });

  it('a NAT gateway that goes on failing ends the run, with the reason', async () => {
    const { account, go } = desk({ attachment: 60 * 60_000 });
    const { status, stderr } = await go('up');
    expect(status).toBe(1);
    expect(stderr).toContain('failed: Gateway.NotAttached: Network vpc-');
    expect(account.calls.filter(({ operation }) => operation === 'CreateNatGateway')).toHaveLength(3);
  });
});

describe('a new account', () => {
  it('whose services still make their roles gets its first cluster and group all the same', async () => {
    const slow = desk({ serviceLinkedRole: 90_000 });
    expect(await slow.go('up')).toMatchObject({ status: 0 });
    expect(refusals(slow.account, 'ServiceLinkedRoleFailure', 'InvalidParameterException')).toEqual([
      'AutoScaling:CreateAutoScalingGroup ServiceLinkedRoleFailure',
      'ECS:CreateCluster InvalidParameterException',
    ]);
  });

  it('whose group cannot launch before IAM has spread its word is waited for, five minutes at most', async () => {
    const message =
      'Value (arn:aws:iam::123456789012:instance-profile/x) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN';
    const trouble = { type: 'm7g.large', code: 'InvalidParameterValue', message };
    const soon = desk();
    troubleLaunches(soon.account.world, { ...trouble, times: 4 * 3 });
    expect(await soon.go('up')).toMatchObject({ status: 0 });
    const never = desk();
    troubleLaunches(never.account.world, { ...trouble, times: 1_000 });
    const { status, stderr } = await never.go('up');
    expect(status).toBe(1);
    expect(stderr).toMatch(/Invalid IAM Instance Profile ARN \(tried \d+ times over [56]m\d\ds\)/);
  });

  it('whose role never comes is told in the words of the service', async () => {
    const { go } = desk({ serviceLinkedRole: 60 * 60_000 });
    const { status, stderr } = await go('up');
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /nable to assume the service linked role|service-linked role is not yet ready for use/,
    );
  });

  it('a cluster that is refused for another reason is refused at once', async () => {
    const { account, go } = desk();
    account.inject({ operation: 'CreateCluster', code: 'InvalidParameterException', times: Infinity });
    expect((await go('up')).status).toBe(1);
    expect(account.calls.filter(({ operation }) => operation === 'CreateCluster')).toHaveLength(1);
  });
});

describe('what was taken down a moment ago', () => {
  it('an address that a service holds still is released once it is free', async () => {
    const { account, go } = desk({ addressHeld: 40_000 });
    expect(await go('up')).toMatchObject({ status: 0 });
    const { status, stderr } = await go('destroy', '--delete-data', '--yes');
    expect(status, stderr).toBe(0);
    expect(refusals(account, 'AuthFailure')).toEqual(['EC2:ReleaseAddress AuthFailure']);
  });

  it('an address that stays held is no matter of credentials', async () => {
    const { go } = desk({ addressHeld: 60 * 60_000 });
    expect(await go('up')).toMatchObject({ status: 0 });
    const { status, stderr } = await go('destroy', '--delete-data', '--yes');
    expect(status).toBe(1);
    expect(stderr).toContain('an elastic IP cannot be released: a service of AWS holds it');
    expect(stderr).not.toContain('credentials');
  });

  it('a secret of a name that is said to exist, and that nothing shows, is made after another look', async () => {
    const { account, go } = desk();
    account.inject({ operation: 'CreateSecret', code: 'ResourceExistsException', times: 1 });
    const { status, stderr } = await go('up');
    expect(status, stderr).toBe(0);
    expect(refusals(account, 'ResourceExistsException')).toHaveLength(1);
  });

  it('names: an up that follows a destroy at once waits for the lock and the secrets', async () => {
    const { account, go } = desk();
    expect(await go('up')).toMatchObject({ status: 0 });
    expect(await go('destroy', '--delete-data', '--yes')).toMatchObject({ status: 0 });
    // As if their deletion went on until now: they go early in a destroy.
    for (const secret of ['authority', 'password', 'certificates'])
      holdName(account.world, `secrets-manager es-ecs/search/${secret}`, 75_000);
    const { status, stderr } = await go('up');
    expect(status, stderr).toBe(0);
    expect(stderr).toContain('waiting until AWS frees the name of the lock that was taken down a moment ago');
    expect(refusals(account, 'ParameterAlreadyExists', 'InvalidRequestException')).toEqual([
      'SSM:PutParameter ParameterAlreadyExists',
      'SecretsManager:CreateSecret InvalidRequestException',
    ]);
  });
});
