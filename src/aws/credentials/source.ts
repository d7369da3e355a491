import type { AwsCredentialIdentity, IniSection } from '@smithy/types';

import { hintLine } from '../hint-line.ts';
import { awsLine, CredentialsFailure } from './failure.ts';
import type { Environment, SharedFiles } from './shared-files.ts';

/** By what credentials are had. */
export type Source =
  | { readonly kind: 'environment' }
  | { readonly kind: 'container' }
  | { readonly kind: 'instance' }
  | ProfileSource;

/** By what a profile has them, or the environment by the same means. */
export type ProfileSource =
  | { readonly kind: 'keys' | 'sso' | 'process' | 'login'; readonly profile: string }
  | WebIdentity
  | Role;

/** A role that is taken with a token of somebody else's. */
export interface WebIdentity {
  readonly kind: 'web-identity';
  readonly profile: string;
  readonly tokenFile: string;
  readonly roleArn: string;
  readonly sessionName: string | undefined;
}

/** A role that is taken with other credentials. */
export interface Role {
  readonly kind: 'role';
  readonly profile: string;
  readonly roleArn: string;
  /** A profile, or what `credential_source` may say. */
  readonly from: { readonly profile: string } | { readonly source: string };
  readonly sessionName: string | undefined;
  readonly externalId: string | undefined;
  readonly mfaSerial: string | undefined;
  readonly durationSeconds: number | undefined;
  readonly region: string | undefined;
}

/** Where to look. */
export interface Surroundings {
  readonly environment: Environment;
  readonly files: SharedFiles;
}

/** The profile that the environment names, and with which variable; undefined: none, so that `default` counts. */
export function namedProfile(
  environment: Environment,
): { readonly profile: string; readonly variable: string } | undefined {
  // In the order of AWS CLI 2 ("aws configure list" shows it); its first version looks at them the other way round.
  for (const variable of ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE']) {
    const profile = environment[variable] ?? '';
    if (profile !== '') return { profile, variable };
  }
  return undefined;
}

/**
 * The one source that counts, in the order of the AWS CLI (botocore's `create_credential_resolver`), and never another in its place: where
 * the SDK's own chain goes on to the next source after one that failed, a misspelt profile takes the instance's role on EC2, and what
 * went wrong is never told. Keys in the environment come before the profile that it names, as for the CLI; the SDK has it otherwise.
 *
 * @throws CredentialsFailure for what is half said, or contradicts itself
 */
export function chooseSource({ environment, files }: Surroundings): Source {
  const named = namedProfile(environment);
  const profile = named?.profile ?? 'default';
  if (named !== undefined && files.profile(profile) === undefined) {
    throw noSuchProfile(profile, { who: `the one that ${named.variable} names`, files, named });
  }
  if (isSet(environment, 'AWS_ACCESS_KEY_ID')) return keysOfEnvironment(environment);
  const said = files.profile(profile) ?? {};
  if (isRole(said)) return roleOf(profile, said, files);
  const tokenFile = environment['AWS_WEB_IDENTITY_TOKEN_FILE'] ?? '';
  if (tokenFile !== '') return webIdentityOfEnvironment(profile, { environment, tokenFile, said });
  return sourceOfProfile(profile, files) ?? sourceOfMachine(environment);
}

/**
 * What a profile says of itself; undefined: nothing.
 *
 * @throws CredentialsFailure for what is half said
 */
function sourceOfProfile(profile: string, files: SharedFiles): ProfileSource | undefined {
  const said = files.profile(profile) ?? {};
  if (isRole(said)) return roleOf(profile, said, files);
  const tokenFile = said['web_identity_token_file'];
  if (tokenFile !== undefined) return webIdentity(profile, { ...said, tokenFile });
  if (said['sso_account_id'] !== undefined || said['sso_role_name'] !== undefined) {
    return singleSignOn(profile, said, files);
  }
  const hasKeys = said['aws_access_key_id'] !== undefined;
  if (hasKeys && files.hasKeysOfItsOwn(profile)) return keysOfProfile(profile, said);
  if (said['login_session'] !== undefined) return { kind: 'login', profile };
  if (said['credential_process'] !== undefined) return { kind: 'process', profile };
  return hasKeys ? keysOfProfile(profile, said) : undefined;
}

/** A profile that another one names as its source. Keys in it count before a role of its own, or it could not name itself. */
export function sourceBehind(role: Role, profile: string, files: SharedFiles): ProfileSource {
  const said = files.profile(profile);
  if (said === undefined) {
    throw noSuchProfile(profile, { who: `the source_profile of the profile ${role.profile}`, files });
  }
  if (isRole(said) && said['aws_access_key_id'] !== undefined) return keysOfProfile(profile, said);
  const source = sourceOfProfile(profile, files);
  if (source !== undefined) return source;
  throw new CredentialsFailure(
    `the profile ${profile} has no credentials, and the profile ${role.profile} takes its role with them`,
    { hints: [awsLine('configure', profile, 'writes keys into it')] },
  );
}

/** The keys that a profile names. */
export function keysOf(profile: string, files: SharedFiles): AwsCredentialIdentity {
  const said = files.profile(profile) ?? {};
  const token = said['aws_session_token'];
  return {
    accessKeyId: said['aws_access_key_id'] ?? '',
    secretAccessKey: said['aws_secret_access_key'] ?? '',
    ...(token === undefined ? {} : { sessionToken: token }),
  };
}

function isSet(environment: Environment, variable: string): boolean {
  return (environment[variable] ?? '') !== '';
}

