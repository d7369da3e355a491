import {
  AttachVolumeCommand,
  CreateVolumeCommand,
  DeleteVolumeCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  DescribeVolumesModificationsCommand,
  ModifyVolumeCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import type { CreateVolumeCommandInput } from '@aws-sdk/client-ec2';

import type { Clients } from '../../../src/aws/clients.ts';
import { given, isId, outcome, tagsOf } from '../case.ts';
import type { ContractCase } from '../case.ts';
import { hostImage, makeSubnet, makeVpc, otherZone, unknown, zone } from '../fixtures.ts';

const request: CreateVolumeCommandInput = {
  AvailabilityZone: zone,
  VolumeType: 'gp3',
  Size: 100,
  Iops: 3000,
  Throughput: 125,
  Encrypted: true,
};

async function make({ ec2 }: Clients, change: Partial<CreateVolumeCommandInput> = {}) {
  return ec2.send(new CreateVolumeCommand({ ...request, ...change }));
}

async function look({ ec2 }: Clients, id: string) {
  return (await ec2.send(new DescribeVolumesCommand({ VolumeIds: [id] }))).Volumes?.[0];
}

export const volumeCases: readonly ContractCase[] = [
  {
    name: 'volume: create, look at it, delete it',
    calls: ['EC2:CreateVolume', 'EC2:DescribeVolumes', 'EC2:DeleteVolume'],
    expected: {
      'has an id': true,
      'in the end': 'available',
      seen: ['gp3', 100, 3000, 125, true, zone],
      tags: { 'es-ecs-cluster': 'search', 'es-ecs-node': 'search-0' },
      'by its tag': true,
      deleting: 'done',
      'then it is gone': true,
      'deleting an unknown one': 'InvalidVolume.NotFound',
      'of an unknown one': 'InvalidVolume.NotFound',
    },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const Tags = [
        { Key: 'es-ecs-cluster', Value: 'search' },
        { Key: 'es-ecs-node', Value: 'search-0' },
      ];
      const made = await make(clients, { TagSpecifications: [{ ResourceType: 'volume', Tags }] });
      const VolumeId = given(made.VolumeId);
      const seen = await scratch.until(
        () => look(clients, VolumeId),
        (one) => one?.State === 'available',
      );
      await scratch.settle();
      const Filters = [{ Name: 'tag:es-ecs-node', Values: ['search-0'] }];
      const listed = await ec2.send(new DescribeVolumesCommand({ Filters }));
      const remove = (one: string) => outcome(ec2.send(new DeleteVolumeCommand({ VolumeId: one })));
      const deleting = await remove(VolumeId);
      const state = await scratch.until(
        async () => {
          const { Volumes } = await ec2.send(new DescribeVolumesCommand({ Filters }));
          return Volumes?.find((one) => one.VolumeId === VolumeId)?.State;
        },
        (one) => one === undefined || one === 'deleted',
      );
      return {
        'has an id': isId('vol', VolumeId),
        'in the end': seen?.State,
        seen: [
          seen?.VolumeType,
          seen?.Size,
          seen?.Iops,
          seen?.Throughput,
          seen?.Encrypted,
          seen?.AvailabilityZone,
        ],
        tags: tagsOf(seen?.Tags),
        'by its tag': listed.Volumes?.some((one) => one.VolumeId === VolumeId),
        deleting,
        'then it is gone': state === undefined || state === 'deleted',
        'deleting an unknown one': await remove(unknown.volume),
        'of an unknown one': await outcome(look(clients, unknown.volume)),
      };
    },
  },
  {
    name: 'volume: the state right after creation',
    calls: ['EC2:CreateVolume'],
    expected: { state: 'creating' },
    run: async (clients) => ({ state: (await make(clients)).State }),
  },
  {
    name: 'volume: grows',
    calls: ['EC2:ModifyVolume', 'EC2:DescribeVolumes', 'EC2:DescribeVolumesModifications'],
    expected: {
      growing: 'done',
      'then it is': [200, 4000, 250],
      'as it was asked for': [200, 4000, 250, 'gp3'],
      'of an unknown one': 'InvalidVolume.NotFound',
    },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const VolumeId = given((await make(clients)).VolumeId);
      await scratch.until(
        () => look(clients, VolumeId),
        (one) => one?.State === 'available',
      );
      const modify = (Size: number, id = VolumeId) =>
        outcome(
          ec2.send(
            new ModifyVolumeCommand({ VolumeId: id, VolumeType: 'gp3', Iops: 4000, Throughput: 250, Size }),
          ),
        );
      const growing = await modify(200);
      const seen = await scratch.until(
        () => look(clients, VolumeId),
        (one) => one?.Size === 200,
      );
      const { VolumesModifications: [latest] = [] } = await ec2.send(
        new DescribeVolumesModificationsCommand({ VolumeIds: [VolumeId] }),
      );
      return {
        growing,
        'then it is': [seen?.Size, seen?.Iops, seen?.Throughput],
        'as it was asked for': [
          latest?.TargetSize,
          latest?.TargetIops,
          latest?.TargetThroughput,
          latest?.TargetVolumeType,
        ],
        'of an unknown one': await modify(200, unknown.volume),
      };
    },
  },
  {
    name: 'volume: does not shrink',
    calls: ['EC2:ModifyVolume'],
    // EBS user guide, "Modify a volume": "You can't decrease the size of a volume."
    expected: { shrinking: 'InvalidParameterValue' },
    run: async (clients, scratch) => {
      const VolumeId = given((await make(clients)).VolumeId);
      await scratch.until(
        () => look(clients, VolumeId),
        (one) => one?.State === 'available',
      );
      return { shrinking: await outcome(clients.ec2.send(new ModifyVolumeCommand({ VolumeId, Size: 50 }))) };
    },
  },
  {
    name: 'volume: what cannot be made',
    calls: ['EC2:CreateVolume'],
    // CreateVolume: gp3 takes 3,000 to 80,000 IOPS, and EC2's error codes list InvalidZone.NotFound.
    expected: { 'in a zone of nobody': 'InvalidZone.NotFound', 'with too few IOPS': 'InvalidParameterValue' },
    run: async (clients) => ({
      'in a zone of nobody': await outcome(make(clients, { AvailabilityZone: 'eu-west-1z' })),
      'with too few IOPS': await outcome(make(clients, { Iops: 100 })),
    }),
  },
  {
    name: 'volume: a client token makes one',
    calls: ['EC2:CreateVolume'],
    expected: { 'the same one': true, 'with other parameters': 'IdempotentParameterMismatch' },
    run: async (clients, scratch) => {
      const ClientToken = scratch.name('token');
      const [first, second] = [await make(clients, { ClientToken }), await make(clients, { ClientToken })];
      return {
        'the same one': first.VolumeId === second.VolumeId,
        'with other parameters': await outcome(make(clients, { ClientToken, Size: 200 })),
      };
    },
  },
  {
    name: 'volume: attached',
    calls: ['EC2:DescribeVolumes', 'EC2:DeleteVolume'],
    expected: {
      attaching: 'done',
      seen: ['in-use', true],
      deleting: 'VolumeInUse',
      'one of another zone': 'InvalidVolume.ZoneMismatch',
    },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const SubnetId = await makeSubnet(clients, await makeVpc(clients));
      const ImageId = await hostImage(clients);
      const started = await ec2.send(
        new RunInstancesCommand({ MinCount: 1, MaxCount: 1, ImageId, InstanceType: 't3.micro', SubnetId }),
      );
      const InstanceId = given(started.Instances?.[0]?.InstanceId);
      await scratch.until(
        async () => {
          const { Reservations } = await ec2.send(
            new DescribeInstancesCommand({ InstanceIds: [InstanceId] }),
          );
          return Reservations?.[0]?.Instances?.[0]?.State?.Name;
        },
        (state) => state === 'running',
      );
      const [VolumeId, elsewhere] = [
        given((await make(clients)).VolumeId),
        given((await make(clients, { AvailabilityZone: otherZone })).VolumeId),
      ];
      await scratch.until(
        () => look(clients, elsewhere),
        (one) => one?.State === 'available',
      );
      const attach = (id: string) =>
        outcome(ec2.send(new AttachVolumeCommand({ VolumeId: id, InstanceId, Device: '/dev/sdf' })));
      const attaching = await attach(VolumeId);
      const seen = await scratch.until(
        () => look(clients, VolumeId),
        (one) => one?.State === 'in-use',
      );
      return {
        attaching,
        seen: [seen?.State, seen?.Attachments?.[0]?.InstanceId === InstanceId],
        deleting: await outcome(ec2.send(new DeleteVolumeCommand({ VolumeId }))),
        'one of another zone': await attach(elsewhere),
      };
    },
  },
];
