import https from 'node:https';
import { text } from 'node:stream/consumers';

/** Who asks, and whom to trust. */
export interface Access {
  /** PEM of the cluster's own authority. */
  readonly authority: string;
  readonly password: string;
}

export interface Question {
  readonly method?: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly body?: unknown;
  /** In the place of a body: each in a line of its own, as `_bulk` has it. */
  readonly lines?: readonly object[];
  /** Undefined: without credentials. */
  readonly password?: string | undefined;
  /** Left out: a connection of its own, which each time costs both sides a handshake. */
  readonly agent?: https.Agent;
}

/** What a node said. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const patienceMs = 20_000;

/** Asks one node over TLS, as the user `elastic`. @throws Error when there is no answer or the node cannot be trusted */
export async function ask(
  address: string,
  path: string,
  access: Access,
  question: Question = {},
): Promise<Answer> {
  const password = 'password' in question ? question.password : access.password;
  const content = contentOf(question);
  const [status, said] = await new Promise<[number, string]>((resolve, reject) => {
    const request = https.request(
      {
        host: address,
        port: 9200,
        path,
        method: question.method ?? 'GET',
        ca: access.authority,
        // The name in the certificate, under which a tunnel reaches a node.
        servername: 'localhost',
        agent: question.agent ?? false,
        timeout: patienceMs,
        ...(password === undefined ? {} : { auth: `elastic:${password}` }),
        headers: content === undefined ? {} : { 'content-type': 'application/json' },
      },
      (incoming) => {
        text(incoming).then((said) => {
          resolve([incoming.statusCode ?? 0, said]);
        }, reject);
      },
    );
    request.on('timeout', () => request.destroy(new Error(`${address} does not answer`)));
    request.on('error', reject);
    request.end(content);
  });
  return { status, body: said === '' ? undefined : JSON.parse(said) };
}

function contentOf({ body, lines }: Question): string | undefined {
  if (lines !== undefined) return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  return body === undefined ? undefined : JSON.stringify(body);
}
