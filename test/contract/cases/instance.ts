import {
  AssociateIamInstanceProfileCommand,
  DeleteSecurityGroupCommand,
  DeleteSubnetCommand,
  DescribeIamInstanceProfileAssociationsCommand,
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeVolumesCommand,
  DisassociateIamInstanceProfileCommand,
  GetConsoleOutputCommand,
  ImportKeyPairCommand,
  ModifyInstanceAttributeCommand,
  ModifyInstanceMetadataOptionsCommand,
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  GetInstanceProfileCommand,
} from '@aws-sdk/client-iam';
import type { InstanceStateName, RunInstancesCommandInput } from '@aws-sdk/client-ec2';

import type { Clients } from '../../../src/aws/clients.ts';
import { answer, given, isId, outcome, tagsOf } from '../case.ts';
import type { ContractCase, Scratch } from '../case.ts';
import {
  hostImage,
  makeInternetGateway,
  makeSecurityGroup,
  makeSubnet,
  makeVpc,
  publicKey,
  unknown,
} from '../fixtures.ts';

interface Place {
  readonly vpcId: string;
  readonly subnetId: string;
  readonly groupId: string;
  readonly keyName: string;
}

async function place(clients: Clients, scratch: Scratch): Promise<Place> {
  const vpcId = await makeVpc(clients);
  await makeInternetGateway(clients, vpcId);
  const keyName = scratch.name('key');
  const PublicKeyMaterial = new TextEncoder().encode(publicKey(1));
  await clients.ec2.send(new ImportKeyPairCommand({ KeyName: keyName, PublicKeyMaterial }));
  return {
    vpcId,
    subnetId: await makeSubnet(clients, vpcId),
    groupId: await makeSecurityGroup(clients, scratch, vpcId),
    keyName,
  };
}

/** As the bastion is run. */
async function launchRequest(clients: Clients, where: Place): Promise<RunInstancesCommandInput> {
  return {
    MinCount: 1,
    MaxCount: 1,
    ImageId: await hostImage(clients),
    InstanceType: 't3.micro',
    KeyName: where.keyName,
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: where.subnetId,
        Groups: [where.groupId],
        AssociatePublicIpAddress: true,
        DeleteOnTermination: true,
      },
    ],
    MetadataOptions: { HttpEndpoint: 'enabled', HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
    BlockDeviceMappings: [
      {
        DeviceName: '/dev/xvda',
        Ebs: { Encrypted: true, VolumeType: 'gp3', VolumeSize: 30, DeleteOnTermination: true },
      },
    ],
    TagSpecifications: [
      { ResourceType: 'instance', Tags: [{ Key: 'es-ecs-cluster', Value: where.keyName }] },
      { ResourceType: 'volume', Tags: [{ Key: 'es-ecs-cluster', Value: where.keyName }] },
    ],
  };
}

/** An instance profile with a role in it. */
async function makeProfile({ iam }: Clients, name: string): Promise<void> {
  const AssumeRolePolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  });
  await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument }));
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: name }));
  await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: name, RoleName: name }));
}

async function run(clients: Clients, where: Place): Promise<string> {
  const { Instances } = await clients.ec2.send(new RunInstancesCommand(await launchRequest(clients, where)));
  return given(Instances?.[0]?.InstanceId);
}

async function look({ ec2 }: Clients, id: string) {
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  return Reservations?.[0]?.Instances?.[0];
}

function untilState(
  clients: Clients,
  scratch: Scratch,
  { id, state }: { id: string; state: InstanceStateName },
) {
  return scratch.until(
    () => look(clients, id),
    (seen) => seen?.State?.Name === state,
  );
}

