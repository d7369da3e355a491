import {
  AddTagsToResource$,
  DeleteParameter$,
  GetParameter$,
  GetParameterHistory$,
  GetParameters$,
  ListTagsForResource$,
  PutParameter$,
  RemoveTagsFromResource$,
} from '@aws-sdk/client-ssm';

/** The schemas of the operations that are simulated, by name: one by one, so that no other gets into the published program. */
export const schemas = {
  AddTagsToResource$,
  DeleteParameter$,
  GetParameter$,
  GetParameterHistory$,
  GetParameters$,
  ListTagsForResource$,
  PutParameter$,
  RemoveTagsFromResource$,
};
