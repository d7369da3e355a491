import type { ServiceException } from '@smithy/core/client';
import type { StaticOperationSchema } from '@smithy/types';

import type { SimulatedAccount } from '../account.ts';
import {
  readJson,
  type Refusal,
  type WireAnswer,
  writeAnswer,
  writeRefusal,
  writeStrangersRefusal,
} from './answers.ts';
import { inputComplaint, type InputComplaint } from './input-check.ts';
import { MalformedValue, readForm } from './query-form.ts';
import { globalServices, type ServedService } from './served-service.ts';
import {
  type CredentialScope,
  type Credentials,
  scopeOf,
  signatureComplaint,
  type WireRequest,
} from './signature.ts';

/** What answering rests on. */
export interface Desk {
  readonly account: Pick<SimulatedAccount, 'ask' | 'knows' | 'world'>;
  readonly credentials: Credentials;
  /** The time on the wall, by which signatures are dated; the account's own may be another. */
  readonly now: () => number;
  /** Undefined for services that are not simulated. */
  readonly service: (name: string) => Promise<ServedService | undefined>;
  /** Awaited after each call that was carried out, before its answer is sent. */
  readonly afterCall: (operation: string) => Promise<void>;
  /** Of what a person should know: calls that are not simulated, and bugs. */
  readonly tell: (text: string) => void;
}

/** No answer at all: the connection breaks, as a fault that was asked for wants it. */
export class BrokenConnection extends Error {}

/** A call, understood. */
interface Call {
  readonly service: ServedService;
  readonly operation: string;
  readonly schema: StaticOperationSchema;
  readonly input: object;
}

/** Something that is said in place of an answer. */
class Refused extends Error {
  readonly answer: (requestId: string) => WireAnswer;

  constructor(answer: (requestId: string) => WireAnswer) {
    super('refused');
    this.answer = answer;
  }
}

let serial = 0;

