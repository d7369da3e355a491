import {
  CreateInternetGatewayCommand,
  CreateSubnetCommand,
  CreateTagsCommand,
  CreateVpcCommand,
  DeleteTagsCommand,
  DeleteVpcCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeTagsCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcsCommand,
  ModifyVpcAttributeCommand,
} from '@aws-sdk/client-ec2';

import { given, isId, outcome, tagsOf } from '../case.ts';
import type { ContractCase } from '../case.ts';
import {
  makeInternetGateway,
  makeRouteTable,
  makeSecurityGroup,
  makeSubnet,
  makeVpc,
  unknown,
} from '../fixtures.ts';

export const vpcCases: readonly ContractCase[] = [
  {
    name: 'tags: what of EC2 carries one with a certain value',
    calls: ['EC2:DescribeTags'],
    expected: {
      'with the value': [['vpc', 'es-ecs-cluster', true]],
      'with another': [],
    },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const cluster = scratch.name('cluster');
      const { Vpc: made } = await ec2.send(
        new CreateVpcCommand({
          CidrBlock: '10.31.0.0/16',
          TagSpecifications: [{ ResourceType: 'vpc', Tags: [{ Key: 'es-ecs-cluster', Value: cluster }] }],
        }),
      );
      const look = async (value: string) => {
        const Filters = [
          { Name: 'key', Values: ['es-ecs-cluster'] },
          { Name: 'value', Values: [value] },
        ];
        const { Tags = [] } = await ec2.send(new DescribeTagsCommand({ Filters, MaxResults: 1000 }));
        return Tags.map((one) => [one.ResourceType, one.Key, one.ResourceId === made?.VpcId]);
      };
      return {
        'with the value': await scratch.until(
          () => look(cluster),
          (seen) => seen.length > 0,
        ),
        'with another': await look(`${cluster}-2`),
      };
    },
  },
  {
    name: 'vpc: create, look at it, delete it',
    calls: ['EC2:CreateVpc', 'EC2:DescribeVpcs', 'EC2:DeleteVpc'],
    expected: {
      'has an id': true,
      'CIDR on creation': '10.0.0.0/16',
      'tags on creation': { Name: 'search', 'es-ecs-cluster': 'search' },
      'state in the end': 'available',
      'CIDR and tags in the end': ['10.0.0.0/16', { Name: 'search', 'es-ecs-cluster': 'search' }],
      'is default': false,
      'DNS support, DNS host names': [true, false],
      deleting: 'done',
      'deleting again': 'InvalidVpcID.NotFound',
      'looking at it': 'InvalidVpcID.NotFound',
    },
    run: async ({ ec2 }, scratch) => {
      const Tags = [
        { Key: 'es-ecs-cluster', Value: 'search' },
        { Key: 'Name', Value: 'search' },
      ];
      const { Vpc: made } = await ec2.send(
        new CreateVpcCommand({
          CidrBlock: '10.0.0.0/16',
          TagSpecifications: [{ ResourceType: 'vpc', Tags }],
        }),
      );
      const VpcId = given(made?.VpcId);
      const look = async () => (await ec2.send(new DescribeVpcsCommand({ VpcIds: [VpcId] }))).Vpcs?.[0];
      const seen = await scratch.until(look, (vpc) => vpc?.State === 'available');
      const attribute = (Attribute: 'enableDnsSupport' | 'enableDnsHostnames') =>
        ec2.send(new DescribeVpcAttributeCommand({ VpcId, Attribute }));
      const support = (await attribute('enableDnsSupport')).EnableDnsSupport?.Value;
      const hostnames = (await attribute('enableDnsHostnames')).EnableDnsHostnames?.Value;
      return {
        'has an id': isId('vpc', VpcId),
        'CIDR on creation': made?.CidrBlock,
        'tags on creation': tagsOf(made?.Tags),
        'state in the end': seen?.State,
        'CIDR and tags in the end': [seen?.CidrBlock, tagsOf(seen?.Tags)],
        'is default': seen?.IsDefault,
        'DNS support, DNS host names': [support, hostnames],
        deleting: await outcome(ec2.send(new DeleteVpcCommand({ VpcId }))),
        'deleting again': await outcome(ec2.send(new DeleteVpcCommand({ VpcId }))),
        'looking at it': await outcome(look()),
      };
    },
  },
  {
    name: 'vpc: what no VPC can be made of',
    calls: ['EC2:CreateVpc'],
    // CreateVpc: "The size must be between a /16 netmask and a /28 netmask."
    expected: { 'a /8': 'InvalidVpc.Range', 'a /29': 'InvalidVpc.Range', nonsense: 'InvalidParameterValue' },
    run: async ({ ec2 }) => {
      const make = (CidrBlock: string) => outcome(ec2.send(new CreateVpcCommand({ CidrBlock })));
      return {
        'a /8': await make('10.0.0.0/8'),
        'a /29': await make('10.0.0.0/29'),
        nonsense: await make('10.0.0.0.0/16'),
      };
    },
  },
  {
    name: 'vpc: the state right after creation',
    calls: ['EC2:CreateVpc'],
    expected: { state: 'pending' },
    run: async ({ ec2 }) => {
      const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
      return { state: Vpc?.State };
    },
  },
  {
    name: 'vpc: DNS attributes are set one by one',
    calls: ['EC2:ModifyVpcAttribute', 'EC2:DescribeVpcAttribute'],
    expected: {
      'host names on': 'done',
      'then they are': true,
      'support off': 'done',
      'then it is': false,
      'of an unknown VPC': 'InvalidVpcID.NotFound',
      'setting that of an unknown VPC': 'InvalidVpcID.NotFound',
    },
    run: async (clients) => {
      const { ec2 } = clients;
      const VpcId = await makeVpc(clients);
      const on = ec2.send(new ModifyVpcAttributeCommand({ VpcId, EnableDnsHostnames: { Value: true } }));
      const hostNamesOn = await outcome(on);
      const hostnames = await ec2.send(
        new DescribeVpcAttributeCommand({ VpcId, Attribute: 'enableDnsHostnames' }),
      );
      const off = ec2.send(new ModifyVpcAttributeCommand({ VpcId, EnableDnsSupport: { Value: false } }));
      const supportOff = await outcome(off);
      const support = await ec2.send(
        new DescribeVpcAttributeCommand({ VpcId, Attribute: 'enableDnsSupport' }),
      );
      const ofNobody = { VpcId: unknown.vpc };
      return {
        'host names on': hostNamesOn,
        'then they are': hostnames.EnableDnsHostnames?.Value,
        'support off': supportOff,
        'then it is': support.EnableDnsSupport?.Value,
        'of an unknown VPC': await outcome(
          ec2.send(new DescribeVpcAttributeCommand({ ...ofNobody, Attribute: 'enableDnsSupport' })),
        ),
        'setting that of an unknown VPC': await outcome(
          ec2.send(new ModifyVpcAttributeCommand({ ...ofNobody, EnableDnsSupport: { Value: true } })),
        ),
      };
    },
  },
  {
    name: 'vpc: what comes with it',
    calls: ['EC2:DescribeSecurityGroups', 'EC2:DescribeRouteTables'],
    // VPC user guide, "Default security groups" and "Route table concepts".
    expected: {
      'security groups': ['default'],
      'who may come in': [['-1', 'itself']],
      'where it may go': [['-1', '0.0.0.0/0']],
      'its tags': {},
      'route tables': 1,
      'associations of the main one': [{ Main: true, SubnetId: undefined }],
      'routes of the main one': [['10.0.0.0/16', 'local', 'active', 'CreateRouteTable']],
    },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const VpcId = await makeVpc(clients);
      await scratch.settle();
      const Filters = [{ Name: 'vpc-id', Values: [VpcId] }];
      const { SecurityGroups: groups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
      const { RouteTables: tables = [] } = await ec2.send(new DescribeRouteTablesCommand({ Filters }));
      const [group] = groups;
      return {
        'security groups': groups.map((one) => one.GroupName),
        'who may come in': group?.IpPermissions?.map((rule) => [
          rule.IpProtocol,
          ...(rule.UserIdGroupPairs ?? []).map((pair) =>
            pair.GroupId === group.GroupId ? 'itself' : 'another',
          ),
        ]),
        'where it may go': group?.IpPermissionsEgress?.map((rule) => [
          rule.IpProtocol,
          ...(rule.IpRanges ?? []).map((range) => range.CidrIp),
        ]),
        'its tags': tagsOf(group?.Tags),
        'route tables': tables.length,
        'associations of the main one': tables[0]?.Associations?.map(({ Main, SubnetId }) => ({
          Main,
          SubnetId,
        })),
        'routes of the main one': tables[0]?.Routes?.map((route) => [
          route.DestinationCidrBlock,
          route.GatewayId,
          route.State,
          route.Origin,
        ]),
      };
    },
  },
  {
    name: 'vpc: not deleted before what is in it',
    calls: ['EC2:DeleteVpc'],
    // DeleteVpc: "You must detach or delete all gateways and resources that are associated with the VPC
    // before you can delete it."
    expected: {
      'with a subnet': 'DependencyViolation',
      'with an internet gateway': 'DependencyViolation',
      'with a security group': 'DependencyViolation',
      'with a route table': 'DependencyViolation',
    },
    run: async (clients, scratch) => {
      const after = async (make: (vpcId: string) => Promise<unknown>): Promise<string> => {
        const VpcId = await makeVpc(clients);
        await make(VpcId);
        return outcome(clients.ec2.send(new DeleteVpcCommand({ VpcId })));
      };
      return {
        'with a subnet': await after((id) => makeSubnet(clients, id)),
        'with an internet gateway': await after((id) => makeInternetGateway(clients, id)),
        'with a security group': await after((id) => makeSecurityGroup(clients, scratch, id)),
        'with a route table': await after((id) => makeRouteTable(clients, id)),
      };
    },
  },
  {
    name: 'vpc: found by tag, not by another',
    calls: ['EC2:DescribeVpcs', 'EC2:CreateTags', 'EC2:DeleteTags'],
    expected: {
      'by its tag': 1,
      'by two filters': 1,
      'by one of several values': 1,
      'by a tag of nobody': 0,
      'after the tag is gone': 0,
      'removing a tag it does not have': 'done',
      'tags in the end': { other: 'new value' },
    },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const VpcId = await makeVpc(clients);
      const name = scratch.name('cluster');
      const tag = (Key: string, Value: string) =>
        ec2.send(new CreateTagsCommand({ Resources: [VpcId], Tags: [{ Key, Value }] }));
      await tag('es-ecs-cluster', name);
      await tag('other', 'old value');
      await tag('other', 'new value');
      await scratch.settle();
      const count = async (...Filters: { Name: string; Values: string[] }[]): Promise<number> =>
        (await ec2.send(new DescribeVpcsCommand({ Filters }))).Vpcs?.length ?? 0;
      const byTag = { Name: 'tag:es-ecs-cluster', Values: [name] };
      const before = {
        'by its tag': await count(byTag),
        'by two filters': await count(byTag, { Name: 'tag:other', Values: ['new value'] }),
        'by one of several values': await count({ ...byTag, Values: ['nobody', name] }),
        'by a tag of nobody': await count({ ...byTag, Values: ['nobody'] }),
      };
      const untag = (Key: string) => ec2.send(new DeleteTagsCommand({ Resources: [VpcId], Tags: [{ Key }] }));
      await untag('es-ecs-cluster');
      const seen = await ec2.send(new DescribeVpcsCommand({ VpcIds: [VpcId] }));
      return {
        ...before,
        'after the tag is gone': await count(byTag),
        'removing a tag it does not have': await outcome(untag('es-ecs-cluster')),
        'tags in the end': tagsOf(seen.Vpcs?.[0]?.Tags),
      };
    },
  },
  {
    name: 'tags: what may not be written',
    calls: ['EC2:CreateTags'],
    // EC2 user guide, "Tag your Amazon EC2 resources": restrictions.
    expected: {
      'a key of AWS': 'InvalidParameterValue',
      'a key too long': 'InvalidParameterValue',
      'a value too long': 'InvalidParameterValue',
      'more than fifty': 'TagLimitExceeded',
      'on an unknown VPC': 'InvalidVpcID.NotFound',
      'on an unknown volume': 'InvalidVolume.NotFound',
      'on an unknown launch template': 'InvalidLaunchTemplateId.NotFound',
      'on a new thing, of another type': 'InvalidParameterValue',
    },
    run: async (clients) => {
      const { ec2 } = clients;
      const VpcId = await makeVpc(clients);
      const tag = (id: string, ...Tags: { Key: string; Value: string }[]) =>
        outcome(ec2.send(new CreateTagsCommand({ Resources: [id], Tags })));
      const one = { Key: 'key', Value: 'value' };
      return {
        'a key of AWS': await tag(VpcId, { Key: 'aws:mine', Value: 'x' }),
        'a key too long': await tag(VpcId, { Key: 'x'.repeat(129), Value: 'x' }),
        'a value too long': await tag(VpcId, { Key: 'x', Value: 'x'.repeat(257) }),
        'more than fifty': await tag(
          VpcId,
          ...Array.from({ length: 51 }, (_, index) => ({ Key: `key-${index}`, Value: 'x' })),
        ),
        'on an unknown VPC': await tag(unknown.vpc, one),
        'on an unknown volume': await tag(unknown.volume, one),
        'on an unknown launch template': await tag(unknown.launchTemplate, one),
        'on a new thing, of another type': await outcome(
          ec2.send(
            new CreateInternetGatewayCommand({ TagSpecifications: [{ ResourceType: 'vpc', Tags: [one] }] }),
          ),
        ),
      };
    },
  },
  {
    name: 'describe: pages',
    calls: ['EC2:DescribeVpcs'],
    expected: {
      'fewer than five a page': 'InvalidParameterValue',
      'a token of nobody': 'InvalidNextToken',
      'first page': 5,
      'second page': 1,
      'no third page': undefined,
    },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const vpc = await makeVpc(clients);
      for (let index = 0; index < 6; index += 1) {
        const CidrBlock = `10.0.${index}.0/24`;
        await ec2.send(new CreateSubnetCommand({ VpcId: vpc, CidrBlock }));
      }
      await scratch.settle();
      const Filters = [{ Name: 'vpc-id', Values: [vpc] }];
      const first = await ec2.send(new DescribeSubnetsCommand({ Filters, MaxResults: 5 }));
      const second =
        first.NextToken === undefined
          ? undefined
          : await ec2.send(
              new DescribeSubnetsCommand({ Filters, MaxResults: 5, NextToken: first.NextToken }),
            );
      return {
        'fewer than five a page': await outcome(ec2.send(new DescribeVpcsCommand({ MaxResults: 2 }))),
        'a token of nobody': await outcome(ec2.send(new DescribeVpcsCommand({ NextToken: 'nobody' }))),
        'first page': first.Subnets?.length,
        'second page': second?.Subnets?.length,
        'no third page': second?.NextToken,
      };
    },
  },
];
