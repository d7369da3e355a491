import { codeAt } from '../core/fault-words.ts';
import { SimulatedFailure } from '../core/failure.ts';
import type { World } from '../core/world.ts';
import type { Asked, Decision } from './decide.ts';

/** What a service says of what a policy does not allow ("Troubleshoot access denied error messages"), under its own name for it. */
export function refusal(
  world: World,
  service: string,
  given: {
    readonly asked: Asked;
    readonly decision: Decision;
    /** Which kind of policy decided, as AWS calls it. */
    readonly by: string;
  },
): SimulatedFailure {
  const { asked, decision, by } = given;
  const code = codeAt(service, 'AccessDenied');
  const status = service === 'EC2' || code === 'AccessDenied' ? 403 : 400;
  if (asked.template !== undefined) {
    // It says neither which action it misses nor on what.
    return new SimulatedFailure(
      code,
      `You are not authorized to use launch template: ${asked.template}`,
      status,
    );
  }
  const why =
    decision.outcome === 'denied'
      ? `with an explicit deny in ${by}`
      : `because no identity-based policy allows the ${asked.action} action`;
  const on = asked.resource === '*' ? '' : ` on resource: ${asked.resource}`;
  const sentence = `User: ${callerArn(world)} is not authorized to perform: ${asked.action}${on} ${why}`;
  if (service !== 'EC2') return new SimulatedFailure(code, sentence, status);
  const encoded =
    on === '' ? '' : `. Encoded authorization failure message: ${encodedWords(asked, decision)}`;
  return new SimulatedFailure(
    code,
    `You are not authorized to perform this operation. ${sentence}${encoded}`,
    status,
  );
}

/** The account's one user. */
export function callerArn({ partition, accountId }: Pick<World, 'partition' | 'accountId'>): string {
  return `arn:${partition}:iam::${accountId}:user/simulated`;
}

/** AWS's is encrypted, and long; this one can be read by whoever decodes base64. */
function encodedWords({ action, resource }: Asked, { outcome }: Decision): string {
  const message = { allowed: false, explicitDeny: outcome === 'denied', context: { action, resource } };
  return Buffer.from(JSON.stringify(message)).toString('base64url');
}
