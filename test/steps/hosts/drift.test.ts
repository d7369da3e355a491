import {
  CreateOrUpdateTagsCommand,
  SuspendProcessesCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { PutRetentionPolicyCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  AssociateIamInstanceProfileCommand,
  CreateLaunchTemplateVersionCommand,
  DescribeInstancesCommand,
  DescribeLaunchTemplatesCommand,
  DescribeSecurityGroupsCommand,
  ModifyInstanceAttributeCommand,
  ModifyInstanceMetadataOptionsCommand,
  ModifyLaunchTemplateCommand,
} from '@aws-sdk/client-ec2';
import { DeleteLifecyclePolicyCommand, PutImageTagMutabilityCommand } from '@aws-sdk/client-ecr';
import {
  UntagResourceCommand,
  UpdateClusterSettingsCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import {
  AttachRolePolicyCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { DeleteSecretCommand, PutResourcePolicyCommand } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Clients } from '../../../src/aws/clients.ts';
import type { World } from '../../../src/simulator/core/world.ts';
import { instances } from '../../../src/simulator/ec2/instance-rows.ts';
import { interfaces } from '../../../src/simulator/ec2/tables.ts';
import { roles } from '../../../src/simulator/iam/roles.ts';
import { secrets } from '../../../src/simulator/secrets-manager/secrets.ts';
import { configText, type PlanDocument, Story } from '../../lifecycle/story.ts';
import { secretReaders } from '../../secret-readers.ts';

let story: Story;

beforeEach(async () => {
  story = await Story.standing();
});

afterEach(() => {
  story.end();
});

/** `address path` of each difference. */
function paths(plan: PlanDocument): readonly string[] {
  return plan.changes
    .flatMap((change) => change.fields.map((field) => `${change.address} ${field.path}`))
    .sort();
}

async function meddle({ iam, ecr, ecs, logs, autoScaling, secretsManager }: Clients): Promise<void> {
  const role = 'es-ecs-search-eu-west-1-task';
  const all = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] };
  await iam.send(
    new PutRolePolicyCommand({ RoleName: role, PolicyName: 'es-ecs', PolicyDocument: JSON.stringify(all) }),
  );
  await iam.send(
    new PutRolePolicyCommand({ RoleName: role, PolicyName: 'more', PolicyDocument: JSON.stringify(all) }),
  );
  const PolicyArn = 'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore';
  await iam.send(new AttachRolePolicyCommand({ RoleName: role, PolicyArn }));
  await ecr.send(new DeleteLifecyclePolicyCommand({ repositoryName: 'es-ecs/search' }));
  await ecr.send(
    new PutImageTagMutabilityCommand({ repositoryName: 'es-ecs/search', imageTagMutability: 'MUTABLE' }),
  );
  await logs.send(new PutRetentionPolicyCommand({ logGroupName: '/es-ecs/search', retentionInDays: 1 }));
  await secretsManager.send(
    new DeleteSecretCommand({ SecretId: 'es-ecs/search/password', RecoveryWindowInDays: 7 }),
  );
  await ecs.send(
    new UpdateClusterSettingsCommand({
      cluster: 'es-ecs-search',
      settings: [{ name: 'containerInsights', value: 'enabled' }],
    }),
  );
  await ecs.send(
    new UntagResourceCommand({
      resourceArn: 'arn:aws:ecs:eu-west-1:123456789012:service/es-ecs-search/search-2',
      tagKeys: ['Name'],
    }),
  );
  await ecs.send(
    new UpdateServiceCommand({
      cluster: 'es-ecs-search',
      service: 'search-0',
      deploymentConfiguration: { minimumHealthyPercent: 0, maximumPercent: 200 },
    }),
  );
  const AutoScalingGroupName = 'es-ecs-search-1';
  await autoScaling.send(
    new UpdateAutoScalingGroupCommand({ AutoScalingGroupName, MaxSize: 2, HealthCheckType: 'EC2' }),
  );
  await autoScaling.send(new SuspendProcessesCommand({ AutoScalingGroupName, ScalingProcesses: ['Launch'] }));
  await autoScaling.send(
    new CreateOrUpdateTagsCommand({
      Tags: [
        {
          ResourceId: AutoScalingGroupName,
          ResourceType: 'auto-scaling-group',
          Key: 'by-hand',
          Value: 'yes',
          PropagateAtLaunch: false,
        },
      ],
    }),
  );
}

