import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import { type Clients, createClients } from '../../aws/clients.ts';
import { CallMeter, isRead } from '../../aws/meter.ts';
import { realClock } from '../../engine/clock.ts';
import type { SimulatedAccount } from '../account.ts';
import { type WireAnswer, writeStrangersRefusal } from './answers.ts';
import { BrokenConnection, type Desk, respond } from './respond.ts';
import { loadService, type ServedService } from './served-service.ts';
import type { Credentials, WireRequest } from './signature.ts';

/** How an account is served. */
export interface ServedAccount {
  readonly account: SimulatedAccount;
  /** Who may ask: each request must be signed with them. */
  readonly credentials: Credentials;
  /** Awaited after each call that changed something, before its answer is sent. */
  readonly save: () => Promise<void>;
  /** What a person should know. */
  readonly tell: (text: string) => void;
  /** Called with each answer, for whoever wants to see them. */
  readonly onAnswer?: (operation: string) => void;
}

/** More than any request of the simulated operations needs: an image's manifest has at most 4 MiB. */
const largestBody = 5 * 1024 * 1024;

/** The client of each service by the name under which requests are signed; they only lend their schemas. */
const clientOf: Readonly<Record<string, keyof Clients>> = {
  autoscaling: 'autoScaling',
  ec2: 'ec2',
  ecr: 'ecr',
  ecs: 'ecs',
  freetier: 'freeTier',
  iam: 'iam',
  kms: 'kms',
  logs: 'logs',
  secretsmanager: 'secretsManager',
  servicequotas: 'serviceQuotas',
  ssm: 'ssm',
  sts: 'sts',
};

/**
 * The simulated account behind HTTP, as AWS's endpoints are behind HTTPS: any SDK and the AWS CLI can talk to it. It is for this machine
 * alone: let it listen on a loopback address.
 */
export function createAccountServer(served: ServedAccount): http.Server {
  const desk = deskOf(served);
  return http.createServer((request, response) => {
    void serve(desk, request, response);
  });
}

function deskOf({ account, credentials, save, tell, onAnswer }: ServedAccount): Desk {
  const clients = createClients({
    region: account.world.region,
    clock: account.clock,
    meter: new CallMeter(),
    credentials,
    attach: (client) => {
      account.attach(client);
    },
  });
  const known = new Map<string, Promise<ServedService | undefined>>();
  const load = async (name: string): Promise<ServedService | undefined> => {
    const client = clientOf[name];
    return client === undefined ? undefined : loadService(name, clients[client]);
  };
  return {
    account,
    credentials,
    now: () => realClock.now(),
    tell,
    service: (name) => {
      const service = known.get(name) ?? load(name);
      known.set(name, service);
      return service;
    },
    afterCall: async (operation) => {
      onAnswer?.(operation);
      if (!isRead(operation)) await save();
    },
  };
}

async function serve(desk: Desk, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const { status, headers, body } = await answerTo(desk, request);
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
    response.end(body);
  } catch (error) {
    if (!(error instanceof BrokenConnection)) desk.tell(`! ${String(error)}`);
    request.socket.destroy();
  }
}

async function answerTo(desk: Desk, request: IncomingMessage): Promise<WireAnswer> {
  if (!isMeantForUs(request.headers.host, request.socket))
    // A page of the web may have a name that leads here; it does not know this address ("DNS rebinding").
    return plain(421, 'this is the simulated account of es-ecs, on a loopback address\n');
  const body = await readBody(request);
  if (body === undefined) {
    const refusal = { name: 'RequestEntityTooLarge', message: 'Request body is too large.', status: 413 };
    const answer = writeStrangersRefusal(false, { ...refusal, requestId: '' });
    return { ...answer, headers: { ...answer.headers, connection: 'close' } };
  }
  return respond(desk, toWireRequest(request, body));
}

function isMeantForUs(host: string | undefined, socket: Socket): boolean {
  const port = String(socket.localPort ?? '');
  return [`127.0.0.1:${port}`, `localhost:${port}`].includes((host ?? '').toLowerCase());
}

function plain(status: number, body: string): WireAnswer {
  return { status, headers: { 'content-type': 'text/plain' }, body };
}

/** Undefined for one that is too large, whatever its length says. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.byteLength;
    if (size > largestBody) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function toWireRequest(request: IncomingMessage, body: Buffer): WireRequest {
  const [path = '/', ...query] = (request.url ?? '/').split('?');
  const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [
    name,
    Array.isArray(value) ? value.join(',') : (value ?? ''),
  ]);
  return {
    method: request.method ?? 'GET',
    path,
    query: new URLSearchParams(query.join('?')),
    headers: Object.fromEntries(headers),
    body,
  };
}
