import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ECRClient } from '@aws-sdk/client-ecr';
import { ECSClient } from '@aws-sdk/client-ecs';
import { IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';

import type { Clock } from '../engine/clock.ts';
import type { ProxyAgents } from '../proxy/agents.ts';
import type { ChainOptions } from './credentials/chain.ts';
import { type Lookup, lookUpCredentials } from './credentials/lookup.ts';
import { noteSource } from './credentials/origin.ts';
import { namedProfile } from './credentials/source.ts';
import { FreeTierClient } from './free-tier.ts';
import { guardCalls } from './guard.ts';
import type { CallMeter } from './meter.ts';
import { type RequestSettings, timeouts } from './request-settings.ts';
import { createRetryStrategy } from './retry-strategy.ts';
import { refuseWebPages } from './web-page.ts';

/** The SDK clients that the product uses, each made when it is first asked for. */
export interface Clients {
  readonly autoScaling: AutoScalingClient;
  readonly ec2: EC2Client;
  /** For questions to EC2 without whose answer a command goes on. */
  readonly ec2Aside: EC2Client;
  readonly ecr: ECRClient;
  readonly ecs: ECSClient;
  readonly freeTier: FreeTierClient;
  readonly iam: IAMClient;
  readonly kms: KMSClient;
  /** The same to KMS. */
  readonly kmsAside: KMSClient;
  readonly logs: CloudWatchLogsClient;
  readonly secretsManager: SecretsManagerClient;
  readonly serviceQuotas: ServiceQuotasClient;
  readonly ssm: SSMClient;
  readonly sts: STSClient;
}

/** What every client is made with. */
interface ClientSettings {
  readonly region: string;
  readonly requestHandler: RequestSettings;
  readonly retryStrategy: ReturnType<typeof createRetryStrategy>;
  readonly cacheMiddleware: true;
  readonly credentials: StaticCredentials | Lookup['identity'];
  /** What else a profile says (endpoints, modes) is said by the one that credentials are looked for in. */
  readonly profile?: string;
}

/** Any of them, as far as middleware is concerned. */
export type AnyClient = Clients[keyof Clients];

/** Credentials that nobody has to be asked for. */
export interface StaticCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Where credentials are looked for. */
export type CredentialPlaces = Pick<ChainOptions, 'environment' | 'askSecret' | 'notice'>;

export interface ClientOptions {
  readonly region: string;
  readonly clock: Clock;
  readonly meter: CallMeter;
  /** Called with each client once, when it is made: the simulated account attaches itself here. */
  readonly attach?: (client: AnyClient) => void;
  /** Awaited before each call that changes something is sent, the lock's own apart; what it throws is the call's error. */
  readonly beforeWrite?: () => Promise<void>;
  /** Asked before each call is sent, the lock's own apart; what it throws is the call's error. */
  readonly beforeSend?: () => void;
  /** Aborted when the run is to stop: no call waits for another attempt then. */
  readonly signal?: AbortSignal;
  /** Called with a service (`ec2`) when it begins to throttle, and its calls are sent more slowly from then on. */
  readonly onSlow?: (service: string) => void;
  /** Static ones, for the simulated account; else where to look for those that the AWS CLI would take, and who is asked for a code. */
  readonly credentials: StaticCredentials | CredentialPlaces;
  /** The way out, where it leads through a proxy: the SDK itself reads no HTTPS_PROXY. */
  readonly proxies?: Pick<ProxyAgents, 'http' | 'https'>;
}

/**
 * For what is good to know and no more: a network without a way to that service (few have an endpoint for Service Quotas or KMS, and none for the Free Tier API) must not hold
 * up a plan.
 */
const soon = { connectionTimeout: 3_000, requestTimeout: 5_000, throwOnRequestTimeout: true } as const;

/**
 * The only place that builds SDK clients. Endpoints (`AWS_ENDPOINT_URL`) and what else a profile says are the SDK's own business, so that
 * they work as in the AWS CLI; by what credentials are had is said in `credentials/source.ts`.
 */
export function createClients(options: ClientOptions): Clients {
  const { region, meter, proxies } = options;
  const requestHandler =
    proxies === undefined
      ? { ...timeouts }
      : { ...timeouts, httpAgent: proxies.http, httpsAgent: proxies.https };
  const { own, lookup } = credentialsOf(options, requestHandler);
  /** Each client its own retries: what one service throttles is no reason to slow down at another. */
  const settings = (service: string): ClientSettings => ({
    region,
    requestHandler,
    retryStrategy: retriesOf(service, options),
    // What passes a call on is put together once for each kind of call, not once for each call; nothing is added later.
    cacheMiddleware: true,
    ...own,
  });
  const ready = <Client extends AnyClient>(client: Client): Client => {
    withoutLog(client);
    meter.attach(client);
    if (lookup !== undefined) noteSource(client, lookup.source);
    refuseWebPages(client);
    options.attach?.(client);
    guardCalls(client, options);
    return client;
  };
  const hasty = (most: number) => ({
    requestHandler: { ...requestHandler, ...soon },
    retryStrategy: createRetryStrategy({ clock: options.clock, most }),
  });
  const makers = {
    autoScaling: () => ready(new AutoScalingClient(settings('autoscaling'))),
    ec2: () => ready(new EC2Client(settings('ec2'))),
    ec2Aside: () => ready(new EC2Client({ ...settings('ec2'), ...hasty(2) })),
    ecr: () => ready(new ECRClient(settings('ecr'))),
    ecs: () => ready(new ECSClient(settings('ecs'))),
    freeTier: () => ready(new FreeTierClient({ ...settings('freetier'), ...hasty(1) })),
    iam: () => ready(new IAMClient(settings('iam'))),
    kms: () => ready(new KMSClient(settings('kms'))),
    kmsAside: () => ready(new KMSClient({ ...settings('kms'), ...hasty(2) })),
    logs: () => ready(new CloudWatchLogsClient(settings('logs'))),
    secretsManager: () => ready(new SecretsManagerClient(settings('secretsmanager'))),
    serviceQuotas: () => ready(new ServiceQuotasClient({ ...settings('servicequotas'), ...hasty(1) })),
    ssm: () => ready(new SSMClient(settings('ssm'))),
    sts: () => ready(new STSClient(settings('sts'))),
  };
  return lazily(makers);
}

/** What clients are told of credentials; with a lookup where they have to be had. */
function credentialsOf(
  { credentials, region, clock }: ClientOptions,
  requestHandler: RequestSettings,
): { readonly own: Pick<ClientSettings, 'credentials' | 'profile'>; readonly lookup?: Lookup } {
  if (!('environment' in credentials)) return { own: { credentials } };
  const lookup = lookUpCredentials({ ...credentials, region, clock, requestHandler });
  const profile = namedProfile(credentials.environment)?.profile;
  return {
    own: { credentials: lookup.identity, ...(profile === undefined ? {} : { profile }) },
    lookup,
  };
}

/** The SDK copies every input and every answer for its log, which nobody keeps. */
function withoutLog(client: AnyClient): void {
  // The clients' stacks differ only in the types of what passes through.
  const stack = client.middlewareStack as { remove(name: string): boolean };
  stack.remove('loggerMiddleware');
}

function retriesOf(
  service: string,
  { clock, signal, onSlow }: ClientOptions,
): ClientSettings['retryStrategy'] {
  return createRetryStrategy({
    clock,
    ...(signal === undefined ? {} : { signal }),
    onSlow: () => onSlow?.(service),
  });
}

/** An object whose properties are made at their first use and kept. */
function lazily<Made extends object>(makers: { readonly [Name in keyof Made]: () => Made[Name] }): Made {
  const made = {} as Made; // filled below, property by property
  for (const name of Object.keys(makers) as (keyof Made)[]) {
    Object.defineProperty(made, name, {
      configurable: true,
      enumerable: true,
      get(): Made[keyof Made] {
        const value = makers[name]();
        Object.defineProperty(made, name, { value, enumerable: true });
        return value;
      },
    });
  }
  return made;
}
