import { codeOf } from './failure-kind.ts';
import { hintLine } from './hint-line.ts';
import { goesOn, type Refusal, type Translation } from './translations.ts';
import { proxyOf, type ProxyTrace, refusalOf } from '../proxy/failure.ts';
import { WebPageAnswer } from './web-page.ts';

/** What Node calls the failures between here and there. */
const networkCodes = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** Node's names for a certificate that nobody whom it trusts has signed, or that is another's. */
const certificateCodes = new Set([
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** What is said when the failure lies between here and AWS; undefined when AWS itself answered. */
export function translateDistance(error: Error, refusal: Refusal): Translation | undefined {
  const proxy = proxyOf(error);
  const status = refusalOf(error);
  if (proxy !== undefined && status !== undefined) return refusedByProxy(proxy, status, refusal);
  if (error instanceof WebPageAnswer) return intercepted(whatCame(error), refusal);
  const code = codeOf(error) ?? '';
  if (proxy !== undefined && certificateCodes.has(code)) return opened(proxy, code, refusal);
  if (proxy !== undefined && networkCodes.has(code)) return proxyUnreachable(proxy, code, refusal);
  if (certificateCodes.has(code)) return untrusted(code, refusal);
  if (networkCodes.has(code)) return unreachable(code, error, refusal);
  if (error.name === 'TimeoutError') return unreachable('no answer in time', error, refusal);
  return isUnreadable(error) ? intercepted('something that is no answer of AWS', refusal) : undefined;
}

function whatCame({ title, $metadata }: WebPageAnswer): string {
  const named = title === undefined ? 'a web page' : `a web page, "${title.slice(0, 80)}"`;
  return `${named} (HTTP status ${String($metadata.httpStatusCode)})`;
}

/** An answer that the SDK could not make sense of: it leaves the answer beside the error, and no service's name on it. */
function isUnreadable(error: Error): boolean {
  return '$response' in error && !('$fault' in error);
}

function intercepted(what: string, { action, again }: Refusal): Translation {
  return {
    code: 'UNREACHABLE',
    message: `AWS cannot be reached: in its place ${action === undefined ? 'a call' : action} got ${what}`,
    hint: [
      'a proxy or a sign-in page stands in between: open one in a browser, look at HTTPS_PROXY and AWS_ENDPOINT_URL',
      ...goesOn(again),
    ],
  };
}

function untrusted(code: string, { action, again }: Refusal): Translation {
  return {
    code: 'UNREACHABLE',
    message: `AWS cannot be reached${forAction(action)}: what answers shows a certificate that is not trusted (${code})`,
    hint: [
      hintLine('export NODE_EXTRA_CA_CERTS=…', "the certificate of your company's proxy, if one opens TLS"),
      ...goesOn(again),
    ],
  };
}

function unreachable(code: string, error: Error, { action, again }: Refusal): Translation {
  const host = 'hostname' in error && typeof error.hostname === 'string' ? ` (${error.hostname})` : '';
  const noSuchName = code === 'ENOTFOUND';
  return {
    code: 'UNREACHABLE',
    message: `AWS cannot be reached${forAction(action)}: ${code}${host}`,
    hint: [
      ...(noSuchName
        ? ['a region that does not exist shows in the same way: look at `region` in the config']
        : []),
      'look at the network, HTTPS_PROXY, NO_PROXY and AWS_ENDPOINT_URL',
      ...goesOn(again),
    ],
  };
}

/** "Proxy Authentication Required" (RFC 9110), and what tinyproxy 1.11 says in its place. */
const passwordNeeded = [407, 401];

/** A proxy that answered and let nothing through. */
function refusedByProxy(
  { host, variable }: ProxyTrace,
  status: number,
  { action, again, dnsSuffix }: Refusal,
): Translation {
  const allOfIt = dnsSuffix === undefined ? '' : `: all that es-ecs asks is under ${dnsSuffix}`;
  const wantsPassword = passwordNeeded.includes(status);
  const what = wantsPassword
    ? `asks for a user and a password, or does not take the ones that it was given (${String(status)})`
    : status >= 500
      ? `could not connect to the other side (${String(status)})`
      : `does not let this through (${String(status)})`;
  return {
    code: 'UNREACHABLE',
    message: `AWS cannot be reached${forAction(action)}: the proxy ${host} of ${variable} ${what}`,
    hint: [
      wantsPassword
        ? hintLine(
            `export ${variable}=http://USER:PASSWORD@${host}`,
            'with %40 for @ and %3A for : in either',
          )
        : `have the host allowed there${allOfIt}; or name it in NO_PROXY to go without`,
      ...goesOn(again),
    ],
  };
}

function proxyUnreachable(
  { host, variable }: ProxyTrace,
  code: string,
  { action, again }: Refusal,
): Translation {
  return {
    code: 'UNREACHABLE',
    message: `AWS cannot be reached${forAction(action)}: the proxy ${host} of ${variable} does not answer (${code})`,
    hint: [
      hintLine(`unset ${variable}`, 'where there is a way out without it; NO_PROXY names single hosts'),
      `look at the address in ${variable}, and at the network that it is in`,
      ...goesOn(again),
    ],
  };
}

/** Behind a proxy, a certificate that nobody trusts is most likely the proxy's own. */
function opened({ host, variable }: ProxyTrace, code: string, { action, again }: Refusal): Translation {
  return {
    code: 'UNREACHABLE',
    message: `AWS cannot be reached${forAction(action)}: what answers through the proxy ${host} of ${variable} shows a certificate that is not trusted (${code})`,
    hint: [
      hintLine(
        'export NODE_EXTRA_CA_CERTS=…',
        'a PEM file with the authority with which that proxy opens TLS',
      ),
      ...goesOn(again),
    ],
  };
}

function forAction(action: string | undefined): string {
  return action === undefined ? '' : ` for ${action}`;
}
