import { setFreePlan } from '../core/free-plan.ts';
import type { World } from '../core/world.ts';

/**
 * An account of somebody who has signed up a minute ago: on the free plan, which starts free-tier types alone, and with the quota of vCPUs
 * that new accounts have. As in every account that has run nothing yet, no service has made its role.
 */
export function openFresh(world: World): void {
  setFreePlan(world, true);
  world.setQuota('vcpus', 5);
}
