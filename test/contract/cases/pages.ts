import {
  CreateAutoScalingGroupCommand,
  DescribeAutoScalingGroupsCommand,
} from '@aws-sdk/client-auto-scaling';
import { CreateLogGroupCommand, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateLaunchTemplateCommand } from '@aws-sdk/client-ec2';
import { ListTaskDefinitionsCommand, RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { CreateRoleCommand, ListRolePoliciesCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateSecretCommand, ListSecretsCommand } from '@aws-sdk/client-secrets-manager';

import { given } from '../case.ts';
import type { ContractCase } from '../case.ts';
import { hostImage, makeSubnet, makeVpc } from '../fixtures.ts';

const three = [1, 2, 3];

/** Lengths of the pages, as one token leads to the next. */
async function lengths(
  page: (token: string | undefined) => Promise<{
    readonly items: readonly unknown[] | undefined;
    readonly token: string | undefined;
  }>,
): Promise<readonly number[]> {
  const all: number[] = [];
  let token: string | undefined;
  do {
    const answer = await page(token);
    all.push(answer.items?.length ?? 0);
    token = answer.token;
  } while (token !== undefined && all.length < 5);
  return all;
}

/** The services' paginators follow tokens; here it is seen that the targets give any. */
export const pageCases: readonly ContractCase[] = [
  {
    name: 'pages: of task definitions',
    calls: ['ECS:ListTaskDefinitions'],
    expected: { lengths: [2, 1] },
    run: async ({ ecs }, scratch) => {
      const family = scratch.name('family');
      const containerDefinitions = [{ name: 'one', image: 'one', essential: true, memory: 128 }];
      for (const _ of three) {
        await ecs.send(new RegisterTaskDefinitionCommand({ family, containerDefinitions }));
      }
      return {
        lengths: await lengths(async (nextToken) => {
          const input = { familyPrefix: family, maxResults: 2, nextToken };
          const answer = await ecs.send(new ListTaskDefinitionsCommand(input));
          return { items: answer.taskDefinitionArns, token: answer.nextToken };
        }),
      };
    },
  },
  {
    name: 'pages: of log groups',
    calls: ['CloudWatchLogs:DescribeLogGroups'],
    expected: { lengths: [2, 1] },
    run: async ({ logs }, scratch) => {
      const prefix = `/es-ecs/${scratch.name('groups')}/`;
      for (const number of three) {
        await logs.send(new CreateLogGroupCommand({ logGroupName: `${prefix}${number}` }));
      }
      return {
        lengths: await lengths(async (nextToken) => {
          const input = { logGroupNamePrefix: prefix, limit: 2, nextToken };
          const answer = await logs.send(new DescribeLogGroupsCommand(input));
          return { items: answer.logGroups, token: answer.nextToken };
        }),
      };
    },
  },
  {
    name: 'pages: of secrets',
    calls: ['SecretsManager:ListSecrets'],
    expected: { lengths: [2, 1] },
    run: async ({ secretsManager }, scratch) => {
      const prefix = `es-ecs/${scratch.name('secrets')}/`;
      for (const number of three) {
        await secretsManager.send(new CreateSecretCommand({ Name: `${prefix}${number}`, SecretString: 'x' }));
      }
      await scratch.settle();
      const Filters = [{ Key: 'name' as const, Values: [prefix] }];
      return {
        lengths: await lengths(async (NextToken) => {
          const answer = await secretsManager.send(
            new ListSecretsCommand({ Filters, MaxResults: 2, NextToken }),
          );
          return { items: answer.SecretList, token: answer.NextToken };
        }),
      };
    },
  },
  {
    name: 'pages: of policies of a role',
    calls: ['IAM:ListRolePolicies'],
    // IAM says IsTruncated and gives a Marker.
    expected: { lengths: [2, 1] },
    run: async ({ iam }, scratch) => {
      const RoleName = scratch.name('role');
      const statement = { Effect: 'Allow', Action: 'sts:AssumeRole' };
      const trusted = { ...statement, Principal: { Service: 'ec2.amazonaws.com' } };
      const document = (one: object): string => JSON.stringify({ Version: '2012-10-17', Statement: [one] });
      await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: document(trusted) }));
      for (const number of three) {
        const PolicyDocument = document({ ...statement, Resource: '*' });
        await iam.send(
          new PutRolePolicyCommand({ RoleName, PolicyName: `policy-${number}`, PolicyDocument }),
        );
      }
      return {
        lengths: await lengths(async (Marker) => {
          const answer = await iam.send(new ListRolePoliciesCommand({ RoleName, MaxItems: 2, Marker }));
          return { items: answer.PolicyNames, token: answer.Marker };
        }),
      };
    },
  },
  {
    name: 'pages: of groups',
    calls: ['AutoScaling:DescribeAutoScalingGroups'],
    expected: { lengths: [2, 1] },
    run: async (clients, scratch) => {
      const { autoScaling } = clients;
      const VPCZoneIdentifier = await makeSubnet(clients, await makeVpc(clients));
      const { LaunchTemplate } = await clients.ec2.send(
        new CreateLaunchTemplateCommand({
          LaunchTemplateName: scratch.name('template'),
          LaunchTemplateData: { ImageId: await hostImage(clients), InstanceType: 't3.micro' },
        }),
      );
      const LaunchTemplateId = given(LaunchTemplate?.LaunchTemplateId);
      const names = three.map(() => scratch.name('group'));
      for (const AutoScalingGroupName of names) {
        await autoScaling.send(
          new CreateAutoScalingGroupCommand({
            AutoScalingGroupName,
            LaunchTemplate: { LaunchTemplateId, Version: '1' },
            MinSize: 0,
            MaxSize: 0,
            VPCZoneIdentifier,
          }),
        );
      }
      await scratch.settle();
      return {
        lengths: await lengths(async (NextToken) => {
          const input = { AutoScalingGroupNames: names, MaxRecords: 2, NextToken };
          const answer = await autoScaling.send(new DescribeAutoScalingGroupsCommand(input));
          return { items: answer.AutoScalingGroups, token: answer.NextToken };
        }),
      };
    },
  },
];
