import type { WayIn } from '../../access/cluster.ts';
import { type Door, doorName } from '../../access/dial.ts';
import { listenLocally } from '../../access/local-port.ts';
import { openTunnel, type Tunnel } from '../../access/tunnel.ts';
import { toEsEcsError } from '../../aws/errors.ts';
import type { ClusterControl, ClusterHealth } from '../../elasticsearch/client.ts';
import { EsEcsError, type ErrorCode } from '../../errors.ts';
import { wayInOptions } from '../ask-cluster.ts';
import { type CurlFiles, writeCurlFiles } from '../curl-files.ts';
import { inVisit } from '../in-session.ts';
import { interruptible } from '../interrupts.ts';
import type { TunnelOptions } from '../options.ts';
import { requireWayIn } from '../real-adapters.ts';
import { renderError } from '../render/error.ts';
import { renderTunnel, tunnelDocument, type TunnelTold } from '../render/tunnel.ts';
import type { Visit } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import { sayTwo } from '../two-passwords.ts';
import { untilClosed } from '../until-closed.ts';

/** The user that every cluster has. */
const user = 'elastic';

/** What may be wrong with the cluster while its nodes can be reached: that is when somebody wants to look at them. */
const opensAllTheSame: readonly ErrorCode[] = [
  'CLUSTER_NO_MASTER',
  'CLUSTER_UNREACHABLE',
  'CLUSTER_PASSWORD',
  'CLUSTER_BUSY',
];

/**
 * `es-ecs tunnel`: a port of this machine that leads to the cluster, until Ctrl-C, which is its good end. The connections are
 * TLS from the client to Elasticsearch, so whoever else is on this machine needs the password as well.
 *
 * @throws EsEcsError of the way in, and PORT_UNUSABLE
 */
export async function tunnel(options: TunnelOptions, terminal: Terminal): Promise<void> {
  const stopping = 'closing the tunnel';
  const given = { options, command: 'tunnel', terminal, locks: false, stopping };
  if (options.simulate !== true) {
    await inVisit(given, async (visit, signal) => {
      await keepOpen(await openReal({ visit, options, terminal, signal }), { options, terminal, signal });
    });
    return;
  }
  // The visit ends before, or it would put the account back in the end to what it is now.
  const opened = await inVisit(given, (visit, signal) => openSimulated({ visit, options, terminal, signal }));
  await interruptible((signal) => keepOpen(opened, { options, terminal, signal }), {
    tell: (text) => {
      terminal.err(text);
    },
    stopping,
  });
}

interface Asked {
  readonly options: TunnelOptions;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

interface Opened {
  readonly name: string;
  readonly tunnel: Tunnel;
  readonly credentials: Pick<WayIn, 'password' | 'nextPassword' | 'caCertificate'>;
  /** What the cluster says of itself, or why it says nothing. */
  readonly cluster: ClusterHealth | EsEcsError;
  /** As a person reads it. */
  readonly way: string;
}

async function keepOpen(opened: Opened, asked: Asked): Promise<void> {
  sayTwo(opened.credentials.nextPassword, asked.terminal);
  const files = writeCurlFiles({ user, ...opened.credentials });
  try {
    tell(opened, files, asked);
    await untilClosed(asked.signal);
  } finally {
    opened.tunnel.close();
    files.remove();
  }
}

async function openReal(asked: Asked & { readonly visit: Visit }): Promise<Opened> {
  const { visit, signal } = asked;
  const way = await requireWayIn(wayInOptions(visit));
  const { connectCluster } = await import('../../access/cluster.ts');
  const connection = connectCluster(way, visit.clock);
  const cluster = await lookAt(connection.control).finally(() => {
    connection.close();
  });
  if (signal.aborted) throw new EsEcsError('INTERRUPTED', 'interrupted: no port was opened');
  const bastion = way.route?.bastion.address;
  return {
    name: visit.config.name,
    tunnel: await listen(way, asked),
    credentials: way,
    cluster,
    way: bastion === undefined ? 'directly' : `through the bastion ${bastion}`,
  };
}

/** The way is looked up as it would be; at its end the simulated cluster answers, in this process. */
async function openSimulated({ visit, ...asked }: Asked & { readonly visit: Visit }): Promise<Opened> {
  const way = await requireWayIn(wayInOptions(visit));
  const { connectSimulated, serveSimulated } = await import('../simulated-cluster.ts');
  const cluster = await lookAt(await connectSimulated(visit));
  const server = serveSimulated(visit, {
    ...asked,
    command: 'tunnel',
    located: visit.located,
    locks: false,
    notice: () => undefined,
  });
  return {
    name: visit.config.name,
    tunnel: {
      port: await listenLocally(server, asked.options.port),
      close: () => {
        server.close();
        server.closeAllConnections();
      },
    },
    credentials: way,
    cluster,
    way: 'simulated: this process answers',
  };
}

/**
 * What the cluster says of itself, or why it says nothing, where that is no reason against a tunnel.
 *
 * @throws EsEcsError where it is one: nobody would get through
 */
async function lookAt(control: ClusterControl): Promise<ClusterHealth | EsEcsError> {
  try {
    return await control.health();
  } catch (error) {
    if (error instanceof EsEcsError && opensAllTheSame.includes(error.code)) return error;
    throw error;
  }
}

function listen(
  way: WayIn,
  { visit, options, terminal }: Asked & { readonly visit: Visit },
): Promise<Tunnel> {
  return openTunnel({
    port: options.port,
    path: pathOf(way),
    findPath: async () => {
      try {
        return pathOf(await requireWayIn(wayInOptions(visit)));
      } catch (error) {
        throw toEsEcsError(error);
      }
    },
    clock: visit.clock,
    onFailure: (failure) => {
      terminal.err(renderError(failure, terminal));
    },
    onDoor: (door: Door) => {
      terminal.err(`connections go to ${doorName(door)} now`);
    },
  });
}

function pathOf({ doors, route }: WayIn): Pick<WayIn, 'doors' | 'route'> {
  return { doors, route };
}

function tell({ name, tunnel: { port }, cluster, way }: Opened, files: CurlFiles, asked: Asked): void {
  const { options, terminal } = asked;
  const isSimulated = options.simulate === true;
  const url = `https://127.0.0.1:${port}`;
  const told: TunnelTold = { name, url, user, cluster, files, way, isSimulated };
  if (cluster instanceof EsEcsError) terminal.err(renderError(cluster, terminal));
  if (options.json === true) terminal.out(JSON.stringify(tunnelDocument(told), undefined, 2));
  else terminal.out(renderTunnel(told, terminal));
}
