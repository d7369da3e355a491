import { GetServiceQuota$ } from '@aws-sdk/client-service-quotas';

/** The schemas of the operations that are simulated, by name: one by one, so that no other gets into the published program. */
export const schemas = {
  GetServiceQuota$,
};
