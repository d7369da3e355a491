import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ECRClient } from '@aws-sdk/client-ecr';
import { ECSClient } from '@aws-sdk/client-ecs';
import { IAMClient } from '@aws-sdk/client-iam';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import type { Agent as HttpAgent } from 'node:http';

import type { Clock } from '../engine/clock.ts';
import type { ProxyAgents } from '../proxy/agents.ts';
import { FreeTierClient } from './free-tier.ts';
import { guardCalls } from './guard.ts';
import type { CallMeter } from './meter.ts';
import { createRetryStrategy } from './retry-strategy.ts';
import { refuseWebPages } from './web-page.ts';

/** The SDK clients that the product uses, each made when it is first asked for. */
export interface Clients {
  readonly autoScaling: AutoScalingClient;
  readonly ec2: EC2Client;
  readonly ecr: ECRClient;
  readonly ecs: ECSClient;
  readonly freeTier: FreeTierClient;
  readonly iam: IAMClient;
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
  readonly credentials: NonNullable<ClientOptions['credentials']> | ReturnType<typeof credentialChain>;
}

/** Any of them, as far as middleware is concerned. */
export type AnyClient = Clients[keyof Clients];

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
  /** Static credentials, for the simulated account; absent: the SDK's default chain, as in the AWS CLI. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** The way out, where it leads through a proxy: the SDK itself reads no HTTPS_PROXY. */
  readonly proxies?: Pick<ProxyAgents, 'http' | 'https'>;
}

/**
 * No call waits for ever. The SDK has no limit of its own for an answer; the slowest calls that es-ecs makes (RunInstances,
 * CreateService) take seconds.
 */
const timeouts = { connectionTimeout: 10_000, requestTimeout: 60_000, throwOnRequestTimeout: true } as const;

/** How a client of ours, or one that its credentials come by, speaks to the network. */
type RequestSettings = typeof timeouts & { readonly httpAgent?: HttpAgent; readonly httpsAgent?: HttpAgent };

/**
 * The SDK's own chain of sources of credentials, one for all clients: what it asks (single sign-on, roles) is asked once a run, and by
 * the same way as everything else. The metadata services of EC2 and ECS have a way of their own, which no proxy is on.
 */
function credentialChain(requestHandler: RequestSettings): ReturnType<typeof defaultProvider> {
  return defaultProvider({ clientConfig: { requestHandler } });
}

/**
 * For what is good to know and no more: a network without a way to that service (few have an endpoint for Service Quotas, and none for the Free Tier API) must not hold
 * up a plan.
 */
const soon = { connectionTimeout: 3_000, requestTimeout: 5_000, throwOnRequestTimeout: true } as const;

/**
 * The only place that builds SDK clients. Endpoints (`AWS_ENDPOINT_URL`), profiles and single sign-on are the SDK's
 * own business, so that they work as in the AWS CLI.
 */
export function createClients(options: ClientOptions): Clients {
  const { region, meter, proxies } = options;
  const requestHandler =
    proxies === undefined
      ? { ...timeouts }
      : { ...timeouts, httpAgent: proxies.http, httpsAgent: proxies.https };
  const credentials = options.credentials ?? credentialChain(requestHandler);
  /** Each client its own retries: what one service throttles is no reason to slow down at another. */
  const settings = (service: string): ClientSettings => ({
    region,
    requestHandler,
    retryStrategy: retriesOf(service, options),
    // What passes a call on is put together once for each kind of call, not once for each call; nothing is added later.
    cacheMiddleware: true,
    credentials,
  });
  const ready = <Client extends AnyClient>(client: Client): Client => {
    withoutLog(client);
    meter.attach(client);
    refuseWebPages(client);
    options.attach?.(client);
    guardCalls(client, options);
    return client;
  };
  const hasty = {
    requestHandler: { ...requestHandler, ...soon },
    retryStrategy: createRetryStrategy({ clock: options.clock, once: true }),
  };
  const makers = {
    autoScaling: () => ready(new AutoScalingClient(settings('autoscaling'))),
    ec2: () => ready(new EC2Client(settings('ec2'))),
    ecr: () => ready(new ECRClient(settings('ecr'))),
    ecs: () => ready(new ECSClient(settings('ecs'))),
    freeTier: () => ready(new FreeTierClient({ ...settings('freetier'), ...hasty })),
    iam: () => ready(new IAMClient(settings('iam'))),
    logs: () => ready(new CloudWatchLogsClient(settings('logs'))),
    secretsManager: () => ready(new SecretsManagerClient(settings('secretsmanager'))),
    serviceQuotas: () => ready(new ServiceQuotasClient({ ...settings('servicequotas'), ...hasty })),
    ssm: () => ready(new SSMClient(settings('ssm'))),
    sts: () => ready(new STSClient(settings('sts'))),
  };
  return lazily(makers);
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
