import { randomUUID } from 'node:crypto';
import http from 'node:http';

import {
  scopeOf,
  type SignatureComplaint,
  signatureComplaint,
} from '../../../src/simulator/wire/signature.ts';

/** What an instance's metadata say, as far as user data and cloud-init read them. */
export interface InstanceMetadata {
  readonly instanceId: string;
  readonly region: string;
  readonly zone: string;
  readonly address: string;
  /** Tags that the instance shows in its metadata. */
  readonly tags: Readonly<Record<string, string>>;
  /** The message itself, as EC2 hands it out. */
  readonly userData: string;
}

/** What the metadata service was asked for. */
export interface MetadataLog {
  /** Requests that it refused for want of a token. */
  readonly withoutToken: string[];
  readonly answered: string[];
}

/** A volume of the account; plain, so that the whole account is one JSON document. */
export interface AccountVolume {
  readonly id: string;
  tags: Record<string, string>;
  /** Where it stands; absent: where the hosts are. */
  zone?: string;
  /** The instance that has it. */
  holder?: string;
  /** How many more looks find the holder still there; afterwards it has let go. */
  looksUntilFree?: number;
}

/** The account that hosts ask. */
export interface Account {
  volumes: AccountVolume[];
  /** Tags of instances, by id. */
  instances: Record<string, Record<string, string>>;
  /** So many of the next calls are refused with RequestLimitExceeded. */
  throttled: number;
  /** So many of the next AttachVolume calls are refused, as happens while a volume is just letting go. */
  attachmentsRefused: number;
  /** `DescribeVolumes`, in order, with ` (RequestLimitExceeded)` and the like where refused. */
  calls: string[];
}

/** A stand-in that answers on a socket of the file system. */
export interface Service {
  stop(): Promise<void>;
}

/** Where hosts are, unless something else is said. */
export const hostZone = 'eu-west-1b';

/** Temporary credentials of the instance's role, made up. */
const credentials = {
  Code: 'Success',
  Type: 'AWS-HMAC',
  AccessKeyId: 'ASIAEXAMPLE',
  SecretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  Token: 'IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCWV1LXdlc3Qt+=',
  Expiration: '2099-01-01T00:00:00Z',
};
const roleName = 'es-ecs-search-eu-west-1-instance';

/**
 * The instance metadata service, version 2 alone: a token by PUT, 401 without one.
 *
 * @param lateRequests so many of the first requests find no service (503), as early in a boot.
 */
export async function serveMetadata(
  socket: string,
  metadata: () => InstanceMetadata,
  options: { readonly log: MetadataLog; lateRequests: number; tagsLate: number },
): Promise<Service> {
  const tokens = new Set<string>();
  return serve(socket, ({ method, path, headers }) => {
    if (options.lateRequests > 0) {
      options.lateRequests--;
      return { status: 503 };
    }
    if (path === '/latest/api/token') {
      if (method !== 'PUT') return { status: 405 };
      if (!/^\d+$/.test(String(headers['x-aws-ec2-metadata-token-ttl-seconds']))) return { status: 400 };
      const token = randomUUID();
      tokens.add(token);
      return { status: 200, body: token };
    }
    if (!tokens.has(String(headers['x-aws-ec2-metadata-token']))) {
      options.log.withoutToken.push(path);
      return { status: 401 };
    }
    options.log.answered.push(path);
    // The tags of an instance that was just launched come last.
    if (path.includes('/tags/') && options.tagsLate > 0) {
      options.tagsLate--;
      return { status: 404 };
    }
    const body = look(metadataTree(metadata()), path);
    return body === undefined ? { status: 404 } : { status: 200, body };
  });
}

/** A folder of the metadata service, or a value. */
type Tree = string | { readonly [name: string]: Tree };

function metadataTree(metadata: InstanceMetadata): Tree {
  const { instanceId, region, zone, address } = metadata;
  return {
    'user-data': metadata.userData,
    'meta-data': {
      'ami-id': 'ami-0a',
      hostname: `ip-${address.replaceAll('.', '-')}.${region}.compute.internal`,
      iam: { 'security-credentials': { [roleName]: JSON.stringify(credentials) } },
      'instance-id': instanceId,
      'instance-type': 'm7g.large',
      'local-hostname': `ip-${address.replaceAll('.', '-')}.${region}.compute.internal`,
      'local-ipv4': address,
      placement: { 'availability-zone': zone, region },
      tags: { instance: metadata.tags },
    },
    dynamic: { 'instance-identity': { document: JSON.stringify({ instanceId, region }) } },
  };
}

