import { table, type World } from './world.ts';

const plans = table<{ readonly isFree: boolean }>('account-plan');

/** Puts the account on the free plan, as accounts opened since July 2025 begin ("AWS Free Tier"), or takes it off. */
export function setFreePlan(world: World, isFree: boolean): void {
  world.rows(plans).set('plan', { isFree });
}

export function isOnFreePlan(world: World): boolean {
  return world.rows(plans).get('plan')?.isFree === true;
}
