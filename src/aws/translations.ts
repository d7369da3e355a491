import type { ErrorCode } from '../errors.ts';
import { nameOf, renewal } from './credentials/words.ts';
import type { Source } from './credentials/source.ts';
import { hintLine } from './hint-line.ts';
import { placeOf } from './permissions/place.ts';
import { isQuota, quotaHint, quotaSentence } from './quotas.ts';

/** What a person is told of an error: the sentence, and the ways out. */
export interface Translation {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: readonly string[];
}

/** An error name, what was said under it, in which call, and what is to be run again. */
export interface Refusal {
  readonly name: string;
  readonly text: string;
  /** As IAM writes it: `ec2:CreateVpc`. */
  readonly action: string | undefined;
  /** `es-ecs up`; absent where nothing goes on, as of what only reads. */
  readonly again: string | undefined;
  /** What the names of AWS's hosts end in, there; absent where the region is not known. */
  readonly dnsSuffix?: string;
  /** By what the call's credentials were had; absent where nobody knows. */
  readonly source?: Source | undefined;
}

interface Rule {
  readonly matches: (name: string) => boolean;
  readonly translate: (refusal: Refusal) => Translation;
}

/** What goes on, where something does. */
export function goesOn(
  again: string | undefined,
  what = 'goes on where this run stopped',
): readonly string[] {
  return again === undefined ? [] : [hintLine(again, what)];
}

const oneOf =
  (...names: readonly string[]): ((name: string) => boolean) =>
  (name) =>
    names.includes(name);

const whoAmI = hintLine('aws sts get-caller-identity', 'says which ones are used');