export const instanceCases: readonly ContractCase[] = [
  {
    name: 'instance: run it, look at it, end it',
    calls: ['EC2:RunInstances', 'EC2:DescribeInstances', 'EC2:TerminateInstances'],
    expected: {
      'has an id': true,
      'state right after': 'pending',
      'state then': 'running',
      'type, subnet, groups': ['t3.micro', true, true],
      key: true,
      'public address': true,
      'metadata options': ['required', 1, 'enabled'],
      tags: true,
      'tags of its disk': true,
      'its disk': ['gp3', true],
      'by its tag and state': 1,
      ending: 'done',
      'in the end': 'terminated',
      'ending it again': 'done',
      'of an unknown one': 'InvalidInstanceID.NotFound',
      'ending an unknown one': 'InvalidInstanceID.NotFound',
    },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const where = await place(clients, scratch);
      const made = await ec2.send(new RunInstancesCommand(await launchRequest(clients, where)));
      const id = given(made.Instances?.[0]?.InstanceId);
      const seen = await untilState(clients, scratch, { id, state: 'running' });
      const disks = await ec2.send(
        new DescribeVolumesCommand({ VolumeIds: [given(seen?.BlockDeviceMappings?.[0]?.Ebs?.VolumeId)] }),
      );
      const [disk] = disks.Volumes ?? [];
      const tag = { 'es-ecs-cluster': where.keyName };
      const listed = await ec2.send(
        new DescribeInstancesCommand({
          Filters: [
            { Name: 'tag:es-ecs-cluster', Values: [where.keyName] },
            {
              Name: 'instance-state-name',
              Values: ['pending', 'running', 'stopping', 'stopped', 'shutting-down'],
            },
          ],
        }),
      );
      const end = (one: string) => outcome(ec2.send(new TerminateInstancesCommand({ InstanceIds: [one] })));
      const { HttpTokens, HttpPutResponseHopLimit, HttpEndpoint } = seen?.MetadataOptions ?? {};
      const observed = {
        'has an id': isId('i', id),
        'state right after': made.Instances?.[0]?.State?.Name,
        'state then': seen?.State?.Name,
        'type, subnet, groups': [
          seen?.InstanceType,
          seen?.SubnetId === where.subnetId,
          seen?.SecurityGroups?.map((group) => group.GroupId).join() === where.groupId,
        ],
        key: seen?.KeyName === where.keyName,
        'public address': /^\d+\.\d+\.\d+\.\d+$/.test(seen?.PublicIpAddress ?? ''),
        'metadata options': [HttpTokens, HttpPutResponseHopLimit, HttpEndpoint],
        tags: JSON.stringify(tagsOf(seen?.Tags)) === JSON.stringify(tag),
        'tags of its disk': JSON.stringify(tagsOf(disk?.Tags)) === JSON.stringify(tag),
        'its disk': [disk?.VolumeType, disk?.Encrypted],
        'by its tag and state': listed.Reservations?.length,
        ending: await end(id),
      };
      const ended = await untilState(clients, scratch, { id, state: 'terminated' });
      return {
        ...observed,
        'in the end': ended?.State?.Name,
        'ending it again': await end(id),
        'of an unknown one': await outcome(look(clients, unknown.instance)),
        'ending an unknown one': await end(unknown.instance),
      };
    },
  },
  {
    name: 'instance: ends in its own time',
    calls: ['EC2:TerminateInstances'],
    // EC2 user guide, "Amazon EC2 instance state changes": shutting-down, then terminated.
    expected: { 'state right after': 'shutting-down' },
    run: async (clients, scratch) => {
      const id = await run(clients, await place(clients, scratch));
      await untilState(clients, scratch, { id, state: 'running' });
      const ended = await clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
      await clients.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
      return { 'state right after': ended.TerminatingInstances?.[0]?.CurrentState?.Name };
    },
  },
  {
    name: 'instance: what cannot be run',
    calls: ['EC2:RunInstances'],
    expected: {
      'with an unknown image': 'InvalidAMIID.NotFound',
      'with an unknown key': 'InvalidKeyPair.NotFound',
      'in an unknown subnet': 'InvalidSubnetID.NotFound',
    },
    run: async (clients, scratch) => {
      const request = await launchRequest(clients, await place(clients, scratch));
      const start = (change: Partial<RunInstancesCommandInput>) =>
        outcome(clients.ec2.send(new RunInstancesCommand({ ...request, ...change })));
      return {
        'with an unknown image': await start({ ImageId: 'ami-0123456789abcdef0' }),
        'with an unknown key': await start({ KeyName: 'nobody' }),
        'in an unknown subnet': await start({
          NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: unknown.subnet }],
        }),
      };
    },
  },
  {
    name: 'instance: a root disk of no size is as large as its image',
    calls: ['EC2:RunInstances'],
    // EC2 user guide, "Block device mappings": what a mapping leaves out of the image's own root disk stays
    // as it is there.
    expected: { running: 'done', 'the disk has a size': true },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const request = await launchRequest(clients, await place(clients, scratch));
      const BlockDeviceMappings = [{ DeviceName: '/dev/xvda', Ebs: { Encrypted: true } }];
      const running = ec2.send(new RunInstancesCommand({ ...request, BlockDeviceMappings }));
      const id = await running.then(({ Instances }) => Instances?.[0]?.InstanceId).catch(() => undefined);
      const Filters = [{ Name: 'attachment.instance-id', Values: [id ?? unknown.instance] }];
      if (id !== undefined) await untilState(clients, scratch, { id, state: 'running' });
      const { Volumes } = await ec2.send(new DescribeVolumesCommand({ Filters }));
      return { running: await outcome(running), 'the disk has a size': (Volumes?.[0]?.Size ?? 0) > 0 };
    },
  },
  {
    name: 'instance: with an unknown security group',
    calls: ['EC2:RunInstances'],
    expected: { running: 'InvalidGroup.NotFound' },
    run: async (clients, scratch) => {
      const where = await place(clients, scratch);
      // An id of its own: moto makes a group of it, which other cases would then find.
      const request = await launchRequest(clients, { ...where, groupId: 'sg-0fedcba9876543210' });
      return { running: await outcome(clients.ec2.send(new RunInstancesCommand(request))) };
    },
  },
  {
    name: 'instance: a client token runs one',
    calls: ['EC2:RunInstances'],
    // "Ensuring idempotency in Amazon EC2 API requests", RunInstances idempotency.
    expected: { 'the same one': true, 'with other parameters': 'IdempotentParameterMismatch' },
    run: async (clients, scratch) => {
      const request = await launchRequest(clients, await place(clients, scratch));
      const ClientToken = scratch.name('token');
      const start = (change: Partial<RunInstancesCommandInput> = {}) =>
        clients.ec2.send(new RunInstancesCommand({ ...request, ...change, ClientToken }));
      const [first, second] = [await start(), await start()];
      return {
        'the same one': first.Instances?.[0]?.InstanceId === second.Instances?.[0]?.InstanceId,
        'with other parameters': await outcome(start({ InstanceType: 't3.small' })),
      };
    },
  },
  {
    name: 'instance: changes while it runs',
    calls: ['EC2:ModifyInstanceAttribute', 'EC2:ModifyInstanceMetadataOptions'],
    expected: {
      'another security group': true,
      'tokens optional': 'optional',
      'tokens required': 'required',
      'hop limit stays': 1,
      'groups of an unknown one': 'InvalidInstanceID.NotFound',
      'options of an unknown one': 'InvalidInstanceID.NotFound',
    },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const where = await place(clients, scratch);
      const other = await makeSecurityGroup(clients, scratch, where.vpcId);
      const id = await run(clients, where);
      await untilState(clients, scratch, { id, state: 'running' });
      const regroup = (InstanceId: string) =>
        ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, Groups: [other] }));
      const tokens = (InstanceId: string, HttpTokens: 'optional' | 'required') =>
        ec2.send(new ModifyInstanceMetadataOptionsCommand({ InstanceId, HttpTokens }));
      await regroup(id);
      const seen = await look(clients, id);
      await tokens(id, 'optional');
      const optional = await look(clients, id);
      await tokens(id, 'required');
      const required = await look(clients, id);
      return {
        'another security group': seen?.SecurityGroups?.map((group) => group.GroupId).join() === other,
        'tokens optional': optional?.MetadataOptions?.HttpTokens,
        'tokens required': required?.MetadataOptions?.HttpTokens,
        'hop limit stays': required?.MetadataOptions?.HttpPutResponseHopLimit,
        'groups of an unknown one': await outcome(regroup(unknown.instance)),
        'options of an unknown one': await outcome(tokens(unknown.instance, 'required')),
      };
    },
  },
  {
    name: 'instance: an instance profile that somebody gives to it',
    calls: ['EC2:DescribeIamInstanceProfileAssociations', 'EC2:DisassociateIamInstanceProfile'],
    // EC2 user guide, "Attach an IAM role to an instance": while it runs, by an association that has an id.
    expected: {
      'without one': 0,
      'with one': ['its own', 'its own'],
      'a second one': 'IncorrectState',
      'taken away': 'done',
      'then it has': 'none',
      'taken away again': 'InvalidAssociationID.NotFound',
    },
    run: async (clients, scratch) => {
      const { ec2, iam } = clients;
      const name = scratch.name('profile');
      await makeProfile(clients, name);
      const id = await run(clients, await place(clients, scratch));
      await untilState(clients, scratch, { id, state: 'running' });
      const Filters = [{ Name: 'instance-id', Values: [id] }];
      const associations = async () => {
        const command = new DescribeIamInstanceProfileAssociationsCommand({ Filters });
        return (await ec2.send(command)).IamInstanceProfileAssociations ?? [];
      };
      const bare = (await associations()).length;
      const give = () =>
        ec2.send(
          new AssociateIamInstanceProfileCommand({ InstanceId: id, IamInstanceProfile: { Name: name } }),
        );
      // EC2 hears of a new profile some seconds after IAM has it.
      await scratch.until(
        () => outcome(give()),
        (ended) => ended === 'done',
      );
      const { InstanceProfile } = await iam.send(
        new GetInstanceProfileCommand({ InstanceProfileName: name }),
      );
      const own = (arn: string | undefined) => (arn === InstanceProfile?.Arn ? 'its own' : (arn ?? 'none'));
      const [one] = await associations();
      const shown = await look(clients, id);
      const second = await outcome(give());
      const take = () =>
        outcome(ec2.send(new DisassociateIamInstanceProfileCommand({ AssociationId: one?.AssociationId })));
      const taken = await take();
      const after = await scratch.until(
        () => look(clients, id),
        (seen) => seen?.IamInstanceProfile === undefined,
      );
      return {
        'without one': bare,
        'with one': [own(one?.IamInstanceProfile?.Arn), own(shown?.IamInstanceProfile?.Arn)],
        'a second one': second,
        'taken away': taken,
        'then it has': own(after?.IamInstanceProfile?.Arn),
        'taken away again': await take(),
      };
    },
  },
  {
    name: 'instance: stopped by hand, started again',
    calls: ['EC2:StartInstances'],
    expected: {
      'once stopped': 'stopped',
      'its address': 'none',
      starting: 'done',
      'in the end': 'running',
      'starting one that runs': 'done',
      'starting an unknown one': 'InvalidInstanceID.NotFound',
    },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const id = await run(clients, await place(clients, scratch));
      await untilState(clients, scratch, { id, state: 'running' });
      await ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
      const stopped = await untilState(clients, scratch, { id, state: 'stopped' });
      const start = (one: string) => outcome(ec2.send(new StartInstancesCommand({ InstanceIds: [one] })));
      return {
        'once stopped': stopped?.State?.Name,
        'its address': stopped?.PublicIpAddress ?? 'none',
        starting: await start(id),
        'in the end': (await untilState(clients, scratch, { id, state: 'running' }))?.State?.Name,
        'starting one that runs': await start(id),
        'starting an unknown one': await start(unknown.instance),
      };
    },
  },
  {
    name: 'instance: holds its subnet and security group until it has ended',
    calls: ['EC2:DeleteSubnet', 'EC2:DeleteSecurityGroup'],
    expected: {
      'its subnet': 'DependencyViolation',
      'its group': 'DependencyViolation',
      'its group afterwards': 'done',
      'its subnet afterwards': 'done',
    },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const where = await place(clients, scratch);
      const id = await run(clients, where);
      await untilState(clients, scratch, { id, state: 'running' });
      const subnet = () => outcome(ec2.send(new DeleteSubnetCommand({ SubnetId: where.subnetId })));
      const group = () => outcome(ec2.send(new DeleteSecurityGroupCommand({ GroupId: where.groupId })));
      const before = { 'its subnet': await subnet(), 'its group': await group() };
      await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
      await untilState(clients, scratch, { id, state: 'terminated' });
      return { ...before, 'its group afterwards': await group(), 'its subnet afterwards': await subnet() };
    },
  },
  {
    name: 'instance: what holds its subnet, its group and its VPC is its interface',
    calls: ['EC2:DescribeNetworkInterfaces'],
    // DescribeNetworkInterfaces, filters: subnet-id, group-id, vpc-id, association.public-ip; "*" stands for anything.
    expected: {
      'by subnet': 'its own',
      'by group': 'its own',
      'by VPC': 'its own',
      'with a public address': 'its own',
      'names the instance': true,
      'of a group of nobody': 'none',
    },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const where = await place(clients, scratch);
      const id = await run(clients, where);
      const seen = await untilState(clients, scratch, { id, state: 'running' });
      await scratch.settle();
      const own = seen?.NetworkInterfaces?.[0]?.NetworkInterfaceId;
      const find = (filters: Readonly<Record<string, string>>) => {
        const Filters = Object.entries(filters).map(([Name, value]) => ({ Name, Values: [value] }));
        return ec2.send(new DescribeNetworkInterfacesCommand({ Filters }));
      };
      const whose = (filters: Readonly<Record<string, string>>) =>
        answer(find(filters), ({ NetworkInterfaces = [] }) => {
          const [one] = NetworkInterfaces;
          if (one === undefined) return 'none';
          return NetworkInterfaces.length === 1 && one.NetworkInterfaceId === own ? 'its own' : 'others';
        });
      const [one] = (await find({ 'subnet-id': where.subnetId })).NetworkInterfaces ?? [];
      return {
        'by subnet': await whose({ 'subnet-id': where.subnetId }),
        'by group': await whose({ 'group-id': where.groupId }),
        'by VPC': await whose({ 'vpc-id': where.vpcId }),
        'with a public address': await whose({ 'vpc-id': where.vpcId, 'association.public-ip': '*' }),
        'names the instance': one?.Attachment?.InstanceId === id,
        'of a group of nobody': await whose({ 'group-id': unknown.securityGroup }),
      };
    },
  },
  {
    name: 'instance: what its console says',
    calls: ['EC2:GetConsoleOutput'],
    // GetConsoleOutput: "The console output, base64-encoded."
    expected: { 'is base64': true, 'of an unknown one': 'InvalidInstanceID.NotFound' },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const id = await run(clients, await place(clients, scratch));
      await untilState(clients, scratch, { id, state: 'running' });
      const say = (InstanceId: string) => ec2.send(new GetConsoleOutputCommand({ InstanceId, Latest: true }));
      const { Output = '' } = await say(id);
      return {
        'is base64': Buffer.from(Output, 'base64').toString('base64') === Output,
        'of an unknown one': await outcome(say(unknown.instance)),
      };
    },
  },
];
