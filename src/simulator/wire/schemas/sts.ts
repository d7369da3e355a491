import { GetCallerIdentity$ } from '@aws-sdk/client-sts';

/** The schemas of the operations that are simulated, by name: one by one, so that no other gets into the published program. */
export const schemas = {
  GetCallerIdentity$,
};
