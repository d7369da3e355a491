import { Readable } from 'node:stream';

import { ProxyRefusal } from '../proxy/failure.ts';
import type { AnyClient } from './clients.ts';

/**
 * A web page where AWS's answer was expected. AWS's own load balancers send one at times, with a status from 500; everything else
 * that does is in between: a proxy, a hotel's sign-in page.
 */
export class WebPageAnswer extends Error {
  override readonly name = 'WebPageAnswer';
  /** As in the SDK's own exceptions: those from 500 are tried again. */
  readonly $metadata: { readonly httpStatusCode: number };
  /** What the page calls itself. */
  readonly title: string | undefined;

  constructor(status: number, title: string | undefined) {
    super(`a web page instead of an answer, with status ${String(status)}`);
    this.$metadata = { httpStatusCode: status };
    this.title = title;
  }
}

/**
 * Lets no client take a web page for an answer. The SDK looks for its own fields in it and finds none, so that a sign-in page would
 * say that an account is empty.
 */
export function refuseWebPages(client: AnyClient): void {
  // The clients' stacks differ only in the types of what passes through; this middleware looks at the raw answer.
  const stack = client.middlewareStack as unknown as AnswerStack;
  stack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { response } = result;
      // No service of AWS sends it: a proxy does that was asked by http, in the place of the answer.
      if (response.statusCode === 407) throw new ProxyRefusal(407);
      if (!/^text\/html\b/i.test(response.headers['content-type'] ?? '')) return result;
      const text = await textOf(response.body);
      if (isPage(text)) throw new WebPageAnswer(response.statusCode, titleOf(text));
      // Emulators call XML that, too.
      response.body = Readable.from([Buffer.from(text)]);
      return result;
    },
    // Closest to the wire, inside the SDK's deserializer.
    { step: 'deserialize', priority: 'low', name: 'esEcsWebPage' },
  );
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

function isPage(text: string): boolean {
  return /^\s*<(!doctype\s+html|html)\b/i.test(text);
}

function titleOf(page: string): string | undefined {
  const title = /<title[^>]*>([^<]*)<\/title>/i.exec(page)?.[1]?.replaceAll(/\s+/g, ' ').trim();
  return title === '' ? undefined : title;
}

interface AnswerStack {
  add(
    middleware: (next: (args: unknown) => Promise<Answered>) => (args: unknown) => Promise<Answered>,
    options: { readonly step: 'deserialize'; readonly priority: 'low'; readonly name: string },
  ): void;
}

interface Answered {
  readonly response: {
    readonly statusCode: number;
    readonly headers: Readonly<Record<string, string>>;
    body: AsyncIterable<Uint8Array>;
  };
}
