import {
  CreateTagsCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeVolumesCommand,
  type Instance,
  ModifyInstanceAttributeCommand,
  ModifyInstanceMetadataOptionsCommand,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { CreateInstanceProfileCommand } from '@aws-sdk/client-iam';
import { beforeEach, describe, expect, it } from 'vitest';

import { troubleLaunches } from '../../../src/simulator/ec2/launch-troubles.ts';
import {
  complaint,
  imageId,
  must,
  type Network,
  network,
  profile,
  profileName,
  refusal,
  type Stage,
  stage,
  template,
} from '../stage.ts';

let on: Stage;
let ec2: Stage['clients']['ec2'];
let net: Network;
let image: string;

beforeEach(async () => {
  on = stage();
  ({ ec2 } = on.clients);
  net = await network(on, { noWayOut: true });
  image = await imageId(on);
});

async function run(more: Partial<RunInstancesCommandInput> = {}): Promise<Instance> {
  const { Instances } = await ec2.send(
    new RunInstancesCommand({
      MinCount: 1,
      MaxCount: 1,
      ImageId: image,
      InstanceType: 'm7g.large',
      SubnetId: must(net.privateSubnetIds[0]),
      ...more,
    }),
  );
  return must(Instances?.[0]);
}

async function look(id: string | undefined): Promise<Instance> {
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [must(id)] }));
  return must(Reservations?.[0]?.Instances?.[0]);
}

const state = async (id: string | undefined): Promise<string | undefined> => (await look(id)).State?.Name;

describe('an instance', () => {
  it('is pending, running, shutting down, terminated, and forgotten an hour later', async () => {
    const { InstanceId, State } = await run();
    expect(State?.Name).toBe('pending');
    await on.clock.sleep(20_000);
    const running = await look(InstanceId);
    expect(running).toMatchObject({ State: { Name: 'running' }, SubnetId: net.privateSubnetIds[0] });
    expect(running.PrivateIpAddress).toMatch(/^10\.0\.1\./);
    expect(running.PublicIpAddress).toBeUndefined();
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [must(InstanceId)] }));
    expect(await state(InstanceId)).toBe('shutting-down');
    await on.clock.sleep(40_000);
    const ended = await look(InstanceId);
    expect(ended.State?.Name).toBe('terminated');
    expect(ended.SubnetId).toBeUndefined();
    expect((await ec2.send(new DescribeNetworkInterfacesCommand({}))).NetworkInterfaces).toEqual([]);
    await on.clock.sleep(3_700_000);
    expect(await refusal(look(InstanceId))).toBe('InvalidInstanceID.NotFound');
  });

  it('has an encrypted root volume that goes with it', async () => {
    const { InstanceId } = await run({
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 40, Encrypted: true } }],
      TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: 'es-ecs-cluster', Value: 'search' }] }],
    });
    const rootOf = async (): Promise<unknown> => {
      const filter = { Name: 'tag:es-ecs-cluster', Values: ['search'] };
      return (await ec2.send(new DescribeVolumesCommand({ Filters: [filter] }))).Volumes;
    };
    await on.clock.sleep(20_000);
    expect(await rootOf()).toMatchObject([{ Size: 40, Encrypted: true, State: 'in-use', VolumeType: 'gp3' }]);
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [must(InstanceId)] }));
    await on.clock.sleep(45_000);
    expect(await rootOf()).toEqual([]);
  });

  it('is made once for a client token', async () => {
    const first = await run({ ClientToken: 'one' });
    expect((await run({ ClientToken: 'one' })).InstanceId).toBe(first.InstanceId);
    expect(await refusal(run({ ClientToken: 'one', InstanceType: 'm7g.xlarge' }))).toBe(
      'IdempotentParameterMismatch',
    );
  });

  it('takes what it is not told from its launch template', async () => {
    await profile(on);
    const id = await template(on, {
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'from', Value: 'template' }] }],
    });
    const { Instances } = await ec2.send(
      new RunInstancesCommand({
        MinCount: 1,
        MaxCount: 1,
        LaunchTemplate: { LaunchTemplateId: id, Version: '1' },
        InstanceType: 'm7g.xlarge',
        SubnetId: must(net.privateSubnetIds[1]),
      }),
    );
    const made = await look(Instances?.[0]?.InstanceId);
    expect(made).toMatchObject({
      InstanceType: 'm7g.xlarge',
      ImageId: image,
      Placement: { AvailabilityZone: 'eu-west-1b' },
      MetadataOptions: { HttpTokens: 'required', InstanceMetadataTags: 'enabled' },
    });
    expect(made.Tags).toContainEqual({ Key: 'from', Value: 'template' });
    const { UserData } = await ec2.send(
      new DescribeInstanceAttributeCommand({ InstanceId: made.InstanceId, Attribute: 'userData' }),
    );
    expect(Buffer.from(must(UserData?.Value), 'base64').toString()).toMatch(/^MIME-Version/);
  });

  it('has a public address while it runs, and another after a stop', async () => {
    const { InstanceId } = await run({
      SubnetId: undefined,
      NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: net.publicSubnetId, AssociatePublicIpAddress: true }],
    });
    const ids = { InstanceIds: [must(InstanceId)] };
    const start = (): Promise<unknown> => ec2.send(new StartInstancesCommand(ids));
    const stop = (): Promise<unknown> => ec2.send(new StopInstancesCommand(ids));
    expect(await refusal(stop())).toBe('IncorrectInstanceState');
    await on.clock.sleep(20_000);
    const before = (await look(InstanceId)).PublicIpAddress;
    expect(before).toBeDefined();
    await stop();
    expect(await state(InstanceId)).toBe('stopping');
    expect(await refusal(start())).toBe('IncorrectInstanceState');
    await on.clock.sleep(40_000);
    expect(await look(InstanceId)).toMatchObject({ State: { Name: 'stopped' } });
    expect((await look(InstanceId)).PublicIpAddress).toBeUndefined();
    await start();
    await on.clock.sleep(20_000);
    const after = await look(InstanceId);
    expect(after.State?.Name).toBe('running');
    expect(after.PublicIpAddress).not.toBe(before);
  });

  it('is found by tag and state, some time after its making', async () => {
    const { InstanceId } = await run();
    await ec2.send(
      new CreateTagsCommand({
        Resources: [must(InstanceId)],
        Tags: [{ Key: 'es-ecs-cluster', Value: 'search' }],
      }),
    );
    const find = async (): Promise<number> => {
      const { Reservations } = await ec2.send(
        new DescribeInstancesCommand({
          Filters: [
            { Name: 'tag:es-ecs-cluster', Values: ['search'] },
            { Name: 'instance-state-name', Values: ['pending', 'running'] },
          ],
        }),
      );
      return Reservations?.length ?? 0;
    };
    expect(await find()).toBe(0);
    await on.clock.sleep(2_000);
    expect(await find()).toBe(1);
  });

  it('can be protected from its end', async () => {
    const { InstanceId } = await run();
    const protect = (Value: boolean): Promise<unknown> =>
      ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, DisableApiTermination: { Value } }));
    const end = new TerminateInstancesCommand({ InstanceIds: [must(InstanceId)] });
    await protect(true);
    expect(await refusal(ec2.send(end))).toBe('OperationNotPermitted');
    await protect(false);
    expect(await refusal(ec2.send(end))).toBeUndefined();
  });
});

