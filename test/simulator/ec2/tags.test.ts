import {
  CreateTagsCommand,
  DeleteTagsCommand,
  DescribeTagsCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';

import {
  makeAddress,
  makeInternetGateway,
  makeNatGateway,
  makeSubnet,
  makeVpc,
  openAccount,
  refusal,
} from './account.ts';

async function tagsOf(ec2: EC2Client, id: string): Promise<Record<string, string>> {
  const Filters = [{ Name: 'resource-id', Values: [id] }];
  const { Tags = [] } = await ec2.send(new DescribeTagsCommand({ Filters }));
  return Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value]));
}

describe('tags of the simulated account', () => {
  it('can be put on everything, changed and taken off', async () => {
    const { ec2, clock } = openAccount();
    const vpcId = await makeVpc(ec2);
    const subnetId = await makeSubnet(ec2, vpcId, '10.0.0.0/24');
    const allocationId = await makeAddress(ec2);
    const ids = [
      vpcId,
      subnetId,
      allocationId,
      await makeInternetGateway(ec2, vpcId),
      await makeNatGateway(ec2, subnetId, allocationId),
    ];
    const Tags = [
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: '2' },
      { Key: 'c', Value: '3' },
    ];
    await ec2.send(new CreateTagsCommand({ Resources: ids, Tags }));
    await ec2.send(new CreateTagsCommand({ Resources: ids, Tags: [{ Key: 'a', Value: '9' }] }));
    await clock.sleep(2_000);
    for (const id of ids) expect(await tagsOf(ec2, id)).toEqual({ a: '9', b: '2', c: '3' });
    const taken = [{ Key: 'a' }, { Key: 'b', Value: 'another' }, { Key: 'c', Value: '3' }];
    await ec2.send(new DeleteTagsCommand({ Resources: ids, Tags: taken }));
    for (const id of ids) expect(await tagsOf(ec2, id)).toEqual({ b: '2' });
    await ec2.send(new DeleteTagsCommand({ Resources: [vpcId] }));
    expect(await tagsOf(ec2, vpcId)).toEqual({});
  });

  it('are all set or none', async () => {
    const { ec2, clock } = openAccount();
    const vpcId = await makeVpc(ec2);
    await clock.sleep(2_000);
    const Tags = [{ Key: 'a', Value: '1' }];
    const call = new CreateTagsCommand({ Resources: [vpcId, 'subnet-0'], Tags });
    expect(await refusal(ec2.send(call))).toBe('InvalidSubnetID.NotFound');
    expect(await tagsOf(ec2, vpcId)).toEqual({});
  });

  it.each([
    ['InvalidID', ['what-0'], [{ Key: 'a', Value: '' }]],
    ['InvalidInstanceID.NotFound', ['i-0'], [{ Key: 'a', Value: '' }]],
    ['InvalidVolume.NotFound', ['vol-0'], [{ Key: 'a', Value: '' }]],
    ['MissingParameter', [], [{ Key: 'a', Value: '' }]],
  ])('answer %s for %j', async (code, Resources, Tags) => {
    const { ec2 } = openAccount();
    expect(await refusal(ec2.send(new CreateTagsCommand({ Resources, Tags })))).toBe(code);
  });

  it.each([
    ['InvalidParameterValue', [{ Key: 'aws:cluster', Value: '' }]],
    ['InvalidParameterValue', [{ Key: 'k'.repeat(129), Value: '' }]],
    ['InvalidParameterValue', [{ Key: 'a', Value: 'v'.repeat(257) }]],
    [
      'InvalidParameterValue',
      [
        { Key: 'a', Value: '1' },
        { Key: 'a', Value: '2' },
      ],
    ],
    ['TagLimitExceeded', Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: '' }))],
  ])('answer %s for bad tags (%#)', async (code, Tags) => {
    const { ec2 } = openAccount();
    const Resources = [await makeVpc(ec2)];
    expect(await refusal(ec2.send(new CreateTagsCommand({ Resources, Tags })))).toBe(code);
  });
});
