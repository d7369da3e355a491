import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  type EC2Client,
  type IpPermission,
  ModifySecurityGroupRulesCommand,
  paginateDescribeSecurityGroupRules,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  type SecurityGroup,
} from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';

import { addInterface, removeInterface } from '../../../src/simulator/ec2/network-interfaces.ts';
import { given, makeSubnet, makeVpc, openAccount, refusal } from './account.ts';

async function makeGroup(ec2: EC2Client, vpcId: string, name: string): Promise<string> {
  const { GroupId } = await ec2.send(
    new CreateSecurityGroupCommand({ VpcId: vpcId, GroupName: name, Description: `the ${name}` }),
  );
  return given(GroupId);
}

async function groupOf(ec2: EC2Client, id: string): Promise<SecurityGroup> {
  const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [id] }));
  return given(SecurityGroups?.[0]);
}

const ssh: IpPermission = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22 };

describe('security groups of the simulated account', () => {
  it('let everything out at first, and nothing in', async () => {
    const { ec2 } = openAccount();
    const id = await makeGroup(ec2, await makeVpc(ec2), 'node');
    expect(await groupOf(ec2, id)).toMatchObject({
      GroupName: 'node',
      IpPermissions: [],
      IpPermissionsEgress: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
    });
  });

  it('have a name that is theirs alone in their VPC', async () => {
    const { ec2 } = openAccount();
    const [one, other] = [await makeVpc(ec2), await makeVpc(ec2)];
    await makeGroup(ec2, one, 'node');
    expect(await refusal(makeGroup(ec2, one, 'node'))).toBe('InvalidGroup.Duplicate');
    expect(await makeGroup(ec2, other, 'node')).toMatch(/^sg-/);
    for (const name of ['default', 'sg-node', 'tab\t']) {
      expect(await refusal(makeGroup(ec2, one, name))).toBe('InvalidParameterValue');
    }
    expect(await refusal(makeGroup(ec2, 'vpc-0', 'node'))).toBe('InvalidVpcID.NotFound');
    const byName = new DescribeSecurityGroupsCommand({ GroupNames: ['node'] });
    expect(await refusal(ec2.send(byName))).toBe('InvalidGroup.NotFound');
  });

  it('hold one rule for each peer, with id, description and tags', async () => {
    const { ec2, clock } = openAccount();
    const id = await makeGroup(ec2, await makeVpc(ec2), 'node');
    const { SecurityGroupRules } = await ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId: id,
        IpPermissions: [
          { ...ssh, IpRanges: [{ CidrIp: '10.0.0.7/24', Description: 'us' }, { CidrIp: '1.2.3.4/32' }] },
          { IpProtocol: '6', FromPort: 9300, ToPort: 9300, UserIdGroupPairs: [{ GroupId: id }] },
        ],
        TagSpecifications: [{ ResourceType: 'security-group-rule', Tags: [{ Key: 'a', Value: 'b' }] }],
      }),
    );
    expect(SecurityGroupRules).toMatchObject([
      { CidrIpv4: '10.0.0.0/24', Description: 'us', Tags: [{ Key: 'a' }] },
      { CidrIpv4: '1.2.3.4/32' },
      { IpProtocol: 'tcp', ReferencedGroupInfo: { GroupId: id } },
    ]);
    expect((await groupOf(ec2, id)).IpPermissions).toMatchObject([
      { FromPort: 22, IpRanges: [{ CidrIp: '10.0.0.0/24', Description: 'us' }, { CidrIp: '1.2.3.4/32' }] },
      { FromPort: 9300, UserIdGroupPairs: [{ GroupId: id }] },
    ]);
    await clock.sleep(2_000);
    const Filters = [{ Name: 'group-id', Values: [id] }];
    const all = await ec2.send(new DescribeSecurityGroupRulesCommand({ Filters }));
    expect(all.SecurityGroupRules).toHaveLength(4);
    expect(all.SecurityGroupRules?.find((rule) => rule.IsEgress)).toMatchObject({ FromPort: -1, ToPort: -1 });
  });

  it('refuse a rule twice, and to revoke one that is not there', async () => {
    const { ec2 } = openAccount();
    const GroupId = await makeGroup(ec2, await makeVpc(ec2), 'node');
    const rule = { ...ssh, IpRanges: [{ CidrIp: '10.0.0.0/24' }] };
    const described = { ...ssh, IpRanges: [{ CidrIp: '10.0.0.0/24', Description: 'other words' }] };
    const authorize = (...IpPermissions: IpPermission[]): Promise<unknown> =>
      ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
    const revoke = new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions: [rule] });
    expect(await refusal(ec2.send(revoke))).toBe('InvalidPermission.NotFound');
    await authorize(rule);
    expect(await refusal(authorize(described))).toBe('InvalidPermission.Duplicate');
    const fresh = { ...ssh, IpRanges: [{ CidrIp: '10.0.9.0/24' }] };
    expect(await refusal(authorize(fresh, described))).toBe('InvalidPermission.Duplicate');
    expect((await groupOf(ec2, GroupId)).IpPermissions?.[0]?.IpRanges).toHaveLength(1);
    expect(await refusal(authorize(fresh, fresh))).toBe('InvalidParameterValue');
    await ec2.send(revoke);
    expect((await groupOf(ec2, GroupId)).IpPermissions).toEqual([]);
  });

  it.each<[string, IpPermission]>([
    ['InvalidParameterValue', { IpProtocol: 'tcp', IpRanges: [{ CidrIp: '10.0.0.0/8' }] }],
    ['InvalidParameterValue', { ...ssh, FromPort: 23, IpRanges: [{ CidrIp: '10.0.0.0/8' }] }],
    ['InvalidParameterValue', { ...ssh, IpRanges: [{ CidrIp: '10.0.0/8' }] }],
    ['InvalidParameterValue', { ...ssh, IpProtocol: 'tcpip', IpRanges: [{ CidrIp: '10.0.0.0/8' }] }],
    ['InvalidGroup.NotFound', { ...ssh, UserIdGroupPairs: [{ GroupId: 'sg-0' }] }],
    ['MissingParameter', ssh],
  ])('answer %s to the rule %j', async (code, rule) => {
    const { ec2 } = openAccount();
    const GroupId = await makeGroup(ec2, await makeVpc(ec2), 'node');
    const call = new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [rule] });
    expect(await refusal(ec2.send(call))).toBe(code);
  });

  it('revoke by id, and only in their direction', async () => {
    const { ec2 } = openAccount();
    const GroupId = await makeGroup(ec2, await makeVpc(ec2), 'node');
    const IpPermissions = [{ ...ssh, IpRanges: [{ CidrIp: '10.0.0.0/24' }] }];
    const made = await ec2.send(new AuthorizeSecurityGroupEgressCommand({ GroupId, IpPermissions }));
    const SecurityGroupRuleIds = [given(made.SecurityGroupRules?.[0]?.SecurityGroupRuleId)];
    const wrongWay = new RevokeSecurityGroupIngressCommand({ GroupId, SecurityGroupRuleIds });
    expect(await refusal(ec2.send(wrongWay))).toBe('InvalidSecurityGroupRuleId.NotFound');
    const revoke = new RevokeSecurityGroupEgressCommand({ GroupId, SecurityGroupRuleIds });
    await ec2.send(revoke);
    expect(await refusal(ec2.send(revoke))).toBe('InvalidSecurityGroupRuleId.NotFound');
  });

  it('change a rule under its id', async () => {
    const { ec2 } = openAccount();
    const GroupId = await makeGroup(ec2, await makeVpc(ec2), 'node');
    const { SecurityGroupRules } = await ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId,
        IpPermissions: [{ ...ssh, IpRanges: [{ CidrIp: '10.0.0.0/24' }, { CidrIp: '10.0.1.0/24' }] }],
      }),
    );
    const SecurityGroupRuleId = given(SecurityGroupRules?.[0]?.SecurityGroupRuleId);
    const change = (CidrIpv4: string): Promise<unknown> => {
      const SecurityGroupRule = { ...ssh, CidrIpv4, Description: 'changed' };
      const update = { SecurityGroupRuleId, SecurityGroupRule };
      return ec2.send(new ModifySecurityGroupRulesCommand({ GroupId, SecurityGroupRules: [update] }));
    };
    expect(await refusal(change('10.0.1.0/24'))).toBe('InvalidPermission.Duplicate');
    await change('10.0.2.0/24');
    const byId = new DescribeSecurityGroupRulesCommand({ SecurityGroupRuleIds: [SecurityGroupRuleId] });
    expect((await ec2.send(byId)).SecurityGroupRules).toMatchObject([
      { CidrIpv4: '10.0.2.0/24', Description: 'changed' },
    ]);
  });

  it('have a limit of rules, which come in pages', async () => {
    const { ec2, clock } = openAccount();
    const GroupId = await makeGroup(ec2, await makeVpc(ec2), 'node');
    const IpRanges = Array.from({ length: 60 }, (_, index) => ({ CidrIp: `10.0.${index}.0/24` }));
    const full = new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [{ ...ssh, IpRanges }] });
    await ec2.send(full);
    const more = new AuthorizeSecurityGroupIngressCommand({
      GroupId,
      IpPermissions: [{ ...ssh, IpRanges: [{ CidrIp: '10.1.0.0/24' }] }],
    });
    expect(await refusal(ec2.send(more))).toBe('RulesPerSecurityGroupLimitExceeded');
    await clock.sleep(2_000);
    const sizes: number[] = [];
    const Filters = [{ Name: 'group-id', Values: [GroupId] }];
    for await (const page of paginateDescribeSecurityGroupRules({ client: ec2 }, { Filters })) {
      sizes.push(page.SecurityGroupRules?.length ?? 0);
    }
    expect(sizes).toEqual([20, 20, 20, 1]);
  });

  it('stay while an interface or a rule of another group needs them', async () => {
    const { ec2, account } = openAccount();
    const vpcId = await makeVpc(ec2);
    const subnetId = await makeSubnet(ec2, vpcId, '10.0.0.0/24');
    const bastion = await makeGroup(ec2, vpcId, 'bastion');
    const node = await makeGroup(ec2, vpcId, 'node');
    const IpPermissions = [{ ...ssh, UserIdGroupPairs: [{ GroupId: bastion }, { GroupId: node }] }];
    await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: node, IpPermissions }));
    const { id } = addInterface(account.world, {
      subnetId,
      groupIds: [node],
      holder: 'i-0',
      type: 'interface',
      description: '',
    });
    const remove = (GroupId: string): Promise<unknown> =>
      ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
    expect(await refusal(remove(node))).toBe('DependencyViolation');
    expect(await refusal(remove(bastion))).toBe('DependencyViolation');
    removeInterface(account.world, id);
    await remove(node);
    await remove(bastion);
    expect(await refusal(remove(bastion))).toBe('InvalidGroup.NotFound');
  });

  it('refuse to delete the default one', async () => {
    const { ec2, clock } = openAccount();
    await makeVpc(ec2);
    await clock.sleep(2_000);
    const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({}));
    const GroupId = given(SecurityGroups?.[0]?.GroupId);
    expect(await refusal(ec2.send(new DeleteSecurityGroupCommand({ GroupId })))).toBe('CannotDelete');
  });
});
