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

import type { Clients } from '../../../src/aws/clients.ts';
import { FreeTierClient } from '../../../src/aws/free-tier.ts';
import { freePort, startScript } from './part.ts';

/** The account that moto plays. */
export const motoAccount = '123456789012';

/** The region that the suites use. */
export const motoRegion = 'eu-west-1';

/** The password in every token that moto's ECR gives out; the user is `AWS`, as in the real one. */
export const motoRegistryPassword = `${motoAccount}-auth-token`;

/** An AWS account on loopback, over the wire. */
export interface Moto {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Empties the account, as new. */
  reset(): Promise<void>;
  /** Ends it; the account dies with it. */
  stop(): Promise<void>;
}

/**
 * Starts moto's server on a free port, installing it first where it is not there yet (about 40 seconds, once).
 *
 * @throws PartUnavailable without Python or its packages; give this to `startPart`.
 */
export async function startMoto(): Promise<Moto> {
  const port = await freePort();
  const script = await startScript('moto.sh', [String(port)]);
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    async reset() {
      const answer = await fetch(`${url}/moto-api/reset`, { method: 'POST' });
      if (!answer.ok) throw new Error(`moto would not reset: ${answer.status} ${await answer.text()}`);
    },
    stop: () => script.stop(),
  };
}

/** The environment in which any AWS SDK or command line talks to `url` and to nothing else. */
export function awsEnvironment(url: string): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    AWS_REGION: motoRegion,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  };
}

/** Bare SDK clients, with nothing of the product in between: what a test looks into the account with. */
export function bareClients(url: string): Clients {
  const environment = awsEnvironment(url);
  const settings = {
    endpoint: url,
    region: motoRegion,
    maxAttempts: 1,
    credentials: {
      accessKeyId: environment['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: environment['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
  };
  return {
    autoScaling: new AutoScalingClient(settings),
    ec2: new EC2Client(settings),
    ec2Aside: new EC2Client(settings),
    ecr: new ECRClient(settings),
    ecs: new ECSClient(settings),
    freeTier: new FreeTierClient(settings),
    iam: new IAMClient(settings),
    kms: new KMSClient(settings),
    kmsAside: new KMSClient(settings),
    logs: new CloudWatchLogsClient(settings),
    secretsManager: new SecretsManagerClient(settings),
    serviceQuotas: new ServiceQuotasClient(settings),
    ssm: new SSMClient(settings),
    sts: new STSClient(settings),
  };
}
