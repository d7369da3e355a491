import type { ProxyAgents } from '../proxy/agents.ts';
import { type ProxySettings, readProxySettings } from '../proxy/settings.ts';

/** The way out of this machine, where it leads through a proxy. */
export interface Proxies extends ProxyAgents {
  readonly settings: ProxySettings;
}

/**
 * What HTTPS_PROXY, HTTP_PROXY and NO_PROXY say, and agents that follow it. Nothing is loaded where they say nothing.
 *
 * @throws EsEcsError USAGE, when a variable names nothing that is a proxy
 */
export async function openProxies(): Promise<Proxies | undefined> {
  const settings = readProxySettings(process.env);
  if (settings === undefined) return undefined;
  const { createProxyAgents } = await import('../proxy/agents.ts');
  return { ...createProxyAgents(settings), settings };
}
