import {
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  DeleteRetentionPolicyCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  ListTagsForResourceCommand,
  PutRetentionPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { describe, expect, it } from 'vitest';

import { appendLog } from '../../../src/simulator/logs/log-groups.ts';
import { stage } from '../ecs/support.ts';

const logGroupName = '/es-ecs/search';

describe('log groups', () => {
  it('are made once, found by prefix, and keep retention and tags', async () => {
    const { logs } = stage().clients;
    await logs.send(new CreateLogGroupCommand({ logGroupName, tags: { a: '1' } }));
    await expect(logs.send(new CreateLogGroupCommand({ logGroupName }))).rejects.toMatchObject({
      name: 'ResourceAlreadyExistsException',
    });
    await logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 30 }));
    await expect(
      logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 31 })),
    ).rejects.toMatchObject({ name: 'InvalidParameterException' });
    const found = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/es-ecs/' }));
    const [group] = found.logGroups ?? [];
    expect(group).toMatchObject({ logGroupName, retentionInDays: 30 });
    expect(group?.arn).toBe(`${group?.logGroupArn ?? ''}:*`);
    const resourceArn = group?.logGroupArn ?? '';
    await logs.send(new TagResourceCommand({ resourceArn, tags: { b: '2' } }));
    await logs.send(new UntagResourceCommand({ resourceArn, tagKeys: ['a'] }));
    expect((await logs.send(new ListTagsForResourceCommand({ resourceArn }))).tags).toEqual({ b: '2' });
    await expect(
      logs.send(new ListTagsForResourceCommand({ resourceArn: group?.arn ?? '' })),
    ).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await logs.send(new DeleteRetentionPolicyCommand({ logGroupName }));
    await logs.send(new DeleteLogGroupCommand({ logGroupName }));
    await expect(logs.send(new DeleteLogGroupCommand({ logGroupName }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  it('give the last lines of a stream', async () => {
    const { account, clients } = stage();
    const { logs } = clients;
    await logs.send(new CreateLogGroupCommand({ logGroupName }));
    for (const message of ['one', 'two', 'three']) {
      appendLog(account.world, { group: logGroupName, stream: 'node/es/1', message });
    }
    const streams = await logs.send(
      new DescribeLogStreamsCommand({ logGroupName, logStreamNamePrefix: 'node/' }),
    );
    expect(streams.logStreams?.map((stream) => stream.logStreamName)).toEqual(['node/es/1']);
    const last = await logs.send(
      new GetLogEventsCommand({ logGroupName, logStreamName: 'node/es/1', limit: 2 }),
    );
    expect(last.events?.map((event) => event.message)).toEqual(['two', 'three']);
    const filtered = await logs.send(new FilterLogEventsCommand({ logGroupName, filterPattern: '"one"' }));
    expect(filtered.events?.map((event) => event.message)).toEqual(['one']);
    await expect(
      logs.send(new GetLogEventsCommand({ logGroupName, logStreamName: 'none' })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});
