import { GetAccountPlanState$ } from '../../../aws/free-tier.ts';

/** The schemas of the operations that are simulated, by name. */
export const schemas = {
  GetAccountPlanState$,
};
