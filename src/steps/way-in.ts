import { paginateDescribeInstances } from '@aws-sdk/client-ec2';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';

import type { Clients } from '../aws/clients.ts';
import { collectPages, ec2Filters } from '../aws/ec2.ts';
import { toEsEcsError } from '../aws/errors.ts';
import type { Inventory } from '../aws/inventory.ts';
import { fromCapitalTags, isOf, nodeTag } from '../aws/tags.ts';
import type { Config } from '../config/config.ts';
import { EsEcsError } from '../errors.ts';
import type { SshHost } from '../ssh/arguments.ts';
import { bastionAddress, bastions } from './bastion/instances.ts';
import { secretName } from './names.ts';
import { parseSecret } from './task/secret-value.ts';

/** The port on which Elasticsearch speaks to clients. */
const httpPort = 9200;

/** A place where Elasticsearch answers. */
export interface NodeAddress {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** The credentials that get in, which are not to be written anywhere. */
export interface ClusterCredentials {
  /** PEM. */
  readonly caCertificate: string;
  /** Of the user `elastic`. */
  readonly password: string;
  /** Set while a rotation is under way, or was cut off: it may be in force already. */
  readonly nextPassword?: string | undefined;
}

/** What it takes to look something up. */
export interface Lookup {
  readonly config: Config;
  readonly clients: Clients;
  readonly inventory: Inventory;
}

/**
 * The bastion as it is now.
 *
 * @throws EsEcsError BASTION_UNREACHABLE, when it does not run.
 */
export async function runningBastion({ inventory }: Pick<Lookup, 'inventory'>): Promise<SshHost> {
  const bastion = await inventory.find(bastions, bastionAddress, { id: undefined, fresh: true });
  if (bastion?.publicAddress !== undefined)
    return { address: bastion.publicAddress, instanceId: bastion.instanceId };
  throw new EsEcsError('BASTION_UNREACHABLE', 'the bastion does not run', {
    hint: 'es-ecs up  brings it back',
  });
}

/**
 * Where the nodes of the cluster are to be found now, by the private addresses of their hosts.
 *
 * @throws EsEcsError CLUSTER_UNREACHABLE, when no host runs.
 */
export async function nodeAddresses({ clients, config }: Lookup): Promise<readonly NodeAddress[]> {
  const reservations = await collectPages(
    paginateDescribeInstances(
      { client: clients.ec2 },
      {
        Filters: [
          ...ec2Filters(config.name),
          { Name: 'tag-key', Values: [nodeTag] },
          { Name: 'instance-state-name', Values: ['running'] },
        ],
      },
    ),
    (page) => page.Reservations,
  );
  const found = reservations
    .flatMap((reservation) => reservation.Instances ?? [])
    .flatMap(({ PrivateIpAddress: host, State, Tags }): readonly NodeAddress[] => {
      const tags = fromCapitalTags(Tags);
      const name = tags[nodeTag];
      const isHost = isOf(config.name, tags) && State?.Name === 'running';
      return host === undefined || name === undefined || !isHost ? [] : [{ name, host, port: httpPort }];
    })
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  if (found.length > 0) return found;
  throw new EsEcsError('CLUSTER_UNREACHABLE', 'no host runs', { hint: 'es-ecs up  brings them back' });
}

/** The address in `access.endpoint`. */
export function endpointAddress(endpoint: string): NodeAddress {
  const { hostname, port, host } = new URL(endpoint);
  // A URL keeps an IPv6 address in its brackets, and leaves out the port that https has anyway.
  const bare = hostname.replace(/^\[(.*)\]$/, '$1');
  return { name: port === '' ? `${host}:443` : host, host: bare, port: port === '' ? 443 : Number(port) };
}

const certificateKeys = z.object({ caCertificate: z.string(), nodeCertificate: z.string() });
/** The JSON of the password's secret. */
export const passwordKeys = z.object({ password: z.string(), next: z.string().optional() });

/**
 * The certificates that the nodes have, without their key.
 *
 * @throws EsEcsError ACCESS_DENIED, NOT_FOUND
 */
export async function readCertificates(
  lookup: Pick<Lookup, 'clients' | 'config'>,
): Promise<z.infer<typeof certificateKeys>> {
  return (await readSecret(lookup, 'certificates', certificateKeys)).value;
}

/** What the secret of the password holds. */
export interface PasswordSecret {
  readonly password: string;
  /** What takes its place in a rotation that has begun; then either of the two is in force. */
  readonly next?: string | undefined;
  /** Of the secret's value. */
  readonly versionId: string;
}

/**
 * The password of the user `elastic`.
 *
 * @throws EsEcsError ACCESS_DENIED, NOT_FOUND
 */
export async function readPassword(lookup: Pick<Lookup, 'clients' | 'config'>): Promise<PasswordSecret> {
  const { value, versionId } = await readSecret(lookup, 'password', passwordKeys);
  return { ...value, versionId };
}

/** @throws EsEcsError ACCESS_DENIED, NOT_FOUND */
export async function readCredentials(
  lookup: Pick<Lookup, 'clients' | 'config'>,
): Promise<ClusterCredentials> {
  const [{ caCertificate }, { password, next }] = await Promise.all([
    readCertificates(lookup),
    readPassword(lookup),
  ]);
  return { caCertificate, password, ...(next === undefined ? {} : { nextPassword: next }) };
}

async function readSecret<Value>(
  { clients, config }: Pick<Lookup, 'clients' | 'config'>,
  secret: 'certificates' | 'password',
  keys: z.ZodType<Value>,
): Promise<{ readonly value: Value; readonly versionId: string }> {
  const name = secretName(config, secret);
  let text: string | undefined;
  let versionId: string | undefined;
  try {
    const answer = await clients.secretsManager.send(new GetSecretValueCommand({ SecretId: name }));
    text = answer.SecretString;
    versionId = answer.VersionId;
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException')
      throw new EsEcsError('NOT_FOUND', `there is no secret ${name}`, { hint: 'es-ecs up  makes it' });
    throw notReadable(toEsEcsError(error), name);
  }
  const value = parseSecret(text, keys);
  if (value !== undefined) return { value, versionId: versionId ?? '' };
  throw new EsEcsError('NOT_FOUND', `the secret ${name} does not hold what es-ecs wrote`, {
    hint: 'somebody else has written it: restore its first version, which carries AWSPREVIOUS or a version id',
  });
}

/** Which secret it was: a policy may allow some and not others. */
function notReadable(failure: EsEcsError, name: string): EsEcsError {
  if (failure.code !== 'ACCESS_DENIED') return failure;
  return new EsEcsError(failure.code, `the secret ${name} cannot be read: ${failure.message}`, {
    cause: failure,
    hint: failure.hints,
  });
}
