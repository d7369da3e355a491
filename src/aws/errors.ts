import { EsEcsError, type ErrorDetail, type ErrorCode } from '../errors.ts';
import { actionOf } from './meter.ts';

/** Where an error happened, as far as whoever caught it knows. */
export interface ErrorPlace {
  /** The resource it happened to. */
  readonly address?: string;
  /** The call as IAM writes it (`ec2:CreateVpc`), where the error was not thrown by one of our clients. */
  readonly operation?: string;
}

/** An error name, what AWS said under it and in which call. */
interface Refusal {
  readonly name: string;
  readonly text: string;
  readonly action: string | undefined;
}

interface Translation {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: readonly string[];
}

/**
 * Turns what the SDK throws into the error a person can act on, by error names and never by message texts.
 *
 * @throws the error itself when it comes neither from AWS nor from the way there: that is a bug and keeps its stack.
 */
export function toEsEcsError(error: unknown, place: ErrorPlace = {}): EsEcsError {
  if (error instanceof EsEcsError) return error;
  if (!(error instanceof Error)) throw error;
  const refusal: Refusal = {
    name: error.name,
    text: textOf(error),
    action: actionOf(error) ?? place.operation,
  };
  const translation = translate(error, refusal);
  if (translation === undefined) throw error;
  const { code, message, hint } = translation;
  const detail: ErrorDetail = {
    hint,
    cause: error,
    ...(place.address === undefined ? {} : { address: place.address }),
  };
  return new EsEcsError(code, message, detail);
}

function translate(error: Error, refusal: Refusal): Translation | undefined {
  const network = networkCodeOf(error);
  if (network !== undefined) return unreachable(network, error, refusal);
  const byName = rules.find((rule) => rule.matches(refusal.name));
  if (byName !== undefined) return byName.translate(refusal);
  return isServiceException(error) ? refused(refusal) : undefined;
}

interface Rule {
  readonly matches: (name: string) => boolean;
  readonly translate: (refusal: Refusal) => Translation;
}

const oneOf =
  (...names: readonly string[]): ((name: string) => boolean) =>
  (name) =>
    names.includes(name);

const rules: readonly Rule[] = [
  {
    // What the SDK's own chain of credential sources throws, and single sign-on's token store.
    matches: oneOf('CredentialsProviderError', 'TokenProviderError', 'ProviderError'),
    translate: ({ text }) => ({
      code: 'CREDENTIALS',
      message: `there are no AWS credentials: ${text}`,
      hint: [
        'aws sso login                 where single sign-on is used',
        'export AWS_PROFILE=…          a profile of ~/.aws/config',
        'es-ecs up --simulate          needs no account',
      ],
    }),
  },
  {
    matches: oneOf(
      'ExpiredToken',
      'ExpiredTokenException',
      'RequestExpired',
      'TokenRefreshRequired',
      'UnauthorizedException',
      'InvalidGrantException',
    ),
    translate: ({ name }) => ({
      code: 'CREDENTIALS',
      message: `the AWS credentials have expired (${name})`,
      hint: [
        'aws sso login                 or whatever gave you the credentials',
        'date -u                       RequestExpired may also mean that this clock is wrong',
      ],
    }),
  },
  {
    matches: oneOf(
      'InvalidClientTokenId',
      'UnrecognizedClientException',
      'AuthFailure',
      'SignatureDoesNotMatch',
      'InvalidSignatureException',
      'IncompleteSignature',
      'MissingAuthenticationToken',
      'RequestTimeTooSkewed',
    ),
    translate: ({ name, action }) => ({
      code: 'CREDENTIALS',
      message: `AWS does not accept these credentials (${name}${inCall(action)})`,
      hint: [
        'aws sts get-caller-identity   says which ones are used',
        'date -u                       a clock that is wrong spoils signatures',
        'a region that the account has not enabled answers the same',
      ],
    }),
  },
  {
    matches: oneOf(
      'AccessDenied',
      'AccessDeniedException',
      'UnauthorizedOperation',
      'Client.UnauthorizedOperation',
      'NotAuthorized',
    ),
    translate: ({ action, name }) => ({
      code: 'ACCESS_DENIED',
      message: action === undefined ? `AWS refuses a call (${name})` : `${action} is not allowed`,
      hint: [
        action === undefined
          ? 'have the missing action allowed for these credentials'
          : `have ${action} allowed for these credentials; a boundary or an organisation's policy may forbid it too`,
        'aws sts get-caller-identity   says which ones are used',
      ],
    }),
  },
  {
    matches: oneOf(
      'Throttling',
      'ThrottlingException',
      'ThrottledException',
      'RequestLimitExceeded',
      'RequestThrottled',
      'RequestThrottledException',
      'TooManyRequestsException',
      'PriorRequestNotComplete',
      'SlowDown',
    ),
    translate: ({ name, action }) => ({
      code: 'AWS',
      message: `AWS still throttles ${action ?? 'the calls'} after all retries (${name})`,
      hint: [
        'es-ecs up                     goes on where this run stopped',
        'something else in the account may be using up its calls',
      ],
    }),
  },
  {
    matches: oneOf(
      'InsufficientInstanceCapacity',
      'InsufficientHostCapacity',
      'InsufficientCapacity',
      'InsufficientAddressCapacity',
    ),
    translate: ({ name, text }) => ({
      code: 'AWS',
      message: `AWS has no capacity for it now: ${text} (${name})`,
      hint: [
        'es-ecs up                     tries again; everything else is in place',
        'another instanceType may be had at once',
      ],
    }),
  },
  {
    matches: (name) => /(Limit|Quota)Exceeded(Exception|Fault)?$/.test(name),
    translate: ({ name, text }) => ({
      code: 'AWS',
      message: `a quota of the account is used up: ${text} (${name})`,
      hint: [
        quotaHint(name),
        'es-ecs up                     goes on once there is room, or something unused is deleted',
      ],
    }),
  },
];

