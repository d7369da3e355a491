import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { afterEach, beforeAll, describe, expect, it } from 'vitest';

import { configText, Story } from '../lifecycle/story.ts';
import { startParliament, type Verdict } from './support/parliament.ts';
import { startPart } from './support/part.ts';

const lint = await startPart('parliament, a linter of IAM policies', startParliament);

/** A policy as far as tests look into it. */
interface Document {
  readonly Statement: readonly {
    readonly Sid?: string;
    readonly Action: string | readonly string[];
    readonly Resource?: string | readonly string[];
    readonly Principal?: unknown;
    readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  }[];
}

/** What the simulated account keeps of a role. */
interface RoleRow {
  readonly name: string;
  readonly arn: string;
  readonly trust: string;
  readonly inline: Readonly<Record<string, string>>;
  readonly attached: readonly string[];
}

let story: Story | undefined;
afterEach(() => {
  story?.end();
  story = undefined;
});

/** Every policy that an `up` leaves behind in the account, by a name that says whose it is. */
async function policiesOf(config: string, ...options: readonly string[]): Promise<Record<string, Document>> {
  story = new Story(config);
  await story.json('up', ...options);
  const { tables } = story.account;
  const found: Record<string, Document> = {};
  // Rows are what the simulated account's own code wrote.
  const parse = (text: string): Document => JSON.parse(text) as Document;
  for (const [, row] of (tables['iam/roles'] ?? []) as readonly (readonly [string, RoleRow])[]) {
    expect(row.attached).toEqual([]);
    for (const [name, text] of Object.entries(row.inline)) found[`${row.name}: ${name}`] = parse(text);
    const trust = parse(row.trust);
    // A trust policy is about its own role, which parliament wants to read in it.
    found[`${row.name}: trust`] = {
      ...trust,
      Statement: trust.Statement.map((one) => ({ ...one, Resource: [row.arn] })),
    };
  }
  for (const [, row] of (tables['ec2/vpc-endpoints'] ?? []) as readonly (readonly [
    string,
    { readonly policy: string },
  ])[]) {
    found['the S3 endpoint'] = parse(row.policy);
  }
  return found;
}

const noWait = ['--no-wait'];
const image = 'image: { uri: "999999999999.dkr.ecr.eu-west-1.amazonaws.com/search:9.4.6" }\n';
const foreignImage = 'image: { uri: "registry.example.org/search:9.4.6" }\n';

const kinds = describe.skipIf(lint === undefined).each([
  { what: 'the smallest config', config: configText(), options: [] },
  { what: 'an image in ECR that exists already', config: configText(image), options: noWait },
  { what: 'an image elsewhere', config: configText(foreignImage), options: noWait },
  { what: 'no bastion', config: configText('bastion: { enabled: false }\n'), options: noWait },
  { what: 'a flow log', config: configText('network: { flowLogs: true }\n'), options: noWait },
]);