function keysOfEnvironment(environment: Environment): Source {
  if (isSet(environment, 'AWS_SECRET_ACCESS_KEY')) return { kind: 'environment' };
  throw new CredentialsFailure(
    'AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not: one is nothing without the other',
    {
      hints: [
        hintLine('unset AWS_ACCESS_KEY_ID', 'a profile, single sign-on or a role counts then'),
        hintLine('export AWS_SECRET_ACCESS_KEY=…', 'the secret that belongs to the key'),
      ],
    },
  );
}

function keysOfProfile(profile: string, said: IniSection): ProfileSource {
  if (said['aws_secret_access_key'] !== undefined) return { kind: 'keys', profile };
  throw new CredentialsFailure(
    `the profile ${profile} has aws_access_key_id and no aws_secret_access_key: one is nothing without the other`,
    { hints: [awsLine('configure', profile, 'asks for both and writes them')] },
  );
}

function webIdentityOfEnvironment(
  profile: string,
  given: { readonly environment: Environment; readonly tokenFile: string; readonly said: IniSection },
): ProfileSource {
  const { environment, tokenFile, said } = given;
  const roleArn = environment['AWS_ROLE_ARN'] ?? '';
  if (roleArn === '' && said['role_arn'] === undefined) {
    throw new CredentialsFailure(
      'AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not: a token is for a role',
      {
        hints: [
          hintLine('export AWS_ROLE_ARN=arn:…', 'the role that trusts whoever issues the token'),
          hintLine('unset AWS_WEB_IDENTITY_TOKEN_FILE', 'a profile or single sign-on counts then'),
        ],
      },
    );
  }
  return webIdentity(profile, {
    tokenFile,
    role_arn: roleArn === '' ? said['role_arn'] : roleArn,
    role_session_name: environment['AWS_ROLE_SESSION_NAME'] ?? said['role_session_name'],
  });
}

function webIdentity(profile: string, said: IniSection & { readonly tokenFile: string }): WebIdentity {
  const roleArn = said['role_arn'];
  if (roleArn === undefined) {
    throw new CredentialsFailure(
      `the profile ${profile} has web_identity_token_file and no role_arn: a token is for a role`,
      { hints: [awsLine('configure set role_arn arn:…', profile, 'names the role')] },
    );
  }
  return {
    kind: 'web-identity',
    profile,
    tokenFile: said.tokenFile,
    roleArn,
    sessionName: said['role_session_name'] === '' ? undefined : said['role_session_name'],
  };
}

function singleSignOn(profile: string, said: IniSection, files: SharedFiles): ProfileSource {
  const named = said['sso_session'];
  const session = named === undefined ? undefined : files.session(named);
  if (named !== undefined && session === undefined) {
    throw new CredentialsFailure(
      `the profile ${profile} signs on by sso_session = ${named}, and ${files.configPath} has no [sso-session ${named}]`,
      { hints: [awsLine('configure sso', profile, 'asks for what is missing and writes it')] },
    );
  }
  const all = { ...said, ...session };
  const missing = ['sso_start_url', 'sso_region', 'sso_account_id', 'sso_role_name'].filter(
    (key) => (all[key] ?? '') === '',
  );
  if (missing.length > 0) {
    throw new CredentialsFailure(
      `the profile ${profile} is one for single sign-on and lacks ${missing.join(', ')}`,
      { hints: [awsLine('configure sso', profile, 'asks for what is missing and writes it')] },
    );
  }
  return { kind: 'sso', profile };
}

function isRole(said: IniSection): boolean {
  return said['role_arn'] !== undefined && said['web_identity_token_file'] === undefined;
}

function roleOf(profile: string, said: IniSection, files: SharedFiles): Role {
  const { source_profile: from, credential_source: source } = said;
  if ((from === undefined) === (source === undefined)) {
    const what = from === undefined ? 'neither source_profile nor' : 'both source_profile and';
    throw new CredentialsFailure(
      `the profile ${profile} takes the role ${said['role_arn'] ?? ''} and has ${what} credential_source: with which credentials is not clear`,
      {
        hints: [
          from === undefined
            ? awsLine('configure set source_profile NAME', profile, 'names the profile to take it with')
            : `take one of the two out of [profile ${profile}] in ${files.configPath}`,
        ],
      },
    );
  }
  const seconds = said['duration_seconds'] ?? '';
  return {
    kind: 'role',
    profile,
    roleArn: said['role_arn'] ?? '',
    from: from === undefined ? { source: source ?? '' } : { profile: from },
    sessionName: said['role_session_name'],
    externalId: said['external_id'],
    mfaSerial: said['mfa_serial'],
    // What is no number is passed over, as the CLI does.
    durationSeconds: /^\d+$/.test(seconds) ? Number(seconds) : undefined,
    region: said['region'],
  };
}

/** Containers have it by a variable that ECS, EKS or CloudShell sets. */
function sourceOfMachine(environment: Environment): Source {
  const isContainer = ['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', 'AWS_CONTAINER_CREDENTIALS_FULL_URI'].some(
    (variable) => isSet(environment, variable),
  );
  return { kind: isContainer ? 'container' : 'instance' };
}

function noSuchProfile(
  profile: string,
  wanted: {
    readonly who: string;
    readonly files: SharedFiles;
    readonly named?: { readonly variable: string };
  },
): CredentialsFailure {
  const { who, files, named } = wanted;
  return new CredentialsFailure(
    `there is no profile ${profile} (${who}) in ${files.configPath} or ${files.credentialsPath}`,
    {
      hints: [
        hintLine('aws configure list-profiles', 'shows which there are'),
        awsLine('configure', profile, 'makes it, with keys'),
        awsLine('configure sso', profile, 'makes it, with single sign-on'),
        ...(named === undefined
          ? []
          : [
              hintLine(
                `unset ${named.variable}`,
                'keys in the environment, or the default profile, count then',
              ),
            ]),
      ],
    },
  );
}
