import type { StaticErrorSchema, StaticOperationSchema, StaticStructureSchema } from '@smithy/types';

import type { AnyClient } from '../../aws/clients.ts';

/** How a service's requests and answers look on the wire. */
export type WireProtocol = 'ec2' | 'query' | 'json';

/** A service as its SDK client describes it: all that reading requests and writing answers needs. */
export interface ServedService {
  /** The SDK's name of it, as in `EC2`. */
  readonly name: string;
  readonly protocol: WireProtocol;
  /** Of its JSON, as in `1.1`. */
  readonly jsonVersion: string;
  readonly xmlNamespace: string;
  /** Its API's version, as in `2016-11-15`. */
  readonly version: string;
  /** Undefined for what the service itself does not know. */
  operation(name: string): StaticOperationSchema | undefined;
  /** The shape of an error by the name that the SDK gives it; undefined where the model has none. */
  error(name: string): StaticErrorSchema | undefined;
}

/** Where each service's client is, by the name under which requests to it are signed ("credential scope"). */
const packages: Readonly<Record<string, () => Promise<object>>> = {
  autoscaling: () => import('@aws-sdk/client-auto-scaling'),
  ec2: () => import('@aws-sdk/client-ec2'),
  ecr: () => import('@aws-sdk/client-ecr'),
  ecs: () => import('@aws-sdk/client-ecs'),
  iam: () => import('@aws-sdk/client-iam'),
  logs: () => import('@aws-sdk/client-cloudwatch-logs'),
  secretsmanager: () => import('@aws-sdk/client-secrets-manager'),
  servicequotas: () => import('@aws-sdk/client-service-quotas'),
  ssm: () => import('@aws-sdk/client-ssm'),
  sts: () => import('@aws-sdk/client-sts'),
};

/** Services that are signed for everywhere in one region: IAM's is the first of its partition. */
export const globalServices: ReadonlySet<string> = new Set(['iam']);

/** What of a client's protocol is looked at here; its type has only what it needs itself. */
interface ProtocolSettings {
  readonly options?: { readonly xmlNamespace?: string; readonly version?: string };
}

const protocols: Readonly<Record<string, readonly [WireProtocol, string]>> = {
  'aws.protocols#ec2Query': ['ec2', ''],
  'aws.protocols#awsQuery': ['query', ''],
  'aws.protocols#awsJson1_0': ['json', '1.0'],
  'aws.protocols#awsJson1_1': ['json', '1.1'],
};

/**
 * Reads a service off its SDK client.
 *
 * @param client one that is never sent anything with
 */
export async function loadService(name: string, client: AnyClient): Promise<ServedService> {
  const exported = (await packages[name]?.()) as Readonly<Record<string, unknown>> | undefined;
  if (exported === undefined) throw new Error(`there is no service ${name} here`);
  const { protocol } = client.config;
  const [kind, jsonVersion] = protocols[protocol.getShapeId()] ?? [];
  if (kind === undefined || jsonVersion === undefined)
    throw new Error(`${name} speaks ${protocol.getShapeId()}, which is not known here`);
  const { options } = protocol as ProtocolSettings;
  return {
    name: client.constructor.name.replace(/Client$/, ''),
    protocol: kind,
    jsonVersion,
    xmlNamespace: options?.xmlNamespace ?? '',
    version: options?.version ?? client.config.apiVersion,
    operation: (one) => {
      const schema = exported[`${one}$`];
      return isSchema<StaticOperationSchema>(schema, 9) ? schema : undefined;
    },
    error: (one) => {
      const schema = exported[`${one}$`];
      return isSchema<StaticErrorSchema>(schema, -3) ? schema : undefined;
    },
  };
}

/** Schemas are tuples that begin with a number for their kind. */
function isSchema<Schema extends StaticOperationSchema | StaticErrorSchema | StaticStructureSchema>(
  value: unknown,
  kind: Schema[0],
): value is Schema {
  return Array.isArray(value) && value[0] === kind;
}
