import { DescribeInstancesCommand, DescribeTagsCommand } from '@aws-sdk/client-ec2';
import { expect, it } from 'vitest';

import { Inventory } from '../../../src/aws/inventory.ts';
import { nodeInstances, nodeKey } from '../../../src/steps/hosts/instances.ts';
import { refusal, stage } from '../../simulator/stage.ts';

function values(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `search-${String(index)}`);
}

it('are 200 in a whole call of EC2, whatever filter they stand in', async () => {
  const { ec2 } = stage().clients;
  const state = { Name: 'instance-state-name', Values: ['running'] };
  const ask = (count: number): Promise<unknown> =>
    ec2.send(
      new DescribeInstancesCommand({ Filters: [state, { Name: 'tag:es-ecs-node', Values: values(count) }] }),
    );
  await ask(199);
  expect(await refusal(ask(200))).toBe('FilterLimitExceeded');
  const tags = new DescribeTagsCommand({ Filters: [{ Name: 'key', Values: values(201) }] });
  expect(await refusal(ec2.send(tags))).toBe('FilterLimitExceeded');
});

it('stay below that for 300 nodes, which are asked for in two calls', async () => {
  const on = stage();
  const inventory = new Inventory(on.clients, 'search');
  const found = await Promise.all(
    values(300).map((node) =>
      inventory.find(nodeInstances, `hosts/group/${node}`, {
        id: undefined,
        fresh: true,
        name: nodeKey('search', node),
      }),
    ),
  );
  expect(found).toEqual(Array.from({ length: 300 }, () => undefined));
  expect(on.account.calls.filter((call) => call.operation === 'DescribeInstances')).toHaveLength(2);
});
