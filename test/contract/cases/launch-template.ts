import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DeleteLaunchTemplateCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  ModifyLaunchTemplateCommand,
} from '@aws-sdk/client-ec2';
import type { RequestLaunchTemplateData } from '@aws-sdk/client-ec2';

import type { Clients } from '../../../src/aws/clients.ts';
import { answer, given, isId, outcome, tagsOf } from '../case.ts';
import type { ContractCase } from '../case.ts';
import { unknown } from '../fixtures.ts';

/** As hosts are made. */
const contents: RequestLaunchTemplateData = {
  ImageId: 'ami-0123456789abcdef0',
  InstanceType: 'm7g.large',
  IamInstanceProfile: { Name: 'es-ecs-search-eu-west-1-instance' },
  KeyName: 'es-ecs-search',
  UserData: Buffer.from('#!/bin/bash\n').toString('base64'),
  Monitoring: { Enabled: true },
  NetworkInterfaces: [
    {
      DeviceIndex: 0,
      AssociatePublicIpAddress: false,
      DeleteOnTermination: true,
      Groups: [unknown.securityGroup],
    },
  ],
  MetadataOptions: {
    HttpEndpoint: 'enabled',
    HttpTokens: 'required',
    HttpPutResponseHopLimit: 2,
    InstanceMetadataTags: 'enabled',
  },
  BlockDeviceMappings: [
    {
      DeviceName: '/dev/xvda',
      Ebs: { VolumeType: 'gp3', VolumeSize: 30, Encrypted: true, DeleteOnTermination: true },
    },
  ],
  TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: 'es-ecs-cluster', Value: 'search' }] }],
};

function make({ ec2 }: Clients, LaunchTemplateName: string, more: object = {}) {
  return ec2.send(
    new CreateLaunchTemplateCommand({ LaunchTemplateName, LaunchTemplateData: contents, ...more }),
  );
}

function version({ ec2 }: Clients, LaunchTemplateId: string, one = '$Latest') {
  return ec2.send(new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId, Versions: [one] }));
}

