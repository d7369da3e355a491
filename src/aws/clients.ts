import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ECRClient } from '@aws-sdk/client-ecr';
import { ECSClient } from '@aws-sdk/client-ecs';
import { IAMClient } from '@aws-sdk/client-iam';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';

import type { Clock } from '../engine/clock.ts';
import type { CallMeter } from './meter.ts';
import { createRetryStrategy } from './retry-strategy.ts';

/** The SDK clients that the product uses, each made when it is first asked for. */
export interface Clients {
  readonly autoScaling: AutoScalingClient;
  readonly ec2: EC2Client;
  readonly ecr: ECRClient;
  readonly ecs: ECSClient;
  readonly iam: IAMClient;
  readonly logs: CloudWatchLogsClient;
  readonly secretsManager: SecretsManagerClient;
  readonly ssm: SSMClient;
  readonly sts: STSClient;
}

/** Any of them, as far as middleware is concerned. */
export type AnyClient = Clients[keyof Clients];

export interface ClientOptions {
  readonly region: string;
  readonly clock: Clock;
  readonly meter: CallMeter;
  /** Called with each client once, when it is made: the simulated account attaches itself here. */
  readonly attach?: (client: AnyClient) => void;
  /** Static credentials, for the simulated account; absent: the SDK's default chain, as in the AWS CLI. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/**
 * The only place that builds SDK clients. Endpoints (`AWS_ENDPOINT_URL`), profiles and single sign-on are the SDK's
 * own business, so that they work as in the AWS CLI.
 */
export function createClients(options: ClientOptions): Clients {
  const { region, clock, meter, credentials } = options;
  const settings = {
    region,
    retryStrategy: createRetryStrategy(clock),
    ...(credentials === undefined ? {} : { credentials }),
  };
  const ready = <Client extends AnyClient>(client: Client): Client => {
    meter.attach(client);
    options.attach?.(client);
    return client;
  };
  const makers = {
    autoScaling: () => ready(new AutoScalingClient(settings)),
    ec2: () => ready(new EC2Client(settings)),
    ecr: () => ready(new ECRClient(settings)),
    ecs: () => ready(new ECSClient(settings)),
    iam: () => ready(new IAMClient(settings)),
    logs: () => ready(new CloudWatchLogsClient(settings)),
    secretsManager: () => ready(new SecretsManagerClient(settings)),
    ssm: () => ready(new SSMClient(settings)),
    sts: () => ready(new STSClient(settings)),
  };
  return lazily(makers);
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
