import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { CreateAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import { CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateLaunchTemplateCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DescribeImagesCommand,
  ImportKeyPairCommand,
  type Tag,
} from '@aws-sdk/client-ec2';
import { CreateRepositoryCommand } from '@aws-sdk/client-ecr';
import { CreateClusterCommand, RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { CreateInstanceProfileCommand, CreateRoleCommand } from '@aws-sdk/client-iam';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { afterEach, describe, expect, it } from 'vitest';

import type { Clients } from '../../src/aws/clients.ts';
import type { WorldSnapshot } from '../../src/simulator/core/world.ts';
import { configText, type PlanDocument, Story } from './story.ts';

let story: Story | undefined;
afterEach(() => {
  story?.end();
});

const theirs: Tag[] = [{ Key: 'es-ecs-cluster', Value: 'theirs' }];
const lower = [{ key: 'es-ecs-cluster', value: 'theirs' }];
const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});
const publicKey = `ssh-ed25519 ${Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from('ssh-ed25519'), Buffer.from([0, 0, 0, 32]), Buffer.alloc(32, 7)]).toString('base64')}`;

/** Whatever of a cluster has a name that only one can have, made by somebody else. */
const takers: Readonly<Record<string, (clients: Clients) => Promise<unknown>>> = {
  'a key pair es-ecs-search': ({ ec2 }) =>
    ec2.send(
      new ImportKeyPairCommand({ KeyName: 'es-ecs-search', PublicKeyMaterial: Buffer.from(publicKey) }),
    ),
  'a launch template es-ecs-search': ({ ec2 }) =>
    ec2.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName: 'es-ecs-search',
        LaunchTemplateData: { InstanceType: 't3.micro', ImageId: 'ami-0123456789abcdef0' },
        TagSpecifications: [{ ResourceType: 'launch-template', Tags: theirs }],
      }),
    ),
  'an Auto Scaling group es-ecs-search-1': async ({ ec2, autoScaling }) => {
    const { Images: [image] = [] } = await ec2.send(
      new DescribeImagesCommand({
        Owners: ['amazon'],
        Filters: [{ Name: 'architecture', Values: ['x86_64'] }],
      }),
    );
    const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.7.0.0/16' }));
    const { Subnet: subnet } = await ec2.send(
      new CreateSubnetCommand({
        VpcId: Vpc?.VpcId,
        CidrBlock: '10.7.0.0/24',
        AvailabilityZone: 'eu-west-1a',
      }),
    );
    await ec2.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName: 'mine',
        LaunchTemplateData: { InstanceType: 't3.micro', ImageId: image?.ImageId },
      }),
    );
    await autoScaling.send(
      new CreateAutoScalingGroupCommand({
        AutoScalingGroupName: 'es-ecs-search-1',
        LaunchTemplate: { LaunchTemplateName: 'mine', Version: '1' },
        MinSize: 0,
        MaxSize: 0,
        VPCZoneIdentifier: subnet?.SubnetId,
      }),
    );
  },
  'a cluster es-ecs-search': ({ ecs }) =>
    ecs.send(new CreateClusterCommand({ clusterName: 'es-ecs-search', tags: lower })),
  'a task definition es-ecs-search': ({ ecs }) =>
    ecs.send(
      new RegisterTaskDefinitionCommand({
        family: 'es-ecs-search',
        containerDefinitions: [{ name: 'web', image: 'public.ecr.aws/nginx/nginx', memory: 128 }],
      }),
    ),
  'a repository es-ecs/search': ({ ecr }) =>
    ecr.send(new CreateRepositoryCommand({ repositoryName: 'es-ecs/search' })),
  'a log group /es-ecs/search': ({ logs }) =>
    logs.send(new CreateLogGroupCommand({ logGroupName: '/es-ecs/search' })),
  'a log group /es-ecs/search/flow-log': ({ logs }) =>
    logs.send(new CreateLogGroupCommand({ logGroupName: '/es-ecs/search/flow-log' })),
  'a secret es-ecs/search/password': ({ secretsManager }) =>
    secretsManager.send(new CreateSecretCommand({ Name: 'es-ecs/search/password', SecretString: 'x' })),
  ...Object.fromEntries(
    ['instance', 'execution', 'task', 'flow-log'].map((role) => [
      `a role es-ecs-search-eu-west-1-${role}`,
      ({ iam }: Clients) =>
        iam.send(
          new CreateRoleCommand({
            RoleName: `es-ecs-search-eu-west-1-${role}`,
            AssumeRolePolicyDocument: trust,
          }),
        ),
    ]),
  ),
  'an instance profile es-ecs-search-eu-west-1-instance': ({ iam }) =>
    iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: 'es-ecs-search-eu-west-1-instance' })),
};

