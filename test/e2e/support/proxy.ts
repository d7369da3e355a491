import http from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

/** One call that went through. */
export interface ProxiedCall {
  /** `ec2`, as in the request's signature. */
  readonly service: string;
  /** `CreateVpc` */
  readonly action: string;
  readonly status: number;
  /** When it came, by `performance.now()`. */
  readonly begunMs: number;
  /** When it was answered, by `performance.now()`. */
  readonly atMs: number;
}

/** A call on its way in. */
export interface ProxiedRequest {
  readonly service: string;
  readonly action: string;
  /** Form fields of a query service, JSON of another. */
  readonly body: string;
}

/** Stands between the SDK and an emulator: adds distance, counts, and may answer in its place. */
export interface Proxy {
  readonly url: string;
  /** Every call so far, in the order of their answers; may be emptied with `calls.length = 0`. */
  readonly calls: ProxiedCall[];
  stop(): Promise<void>;
}

export interface ProxyOptions {
  /** The emulator, `http://127.0.0.1:PORT`. */
  readonly target: string;
  /** Added to each call, as AWS is not next door. */
  readonly latencyMs?: number | (() => number);
  /** Answers in the emulator's place (a throttle, a failure); `undefined` lets the call through. */
  readonly intercept?: (call: ProxiedRequest) => Answer | undefined;
  /** Changes the body of a request: what the emulator wants and AWS does not. */
  readonly amend?: (call: ProxiedRequest) => string;
  /** Changes the body of an answer, e.g. an ECR address into that of a registry on loopback. */
  readonly rewrite?: (body: string, call: ProxiedCall, request: ProxiedRequest) => string | Promise<string>;
}

export interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string;
}

/** Starts a proxy on a free port of loopback. */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const calls: ProxiedCall[] = [];
  const agent = new http.Agent({ keepAlive: true });
  const server = http.createServer((request, response) => {
    pass({ request, response, options, agent, calls }).catch((error: unknown) => {
      response.writeHead(502).end(String(error));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    calls,
    async stop() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Passage {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly options: ProxyOptions;
  readonly agent: http.Agent;
  readonly calls: ProxiedCall[];
}

async function pass({ request, response, options, agent, calls }: Passage): Promise<void> {
  const begunMs = performance.now();
  const body = (await read(request)).toString();
  const call = { ...identify(request, body), body };
  const { latencyMs } = options;
  if (latencyMs !== undefined) await pause(typeof latencyMs === 'number' ? latencyMs : latencyMs());
  const answer =
    options.intercept?.(call) ??
    (await forward(request, options.amend?.(call) ?? body, { target: options.target, agent }));
  const { service, action } = call;
  const made = { service, action, status: answer.status, begunMs, atMs: performance.now() };
  calls.push(made);
  const text = options.rewrite === undefined ? answer.body : await options.rewrite(answer.body, made, call);
  const bytes = Buffer.from(text);
  response.writeHead(answer.status, { ...answer.headers, 'content-length': bytes.length });
  response.end(bytes);
}

/** JSON services name the action in a header, query services (EC2, IAM, Auto Scaling, STS) in the body. */
function identify(
  request: IncomingMessage,
  body: string,
): { readonly service: string; readonly action: string } {
  const scope = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(request.headers.authorization ?? '');
  const target = request.headers['x-amz-target'];
  const action =
    typeof target === 'string' ? target.split('.').at(-1) : new URLSearchParams(body).get('Action');
  return {
    service: scope?.[1] ?? 'unknown',
    action: action ?? `${request.method ?? ''} ${request.url ?? ''}`,
  };
}

async function forward(
  request: IncomingMessage,
  body: string,
  to: { readonly target: string; readonly agent: http.Agent },
): Promise<Answer> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    // The host header stays as it came: the SDK signed it, and moto reads account and region out of the signature.
    const passed = http.request(new URL(request.url ?? '/', to.target), {
      method: request.method,
      headers: { ...request.headers, 'content-length': String(Buffer.byteLength(body)) },
      agent: to.agent,
    });
    passed.on('response', resolve);
    passed.on('error', reject);
    passed.end(body);
  });
  const text = (await read(answer)).toString();
  const headers = Object.fromEntries(
    Object.entries(answer.headers).filter(([name]) => !['connection', 'transfer-encoding'].includes(name)),
  );
  return { status: answer.statusCode ?? 502, headers, body: text };
}

async function read(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
