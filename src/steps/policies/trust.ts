import { ec2Principal, servicePrincipals } from '../../aws/partitions.ts';
import type { Facts } from '../facts.ts';
import { arn } from '../names.ts';
import { type PolicyDocument, policy } from './document.ts';

/**
 * Who may wear the instance role: EC2, for instances of this account. That needs no condition: EC2 takes a role from an
 * instance profile, a profile holds roles of its own account only, and nobody can pass a role to a service in another account
 * (IAM user guide, "Grant a user permissions to pass a role to an AWS service").
 */
export function instanceTrust(facts: Pick<Facts, 'partition'>): PolicyDocument {
  return policy({
    Sid: 'HostsOnly',
    Effect: 'Allow',
    Principal: { Service: ec2Principal(facts.partition) },
    Action: ['sts:AssumeRole'],
  });
}

/** Who may wear the flow log's role: the service of flow logs, for those of this account and region alone. */
export function flowLogTrust(facts: Pick<Facts, 'partition' | 'region' | 'accountId'>): PolicyDocument {
  return policy({
    Sid: 'FlowLogsOfThisAccountOnly',
    Effect: 'Allow',
    Principal: { Service: servicePrincipals.flowLogs },
    Action: ['sts:AssumeRole'],
    Condition: {
      ArnLike: { 'aws:SourceArn': arn(facts, 'ec2', 'vpc-flow-log/*') },
      StringEquals: { 'aws:SourceAccount': facts.accountId },
    },
  });
}

/**
 * Who may wear the execution and the task role: ECS tasks of this account and region alone. Without the condition a task of
 * another account could be given it by way of ECS (the confused deputy: ECS developer guide, "Task IAM role").
 */
export function taskTrust(facts: Pick<Facts, 'partition' | 'region' | 'accountId'>): PolicyDocument {
  return policy({
    Sid: 'TasksOfThisAccountOnly',
    Effect: 'Allow',
    Principal: { Service: servicePrincipals.ecsTasks },
    Action: ['sts:AssumeRole'],
    Condition: {
      ArnLike: { 'aws:SourceArn': arn(facts, 'ecs', '*') },
      StringEquals: { 'aws:SourceAccount': facts.accountId },
    },
  });
}