describe('a name that somebody else has', () => {
  it.each(Object.keys(takers))('ends the plan, before anything is made: %s', async (what) => {
    story = new Story(configText('network: { flowLogs: true }\n'));
    await story.run('plan');
    await story.behindTheBack((clients) => takers[what]?.(clients) ?? Promise.reject(new Error(what)));
    // What was just made is not listed everywhere yet.
    story.later(60_000);
    const before = story.account.tables;
    const [, name] = /(\S+)$/.exec(what) ?? [];
    const plan = await story.run('plan');
    const said = plan.stdout + plan.stderr;
    expect(said).toMatch(
      new RegExp(
        `${String(name)} exists among the .* and (has no tag es-ecs-cluster|belongs to the cluster theirs: )`,
      ),
    );
    expect(said).toContain('give th');
    const up = await story.run('up');
    expect(up).toMatchObject({ status: 1 });
    expect(up.stderr).toContain(`✖ ${String(name)} exists among the `);
    expect(story.account.tables).toEqual(before);
  });

  it('is told of all at once, and the plan says that up waits for them', async () => {
    story = new Story();
    await story.run('plan');
    const [keyPair, template, group] = [
      'a key pair es-ecs-search',
      'a launch template es-ecs-search',
      'an Auto Scaling group es-ecs-search-1',
    ];
    for (const what of [keyPair, template, group])
      await story.behindTheBack(
        (clients) => takers[what ?? '']?.(clients) ?? Promise.reject(new Error(what)),
      );
    const { stdout } = await story.run('plan');
    expect(stdout.match(/^! .* exists among the /gm)).toHaveLength(3);
    expect(stdout).toMatch(/is refused until the names are free$/);
  });
});

/** What stands in the account, but for what AWS only remembers. */
function standing({ tables }: WorldSnapshot): Readonly<Record<string, string>> {
  const rows = Object.entries(tables).flatMap(([table, all]) =>
    table.startsWith('core/')
      ? []
      : all.map(([id, row]): [string, string] => [`${table} ${id}`, JSON.stringify(row)]),
  );
  return Object.fromEntries(rows);
}

describe('two clusters whose names run into each other', () => {
  const ofGroups = configText('network: { cidr: 10.9.0.0/16, nat: single }\n').replace(
    'nodes: 3',
    'nodes: [{ name: hot, count: 3 }]',
  );
  const plain = configText('network: { nat: single }\n').replace('name: search', 'name: search-hot');

  /** A second cluster in the account of a story, with a config and a state of its own. */
  const second = (first: Story, config: string) => {
    const [file, state] = ['second.yaml', '.es-ecs/simulated/second.json'].map((name) =>
      path.join(first.directory, name),
    );
    writeFileSync(file ?? '', config);
    return (command: string, ...options: readonly string[]) =>
      first.execute([
        ...command.split(' '),
        '--config',
        file ?? '',
        '--state',
        state ?? '',
        '--simulate',
        ...options,
      ]);
  };

  it.each([
    { stands: ofGroups, comes: plain },
    { stands: plain, comes: ofGroups },
  ])('are kept apart: the one that comes later is refused in the plan', async ({ stands, comes }) => {
    story = await Story.standing(stands);
    const before = standing(story.account);
    const run = second(story, comes);
    for (const command of ['plan', 'up']) {
      const told = await run(command);
      expect(told.status).toBe(1);
      expect(told.stderr).toMatch(
        /es-ecs-search-hot exists among the task definitions and belongs to the cluster search/,
      );
      expect(told.stderr).toContain('give this cluster another name, or the node group');
    }
    const gone = await run('destroy', '--yes', '--delete-data');
    expect(gone.status, gone.stderr).toBe(0);
    expect(standing(story.account)).toEqual(before);
    expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
  });

  it('a group that is added later is refused likewise, and the cluster that has it stays', async () => {
    story = await Story.standing(
      configText('network: { nat: single }\n').replace('nodes: 3', 'nodes: [{ name: warm, count: 3 }]'),
    );
    const run = second(story, plain.replace('nat: single', 'nat: single, cidr: 10.9.0.0/16'));
    const other = await run('up');
    expect(other.status, other.stderr).toBe(0);
    story.write(
      readFileSync(story.config, 'utf8').replace(
        '{ name: warm, count: 3 }',
        '{ name: warm, count: 3 }, { name: hot, count: 1 }',
      ),
    );
    const told = await story.run('up');
    expect(told.status).toBe(1);
    expect(told.stderr).toContain(
      'es-ecs-search-hot exists among the task definitions and belongs to the cluster search-hot',
    );
  });

  it('live side by side where no name is the same, and each goes alone', async () => {
    story = await Story.standing(ofGroups);
    const before = standing(story.account);
    const run = second(story, plain.replace('search-hot', 'search-ho'));
    const up = await run('up');
    expect(up.status, up.stderr).toBe(0);
    expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
    const gone = await run('destroy', '--yes', '--delete-data');
    expect(gone.status, gone.stderr).toBe(0);
    expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
    const now = standing(story.account);
    expect(Object.keys(before).filter((id) => !(id in now))).toEqual([]);
  });
});
