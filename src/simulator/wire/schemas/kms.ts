import {
  CreateAlias$,
  CreateGrant$,
  CreateKey$,
  DescribeKey$,
  GetKeyPolicy$,
  ListGrants$,
  PutKeyPolicy$,
} from '@aws-sdk/client-kms';

/** The schemas of the operations that are simulated, by name: one by one, so that no other gets into the published program. */
export const schemas = {
  CreateAlias$,
  CreateGrant$,
  CreateKey$,
  DescribeKey$,
  GetKeyPolicy$,
  ListGrants$,
  PutKeyPolicy$,
};
