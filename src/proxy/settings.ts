import { BlockList, isIP } from 'node:net';

import { EsEcsError } from '../errors.ts';

/** A proxy that a variable of the environment names. */
export interface Proxy {
  /** As it is spelt there: `https_proxy` or `HTTPS_PROXY`. */
  readonly variable: string;
  /** `proxy.example.com:3128`, which is all that may be shown of it. */
  readonly host: string;
  /** Without user and password. */
  readonly url: string;
  /** The value of `Proxy-Authorization`; undefined without a password. */
  readonly authorization: string | undefined;
}

/** What the environment says of proxies; which host needs none is asked of each address anew (`agents.ts`). */
export interface ProxySettings {
  /** For what is asked by https. */
  readonly https: Proxy | undefined;
  /** For what is asked by http. */
  readonly http: Proxy | undefined;
  /** The variables that are set, by their names, for programs that are to go the same way. */
  readonly variables: readonly string[];
  /** The IPv6 addresses that stand in NO_PROXY without brackets, each as `inBrackets` spells it: to the library, a colon begins a port. */
  readonly bareAddresses: readonly string[];
  /** A text without the passwords that are in those variables. */
  redact(text: string): string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const byName = { https: ['https_proxy', 'HTTPS_PROXY'], http: ['http_proxy', 'HTTP_PROXY'] } as const;
const exceptions = ['no_proxy', 'NO_PROXY'] as const;

/**
 * The proxies of HTTPS_PROXY and HTTP_PROXY, in small letters before capitals, as curl and the AWS CLI read them.
 *
 * @returns undefined where there are none: then nothing more needs to be loaded.
 * @throws EsEcsError USAGE, when one cannot be used; its value is not shown, as it may hold a password.
 */
export function readProxySettings(env: Environment): ProxySettings | undefined {
  const https = readProxy(env, byName.https);
  const http = readProxy(env, byName.http);
  if (https === undefined && http === undefined) return undefined;
  const variables = [...byName.https, ...byName.http, ...exceptions].filter((name) => isSet(env[name]));
  const secrets = [...byName.https, ...byName.http].flatMap((name) => secretsOf(env[name]));
  const excepted =
    exceptions.map((name) => env[name]).find((value) => value !== undefined && value !== '') ?? '';
  const bareAddresses = excepted
    .split(/[,\s]+/)
    .filter((entry) => isIP(entry) === 6)
    .map(inBrackets);
  return { https, http, variables, bareAddresses, redact: (text) => redactAll(text, secrets) };
}

/** An IPv6 address as it stands in a URL, in its one spelling: `[2001:db8::1]`. */
export function inBrackets(address: string): string {
  const bracketed = address.startsWith('[') ? address : `[${address}]`;
  return URL.parse(`http://${bracketed}`)?.hostname ?? bracketed;
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value.trim() !== '';
}

function readProxy(env: Environment, names: readonly string[]): Proxy | undefined {
  const variable = names.find((name) => isSet(env[name]));
  if (variable === undefined) return undefined;
  const url = parse(env[variable] ?? '');
  if (url === undefined || url.hostname === '' || isCutShort(url))
    throw unusable(variable, 'is not the address of a proxy');
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw unusable(
      variable,
      `names a proxy of the kind ${url.protocol.slice(0, -1)}, and es-ecs knows http and https`,
    );
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  const { username, password } = url;
  return {
    variable,
    host: `${url.hostname}:${port}`,
    url: `${url.protocol}//${url.hostname}:${port}`,
    authorization:
      username === '' && password === ''
        ? undefined
        : `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')}`,
  };
}

/** `proxy.example.com:3128` is one that is spoken to by http, as for curl. */
function parse(value: string): URL | undefined {
  const text = value.trim();
  return URL.parse(text.includes('://') ? text : `http://${text}`) ?? undefined;
}

/**
 * Whether what was read as the host is something else: a slash or backslash in user or password, which ends the host (and what follows must
 * not be shown as one), or the scheme itself ("http:/proxy.example.com").
 */
function isCutShort(url: URL): boolean {
  const rest = url.pathname + url.search + url.hash;
  return rest.includes('@') || (rest !== '/' && ['http', 'https'].includes(url.hostname));
}

/** A percent sign may stand for itself in a password that somebody wrote by hand. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function unusable(variable: string, what: string): EsEcsError {
  return new EsEcsError('USAGE', `${variable} ${what}`, {
    hint: [
      `export ${variable}=http://proxy.example.com:3128`,
      `export ${variable}=http://USER:PASSWORD@proxy.example.com:3128  with %2F for /, %5C for \\, %23 for #, %3F for ? in either`,
      `unset ${variable}  goes without one`,
    ],
  });
}

/** What must not be shown of a value: the password as it is spelt there, and decoded. */
function secretsOf(value: string | undefined): readonly string[] {
  const url = isSet(value) ? parse(value) : undefined;
  if (url === undefined || url.password === '') return [];
  return [...new Set([url.password, decoded(url.password)])];
}

function redactAll(text: string, secrets: readonly string[]): string {
  return secrets.reduce((left, secret) => left.replaceAll(secret, '***'), text);
}

/** This machine, and what only this machine's own network card reaches: the metadata services of EC2, ECS and EKS. */
const near = new BlockList();
near.addSubnet('127.0.0.0', 8);
near.addSubnet('169.254.0.0', 16);
near.addAddress('::1', 'ipv6');
near.addSubnet('fe80::', 10, 'ipv6');
near.addSubnet('fd00:ec2::', 32, 'ipv6');

/** Whether a host is never asked through a proxy, whatever NO_PROXY says. */
export function isNear(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (bare === 'localhost' || bare.endsWith('.localhost')) return true;
  const family = isIP(bare);
  return family !== 0 && near.check(bare, family === 6 ? 'ipv6' : 'ipv4');
}
