import { gunzipSync } from 'node:zlib';

/** What a host's user data says, as far as the simulated account acts on it. */
export interface HostScript {
  /** The agent's ECS_CLUSTER. */
  readonly ecsCluster: string;
  /** A timer grows the volume's file system while the host runs. */
  readonly watchesGrowth: boolean;
  /** It powers off when it is not ready after more than an hour. */
  readonly makesRoom: boolean;
  /** Its agent pulls an image once, and runs what it has from then on (`ECS_IMAGE_PULL_BEHAVIOR`). */
  readonly keepsImages: boolean;
  /** Where the host is to find its data volume; undefined for a host without one. */
  readonly volume: { readonly cluster: string; readonly addressPrefix: string } | undefined;
}

/** What was read already, by text: hosts of one cluster share theirs, and look at it again and again. */
const read = new Map<string, HostScript | undefined>();

/** Texts that are kept. */
const mostRead = 50;

/**
 * Reads the few assignments that matter out of a user-data script; everything else in it is not carried out.
 *
 * @param userData Base64 as EC2 keeps it, of plain or gzipped text.
 * @returns undefined when it makes no ECS host.
 */
export function parseUserData(userData: string | undefined): HostScript | undefined {
  if (userData === undefined) return undefined;
  if (!read.has(userData)) {
    if (read.size >= mostRead) read.clear();
    read.set(userData, readScript(userData));
  }
  return read.get(userData);
}

function readScript(userData: string): HostScript | undefined {
  const text = decode(userData);
  const assigned = assignments(text);
  const ecsCluster = assigned('ECS_CLUSTER');
  if (ecsCluster === undefined) return undefined;
  const cluster = assigned('cluster');
  const addressPrefix = assigned('volume_address_prefix');
  const hasVolume = cluster !== undefined && addressPrefix !== undefined;
  const watchesGrowth = /^\s*[^#\n]*systemctl start .*es-ecs-grow\.timer/m.test(text);
  const makesRoom = /^\s*[^#\n]*systemctl poweroff/m.test(text);
  const keepsImages = ['once', 'prefer-cached'].includes(assigned('ECS_IMAGE_PULL_BEHAVIOR') ?? '');
  return {
    ecsCluster,
    watchesGrowth,
    makesRoom,
    keepsImages,
    volume: hasVolume ? { cluster, addressPrefix } : undefined,
  };
}

function decode(userData: string): string {
  const bytes = Buffer.from(userData, 'base64');
  const isGzipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return (isGzipped ? gunzipSync(bytes) : bytes).toString('utf8');
}

/** Looks up `NAME=value` in a script, through one `$variable` if need be. */
function assignments(text: string): (name: string) => string | undefined {
  const literal = (name: string): string | undefined => {
    const found = new RegExp(`(?:^|[\\s"'])${name}=(?:'([^']*)'|"([^"]*)"|([^\\s"'>]+))`, 'm').exec(text);
    return found?.[1] ?? found?.[2] ?? found?.[3];
  };
  return (name) => {
    const value = literal(name);
    const variable = /^\$\{?(\w+)\}?$/.exec(value ?? '')?.[1];
    return variable === undefined ? value : literal(variable);
  };
}
