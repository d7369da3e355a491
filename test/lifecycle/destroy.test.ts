import { rmSync } from 'node:fs';

import {
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateTagsCommand,
  CreateVolumeCommand,
  CreateVpcCommand,
  DeleteTagsCommand,
  DescribeImagesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVolumesCommand,
  DescribeVpcsCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { CreateServiceCommand, RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { afterEach, describe, expect, it } from 'vitest';

import type { Clients } from '../../src/aws/clients.ts';
import { clusterTag, resourceTag } from '../../src/aws/tags.ts';
import { groups } from '../../src/simulator/auto-scaling/rows.ts';
import { instances } from '../../src/simulator/ec2/instance-rows.ts';
import { type ApiCalls, configText, type PlanDocument, Story } from './story.ts';

interface Listed {
  readonly orphans: readonly { readonly address: string; readonly id: string }[];
}

interface Destroyed {
  readonly outcome: string;
  readonly summary: { readonly destroyed: number; readonly kept: number };
  readonly kept: readonly { readonly address: string; readonly id: string }[];
  readonly unclear: readonly string[];
  readonly apiCalls: ApiCalls;
}

const destroyAll = ['--yes', '--delete-data'] as const;
/** One node and one way out: the smallest that has one of everything. */
const small = configText('network: { nat: single }\n').replace('nodes: 3', 'nodes: 1');

let story: Story;
afterEach(() => {
  story.end();
});

const ownTags = (address?: string) => [
  { Key: clusterTag, Value: 'search' },
  ...(address === undefined ? [] : [{ Key: resourceTag, Value: address }]),
];
const at = (address: string) => [{ Name: `tag:${resourceTag}`, Values: [address] }];

/** Data volumes, all that there are and that are not being deleted. */
function dataVolumes(): Promise<readonly string[]> {
  return story.behindTheBack(async ({ ec2 }) => {
    const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({ Filters: at('hosts/volume/*') }));
    const living = Volumes.filter((one) => one.State !== 'deleting');
    return living.map((one) => one.VolumeId ?? '').sort();
  });
}

async function vpcId({ ec2 }: Clients): Promise<string> {
  const { Vpcs } = await ec2.send(new DescribeVpcsCommand({ Filters: at('network/vpc') }));
  return Vpcs?.[0]?.VpcId ?? '';
}

async function subnetId({ ec2 }: Clients): Promise<string> {
  const Filters = at('network/subnet/private/eu-west-1a');
  const { Subnets } = await ec2.send(new DescribeSubnetsCommand({ Filters }));
  return Subnets?.[0]?.SubnetId ?? '';
}

async function imageId({ ec2 }: Clients): Promise<string> {
  const { Images } = await ec2.send(new DescribeImagesCommand({ Owners: ['amazon'] }));
  return Images?.find((one) => one.Architecture === 'arm64')?.ImageId ?? '';
}

/** An instance in the cluster's subnet, as somebody with the console starts one. */
async function startInstance(clients: Clients, tags: { Key: string; Value: string }[]): Promise<string> {
  const { Instances } = await clients.ec2.send(
    new RunInstancesCommand({
      MinCount: 1,
      MaxCount: 1,
      ImageId: await imageId(clients),
      InstanceType: 't4g.nano',
      SubnetId: await subnetId(clients),
      TagSpecifications: [{ ResourceType: 'instance', Tags: tags }],
    }),
  );
  return Instances?.[0]?.InstanceId ?? '';
}

/** What makes an `up` of the small config end in its middle. */
async function halfMade(): Promise<void> {
  const told = await story.run('up', '--no-wait');
  expect(told.status).toBe(0);
}

describe('what carries the tag and is claimed by nobody', () => {
  it('is listed by plan and status, left alone by up, and gone after destroy', async () => {
    story = await Story.standing(small);
    const made = await story.behindTheBack(async (clients) => {
      const { ec2, ecs } = clients;
      const TagSpecifications = [{ ResourceType: 'vpc' as const, Tags: ownTags('network/vpc') }];
      const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.9.0.0/16', TagSpecifications }));
      const inSecond = await ec2.send(
        new CreateSubnetCommand({
          VpcId: Vpc?.VpcId,
          CidrBlock: '10.9.1.0/24',
          TagSpecifications: [{ ResourceType: 'subnet', Tags: ownTags('network/subnet/odd/eu-west-1a') }],
        }),
      );
      const group = await ec2.send(
        new CreateSecurityGroupCommand({
          VpcId: await vpcId(clients),
          GroupName: 'left-over',
          Description: 'of an older es-ecs',
          TagSpecifications: [{ ResourceType: 'security-group', Tags: ownTags() }],
        }),
      );
      const { taskDefinition } = await ecs.send(
        new RegisterTaskDefinitionCommand({
          family: 'es-ecs-search-masters',
          containerDefinitions: [{ name: 'elasticsearch', image: 'elasticsearch', memory: 256 }],
          tags: [{ key: clusterTag, value: 'search' }],
        }),
      );
      await ecs.send(
        new CreateServiceCommand({
          cluster: 'es-ecs-search',
          serviceName: 'search-7',
          taskDefinition: taskDefinition?.taskDefinitionArn ?? '',
          desiredCount: 1,
          tags: [{ key: clusterTag, value: 'search' }],
        }),
      );
      const instance = await startInstance(clients, ownTags());
      return { vpc: Vpc?.VpcId, subnet: inSecond.Subnet?.SubnetId, group: group.GroupId, instance };
    });
    story.later(5_000);
    const listed = [
      `network/vpc (${made.vpc ?? ''})`,
      `network/subnet/odd/eu-west-1a (${made.subnet ?? ''})`,
      `network/security-group (${made.group ?? ''})`,
    ];
    const plan = await story.json<PlanDocument & Listed>('plan');
    expect(plan.changes).toEqual([]);
    expect(plan.orphans.map((one) => one.address)).toEqual(listed);
    const shown = await story.run('plan');
    expect(shown.stdout).toContain(
      "3 things carry the cluster's tag, and nothing in the config asks for them:",
    );
    expect(shown.stdout).toContain(`  ? network/vpc (${made.vpc ?? ''})`);
    expect((await story.json<Listed>('status')).orphans.map((one) => one.address)).toEqual(listed);
    expect((await story.run('status')).stdout).toContain(`  ? network/vpc (${made.vpc ?? ''})`);
    expect(await story.json('up')).toMatchObject({ outcome: 'up-to-date', apiCalls: { writes: 0 } });

    const asked = await story.run('destroy', ...destroyAll);
    expect(asked.stderr).toContain('6 of them nothing in the config asks for:');
    for (const address of [
      ...listed,
      `hosts/instance (${made.instance})`,
      'task/definition (es-ecs-search-masters)',
      'service/service (es-ecs-search/search-7)',
    ]) {
      expect(asked.stderr).toContain(`  ? ${address}`);
    }
    expect(asked.status, asked.stderr).toBe(0);
    expect(asked.stdout).toMatch(/^search is gone: \d+ deleted, nothing else carries its tag/);
    const again = await story.json<Destroyed>('destroy', ...destroyAll);
    expect(again).toMatchObject({ outcome: 'nothing-to-destroy', apiCalls: { writes: 0 } });
  });

  it('stops up where nobody knows which of two is used, with both ids; destroy takes both', async () => {
    story = await Story.standing(small);
    const ids = await story.behindTheBack(async (clients) => {
      const TagSpecifications = [{ ResourceType: 'vpc' as const, Tags: ownTags('network/vpc') }];
      const first = await vpcId(clients);
      const { Vpc } = await clients.ec2.send(
        new CreateVpcCommand({ CidrBlock: '10.9.0.0/16', TagSpecifications }),
      );
      return [first, Vpc?.VpcId ?? ''];
    });
    story.later(5_000);
    rmSync(story.stateFile);
    const told = await story.run('up');
    expect(told.status).toBe(1);
    expect(told.stderr).toContain(`${ids.join(', ')} all carry the tag es-ecs-resource=network/vpc`);
    expect(told.stderr).toContain('es-ecs destroy');
    const destroyed = await story.json<Destroyed>('destroy', ...destroyAll);
    expect(destroyed.outcome).toBe('destroyed');
    const left = await story.behindTheBack(async ({ ec2 }) =>
      (await ec2.send(new DescribeVpcsCommand({}))).Vpcs?.map((one) => one.VpcId),
    );
    expect(left).toEqual([]);
  });

  it('is found of a flow log that went without its role and its log group', async () => {
    story = await Story.standing(
      configText('network: { nat: single, flowLogs: true }\n').replace('nodes: 3', 'nodes: 1'),
    );
    story.write(small);
    rmSync(story.stateFile);
    await story.behindTheBack(async (_clients, world) => {
      for (const rows of world.tablesUnder('ec2/flow-logs')) rows.clear();
      await Promise.resolve();
    });
    await story.json('destroy', ...destroyAll);
    const account = JSON.stringify([story.account.tables['iam/roles'], story.account.tables['logs/groups']]);
    expect(account).not.toContain('flow-log');
  });
});

describe("somebody else's things in the cluster's network", () => {
  it('are never deleted: what they hold is waited for in reason, and they are named with the command', async () => {
    story = await Story.standing(small);
    const { instance, group } = await story.behindTheBack(async (clients) => {
      const made = await clients.ec2.send(
        new CreateSecurityGroupCommand({
          VpcId: await vpcId(clients),
          GroupName: 'theirs',
          Description: 'theirs',
        }),
      );
      const Tags = [{ Key: 'Name', Value: 'jump host' }];
      return { instance: await startInstance(clients, Tags), group: made.GroupId ?? '' };
    });
    const before = story.account.nowMs;
    const told = await story.run('destroy', ...destroyAll);
    expect(told.status).toBe(1);
    expect(told.stderr).toMatch(
      new RegExp(
        `network/subnet/private/eu-west-1a: cannot be deleted \\(DependencyViolation\\): it is held by eni-\\w+ of the instance ${instance} \\("jump host"\\), running, which es-ecs did not make`,
      ),
    );
    expect(told.stderr).toContain(`aws ec2 describe-instances --instance-ids ${instance}`);
    expect(told.stderr).toContain('private/eu-west-1a held by eni-');
    // The hosts take their minutes; then it is two more and not ten.
    expect(story.account.nowMs - before).toBeLessThan(7 * 60_000);
    const seen = await story.behindTheBack(async (_clients, world) => {
      await Promise.resolve();
      return world.rows(instances).get(instance)?.state;
    });
    expect(seen).toBe('running');

    await story.behindTheBack(async (_clients, world) => {
      await Promise.resolve();
      const { terminate } = await import('../../src/simulator/ec2/instance-states.ts');
      const row = world.rows(instances).get(instance);
      if (row !== undefined) terminate(world, row);
    });
    const second = await story.run('destroy', ...destroyAll);
    expect(second.status).toBe(1);
    expect(second.stderr).toContain(
      `network/vpc: cannot be deleted (DependencyViolation): it is held by the security group ${group}, which es-ecs did not make`,
    );
    const groups = await story.behindTheBack(async ({ ec2 }) => {
      const { SecurityGroups = [] } = await ec2.send(
        new DescribeSecurityGroupsCommand({ GroupIds: [group] }),
      );
      const { DeleteSecurityGroupCommand } = await import('@aws-sdk/client-ec2');
      await ec2.send(new DeleteSecurityGroupCommand({ GroupId: group }));
      return SecurityGroups.length;
    });
    expect(groups).toBe(1);
    expect((await story.json<Destroyed>('destroy', ...destroyAll)).outcome).toBe('destroyed');
  });
});

/** The ids of the volumes among what was kept. */
function volumesKept({ kept }: Destroyed): readonly string[] {
  return kept
    .map(({ id }) => id)
    .filter((id) => id.startsWith('vol-'))
    .sort();
}

describe('data', () => {
  it('of another name is not touched by a config that was renamed, whatever the state', async () => {
    story = await Story.standing(small);
    const volumes = await dataVolumes();
    story.write(small.replace('name: search', 'name: other'));
    const refused = await story.run('destroy', ...destroyAll);
    expect(refused.stderr).toContain('search');
    expect(refused.status).toBe(1);
    rmSync(story.stateFile);
    const destroyed = await story.json<Destroyed>('destroy', ...destroyAll);
    expect(destroyed).toMatchObject({ outcome: 'nothing-to-destroy', apiCalls: { writes: 0 } });
    expect(await dataVolumes()).toEqual(volumes);
  });

  it('of nodes that the config no longer has stays without the flag, and is named', async () => {
    story = await Story.standing();
    const volumes = await dataVolumes();
    story.write(configText().replace('nodes: 3', 'nodes: 1'));
    expect((await story.json<PlanDocument>('plan')).summary).toMatchObject({ destroy: 4, refuse: 0 });
    rmSync(story.stateFile);
    const destroyed = await story.json<Destroyed>('destroy', '--yes');
    expect(volumesKept(destroyed)).toEqual(volumes);
    expect(await dataVolumes()).toEqual(volumes);
    expect((await story.json<Destroyed>('destroy', '--yes')).apiCalls.writes).toBe(0);
  });

  it('on a second volume of a node stays with and without the flag, as it may be a copy', async () => {
    story = await Story.standing(small);
    await story.behindTheBack(({ ec2 }) =>
      ec2.send(
        new CreateVolumeCommand({
          AvailabilityZone: 'eu-west-1a',
          Size: 10,
          TagSpecifications: [{ ResourceType: 'volume', Tags: ownTags('hosts/volume/search-0') }],
        }),
      ),
    );
    story.later(5_000);
    rmSync(story.stateFile);
    const volumes = await dataVolumes();
    expect(volumes).toHaveLength(2);
    const kept = await story.json<Destroyed>('destroy', '--yes');
    expect(volumes).toEqual(expect.arrayContaining([...volumesKept(kept)]));
    expect(volumesKept(kept)).toHaveLength(1);
    expect(await dataVolumes()).toEqual(volumes);
    const told = await story.run('destroy', ...destroyAll);
    expect(told.status).toBe(1);
    const copies = volumes.filter((id) => !volumesKept(kept).includes(id));
    expect(told.stderr).toContain(`may be its copies: ${copies.join()}`);
    expect(await dataVolumes()).toEqual(copies);
  });

  it('on a volume whose tag somebody took away is deleted by nothing, and named by both', async () => {
    story = await Story.standing(small);
    const [id = ''] = await dataVolumes();
    await story.behindTheBack(({ ec2 }) =>
      ec2.send(new DeleteTagsCommand({ Resources: [id], Tags: [{ Key: resourceTag }] })),
    );
    rmSync(story.stateFile);
    const kept = await story.json<Destroyed>('destroy', '--yes');
    expect(kept.unclear).toEqual([id]);
    // The data is there, whoever it belongs to: what opens it is not taken from it.
    expect(kept.kept.map((one) => one.address).sort()).toEqual(
      ['authority', 'certificates', 'password'].map((secret) => `task/secret/${secret}`),
    );
    const told = await story.run('destroy', ...destroyAll);
    expect(told.status).toBe(1);
    expect(told.stderr).toContain(
      `not deleted, as the tag says of no node that it holds its data: ${id} (200 GiB)`,
    );
    expect(told.stderr).toContain(`aws ec2 delete-volume --volume-id ${id}  once you are sure`);
    const seen = await story.behindTheBack(({ ec2 }) =>
      ec2.send(new DescribeVolumesCommand({ VolumeIds: [id] })),
    );
    expect(seen.Volumes?.[0]?.State).toBe('available');
  });

  it("on a volume that became another cluster's, though the state remembers it, is not deleted with all the rest", async () => {
    story = await Story.standing(small);
    const [id = ''] = await dataVolumes();
    await story.behindTheBack(({ ec2 }) =>
      ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: clusterTag, Value: 'other' }] })),
    );
    const destroyed = await story.json<Destroyed>('destroy', ...destroyAll);
    expect(destroyed.outcome).toBe('destroyed');
    expect(await dataVolumes()).toEqual([id]);
  });

  it('stays without the flag where up was cut short, with and without its state', async () => {
    story = new Story(small);
    await halfMade();
    const volumes = await dataVolumes();
    expect(volumes).toHaveLength(1);
    rmSync(story.stateFile);
    const destroyed = await story.json<Destroyed>('destroy', '--yes');
    expect(volumesKept(destroyed)).toEqual(volumes);
    expect(await dataVolumes()).toEqual(volumes);
  });
});

