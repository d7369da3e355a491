import { timingSafeEqual } from 'node:crypto';

import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { HttpRequest } from '@smithy/core/protocols';

/** A request as it came in, whole. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Whom a request says that it is from, and for which service. */
export interface CredentialScope {
  readonly accessKeyId: string;
  /** The day, as in `20261128`. */
  readonly day: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/** What a request is refused with before anybody looks at it, in the words of all services ("Common errors"). */
export interface SignatureComplaint {
  readonly name: string;
  readonly message: string;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** AWS takes a signature for a quarter of an hour ("Elements of an AWS API request signature"). */
const validMs = 15 * 60_000;

/** Reads the Authorization header of signature version 4; undefined when there is none, or it is another. */
export function scopeOf(authorization: string | undefined): CredentialScope | undefined {
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([a-z0-9-]+)\/([a-z0-9-]+)\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/.exec(
      authorization ?? '',
    );
  if (match === null) return undefined;
  const [, accessKeyId = '', day = '', region = '', service = '', signed = '', signature = ''] = match;
  return { accessKeyId, day, region, service, signedHeaders: signed.split(';'), signature };
}

/**
 * Whether a request is from whoever has the secret, and is as it was when it was signed: signs it once more and compares.
 *
 * @returns what is wrong with it
 */
export async function signatureComplaint(
  request: WireRequest,
  scope: CredentialScope,
  given: { readonly credentials: Credentials; readonly nowMs: number },
): Promise<SignatureComplaint | undefined> {
  const { credentials, nowMs } = given;
  if (scope.accessKeyId !== credentials.accessKeyId)
    return {
      name: 'InvalidClientTokenId',
      message: 'The security token included in the request is invalid.',
    };
  const signedAt = timeOf(request.headers['x-amz-date']);
  if (
    signedAt === undefined ||
    !scope.signedHeaders.includes('host') ||
    !scope.signedHeaders.includes('x-amz-date')
  )
    return {
      name: 'IncompleteSignature',
      message: 'The request must be signed with its host and its X-Amz-Date.',
    };
  if (Math.abs(nowMs - signedAt.getTime()) > validMs)
    return {
      name: 'SignatureDoesNotMatch',
      message: 'Signature expired, or not yet current: check the clock.',
    };
  const hash = request.headers['x-amz-content-sha256'];
  if (
    (hash !== undefined && hash !== (await sha256(request.body))) ||
    !(await isSigned(request, scope, { credentials, signedAt }))
  )
    return {
      name: 'SignatureDoesNotMatch',
      message:
        'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
    };
  return undefined;
}

async function isSigned(
  request: WireRequest,
  scope: CredentialScope,
  given: { readonly credentials: Credentials; readonly signedAt: Date },
): Promise<boolean> {
  const signable = new Set(scope.signedHeaders);
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => signable.has(name)));
  const signer = new SignatureV4({
    credentials: given.credentials,
    region: scope.region,
    service: scope.service,
    sha256: Sha256,
    applyChecksum: false,
  });
  const { method, path, query, body } = request;
  const unsigned = new HttpRequest({ method, path, query: bag(query), headers, body });
  const signed = await signer.sign(unsigned, { signingDate: given.signedAt, signableHeaders: signable });
  const ours = scopeOf(signed.headers['authorization']);
  return ours !== undefined && timingSafeEqual(Buffer.from(ours.signature), Buffer.from(scope.signature));
}

function bag(query: URLSearchParams): Record<string, string | string[]> {
  return Object.fromEntries([...new Set(query.keys())].map((key) => [key, query.getAll(key)]));
}

async function sha256(body: Buffer): Promise<string> {
  const hash = new Sha256();
  hash.update(body);
  return Buffer.from(await hash.digest()).toString('hex');
}

/** As in `20261128T153000Z`. */
function timeOf(text: string | undefined): Date | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? '');
  if (match === null) return undefined;
  const [, year, month, day, hours, minutes, seconds] = match;
  const date = new Date(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
