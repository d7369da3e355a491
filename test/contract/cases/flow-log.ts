import { CreateFlowLogsCommand, DeleteFlowLogsCommand, DescribeFlowLogsCommand } from '@aws-sdk/client-ec2';
import { CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateRoleCommand } from '@aws-sdk/client-iam';

import { answer, given, isId, tagsOf } from '../case.ts';
import type { ContractCase } from '../case.ts';
import { makeVpc } from '../fixtures.ts';

const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { Service: 'vpc-flow-logs.amazonaws.com' }, Action: 'sts:AssumeRole' },
  ],
});

export const flowLogCases: readonly ContractCase[] = [
  {
    name: 'flow log: of a VPC into a log group, found by tag, deleted',
    calls: ['EC2:CreateFlowLogs', 'EC2:DescribeFlowLogs', 'EC2:DeleteFlowLogs'],
    // CreateFlowLogs and DeleteFlowLogs list what they refuse in an answer that is a success.
    expected: {
      'has an id': true,
      refused: [],
      'found by its tag': [true],
      seen: ['ACTIVE', 'ALL', 'cloud-watch-logs'],
      'of the VPC': true,
      'in the log group': true,
      tags: { 'es-ecs-cluster': 'search' },
      deleting: [],
      'by its tag then': [],
    },
    run: async (clients, scratch) => {
      const { ec2, iam, logs } = clients;
      const VpcId = await makeVpc(clients);
      const LogGroupName = scratch.name('flow-log');
      await logs.send(new CreateLogGroupCommand({ logGroupName: LogGroupName }));
      const { Role } = await iam.send(
        new CreateRoleCommand({ RoleName: scratch.name('flow-log'), AssumeRolePolicyDocument: trust }),
      );
      await scratch.settle();
      const mark = scratch.name('mark');
      const made = await ec2.send(
        new CreateFlowLogsCommand({
          ResourceType: 'VPC',
          ResourceIds: [VpcId],
          TrafficType: 'ALL',
          LogDestinationType: 'cloud-watch-logs',
          LogGroupName,
          DeliverLogsPermissionArn: given(Role?.Arn),
          TagSpecifications: [
            {
              ResourceType: 'vpc-flow-log',
              Tags: [
                { Key: 'es-ecs-cluster', Value: 'search' },
                { Key: 'mark', Value: mark },
              ],
            },
          ],
        }),
      );
      const id = given(made.FlowLogIds?.[0]);
      const byTag = async () => {
        const Filter = [{ Name: 'tag:mark', Values: [mark] }];
        return (await ec2.send(new DescribeFlowLogsCommand({ Filter }))).FlowLogs ?? [];
      };
      await scratch.settle();
      const found = await byTag();
      const [seen] = found;
      const { mark: _mark, ...tags } = tagsOf(seen?.Tags);
      const deleted = await ec2.send(new DeleteFlowLogsCommand({ FlowLogIds: [id] }));
      return {
        'has an id': isId('fl', id),
        refused: made.Unsuccessful ?? [],
        'found by its tag': found.map((one) => one.FlowLogId === id),
        seen: [seen?.FlowLogStatus, seen?.TrafficType, seen?.LogDestinationType],
        'of the VPC': seen?.ResourceId === VpcId,
        'in the log group': seen?.LogGroupName === LogGroupName,
        tags,
        deleting: deleted.Unsuccessful ?? [],
        'by its tag then': await byTag(),
      };
    },
  },
  {
    name: 'flow log: deleting one that is not there',
    calls: ['EC2:DeleteFlowLogs'],
    // The reference has both: a list of "the flow logs that could not be deleted successfully" in a good answer, and among
    // the error codes InvalidFlowLogId.NotFound. The product takes either.
    expected: { refused: ['InvalidFlowLogId.NotFound'] },
    run: async ({ ec2 }) => {
      const refused = await answer(
        ec2.send(new DeleteFlowLogsCommand({ FlowLogIds: ['fl-0123456789abcdef0'] })),
        (output) => (output.Unsuccessful ?? []).map((one) => one.Error?.Code),
      );
      return { refused: [refused].flat() };
    },
  },
];
