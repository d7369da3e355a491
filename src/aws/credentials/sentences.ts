import { shellWord } from '../../templates/render.ts';
import { translateDistance } from '../unreachable.ts';
import { hintLine } from '../hint-line.ts';
import { awsLine, CredentialsFailure, wordsOf } from './failure.ts';
import type { Environment, SharedFiles } from './shared-files.ts';
import type { Role, Source, WebIdentity } from './source.ts';
import { nameOf, renewal } from './words.ts';

/** Nobody has any. */
export function nothingFound(
  profile: string,
  looked: { readonly environment: Environment; readonly files: SharedFiles; readonly cause: unknown },
): CredentialsFailure {
  const { environment, files, cause } = looked;
  const isHalf = (environment['AWS_SECRET_ACCESS_KEY'] ?? '') !== '';
  const places = `the profile ${profile} of ${files.configPath} and ${files.credentialsPath} has none`;
  return new CredentialsFailure(
    `there are no AWS credentials: the environment holds no keys, ${places}, and no role of a machine answers`,
    {
      hints: [
        ...(isHalf
          ? [hintLine('export AWS_ACCESS_KEY_ID=…', 'AWS_SECRET_ACCESS_KEY is set, and nothing without it')]
          : []),
        hintLine('aws sso login', 'where single sign-on is used'),
        hintLine('export AWS_PROFILE=…', 'a profile of ~/.aws/config'),
        hintLine('aws configure', 'writes keys into the default profile'),
        hintLine('es-ecs up --simulate', 'needs no account'),
      ],
      cause,
    },
  );
}

/** The instance answers and gives none. */
export function instanceWithoutRole(cause: unknown): CredentialsFailure {
  return new CredentialsFailure(
    'there are no AWS credentials: this instance answers, and gives no credentials of a role',
    {
      hints: [
        'give the instance a profile: aws ec2 associate-iam-instance-profile',
        hintLine('export AWS_PROFILE=…', 'a profile of ~/.aws/config'),
      ],
      cause,
    },
  );
}

/** Exported ones say themselves when they end. */
export function environmentEnded(when: string): CredentialsFailure {
  return new CredentialsFailure(
    `the AWS credentials in the environment have expired: AWS_CREDENTIAL_EXPIRATION is ${when}`,
    { hints: renewal({ kind: 'environment' }) },
  );
}

/** `credential_process` failed, or said what is no answer ("Sourcing credentials with an external process"). */
export function processFailed(profile: string, error: unknown): CredentialsFailure {
  return new CredentialsFailure(
    `the credential_process of the profile ${profile} gives no credentials: ${processWords(profile, error)}`,
    {
      hints: [
        awsLine('configure get credential_process', profile, 'shows the command: run it by hand'),
        hintLine('export AWS_PROFILE=…', 'another profile'),
      ],
      cause: error,
    },
  );
}

/** The SDK's sentence without its beginning, which ours has; of a command that failed the last line that it wrote, not the command. */
function processWords(profile: string, error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const own = `Profile ${profile} credential_process `;
  if (text.startsWith(own)) return `it ${text.slice(own.length).replace(/\.$/, '')}`;
  const [, ...written] = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line, index) => index === 0 || line !== '');
  return written.at(-1) ?? 'it failed without a word why';
}

/** Single sign-on: the session has ended, or it gives no such role, or it is out of reach. */
export function signOnFailed(profile: string, error: unknown): CredentialsFailure {
  // The SDK puts the name of what the service threw before its words, and nothing before its own.
  const name = /^([A-Za-z]+): /.exec(wordsOf(error))?.[1];
  if (name === undefined || name === 'UnauthorizedException') {
    return new CredentialsFailure(
      `the single sign-on session of the profile ${profile} has ended, or was never begun`,
      {
        hints: [
          awsLine('sso login', profile, 'signs on'),
          hintLine('export AWS_PROFILE=…', 'another profile'),
        ],
        cause: error,
      },
    );
  }
  if (name.endsWith('Exception') && name !== 'TooManyRequestsException') {
    return new CredentialsFailure(
      `single sign-on does not give the profile ${profile} its role\nAWS: ${wordsOf(error)}`,
      {
        hints: [
          `look at sso_account_id and sso_role_name of the profile ${profile}, or have the role assigned to you`,
          awsLine('configure sso', profile, 'shows which accounts and roles you have'),
        ],
        cause: error,
      },
    );
  }
  return new CredentialsFailure(
    `single sign-on cannot be asked for the profile ${profile}: ${wordsOf(error)}`,
    {
      code: 'UNREACHABLE',
      hints: [
        'look at the network, HTTPS_PROXY, NO_PROXY, AWS_ENDPOINT_URL, and sso_region of the profile',
        awsLine('sso login', profile, 'asks the same service'),
      ],
      cause: error,
    },
  );
}

