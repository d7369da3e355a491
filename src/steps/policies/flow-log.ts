import type { StepContext } from '../context.ts';
import { arn, flowLogGroupName } from '../names.ts';
import { type PolicyDocument, policy } from './document.ts';

/**
 * What the service of flow logs does with them: write into the one log group. As in the VPC user guide ("IAM role for
 * publishing flow logs to CloudWatch Logs"), less the right to make groups, as es-ecs makes this one.
 */
export function flowLogPolicy({ config, facts }: Pick<StepContext, 'config' | 'facts'>): PolicyDocument {
  const group = arn(facts, 'logs', `log-group:${flowLogGroupName(config)}`);
  return policy(
    {
      Sid: 'WriteFlows',
      Effect: 'Allow',
      Action: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
      Resource: [group, `${group}:*`],
    },
    // A list of groups is of all groups: AWS knows no narrower resource for it.
    { Sid: 'FindLogGroup', Effect: 'Allow', Action: ['logs:DescribeLogGroups'], Resource: ['*'] },
  );
}
