import { operatorPolicies } from './operator.ts';
import { passwordPolicy, readerPolicy } from './reader.ts';
import type { Policy, Scope } from './statement.ts';

/** Every policy that the page shows, in its order. */
function allPolicies(scope: Scope): readonly Policy[] {
  return [readerPolicy(scope), passwordPolicy(scope), ...operatorPolicies(scope)];
}

/** Where on the page an action is allowed; undefined for one that es-ecs does not need. */
export function placeOf(action: string): { readonly policy: string; readonly sid: string } | undefined {
  for (const { name, permissions } of allPolicies({ partition: 'aws' })) {
    const found = permissions.find(({ actions }) => actions.includes(action));
    if (found !== undefined) return { policy: name, sid: found.sid };
  }
  return undefined;
}
