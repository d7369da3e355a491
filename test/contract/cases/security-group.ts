import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeSecurityGroupsCommand,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  UpdateSecurityGroupRuleDescriptionsEgressCommand,
  UpdateSecurityGroupRuleDescriptionsIngressCommand,
} from '@aws-sdk/client-ec2';
import type { IpPermission } from '@aws-sdk/client-ec2';

import type { Clients } from '../../../src/aws/clients.ts';
import { given, isId, outcome, tagsOf } from '../case.ts';
import type { ContractCase } from '../case.ts';
import { makeSecurityGroup, makeVpc, unknown } from '../fixtures.ts';

/** Permissions as text, sorted: who may do what, and the words that go with it. */
function rules(permissions: readonly IpPermission[] | undefined, own: string): readonly string[] {
  return (permissions ?? [])
    .flatMap((one) => {
      const what = [one.IpProtocol, one.FromPort, one.ToPort].filter((part) => part !== undefined).join(' ');
      return [
        ...(one.IpRanges ?? []).map((range) => `${what} ${range.CidrIp ?? ''} ${range.Description ?? ''}`),
        ...(one.UserIdGroupPairs ?? []).map(
          (pair) => `${what} ${pair.GroupId === own ? 'itself' : 'another'} ${pair.Description ?? ''}`,
        ),
      ].map((text) => text.trim());
    })
    .sort();
}

async function look({ ec2 }: Clients, id: string) {
  const answer = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [id] }));
  return answer.SecurityGroups?.[0];
}

function tcp(port: number, CidrIp: string, Description?: string): IpPermission {
  const range = { CidrIp, ...(Description === undefined ? {} : { Description }) };
  return { IpProtocol: 'tcp', FromPort: port, ToPort: port, IpRanges: [range] };
}

