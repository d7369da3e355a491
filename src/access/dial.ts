import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';

import { EsEcsError } from '../errors.ts';
import { proxyOf, refusalOf } from '../proxy/failure.ts';
import type { SshRoute } from '../ssh/arguments.ts';
import { checkKeyFile } from '../ssh/key-file.ts';
import { openPipe } from '../ssh/pipe.ts';
import { connectLimitMs } from './limits.ts';

/** Where Elasticsearch answers. */
export interface Door {
  /** As a person knows it: `search-0`, or the address in the config. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** What leads there, where it is not a connection of this machine's own. */
  readonly tunnel?: () => Promise<Duplex>;
}

/** Whom to believe. */
export interface Trust {
  /** PEM: the cluster's own authority, and no other. */
  readonly caCertificate: string;
  /**
   * The name that the certificate must carry: the cluster's. All nodes share one certificate, and are reached under
   * addresses that come and go.
   */
  readonly clusterName: string;
}

/** How to open a connection. */
export interface Dialling {
  readonly trust: Trust;
  /** Through this bastion; undefined is directly. */
  readonly route: SshRoute | undefined;
  readonly timeUp: AbortSignal;
}

/**
 * A TLS connection to a door, made in this process over whatever leads there.
 *
 * @throws EsEcsError BASTION_UNREACHABLE, HOST_KEY_CHANGED, KEY_UNUSABLE, SSH, CLUSTER_UNREACHABLE, CLUSTER_UNTRUSTED
 */
export async function dial(door: Door, dialling: Dialling): Promise<tls.TLSSocket> {
  const { trust, route, timeUp } = dialling;
  const below = await openBelow(door, route);
  const secured = tls.connect({
    socket: below,
    ca: trust.caCertificate,
    servername: trust.clusterName,
    minVersion: 'TLSv1.2',
  });
  return new Promise((resolve, reject) => {
    const fail = (error: EsEcsError): void => {
      reject(error);
      secured.destroy();
      below.destroy();
    };
    below.once('error', (error) => {
      fail(belowFailure(door, error));
    });
    secured.on('error', (error: Error) => {
      // What is below may have the better reason, and has not said so yet.
      setImmediate(() => {
        fail(tlsFailure(door, trust, error));
      });
    });
    timeUp.addEventListener(
      'abort',
      () => {
        fail(tooLate(door));
      },
      { once: true },
    );
    // Whoever has hung up hears nothing any more. What is below is half open then, and so this would be: the client would keep it,
    // and send its next request to nobody.
    secured.once('end', () => {
      secured.destroy();
    });
    // A later end of what is below must end this too, or a request would wait for ever.
    below.once('close', () => {
      secured.destroy();
    });
    secured.once('close', () => {
      below.destroy();
    });
    secured.once('secureConnect', () => {
      resolve(secured);
    });
  });
}

/**
 * What leads to a door, below TLS. Whether it is there shows only when something comes back, or the stream fails.
 *
 * @throws EsEcsError KEY_UNUSABLE
 */
export async function openBelow(door: Door, route: SshRoute | undefined): Promise<Duplex> {
  if (door.tunnel !== undefined) return throughProxy(door, door.tunnel);
  if (route === undefined) return net.connect({ host: door.host, port: door.port });
  await checkKeyFile(route.privateKeyFile);
  return openPipe(route, door);
}

async function throughProxy(door: Door, tunnel: () => Promise<Duplex>): Promise<Duplex> {
  try {
    return await tunnel();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const proxy = proxyOf(error);
    const status = refusalOf(error);
    const why = status === undefined ? error.message : `it answers with status ${String(status)}`;
    throw unreachable(
      door,
      proxy === undefined ? why : `the proxy ${proxy.host} of ${proxy.variable}: ${why}`,
    );
  }
}

/** Why what `openBelow` gave has failed, as a sentence. */
export function belowFailure(door: Door, error: Error): EsEcsError {
  // What ssh says of the far end knows no name for it.
  const isOwn = error instanceof EsEcsError && error.code !== 'CLUSTER_UNREACHABLE';
  return isOwn ? error : unreachable(door, error.message);
}

/** The time for a connection is over. */
export function tooLate(door: Door): EsEcsError {
  return unreachable(door, `no connection within ${connectLimitMs / 1000} s`);
}

/** A door and its address, as errors name it. */
export function doorName({ name, host, port }: Door): string {
  const address = `${host}:${port}`;
  return name === address ? address : `${name} (${address})`;
}

/** Nothing of use came from a door. */
export function unreachable(door: Door, because: string): EsEcsError {
  return new EsEcsError('CLUSTER_UNREACHABLE', `${doorName(door)} does not answer: ${because}`, {
    hint: 'es-ecs status  shows which tasks run',
  });
}

/** What Node's TLS says when it does not believe a certificate (`tls`, "X509 certificate error codes"). */
const untrusted =
  /^(ERR_TLS_CERT_ALTNAME_INVALID|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|CERT_|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH)/;

function tlsFailure(door: Door, trust: Trust, error: Error): EsEcsError {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (!untrusted.test(code)) {
    // Plain HTTP, most likely: TLS cannot read what it answers.
    const because = code.startsWith('ERR_SSL_') ? `it does not speak TLS (${code})` : error.message;
    return unreachable(door, because);
  }
  return new EsEcsError('CLUSTER_UNTRUSTED', `${doorName(door)} ${untrustedWords(code, trust)}`, {
    cause: error,
    hint: `the authority is the one in the secret es-ecs/${trust.clusterName}/certificates; look at what answers there`,
  });
}

function untrustedWords(code: string, { clusterName }: Trust): string {
  if (code === 'CERT_HAS_EXPIRED') return 'shows a certificate that has expired';
  if (code === 'CERT_NOT_YET_VALID')
    return "shows a certificate that is not valid yet: is this machine's clock right?";
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `shows a certificate that is not for ${clusterName}`;
  return `shows a certificate that the cluster's own authority did not sign (${code})`;
}
