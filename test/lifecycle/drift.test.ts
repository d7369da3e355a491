import {
  AuthorizeSecurityGroupIngressCommand,
  CreateLaunchTemplateVersionCommand,
  CreateTagsCommand,
  DeleteRouteCommand,
  DescribeLaunchTemplatesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcsCommand,
  ModifyLaunchTemplateCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { DeleteLifecyclePolicyCommand } from '@aws-sdk/client-ecr';
import { PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { PutRetentionPolicyCommand } from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Clients } from '../../src/aws/clients.ts';
import { type PlanDocument, Story, type UpDocument } from './story.ts';

const tagged = (address: string) => [{ Name: 'tag:es-ecs-resource', Values: [address] }];

async function groupId({ ec2 }: Clients): Promise<string> {
  const { SecurityGroups } = await ec2.send(
    new DescribeSecurityGroupsCommand({ Filters: tagged('network/security-group/node') }),
  );
  return SecurityGroups?.[0]?.GroupId ?? '';
}

const ssh = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] };

interface Drift {
  readonly what: string;
  readonly address: string;
  readonly path: RegExp;
  readonly make: (clients: Clients) => Promise<unknown>;
}

const drifts: readonly Drift[] = [
  {
    what: 'a tag',
    address: 'network/vpc',
    path: /^tags\.Name$/,
    make: async ({ ec2 }) => {
      const { Vpcs } = await ec2.send(new DescribeVpcsCommand({ Filters: tagged('network/vpc') }));
      await ec2.send(
        new CreateTagsCommand({
          Resources: [Vpcs?.[0]?.VpcId ?? ''],
          Tags: [{ Key: 'Name', Value: 'mine' }],
        }),
      );
    },
  },
  {
    what: 'a security group rule that nobody declared',
    address: 'network/security-group/node',
    path: /^ingress/,
    make: async (clients) =>
      clients.ec2.send(
        new AuthorizeSecurityGroupIngressCommand({ GroupId: await groupId(clients), IpPermissions: [ssh] }),
      ),
  },
  {
    what: 'a security group rule taken away',
    address: 'network/security-group/node',
    path: /^ingress/,
    make: async (clients) => {
      const GroupId = await groupId(clients);
      await clients.ec2.send(
        new RevokeSecurityGroupIngressCommand({
          GroupId,
          IpPermissions: [
            { IpProtocol: 'tcp', FromPort: 9300, ToPort: 9300, UserIdGroupPairs: [{ GroupId }] },
          ],
        }),
      );
    },
  },
  {
    what: 'a route',
    address: 'network/route/private/eu-west-1a',
    path: /./,
    make: async ({ ec2 }) => {
      const { RouteTables } = await ec2.send(
        new DescribeRouteTablesCommand({ Filters: tagged('network/route-table/private/eu-west-1a') }),
      );
      await ec2.send(
        new DeleteRouteCommand({
          RouteTableId: RouteTables?.[0]?.RouteTableId ?? '',
          DestinationCidrBlock: '0.0.0.0/0',
        }),
      );
    },
  },
  {
    what: 'a policy',
    address: 'hosts/role/instance',
    path: /^policy/,
    make: ({ iam }) =>
      iam.send(
        new PutRolePolicyCommand({
          RoleName: 'es-ecs-search-eu-west-1-instance',
          PolicyName: 'es-ecs',
          PolicyDocument: JSON.stringify({
            Version: '2012-10-17',
            Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
          }),
        }),
      ),
  },
  {
    what: "the image repository's lifecycle rule",
    address: 'image/repository',
    path: /lifecycle/i,
    make: ({ ecr }) => ecr.send(new DeleteLifecyclePolicyCommand({ repositoryName: 'es-ecs/search' })),
  },
  {
    what: 'how long logs are kept',
    address: 'task/log-group',
    path: /retention/i,
    make: ({ logs }) =>
      logs.send(new PutRetentionPolicyCommand({ logGroupName: '/es-ecs/search', retentionInDays: 1 })),
  },
  {
    what: 'a launch template',
    address: 'hosts/launch-template',
    path: /./,
    make: async ({ ec2 }) => {
      const { LaunchTemplates } = await ec2.send(
        new DescribeLaunchTemplatesCommand({ Filters: tagged('hosts/launch-template') }),
      );
      const LaunchTemplateId = LaunchTemplates?.[0]?.LaunchTemplateId ?? '';
      await ec2.send(
        new CreateLaunchTemplateVersionCommand({
          LaunchTemplateId,
          SourceVersion: '1',
          LaunchTemplateData: { InstanceType: 'm7g.xlarge' },
        }),
      );
      await ec2.send(new ModifyLaunchTemplateCommand({ LaunchTemplateId, DefaultVersion: '2' }));
    },
  },
];

describe('what was changed by hand is seen by plan and mended by up', () => {
  let story: Story;
  beforeAll(async () => {
    story = await Story.standing();
  });
  afterAll(() => {
    story.end();
  });

  it.each(drifts.map((drift) => [drift.what, drift] as const))('%s', async (_, drift) => {
    await story.behindTheBack(drift.make);
    const told = await story.run('plan', '--exit-code', '--json');
    expect(told.status).toBe(3);
    const plan = JSON.parse(told.stdout) as PlanDocument;
    const change = plan.changes.find((one) => one.address === drift.address);
    expect(plan.changes, told.stdout).toEqual([expect.objectContaining({ address: drift.address })]);
    if (change?.action === 'change')
      expect(change.fields.map((field) => field.path).join()).toMatch(drift.path);
    else expect(change?.action).toBe('create');

    const up = await story.json<UpDocument>('up');
    expect(up.outcome).toBe('applied');
    expect((await story.run('plan', '--exit-code')).status).toBe(0);
  });

  it('says of a rule that nobody declared why it goes', async () => {
    await story.behindTheBack(async (clients) =>
      clients.ec2.send(
        new AuthorizeSecurityGroupIngressCommand({ GroupId: await groupId(clients), IpPermissions: [ssh] }),
      ),
    );
    const told = await story.run('plan');
    expect(told.stdout).toContain('~ network/security-group/node  in place');
    expect(told.stdout).toMatch(/ingress +- .*22.*0\.0\.0\.0\/0.*not declared here/);
    await story.json('up');
  });
});