/** The quotas most often met, by error name: the code under which Service Quotas keeps each. */
const quotas: Readonly<Record<string, readonly [service: string, quota: string]>> = {
  VpcLimitExceeded: ['vpc', 'L-F678F1CE'],
  AddressLimitExceeded: ['ec2', 'L-0263D0A3'],
  NatGatewayLimitExceeded: ['vpc', 'L-FE5A380F'],
  InternetGatewayLimitExceeded: ['vpc', 'L-A4707A72'],
  SecurityGroupLimitExceeded: ['vpc', 'L-E79EC296'],
  VcpuLimitExceeded: ['ec2', 'L-1216C47A'],
};

function quotaHint(name: string): string {
  const [service, quota] = quotas[name] ?? [];
  if (service === undefined || quota === undefined) return 'ask for more under Service Quotas in the console';
  return `aws service-quotas request-service-quota-increase --service-code ${service} --quota-code ${quota} --desired-value …`;
}

function refused({ name, text, action }: Refusal): Translation {
  return {
    code: 'AWS',
    message: `${action ?? 'AWS'} was refused: ${text} (${name})`,
    hint: ['es-ecs up                     goes on where this run stopped'],
  };
}

/** What Node calls the failures between here and there. */
const networkCodes = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

function networkCodeOf(error: Error): string | undefined {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (code !== undefined && networkCodes.has(code)) return code;
  return error.name === 'TimeoutError' ? error.name : undefined;
}

function unreachable(code: string, error: Error, { action }: Refusal): Translation {
  const host = 'hostname' in error && typeof error.hostname === 'string' ? ` (${error.hostname})` : '';
  const noSuchName = code === 'ENOTFOUND';
  return {
    code: 'UNREACHABLE',
    message: `AWS cannot be reached${inCall(action, ' for ')}: ${code}${host}`,
    hint: [
      ...(noSuchName
        ? ['a region that does not exist shows in the same way: look at `region` in the config']
        : []),
      'look at the network, HTTPS_PROXY and AWS_ENDPOINT_URL, and run it again',
    ],
  };
}

/** Exceptions that AWS itself sent carry the metadata of their response. */
function isServiceException(error: Error): boolean {
  return '$metadata' in error && '$fault' in error;
}

function inCall(action: string | undefined, before = ' in '): string {
  return action === undefined ? '' : `${before}${action}`;
}

/** Messages are ours: lower case and without a full stop. Words in capitals stay. */
function textOf(error: Error): string {
  const [line = ''] = error.message.split('\n');
  const text = line.trim().replace(/\.$/, '');
  if (text === '') return 'without a word why';
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
