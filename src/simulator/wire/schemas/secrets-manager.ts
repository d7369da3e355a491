import {
  BatchGetSecretValue$,
  CreateSecret$,
  DeleteSecret$,
  DescribeSecret$,
  GetResourcePolicy$,
  GetSecretValue$,
  ListSecretVersionIds$,
  ListSecrets$,
  PutSecretValue$,
  RestoreSecret$,
  TagResource$,
  UntagResource$,
  UpdateSecret$,
} from '@aws-sdk/client-secrets-manager';

/** The schemas of the operations that are simulated, by name: one by one, so that no other gets into the published program. */
export const schemas = {
  BatchGetSecretValue$,
  CreateSecret$,
  DeleteSecret$,
  DescribeSecret$,
  GetResourcePolicy$,
  GetSecretValue$,
  ListSecretVersionIds$,
  ListSecrets$,
  PutSecretValue$,
  RestoreSecret$,
  TagResource$,
  UntagResource$,
  UpdateSecret$,
};
