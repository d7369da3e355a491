import type { AccountPlanState } from '../../aws/free-tier.ts';
import { isOnFreePlan } from '../core/free-plan.ts';
import type { World } from '../core/world.ts';

/** The Free Tier API, as its model describes it: whether the account is on the free plan. */
export const planOperations = {
  GetAccountPlanState(world: World, _input: object): AccountPlanState {
    return {
      accountId: world.accountId,
      accountPlanType: isOnFreePlan(world) ? 'FREE' : 'PAID',
      accountPlanStatus: 'ACTIVE',
    };
  },
} as const;
