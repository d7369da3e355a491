import {
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  type Instance,
  ModifyInstanceAttributeCommand,
  ModifyInstanceMetadataOptionsCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';

import { bastionStep } from '../../../src/steps/bastion/index.ts';
import { fingerprintOf } from '../../../src/steps/bastion/key-pair.ts';
import { networkStep } from '../../../src/steps/network/index.ts';
import {
  type Build,
  createGround,
  ed25519Key,
  type Ground,
  lines,
  standingGround,
} from '../support/ground.ts';

const build: Build = (context) => {
  const network = networkStep(context);
  return [...network.resources, ...bastionStep(context, network).resources];
};

const standing = standingGround(build);

async function instanceOf(ground: Ground): Promise<Instance> {
  const InstanceIds = [ground.memory.id('bastion/instance') ?? ''];
  const { Reservations } = await ground.clients.ec2.send(new DescribeInstancesCommand({ InstanceIds }));
  const instance = Reservations?.[0]?.Instances?.[0];
  if (instance === undefined) throw new Error('there is no bastion');
  return instance;
}

async function expectInSync(ground: Ground, yaml?: string): Promise<void> {
  expect(lines(await (await ground.view(build, yaml)).plan())).toEqual([]);
}

describe('the bastion step', () => {
  it('makes an instance that can be reached, holds no rights and has an encrypted disk', async () => {
    const ground = await standing();
    const instance = await instanceOf(ground);
    expect(instance).toMatchObject({
      InstanceType: 't4g.nano',
      KeyName: 'es-ecs-search',
      PublicIpAddress: expect.stringMatching(/^\d+\./),
      MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
    });
    expect(instance.IamInstanceProfile).toBeUndefined();
    const Filters = [{ Name: 'attachment.instance-id', Values: [instance.InstanceId ?? ''] }];
    const { Volumes } = await ground.clients.ec2.send(new DescribeVolumesCommand({ Filters }));
    expect(Volumes).toMatchObject([{ Encrypted: true, VolumeType: 'gp3' }]);
    await expectInSync(ground);
  });

  it('is found again without a state', async () => {
    const ground = await standing();
    ground.memory.ids.clear();
    ground.pins = {};
    await expectInSync(ground);
  });

  it('stays what it is when the newest image becomes another', async () => {
    const ground = await standing();
    ground.pins = { ...ground.pins, 'image/bastion/arm64': 'ami-0123456789abcdef0' };
    await expectInSync(ground);
  });

  it('is replaced when its type changes', async () => {
    const ground = await standing();
    const before = await instanceOf(ground);
    const yaml = 'bastion: { instanceType: t4g.micro }';
    const view = await ground.view(build, yaml);
    expect(lines(await view.plan())).toEqual(['replace bastion/instance instanceType t4g.nano → t4g.micro']);
    await view.up();
    const after = await instanceOf(ground);
    expect(after.InstanceId).not.toBe(before.InstanceId);
    expect(after.InstanceType).toBe('t4g.micro');
    await expectInSync(ground, yaml);
  });

  it('comes back when it was terminated, at once or an hour later', async () => {
    for (const laterMs of [0, 3_600_000]) {
      const ground = await standing();
      const { InstanceId = '' } = await instanceOf(ground);
      await ground.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
      await ground.clock.sleep(laterMs);
      await (await ground.view(build)).up();
      expect((await instanceOf(ground)).InstanceId).not.toBe(InstanceId);
      await expectInSync(ground);
    }
  });

  it('is started, closed and moved back when somebody meddled with it', async () => {
    const ground = await standing();
    const { InstanceId = '' } = await instanceOf(ground);
    const { ec2 } = ground.clients;
    await ec2.send(new StopInstancesCommand({ InstanceIds: [InstanceId] }));
    await ground.clock.sleep(120_000);
    const Groups = [ground.memory.id('network/security-group/node') ?? ''];
    await ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, Groups }));
    await ec2.send(new ModifyInstanceMetadataOptionsCommand({ InstanceId, HttpTokens: 'optional' }));
    const view = await ground.view(build);
    expect(lines(await view.plan())).toEqual([
      'change bastion/instance state stopped → running',
      expect.stringMatching(/^change bastion\/instance securityGroups sg-\w+ → sg-\w+$/),
      'change bastion/instance metadataOptions.HttpTokens optional → required',
    ]);
    await view.up();
    await expectInSync(ground);
    expect((await instanceOf(ground)).State?.Name).toBe('running');
  });

  it('bastion: false takes everything of it away', async () => {
    const ground = await standing();
    const { destroyed } = await (await ground.view(build, 'bastion: false')).up();
    expect(destroyed).toBe(3);
    await expectInSync(ground, 'bastion: false');
    expect([...ground.memory.ids.keys()].filter((address) => address.includes('bastion'))).toEqual([]);
  });

  it('is destroyed before what it stands on', async () => {
    const ground = await standing();
    await (await ground.view(build)).destroy();
    expect([...ground.memory.ids.keys()]).toEqual(['network/security-group/default']);
  });
});

describe('the key pair', () => {
  it('is replaced, and the bastion with it, when this machine has another key', async () => {
    const ground = await standing();
    ground.keys.publicKey = ed25519Key('another');
    const before = await instanceOf(ground);
    const view = await ground.view(build);
    expect(
      (await view.plan()).entries.find((entry) => entry.resource.address === 'bastion/key-pair'),
    ).toMatchObject({
      action: 'replace',
      because: "this machine's key is another one",
    });
    await view.up();
    expect((await instanceOf(ground)).InstanceId).not.toBe(before.InstanceId);
    await expectInSync(ground);
  });

  it('is replaced when this machine has lost its key', async () => {
    const ground = await standing();
    ground.keys.publicKey = undefined;
    const view = await ground.view(build);
    expect(
      (await view.plan()).entries.find((entry) => entry.resource.address === 'bastion/key-pair'),
    ).toMatchObject({
      action: 'replace',
      because: 'its private half is not on this machine',
    });
    expect(ground.keys.publicKey, 'a plan makes no key').toBeUndefined();
    await view.up();
    await expectInSync(ground);
  });

  it.each(['ImportKeyPair', 'RunInstances'])(
    'is not made twice by a run that dies after %s',
    async (operation) => {
      const ground = createGround();
      ground.account.inject({ operation, code: 'Crash', answerLost: true });
      await expect((await ground.view(build)).up()).rejects.toThrow();
      await (await ground.view(build)).up();
      await expectInSync(ground);
      const { Reservations = [] } = await ground.clients.ec2.send(new DescribeInstancesCommand({}));
      expect(Reservations).toHaveLength(1);
    },
  );

  it('of a stranger is left alone', async () => {
    const ground = createGround();
    await (await ground.view(build)).up();
    const KeyName = 'es-ecs-search';
    const other = createGround();
    const { ImportKeyPairCommand } = await import('@aws-sdk/client-ec2');
    const PublicKeyMaterial = new TextEncoder().encode(ed25519Key('stranger'));
    await other.clients.ec2.send(new ImportKeyPairCommand({ KeyName, PublicKeyMaterial }));
    await expect((await other.view(build)).up()).rejects.toMatchObject({ code: 'NOT_OWNED' });
  });

  it('has the fingerprint that ssh-keygen -l shows', () => {
    // ssh-keygen -t ed25519, ssh-keygen -lf
    const publicKey =
      'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl github';
    expect(fingerprintOf(publicKey)).toBe('+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU');
  });
});
