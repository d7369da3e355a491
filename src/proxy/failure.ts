import type { Proxy } from './settings.ts';

/** The way that a call went, as its error carries it. */
export type ProxyTrace = Pick<Proxy, 'host' | 'variable'>;

/** A proxy that answered, and did not let a connection through. */
export class ProxyRefusal extends Error {
  override readonly name = 'ProxyRefusal';
  readonly status: number;
  /** From 500 the proxy could not reach the other side: for whoever asks again, the same as a network that could not. */
  readonly code: 'EHOSTUNREACH' | 'EPROXY';

  constructor(status: number) {
    super(`the proxy answered with status ${String(status)}`);
    this.status = status;
    this.code = status >= 500 ? 'EHOSTUNREACH' : 'EPROXY';
  }
}

/**
 * Notes on an error through which proxy its call went. As an own property, for the SDK copies those when it makes an error of its own
 * out of one ("CredentialsProviderError").
 */
export function noteProxy(error: unknown, { host, variable }: ProxyTrace): void {
  if (error instanceof Error) Object.assign(error, { proxyTrace: { host, variable } satisfies ProxyTrace });
}

/** The proxy that an error came through; undefined without one. */
export function proxyOf(error: Error): ProxyTrace | undefined {
  if (!('proxyTrace' in error) || !isTrace(error.proxyTrace)) return undefined;
  return error.proxyTrace;
}

function isTrace(value: unknown): value is ProxyTrace {
  return typeof value === 'object' && value !== null && 'host' in value && 'variable' in value;
}

/** The status with which a proxy refused a connection; undefined for every other failure. */
export function refusalOf(error: Error): number | undefined {
  return 'status' in error && typeof error.status === 'number' ? error.status : undefined;
}
