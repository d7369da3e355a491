import { rmSync } from 'node:fs';

import {
  CreateVolumeCommand,
  DeleteVolumeCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { resourceTag } from '../../src/aws/tags.ts';
import { configText, type PlanDocument, Story } from './story.ts';

const small = configText('network: { nat: single }\n').replace('nodes: 3', 'nodes: 1');
const address = 'hosts/volume/search-0';

let story: Story;
beforeEach(async () => {
  story = new Story(small);
  await story.json('up', '--yes');
});
afterEach(() => {
  story.end();
});

async function volumesOfNode(): Promise<readonly string[]> {
  return story.behindTheBack(async ({ ec2 }) => {
    const Filters = [{ Name: `tag:${resourceTag}`, Values: [address] }];
    const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({ Filters }));
    return Volumes.filter(({ State }) => State !== 'deleting').map(({ VolumeId }) => VolumeId ?? '');
  });
}

/** As AWS Backup restores: another volume, with all the tags. */
async function copy(): Promise<string> {
  const made = await story.behindTheBack(async ({ ec2 }) => {
    const Filters = [{ Name: `tag:${resourceTag}`, Values: [address] }];
    const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({ Filters }));
    const [own] = Volumes;
    const made = await ec2.send(
      new CreateVolumeCommand({
        AvailabilityZone: own?.AvailabilityZone,
        Size: own?.Size,
        VolumeType: 'gp3',
        TagSpecifications: [{ ResourceType: 'volume', Tags: own?.Tags }],
      }),
    );
    return made.VolumeId ?? '';
  });
  // Until lists show it.
  story.later(60_000);
  return made;
}

describe('a copy of a data volume', () => {
  it('is not taken for it, with the state or without, as long as the node has its own', async () => {
    await copy();
    expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
    rmSync(story.stateFile);
    expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
  });

  it('is named and not taken along by destroy --delete-data', async () => {
    const copied = await copy();
    const ended = await story.run('destroy', '--yes', '--delete-data');
    expect(ended.status).toBe(1);
    expect(ended.stderr).toContain(`another volume had the same tags and these may be its copies: ${copied}`);
    expect(ended.stderr).toContain(`aws ec2 delete-volume --volume-id ${copied}  once you are sure`);
    expect(await volumesOfNode()).toEqual([copied]);
  });

  it('keeps a host waiting that cannot tell which is meant, until it is gone', async () => {
    const [own = ''] = await volumesOfNode();
    const copied = await copy();
    await story.behindTheBack(async ({ ec2 }) => {
      const Filters = [{ Name: 'tag:es-ecs-node', Values: ['search-0'] }];
      const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }));
      const InstanceIds = Reservations.flatMap(({ Instances = [] }) => Instances).map(
        (one) => one.InstanceId ?? '',
      );
      await ec2.send(new TerminateInstancesCommand({ InstanceIds }));
    });
    const waiting = await story.run('up', '--yes');
    expect(waiting.status).toBe(1);
    for (const id of [own, copied]) expect(waiting.stderr).toContain(id);
    rmSync(story.stateFile);
    const plan = await story.run('plan');
    expect(plan.stderr).toContain(`${[own, copied].join(', ')} all carry the tag`);
    await story.behindTheBack(({ ec2 }) => ec2.send(new DeleteVolumeCommand({ VolumeId: copied })));
    await story.json('up', '--yes');
    expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
    expect(await volumesOfNode()).toEqual([own]);
  });
});
