import type { ClusterHealth } from '../../elasticsearch/client.ts';
import { EsEcsError } from '../../errors.ts';
import { styleFor } from './style.ts';

/** A tunnel that is open. */
export interface TunnelTold {
  /** The cluster's. */
  readonly name: string;
  /** At this end. */
  readonly url: string;
  readonly user: string;
  /** What the cluster says of itself, or why it says nothing. */
  readonly cluster: ClusterHealth | EsEcsError;
  readonly files: { readonly config: string; readonly ca: string };
  /** Through what it leads, as a person reads it. */
  readonly way: string;
  readonly isSimulated: boolean;
}

/** What a person reads once the tunnel is open: a line to paste, and where everything else is. */
export function renderTunnel(told: TunnelTold, look: { readonly hasColour: boolean }): string {
  const { url, user, files, way, isSimulated } = told;
  const shows = `es-ecs credentials${isSimulated ? ' --simulate' : ''}`;
  return [
    `${headOf(told, look)}    ${url}  ${way}`,
    `  try it    ${curlLine(files.config, `${url}/_cat/nodes?v`)}`,
    `  user      ${user}, the password is in the file that curl reads; ${shows}  shows it`,
    `  CA        ${files.ca}`,
    '  Ctrl-C    closes it, and removes both files',
  ].join('\n');
}

function headOf({ name, cluster }: TunnelTold, look: { readonly hasColour: boolean }): string {
  const style = styleFor(look.hasColour);
  if (cluster instanceof EsEcsError) return style.red(`the tunnel to ${name} is open all the same`);
  const { status, nodes } = cluster;
  const paint = status === 'green' ? style.green : style.red;
  return paint(`${name} is ${status}: ${nodes} ${nodes === 1 ? 'node' : 'nodes'}`);
}

/** Quoted for the shell: `?` is a pattern, and a folder may have spaces. */
function curlLine(config: string, url: string): string {
  return `curl -K ${/^[\w./-]+$/.test(config) ? config : `'${config.replaceAll("'", `'\\''`)}'`} '${url}'`;
}

/** The same, as `--json` gives it: printed once the tunnel is open. */
export function tunnelDocument(told: TunnelTold): object {
  const { name, url, user, files, cluster, way } = told;
  return {
    cluster: name,
    url,
    user,
    caFile: files.ca,
    curlConfigFile: files.config,
    way,
    elasticsearch:
      cluster instanceof EsEcsError
        ? { status: 'unknown', problem: cluster.message }
        : { status: cluster.status, nodes: cluster.nodes },
  };
}
