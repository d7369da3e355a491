import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import type { AwsCredentialIdentity } from '@smithy/types';

import type { RequestSettings } from '../request-settings.ts';
import type { Questions } from './questions.ts';
import { roleFailed } from './sentences.ts';
import type { Role, Source } from './source.ts';

/** The credentials that a role is taken with. */
export interface Behind {
  readonly source: Source;
  readonly identity: AwsCredentialIdentity;
}

/** How a role is asked for. */
export interface RoleAsking {
  readonly region: string;
  readonly requestHandler: RequestSettings;
  readonly questions: Questions;
  readonly nowMs: number;
}

/**
 * Takes a role. What it is taken with is there already: the SDK's own provider for profiles asks for a code meanwhile, and for those of two
 * nested roles at once.
 *
 * @throws CredentialsFailure, where AWS does not give it, or nobody can be asked for a code
 */
export async function takeRole(
  role: Role,
  behind: Behind,
  asking: RoleAsking,
): Promise<AwsCredentialIdentity> {
  const { mfaSerial, externalId, durationSeconds } = role;
  const code = mfaSerial === undefined ? undefined : await asking.questions.codeOf(mfaSerial, role.profile);
  const take = fromTemporaryCredentials({
    masterCredentials: behind.identity,
    clientConfig: { requestHandler: asking.requestHandler, region: role.region ?? asking.region },
    params: {
      RoleArn: role.roleArn,
      RoleSessionName: role.sessionName ?? `es-ecs-${String(asking.nowMs)}`,
      ...(externalId === undefined ? {} : { ExternalId: externalId }),
      ...(durationSeconds === undefined ? {} : { DurationSeconds: durationSeconds }),
      ...(mfaSerial === undefined ? {} : { SerialNumber: mfaSerial }),
    },
    ...(code === undefined ? {} : { mfaCodeProvider: () => Promise.resolve(code) }),
  });
  try {
    return await take();
  } catch (error) {
    throw roleFailed(role, { source: behind.source, hadCode: code !== undefined, error });
  }
}
