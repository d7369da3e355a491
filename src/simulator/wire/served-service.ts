import { TypeRegistry } from '@smithy/core/schema';
import type { StaticErrorSchema, StaticOperationSchema } from '@smithy/types';

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
  /** Undefined for what is not simulated. */
  operation(name: string): StaticOperationSchema | undefined;
  /** The shape of an error by the name that the SDK gives it; undefined where the model has none. */
  error(name: string): StaticErrorSchema | undefined;
}

/** Each service's schemas, by the name under which requests to it are signed ("credential scope"). */
const loaders: Readonly<Record<string, () => Promise<{ readonly schemas: object }>>> = {
  autoscaling: () => import('./schemas/auto-scaling.ts'),
  ec2: () => import('./schemas/ec2.ts'),
  ecr: () => import('./schemas/ecr.ts'),
  ecs: () => import('./schemas/ecs.ts'),
  freetier: () => import('./schemas/free-tier.ts'),
  iam: () => import('./schemas/iam.ts'),
  kms: () => import('./schemas/kms.ts'),
  logs: () => import('./schemas/cloudwatch-logs.ts'),
  secretsmanager: () => import('./schemas/secrets-manager.ts'),
  servicequotas: () => import('./schemas/service-quotas.ts'),
  ssm: () => import('./schemas/ssm.ts'),
  sts: () => import('./schemas/sts.ts'),
};

/** Services that are signed for everywhere in one region: IAM's is the first of its partition. */
export const globalServices: ReadonlySet<string> = new Set(['freetier', 'iam']);

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
  const loaded = await loaders[name]?.();
  if (loaded === undefined) throw new Error(`there is no service ${name} here`);
  const schemas = new Map(Object.entries(loaded.schemas) as [string, StaticOperationSchema][]);
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
    operation: (one) => schemas.get(`${one}$`),
    error: (one) => errorSchema(namespaceOf(schemas), one),
  };
}

/** Of the service's model, as in `com.amazonaws.iam`: the second word of each of its schemas. */
function namespaceOf(schemas: ReadonlyMap<string, StaticOperationSchema>): string {
  const [first] = schemas.values();
  return first?.[1] ?? '';
}

/** Clients register the errors of their model under its namespace. */
function errorSchema(namespace: string, name: string): StaticErrorSchema | undefined {
  const found = TypeRegistry.for(namespace).find(
    (schema) => Array.isArray(schema) && schema[0] === -3 && schema[2] === name,
  );
  // An error's schema begins with -3.
  return found as StaticErrorSchema | undefined;
}