/** Answers one request as AWS would. Nothing is thrown but BrokenConnection. */
export async function respond(desk: Desk, request: WireRequest): Promise<WireAnswer> {
  serial += 1;
  const requestId = `00000000-0000-4000-8000-${serial.toString(16).padStart(12, '0')}`;
  try {
    const call = await understand(desk, request);
    return await carryOut(desk, call, requestId);
  } catch (error) {
    if (error instanceof Refused) return error.answer(requestId);
    if (error instanceof BrokenConnection) throw error;
    desk.tell(`! ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return writeStrangersRefusal(isJson(request), { ...internal, requestId });
  }
}

const internal = {
  name: 'InternalFailure',
  message: 'The simulated account failed; what happened is on the terminal of es-ecs simulate serve.',
  status: 500,
} as const;

async function understand(desk: Desk, request: WireRequest): Promise<Call> {
  const scope = scopeOf(request.headers['authorization']);
  const stranger = (refusal: Omit<Refusal, 'requestId'>): Refused =>
    new Refused((requestId) => writeStrangersRefusal(isJson(request), { ...refusal, requestId }));
  if (scope === undefined)
    throw stranger({
      name: 'MissingAuthenticationToken',
      message: 'Request is missing Authentication Token: sign it with the credentials that es-ecs printed.',
      status: 403,
    });
  // Who has no key learns nothing, not even what is simulated.
  const complaint = await signatureComplaint(request, scope, {
    credentials: desk.credentials,
    nowMs: desk.now(),
  });
  const service = await desk.service(scope.service);
  if (complaint !== undefined)
    throw service === undefined
      ? stranger({ ...complaint, status: 403 })
      : refused(service, { ...complaint, ...inWords(service, complaint.name), status: 403 });
  if (service === undefined) {
    desk.tell(`! the service ${scope.service} is not simulated`);
    throw stranger({
      name: isJson(request) ? 'UnknownOperationException' : 'InvalidAction',
      message: `The simulated account has no ${scope.service}.`,
      status: 400,
    });
  }
  checkRegion(desk, service, scope);
  return readCall(desk, service, request);
}

/** EC2 has words of its own for what is wrong with a signature ("Error codes for the Amazon EC2 API"), and JSON services for others. */
function inWords({ protocol }: ServedService, name: string): { readonly name: string } {
  const words: Readonly<Record<string, Partial<Record<ServedService['protocol'], string>>>> = {
    InvalidClientTokenId: { ec2: 'AuthFailure', json: 'UnrecognizedClientException' },
    SignatureDoesNotMatch: { ec2: 'AuthFailure', json: 'InvalidSignatureException' },
    IncompleteSignature: { json: 'IncompleteSignatureException' },
  };
  return { name: words[name]?.[protocol] ?? name };
}

function refused(service: ServedService, refusal: Omit<Refusal, 'requestId'>): Refused {
  return new Refused((requestId) => writeRefusal(service, { ...refusal, requestId }));
}

function checkRegion({ account }: Desk, service: ServedService, scope: CredentialScope): void {
  const { region } = account.world;
  if (scope.region === region || globalServices.has(scope.service)) return;
  throw refused(service, {
    ...inWords(service, 'SignatureDoesNotMatch'),
    message: `Credential should be scoped to a valid region, not '${scope.region}': the simulated account has ${region} only.`,
    status: 403,
  });
}

async function readCall(desk: Desk, service: ServedService, request: WireRequest): Promise<Call> {
  const form = formOf(request);
  const operation =
    service.protocol === 'json'
      ? (request.headers['x-amz-target'] ?? '').replace(/^.*\./, '')
      : (form.get('Action') ?? '');
  const schema = service.operation(operation);
  if (schema === undefined || !desk.account.knows(service.name, operation)) {
    // It comes from outside, and goes to a terminal.
    if (/^[A-Za-z0-9]{1,100}$/.test(operation)) desk.tell(`! ${service.name} ${operation} is not simulated`);
    throw refused(service, unknownOperation(service, operation));
  }
  const input =
    service.protocol === 'json'
      ? await readJsonInput(service, schema, request)
      : readFormInput(service, schema, form);
  return { service, operation, schema, input };
}

function formOf({ query, body }: WireRequest): URLSearchParams {
  const form = new URLSearchParams(body.toString('utf8'));
  // A query that comes as GET has it all in its address.
  for (const [key, value] of query) form.append(key, value);
  return form;
}

function unknownOperation(service: ServedService, operation: string): Omit<Refusal, 'requestId'> {
  const because = 'It is not simulated.';
  if (service.protocol === 'json')
    return { name: 'UnknownOperationException', message: because, status: 400 };
  const message =
    service.protocol === 'ec2'
      ? `The action ${operation} is not valid for this web service.`
      : `Could not find operation ${operation} for version ${service.version}.`;
  return { name: 'InvalidAction', message: `${message} ${because}`, status: 400 };
}

async function readJsonInput(
  service: ServedService,
  schema: StaticOperationSchema,
  request: WireRequest,
): Promise<object> {
  const text = request.body.toString('utf8');
  let input: unknown;
  try {
    // What the reader makes of JSON that has something else in a place than it looks for there is not said anywhere.
    input = Object(await readJson(schema[4], text === '' ? '{}' : text)) as object;
  } catch {
    throw refused(service, {
      name: 'SerializationException',
      message: 'The body is no JSON of this operation.',
      status: 400,
    });
  }
  return checked(service, schema, input as object);
}

function readFormInput(service: ServedService, schema: StaticOperationSchema, form: URLSearchParams): object {
  try {
    const { input, unknown } = readForm(schema[4], form, service.protocol === 'ec2');
    const [stray] = unknown;
    // Only EC2 minds ("Error codes for the Amazon EC2 API": UnknownParameter).
    if (stray !== undefined && service.protocol === 'ec2')
      throw refused(service, {
        name: 'UnknownParameter',
        message: `The parameter ${stray} is not recognized`,
        status: 400,
      });
    return checked(service, schema, Object(input) as object);
  } catch (error) {
    if (!(error instanceof MalformedValue)) throw error;
    const name = service.protocol === 'ec2' ? 'InvalidParameterValue' : 'MalformedInput';
    throw refused(service, { name, message: error.message, status: 400 });
  }
}

function checked(service: ServedService, schema: StaticOperationSchema, input: object): object {
  const complaint = inputComplaint(schema[4], input);
  if (complaint === undefined) return input;
  throw refused(service, { ...wrongInput(service, complaint), status: 400 });
}

/** What each service calls an input that lacks something. */
const missingWords: Readonly<Record<string, string>> = {
  EC2: 'MissingParameter',
  ECS: 'InvalidParameterException',
  ECR: 'InvalidParameterException',
  CloudWatchLogs: 'InvalidParameterException',
  KMS: 'ValidationException',
  SecretsManager: 'ValidationException',
  ServiceQuotas: 'IllegalArgumentException',
  SSM: 'ValidationException',
};

function wrongInput(
  { name, protocol }: ServedService,
  { path, what }: InputComplaint,
): { readonly name: string; readonly message: string } {
  if (what === 'mistyped') {
    const word =
      protocol === 'ec2'
        ? 'InvalidParameterValue'
        : protocol === 'json'
          ? 'SerializationException'
          : 'MalformedInput';
    return { name: word, message: `The value of ${path} is of another type` };
  }
  const word = missingWords[name] ?? 'ValidationError';
  if (protocol === 'ec2') return { name: word, message: `The request must contain the parameter ${path}` };
  return {
    name: word,
    message: `1 validation error detected: Value null at '${path}' failed to satisfy constraint: Member must not be null`,
  };
}

async function carryOut(desk: Desk, call: Call, requestId: string): Promise<WireAnswer> {
  const { service, operation, schema, input } = call;
  try {
    const output = await desk.account.ask(service.name, operation, input);
    await desk.afterCall(operation);
    return writeAnswer(service, { name: operation, output: schema[5] }, { output, requestId });
  } catch (error) {
    if (isServiceException(error))
      return writeRefusal(service, {
        name: error.name,
        message: error.message,
        status: error.$metadata.httpStatusCode ?? 400,
        requestId,
      });
    if (isNetworkFailure(error)) throw new BrokenConnection(error.message);
    desk.tell(
      `! ${service.name} ${operation}: ${error instanceof Error ? (error.stack ?? '') : String(error)}`,
    );
    return writeRefusal(service, { ...internal, requestId });
  }
}

function isServiceException(error: unknown): error is ServiceException {
  return error instanceof Error && '$fault' in error;
}

/** A fault that was asked for with one of the network's codes. */
function isNetworkFailure(error: unknown): error is Error {
  return (
    error instanceof Error &&
    (error.name === 'TimeoutError' || 'code' in error) &&
    error.message.startsWith('a fault')
  );
}

function isJson({ headers }: WireRequest): boolean {
  return headers['x-amz-target'] !== undefined || (headers['content-type'] ?? '').includes('json');
}