const rules: readonly Rule[] = [
  {
    // What the SDK's own chain of credential sources throws, and single sign-on's token store.
    matches: oneOf('CredentialsProviderError', 'TokenProviderError', 'ProviderError'),
    translate: ({ text }) => ({
      code: 'CREDENTIALS',
      message: `there are no AWS credentials: ${text}`,
      hint: [
        hintLine('aws sso login', 'where single sign-on is used'),
        hintLine('export AWS_PROFILE=…', 'a profile of ~/.aws/config'),
        hintLine('es-ecs up --simulate', 'needs no account'),
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
    translate: ({ again, source }) => ({
      code: 'CREDENTIALS',
      message: `the AWS credentials${source === undefined ? '' : ` of ${nameOf(source)}`} have expired; what was done is recorded`,
      hint: [
        ...(source === undefined
          ? [hintLine('aws sso login', 'or whatever gave you the credentials')]
          : renewal(source)),
        ...goesOn(again, 'then goes on where this run stopped'),
        hintLine('date -u', 'RequestExpired may also mean that this clock is wrong'),
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
    translate: ({ action, again, source }) =>
      action === 'ec2:ReleaseAddress'
        ? heldAddress(again)
        : {
            code: 'CREDENTIALS',
            message: `AWS does not accept these credentials${action === undefined ? '' : ` for ${action}`}`,
            hint: [
              whoAmI,
              ...(source === undefined ? [] : [`they are those of ${nameOf(source)}`]),
              hintLine('date -u', 'a clock that is wrong spoils signatures'),
              'a region that the account has not enabled answers the same',
            ],
          },
  },
  {
    matches: oneOf(
      'AccessDenied',
      'AccessDeniedException',
      'UnauthorizedOperation',
      'Client.UnauthorizedOperation',
      'NotAuthorized',
    ),
    translate: notAllowed,
  },
  {
    matches: oneOf(
      'EC2ThrottledException',
      'RequestLimitExceeded',
      'RequestThrottled',
      'RequestThrottledException',
      'SlowDown',
      'ThrottledException',
      'Throttling',
      'ThrottlingException',
      'TooManyRequestsException',
    ),
    translate: ({ action, again }) => ({
      code: 'AWS',
      message: `AWS still throttles ${action ?? 'the calls'} after all retries`,
      hint: [...goesOn(again), 'something else in the account may be using up its calls'],
    }),
  },
  {
    matches: oneOf(
      'InsufficientInstanceCapacity',
      'InsufficientHostCapacity',
      'InsufficientCapacity',
      'InsufficientAddressCapacity',
    ),
    translate: ({ again }) => ({
      code: 'AWS',
      message: 'AWS has no capacity for it now',
      hint: [
        ...goesOn(again, 'tries again; everything else is in place'),
        'another instance type, or another zone, may be had at once',
      ],
    }),
  },
  {
    // "Availability Zone is unsupported" (VPC user guide, NAT gateway troubleshooting): DescribeAvailabilityZones calls such a zone available.
    matches: oneOf('NotAvailableInZone'),
    translate: ({ again }) => ({
      code: 'AWS',
      message: 'AWS makes no NAT gateways in this zone, as it has no room to grow there',
      hint: ['name other zones under network.zones', ...goesOn(again)],
    }),
  },
  {
    matches: oneOf('KmsException', 'EncryptionFailure', 'DecryptionFailure'),
    translate: ({ action, again }) => keyDenied(action, again),
  },
  {
    matches: isQuota,
    translate: ({ name, again }) => ({
      code: 'AWS',
      message: quotaSentence(name),
      hint: [quotaHint(name), ...goesOn(again, 'goes on once there is room, or something unused is deleted')],
    }),
  },
];

/** EC2's name for it is that of bad credentials, which would not have come so far. */
function heldAddress(again: string | undefined): Translation {
  return {
    code: 'AWS',
    message: 'an elastic IP cannot be released: a service of AWS holds it',
    hint: [
      "aws ec2 describe-addresses  shows its network interface, and that interface's description whose it is",
      ...goesOn(again, 'goes on once it is free'),
    ],
  };
}

/**
 * AWS names the action that it misses, which may be another than the call's: one that the call implies. Auto Scaling does not say
 * which of those of a launch it was.
 */
function notAllowed({ action: called, again, text }: Refusal): Translation {
  if (/\bKMS\b/.test(text)) return keyDenied(called, again);
  const action = missingAction(text) ?? called;
  if (action === undefined) {
    return {
      code: 'ACCESS_DENIED',
      message: 'AWS refuses a call to these credentials',
      hint: ['have the missing action allowed for these credentials', whoAmI, ...goesOn(again, thenGoesOn)],
    };
  }
  const isImplied = called !== undefined && action !== called;
  return {
    code: 'ACCESS_DENIED',
    message: `${action} is not allowed${isImplied ? `, which ${called} asks for` : ''}`,
    hint: [
      `have ${action} allowed for these credentials${whereAllowed(action)}`,
      ...(action === called && checkedAsLaunch.has(called)
        ? [`AWS checks it as a launch by you as well: ec2:RunInstances, ec2:CreateTags and iam:PassRole`]
        : []),
      ...(demandsBoundary.has(action)
        ? [
            'where a permissions boundary is demanded of new roles, name it in the config: iam.permissionsBoundary',
          ]
        : []),
      "a condition of your policy, a boundary or an organisation's policy may forbid it too",
      whoAmI,
      ...goesOn(again, thenGoesOn),
    ],
  };
}

/**
 * A key may not be used: by whoever calls, or by the service itself. Secrets Manager, CloudWatch Logs and ECR say no more than that it is about
 * KMS.
 */
function keyDenied(called: string | undefined, again: string | undefined): Translation {
  const service = called?.split(':')[0] ?? '';
  const wanted = keyActions[service];
  return {
    code: 'ACCESS_DENIED',
    message: `the KMS key cannot be used${called === undefined ? '' : `, which ${called} asks for`}`,
    hint: [
      service === 'logs'
        ? "the key's policy must let CloudWatch Logs use it: docs/encryption.md has that policy"
        : `have ${wanted ?? 'its use'} on the key allowed for these credentials: policy es-ecs-keys in docs/permissions.md`,
      "the key's own policy must leave it to IAM, or name you: docs/encryption.md has one that works",
      ...goesOn(again, thenGoesOn),
    ],
  };
}

/** What each service does with a key in the caller's name. */
const keyActions: Readonly<Record<string, string>> = {
  ecr: 'kms:CreateGrant, kms:DescribeKey and kms:RetireGrant',
  secretsmanager: 'kms:Decrypt and kms:GenerateDataKey',
};

const thenGoesOn = 'then goes on where this run stopped';

/** "Control Amazon EC2 launch template usage in Auto Scaling groups" */
const checkedAsLaunch: ReadonlySet<string> = new Set([
  'autoscaling:CreateAutoScalingGroup',
  'autoscaling:UpdateAutoScalingGroup',
]);

/** What a company allows only with its permissions boundary ("Permissions boundaries for IAM entities", delegating). */
const demandsBoundary: ReadonlySet<string> = new Set([
  'iam:CreateRole',
  'iam:PutRolePolicy',
  'iam:UpdateAssumeRolePolicy',
]);

/** The action in AWS's own words, for people to read: nothing is decided by it. */
function missingAction(text: string): string | undefined {
  return /not authorized to perform: ([a-z0-9-]+:[A-Za-z]+)/.exec(text)?.[1];
}

/** Which statement of the page's policies allows an action. */
function whereAllowed(action: string): string {
  const place = placeOf(action);
  return place === undefined ? '' : `: statement ${place.sid} of ${place.policy} in docs/permissions.md`;
}

/** What is said of an error name that has a sentence of its own. */
export function translateName(refusal: Refusal): Translation | undefined {
  return rules.find((rule) => rule.matches(refusal.name))?.translate(refusal);
}

/** What is said of any other refusal. */
export function refused({ action, again }: Refusal): Translation {
  return {
    code: 'AWS',
    message: `${action ?? 'a call to AWS'} was refused`,
    hint: [...goesOn(again)],
  };
}

/** What is said of a failure of AWS's own that outlasted all retries. */
export function broken({ action, again }: Refusal): Translation {
  return {
    code: 'AWS',
    message: `AWS itself fails at ${action ?? 'a call'}`,
    hint: [
      ...goesOn(again),
      'https://health.aws.amazon.com says whether the service is disturbed in this region',
    ],
  };
}
