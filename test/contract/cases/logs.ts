import {
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  GetLogEventsCommand,
  ListTagsForResourceCommand,
  PutRetentionPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-cloudwatch-logs';

import type { Clients } from '../../../src/aws/clients.ts';
import { outcome } from '../case.ts';
import type { ContractCase } from '../case.ts';

function make({ logs }: Clients, logGroupName: string) {
  return logs.send(new CreateLogGroupCommand({ logGroupName, tags: { 'es-ecs-cluster': 'search' } }));
}

async function look({ logs }: Clients, name: string) {
  const { logGroups } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name }));
  return logGroups?.find((group) => group.logGroupName === name);
}

function arn(name: string): string {
  return `arn:aws:logs:eu-west-1:123456789012:log-group:${name}`;
}

export const logsCases: readonly ContractCase[] = [
  {
    name: 'log group: create, look at it, delete it',
    calls: [
      'CloudWatchLogs:CreateLogGroup',
      'CloudWatchLogs:DescribeLogGroups',
      'CloudWatchLogs:PutRetentionPolicy',
      'CloudWatchLogs:DeleteLogGroup',
    ],
    expected: {
      ARN: true,
      retention: undefined,
      'of other names with its beginning': 2,
      'another of its name': 'ResourceAlreadyExistsException',
      'setting retention': 'done',
      'then it is': 30,
      deleting: 'done',
      'deleting again': 'ResourceNotFoundException',
      'looking at it': undefined,
      'retention of an unknown one': 'ResourceNotFoundException',
    },
    run: async (clients, scratch) => {
      const { logs } = clients;
      const name = `/es-ecs/${scratch.name('group')}`;
      await make(clients, name);
      await make(clients, `${name}-more`);
      const seen = await look(clients, name);
      const beginning = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name }));
      const again = await outcome(make(clients, name));
      const retain = (logGroupName: string) =>
        outcome(logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 30 })));
      const retained = await retain(name);
      const then = await look(clients, name);
      const remove = () => outcome(logs.send(new DeleteLogGroupCommand({ logGroupName: name })));
      return {
        // One of the two ends in ":*"; the product reads either.
        ARN: (seen?.logGroupArn ?? seen?.arn ?? '').replace(/:\*$/, '') === arn(name),
        retention: seen?.retentionInDays,
        'of other names with its beginning': beginning.logGroups?.length,
        'another of its name': again,
        'setting retention': retained,
        'then it is': then?.retentionInDays,
        deleting: await remove(),
        'deleting again': await remove(),
        'looking at it': await look(clients, name),
        'retention of an unknown one': await retain('/es-ecs/nobody'),
      };
    },
  },
  {
    name: 'log group: tags',
    calls: [
      'CloudWatchLogs:TagResource',
      'CloudWatchLogs:UntagResource',
      'CloudWatchLogs:ListTagsForResource',
    ],
    expected: {
      'at first': { 'es-ecs-cluster': 'search' },
      'with another': { 'es-ecs-cluster': 'search', team: 'new' },
      'without one': { team: 'new' },
    },
    run: async (clients, scratch) => {
      const { logs } = clients;
      const name = `/es-ecs/${scratch.name('group')}`;
      await make(clients, name);
      const resourceArn = arn(name);
      const tags = async () => (await logs.send(new ListTagsForResourceCommand({ resourceArn }))).tags;
      const first = await tags();
      await logs.send(new TagResourceCommand({ resourceArn, tags: { team: 'new' } }));
      const more = await tags();
      await logs.send(new UntagResourceCommand({ resourceArn, tagKeys: ['es-ecs-cluster'] }));
      return { 'at first': first, 'with another': more, 'without one': await tags() };
    },
  },
  {
    name: 'log group: tags of an unknown one',
    calls: ['CloudWatchLogs:ListTagsForResource', 'CloudWatchLogs:TagResource'],
    // ListTagsForResource and TagResource list ResourceNotFoundException among their errors.
    expected: { reading: 'ResourceNotFoundException', setting: 'ResourceNotFoundException' },
    run: async ({ logs }) => {
      const resourceArn = arn('/es-ecs/nobody');
      return {
        reading: await outcome(logs.send(new ListTagsForResourceCommand({ resourceArn }))),
        setting: await outcome(logs.send(new TagResourceCommand({ resourceArn, tags: { team: 'x' } }))),
      };
    },
  },
  {
    name: 'log stream: an unknown one',
    calls: ['CloudWatchLogs:GetLogEvents'],
    expected: {
      'in an unknown group': 'ResourceNotFoundException',
      'in a group that is there': 'ResourceNotFoundException',
    },
    run: async (clients, scratch) => {
      const name = `/es-ecs/${scratch.name('group')}`;
      await make(clients, name);
      const get = (logGroupName: string) =>
        outcome(
          clients.logs.send(
            new GetLogEventsCommand({
              logGroupName,
              logStreamName: 'node/one/1',
              limit: 8,
              startFromHead: false,
            }),
          ),
        );
      return {
        'in an unknown group': await get('/es-ecs/nobody'),
        'in a group that is there': await get(name),
      };
    },
  },
];