/** `/latest/meta-data/placement/region`; a folder is the list of what is in it. */
function look(tree: Tree, path: string): string | undefined {
  const [, , ...names] = path.split('/');
  let found: Tree | undefined = tree;
  for (const name of names.filter((one) => one !== '')) {
    if (found === undefined || typeof found === 'string') return undefined;
    found = found[name];
  }
  if (found === undefined || typeof found === 'string') return found;
  return Object.entries(found)
    .map(([name, value]) => (typeof value === 'string' ? name : `${name}/`))
    .join('\n');
}

/**
 * EC2 as far as a host talks to it, in the wire format of its query protocol.
 *
 * @param attached called when a volume is given to an instance, before the answer.
 */
export async function serveEc2(
  socket: string,
  account: Account,
  attached: (volume: AccountVolume, instanceId: string) => Promise<void>,
): Promise<Service> {
  return serve(socket, async (question) => {
    const { body } = question;
    const form = new URLSearchParams(body);
    const action = form.get('Action') ?? '';
    const complaint = await complaintOf(question);
    const answer = await answerEc2({ form, action, complaint }, account, attached);
    account.calls.push(answer.code === undefined ? action : `${action} (${answer.code})`);
    if (answer.code !== undefined) return refusal(answer);
    const content = `<requestId>${randomUUID()}</requestId>${answer.content}`;
    return {
      status: 200,
      body: `<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">${content}</${action}Response>`,
    };
  });
}

/** What is wrong with a signature, by the SDK's own signer: it must be that of the instance's role, for EC2 and with the session's token. */
async function complaintOf(question: Question): Promise<SignatureComplaint | undefined> {
  const headers = Object.fromEntries(
    Object.entries(question.headers).map(([name, value]) => [name, String(value)]),
  );
  const scope = scopeOf(headers['authorization']);
  const isOfRole =
    scope?.service === 'ec2' &&
    scope.signedHeaders.includes('x-amz-security-token') &&
    headers['x-amz-security-token'] === credentials.Token;
  if (!isOfRole)
    return { name: 'AuthFailure', message: 'the call is not signed with the role of the instance' };
  const { pathname, searchParams } = new URL(question.path, 'http://ec2');
  return signatureComplaint(
    {
      method: question.method,
      path: pathname,
      query: searchParams,
      headers,
      body: Buffer.from(question.body),
    },
    scope,
    {
      credentials: { accessKeyId: credentials.AccessKeyId, secretAccessKey: credentials.SecretAccessKey },
      nowMs: Date.now(),
    },
  );
}

interface Ec2Request {
  readonly form: URLSearchParams;
  readonly action: string;
  readonly complaint: SignatureComplaint | undefined;
}

type Ec2Answer =
  | { readonly content: string; readonly code?: undefined }
  | { readonly status: number; readonly code: string; readonly message: string };

async function answerEc2(
  { form, action, complaint }: Ec2Request,
  account: Account,
  attached: (volume: AccountVolume, instanceId: string) => Promise<void>,
): Promise<Ec2Answer> {
  if (complaint !== undefined) return { status: 403, code: complaint.name, message: complaint.message };
  if (account.throttled > 0) {
    account.throttled--;
    return { status: 503, code: 'RequestLimitExceeded', message: 'Request limit exceeded.' };
  }
  switch (action) {
    case 'DescribeVolumes':
      return { content: `<volumeSet>${describe(form, account)}</volumeSet>` };
    case 'AttachVolume':
      return attach(form, account, attached);
    case 'CreateTags':
    case 'DeleteTags':
      return changeTags(form, account, action);
    default:
      return { status: 400, code: 'InvalidAction', message: `there is no ${action} here` };
  }
}