export const securityGroupCases: readonly ContractCase[] = [
  {
    name: 'security group: create, look at it, delete it',
    calls: ['EC2:CreateSecurityGroup', 'EC2:DescribeSecurityGroups', 'EC2:DeleteSecurityGroup'],
    // VPC user guide, "Security groups": a new one lets nobody in and everything out.
    expected: {
      'has an id': true,
      seen: { 'in its VPC': true, description: 'nodes of search', ingress: [], egress: ['-1 0.0.0.0/0'] },
      tags: { 'es-ecs-cluster': 'search' },
      'another of its name': 'InvalidGroup.Duplicate',
      'its name in another VPC': 'done',
      'in an unknown VPC': 'InvalidVpcID.NotFound',
      deleting: 'done',
      'deleting again': 'InvalidGroup.NotFound',
      'looking at it': 'InvalidGroup.NotFound',
    },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const [VpcId, otherVpc] = [await makeVpc(clients), await makeVpc(clients)];
      const named = { GroupName: scratch.name('nodes'), Description: 'nodes of search' };
      const Tags = [{ Key: 'es-ecs-cluster', Value: 'search' }];
      const make = (vpc: string) =>
        ec2.send(
          new CreateSecurityGroupCommand({
            ...named,
            VpcId: vpc,
            TagSpecifications: [{ ResourceType: 'security-group', Tags }],
          }),
        );
      const GroupId = given((await make(VpcId)).GroupId);
      const seen = await look(clients, GroupId);
      const remove = () => outcome(ec2.send(new DeleteSecurityGroupCommand({ GroupId })));
      return {
        'has an id': isId('sg', GroupId),
        seen: {
          'in its VPC': seen?.VpcId === VpcId,
          description: seen?.Description,
          ingress: rules(seen?.IpPermissions, GroupId),
          egress: rules(seen?.IpPermissionsEgress, GroupId),
        },
        tags: tagsOf(seen?.Tags),
        'another of its name': await outcome(make(VpcId)),
        'its name in another VPC': await outcome(make(otherVpc)),
        'in an unknown VPC': await outcome(make(unknown.vpc)),
        deleting: await remove(),
        'deleting again': await remove(),
        'looking at it': await outcome(look(clients, GroupId)),
      };
    },
  },
  {
    name: 'security group: rules come and go',
    calls: [
      'EC2:AuthorizeSecurityGroupIngress',
      'EC2:AuthorizeSecurityGroupEgress',
      'EC2:RevokeSecurityGroupIngress',
      'EC2:RevokeSecurityGroupEgress',
    ],
    expected: {
      ingress: [
        '-1 itself among nodes',
        'tcp 22 22 10.0.0.0/24 from here',
        'tcp 22 22 10.0.1.0/24',
        'tcp 9200 9200 another',
      ],
      'the same again': 'InvalidPermission.Duplicate',
      'the same again with other words': 'InvalidPermission.Duplicate',
      'taking one away, by its meaning': 'done',
      'then ingress is': ['-1 itself among nodes', 'tcp 22 22 10.0.1.0/24', 'tcp 9200 9200 another'],
      'taking away all egress': 'done',
      'then egress is': [],
      'egress to one place': 'done',
      'then egress leads there': ['tcp 443 443 0.0.0.0/0 to AWS'],
    },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const vpc = await makeVpc(clients);
      const [GroupId, other] = [
        await makeSecurityGroup(clients, scratch, vpc),
        await makeSecurityGroup(clients, scratch, vpc),
      ];
      const authorize = (...IpPermissions: IpPermission[]) =>
        ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
      const seen = async () => {
        const group = await look(clients, GroupId);
        return { in: rules(group?.IpPermissions, GroupId), out: rules(group?.IpPermissionsEgress, GroupId) };
      };
      await authorize(
        tcp(22, '10.0.0.0/24', 'from here'),
        tcp(22, '10.0.1.0/24'),
        { IpProtocol: '-1', UserIdGroupPairs: [{ GroupId, Description: 'among nodes' }] },
        { IpProtocol: 'tcp', FromPort: 9200, ToPort: 9200, UserIdGroupPairs: [{ GroupId: other }] },
      );
      const first = await seen();
      const again = await outcome(authorize(tcp(22, '10.0.0.0/24', 'from here')));
      const reworded = await outcome(authorize(tcp(22, '10.0.0.0/24', 'from there')));
      const revokeIn = new RevokeSecurityGroupIngressCommand({
        GroupId,
        IpPermissions: [tcp(22, '10.0.0.0/24')],
      });
      const revoked = await outcome(ec2.send(revokeIn));
      const second = await seen();
      const all = [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }];
      const noEgress = await outcome(
        ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId, IpPermissions: all })),
      );
      const third = await seen();
      const toAws = await outcome(
        ec2.send(
          new AuthorizeSecurityGroupEgressCommand({
            GroupId,
            IpPermissions: [tcp(443, '0.0.0.0/0', 'to AWS')],
          }),
        ),
      );
      return {
        ingress: first.in,
        'the same again': again,
        'the same again with other words': reworded,
        'taking one away, by its meaning': revoked,
        'then ingress is': second.in,
        'taking away all egress': noEgress,
        'then egress is': third.out,
        'egress to one place': toAws,
        'then egress leads there': (await seen()).out,
      };
    },
  },
  {
    name: 'security group: the words of a rule change, the rule stays',
    calls: [
      'EC2:UpdateSecurityGroupRuleDescriptionsIngress',
      'EC2:UpdateSecurityGroupRuleDescriptionsEgress',
      'EC2:DescribeSecurityGroups',
    ],
    expected: {
      ingress: ['tcp 22 22 10.0.0.0/24 new words'],
      egress: ['-1 0.0.0.0/0 everything'],
      'of a rule that is not there': 'InvalidPermission.NotFound',
      'of an unknown group': 'InvalidGroup.NotFound',
    },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const GroupId = await makeSecurityGroup(clients, scratch, await makeVpc(clients));
      const IpPermissions = [tcp(22, '10.0.0.0/24', 'old words')];
      await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
      const ingress = (permission: IpPermission, group = GroupId) =>
        ec2.send(
          new UpdateSecurityGroupRuleDescriptionsIngressCommand({
            GroupId: group,
            IpPermissions: [permission],
          }),
        );
      await ingress(tcp(22, '10.0.0.0/24', 'new words'));
      await ec2.send(
        new UpdateSecurityGroupRuleDescriptionsEgressCommand({
          GroupId,
          IpPermissions: [
            { IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0', Description: 'everything' }] },
          ],
        }),
      );
      const seen = await look(clients, GroupId);
      return {
        ingress: rules(seen?.IpPermissions, GroupId),
        egress: rules(seen?.IpPermissionsEgress, GroupId),
        'of a rule that is not there': await outcome(ingress(tcp(23, '10.0.0.0/24', 'words'))),
        'of an unknown group': await outcome(ingress(tcp(22, '10.0.0.0/24', 'words'), unknown.securityGroup)),
      };
    },
  },
  {
    name: 'security group: what cannot be written',
    calls: [
      'EC2:AuthorizeSecurityGroupIngress',
      'EC2:AuthorizeSecurityGroupEgress',
      'EC2:RevokeSecurityGroupIngress',
      'EC2:RevokeSecurityGroupEgress',
    ],
    // RevokeSecurityGroupIngress: "If the values you specify do not match the existing rule's values, … for a
    // security group in a VPC … an InvalidPermission.NotFound client error is returned".
    expected: {
      'into an unknown group': 'InvalidGroup.NotFound',
      'out of an unknown group': 'InvalidGroup.NotFound',
      'from an unknown group': 'InvalidGroup.NotFound',
      'with a bad CIDR': 'InvalidParameterValue',
      'revoking what is not there': 'InvalidPermission.NotFound',
      'revoking egress that is not there': 'InvalidPermission.NotFound',
      'revoking in an unknown group': 'InvalidGroup.NotFound',
    },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const own = await makeSecurityGroup(clients, scratch, await makeVpc(clients));
      const ssh = tcp(22, '10.0.0.0/24');
      const ingress = (GroupId: string, one: IpPermission) =>
        outcome(ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [one] })));
      const revoke = (GroupId: string) =>
        outcome(ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions: [ssh] })));
      const out = { GroupId: unknown.securityGroup, IpPermissions: [ssh] };
      return {
        'into an unknown group': await ingress(unknown.securityGroup, ssh),
        'out of an unknown group': await outcome(ec2.send(new AuthorizeSecurityGroupEgressCommand(out))),
        'from an unknown group': await ingress(own, {
          IpProtocol: '-1',
          UserIdGroupPairs: [{ GroupId: unknown.securityGroup }],
        }),
        'with a bad CIDR': await ingress(own, tcp(22, '10.0.0.0/33')),
        'revoking what is not there': await revoke(own),
        'revoking egress that is not there': await outcome(
          ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId: own, IpPermissions: [ssh] })),
        ),
        'revoking in an unknown group': await revoke(unknown.securityGroup),
      };
    },
  },
  {
    name: 'security group: not deleted while another speaks of it, nor the default one',
    calls: ['EC2:DeleteSecurityGroup'],
    // DeleteSecurityGroup: "If you attempt to delete a security group that is associated with an instance or
    // network interface, or is referenced by another security group in the same VPC, the operation fails with
    // DependencyViolation."
    // DescribeSecurityGroups, filters: ip-permission.group-id, egress.ip-permission.group-id.
    expected: {
      'who speaks of it, coming in': 1,
      'who speaks of it, going out': 0,
      'spoken of': 'DependencyViolation',
      'spoken of by itself': 'done',
      'the default one': 'CannotDelete',
    },
    run: async (clients, scratch) => {
      const { ec2 } = clients;
      const vpc = await makeVpc(clients);
      const [one, other] = [
        await makeSecurityGroup(clients, scratch, vpc),
        await makeSecurityGroup(clients, scratch, vpc),
      ];
      const letIn = (GroupId: string, peer: string) =>
        ec2.send(
          new AuthorizeSecurityGroupIngressCommand({
            GroupId,
            IpPermissions: [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: peer }] }],
          }),
        );
      await letIn(one, other);
      await letIn(one, one);
      const remove = (GroupId: string) => outcome(ec2.send(new DeleteSecurityGroupCommand({ GroupId })));
      await scratch.settle();
      const Filters = [
        { Name: 'vpc-id', Values: [vpc] },
        { Name: 'group-name', Values: ['default'] },
      ];
      const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
      const speakers = async (Name: string) => {
        const asked = new DescribeSecurityGroupsCommand({ Filters: [{ Name, Values: [other] }] });
        return (await ec2.send(asked)).SecurityGroups?.filter(({ GroupId }) => GroupId === one).length;
      };
      return {
        'who speaks of it, coming in': await speakers('ip-permission.group-id'),
        'who speaks of it, going out': await speakers('egress.ip-permission.group-id'),
        'spoken of': await remove(other),
        'spoken of by itself': await remove(one),
        'the default one': await remove(given(SecurityGroups?.[0]?.GroupId)),
      };
    },
  },
];