/** Takes the hosts out of their groups, as DetachInstances does; with `deleted`, the groups go as well. */
function detach(deleted: boolean): Promise<readonly string[]> {
  return story.behindTheBack(async (_clients, world) => {
    for (const row of world.rows(groups).values()) row.members = [];
    if (deleted) world.rows(groups).clear();
    const detached: string[] = [];
    for (const row of world.rows(instances).values()) {
      const { 'aws:autoscaling:groupName': group, ...tags } = row.tags;
      if (group !== undefined) detached.push(row.id);
      row.tags = tags;
    }
    return Promise.resolve(detached);
  });
}

function stateOf(instance: string | undefined): Promise<string | undefined> {
  return story.behindTheBack(async (_clients, world) =>
    Promise.resolve(world.rows(instances).get(instance ?? '')?.state),
  );
}

describe('a host without its group', () => {
  it('is ended by destroy: one that was detached by hand, and holds the volume', async () => {
    story = await Story.standing(small);
    const [instance] = await detach(false);
    const told = await story.run('destroy', ...destroyAll);
    expect(told.status, told.stderr).toBe(0);
    expect(told.stderr).toContain(`  ? hosts/instance (${instance ?? ''})`);
    expect(await stateOf(instance)).toBe('terminated');
  });

  it('is ended by up, which gives the node another one with the same volume', async () => {
    story = await Story.standing(small);
    const volumes = await dataVolumes();
    const [instance] = await detach(true);
    expect((await story.json<{ outcome: string }>('up')).outcome).toBe('applied');
    expect(await stateOf(instance)).toBe('terminated');
    expect(await dataVolumes()).toEqual(volumes);
    expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
  });
});
