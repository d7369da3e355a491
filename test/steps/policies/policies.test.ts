import { describe, expect, it } from 'vitest';

import { executionPolicy } from '../../../src/steps/policies/execution.ts';
import { imageRepositoryArn } from '../../../src/steps/policies/images.ts';
import { instancePolicy } from '../../../src/steps/policies/instance.ts';
import { taskPolicy } from '../../../src/steps/policies/task.ts';
import { instanceTrust, taskTrust } from '../../../src/steps/policies/trust.ts';
import { createBench, facts } from '../support/bench.ts';

const { context } = createBench();
const policies = [instancePolicy(context), executionPolicy(context), taskPolicy()];
const statements = policies.flatMap((policy) => policy.Statement);

/** Actions for which AWS's Service Authorization Reference knows no resource. */
const withoutResource = [
  'ec2:DescribeInstances',
  'ec2:DescribeVolumes',
  'ecr:GetAuthorizationToken',
  'ecs:DiscoverPollEndpoint',
];

describe('policies', () => {
  it('name a resource wherever AWS knows one', () => {
    const wide = statements.filter((statement) => statement.Resource?.includes('*') === true);
    expect([...new Set(wide.flatMap((statement) => statement.Action))].sort()).toEqual(withoutResource);
  });

  it('have no wildcard among their actions', () => {
    expect(statements.flatMap((statement) => statement.Action).filter((one) => one.includes('*'))).toEqual(
      [],
    );
  });

  it('let nobody but the tool read the authority, and ECS only what containers get', () => {
    const readable = statements
      .filter((statement) => statement.Action.includes('secretsmanager:GetSecretValue'))
      .flatMap((statement) => statement.Resource);
    expect(readable).toEqual([
      'arn:aws:secretsmanager:eu-west-1:123456789012:secret:es-ecs/search/certificates-??????',
      'arn:aws:secretsmanager:eu-west-1:123456789012:secret:es-ecs/search/password-??????',
    ]);
  });

  it("let a host attach and tag only what carries its own cluster's and a node's tag", () => {
    const changing = instancePolicy(context).Statement.filter((statement) =>
      statement.Action.some((action) => /^ec2:(Attach|Create|Delete)/.test(action)),
    );
    expect(changing).toHaveLength(2);
    for (const { Condition } of changing) {
      expect(Condition).toMatchObject({
        StringEquals: { 'aws:ResourceTag/es-ecs-cluster': 'search' },
        StringLike: { 'aws:ResourceTag/es-ecs-node': 'search-*' },
      });
    }
    expect(changing[1]?.Condition).toMatchObject({
      'ForAllValues:StringEquals': { 'aws:TagKeys': ['es-ecs-problem'] },
      Null: { 'aws:TagKeys': 'false' },
    });
  });

  it('can be worn by tasks of this account and region only, and by instances', () => {
    expect(taskTrust(facts).Statement[0]).toMatchObject({
      Principal: { Service: 'ecs-tasks.amazonaws.com' },
      Condition: {
        StringEquals: { 'aws:SourceAccount': '123456789012' },
        ArnLike: { 'aws:SourceArn': 'arn:aws:ecs:eu-west-1:123456789012:*' },
      },
    });
    expect(instanceTrust({ partition: 'aws-cn' }).Statement[0]?.Principal).toEqual({
      Service: 'ec2.amazonaws.com.cn',
    });
  });
});

describe('the repository that may be pulled from', () => {
  const digest = `sha256:${'4f'.repeat(32)}`;

  it.each([
    [undefined, 'arn:aws:ecr:eu-west-1:123456789012:repository/es-ecs/search'],
    [
      `999999999999.dkr.ecr.us-east-1.amazonaws.com/team/search@${digest}`,
      'arn:aws:ecr:us-east-1:999999999999:repository/team/search',
    ],
    [
      '999999999999.dkr.ecr.us-east-1.amazonaws.com/search:9.4.6',
      'arn:aws:ecr:us-east-1:999999999999:repository/search',
    ],
    [`registry.example.org/search@${digest}`, undefined],
  ])('%s: %s', (uri, expected) => {
    const config = { ...context.config, image: { uri } };
    expect(imageRepositoryArn({ config, facts })).toBe(expected);
  });

  it('is left out where there is none in ECR', () => {
    const config = { ...context.config, image: { uri: 'registry.example.org/search:9.4.6' } };
    const actions = executionPolicy({ config, facts }).Statement.flatMap((statement) => statement.Action);
    expect(actions.filter((action) => action.startsWith('ecr:'))).toEqual([]);
  });
});
