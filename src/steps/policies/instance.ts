import { clusterTag, nodeTag } from '../../aws/tags.ts';
import type { StepContext } from '../context.ts';
import { arn, clusterName } from '../names.ts';
import { type Conditions, type PolicyDocument, type Statement, policy } from './document.ts';
import { pullStatements } from './images.ts';
import { diskKeyStatements } from './keys.ts';
import { logStatement } from './logs.ts';

/** The tag under which user data says why a host could not be made ready. */
export const problemTag = 'es-ecs-problem';
/** What that reason begins with where only a person can put it right. */
export const personMark = 'for a person:';

/**
 * What a host may do: be a container instance of its own cluster, and attach its own data volume. Narrower than AWS's
 * AmazonEC2ContainerServiceforEC2Role, which allows all of it on every cluster of the account.
 */
export function instancePolicy(context: Pick<StepContext, 'config' | 'facts'>): PolicyDocument {
  return policy(
    ...agentStatements(context),
    // The agent pulls and logs with the execution role where the ECS AMI's defaults hold; these are for where they do not.
    ...pullStatements(context),
    logStatement(context),
    ...volumeStatements(context),
    ...diskKeyStatements(context),
    ...problemStatements(context),
  );
}

function agentStatements({ config, facts }: Pick<StepContext, 'config' | 'facts'>): readonly Statement[] {
  const cluster = arn(facts, 'ecs', `cluster/${clusterName(config)}`);
  return [
    // It asks where to poll before it belongs to any cluster: AWS knows no resource for it.
    { Sid: 'FindEcs', Effect: 'Allow', Action: ['ecs:DiscoverPollEndpoint'], Resource: ['*'] },
    {
      Sid: 'JoinCluster',
      Effect: 'Allow',
      Action: [
        'ecs:DeregisterContainerInstance',
        'ecs:RegisterContainerInstance',
        'ecs:SubmitAttachmentStateChanges',
        'ecs:SubmitContainerStateChange',
        'ecs:SubmitTaskStateChange',
      ],
      Resource: [cluster],
    },
    {
      Sid: 'TakeOrders',
      Effect: 'Allow',
      Action: ['ecs:Poll', 'ecs:StartTelemetrySession'],
      Resource: [arn(facts, 'ecs', `container-instance/${clusterName(config)}/*`)],
      Condition: { ArnEquals: { 'ecs:cluster': cluster } },
    },
  ];
}

/** Volumes and instances of this cluster's nodes; not the bastion, which carries no node's tag. */
function ofNodes(cluster: string): Conditions {
  return {
    StringEquals: { [`aws:ResourceTag/${clusterTag}`]: cluster },
    StringLike: { [`aws:ResourceTag/${nodeTag}`]: `${cluster}-*` },
  };
}

function volumeStatements({ config, facts }: Pick<StepContext, 'config' | 'facts'>): readonly Statement[] {
  return [
    // EC2's describes know no resources and no conditions on tags.
    { Sid: 'FindVolume', Effect: 'Allow', Action: ['ec2:DescribeVolumes'], Resource: ['*'] },
    {
      Sid: 'AttachVolume',
      Effect: 'Allow',
      Action: ['ec2:AttachVolume'],
      Resource: [arn(facts, 'ec2', 'instance/*'), arn(facts, 'ec2', 'volume/*')],
      Condition: ofNodes(config.name),
    },
  ];
}

function problemStatements({ config, facts }: Pick<StepContext, 'config' | 'facts'>): readonly Statement[] {
  const { StringEquals, StringLike } = ofNodes(config.name);
  return [
    {
      Sid: 'SayWhatIsWrong',
      Effect: 'Allow',
      Action: ['ec2:CreateTags', 'ec2:DeleteTags'],
      Resource: [arn(facts, 'ec2', 'instance/*')],
      Condition: {
        ...(StringEquals === undefined ? {} : { StringEquals }),
        ...(StringLike === undefined ? {} : { StringLike }),
        'ForAllValues:StringEquals': { 'aws:TagKeys': [problemTag] },
        // "For all values" is true of none; deleting with no keys named would delete them all.
        Null: { 'aws:TagKeys': 'false' },
      },
    },
  ];
}
