import type { GetCallerIdentityCommandInput, GetCallerIdentityCommandOutput } from '@aws-sdk/client-sts';

import type { World } from '../core/world.ts';

/** Who is calling: always the account's one user. Expired credentials are a fault to be asked for (`ExpiredToken`). */
export const identityOperations = {
  GetCallerIdentity(
    world: World,
    _input: GetCallerIdentityCommandInput,
  ): Omit<GetCallerIdentityCommandOutput, '$metadata'> {
    return {
      UserId: 'AIDASIMULATED0000EXAMPLE',
      Account: world.accountId,
      Arn: `arn:${world.partition}:iam::${world.accountId}:user/simulated`,
    };
  },
} as const;
