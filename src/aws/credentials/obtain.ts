import {
  fromEnv,
  fromHttp,
  fromInstanceMetadata,
  fromLoginCredentials,
  fromProcess,
  fromSSO,
  fromTokenFile,
} from '@aws-sdk/credential-providers';
import type { AwsCredentialIdentity } from '@smithy/types';

import { CredentialsFailure } from './failure.ts';
import { type RoleAsking, takeRole } from './role.ts';
import {
  containerFailed,
  environmentEnded,
  instanceWithoutRole,
  loginFailed,
  nothingFound,
  processFailed,
  signOnFailed,
  webIdentityFailed,
} from './sentences.ts';
import type { Environment, SharedFiles } from './shared-files.ts';
import { keysOf, namedProfile, type Role, type Source, sourceBehind, type WebIdentity } from './source.ts';

/** What it takes to ask a source. */
export interface Asking extends RoleAsking {
  readonly environment: Environment;
  readonly files: SharedFiles;
}

/**
 * Asks one source for credentials, by the SDK's own provider for it.
 *
 * @param trail the profiles whose roles are to be taken with what comes, the outermost first
 * @throws CredentialsFailure, with what went wrong there and the way out; whatever lies between here and AWS as it came
 */
export async function obtain(
  source: Source,
  asking: Asking,
  trail: readonly string[] = [],
): Promise<AwsCredentialIdentity> {
  const { environment, files, region, requestHandler } = asking;
  // What the SDK's providers ask goes the same way as all else; they read the files again, as those may have changed.
  const clientConfig = { requestHandler, region };
  switch (source.kind) {
    case 'environment':
      return ofEnvironment(asking);
    case 'keys':
      return keysOf(source.profile, files);
    case 'process':
      return trying(fromProcess({ profile: source.profile, ignoreCache: true }), (error) =>
        processFailed(source.profile, error),
      );
    case 'sso':
      // The region of single sign-on is its own.
      return trying(
        fromSSO({ profile: source.profile, ignoreCache: true, clientConfig: { requestHandler } }),
        (error) => signOnFailed(source.profile, error),
      );
    case 'login':
      return trying(fromLoginCredentials({ profile: source.profile, clientConfig }), (error) =>
        loginFailed(source.profile, error),
      );
    case 'web-identity':
      return ofWebIdentity(source, asking);
    case 'role':
      return ofRole(source, asking, trail);
    case 'container':
      return trying(fromHttp({}), (error) => containerFailed(environment, error));
    case 'instance':
      return ofInstance(asking);
  }
}

async function trying(
  provider: () => Promise<AwsCredentialIdentity>,
  translate: (error: unknown) => Error,
): Promise<AwsCredentialIdentity> {
  try {
    return await provider();
  } catch (error) {
    throw translate(error);
  }
}

function ofEnvironment({ environment, nowMs }: Asking): Promise<AwsCredentialIdentity> {
  const ends = environment['AWS_CREDENTIAL_EXPIRATION'] ?? '';
  if (Date.parse(ends) <= nowMs) throw environmentEnded(ends);
  return fromEnv()();
}

function ofWebIdentity(
  source: WebIdentity,
  { region, requestHandler }: Asking,
): Promise<AwsCredentialIdentity> {
  const { tokenFile, roleArn, sessionName } = source;
  const provider = fromTokenFile({
    webIdentityTokenFile: tokenFile,
    roleArn,
    ...(sessionName === undefined ? {} : { roleSessionName: sessionName }),
    clientConfig: { requestHandler, region },
  });
  return trying(provider, (error) => webIdentityFailed(source, error));
}

async function ofRole(role: Role, asking: Asking, trail: readonly string[]): Promise<AwsCredentialIdentity> {
  const visited = [...trail, role.profile];
  const source = behind(role, asking, visited);
  return takeRole(role, { source, identity: await obtain(source, asking, visited) }, asking);
}

/** @throws CredentialsFailure for a source that is not there, or that leads back to where it began */
function behind(role: Role, { environment, files }: Asking, visited: readonly string[]): Source {
  if ('profile' in role.from) {
    const { profile } = role.from;
    const source = sourceBehind(role, profile, files);
    if (source.kind !== 'role' || !visited.includes(profile)) return source;
    throw new CredentialsFailure(
      `the profiles lead in a circle, each with the next as its source_profile: ${[...visited, profile].join(', ')}`,
      { hints: [`one of them in ${files.configPath} must have credentials of its own`] },
    );
  }
  switch (role.from.source) {
    case 'Environment':
      if ((environment['AWS_ACCESS_KEY_ID'] ?? '') !== '') return { kind: 'environment' };
      throw new CredentialsFailure(
        `the profile ${role.profile} takes its role with the keys in the environment, and there are none`,
        { hints: ['export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…'] },
      );
    case 'EcsContainer':
      return { kind: 'container' };
    case 'Ec2InstanceMetadata':
      return { kind: 'instance' };
    default:
      throw new CredentialsFailure(
        `the profile ${role.profile} has credential_source = ${role.from.source}, which is none of Environment, EcsContainer and Ec2InstanceMetadata`,
        { hints: [`look at [profile ${role.profile}] in ${files.configPath}`] },
      );
  }
}

async function ofInstance({ environment, files }: Asking): Promise<AwsCredentialIdentity> {
  const profile = namedProfile(environment)?.profile ?? 'default';
  const off = environment['AWS_EC2_METADATA_DISABLED'] ?? '';
  if (off !== '' && off !== 'false') throw nothingFound(profile, { environment, files, cause: undefined });
  try {
    return await fromInstanceMetadata()();
  } catch (error) {
    const answers = error instanceof Error && 'statusCode' in error;
    throw answers ? instanceWithoutRole(error) : nothingFound(profile, { environment, files, cause: error });
  }
}
