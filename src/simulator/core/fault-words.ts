/** How a service answers under an error code. */
export interface FaultWords {
  readonly status: number;
  readonly message: string;
}

/** The SDK's names of the services whose errors are XML and who share the words of the query protocol. */
const queryServices = new Set(['AutoScaling', 'IAM', 'STS']);

type Dialect = 'ec2' | 'query' | 'json';

/** One trouble in the words of each kind of service: those of EC2, of the query services, and of those that speak JSON. */
const general: Readonly<Record<string, Readonly<Record<Dialect, string>>>> = {
  AccessDenied: { ec2: 'UnauthorizedOperation', query: 'AccessDenied', json: 'AccessDeniedException' },
  ExpiredToken: { ec2: 'RequestExpired', query: 'ExpiredToken', json: 'ExpiredTokenException' },
  Throttling: { ec2: 'RequestLimitExceeded', query: 'Throttling', json: 'ThrottlingException' },
};

/** A code in the service's own words: `Throttling` is `RequestLimitExceeded` at EC2. Other codes stay as they are. */
export function codeAt(service: string, code: string): string {
  const words = general[code];
  if (words === undefined) return code;
  if (service === 'EC2') return words.ec2;
  return queryServices.has(service) ? words.query : words.json;
}

const rate: FaultWords = { status: 400, message: 'Rate exceeded' };
const expired: FaultWords = { status: 403, message: 'The security token included in the request is expired' };
const broken: FaultWords = { status: 500, message: 'An internal error has occurred' };

/**
 * Statuses and words as AWS gives them ("Error codes for the Amazon EC2 API" and the services' lists of common errors). They matter: the
 * SDK goes by the status as well as by the code.
 */
const known: Readonly<Record<string, FaultWords>> = {
  AccessDenied: {
    status: 403,
    message:
      'User: arn:aws:iam::123456789012:user/simulated is not authorized to perform this action because no identity-based policy allows it',
  },
  AccessDeniedException: {
    status: 400,
    message:
      'User: arn:aws:iam::123456789012:user/simulated is not authorized to perform this action because no identity-based policy allows it',
  },
  AddressLimitExceeded: { status: 400, message: 'The maximum number of addresses has been reached.' },
  AuthFailure: { status: 401, message: 'AWS was not able to validate the provided access credentials' },
  ConcurrentModificationException: {
    status: 409,
    message:
      'The request was rejected because multiple requests to change this object were submitted simultaneously.',
  },
  ExpiredToken: expired,
  ExpiredTokenException: { ...expired, status: 400 },
  InstanceLimitExceeded: {
    status: 400,
    message: 'You have requested more instances than your current instance limit allows.',
  },
  InsufficientAddressCapacity: {
    status: 500,
    message: 'Not enough available addresses to satisfy your minimum request.',
  },
  InsufficientInstanceCapacity: {
    status: 500,
    message: 'There is not enough capacity to fulfill your request.',
  },
  InternalError: broken,
  InternalFailure: broken,
  InternalServerError: broken,
  InternalServerException: broken,
  InternalServiceError: broken,
  InvalidClientTokenId: {
    status: 403,
    message: 'The security token included in the request is invalid',
  },
  LimitExceededException: { status: 400, message: 'The limit for the resource was exceeded.' },
  NatGatewayLimitExceeded: {
    status: 400,
    message: 'The maximum number of NAT Gateways has been reached.',
  },
  OperationAbortedException: {
    status: 400,
    message: 'Multiple concurrent requests to update the same resource were in conflict.',
  },
  RequestExpired: { status: 400, message: 'Request has expired.' },
  RequestLimitExceeded: { status: 503, message: 'Request limit exceeded.' },
  ResourceContentionFault: {
    status: 500,
    message: 'You already have a pending update to an Amazon EC2 Auto Scaling resource.',
  },
  ServerException: { status: 500, message: 'Service Unavailable. Please try again later.' },
  ServiceFailureException: broken,
  ServiceUnavailable: { status: 503, message: 'Service unavailable. Please try again shortly.' },
  ServiceUnavailableException: { status: 500, message: 'The service cannot complete the request.' },
  Throttling: rate,
  ThrottlingException: rate,
  TooManyUpdates: {
    status: 400,
    message: 'There are concurrent updates for a resource that supports one update at a time.',
  },
  Unavailable: { status: 503, message: 'The server is overloaded and cannot handle the request.' },
  UnauthorizedOperation: { status: 403, message: 'You are not authorized to perform this operation.' },
  VcpuLimitExceeded: {
    status: 400,
    message:
      'You have requested more vCPU capacity than your current vCPU limit of 32 allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.',
  },
  VpcLimitExceeded: { status: 400, message: 'The maximum number of VPCs has been reached.' },
};

/** What a service says under a code; of codes that are not known here, that it was asked for. */
export function faultWords(code: string): FaultWords {
  return known[code] ?? { status: 400, message: `a fault was asked for: ${code}` };
}
