import type { ElasticsearchAnswer, ElasticsearchRequest } from '../elasticsearch/client.ts';
import { EsEcsError } from '../errors.ts';
import { requireWayIn, type WayInOptions } from './real-adapters.ts';
import type { Visit } from './session.ts';

/** What the way in is looked up with, in a visit. */
export function wayInOptions({ config, clients, inventory, adapters, files, proxies }: Visit): WayInOptions {
  return { config, clients, inventory, keys: adapters.keys, knownHostsFile: files.knownHosts, proxies };
}

/**
 * One request to the cluster, and the way in closed behind it.
 *
 * @throws EsEcsError of the way in, CLUSTER_PASSWORD, CLUSTER_NO_MASTER; INTERRUPTED once the signal aborts
 */
export async function askCluster(
  visit: Visit,
  request: ElasticsearchRequest,
  signal: AbortSignal,
): Promise<ElasticsearchAnswer> {
  if (visit.simulation !== undefined) {
    const { askSimulated } = await import('./simulated-cluster.ts');
    return askSimulated(visit, request);
  }
  const way = await requireWayIn(wayInOptions(visit));
  const { connectCluster } = await import('../access/cluster.ts');
  const connection = connectCluster(way, visit.clock);
  const close = (): void => {
    connection.close();
  };
  signal.addEventListener('abort', close, { once: true });
  try {
    return await connection.control.request(request);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new EsEcsError('INTERRUPTED', 'interrupted: what was sent may have been carried out');
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}
