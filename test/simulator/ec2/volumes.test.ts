import {
  AttachVolumeCommand,
  CreateVolumeCommand,
  type CreateVolumeCommandInput,
  DeleteVolumeCommand,
  DescribeVolumesCommand,
  DescribeVolumesModificationsCommand,
  DetachVolumeCommand,
  ModifyVolumeCommand,
  type ModifyVolumeCommandInput,
  RunInstancesCommand,
  TerminateInstancesCommand,
  type Volume,
} from '@aws-sdk/client-ec2';
import { beforeEach, describe, expect, it } from 'vitest';

import { imageId, must, network, refusal, type Stage, stage, zones } from '../stage.ts';

let on: Stage;
let ec2: Stage['clients']['ec2'];

beforeEach(() => {
  on = stage();
  ({ ec2 } = on.clients);
});

async function create(more: Partial<CreateVolumeCommandInput> = {}): Promise<string> {
  const { VolumeId } = await ec2.send(
    new CreateVolumeCommand({ AvailabilityZone: zones[0], Size: 10, VolumeType: 'gp3', ...more }),
  );
  return must(VolumeId);
}

async function look(VolumeId: string): Promise<Volume> {
  const { Volumes } = await ec2.send(new DescribeVolumesCommand({ VolumeIds: [VolumeId] }));
  return must(Volumes?.[0]);
}

async function instance(zone = 0): Promise<string> {
  const net = await network(on, { noWayOut: true });
  const { Instances } = await ec2.send(
    new RunInstancesCommand({
      MinCount: 1,
      MaxCount: 1,
      ImageId: await imageId(on),
      InstanceType: 'm7g.large',
      SubnetId: must(net.privateSubnetIds[zone]),
    }),
  );
  await on.clock.sleep(20_000);
  return must(Instances?.[0]?.InstanceId);
}

const attach = (VolumeId: string, InstanceId: string): Promise<unknown> =>
  ec2.send(new AttachVolumeCommand({ VolumeId, InstanceId, Device: '/dev/sdf' }));
const remove = (VolumeId: string): Promise<unknown> => ec2.send(new DeleteVolumeCommand({ VolumeId }));
const modify = (VolumeId: string, more: Partial<ModifyVolumeCommandInput>): Promise<unknown> =>
  ec2.send(new ModifyVolumeCommand({ VolumeId, ...more }));

describe('a volume', () => {
  it('is creating, then available, then deleting, then gone', async () => {
    const id = await create();
    expect(await look(id)).toMatchObject({ State: 'creating', Iops: 3000, Throughput: 125 });
    expect(await refusal(remove(id))).toBe('IncorrectState');
    await on.clock.sleep(5_000);
    expect((await look(id)).State).toBe('available');
    await remove(id);
    expect((await look(id)).State).toBe('deleting');
    await on.clock.sleep(5_000);
    expect(await refusal(look(id))).toBe('InvalidVolume.NotFound');
  });

  it('is made once for a client token', async () => {
    const first = await create({ ClientToken: 'one' });
    expect(await create({ ClientToken: 'one' })).toBe(first);
    expect(await refusal(create({ ClientToken: 'one', Size: 11 }))).toBe('IdempotentParameterMismatch');
  });

  it.each([
    ['too small', { Size: 0 }],
    ['too large', { Size: 70_000 }],
    ['too slow', { Iops: 100 }],
    ['too many operations a GiB', { Size: 10, Iops: 6000 }],
    ['too much throughput for its operations', { Size: 100, Iops: 3000, Throughput: 1000 }],
  ])('is refused when %s', async (_what, more) => {
    expect(await refusal(create(more))).toBe('InvalidParameterValue');
  });

  it('is refused in a zone that does not exist', async () => {
    expect(await refusal(create({ AvailabilityZone: 'eu-west-1x' }))).toBe('InvalidZone.NotFound');
  });

  it('attaches to one instance of its zone, and is released by its end', async () => {
    const host = await instance();
    const [id, elsewhere] = await Promise.all([create(), create({ AvailabilityZone: zones[1] })]);
    expect(await refusal(attach(id, host))).toBe('IncorrectState');
    await on.clock.sleep(5_000);
    expect(await refusal(attach(elsewhere, host))).toBe('InvalidVolume.ZoneMismatch');
    await attach(id, host);
    expect(await look(id)).toMatchObject({ State: 'in-use', Attachments: [{ State: 'attaching' }] });
    expect(await refusal(attach(id, host))).toBe('VolumeInUse');
    expect(await refusal(remove(id))).toBe('VolumeInUse');
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [host] }));
    expect((await look(id)).State).toBe('in-use');
    await on.clock.sleep(40_000);
    expect(await look(id)).toMatchObject({ State: 'available', Attachments: [] });
  });

  it('detaches in its own time', async () => {
    const host = await instance();
    const id = await create();
    await on.clock.sleep(5_000);
    await attach(id, host);
    await ec2.send(new DetachVolumeCommand({ VolumeId: id }));
    expect(await look(id)).toMatchObject({ State: 'in-use', Attachments: [{ State: 'detaching' }] });
    await on.clock.sleep(5_000);
    expect((await look(id)).State).toBe('available');
    expect(await refusal(ec2.send(new DetachVolumeCommand({ VolumeId: id })))).toBe('IncorrectState');
  });
});

describe('a modification', () => {
  const hour = 3_600_000;
  let id: string;

  beforeEach(async () => {
    id = await create();
    await on.clock.sleep(5_000);
  });

  it('takes effect while it is still being optimised', async () => {
    const state = async (): Promise<string | undefined> => {
      const { VolumesModifications } = await ec2.send(
        new DescribeVolumesModificationsCommand({ VolumeIds: [id] }),
      );
      return VolumesModifications?.[0]?.ModificationState;
    };
    expect(await refusal(state())).toBe('InvalidVolumeModification.NotFound');
    await modify(id, { Size: 20 });
    expect(await state()).toBe('modifying');
    expect((await look(id)).Size).toBe(10);
    await on.clock.sleep(15_000);
    expect(await state()).toBe('optimizing');
    expect((await look(id)).Size).toBe(20);
    expect(await refusal(modify(id, { Size: 30 }))).toBe('IncorrectModificationState');
    await on.clock.sleep(hour);
    expect(await state()).toBe('completed');
  });

  it('never shrinks', async () => {
    expect(await refusal(modify(id, { Size: 9 }))).toBe('InvalidParameterValue');
  });

  it('is allowed four times in a day', async () => {
    for (const Size of [11, 12, 13, 14]) {
      await modify(id, { Size });
      await on.clock.sleep(hour);
    }
    expect(await refusal(modify(id, { Size: 15 }))).toBe('VolumeModificationRateExceeded');
    await on.clock.sleep(24 * hour);
    expect(await refusal(modify(id, { Size: 15 }))).toBeUndefined();
  });
});
