import https from 'node:https';
import { text } from 'node:stream/consumers';

import type { ProxyAgents } from '../proxy/agents.ts';
import { proxyOf, refusalOf } from '../proxy/failure.ts';

/** AWS's own answer to "which address do I come from". */
const page = 'https://checkip.amazonaws.com';
/** Some networks swallow the question. */
const limitMs = 5_000;

/**
 * The address that this machine, or the proxy in front of it, is seen under.
 *
 * @throws Error whose message says in a few words why it is not known
 */
export function askCallerAddress(proxies: Pick<ProxyAgents, 'https'> | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      reject(new Error(because(error), { cause: error }));
    };
    const request = https.get(page, {
      ...(proxies === undefined ? {} : { agent: proxies.https }),
      signal: AbortSignal.timeout(limitMs),
    });
    request.once('error', fail);
    request.once('response', (response) => {
      if (response.statusCode === 200)
        text(response).then((answer) => {
          resolve(answer.trim());
        }, fail);
      else fail(new Error(`${page} answers with status ${String(response.statusCode)}`));
    });
  });
}

function because(error: Error): string {
  const proxy = proxyOf(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.message;
  const status = refusalOf(error);
  if (proxy === undefined) return error.name === 'AbortError' ? `no answer of ${page}` : error.message;
  const through = `the proxy ${proxy.host} of ${proxy.variable}`;
  return status === undefined
    ? `${through}: ${code}`
    : `${through} answers ${page} with status ${String(status)}`;
}