/** `aws login`, a console's session on this machine. */
export function loginFailed(profile: string, error: unknown): CredentialsFailure {
  return new CredentialsFailure(`the session of the profile ${profile} has ended, or was never begun`, {
    hints: [awsLine('login', profile, 'signs on'), hintLine('export AWS_PROFILE=…', 'another profile')],
    cause: error,
  });
}

/** @throws the error as it is, where it lies between here and AWS */
export function webIdentityFailed(source: WebIdentity, error: unknown): CredentialsFailure {
  const { tokenFile, roleArn } = source;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (error instanceof Error && 'syscall' in error && 'path' in error) {
    return new CredentialsFailure(`the web identity token ${tokenFile} cannot be read (${String(code)})`, {
      hints: [
        hintLine(`ls -l ${shellWord(tokenFile)}`, 'whoever runs this job mounts the file there'),
        'AWS_WEB_IDENTITY_TOKEN_FILE, or web_identity_token_file of the profile, names it',
      ],
      cause: error,
    });
  }
  refusedByAws(error);
  return new CredentialsFailure(
    `AWS does not give the role ${roleArn} for the web identity token ${tokenFile}\nAWS: ${error.name}: ${wordsOf(error)}`,
    {
      hints: [
        'the token may have expired: have whoever issues it write a new one',
        "the role must trust the token's issuer, audience and subject: aws iam get-role --role-name NAME",
      ],
      cause: error,
    },
  );
}

/** Where a container has them from, which its variables say. */
export function containerFailed(environment: Environment, error: unknown): CredentialsFailure {
  const [variable, value] = ['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', 'AWS_CONTAINER_CREDENTIALS_FULL_URI']
    .map((one) => [one, environment[one] ?? ''] as const)
    .find(([, said]) => said !== '') ?? ['AWS_CONTAINER_CREDENTIALS_FULL_URI', ''];
  return new CredentialsFailure(
    `${variable} is ${value}, and no credentials come from there: ${firstSentence(error)}`,
    {
      hints: [
        hintLine(`unset ${variable}`, 'where this is not the container that it was set for'),
        'on ECS the task needs a task role; on EKS the service account a pod identity',
      ],
      cause: error,
    },
  );
}

/** The SDK names every address that it would take. */
function firstSentence(error: unknown): string {
  const [first = ''] = wordsOf(error).split('. ');
  return first.replace(/^Error: /, '');
}

/**
 * A role that is not given, and by what it was asked for.
 *
 * @throws the error as it is, where it lies between here and AWS
 */
export function roleFailed(
  role: Role,
  asked: { readonly source: Source; readonly hadCode: boolean; readonly error: unknown },
): CredentialsFailure {
  const { source, hadCode, error } = asked;
  refusedByAws(error);
  const words = `AWS: ${error.name}: ${wordsOf(error)}`;
  const taking = `with which the profile ${role.profile} takes the role ${role.roleArn}`;
  if (expiredNames.has(error.name)) {
    return new CredentialsFailure(`the credentials of ${nameOf(source)} have expired, ${taking}\n${words}`, {
      hints: renewal(source),
      cause: error,
    });
  }
  if (unknownNames.has(error.name)) {
    return new CredentialsFailure(
      `AWS does not accept the credentials of ${nameOf(source)}, ${taking}\n${words}`,
      { hints: renewal(source), cause: error },
    );
  }
  return new CredentialsFailure(
    `AWS does not give the profile ${role.profile} the role ${role.roleArn}\n${words}`,
    {
      hints: [
        ...(hadCode
          ? ['a code holds for half a minute and is taken once: the next run asks for another']
          : []),
        ...(role.durationSeconds === undefined
          ? []
          : [awsLine('configure set duration_seconds 3600', role.profile, 'what every role allows')]),
        `the role must trust ${nameOf(source)}, and that be allowed sts:AssumeRole; external_id must be the one that the role asks for`,
        awsLine('sts get-caller-identity', role.profile, 'asks for the role with the AWS CLI'),
      ],
      cause: error,
    },
  );
}

const expiredNames: ReadonlySet<string> = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'RequestExpired',
]);
const unknownNames: ReadonlySet<string> = new Set([
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'SignatureDoesNotMatch',
]);

/** @throws the error as it is, unless it is AWS's answer */
function refusedByAws(error: unknown): asserts error is Error {
  if (!(error instanceof Error)) throw error;
  const isDistant =
    translateDistance(error, { name: error.name, text: '', action: undefined, again: undefined }) !==
    undefined;
  if (isDistant || !('$fault' in error)) throw error;
}
