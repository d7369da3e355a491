import {
  DeleteFlowLogsCommand,
  DeleteTagsCommand,
  DescribeFlowLogsCommand,
  type FlowLog,
} from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';

import { networkStep } from '../../../src/steps/network/index.ts';
import { type Build, createGround, type Ground, lines } from '../support/ground.ts';

const build: Build = (context) => networkStep(context).resources;
const on = 'network: { flowLogs: true }';

async function withFlowLog(): Promise<Ground> {
  const ground = createGround();
  await (await ground.view(build, on)).up();
  return ground;
}

async function flowLogsOf({ clients }: Ground): Promise<readonly FlowLog[]> {
  return (await clients.ec2.send(new DescribeFlowLogsCommand({}))).FlowLogs ?? [];
}

describe('the flow log', () => {
  it('is off unless asked for', async () => {
    const ground = createGround();
    const plan = await (await ground.view(build)).plan();
    expect(lines(plan).filter((line) => /flow|log-group|role/.test(line))).toEqual([]);
  });

  it('records all of the VPC into a log group of its own, with a role of its own', async () => {
    const ground = await withFlowLog();
    expect(await flowLogsOf(ground)).toMatchObject([
      {
        ResourceId: ground.memory.id('network/vpc'),
        TrafficType: 'ALL',
        LogGroupName: '/es-ecs/search/flow-log',
        DeliverLogsPermissionArn: 'arn:aws:iam::123456789012:role/es-ecs-search-eu-west-1-flow-log',
      },
    ]);
    const again = await ground.view(build, on);
    expect(lines(await again.plan())).toEqual([]);
    await again.up();
    expect(again.meter.calls.writes).toBe(0);
  });

  it('comes back when it is deleted, and gets its tags back', async () => {
    const ground = await withFlowLog();
    const [{ FlowLogId: first = '' } = {}] = await flowLogsOf(ground);
    await ground.clients.ec2.send(new DeleteTagsCommand({ Resources: [first], Tags: [{ Key: 'Name' }] }));
    expect(lines(await (await ground.view(build, on)).plan())).toEqual([
      'change network/flow-log tags.Name - → search-flow-log',
    ]);
    await (await ground.view(build, on)).up();
    expect(lines(await (await ground.view(build, on)).plan())).toEqual([]);
    await ground.clients.ec2.send(new DeleteFlowLogsCommand({ FlowLogIds: [first] }));
    await (await ground.view(build, on)).up();
    const second = ground.memory.id('network/flow-log') ?? '';
    expect(second).not.toBe(first);
    const look = new DescribeFlowLogsCommand({ FlowLogIds: [second] });
    expect((await ground.clients.ec2.send(look)).FlowLogs).toHaveLength(1);
    expect(lines(await (await ground.view(build, on)).plan())).toEqual([]);
  });

  it('goes with its log group and its role when it is switched off', async () => {
    const ground = await withFlowLog();
    const view = await ground.view(build);
    expect(lines(await view.plan()).toSorted()).toEqual([
      'destroy network/flow-log',
      'destroy network/log-group',
      'destroy network/role/flow-log',
    ]);
    await view.up();
    expect(await flowLogsOf(ground)).toEqual([]);
    const { tables } = ground.account.snapshot();
    expect([tables['iam/roles'] ?? [], tables['logs/groups'] ?? []]).toEqual([[], []]);
    expect(lines(await (await ground.view(build)).plan())).toEqual([]);
  });
});
