import http, { type ClientRequest } from 'node:http';
import https from 'node:https';
import { isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';

import { Agent } from 'agent-base';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { getProxyForUrl } from 'proxy-from-env';

import { invariant } from '../errors.ts';
import { noteProxy, ProxyRefusal } from './failure.ts';
import { inBrackets, isNear, type Proxy, type ProxySettings } from './settings.ts';

/** Agents that go through the environment's proxies, or straight where a host needs none. */
export interface ProxyAgents {
  readonly http: http.Agent;
  readonly https: http.Agent;
  /**
   * A stream to a host through the proxy for https, below any TLS of its own.
   *
   * @throws ProxyRefusal, or what Node says of the way to the proxy
   */
  tunnel(host: string, port: number): Promise<Duplex>;
  /** The proxy through which an address is asked; undefined for none. */
  proxyFor(address: Address): Proxy | undefined;
}

/** Where something is asked. */
export interface Address {
  readonly protocol: 'http' | 'https';
  readonly host: string;
  readonly port: number;
}

/** As the SDK's own agents are. */
const usual = { keepAlive: true, maxSockets: 50 } as const;

/** Makes the agents; connections are made when they are needed. */
export function createProxyAgents(settings: ProxySettings): ProxyAgents {
  const proxyFor: ProxyFor = (address) =>
    needsNone(address, settings.bareAddresses) ? undefined : settings[address.protocol];
  const tunnels = settings.https === undefined ? undefined : new TunnelAgent(settings.https);
  const forwards = settings.http === undefined ? undefined : new ForwardAgent(settings.http);
  const route = (protocol: Address['protocol'], through: http.Agent | undefined): http.Agent =>
    through === undefined ? straightAgent(protocol) : new RoutingAgent(protocol, through, proxyFor);
  return {
    https: route('https', tunnels),
    http: route('http', forwards),
    tunnel: (host, port) => {
      invariant(settings.https, 'a tunnel leads through the proxy for https');
      return openTunnel(settings.https, host, port);
    },
    proxyFor,
  };
}

/**
 * Whether NO_PROXY names a host or a domain that it is in. `example.com` stands for all that is below it, too, and `.example.com` for
 * the name itself, as for curl and the AWS CLI; the library takes the one for the name alone, and the other for what is below it.
 */
function needsNone({ protocol, host, port }: Address, bareAddresses: readonly string[]): boolean {
  if (isNear(host)) return true;
  // The dot that ends a full name is no part of it, and an empty label is nothing that the library could look at.
  const name = host.replace(/\.$/, '');
  if (isIP(name.replace(/^\[(.*)\]$/, '$1')) === 6 && bareAddresses.includes(inBrackets(name))) return true;
  return namesOf(name).some((one) => getProxyForUrl(`${protocol}://${one}:${String(port)}`) === '');
}

/** What may stand in NO_PROXY for a host: something below it, it, and every domain above. An address is only itself. */
function namesOf(name: string): readonly string[] {
  if (name.startsWith('[') || name.includes(':')) return [inBrackets(name)];
  if (isIP(name) !== 0) return [name];
  const labels = ['any', ...name.split('.')];
  return labels.map((_, index) => labels.slice(index).join('.'));
}

/** Hands each request on to the proxy's agent, or to one that goes straight. */
class RoutingAgent extends Agent {
  readonly #protocol: Address['protocol'];
  readonly #proxyFor: ProxyFor;
  readonly #through: http.Agent;
  readonly #straight: http.Agent;

  constructor(protocol: Address['protocol'], through: http.Agent, proxyFor: ProxyFor) {
    super();
    this.#protocol = protocol;
    this.#proxyFor = proxyFor;
    this.#through = through;
    this.#straight = straightAgent(protocol);
  }

  connect(_request: ClientRequest, { host, port }: Parameters<Agent['connect']>[1]): http.Agent {
    const address = {
      protocol: this.#protocol,
      host: host ?? 'localhost',
      port,
    };
    return this.#proxyFor(address) === undefined ? this.#straight : this.#through;
  }

  override destroy(): void {
    this.#straight.destroy();
    this.#through.destroy();
    super.destroy();
  }
}

function straightAgent(protocol: Address['protocol']): http.Agent {
  return protocol === 'https' ? new https.Agent(usual) : new http.Agent(usual);
}

type ProxyFor = (address: Address) => Proxy | undefined;

function agentOptions(proxy: Proxy): object {
  const headers = proxy.authorization === undefined ? {} : { 'Proxy-Authorization': proxy.authorization };
  return { ...usual, headers };
}

type Connect<Agent extends { connect(...asked: never[]): unknown }> = Parameters<Agent['connect']>;

/** By CONNECT: what passes is TLS, and the proxy sees nothing of it. */
class TunnelAgent extends HttpsProxyAgent<string> {
  readonly #proxy: Proxy;

  constructor(proxy: Proxy) {
    super(proxy.url, agentOptions(proxy));
    this.#proxy = proxy;
  }

  override async connect(...[request, options]: Connect<HttpsProxyAgent<string>>): Promise<Socket> {
    let status = 200;
    request.once('proxyConnect', (answer: { readonly statusCode: number }) => {
      status = answer.statusCode;
    });
    try {
      const socket = await super.connect(request, options);
      if (status !== 200) {
        // What the library would hand on as if the other side had said it.
        socket.destroy();
        throw new ProxyRefusal(status);
      }
      if (socket instanceof TLSSocket) {
        // A certificate that nobody trusts may be the proxy's own.
        socket.prependListener('error', (error) => {
          noteProxy(error, this.#proxy);
        });
      }
      return socket;
    } catch (error) {
      noteProxy(error, this.#proxy);
      throw error;
    }
  }
}

/** By the whole address in the request line, as http is asked of a proxy. */
class ForwardAgent extends HttpProxyAgent<string> {
  readonly #proxy: Proxy;

  constructor(proxy: Proxy) {
    super(proxy.url, agentOptions(proxy));
    this.#proxy = proxy;
  }

  override async connect(...[request, options]: Connect<HttpProxyAgent<string>>): Promise<Socket> {
    try {
      return await super.connect(request, options);
    } catch (error) {
      noteProxy(error, this.#proxy);
      throw error;
    }
  }
}

/** A connection through a proxy with nothing of ours in it yet. */
function openTunnel(proxy: Proxy, host: string, port: number): Promise<Duplex> {
  const to = `${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
  const { request } = proxy.url.startsWith('https:') ? https : http;
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      noteProxy(error, proxy);
      reject(error);
    };
    const headers = {
      Host: to,
      ...(proxy.authorization === undefined ? {} : { 'Proxy-Authorization': proxy.authorization }),
    };
    const asked = request(proxy.url, { method: 'CONNECT', path: to, headers, agent: false });
    asked.once('error', fail);
    asked.once('connect', ({ statusCode = 0 }, socket, head) => {
      if (statusCode === 200) {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
        return;
      }
      socket.destroy();
      fail(new ProxyRefusal(statusCode));
    });
    // Whatever is no answer to CONNECT comes as a page.
    asked.once('response', ({ statusCode = 0 }) => {
      asked.destroy();
      fail(new ProxyRefusal(statusCode));
    });
    asked.end();
  });
}
