import type { Secret } from '@aws-sdk/client-ecs';

import type { World } from '../core/world.ts';
import { roleAllows } from '../iam/roles.ts';
import { theRole } from '../kms/use.ts';
import { findSecret, mayDecrypt, type SecretRow } from '../secrets-manager/secrets.ts';
import { shortName } from './common.ts';

/** The values by environment variable, or why the agent could not read them. */
export type SecretValues =
  | { readonly values: Readonly<Record<string, string>> }
  | { readonly failure: string };

/** `arn:…:secret:name-AbCdEf:json-key:version-stage:version-id`, the last three optional. */
interface SecretReference {
  readonly arn: string;
  readonly jsonKey: string;
  readonly stage: string;
}

function parseReference(valueFrom: string): SecretReference {
  const parts = valueFrom.split(':');
  return {
    arn: parts.slice(0, 7).join(':'),
    jsonKey: parts[7] ?? '',
    stage: parts[8] === undefined || parts[8] === '' ? 'AWSCURRENT' : parts[8],
  };
}

/**
 * Reads a container's secrets with the execution role, as the agent does before it starts the container. Only Secrets
 * Manager is played, as the product uses no parameters here.
 */
export function readSecrets(
  world: World,
  request: { readonly roleArn: string | undefined; readonly secrets: readonly Secret[] },
): SecretValues {
  const values: Record<string, string> = {};
  for (const { name = '', valueFrom = '' } of request.secrets) {
    const reference = parseReference(valueFrom);
    const role = shortName(request.roleArn ?? '');
    const secret = findSecret(world, reference.arn);
    const tags = secret?.tags ?? {};
    if (!roleAllows(world, role, { action: 'secretsmanager:GetSecretValue', tags })) {
      return failed(
        reference,
        `AccessDeniedException: User: arn:${world.partition}:sts::${world.accountId}:assumed-role/${role} is not authorized to perform: secretsmanager:GetSecretValue on resource: ${reference.arn}`,
      );
    }
    if (secret !== undefined && !mayDecrypt(world, secret, theRole(world, role))) {
      return failed(reference, 'AccessDeniedException: Access to KMS is not allowed');
    }
    const value = valueOf(secret, reference);
    if ('failure' in value) return value;
    values[name] = value.value;
  }
  return { values };
}

function failed(reference: SecretReference, because: string): { readonly failure: string } {
  return {
    failure: `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret ${reference.arn} from secrets manager: ${because}`,
  };
}

function valueOf(
  secret: SecretRow | undefined,
  reference: SecretReference,
): { readonly value: string } | { readonly failure: string } {
  if (secret === undefined) {
    return failed(reference, "ResourceNotFoundException: Secrets Manager can't find the specified secret.");
  }
  if (secret.deletedAtMs !== undefined) {
    return failed(
      reference,
      "InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion.",
    );
  }
  const version = secret.versions.find((one) => one.stages.includes(reference.stage));
  const text = version?.text;
  if (text === undefined) {
    return failed(
      reference,
      `ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: ${reference.stage}`,
    );
  }
  if (reference.jsonKey === '') return { value: text };
  const value = jsonField(text, reference.jsonKey);
  if (value === undefined) {
    return {
      failure: `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): retrieved secret from Secrets Manager did not contain json key ${reference.jsonKey}`,
    };
  }
  return { value };
}

function jsonField(text: string, key: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    const value: unknown = Object.entries(parsed).find(([name]) => name === key)?.[1];
    return typeof value === 'string' ? value : value === undefined ? undefined : JSON.stringify(value);
  } catch {
    return undefined;
  }
}