describe('a launch is refused', () => {
  it.each<[string, string, Partial<RunInstancesCommandInput>]>([
    ['of an unknown type', 'InvalidParameterValue', { InstanceType: 'm7g.huge' as never }],
    ['of a type that the image does not fit', 'InvalidParameterValue', { InstanceType: 'm7i.large' }],
    ['of an unknown image', 'InvalidAMIID.NotFound', { ImageId: 'ami-00000000000000000' }],
    ['in an unknown subnet', 'InvalidSubnetID.NotFound', { SubnetId: 'subnet-00000000000000000' }],
    ['without a subnet', 'VPCIdNotSpecified', { SubnetId: undefined }],
    ['with an unknown key', 'InvalidKeyPair.NotFound', { KeyName: 'nobody' }],
    ['with an unknown group', 'InvalidGroup.NotFound', { SecurityGroupIds: ['sg-00000000000000000'] }],
    [
      'with a root volume smaller than the image',
      'InvalidBlockDeviceMapping',
      { BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 8 } }] },
    ],
    [
      'with tags that instance metadata cannot hold',
      'InvalidParameterValue',
      {
        MetadataOptions: { InstanceMetadataTags: 'enabled' },
        TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'a b', Value: '' }] }],
      },
    ],
  ])('%s', async (_what, code, more) => {
    expect(await refusal(run(more))).toBe(code);
    expect((await ec2.send(new DescribeNetworkInterfacesCommand({}))).NetworkInterfaces).toEqual([]);
  });

  it('where a zone does not have the type', async () => {
    const last = must(net.privateSubnetIds[2]);
    expect(await refusal(run({ InstanceType: 'i4g.large', SubnetId: last }))).toBe('Unsupported');
    expect(await refusal(run({ InstanceType: 'i4g.large' }))).toBeUndefined();
  });

  it('until its instance profile is known to EC2 and has a role', async () => {
    const created = on.clients.iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: 'host' }));
    await created;
    const launch = (): Promise<Instance> => run({ IamInstanceProfile: { Name: 'host' } });
    expect(await refusal(launch())).toBe('InvalidParameterValue');
    expect(await complaint(launch())).toMatch(/Invalid IAM Instance Profile name/);
    await on.clock.sleep(10_000);
    expect(await complaint(launch())).toMatch(/has no associated IAM Roles/);
    await profile(on);
    expect(await refusal(run({ IamInstanceProfile: { Name: profileName } }))).toBeUndefined();
  });

  it('while there is no capacity', async () => {
    // Enough of them that the SDK's own retries end in the same answer.
    troubleLaunches(on.account.world, { type: 'm7g.large', times: 20 });
    expect(await refusal(run())).toBe('InsufficientInstanceCapacity');
    expect(await refusal(run({ InstanceType: 'm7g.xlarge' }))).toBeUndefined();
  });
});

it('metadata options change in place, but for tags that do not fit', async () => {
  const { InstanceId } = await run({
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'a/b', Value: '' }] }],
  });
  const change = (more: object): Promise<unknown> =>
    ec2.send(new ModifyInstanceMetadataOptionsCommand({ InstanceId, ...more }));
  await change({ HttpPutResponseHopLimit: 1 });
  expect((await look(InstanceId)).MetadataOptions?.HttpPutResponseHopLimit).toBe(1);
  expect(await refusal(change({ InstanceMetadataTags: 'enabled' }))).toBe('InvalidParameterValue');
});
