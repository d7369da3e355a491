import {
  CreateLogGroup$,
  DeleteLogGroup$,
  DeleteRetentionPolicy$,
  DisassociateKmsKey$,
  AssociateKmsKey$,
  DescribeLogGroups$,
  DescribeLogStreams$,
  FilterLogEvents$,
  GetLogEvents$,
  ListTagsForResource$,
  PutRetentionPolicy$,
  TagResource$,
  UntagResource$,
} from '@aws-sdk/client-cloudwatch-logs';

/** The schemas of the operations that are simulated, by name: one by one, so that no other gets into the published program. */
export const schemas = {
  CreateLogGroup$,
  DeleteLogGroup$,
  DeleteRetentionPolicy$,
  DisassociateKmsKey$,
  AssociateKmsKey$,
  DescribeLogGroups$,
  DescribeLogStreams$,
  FilterLogEvents$,
  GetLogEvents$,
  ListTagsForResource$,
  PutRetentionPolicy$,
  TagResource$,
  UntagResource$,
};
