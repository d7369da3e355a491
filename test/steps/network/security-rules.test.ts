import {
  AuthorizeSecurityGroupIngressCommand,
  EC2Client,
  RevokeSecurityGroupIngressCommand,
  UpdateSecurityGroupRuleDescriptionsIngressCommand,
} from '@aws-sdk/client-ec2';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it } from 'vitest';

import type { Change } from '../../../src/engine/resource.ts';
import { diffRules, itself, readRules, type Rule, tcp } from '../../../src/steps/network/security-rules.ts';

const ec2 = new EC2Client({ region: 'eu-west-1' });
const set = { ec2, groupId: 'sg-own', direction: 'ingress' } as const;

async function applyAll(changes: readonly Change[]): Promise<void> {
  for (const apply of new Set(changes.map((change) => change.apply))) await apply?.();
}

describe('readRules', () => {
  it('takes apart what EC2 lists together, and knows the group itself', () => {
    const rules = readRules(
      [
        {
          IpProtocol: 'tcp',
          FromPort: 9200,
          ToPort: 9200,
          IpRanges: [{ CidrIp: '10.1.0.0/16', Description: 'office' }, { CidrIp: '10.2.0.0/16' }],
          UserIdGroupPairs: [{ GroupId: 'sg-own', UserId: '1' }],
        },
        { IpProtocol: '-1', Ipv6Ranges: [{ CidrIpv6: '::/0' }] },
        { IpProtocol: 'icmp', FromPort: -1, ToPort: -1, PrefixListIds: [{ PrefixListId: 'pl-1' }] },
      ],
      'sg-own',
    );
    expect(rules.map(({ protocol, ports, peer }) => `${protocol} ${ports} ${peer}`)).toEqual([
      'tcp 9200 10.1.0.0/16',
      'tcp 9200 10.2.0.0/16',
      'tcp 9200 itself',
      'all  ::/0',
      'icmp  pl-1',
    ]);
  });
});

describe('diffRules', () => {
  const desired: readonly Rule[] = [
    tcp(9300, itself, 'node to node'),
    tcp(9200, '10.1.0.0/16', 'allowed by the config'),
    tcp(22, 'sg-bastion', 'through the bastion'),
  ];

  it('authorises all that is missing in one call', async () => {
    const mock = mockClient(ec2);
    mock.on(AuthorizeSecurityGroupIngressCommand).resolves({});
    const changes = diffRules(set, desired, []);
    expect(changes.map((change) => change.after)).toEqual([
      'tcp/9300 from itself',
      'tcp/9200 from 10.1.0.0/16',
      'tcp/22 from sg-bastion',
    ]);
    await applyAll(changes);
    expect(mock.commandCalls(AuthorizeSecurityGroupIngressCommand).map((call) => call.args[0].input)).toEqual(
      [
        {
          GroupId: 'sg-own',
          IpPermissions: [
            {
              IpProtocol: 'tcp',
              FromPort: 9300,
              ToPort: 9300,
              UserIdGroupPairs: [{ GroupId: 'sg-own', Description: 'node to node' }],
            },
            {
              IpProtocol: 'tcp',
              FromPort: 9200,
              ToPort: 9200,
              IpRanges: [{ CidrIp: '10.1.0.0/16', Description: 'allowed by the config' }],
            },
            {
              IpProtocol: 'tcp',
              FromPort: 22,
              ToPort: 22,
              UserIdGroupPairs: [{ GroupId: 'sg-bastion', Description: 'through the bastion' }],
            },
          ],
        },
      ],
    );
  });

  it('revokes in one call exactly what nobody declared, whatever its kind', async () => {
    const mock = mockClient(ec2);
    mock.on(RevokeSecurityGroupIngressCommand).resolves({});
    const foreign = [
      { IpProtocol: '-1', Ipv6Ranges: [{ CidrIpv6: '::/0' }] },
      { IpProtocol: 'tcp', FromPort: 1, ToPort: 9, UserIdGroupPairs: [{ GroupId: 'sg-far', UserId: '2' }] },
    ];
    const changes = diffRules(set, [], readRules(foreign, 'sg-own'));
    expect(changes.map(({ before, because }) => [before, because])).toEqual([
      ['all from ::/0', 'not declared here'],
      ['tcp/1-9 from sg-far', 'not declared here'],
    ]);
    await applyAll(changes);
    const [call, ...more] = mock.commandCalls(RevokeSecurityGroupIngressCommand);
    expect(more).toEqual([]);
    expect(call?.args[0].input).toMatchObject({ GroupId: 'sg-own', IpPermissions: foreign });
  });

  it('rewords a rule in place, and does not open and close it', async () => {
    const mock = mockClient(ec2);
    mock.on(UpdateSecurityGroupRuleDescriptionsIngressCommand).resolves({});
    const there = [
      {
        IpProtocol: 'tcp',
        FromPort: 22,
        ToPort: 22,
        IpRanges: [{ CidrIp: '10.0.0.1/32', Description: 'old' }],
      },
    ];
    const changes = diffRules(set, [tcp(22, '10.0.0.1/32', 'new')], readRules(there, 'sg-own'));
    expect(changes).toMatchObject([
      {
        path: 'ingress description',
        before: 'tcp/22 from 10.0.0.1/32: old',
        after: 'tcp/22 from 10.0.0.1/32: new',
      },
    ]);
    await applyAll(changes);
    expect(mock.commandCalls(UpdateSecurityGroupRuleDescriptionsIngressCommand)).toHaveLength(1);
  });

  it('sees no difference where there is none', () => {
    const observed = readRules(
      [
        {
          IpProtocol: 'tcp',
          FromPort: 9200,
          ToPort: 9200,
          IpRanges: [{ CidrIp: '10.1.0.0/16', Description: 'allowed by the config' }],
        },
      ],
      'sg-own',
    );
    expect(diffRules(set, [tcp(9200, '10.1.0.0/16', 'allowed by the config')], observed)).toEqual([]);
  });
});