kinds('the policies of $what', ({ what, config, options }) => {
  const flowLogRole = what === 'a flow log' ? ['es-ecs-search-eu-west-1-flow-log: trust'] : [];
  let policies: Record<string, Document>;
  let verdict: Verdict;
  beforeAll(async () => {
    policies = await policiesOf(config, ...options);
    verdict = (await lint?.(policies)) ?? { findings: [], wide: [] };
  });

  it('are those of each role and of the S3 endpoint', () => {
    const names = Object.keys(policies).filter((name) => name.endsWith(': trust'));
    expect(names.sort()).toEqual([
      'es-ecs-search-eu-west-1-execution: trust',
      ...flowLogRole,
      'es-ecs-search-eu-west-1-instance: trust',
      'es-ecs-search-eu-west-1-task: trust',
    ]);
    expect(Object.keys(policies)).toHaveLength(2 * names.length + 1);
    expect(policies).toHaveProperty('the S3 endpoint');
  });

  it('leave parliament nothing to say', () => {
    expect(verdict.findings).toEqual([]);
  });

  it('have no wildcard for a resource where AWS knows a narrower one', () => {
    expect(verdict.wide).toEqual([]);
  });

  it('name actions one by one', () => {
    const actions = Object.values(policies).flatMap(({ Statement }) =>
      Statement.flatMap(({ Action }) => Action),
    );
    expect(actions.length).toBeGreaterThan(10);
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  });

  it('trust one service each, and where that could act for others, for this account only', () => {
    const trusted = Object.entries(policies)
      .filter(([name]) => name.endsWith(': trust'))
      .map(([name, { Statement }]) => [name.replace(/.*-1-/, ''), Statement.map(trustOf)]);
    const flows = {
      principal: { Service: 'vpc-flow-logs.amazonaws.com' },
      account: '123456789012',
      source: 'arn:aws:ec2:eu-west-1:123456789012:vpc-flow-log/*',
    };
    const tasks = {
      principal: { Service: 'ecs-tasks.amazonaws.com' },
      account: '123456789012',
      source: 'arn:aws:ecs:eu-west-1:123456789012:*',
    };
    expect(Object.fromEntries(trusted)).toEqual({
      'execution: trust': [tasks],
      'task: trust': [tasks],
      ...(flowLogRole.length === 0 ? {} : { 'flow-log: trust': [flows] }),
      'instance: trust': [{ principal: { Service: 'ec2.amazonaws.com' } }],
    });
  });

  it('let hosts read two buckets of AWS through the S3 endpoint, and write none', () => {
    expect(policies['the S3 endpoint']?.Statement).toEqual([
      {
        Effect: 'Allow',
        Principal: '*',
        Action: 's3:GetObject',
        Resource: [
          'arn:aws:s3:::prod-eu-west-1-starport-layer-bucket/*',
          'arn:aws:s3:::al2023-repos-eu-west-1-de612dc2/*',
        ],
      },
    ]);
  });
});

function trustOf({ Principal, Condition }: Document['Statement'][number]): object {
  return {
    principal: Principal,
    account: Condition?.['StringEquals']?.['aws:SourceAccount'],
    source: Condition?.['ArnLike']?.['aws:SourceArn'],
  };
}

describe.skipIf(lint === undefined)('the linter', () => {
  it('finds a wide resource, an unknown action, and a condition that the action does not know', async () => {
    const statement = (more: object): object => ({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', ...more }],
    });
    const verdict = await lint?.({
      wide: statement({ Action: ['ec2:AttachVolume', 'ec2:DescribeVolumes'], Resource: ['*'] }),
      unknown: statement({ Action: ['ec2:AttachVolumes'], Resource: ['*'] }),
      condition: statement({
        Action: ['ec2:DescribeVolumes'],
        Resource: ['*'],
        Condition: { StringEquals: { 'ec2:InstanceType': 'm7g.large' } },
      }),
    });
    expect(verdict?.wide).toEqual([{ policy: 'wide', action: 'ec2:AttachVolume' }]);
    expect(verdict?.findings.map(({ policy, issue }) => [policy, issue])).toEqual([
      ['wide', 'RESOURCE_STAR'],
      ['unknown', 'UNKNOWN_ACTION'],
      ['condition', 'UNKNOWN_CONDITION_FOR_ACTION'],
    ]);
  });
});

describe('the source of the policies', () => {
  it('says why beside each resource that is every resource', () => {
    const folder = path.join(import.meta.dirname, '..', '..', 'src', 'steps', 'policies');
    const unexplained: string[] = [];
    let explained = 0;
    for (const name of readdirSync(folder)) {
      const lines = readFileSync(path.join(folder, name), 'utf8').split('\n');
      lines.forEach((line, index) => {
        if (!/Resource: \[?'\*'/.test(line)) return;
        if (lines[index - 1]?.trim().startsWith('//') === true) explained++;
        else unexplained.push(`${name}:${String(index + 1)}`);
      });
    }
    expect(unexplained).toEqual([]);
    expect(explained).toBeGreaterThan(3);
  });
});

/** Not a policy that es-ecs puts anywhere, but one that it tells people to use. */
describe.skipIf(lint === undefined)('the policy in docs/permissions.md', () => {
  it('names only actions, resources and conditions that AWS knows', async () => {
    const page = readFileSync(path.join(import.meta.dirname, '..', '..', 'docs', 'permissions.md'), 'utf8');
    const [, json = ''] = /```json\n(.*?)```/s.exec(page) ?? [];
    const verdict = await lint?.({ operator: JSON.parse(json) as object });
    // What makes things that do not exist yet cannot name them; whoever runs es-ecs may narrow it by tags and names.
    expect(verdict?.findings.filter(({ issue }) => issue !== 'RESOURCE_STAR')).toEqual([]);
  });
});
