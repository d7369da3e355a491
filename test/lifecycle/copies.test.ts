import { rmSync } from 'node:fs';

import { SuspendProcessesCommand } from '@aws-sdk/client-auto-scaling';
import {
  CreateVolumeCommand,
  DeleteVolumeCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Clients } from '../../src/aws/clients.ts';
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

async function hostsOfNode(ec2: Clients['ec2']): Promise<string[]> {
  const Filters = [{ Name: 'tag:es-ecs-node', Values: ['search-0'] }];
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }));
  return Reservations.flatMap(({ Instances = [] }) => Instances).map((one) => one.InstanceId ?? '');
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
        Encrypted: true,
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

  it('is not taken along by the next destroy --delete-data either, which meets it alone, until a node has it', async () => {
    const copies = [await copy(), await copy()];
    await story.run('destroy', '--yes', '--delete-data');
    const again = await story.run('destroy', '--yes', '--delete-data');
    expect(again.status).toBe(1);
    for (const id of copies)
      expect(again.stderr).toContain(`aws ec2 delete-volume --volume-id ${id}  once you are sure`);
    expect(await volumesOfNode()).toEqual(copies);
    const [kept = '', other = ''] = copies;
    await story.behindTheBack(({ ec2 }) => ec2.send(new DeleteVolumeCommand({ VolumeId: other })));
    story.later(300_000);
    expect((await story.run('destroy', '--yes', '--delete-data')).stderr).toContain(kept);
    // Nothing is on it that a cluster could form from, and yet it is the node's from here on.
    await story.run('up', '--yes');
    await story.json('destroy', '--yes', '--delete-data');
    expect(await volumesOfNode()).toEqual([]);
  });

  it('takes the place of one that somebody deletes, also while that is going', async () => {
    const [own = ''] = await volumesOfNode();
    const copied = await copy();
    await story.behindTheBack(async ({ autoScaling, ec2 }) => {
      const suspended = { AutoScalingGroupName: 'es-ecs-search-0', ScalingProcesses: ['Launch'] };
      await autoScaling.send(new SuspendProcessesCommand(suspended));
      await ec2.send(new TerminateInstancesCommand({ InstanceIds: await hostsOfNode(ec2) }));
    });
    story.later(600_000);
    await story.behindTheBack(({ ec2 }) => ec2.send(new DeleteVolumeCommand({ VolumeId: own })));
    const { changes } = await story.json<PlanDocument>('plan');
    expect(changes.filter((change) => change.address === address && change.action === 'create')).toEqual([]);
    await story.run('up', '--yes');
    expect(await volumesOfNode()).toEqual([copied]);
  });

  it('keeps a host waiting that cannot tell which is meant, until it is gone', async () => {
    const [own = ''] = await volumesOfNode();
    const copied = await copy();
    await story.behindTheBack(async ({ ec2 }) => {
      await ec2.send(new TerminateInstancesCommand({ InstanceIds: await hostsOfNode(ec2) }));
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
