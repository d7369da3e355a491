import type { GetEbsDefaultKmsKeyIdCommandOutput } from '@aws-sdk/client-ec2';

import type { World } from '../core/world.ts';
import { ebsKey } from '../kms/keys.ts';
import type { Answer } from './common.ts';

/** The key of disks for which a call names none: an alias of EBS's own, or the ARN of the account's choice. */
export const ebsKeyOperations = {
  GetEbsDefaultKmsKeyId(world: World): Answer<GetEbsDefaultKmsKeyIdCommandOutput> {
    return { KmsKeyId: ebsKey(world) };
  },
} as const;
