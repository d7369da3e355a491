import { ServiceQuotasClient, type ServiceQuotasClientConfig } from '@aws-sdk/client-service-quotas';
import { AwsJson1_0Protocol } from '@aws-sdk/core/protocols';
import { makeBuilder } from '@smithy/core/client';
import { getEndpointPlugin } from '@smithy/core/endpoints';
import { TypeRegistry } from '@smithy/core/schema';
import type { MetadataBearer, StaticOperationSchema, StaticStructureSchema } from '@smithy/types';

/** What AWS says of an account's plan. */
export interface AccountPlanState {
  readonly accountId?: string;
  readonly accountPlanType?: 'FREE' | 'PAID';
  readonly accountPlanStatus?: 'NOT_STARTED' | 'ACTIVE' | 'EXPIRED';
}

const namespace = 'com.amazonaws.freetier';

const request: StaticStructureSchema = [3, namespace, 'GetAccountPlanStateRequest', 0, [], []];
const response: StaticStructureSchema = [
  3,
  namespace,
  'GetAccountPlanStateResponse',
  0,
  ['accountId', 'accountPlanType', 'accountPlanStatus'],
  [0, 0, 0],
];

/** The one operation of the Free Tier API that is asked (Billing API reference, `GetAccountPlanState`), in the form of the SDK's own schemas. */
export const GetAccountPlanState$: StaticOperationSchema = [
  9,
  namespace,
  'GetAccountPlanState',
  0,
  () => request,
  () => response,
];

/** The service has one address for all regions of the partition `aws`, and is in no other (its endpoint rules). */
const home = { region: 'us-east-1', url: 'https://freetier.us-east-1.api.aws' } as const;

const signing = { name: 'sigv4', signingName: 'freetier', signingRegion: home.region, properties: {} };

/**
 * A client of the Free Tier API, of which no package of the SDK is at hand: that of Service Quotas, which speaks JSON as well, with another name, address and
 * protocol. All else (credentials, retries, proxies, AWS_ENDPOINT_URL) is the SDK's own.
 */
export class FreeTierClient extends ServiceQuotasClient {
  constructor(config: ServiceQuotasClientConfig) {
    super({
      ...config,
      region: home.region,
      serviceId: 'FreeTier',
      protocol: AwsJson1_0Protocol,
      protocolSettings: {
        defaultNamespace: namespace,
        errorTypeRegistries: [TypeRegistry.for(namespace)],
        version: '2023-09-07',
        serviceTarget: 'AWSFreeTierService',
      },
      endpointProvider: ({ Endpoint }) => ({
        url: new URL(Endpoint ?? home.url),
        properties: { authSchemes: [signing] },
      }),
    });
  }
}

const command = makeBuilder(
  {
    Endpoint: { type: 'builtInParams', name: 'endpoint' },
    Region: { type: 'builtInParams', name: 'region' },
  },
  'AWSFreeTierService',
  'FreeTierClient',
  getEndpointPlugin,
);

/** Asks for the account's plan: FREE for accounts that may start free-tier types alone ("Choosing an AWS Free Tier plan"). */
export class GetAccountPlanStateCommand extends command<object, AccountPlanState & MetadataBearer>(
  {},
  () => [],
  'GetAccountPlanState',
  GetAccountPlanState$,
) {}
