import { ecrRepository } from '../../aws/partitions.ts';
import type { StepContext } from '../context.ts';
import { arn, repositoryName } from '../names.ts';
import type { Statement } from './document.ts';

/** The ARN of the ECR repository that the nodes' image comes from; undefined where it comes from another registry. */
export function imageRepositoryArn(context: Pick<StepContext, 'config' | 'facts'>): string | undefined {
  const { config, facts } = context;
  const { uri } = config.image;
  if (uri === undefined) return arn(facts, 'ecr', `repository/${repositoryName(config)}`);
  const found = ecrRepository(uri);
  if (found === undefined) return undefined;
  return arn({ ...found, partition: facts.partition }, 'ecr', `repository/${found.repository}`);
}

/** What pulling the image takes; nothing where it does not come from ECR. */
export function pullStatements(context: Pick<StepContext, 'config' | 'facts'>): readonly Statement[] {
  const repository = imageRepositoryArn(context);
  if (repository === undefined) return [];
  return [
    // A token is for the registry as a whole: AWS knows no narrower resource for it.
    { Sid: 'LogInToRegistry', Effect: 'Allow', Action: ['ecr:GetAuthorizationToken'], Resource: ['*'] },
    {
      Sid: 'PullImage',
      Effect: 'Allow',
      Action: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      Resource: [repository],
    },
  ];
}
