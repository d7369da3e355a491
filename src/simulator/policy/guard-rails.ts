import { table, type World } from '../core/world.ts';
import { parsePolicy, type PolicyStatement } from './documents.ts';

/** What an account's organisation forbids, whoever calls. */
const guardRails = table<{ readonly text: string }>('organisation/policies');

const parsed = new Map<string, readonly PolicyStatement[]>();

/** Puts the account under a service control policy: what it denies is denied to everybody in the account ("Service control policies"). */
export function setGuardRail(world: World, policy: object): void {
  const text = JSON.stringify(policy);
  parsePolicy(text);
  world.rows(guardRails).set('guard-rail', { text });
}

/** The statements of the organisation's policies, all that they deny; none in an account that has no organisation. */
export function guardRailsOf(world: World): readonly PolicyStatement[] {
  return [...world.rows(guardRails).values()].flatMap(({ text }) => {
    const known = parsed.get(text) ?? parsePolicy(text).filter(({ effect }) => effect === 'Deny');
    parsed.set(text, known);
    return known;
  });
}
