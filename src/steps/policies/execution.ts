import type { StepContext } from '../context.ts';
import { arn, secretName } from '../names.ts';
import { type PolicyDocument, policy } from './document.ts';
import { pullStatements } from './images.ts';
import { secretKeyStatement } from './keys.ts';
import { logStatement } from './logs.ts';

/**
 * What ECS does on behalf of a task before it runs: pull the image, hand in the secrets, write the logs. Not the
 * authority's private key, which no host ever sees.
 */
export function executionPolicy(context: Pick<StepContext, 'config' | 'facts'>): PolicyDocument {
  const { config, facts } = context;
  return policy(
    ...pullStatements(context),
    logStatement(context),
    {
      Sid: 'ReadSecrets',
      Effect: 'Allow',
      Action: ['secretsmanager:GetSecretValue'],
      // Secrets Manager adds a hyphen and six characters to the name (user guide, "What's in a Secrets Manager secret").
      Resource: (['certificates', 'password'] as const).map((secret) =>
        arn(facts, 'secretsmanager', `secret:${secretName(config, secret)}-??????`),
      ),
    },
    secretKeyStatement(context),
  );
}
