import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { afterEach, beforeAll, describe, expect, it } from 'vitest';

import { configText, Story } from '../lifecycle/story.ts';
import { referenceTable } from '../../src/simulator/policy/reference-table.ts';
import { policiesOfPage } from '../lifecycle/permitted.ts';
import { startParliament, type Verdict } from './support/parliament.ts';
import { type ActionFacts, startPolicySentry } from './support/policy-sentry.ts';
import { startPart } from './support/part.ts';

const lint = await startPart('parliament, a linter of IAM policies', startParliament);
const reference = await startPart('policy_sentry, a database of actions', startPolicySentry);

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
  {
    what: 'no bastion',
    config: configText('bastion: false\naccess: { endpoint: "https://search.example.com:9200" }\n'),
    options: noWait,
  },
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

/** Not policies that es-ecs puts anywhere, but ones that it tells people to use. */
describe.skipIf(lint === undefined)('the policies of docs/permissions.md', () => {
  const policies = policiesOfPage();

  it('leave parliament to say only what the page says itself', async () => {
    const verdict = await lint?.(policies);
    // It reads each statement alone: that the other kinds of a call stand in another one, the simulated account sees.
    const said = verdict?.findings
      .filter(({ issue }) => issue !== 'RESOURCE_MISMATCH')
      .map(({ policy, issue, detail }) => `${policy} ${issue} ${detail}`);
    expect(Object.keys(policies)).toHaveLength(6);
    expect(said).toEqual([
      // Its list of actions is older than this one, which the test by policy_sentry below knows.
      'es-ecs-read UNKNOWN_ACTION Unknown action freetier:GetAccountPlanState',
      // Bound to a cluster by a condition, which it does not count.
      "es-ecs-read RESOURCE_STAR ['ecs:ListTasks']",
    ]);
    // A wildcard for a resource only where AWS knows no narrower one, or a condition in its place.
    const byCondition = ['ecs:ListTasks'];
    expect(verdict?.wide.filter(({ action }) => !byCondition.includes(action))).toEqual([]);
  });
});

describe.skipIf(reference === undefined)('by policy_sentry, the policies of docs/permissions.md', () => {
  const statements = Object.values(policiesOfPage()).flatMap(({ Statement }) => Statement);
  let facts: Readonly<Record<string, ActionFacts>>;
  beforeAll(async () => {
    const actions = new Set(statements.flatMap(({ Action }) => Action));
    facts = (await reference?.facts([...actions])) ?? {};
  });

  it('name actions that there are', () => {
    expect(Object.keys(facts).length).toBeGreaterThan(150);
    expect(Object.entries(facts).filter(([, fact]) => fact.kinds.length === 0 && fact.isUnknown)).toEqual([]);
  });

  it('name resources of a kind that each action knows, and no star where it knows one but for a condition', () => {
    const wrong = statements.flatMap(({ Sid, Action, Resource }) =>
      [Action].flat().flatMap((action) => {
        const arns = (facts[action]?.kinds ?? []).map(({ arn }) => arn).filter((arn) => arn !== '*');
        return [Resource].flat().includes('*')
          ? []
          : [Resource].flat().some((pattern) => arns.some((arn) => meet(pattern, arn)))
            ? []
            : [`${Sid} ${action}`];
      }),
    );
    expect(wrong).toEqual([]);
  });

  it('name resources that some action of the statement knows', () => {
    const wrong = statements.flatMap(({ Sid, Action, Resource }) => {
      const arns = [Action].flat().flatMap((action) => (facts[action]?.kinds ?? []).map(({ arn }) => arn));
      return [Resource]
        .flat()
        .filter((pattern) => pattern !== '*' && !arns.some((arn) => meet(pattern, arn)))
        .map((pattern) => `${Sid} ${pattern}`);
    });
    expect(wrong).toEqual([]);
  });

  it('name condition keys that each action knows on a resource of the statement', () => {
    const wrong = statements.flatMap(({ Sid, Action, Resource, Condition = {} }) =>
      Object.values(Condition)
        .flatMap((keys) => Object.keys(keys))
        .flatMap((key) =>
          [Action].flat().flatMap((action) => {
            const kinds = (facts[action]?.kinds ?? []).filter(
              ({ arn }) =>
                arn === '*' || [Resource].flat().some((pattern) => pattern === '*' || meet(pattern, arn)),
            );
            // A family of keys: `aws:ResourceTag/${TagKey}`, `kms:EncryptionContext:${EncryptionContextKey}`.
            const known = kinds.flatMap(({ keys }) => keys).map((one) => one.replace(/\$\{\w+\}$/, ''));
            return known.some((one) => key === one || (/[/:]$/.test(one) && key.startsWith(one)))
              ? []
              : [`${Sid} ${action} ${key}`];
          }),
        ),
    );
    expect(wrong).toEqual([]);
  });

  it('and the simulated account knows the reference as it is', async () => {
    const lines = referenceTable.trim().split('\n');
    const printed = await reference?.table(lines.map((line) => line.split(' ')[0] ?? ''));
    expect(printed?.trim().split('\n')).toEqual(lines);
  });
});

/** Whether a pattern of a policy can mean a resource of a kind, whose ARN has holes like `${VpcId}`. */
function meet(pattern: string, arn: string): boolean {
  const whole = arn.replace(/\$\{Partition\}/, 'aws').replaceAll(/\$\{[^}]+\}/g, '*');
  const [wanted, given] = [pattern.split(':'), whole.split(':')].map((parts) => [
    ...parts.slice(0, 5),
    parts.slice(5).join(':'),
  ]);
  return (wanted ?? []).every((part, index) => overlap(part, given?.[index] ?? ''));
}

/** Whether two patterns with stars have a text in common: their fixed beginnings agree as far as both go. */
function overlap(one: string, other: string): boolean {
  const [a, b] = [one, other].map((part) => part.replaceAll('?', '*').split('*')[0] ?? '') as [
    string,
    string,
  ];
  if (!/[*?]/.test(one) && !/[*?]/.test(other)) return one === other;
  return a.startsWith(b) || b.startsWith(a);
}