const instanceRole = 'es-ecs-search-eu-west-1-instance';

async function instanceId({ ec2 }: Clients, address: string): Promise<string> {
  const Filters = [{ Name: 'tag:es-ecs-resource', Values: [address] }];
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }));
  return Reservations[0]?.Instances?.[0]?.InstanceId ?? '';
}

async function openDoors(clients: Clients): Promise<void> {
  const { ec2, iam, secretsManager } = clients;
  const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({}));
  const groupOf = (address: string): string =>
    SecurityGroups.find(({ Tags = [] }) => Tags.some(({ Value }) => Value === address))?.GroupId ?? '';
  const Groups = ['network/security-group/node', 'network/security-group/bastion'].map(groupOf);
  const bastion = await instanceId(clients, 'bastion/instance');
  const host = await instanceId(clients, 'hosts/group/search-1');
  for (const InstanceId of [bastion, host]) {
    await ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, Groups }));
  }
  await ec2.send(
    new ModifyInstanceMetadataOptionsCommand({
      InstanceId: bastion,
      HttpTokens: 'optional',
      HttpPutResponseHopLimit: 3,
      InstanceMetadataTags: 'enabled',
    }),
  );
  await ec2.send(
    new ModifyInstanceMetadataOptionsCommand({
      InstanceId: host,
      HttpTokens: 'optional',
      HttpPutResponseHopLimit: 64,
      HttpEndpoint: 'disabled',
      InstanceMetadataTags: 'disabled',
    }),
  );
  await ec2.send(
    new AssociateIamInstanceProfileCommand({
      InstanceId: bastion,
      IamInstanceProfile: { Name: instanceRole },
    }),
  );
  await iam.send(
    new PutRolePermissionsBoundaryCommand({
      RoleName: instanceRole,
      PermissionsBoundary: 'arn:aws:iam::123456789012:policy/company',
    }),
  );
  const ResourcePolicy = secretReaders('210987654321');
  await secretsManager.send(
    new PutResourcePolicyCommand({ SecretId: 'es-ecs/search/authority', ResourcePolicy }),
  );
}

/** What of it is still open, as the account holds it. */
function doors(world: World): readonly string[] {
  const living = [...world.rows(instances).values()].filter((row) => row.state === 'running');
  return [
    ...living.filter((row) => row.metadata.httpTokens !== 'required').map(({ id }) => `tokens ${id}`),
    ...living
      .filter((row) => row.tags['es-ecs-resource'] === 'bastion/instance' && row.profileArn !== undefined)
      .map(({ id }) => `profile ${id}`),
    ...[...world.rows(interfaces).values()].filter((row) => row.groupIds.length > 1).map(({ id }) => id),
    ...[...world.rows(roles).values()].filter((row) => row.boundary !== undefined).map(({ name }) => name),
    ...[...world.rows(secrets).values()].filter((row) => row.policy !== undefined).map(({ name }) => name),
  ];
}