function describe(form: URLSearchParams, account: Account): string {
  const filters = numbered(form, 'Filter').map((prefix) => ({
    name: form.get(`${prefix}.Name`) ?? '',
    values: numbered(form, `${prefix}.Value`).map((value) => form.get(value) ?? ''),
  }));
  for (const volume of account.volumes) {
    if (volume.looksUntilFree === undefined) continue;
    if (volume.looksUntilFree > 0) volume.looksUntilFree--;
    else {
      delete volume.looksUntilFree;
      delete volume.holder;
    }
  }
  return account.volumes
    .filter((volume) =>
      filters.every(({ name, values }) => {
        if (name === 'status') return values.includes(stateOf(volume));
        const value = volume.tags[name.replace(/^tag:/, '')];
        return value !== undefined && values.includes(value);
      }),
    )
    .map(volumeXml)
    .join('');
}

function stateOf(volume: AccountVolume): string {
  return volume.holder === undefined ? 'available' : 'in-use';
}

function volumeXml(volume: AccountVolume): string {
  const attachments =
    volume.holder === undefined
      ? ''
      : `<item><volumeId>${volume.id}</volumeId><instanceId>${volume.holder}</instanceId><status>attached</status></item>`;
  const tags = Object.entries(volume.tags).map(
    ([key, value]) => `<item><key>${key}</key><value>${value}</value></item>`,
  );
  return [
    `<item><volumeId>${volume.id}</volumeId><status>${stateOf(volume)}</status>`,
    `<availabilityZone>${volume.zone ?? hostZone}</availabilityZone>`,
    `<attachmentSet>${attachments}</attachmentSet><tagSet>${tags.join('')}</tagSet></item>`,
  ].join('');
}

async function attach(
  form: URLSearchParams,
  account: Account,
  attached: (volume: AccountVolume, instanceId: string) => Promise<void>,
): Promise<Ec2Answer> {
  const volume = account.volumes.find(({ id }) => id === form.get('VolumeId'));
  const instanceId = form.get('InstanceId') ?? '';
  if (volume === undefined) {
    return { status: 400, code: 'InvalidVolume.NotFound', message: 'The volume does not exist.' };
  }
  if (volume.holder !== undefined || account.attachmentsRefused > 0) {
    account.attachmentsRefused = Math.max(0, account.attachmentsRefused - 1);
    return { status: 400, code: 'VolumeInUse', message: `${volume.id} is already attached to an instance` };
  }
  volume.holder = instanceId;
  await attached(volume, instanceId);
  return { content: `<volumeId>${volume.id}</volumeId><status>attaching</status>` };
}

function changeTags(form: URLSearchParams, account: Account, action: string): Ec2Answer {
  for (const resource of numbered(form, 'ResourceId').map((name) => form.get(name) ?? '')) {
    const tags = (account.instances[resource] ??= {});
    for (const prefix of numbered(form, 'Tag')) {
      const key = form.get(`${prefix}.Key`) ?? '';
      if (action === 'CreateTags') tags[key] = form.get(`${prefix}.Value`) ?? '';
      else Reflect.deleteProperty(tags, key);
    }
  }
  return { content: '<return>true</return>' };
}

/** `Filter.1`, `Filter.2` and so on, as far as the form has them. */
function numbered(form: URLSearchParams, prefix: string): readonly string[] {
  const found = new Set<string>();
  for (const name of form.keys()) {
    const rest = name.startsWith(`${prefix}.`) ? name.slice(prefix.length + 1) : undefined;
    const number = rest?.split('.')[0];
    if (number !== undefined && /^\d+$/.test(number)) found.add(`${prefix}.${number}`);
  }
  return [...found];
}

function refusal(answer: {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}): Answer {
  const error = `<Error><Code>${answer.code}</Code><Message>${answer.message}</Message></Error>`;
  const body = `<Response><Errors>${error}</Errors><RequestID>${randomUUID()}</RequestID></Response>`;
  return { status: answer.status, body };
}

interface Question {
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

interface Answer {
  readonly status: number;
  readonly body?: string;
}

async function serve(
  socket: string,
  answer: (question: Question) => Answer | Promise<Answer>,
): Promise<Service> {
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = 'GET', url: path = '/', headers } = request;
      const question = { method, path, headers, body: Buffer.concat(chunks).toString() };
      void Promise.resolve(answer(question)).then(
        ({ status, body = '' }) => {
          response.writeHead(status, { 'content-length': Buffer.byteLength(body) }).end(body);
        },
        (error: unknown) => {
          response.writeHead(500).end(String(error));
        },
      );
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, resolve);
  });
  return {
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