export const launchTemplateCases: readonly ContractCase[] = [
  {
    name: 'launch template: create, look at it, delete it',
    calls: [
      'EC2:CreateLaunchTemplate',
      'EC2:DescribeLaunchTemplates',
      'EC2:DescribeLaunchTemplateVersions',
      'EC2:DeleteLaunchTemplate',
    ],
    expected: {
      'has an id': true,
      versions: [1, 1],
      tags: { 'es-ecs-cluster': 'search' },
      'by its tag': 1,
      'another of its name': 'InvalidLaunchTemplateName.AlreadyExistsException',
      deleting: 'done',
      'deleting again': 'InvalidLaunchTemplateId.NotFound',
      'looking at it': 'InvalidLaunchTemplateId.NotFound',
      'its versions': 'InvalidLaunchTemplateId.NotFound',
    },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const name = scratch.name('template');
      const Tags = [{ Key: 'es-ecs-cluster', Value: 'search' }];
      const TagSpecifications = [{ ResourceType: 'launch-template', Tags }];
      const made = await make(clients, name, { TagSpecifications });
      const LaunchTemplateId = given(made.LaunchTemplate?.LaunchTemplateId);
      await scratch.settle();
      const look = () =>
        ec2.send(new DescribeLaunchTemplatesCommand({ LaunchTemplateIds: [LaunchTemplateId] }));
      const seen = (await look()).LaunchTemplates?.[0];
      const Filters = [
        { Name: 'tag:es-ecs-cluster', Values: ['search'] },
        { Name: 'launch-template-name', Values: [name] },
      ];
      const listed = await ec2.send(new DescribeLaunchTemplatesCommand({ Filters }));
      const remove = () => outcome(ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId })));
      return {
        'has an id': isId('lt', LaunchTemplateId),
        versions: [seen?.DefaultVersionNumber, seen?.LatestVersionNumber],
        tags: tagsOf(seen?.Tags),
        'by its tag': listed.LaunchTemplates?.length,
        'another of its name': await outcome(make(clients, name)),
        deleting: await remove(),
        'deleting again': await remove(),
        'looking at it': await outcome(look()),
        'its versions': await outcome(version(clients, LaunchTemplateId)),
      };
    },
  },
  {
    name: 'launch template: what a version says is what it was given',
    calls: ['EC2:DescribeLaunchTemplateVersions'],
    expected: {
      number: 1,
      'image, type, key': ['ami-0123456789abcdef0', 'm7g.large', 'es-ecs-search'],
      profile: { Name: 'es-ecs-search-eu-west-1-instance' },
      'user data': '#!/bin/bash\n',
      monitoring: { Enabled: true },
      interfaces: contents.NetworkInterfaces,
      metadata: ['enabled', 'required', 2, 'enabled'],
      disks: contents.BlockDeviceMappings,
      tags: contents.TagSpecifications,
      'by its name': 1,
      'by an unknown name': 'InvalidLaunchTemplateName.NotFoundException',
      'by an unknown id': 'InvalidLaunchTemplateId.NotFound',
    },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const name = scratch.name('template');
      const made = await make(clients, name);
      const answer = await version(clients, given(made.LaunchTemplate?.LaunchTemplateId));
      const [one] = answer.LaunchTemplateVersions ?? [];
      const said = one?.LaunchTemplateData;
      const { HttpEndpoint, HttpTokens, HttpPutResponseHopLimit, InstanceMetadataTags } =
        said?.MetadataOptions ?? {};
      const byName = (LaunchTemplateName: string) =>
        ec2.send(new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateName, Versions: ['$Latest'] }));
      return {
        number: one?.VersionNumber,
        'image, type, key': [said?.ImageId, said?.InstanceType, said?.KeyName],
        profile: said?.IamInstanceProfile,
        'user data': Buffer.from(said?.UserData ?? '', 'base64').toString(),
        monitoring: said?.Monitoring,
        interfaces: said?.NetworkInterfaces,
        metadata: [HttpEndpoint, HttpTokens, HttpPutResponseHopLimit, InstanceMetadataTags],
        disks: said?.BlockDeviceMappings,
        tags: said?.TagSpecifications,
        'by its name': (await byName(name)).LaunchTemplateVersions?.length,
        'by an unknown name': await outcome(byName(scratch.name('nobody'))),
        'by an unknown id': await outcome(version(clients, unknown.launchTemplate)),
      };
    },
  },
  {
    name: 'launch template: a new version is the latest, and the default only when it is made so',
    calls: ['EC2:CreateLaunchTemplateVersion', 'EC2:ModifyLaunchTemplate'],
    expected: {
      number: 2,
      'then there are': [1, 2],
      '$Latest says': 'm7g.xlarge',
      '$Default says': 'm7g.large',
      'making it the default': 'done',
      'then the default is': [2, 2],
      'an unknown version': 'InvalidLaunchTemplateId.VersionNotFound',
      'a version of an unknown one': 'InvalidLaunchTemplateId.NotFound',
      'the default of an unknown one': 'InvalidLaunchTemplateId.NotFound',
    },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const made = await make(clients, scratch.name('template'));
      const LaunchTemplateId = given(made.LaunchTemplate?.LaunchTemplateId);
      const add = (id: string) =>
        ec2.send(
          new CreateLaunchTemplateVersionCommand({
            LaunchTemplateId: id,
            LaunchTemplateData: { ...contents, InstanceType: 'm7g.xlarge' },
          }),
        );
      const added = await add(LaunchTemplateId);
      const numbers = async () => {
        const answer = await ec2.send(
          new DescribeLaunchTemplatesCommand({ LaunchTemplateIds: [LaunchTemplateId] }),
        );
        const [one] = answer.LaunchTemplates ?? [];
        return [one?.DefaultVersionNumber, one?.LatestVersionNumber];
      };
      const says = async (which: string) =>
        (await version(clients, LaunchTemplateId, which)).LaunchTemplateVersions?.[0]?.LaunchTemplateData
          ?.InstanceType;
      const setDefault = (DefaultVersion: string, id = LaunchTemplateId) =>
        outcome(ec2.send(new ModifyLaunchTemplateCommand({ LaunchTemplateId: id, DefaultVersion })));
      return {
        number: added.LaunchTemplateVersion?.VersionNumber,
        'then there are': await numbers(),
        '$Latest says': await says('$Latest'),
        '$Default says': await says('$Default'),
        'making it the default': await setDefault('2'),
        'then the default is': await numbers(),
        'an unknown version': await setDefault('7'),
        'a version of an unknown one': await outcome(add(unknown.launchTemplate)),
        'the default of an unknown one': await setDefault('1', unknown.launchTemplate),
      };
    },
  },
  {
    name: 'launch template: a client token makes one',
    calls: ['EC2:CreateLaunchTemplate'],
    expected: { 'the same one': true },
    run: async (clients, scratch) => {
      const name = scratch.name('template');
      const ClientToken = scratch.name('token');
      const first = await make(clients, name, { ClientToken });
      const same = await answer(
        make(clients, name, { ClientToken }),
        (again) => again.LaunchTemplate?.LaunchTemplateId === first.LaunchTemplate?.LaunchTemplateId,
      );
      return { 'the same one': same };
    },
  },
];
