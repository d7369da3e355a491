import {
  DeleteLaunchTemplateCommand,
  DescribeLaunchTemplatesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { CreateServiceCommand, DescribeTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { afterEach, describe, expect, it } from 'vitest';

import { setFreePlan } from '../../src/simulator/core/free-plan.ts';
import { instances } from '../../src/simulator/ec2/instance-rows.ts';
import { troubleLaunches } from '../../src/simulator/ec2/launch-troubles.ts';
import { agentConnection } from '../../src/simulator/ecs/container-instances.ts';
import { configText, Story } from './story.ts';

/** One node and one way out: the smallest that has one of everything. */
const small = configText('network: { nat: single }\n').replace('nodes: 3', 'nodes: 1');

let story: Story;
afterEach(() => {
  story.end();
});

describe('a wait that is in vain says why, while it lasts and at its end', () => {
  it('names the want of capacity, by the scaling activity', async () => {
    story = new Story(small);
    await story.run('plan');
    await story.behindTheBack(async (_clients, world) => {
      troubleLaunches(world, { type: 'm7g.large', times: 1_000 });
      return Promise.resolve();
    });
    const told = await story.run('up');
    expect(told.status).toBe(1);
    const because = 'We currently do not have sufficient m7g.large capacity in the Availability Zone';
    expect(told.stderr).toMatch(
      new RegExp(`group/search-0 waiting for the host, 1m\\d\\ds, usually 30s: ${because}`),
    );
    expect(told.stderr).toMatch(
      new RegExp(
        `hosts/group/search-0: eu-west-1a has no capacity for m7g.large now\\n  AWS: ${because}.*tried \\d+ times over 15m`,
      ),
    );
    expect(told.stderr).toMatch(/\(\d+ times in a row\)/);
  });

  it.each([
    [
      'Client.InvalidKMSKey.InvalidState',
      'no m7g.large stays up in eu-west-1a: its disk cannot be encrypted',
      'AWSServiceRoleForAutoScaling',
    ],
    [
      'Client.InternalError',
      'no m7g.large stays up in eu-west-1a: its disk cannot be encrypted',
      'aws ec2 get-ebs-default-kms-key-id',
    ],
    [
      'Client.VolumeLimitExceeded',
      'no m7g.large stays up in eu-west-1a: the account may have no more gp3 storage',
      '--quota-code L-7A658B76',
    ],
    ['Server.InternalError', 'no m7g.large can be started in eu-west-1a', 'es-ecs up'],
  ])('tells within two minutes that instances die as they start, of %s', async (code, sentence, way) => {
    story = new Story(small);
    await story.run('plan');
    await story.behindTheBack(async (_clients, world) => {
      troubleLaunches(world, { type: 'm7g.large', times: 1_000, code, dies: true });
      return Promise.resolve();
    });
    const told = await story.run('up');
    expect(told.status).toBe(1);
    expect(told.stderr).toContain(`hosts/group/search-0: ${sentence}`);
    expect(told.stderr).toContain(way);
    expect(told.stderr).toMatch(
      new RegExp(`AWS: ${code.replaceAll('.', String.raw`\.`)}: .* \\(tried \\d+ times over 1m\\d*s?\\)`),
    );
  });

  it('goes on where one instance died and the next did not', async () => {
    story = new Story(small);
    await story.run('plan');
    await story.behindTheBack(async (_clients, world) => {
      troubleLaunches(world, { type: 'm7g.large', times: 1, code: 'Server.InternalError', dies: true });
      return Promise.resolve();
    });
    expect((await story.run('up')).status).toBe(0);
  });

  it('says that an account on the free plan may not start the type', async () => {
    story = new Story(small);
    await story.run('plan');
    await story.behindTheBack(async (_clients, world) => {
      setFreePlan(world, true);
      return Promise.resolve();
    });
    story.write(`${small}bastion: { instanceType: t4g.micro }\n`);
    // Where the plan cannot be looked at beforehand.
    const blind = ['--simulate-fault', 'GetAccountPlanState:AccessDeniedException:always'];
    const told = await story.run('up', ...blind);
    expect(told.status).toBe(1);
    expect(told.stderr).toContain('m7g.large cannot be started: this account is on the free plan');
    expect(told.stderr).toContain('aws freetier upgrade-account-plan --account-plan-type PAID');
  });

  it('names what user data left behind on a host that gave up: its tag, and the last lines of its console', async () => {
    story = await Story.standing(small);
    await story.json('destroy', '--yes');
    await story.behindTheBack(async (_clients, world) => {
      for (const rows of world.tablesUnder('hosts/volume-owners'))
        for (const row of rows.values()) Object.assign(row as object, { owner: 'other/search-0' });
      return Promise.resolve();
    });
    const told = await story.run('up');
    expect(told.status).toBe(1);
    const says =
      /its host waits for a person; i-\w+ is running; the host says: for a person: vol-\w+ belongs to other\/search-0, not to search\/search-0/;
    expect(told.stderr).toMatch(says);
    const waiting = told.stderr.split('\n').filter((line) => line.includes('host/search-0 waiting for'));
    expect(waiting.some((line) => says.test(line))).toBe(true);
    expect(told.stderr).toMatch(
      /the console's last lines:\n(.*\n)*?.*es-ecs: FAILED: vol-\w+ belongs to other/,
    );
  });

  it('does not hold against a group what it could not launch before it was mended', async () => {
    story = await Story.standing(small);
    await story.behindTheBack(async ({ ec2 }, world) => {
      const templates = await ec2.send(new DescribeLaunchTemplatesCommand({}));
      const LaunchTemplateId = templates.LaunchTemplates?.[0]?.LaunchTemplateId;
      await ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId }));
      await ec2.send(new TerminateInstancesCommand({ InstanceIds: [...world.rows(instances).keys()] }));
    });
    // Its group tries again and again meanwhile.
    story.later(10 * 60_000);
    await story.json('up');
    expect((await story.json<{ readonly outcome: string }>('status')).outcome).toBe('healthy');
  });

  it('names an agent that is not connected, and what is done about it', async () => {
    story = await Story.standing(small);
    await story.behindTheBack(async (_clients, world) => {
      for (const row of world.rows(instances).values()) agentConnection(world, row.id, false);
      return Promise.resolve();
    });
    const told = await story.run('up');
    expect(told.stderr).toMatch(
      /waiting for the ECS agent, 9m\d\ds, usually 1m00s: its host has an ECS agent that is not connected; it gets a new host, unless that passes within 10 minutes; i-\w+ is running/,
    );
    expect(told.status).toBe(0);
  });

  it('names what a task died of that never starts', async () => {
    story = new Story(
      `${small}image: { uri: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/search@sha256:${'4f'.repeat(32)} }\n`,
    );
    const told = await story.run('up');
    expect(told.status).toBe(1);
    expect(told.stderr).toMatch(/search-0 has no task; its task stopped: CannotPullContainerError: /);
  });
});

describe('a destroy that is held up', () => {
  it("names somebody else's service in the ECS cluster, and leaves it", async () => {
    story = await Story.standing(small);
    await story.behindTheBack(async ({ ecs }) => {
      const { taskDefinition } = await ecs.send(
        new DescribeTaskDefinitionCommand({ taskDefinition: 'es-ecs-search' }),
      );
      await ecs.send(
        new CreateServiceCommand({
          cluster: 'es-ecs-search',
          serviceName: 'kibana',
          taskDefinition: taskDefinition?.taskDefinitionArn ?? '',
          desiredCount: 0,
        }),
      );
    });
    const told = await story.run('destroy', '--yes', '--delete-data');
    expect(told.status).toBe(1);
    expect(told.stderr).toContain(
      'hosts/cluster: cannot be deleted (ClusterContainsServicesException): it is held by the service kibana, ACTIVE, which es-ecs did not make',
    );
    expect(told.stderr).toContain('aws ecs describe-services --cluster es-ecs-search --services kibana');
    expect(JSON.stringify(story.account.tables['ecs/services'])).toContain('kibana');
  });
});
