import {
  PutSecretValueCommand,
  type SecretsManagerClient,
  TagResourceCommand,
} from '@aws-sdk/client-secrets-manager';
import type { z } from 'zod';

import { type Tags, toCapitalTags } from '../../aws/tags.ts';

/** The JSON of a secret; undefined where it holds something else. */
export function parseSecret<Value>(text: string | undefined, keys: z.ZodType<Value>): Value | undefined {
  try {
    return keys.safeParse(JSON.parse(text ?? '')).data;
  } catch {
    return undefined;
  }
}

/** Gives a secret another value. @returns its version */
export async function putSecret(
  secretsManager: SecretsManagerClient,
  SecretId: string,
  value: object,
): Promise<string> {
  const { VersionId = '' } = await secretsManager.send(
    new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(value) }),
  );
  return VersionId;
}

/** Sets tags of a secret, and leaves all others. */
export async function tagSecret(
  secretsManager: SecretsManagerClient,
  SecretId: string,
  tags: Tags,
): Promise<void> {
  await secretsManager.send(new TagResourceCommand({ SecretId, Tags: toCapitalTags(tags) }));
}