describe('what was changed by hand', () => {
  it('is seen field by field and put right, without a restart', async () => {
    await story.behindTheBack(meddle);
    const drifted = await story.json<PlanDocument>('plan');
    expect(paths(drifted)).toEqual([
      'hosts/cluster settings.containerInsights',
      'hosts/group/search-1 healthCheckType',
      'hosts/group/search-1 maxSize',

      'hosts/group/search-1 suspendedProcesses',
      'image/repository imageTagMutability',
      'image/repository lifecyclePolicy',
      'service/service/search-0 maximumPercent',
      'service/service/search-2 tags.Name',
      'task/log-group retentionDays',
      'task/role/task attachedPolicies',
      'task/role/task inlinePolicies',
      'task/role/task policy',
      'task/secret/password deletion',
    ]);
    expect(new Set(drifted.changes.map((change) => change.impact))).toEqual(new Set(['in-place']));
    await story.json('up', '--yes');
    expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
  });

  it('and opens a door is seen, named and shut', async () => {
    await story.behindTheBack(openDoors);
    const drifted = await story.json<PlanDocument>('plan');
    expect(paths(drifted)).toEqual([
      'bastion/instance instanceProfile',
      'bastion/instance metadataOptions.HttpPutResponseHopLimit',
      'bastion/instance metadataOptions.HttpTokens',
      'bastion/instance metadataOptions.InstanceMetadataTags',
      'bastion/instance securityGroups',
      'hosts/group/search-1 host.metadataOptions.HttpEndpoint',
      'hosts/group/search-1 host.metadataOptions.HttpPutResponseHopLimit',
      'hosts/group/search-1 host.metadataOptions.HttpTokens',
      'hosts/group/search-1 host.metadataOptions.InstanceMetadataTags',
      'hosts/group/search-1 host.securityGroups',
      'hosts/role/instance permissionsBoundary',
      'task/secret/authority resourcePolicy',
    ]);
    expect(new Set(drifted.changes.map((change) => change.impact))).toEqual(new Set(['in-place']));
    await story.json('up', '--yes');
    expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
    expect(await story.behindTheBack((_clients, world) => Promise.resolve(doors(world)))).toEqual([]);
  });

  it('of a launch template is undone by making the right version the default again; no host restarts', async () => {
    await story.behindTheBack(async ({ ec2 }) => {
      const { LaunchTemplates } = await ec2.send(new DescribeLaunchTemplatesCommand({}));
      const LaunchTemplateId = LaunchTemplates?.[0]?.LaunchTemplateId;
      await ec2.send(
        new CreateLaunchTemplateVersionCommand({
          LaunchTemplateId,
          SourceVersion: '1',
          LaunchTemplateData: { Monitoring: { Enabled: true } },
        }),
      );
      await ec2.send(new ModifyLaunchTemplateCommand({ LaunchTemplateId, DefaultVersion: '2' }));
    });
    const plan = await story.json<PlanDocument>('plan');
    expect(paths(plan)).toEqual(['hosts/launch-template defaultVersion']);
  });
});

interface Moment {
  readonly atMs: number;
  readonly type: string;
  readonly address?: string;
}

describe('another instance type', () => {
  it('replaces hosts one at a time, with their volumes and names, and is then in sync', async () => {
    const before = await volumesByNode();
    story.write(configText('instanceType: r7g.large\n'));
    const told = await story.run('up', '--yes', '--progress', 'json');
    expect(told.status).toBe(0);
    const moments = told.stderr
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Moment)
      .filter((moment) => moment.address?.startsWith('service/service/') === true)
      .filter((moment) => ['resource-started', 'resource-done'].includes(moment.type))
      .map((moment) => `${moment.type} ${String(moment.address)}`);
    // One begins only when the one before has ended, whichever comes first.
    const begun = moments.filter((_moment, index) => index % 2 === 0);
    expect(moments).toEqual(begun.flatMap((one) => [one, one.replace('started', 'done')]));
    expect(begun).toHaveLength(3);
    expect(await volumesByNode()).toEqual(before);
    expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
  });
});

async function volumesByNode(): Promise<Readonly<Record<string, string | null>>> {
  const status = await story.json<{
    readonly nodes: readonly { readonly name: string; readonly volumeId: string | null }[];
  }>('status');
  return Object.fromEntries(status.nodes.map((node) => [node.name, node.volumeId]));
}

describe('fewer nodes', () => {
  it('are a destroy of the others, and a destroy of everything still finds all of them', async () => {
    story.write(configText().replace('nodes: 3', 'nodes: 1'));
    const plan = await story.json<PlanDocument>('plan');
    expect(plan.summary).toMatchObject({ destroy: 4, refuse: 0 });
    const gone = await story.json<{ readonly summary: { readonly kept: number } }>(
      'destroy',
      '--yes',
      '--delete-data',
    );
    expect(gone.summary.kept).toBe(0);
  });
});
