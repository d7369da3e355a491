import type { StepContext } from '../context.ts';
import { arn, logGroupName } from '../names.ts';
import type { Statement } from './document.ts';

/** Writing the containers' output into the cluster's log group. */
export function logStatement(context: Pick<StepContext, 'config' | 'facts'>): Statement {
  return {
    Sid: 'WriteLogs',
    Effect: 'Allow',
    Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    Resource: [arn(context.facts, 'logs', `log-group:${logGroupName(context.config)}:*`)],
  };
}
