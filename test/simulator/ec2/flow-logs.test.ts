import { CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateFlowLogsCommand,
  type CreateFlowLogsCommandInput,
  type CreateFlowLogsCommandOutput,
  CreateVpcCommand,
  DeleteFlowLogsCommand,
  DescribeFlowLogsCommand,
} from '@aws-sdk/client-ec2';
import { CreateRoleCommand } from '@aws-sdk/client-iam';
import { beforeEach, expect, it } from 'vitest';

import { flowLogTrust, instanceTrust } from '../../../src/steps/policies/trust.ts';
import { facts } from '../../steps/support/bench.ts';
import { refusal, type Stage, stage } from '../stage.ts';

let here: Stage;
let input: CreateFlowLogsCommandInput;

async function makeRole(name: string, trust: object): Promise<string> {
  const { Role: role } = await here.clients.iam.send(
    new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trust) }),
  );
  return role?.Arn ?? '';
}

beforeEach(async () => {
  here = stage();
  const { Vpc: vpc } = await here.clients.ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
  await here.clients.logs.send(new CreateLogGroupCommand({ logGroupName: 'flows' }));
  input = {
    ResourceType: 'VPC',
    ResourceIds: [vpc?.VpcId ?? ''],
    TrafficType: 'ALL',
    LogGroupName: 'flows',
    DeliverLogsPermissionArn: await makeRole('flows', flowLogTrust(facts)),
  };
  await here.clock.sleep(60_000);
});

const create = (more: Partial<CreateFlowLogsCommandInput> = {}): Promise<CreateFlowLogsCommandOutput> =>
  here.clients.ec2.send(new CreateFlowLogsCommand({ ...input, ...more }));

it('is made once for a token and once for a destination, shown by filter, and goes', async () => {
  const { FlowLogIds: ids = [] } = await create({ ClientToken: 'a' });
  expect((await create({ ClientToken: 'a' })).FlowLogIds).toEqual(ids);
  expect((await create()).Unsuccessful).toMatchObject([{ Error: { Code: 'FlowLogAlreadyExists' } }]);
  await here.clock.sleep(60_000);
  const Filter = [{ Name: 'resource-id', Values: input.ResourceIds }];
  const look = async (): Promise<readonly (string | undefined)[]> => {
    const { FlowLogs: found = [] } = await here.clients.ec2.send(new DescribeFlowLogsCommand({ Filter }));
    return found.map((one) => one.FlowLogId);
  };
  expect(await look()).toEqual(ids);
  const end = new DeleteFlowLogsCommand({ FlowLogIds: ids });
  expect((await here.clients.ec2.send(end)).Unsuccessful).toEqual([]);
  expect(await look()).toEqual([]);
  expect((await here.clients.ec2.send(end)).Unsuccessful).toMatchObject([
    { Error: { Code: 'InvalidFlowLogId.NotFound' } },
  ]);
  const byId = new DescribeFlowLogsCommand({ FlowLogIds: ids });
  expect(await refusal(here.clients.ec2.send(byId))).toBe('InvalidFlowLogId.NotFound');
});

it('wants a VPC, and a role that its service can assume already', async () => {
  expect(await refusal(create({ ResourceIds: ['vpc-0'] }))).toBe('InvalidVpcID.NotFound');
  const young = await makeRole('young', flowLogTrust(facts));
  expect(await refusal(create({ DeliverLogsPermissionArn: young }))).toBe('InvalidParameter');
  const other = await makeRole('other', instanceTrust(facts));
  await here.clock.sleep(60_000);
  expect(await refusal(create({ DeliverLogsPermissionArn: other }))).toBe('InvalidParameter');
  expect((await create({ DeliverLogsPermissionArn: young })).FlowLogIds).toHaveLength(1);
});
