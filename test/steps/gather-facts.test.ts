import { CreateAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import {
  CreateLaunchTemplateCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DescribeInstanceTypeOfferingsCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';

import { createClients } from '../../src/aws/clients.ts';
import { Inventory } from '../../src/aws/inventory.ts';
import { CallMeter } from '../../src/aws/meter.ts';
import { loadConfig } from '../../src/config/load.ts';
import { type Gathered, gatherFacts, identify } from '../../src/steps/gather-facts.ts';
import { publicImages, releaseImages, setRootSize, withholdImages } from '../../src/simulator/ec2/images.ts';
import { withholdFamilies } from '../../src/simulator/ec2/instance-types.ts';
import { setZoneState } from '../../src/simulator/ec2/zones.ts';
import { networkStep } from '../../src/steps/network/index.ts';
import type { Pins } from '../../src/steps/pins.ts';
import { type Build, configText, createGround, type Ground, lines } from './support/ground.ts';

interface Asked {
  /** After the smallest config. */
  readonly yaml?: string;
  /** The whole of the file. */
  readonly text?: string;
  readonly pins?: Pins;
  readonly address?: () => Promise<string>;
}

async function gather(ground: Ground, asked: Asked = {}): Promise<Gathered & { readonly meter: CallMeter }> {
  const located = loadConfig(asked.text ?? configText(asked.yaml), 'es-ecs.yaml');
  const { config } = located;
  const meter = new CallMeter();
  const clients = createClients({
    region: 'eu-west-1',
    clock: ground.clock,
    meter,
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
    attach: ground.account.attach.bind(ground.account),
  });
  const gathered = await gatherFacts({
    config,
    located,
    clients,
    inventory: new Inventory(clients, config.name),
    identity: {
      accountId: '123456789012',
      callerArn: 'arn:aws:iam::123456789012:user/simulated',
      partition: 'aws',
    },
    pins: asked.pins ?? {},
    askCallerAddress: asked.address ?? (async () => '203.0.113.7\n'),
  });
  return { ...gathered, meter };
}

/** What hosts run from, as `up` would have made it. */
async function runHosts({ account, clients }: Ground): Promise<void> {
  const tags = (address: string): { Key: string; Value: string }[] => [
    { Key: 'es-ecs-cluster', Value: 'search' },
    { Key: 'es-ecs-resource', Value: address },
  ];
  const { Vpc } = await clients.ec2.send(new CreateVpcCommand({ CidrBlock: '10.9.0.0/16' }));
  const where = { VpcId: Vpc?.VpcId, CidrBlock: '10.9.0.0/24' };
  const { Subnet } = await clients.ec2.send(new CreateSubnetCommand(where));
  const image = publicImages(account.world).find((one) => one.hasEcsAgent && one.architecture === 'arm64');
  const small = publicImages(account.world).find((one) => !one.hasEcsAgent && one.architecture === 'arm64');
  const ImageId = image?.id ?? '';
  const LaunchTemplateData = { ImageId, InstanceType: 'm7g.large' as const };
  const named = { LaunchTemplateName: 'es-ecs-search', LaunchTemplateData };
  await clients.ec2.send(new CreateLaunchTemplateCommand(named));
  await clients.autoScaling.send(
    new CreateAutoScalingGroupCommand({
      AutoScalingGroupName: 'search-0',
      LaunchTemplate: { LaunchTemplateName: 'es-ecs-search', Version: '1' },
      MinSize: 0,
      MaxSize: 1,
      VPCZoneIdentifier: Subnet?.SubnetId ?? '',
      Tags: tags('hosts/group/search-0').map((tag) => ({ ...tag, PropagateAtLaunch: true })),
    }),
  );
  await clients.ec2.send(
    new RunInstancesCommand({
      ImageId: small?.id ?? '',
      InstanceType: 't4g.nano',
      MinCount: 1,
      MaxCount: 1,
      SubnetId: Subnet?.SubnetId,
      TagSpecifications: [{ ResourceType: 'instance', Tags: tags('bastion/instance') }],
    }),
  );
  // Until both are to be seen.
  await account.clock.sleep(60_000);
}

const build: Build = (context) => networkStep(context).resources;

describe('gatherFacts', () => {
  it('finds zones, types, images and the caller', async () => {
    const { facts } = await gather(createGround());
    expect(facts).toMatchObject({
      accountId: '123456789012',
      region: 'eu-west-1',
      zones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
      bastionCidrs: ['203.0.113.7/32'],
      bastionImageId: expect.stringMatching(/^ami-/),
    });
    expect([...facts.instanceTypes]).toEqual([
      ['m7g.large', { architecture: 'arm64', vcpus: 2, memoryMiB: 8192, hasNvmeVolumes: true }],
      ['t4g.nano', { architecture: 'arm64', vcpus: 2, memoryMiB: 512, hasNvmeVolumes: true }],
    ]);
    expect([...facts.hostImages.keys()]).toEqual(['arm64']);
    expect(facts.hostImages.get('arm64')?.imageId).not.toBe(facts.bastionImageId);
  });

  it('asks nothing when everything is pinned', async () => {
    const ground = createGround();
    await runHosts(ground);
    const first = await gather(ground);
    const address = async (): Promise<string> => {
      throw new Error('asked again');
    };
    const again = await gather(ground, { pins: first.pins, address });
    // The three lists that the plan reads anyway: where data stands, and whether something runs from the images.
    expect(again.meter.calls.total).toBe(3);
    expect(again.facts).toEqual(first.facts);
    expect(again.pins).toEqual(first.pins);
  });

  it('keeps the image that hosts run from, by its pin and without', async () => {
    const ground = createGround();
    const { facts: atFirst, pins } = await gather(ground);
    await runHosts(ground);
    releaseImages(ground.account.world);
    const { facts } = await gather(ground, { pins });
    expect(facts.hostImages).toEqual(atFirst.hostImages);
    const { facts: lost } = await gather(ground);
    expect(lost.hostImages).toEqual(atFirst.hostImages);
  });

  it('takes the newest image as long as no host runs, whatever an earlier run has chosen', async () => {
    const ground = createGround();
    const { facts: atFirst, pins } = await gather(ground);
    releaseImages(ground.account.world);
    const { facts } = await gather(ground, { pins });
    const [one, other] = [atFirst, facts].map(({ hostImages }) => hostImages.get('arm64'));
    expect(other?.imageId).not.toBe(one?.imageId);
    expect(facts.bastionImageId).not.toBe(atFirst.bastionImageId);
    expect(other?.createdAtMs).toBeGreaterThan(one?.createdAtMs ?? Infinity);
  });

  it('makes root disks as large as the image asks for, and never smaller than they need to be', async () => {
    const size = async (rootSizeGiB: number): Promise<number | undefined> => {
      const ground = createGround();
      setRootSize(ground.account.world, rootSizeGiB);
      return (await gather(ground)).facts.hostImages.get('arm64')?.rootSizeGiB;
    };
    expect(await size(8)).toBe(30);
    expect(await size(50)).toBe(50);
  });

  it('asks anew when the config asks for other types or zones', async () => {
    const ground = createGround();
    const { pins } = await gather(ground);
    const other = await gather(ground, { pins, yaml: 'instanceType: m7i.large' });
    expect(other.meter.calls.reads).toBeGreaterThan(0);
    expect(other.facts.instanceTypes.get('m7i.large')?.architecture).toBe('x86_64');
    expect([...other.facts.hostImages.keys()]).toEqual(['x86_64']);
  });

  it('takes zones that offer the type, and leaves out the one that does not', async () => {
    const yaml = 'instanceType: i4g.large\nnetwork: { zones: 2 }';
    const { facts } = await gather(createGround(), { yaml });
    expect(facts.zones).toEqual(['eu-west-1a', 'eu-west-1b']);
  });

  const grouped = (nodes: string, more = ''): string =>
    configText(more).replace('nodes: 3', `nodes: [${nodes}]`);
  const data = (count: number): string => `{ name: data, count: ${count}, instanceType: i4g.large }`;
  const masters = '{ name: masters, count: 1 }';

  it('asks a type only of the zones in which its own nodes stand', async () => {
    const { facts } = await gather(createGround(), { text: grouped(`${data(2)}, ${masters}`) });
    expect(facts.zones).toEqual(['eu-west-1a', 'eu-west-1b', 'eu-west-1c']);
  });

  it('orders zones so that each type is where its nodes stand', async () => {
    const { facts } = await gather(createGround(), { text: grouped(`${masters}, ${data(2)}`) });
    expect(facts.zones).toEqual(['eu-west-1c', 'eu-west-1a', 'eu-west-1b']);
  });

  it('names the zone that lacks a type, and none in which it has no node', async () => {
    const zones = 'network: { zones: [eu-west-1a, eu-west-1b, eu-west-1c] }';
    const { facts } = await gather(createGround(), { text: grouped(data(2), zones) });
    expect(facts.zones).toHaveLength(3);
    await expect(gather(createGround(), { text: grouped(data(3), zones) })).rejects.toMatchObject({
      code: 'INSTANCE_TYPE_UNAVAILABLE',
      message: expect.stringContaining('i4g.large is not offered in eu-west-1c'),
    });
  });

  it('stands the bastion in a zone that offers its type, and keeps it there', async () => {
    const yaml = 'bastion: { instanceType: i4g.large }\nnetwork: { zones: [eu-west-1c, eu-west-1b] }';
    const ground = createGround();
    const first = await gather(ground, { yaml });
    expect(first.facts.bastionZone).toBe('eu-west-1b');
    const again = await gather(ground, { yaml, pins: first.pins });
    expect(again.facts.bastionZone).toBe('eu-west-1b');
  });

  it.each(['impaired', 'constrained', 'unavailable'] as const)(
    'takes no %s zone by itself',
    async (state) => {
      const ground = createGround();
      setZoneState(ground.account.world, 'eu-west-1b', state);
      const { facts } = await gather(ground, { yaml: 'network: { zones: 2 }' });
      expect(facts.zones).toEqual(['eu-west-1a', 'eu-west-1c']);
      await expect(gather(ground)).rejects.toMatchObject({
        code: 'ZONE_UNKNOWN',
        hints: [`zones there: eu-west-1a, eu-west-1c; not well at the moment: eu-west-1b (${state})`],
      });
      await expect(
        gather(ground, { yaml: 'network: { zones: [eu-west-1a, eu-west-1b] }' }),
      ).rejects.toMatchObject({
        code: 'ZONE_UNFIT',
        message: `es-ecs.yaml:5:32: AWS calls eu-west-1b ${state}: nothing new is begun there`,
      });
    },
  );

  it('takes a zone of which AWS only has something to tell', async () => {
    const ground = createGround();
    setZoneState(ground.account.world, 'eu-west-1b', 'information');
    expect((await gather(ground)).facts.zones).toEqual(['eu-west-1a', 'eu-west-1b', 'eu-west-1c']);
    const named = await gather(ground, { yaml: 'network: { zones: [eu-west-1b] }' });
    expect(named.facts.zones).toEqual(['eu-west-1b']);
  });

  const east = (zones: string): string =>
    configText(`network: { zones: ${zones} }`).replace('eu-west-1', 'us-east-1');

  it.each([
    ['us-east-1-bos-1a', 'ZONE_UNFIT', 'is a local zone, where there are no NAT gateways'],
    ['us-east-1-wl1-bos-wlz-1', 'CONFIG_INVALID', 'us-east-1-wl1-bos-wlz-1'],
    ['us-east-1-chi-1a', 'ZONE_UNFIT', 'is a local zone that the account has not opted in to, where'],
    ['us-east-1-mia-9z', 'ZONE_UNKNOWN', 'is not a zone of us-east-1 for this account'],
    // The account's name for use1-az3.
    ['us-east-1b', 'INSTANCE_TYPE_UNAVAILABLE', 'm7g.large is not offered in us-east-1b'],
  ])('refuses %s with why', async (zone, code, why) => {
    const ground = createGround(undefined, 'us-east-1');
    await expect(gather(ground, { text: east(`[us-east-1a, ${zone}]`) })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(why),
    });
  });

  it('takes neither local zones nor one without newer types by itself, however many are asked for', async () => {
    const ground = createGround(undefined, 'us-east-1');
    const { facts } = await gather(ground, { text: east('5') });
    expect(facts.zones).toEqual(['a', 'c', 'd', 'e', 'f'].map((letter) => `us-east-1${letter}`));
    await expect(gather(ground, { text: east('6') })).rejects.toMatchObject({
      code: 'INSTANCE_TYPE_UNAVAILABLE',
    });
  });

  it('keeps a zone that has become impaired since', async () => {
    const ground = createGround();
    await (await ground.view(build)).up();
    setZoneState(ground.account.world, 'eu-west-1b', 'impaired');
    const zones = ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'];
    expect((await gather(ground)).facts.zones).toEqual(zones);
    const named = await gather(ground, { yaml: `network: { zones: [${zones.join()}] }` });
    expect(named.facts.zones).toEqual(zones);
    expect(lines(await (await ground.view(build)).plan())).toEqual([]);
  });

  it.each([
    ['instanceType: t2.large', 'es-ecs.yaml:5:15: t2.large is on Xen'],
    ['instanceType: i3.large', 'es-ecs.yaml:5:15: i3.large is on Xen'],
    ['instanceType: t4g.micro', 'es-ecs.yaml:5:15: t4g.micro is too small: it has 1024 MiB'],
    ['bastion: false\ninstanceType: t3.nano', 'es-ecs.yaml:6:15: t3.nano is too small'],
  ])('refuses a type on which no node runs: %s', async (yaml, message) => {
    await expect(gather(createGround(), { yaml })).rejects.toMatchObject({
      code: 'INSTANCE_TYPE_UNFIT',
      message: expect.stringContaining(message),
    });
  });

  it('refuses a heap that the host has no room for, pinned or not', async () => {
    const heap = (heapMiB: number): string =>
      `name: search\nregion: eu-west-1\nelasticsearch: { version: 9.4.6, heapMiB: ${heapMiB} }\nnodes: 3\n`;
    const ground = createGround();
    const { pins } = await gather(ground, { text: heap(4096) });
    const refused = {
      code: 'INSTANCE_TYPE_UNFIT',
      message: expect.stringMatching(
        /^es-ecs\.yaml:3:\d+: on m7g\.large, a heap of 6000 MiB leaves too little/,
      ),
    };
    await expect(gather(ground, { text: heap(6000), pins })).rejects.toMatchObject(refused);
    await expect(gather(ground, { text: heap(6000) })).rejects.toMatchObject(refused);
  });

  it('takes a Xen type for the bastion, which has no data volume', async () => {
    const { facts } = await gather(createGround(), { yaml: 'bastion: { instanceType: t2.micro }' });
    expect(facts.instanceTypes.get('t2.micro')?.hasNvmeVolumes).toBe(false);
  });

  it('keeps zones in the places where their subnets stand', async () => {
    const ground = createGround();
    await (await ground.view(build, 'network: { zones: [eu-west-1c, eu-west-1a] }')).up();
    const { facts } = await gather(ground, { yaml: 'network: { zones: 3 }' });
    expect(facts.zones).toEqual(['eu-west-1c', 'eu-west-1a', 'eu-west-1b']);
  });

  it('names the line of a zone that does not exist, and those that do', async () => {
    const yaml = 'network:\n  zones: [eu-west-1a, eu-west-1x]';
    await expect(gather(createGround(), { yaml })).rejects.toMatchObject({
      code: 'ZONE_UNKNOWN',
      message: 'es-ecs.yaml:6:23: eu-west-1x is not a zone of eu-west-1 for this account',
      hints: ['zones there: eu-west-1a, eu-west-1b, eu-west-1c'],
    });
  });

  it('says how many zones there are when more are asked for', async () => {
    await expect(gather(createGround(), { yaml: 'network: { zones: 5 }' })).rejects.toMatchObject({
      code: 'ZONE_UNKNOWN',
      message: expect.stringContaining('eu-west-1 has no 5 zones'),
    });
  });

  it('names the line of a type that a named zone does not offer, and others that it does', async () => {
    const yaml = 'instanceType: i4g.large\nnetwork: { zones: [eu-west-1a, eu-west-1c] }';
    await expect(gather(createGround(), { yaml })).rejects.toMatchObject({
      code: 'INSTANCE_TYPE_UNAVAILABLE',
      message: 'es-ecs.yaml:5:15: i4g.large is not offered in eu-west-1c',
      hints: ['offered there: i4i.large'],
    });
  });

  it('names types of the other architecture where a region has no Graviton at all', async () => {
    const ground = createGround(undefined, 'eu-isoe-west-1');
    withholdFamilies(ground.account.world, [
      'm6g',
      'm7g',
      'm8g',
      'r6g',
      'r7g',
      'r8g',
      'c6g',
      'c7g',
      'c8g',
      't4g',
      'i4g',
    ]);
    const text = configText().replace('eu-west-1', 'eu-isoe-west-1');
    await expect(gather(ground, { text })).rejects.toMatchObject({
      code: 'INSTANCE_TYPE_UNAVAILABLE',
      message: expect.stringContaining('m7g.large is not offered in eu-isoe-west-1a'),
      hints: [expect.stringContaining('m7i.large')],
    });
    const other = configText('instanceType: m7i.large\nbastion: { instanceType: t3.micro }\n');
    const { facts } = await gather(ground, { text: other.replace('eu-west-1', 'eu-isoe-west-1') });
    expect([...facts.hostImages.keys()]).toEqual(['x86_64']);
  });

  it('says that a region publishes no image of Amazon Linux for ECS', async () => {
    const ground = createGround();
    withholdImages(ground.account.world);
    await expect(gather(ground)).rejects.toMatchObject({
      code: 'AWS',
      message: expect.stringContaining('eu-west-1 has no public parameter /aws/service/ecs/optimized-ami/'),
    });
  });

  it.each(['', 'network: { zones: [eu-west-1a] }'])(
    'says that a type is offered nowhere %s',
    async (zones) => {
      const yaml = `bastion: { instanceType: m99g.large }\n${zones}`;
      await expect(gather(createGround(), { yaml })).rejects.toMatchObject({
        code: 'INSTANCE_TYPE_UNAVAILABLE',
        message: 'es-ecs.yaml:5:26: m99g.large is not offered in eu-west-1a, eu-west-1b, eu-west-1c',
        hints: ['offered there: m8g.large, m7g.large, m6g.large'],
      });
    },
  );

  it.each([
    ['cannot be asked', () => Promise.reject(new Error('no route'))],
    ['answers nonsense', () => Promise.resolve('<html>')],
    ['answers an IPv6 address', () => Promise.resolve('2001:db8::1')],
  ])('names the line to set when the check-ip page %s', async (_what, address) => {
    await expect(gather(createGround(), { address })).rejects.toMatchObject({
      code: 'CALLER_ADDRESS_UNKNOWN',
      hints: [expect.stringContaining('bastion.allowedCidrs')],
    });
  });

  it('does not ask for the address when it is not needed', async () => {
    const address = async (): Promise<string> => {
      throw new Error('asked');
    };
    const off = await gather(createGround(), { yaml: 'bastion: false', address });
    expect(off.facts.bastionCidrs).toEqual([]);
    expect(off.facts.bastionImageId).toBeUndefined();
    const yaml = 'bastion: { allowedCidrs: [198.51.100.0/24] }';
    const named = await gather(createGround(), { yaml, address });
    expect(named.facts.bastionCidrs).toEqual(['198.51.100.0/24']);
  });

  it('learns the address from the rule it was given when the state is lost', async () => {
    const ground = createGround();
    await (await ground.view(build)).up();
    const { facts } = await gather(ground, { address: async () => '192.0.2.99' });
    expect(facts.bastionCidrs).toEqual(['203.0.113.7/32']);
  });
});

describe('identify', () => {
  it('says whose credentials these are', async () => {
    expect(await identify(createGround().clients)).toEqual({
      accountId: '123456789012',
      callerArn: 'arn:aws:iam::123456789012:user/simulated',
      partition: 'aws',
    });
  });
});

describe('the simulated account', () => {
  it('has a type that not every zone offers, or the tests above prove nothing', async () => {
    const { InstanceTypeOfferings = [] } = await createGround().clients.ec2.send(
      new DescribeInstanceTypeOfferingsCommand({
        LocationType: 'availability-zone',
        Filters: [{ Name: 'instance-type', Values: ['i4g.large'] }],
      }),
    );
    expect(InstanceTypeOfferings).toHaveLength(2);
  });
});
