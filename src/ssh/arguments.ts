import { isIP } from 'node:net';

import { EsEcsError } from '../errors.ts';

/** A machine to log in to. */
export interface SshHost {
  readonly address: string;
  /** Under which its key is remembered: private addresses are used again by the next host, instance ids never are. */
  readonly instanceId: string;
}

/** How to get to a machine of the cluster. */
export interface SshRoute {
  readonly bastion: SshHost;
  /** A node's host, by its private address; undefined is the bastion itself. */
  readonly host?: SshHost;
  /** The private key that both take. */
  readonly privateKeyFile: string;
  /** es-ecs's own list of host keys, beside the state; the user's is left alone. */
  readonly knownHostsFile: string;
  readonly port?: number;
  /** Left out: the user of Amazon Linux. */
  readonly user?: string;
  /** What to run there; nothing is a shell. */
  readonly command?: readonly string[];
}

/** The user of Amazon Linux. */
const sshUser = 'ec2-user';

const sshPort = 22;

/**
 * The system's ssh, to the bastion or through it to a host. A ProxyCommand and not -J: what the command line says, the
 * key among it, does not hold for the jump of -J. The user's own ssh configuration is read for all that is not said
 * here, such as a proxy that leads out of their network.
 */
export function sshArguments(route: SshRoute): readonly string[] {
  const { host, bastion } = route;
  const target = host ?? bastion;
  return [
    'ssh',
    ...options(route, target),
    ...(host === undefined ? [] : ['-o', `ProxyCommand=${proxyCommand(route)}`]),
    userAt(route, target),
    ...remoteCommand(route.command),
  ];
}

/**
 * The system's ssh as a pipe: its standard input and output are a connection from the bastion to `to`, and no port is
 * opened here. It asks nothing; what goes wrong it says on its standard error.
 */
export function pipeArguments(
  route: SshRoute,
  to: { readonly host: string; readonly port: number },
): readonly string[] {
  return [
    'ssh',
    ...options(route, route.bastion),
    ...['-o', 'BatchMode=yes'],
    // What could not be connected to is said at this level and below.
    ...['-o', 'LogLevel=INFO'],
    ...['-W', `[${to.host}]:${to.port}`],
    userAt(route, route.bastion),
  ];
}

/**
 * What EC2 calls an address goes into a command line: it must be one.
 *
 * @throws EsEcsError SSH
 */
function userAt(route: SshRoute, target: SshHost): string {
  if (isIP(target.address) === 0) {
    throw new EsEcsError(
      'SSH',
      `the address of ${target.instanceId} is none: ${JSON.stringify(target.address)}`,
      {
        hint: 'es-ecs status  shows what runs',
      },
    );
  }
  return `${route.user ?? sshUser}@${target.address}`;
}

function options(route: SshRoute, target: SshHost): readonly string[] {
  return [
    ...['-p', `${route.port ?? sshPort}`],
    // Not -i, which looks for the file under the name with the doubled percent signs.
    ...['-o', `IdentityFile="${literal(route.privateKeyFile)}"`],
    ...['-o', 'IdentitiesOnly=yes'],
    ...['-o', 'IdentityAgent=none'],
    // Quoted: several files may stand here, with spaces between them.
    ...['-o', `UserKnownHostsFile="${literal(route.knownHostsFile)}"`],
    ...['-o', 'GlobalKnownHostsFile=none'],
    // So that a person can find and remove an entry.
    ...['-o', 'HashKnownHosts=no'],
    ...['-o', `HostKeyAlias=${target.instanceId}`],
    // The first connection pins the host's key, a changed key is refused.
    ...['-o', 'StrictHostKeyChecking=accept-new'],
    // A shared connection goes by address, and may be one to another cluster's host of the same address.
    ...['-o', 'ControlPath=none'],
    ...['-o', 'ServerAliveInterval=15'],
    ...['-o', 'ConnectTimeout=15'],
  ];
}

/** A path in which ssh is to expand no % token. */
function literal(file: string): string {
  return file.replaceAll('%', '%%');
}

/** The user's shell gets it after ssh has expanded %h and %p, so each word is quoted and every other % doubled. */
function proxyCommand(route: SshRoute): string {
  const before = ['ssh', ...options(route, route.bastion)].map((word) => shellWord(literal(word)));
  return [...before, '-W', "'[%h]:%p'", shellWord(literal(userAt(route, route.bastion)))].join(' ');
}

/** The far side's shell gets the words joined with spaces: quoted, they stay what they were. */
function remoteCommand(command: readonly string[] = []): readonly string[] {
  return command.length === 0 ? [] : ['--', command.map(shellWord).join(' ')];
}

function shellWord(word: string): string {
  return /^[A-Za-z0-9_./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
